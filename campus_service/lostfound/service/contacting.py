"""Finder and owner write to each other through the site: neither sees name, mail or phone of the other."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete

from campus_service.core.actor import Actor
from campus_service.core.clock import now
from campus_service.core.db import db, on_violation
from campus_service.core.errors import Conflict, Forbidden, TooMany
from campus_service.core.i18n import lazy
from campus_service.core.once import once
from campus_service.core.permissions import Permission as P
from campus_service.lostfound import contact_queries, notices, policy, queries
from campus_service.lostfound.commands import WriteLetter
from campus_service.lostfound.models import ContactMessage, ContactThread
from campus_service.lostfound.service import record

# New threads of a person, and letters of one in a thread, in 24 hours [p].
THREADS_A_DAY = 5
LETTERS_A_DAY = 30
_DAY = timedelta(days=1)

on_violation(
    "uq_contact_threads_once",
    "contact_threads.report_no, contact_threads.asker_id",
    error=lambda: Conflict(lazy("你已经给对方写过了，接着写就好。")),
)


def contact(actor: Actor, no: str, command: WriteLetter) -> int:
    """Write to whoever posted report ``no``; returns the thread's id, the one there is if he wrote before.

    Raises NotFound for a report he may not know of, Conflict when its poster has nothing to be asked (any more) or
    the thread is closed, TooMany past THREADS_A_DAY.
    """
    actor.require(P.LOSTFOUND_REPORT_POST)
    report = queries.report(actor, no)
    if not policy.can_contact(actor, report):
        raise Conflict(lazy("%(no)s 现在不能联系发布人：%(state)s。", no=report.no, state=report.state.label))

    def write() -> str:
        known = contact_queries.thread_about(actor.person_id(), no)
        thread = known or _begin(actor.person_id(), no, report.reporter_id or 0)
        _write(actor, thread, command)
        return str(thread.id)

    return int(once(actor, f"letter.{no}", command.request_key, write))


def _begin(me: int, no: str, poster_id: int) -> ContactThread:
    if contact_queries.begun_since(me, now() - _DAY) >= THREADS_A_DAY:
        raise TooMany(lazy("一天最多联系 %(n)s 位发布人，请明天再来。", n=THREADS_A_DAY))
    thread = ContactThread(report_no=no, asker_id=me, poster_id=poster_id, opened_at=now())
    db.session.add(thread)
    db.session.flush()
    return thread


def reply(actor: Actor, thread_id: int, command: WriteLetter) -> int:
    """Write in a thread one takes part in; returns its id. Raises Conflict when it is closed, TooMany past the day's."""
    thread = _of(actor, thread_id)

    def write() -> str:
        _write(actor, thread, command)
        return str(thread.id)

    return int(once(actor, f"letter.{thread.report_no}", command.request_key, write))


def _of(actor: Actor, thread_id: int) -> ContactThread:
    thread = contact_queries.thread(actor, thread_id)
    if not policy.takes_part(actor, thread):
        raise Forbidden()
    return thread


def _write(actor: Actor, thread: ContactThread, command: WriteLetter) -> None:
    me = actor.person_id()
    if thread.closed_at is not None:
        raise Conflict(lazy("这段留言已经结束，不能再写。"))
    if contact_queries.written_since(me, thread.id, now() - _DAY) >= LETTERS_A_DAY:
        raise TooMany(lazy("一天最多写 %(n)s 条，请明天再写。", n=LETTERS_A_DAY))
    db.session.add(ContactMessage(thread_id=thread.id, author_id=me, at=now(), body=command.body))
    other = thread.poster_id if me == thread.asker_id else thread.asker_id
    record.note(actor, "letter.written", thread, {}, {"about": thread.report_no})
    notices.tell_of_letter(other, contact_queries.report(thread.report_no), thread.id)


def close_thread(actor: Actor, thread_id: int) -> None:
    """Either of the two has written enough; nobody writes there any more. A second time changes nothing."""
    thread = _of(actor, thread_id)
    if thread.closed_at is None:
        thread.closed_at = now()
        record.note(actor, "letters.closed", thread, {}, {"about": thread.report_no})


def report_thread(actor: Actor, thread_id: int) -> None:
    """One of the two asks security to read it; before that they cannot. A second time changes nothing."""
    thread = _of(actor, thread_id)
    if thread.reported_at is None:
        thread.reported_at, thread.reported_by = now(), actor.id
        record.note(actor, "letters.reported", thread, {}, {"about": thread.report_no})
        notices.tell_security_of_letters(contact_queries.report(thread.report_no), thread.id)


def close_what_is_over() -> int:
    """End the threads of reports that are over; returns how many."""
    over = contact_queries.to_close()
    for thread in over:
        thread.closed_at = now()
    return len(over)


def forget(first_kept: datetime) -> int:
    """Delete threads that were closed before ``first_kept``; returns how many (PIPL 47)."""
    old = [thread.id for thread in contact_queries.to_forget(first_kept)]
    db.session.execute(delete(ContactMessage).where(ContactMessage.thread_id.in_(old)))
    db.session.execute(delete(ContactThread).where(ContactThread.id.in_(old)))
    return len(old)
