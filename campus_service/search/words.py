"""The words that staff add: written with a line in the audit log, read anew every two seconds, so that each process knows them."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial

from sqlalchemy import func, select

from campus_service.core import audit
from campus_service.core.actor import Actor
from campus_service.core.cache import forget, remembered
from campus_service.core.clock import now
from campus_service.core.db import db
from campus_service.core.errors import Conflict, Invalid
from campus_service.core.i18n import lazy
from campus_service.core.permissions import Permission as P
from campus_service.search import synonyms
from campus_service.search.added import Added, Line, meaning, read
from campus_service.search.analyser import MAX_QUERY
from campus_service.search.commands import SaveWords
from campus_service.search.models import SearchWords

# Lines that are kept; all are read with every query.
MOST = 500
# So long another process may not know of a change, in seconds.
FRESH_S = 2.0
# Queries that a process keeps understood.
KEPT = 20_000
# Queries whose plans are kept: a page asks for the same one to find, to count and to mark every title.
PLANS = 100


def added() -> Added:
    """What the lines mean, read at most ``FRESH_S`` ago: a page may plan a dozen queries."""
    return remembered("search.words", FRESH_S, _read)


def _read() -> Added:
    return meaning(tuple(db.session.scalars(select(SearchWords.line).order_by(SearchWords.id))))


def plan(text: str) -> synonyms.Plan:
    """As synonyms.plan(), with the words of the staff: what finds, marks, suggests or compares asks here."""
    return _planned(text[:MAX_QUERY], added())


@lru_cache(maxsize=PLANS)
def _planned(text: str, known: Added) -> synonyms.Plan:
    return synonyms.plan(text, known)


def reader() -> Callable[[str], synonyms.Plan]:
    """plan() for many queries that come again and again; each is understood once, until the words of the staff change."""
    return _reader(added())


@lru_cache(maxsize=1)
def _reader(words: Added) -> Callable[[str], synonyms.Plan]:
    return lru_cache(maxsize=KEPT)(partial(synonyms.plan, added=words))


def rows(actor: Actor, q: str = "") -> list[SearchWords]:
    """The lines, the newest first, those with ``q`` in line or note. Needs search:words:edit."""
    actor.require(P.SEARCH_WORDS_EDIT)
    statement = select(SearchWords).order_by(SearchWords.changed_at.desc(), SearchWords.id.desc())
    found = db.session.scalars(statement)
    wanted = q.casefold()
    return [row for row in found if wanted in f"{row.line}\n{row.note}".casefold()]


def save(actor: Actor, command: SaveWords) -> SearchWords:
    """Write a new line, or change the one that ``command.id`` names. Needs search:words:edit.

    Raises Invalid when another line says the same or there are too many, Conflict when it changed meanwhile.
    """
    actor.require(P.SEARCH_WORDS_EDIT)
    row = db.session.get(SearchWords, command.id) if command.id else SearchWords()
    if row is None or (command.id and command.version and command.version != row.version):
        raise Conflict(lazy("另一位同事刚刚改过这一行，请先看看再存；你写的还在。"))
    _need_new(command)
    before = _said(row) if command.id else None
    row.line, row.note, row.changed_at = command.line, command.note, now()
    db.session.add(row)
    db.session.flush()
    forget()
    audit.record(
        actor, "words.saved", obj_type="search_words", obj_id=row.id, before=before, after=_said(row)
    )
    return row


def _need_new(command: SaveWords) -> None:
    if not command.id and (db.session.scalar(select(func.count(SearchWords.id))) or 0) >= MOST:
        raise Invalid({"line": lazy("已经有 %(n)s 行了，先删掉用不着的。", n=MOST)})
    wanted = _sense(read(command.line))
    for other in db.session.scalars(select(SearchWords).where(SearchWords.id != command.id)):
        if _sense(read(other.line)) == wanted:
            raise Invalid({"line": lazy("已经有一行说同样的：%(line)s", line=other.line)})


def _sense(line: Line) -> tuple[bool, frozenset[str], frozenset[str]]:
    return line.off, frozenset(line.heads), frozenset(line.members)


def delete(actor: Actor, id: int) -> None:
    """Take a line out; one that is gone already stays gone. Needs search:words:edit."""
    actor.require(P.SEARCH_WORDS_EDIT)
    row = db.session.get(SearchWords, id)
    if row is None:
        return
    db.session.delete(row)
    db.session.flush()
    forget()
    audit.record(actor, "words.deleted", obj_type="search_words", obj_id=id, before=_said(row))


def _said(row: SearchWords) -> dict[str, str]:
    return {"line": row.line, "note": row.note}
