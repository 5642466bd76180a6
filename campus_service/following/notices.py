"""What people are told of the searches they keep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from campus_service.core.i18n import _, force_locale, lazy
from campus_service.following.kinds import FOLLOWABLE, name
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
    return {**params, "search": _named(params)}


def _digest_words(params: Params) -> Params:
    lines = [
        _("%(search)s：%(n)s 件", search=_named(each), n=each.get("count", 0))
        for each in params.get("searches", [])
    ]
    return {**params, "lines": "\n".join(lines)}


def _stop(params: Params) -> str:
    return f"/following/stop/{params.get('stop', '')}"


register(
    Kind(
        "following.hit",
        Group.FOLLOWING,
        lazy("有一件对上了你的关注：%(title)s"),
        lazy("你在关注 %(search)s。点进去看看是不是。"),
        words=_hit_words,
        stop=_stop,
    )
)
register(
    Kind(
        "following.digest",
        Group.FOLLOWING,
        lazy("昨天以来有 %(count)s 件对上了你的关注"),
        lazy("它们是：\n%(lines)s"),
        words=_digest_words,
        stop=_stop,
    )
)


def tell(search: SavedSearch, document_id: str, stop: str) -> None:
    """Its owner hears at once of what his search found; only what everybody may read of it."""
    kind = FOLLOWABLE.get(document_id.partition(":")[0])
    with force_locale("zh_CN"):
        hit = kind.hits([document_id]).get(document_id) if kind else None
    if hit is not None:
        params = _note(search) | {"title": hit.title, "stop": stop}
        notify(search.user_id, "following.hit", params, hit.url)


def tell_gathered(user_id: int, gathered: Sequence[Gathered], stop: str) -> None:
    """One notice about all that his searches found since yesterday: how many each, and where to look."""
    searches = [_note(each.search) | {"count": each.count} for each in gathered]
    params = {"searches": searches, "count": sum(each.count for each in gathered), "stop": stop}
    notify(user_id, "following.digest", params, PAGE)
