"""Letters as their two writers see them: I and the other side, never who that is; security reads names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from campus_service.accounts import queries as accounts
from campus_service.core.actor import Actor
from campus_service.core.i18n import _
from campus_service.core.page import fmt_when
from campus_service.lostfound import contact_queries, policy
from campus_service.lostfound.models import ContactMessage, ContactThread, FoundItem, LostReport
from campus_service.lostfound.projection import public_text


@dataclass(frozen=True, slots=True)
class Letter:
    """What was written, by whom in words, and when."""

    who: str
    mine: bool
    body: str
    when: str


@dataclass(frozen=True, slots=True)
class Conversation:
    """A thread as this reader sees it."""

    thread: ContactThread
    no: str
    title: str
    other: str
    letters: Sequence[Letter]
    takes_part: bool


def conversation(actor: Actor, thread_id: int) -> Conversation:
    """The thread for ``actor``; raises NotFound unless he may read it."""
    thread = contact_queries.thread(actor, thread_id)
    report = contact_queries.report(thread.report_no)
    takes_part = policy.takes_part(actor, thread)
    names = _sides(actor, thread, report) if takes_part else _names(thread, report)
    letters = [_letter(actor, each, names) for each in contact_queries.letters(thread.id)]
    other = thread.poster_id if actor.id == thread.asker_id else thread.asker_id
    return Conversation(thread, report.no, public_text(report)[0], names[other], letters, takes_part)


def _letter(actor: Actor, letter: ContactMessage, names: Mapping[int, str]) -> Letter:
    mine = letter.author_id == actor.id
    return Letter(names[letter.author_id], mine, letter.body, fmt_when(letter.at))


def _roles(thread: ContactThread, report: FoundItem | LostReport) -> dict[int, str]:
    poster = _("失物人") if isinstance(report, LostReport) else _("拾到的人")
    return {thread.poster_id: poster, thread.asker_id: _("来联系的人")}


def _sides(actor: Actor, thread: ContactThread, report: FoundItem | LostReport) -> dict[int, str]:
    return _roles(thread, report) | {actor.person_id(): _("我")}


def _names(thread: ContactThread, report: FoundItem | LostReport) -> dict[int, str]:
    """For security, once it was reported."""
    names = accounts.names_of([thread.asker_id, thread.poster_id])
    return {id: f"{role}（{names.get(id, '')}）" for id, role in _roles(thread, report).items()}


@dataclass(frozen=True, slots=True)
class Row:
    """A thread among one's own things."""

    url: str
    title: str
    last: str
    over: bool


def mine(actor: Actor) -> list[Row]:
    """One's threads, the latest begun first."""
    return [
        Row(
            f"/lost-found/letters/{thread.id}",
            _("关于 %(no)s 的留言", no=thread.report_no),
            last,
            thread.closed_at is not None,
        )
        for thread, last in contact_queries.my_threads(actor)
    ]
