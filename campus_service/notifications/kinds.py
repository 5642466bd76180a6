"""Which kinds of notifications exist, in which group a reader finds them, and their words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from campus_service.core.i18n import LazyString, _, lazy

Params = Mapping[str, Any]


class Group(StrEnum):
    """What a reader switches on and off together."""

    CLAIMS = "claims"
    REPORTS = "reports"
    FOLLOWING = "following"
    FEEDBACK = "feedback"
    INBOX = "inbox"
    DESK = "desk"
    NEWSROOM = "newsroom"
    ACCOUNT = "account"

    @property
    def label(self) -> LazyString:
        """The group's name on the settings page."""
        return _LABELS[self]

    @property
    def hint(self) -> LazyString:
        """What belongs to the group, in one sentence."""
        return _HINTS[self]


_LABELS = {
    Group.CLAIMS: lazy("认领进展"),
    Group.REPORTS: lazy("我的寻物和捡到的东西"),
    Group.FOLLOWING: lazy("我的关注"),
    Group.FEEDBACK: lazy("我的反馈"),
    Group.INBOX: lazy("部门的反馈工作"),
    Group.DESK: lazy("招领点的工作"),
    Group.NEWSROOM: lazy("编辑部的工作"),
    Group.ACCOUNT: lazy("账号与安全"),
}
_HINTS = {
    Group.CLAIMS: lazy("认领通过、没有通过、可以来取、已经领走。"),
    Group.REPORTS: lazy("可能是你的东西、还没找到时的提醒、该送到招领点的提醒。"),
    Group.FOLLOWING: lazy("新登记的东西、新的文章和答复对上了你关注的搜索。"),
    Group.FEEDBACK: lazy("有人接手、有进展、要你补充、有了答复。"),
    Group.INBOX: lazy("新的反馈、转办、快到期、同学补充和评价。"),
    Group.DESK: lazy("有人要来取、有新的认领等着处理。"),
    Group.NEWSROOM: lazy("有文章待审、审过了、要再改、出刊了。"),
    Group.ACCOUNT: lazy("账号有变动时告诉你。"),
}


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind: ``title`` and ``body`` hold %(name)s for what ``notify`` was given as params.

    ``words`` may turn params into what the reader sees, in the reader's language (a day, a place's name).
    ``stop`` gives the path where a POST ends mails like this one for good (RFC 8058), from the params.
    """

    code: str
    group: Group
    title: LazyString
    body: LazyString
    words: Callable[[Params], Params] | None = None
    stop: Callable[[Params], str] | None = None


@dataclass(frozen=True, slots=True)
class Words:
    """A notification as its reader sees it."""

    title: str
    body: str


KINDS: dict[str, Kind] = {}


def register(kind: Kind) -> Kind:
    """Make ``kind`` known; the feature that sends it calls this when it is imported."""
    KINDS[kind.code] = kind
    return kind


def words(code: str, params: Params) -> Words:
    """The words of kind ``code`` in the language of the moment; a kind of another version gets plain ones."""
    kind = KINDS.get(code)
    if kind is None:
        return Words(_("有一条新消息"), _("打开后可以看到详情。"))
    values = _Shown(kind.words(params) if kind.words else params)
    return Words(str(kind.title) % values, str(kind.body) % values)


def stop_path(code: str, params: Params) -> str:
    """Where mails of kind ``code`` are ended with one click, "" where only the settings do that."""
    kind = KINDS.get(code)
    return kind.stop(params) if kind is not None and kind.stop is not None else ""


class _Shown(dict[str, Any]):
    """What an older version did not note is shown as a gap, not as a crash of the whole list."""

    def __missing__(self, _name: str) -> str:
        return "…"
