"""Keeping searches, finding whose search a new document meets, and telling each once."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime
from itertools import groupby

from sqlalchemy import delete, update

from campus_service.core import audit
from campus_service.core.actor import Actor
from campus_service.core.clock import now
from campus_service.core.db import db, insert_or
from campus_service.core.errors import Conflict, Invalid, NotFound
from campus_service.core.i18n import lazy
from campus_service.core.settings import settings
from campus_service.following import notices, queries
from campus_service.following.commands import KeepSearch, SetRhythm
from campus_service.following.kinds import exists, narrowing
from campus_service.following.models import MOST, SavedSearch, SearchHit
from campus_service.following.states import Rhythm
from campus_service.jobs import enqueue
from campus_service.search import service as search
from campus_service.search import words
from campus_service.search.engine import SearchDoc

# So many people are told in one transaction; the rest in the next.
AT_ONCE = 500


def keep(actor: Actor, command: KeepSearch) -> SavedSearch:
    """Keep a search; the same one again is the one there is.

    Raises SignInNeeded, Invalid for a kind, category or area that does not exist, Conflict when MOST are kept.
    """
    me = actor.person_id()
    _check(command)
    wanted = {
        "query": command.q,
        "kind": command.kind,
        "category": command.category,
        "area": command.area,
    }
    known = queries.same(me, wanted)
    if known is not None:
        return known
    free = set(range(MOST)) - queries.positions(me)
    if free:
        values = wanted | {
            "user_id": me,
            "position": min(free),
            "rhythm": command.rhythm,
            "created_at": now(),
        }
        db.session.execute(insert_or(SavedSearch).values(values).on_conflict_do_nothing())
    kept = queries.same(me, wanted)
    if kept is None:
        raise Conflict(lazy("最多关注 %(n)s 个搜索，先取消一个不再需要的。", n=MOST))
    audit.record(actor, "search.kept", obj_type="saved_searches", obj_id=kept.id)
    return kept


def _check(command: KeepSearch) -> None:
    allowed = narrowing(command.kind)
    wrong = [
        name
        for name, known in (
            ("kind", exists(command.kind)),
            ("category", not command.category or command.category in allowed.categories),
            ("area", not command.area or command.area in allowed.areas),
        )
        if not known
    ]
    if wrong:
        raise Invalid(dict.fromkeys(wrong, lazy("请从列出的里面选一个。")))


def set_rhythm(actor: Actor, search_id: int, command: SetRhythm) -> None:
    """How soon the actor hears of what his search finds; raises NotFound for another's."""
    _set_rhythm(queries.one(actor, search_id), command.rhythm)


def _set_rhythm(row: SavedSearch, rhythm: Rhythm) -> None:
    row.rhythm = rhythm
    if rhythm is Rhythm.OFF:
        # What gathered until now is not told later either.
        _note_told([row.id], now())


def drop(actor: Actor, search_id: int) -> None:
    """Give a search up; raises NotFound for another's."""
    row = queries.one(actor, search_id)
    db.session.execute(delete(SearchHit).where(SearchHit.search_id == row.id))
    db.session.delete(row)
    audit.record(actor, "search.dropped", obj_type="saved_searches", obj_id=search_id)


# --- what came in ------------------------------------------------------------------------------------------------


def publish(doc: SearchDoc, owner_id: int | None) -> None:
    """Write a public document for the search; the first time, also look whose search it meets.

    What every feature calls for what it has made public or changed there. ``owner_id`` is not told of his own.
    """
    if search.put(doc):
        offer(doc.id, owner_id)


def offer(document_id: str, owner_id: int | None) -> None:
    """Promise to look whose search a document meets."""
    enqueue("following.match", {"id": document_id, "owner": owner_id})


def match(document_id: str, owner_id: int | None) -> list[int]:
    """Note whose searches meet a document and tell those who want to know at once; returns the searches' ids.

    A document that is not public (any more) meets none. Done twice it notes and tells nothing more.
    """
    found = meeting(document_id, owner_id)
    if not found:
        return []
    moment = now()
    for start in range(0, len(found), AT_ONCE):
        rows = [
            {"search_id": id, "document_id": document_id, "found_at": moment}
            for id in found[start : start + AT_ONCE]
        ]
        db.session.execute(insert_or(SearchHit).values(rows).on_conflict_do_nothing())
    if _tell(document_id, moment) == AT_ONCE:
        offer(document_id, owner_id)
    return found


def meeting(document_id: str, owner_id: int | None) -> list[int]:
    """The ids of the searches that a public document meets: filters in SQL, words by the search's own analyser."""
    docs = search.rows_of([document_id])
    if not docs:
        return []
    there = set(docs[0].text.split())
    wanted = queries.candidates(docs[0], owner_id)
    # Many keep the same words, and understanding them costs more than comparing them.
    understood = words.reader()
    met = {query for query in {row.query for row in wanted} if not query or understood(query).met_by(there)}
    return [row.id for row in wanted if row.query in met]


def _tell(document_id: str, moment: datetime) -> int:
    """Tell those who wait for it, each person once whatever number of his searches it meets; returns how many hits."""
    due = queries.untold(document_id, AT_ONCE)
    news = notices.news(document_id) if due else None
    for _user, group in groupby(due, key=lambda pair: pair[0].user_id):
        mine = [search for search, _hit in group]
        if news:
            notices.tell(mine[0], news, stop_token(mine[0].id))
    for _search, hit in due:
        hit.told_at = moment
    return len(due)


def digest() -> int:
    """One notice a person about all that gathered since yesterday; returns how many people were told."""
    told = 0
    for user_id, group in groupby(queries.gathered(), key=lambda row: row.search.user_id):
        notices.tell_gathered(user_id, list(group), stop_token(user_id, all_of_person=True))
        told += 1
    db.session.execute(update(SearchHit).where(SearchHit.told_at.is_(None)).values(told_at=now()))
    return told


def _note_told(search_ids: list[int], moment: datetime) -> None:
    mine = update(SearchHit).where(SearchHit.search_id.in_(search_ids), SearchHit.told_at.is_(None))
    db.session.execute(mine.values(told_at=moment))


# --- the link in each mail ---------------------------------------------------------------------------------------


def stop_token(id: int, *, all_of_person: bool = False) -> str:
    """What a mail's "no more of this" carries: a search, or all of a person's that come in the daily mail."""
    what = f"{'p' if all_of_person else 's'}{id}"
    return f"{what}.{_sign(what)}"


def stop(token: str) -> None:
    """Send no more about what the mail was about; a second time changes nothing. Raises NotFound for a forged token."""
    for row in of_token(token):
        _set_rhythm(row, Rhythm.OFF)


def of_token(token: str) -> list[SavedSearch]:
    """The searches that a mail's link stands for, none if they were given up; raises NotFound for a forged token."""
    what, _dot, signature = token.partition(".")
    if not hmac.compare_digest(signature.encode(), _sign(what).encode()):
        raise NotFound()
    return queries.to_stop(int(what[1:]), of_person=what.startswith("p"))


def _sign(what: str) -> str:
    key = settings().secret_key.get_secret_value().encode()
    return hmac.new(key, f"following:{what}".encode(), hashlib.sha256).hexdigest()[:32]
