"""What people are told of the searches they keep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import current_app

from campus_service.core.i18n import _, force_locale, lazy
from campus_service.following.kinds import label, name, public_hits
from campus_service.following.models import SavedSearch
from campus_service.following.queries import Gathered
from campus_service.notifications.kinds import Group, Kind, Params, register
from campus_service.notifications.service import notify

PAGE = "/me/following"


@dataclass(frozen=True, slots=True)
class _Noted:
    """A search as a notice keeps it: codes, so that its reader gets the words in his language."""

    query: str
    kind: str
    category: str
    area: str


def _note(search: SavedSearch) -> dict[str, str]:
    return {
        "query": search.query,
        "kind": search.kind,
        "category": search.category,
        "area": search.area,
    }


def _named(values: Mapping[str, Any]) -> str:
    return name(_Noted(*(str(values.get(each, "")) for each in ("query", "kind", "category", "area"))))


def _hit_words(params: Params) -> Params:
    # Before anything else could be followed, the kind of the search was the kind of the thing.
    kind = str(params.get("document") or params.get("kind", ""))
    return {**params, "search": _named(params), "label": str(label(kind))}


def _digest_words(params: Params) -> Params:
    lines = [
        _(
            "%(search)s（%(label)s）：%(n)s 条",
            search=_named(each),
            label=label(str(each.get("kind", ""))),
            n=each.get("count", 0),
        )
        for each in params.get("searches", [])
    ]
    return {**params, "lines": "\n".join(lines)}


def _stop(params: Params) -> str:
    return f"/following/stop/{params.get('stop', '')}"


register(
    Kind(
        "following.hit",
        Group.FOLLOWING,
        lazy("有新的%(label)s对上了你的关注：%(title)s"),
        lazy("你在关注 %(search)s，点进去看看。"),
        words=_hit_words,
        stop=_stop,
    )
)
register(
    Kind(
        "following.digest",
        Group.FOLLOWING,
        lazy("昨天以来有 %(count)s 条对上了你的关注"),
        lazy("它们是：\n%(lines)s"),
        words=_digest_words,
        stop=_stop,
    )
)


@dataclass(frozen=True, slots=True)
class News:
    """A document as people are told of it; only what everybody may read."""

    kind: str
    title: str
    url: str


def news(document_id: str) -> News | None:
    """What is told of a document, nothing if it is not public (any more)."""
    # A job has no request, and the addresses of pages are made within one.
    with current_app.test_request_context(), force_locale("zh_CN"):
        hit = public_hits([document_id]).get(document_id)
        return News(document_id.partition(":")[0], hit.plain_title, hit.url) if hit else None


def tell(search: SavedSearch, news: News, stop: str) -> None:
    """Its owner hears at once of what his search found."""
    params = _note(search) | {"document": news.kind, "title": news.title, "stop": stop}
    notify(search.user_id, "following.hit", params, news.url)


def tell_gathered(user_id: int, gathered: Sequence[Gathered], stop: str) -> None:
    """One notice about all that his searches found since yesterday: how many each, and where to look."""
    searches = [_note(each.search) | {"count": each.count} for each in gathered]
    params = {"searches": searches, "count": sum(each.count for each in gathered), "stop": stop}
    notify(user_id, "following.digest", params, PAGE)
