"""What a student or a visitor may list: public cases, public answers, one's own cases."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select

from campus_service.core.actor import Actor
from campus_service.core.db import db
from campus_service.core.errors import NotFound
from campus_service.feedback.models import Case, Follower, PublicAnswer
from campus_service.feedback.states import Publicity
from campus_service.search.models import SearchDocument

PAGE = 20
# One's own newest; older ones are found by their numbers.
MINE = 100
_PUBLIC = (Case.publicity == Publicity.PUBLIC, ~Case.confidential, ~Case.anonymous)


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows, newest first, and where the next page begins."""

    rows: Sequence[Any]
    following: tuple[str, int] | None


def cases(department: str, after: tuple[str, int] | None) -> Page:
    """Public cases, those with the newest step first."""
    chosen = select(Case).where(*_PUBLIC)
    if department:
        chosen = chosen.where(Case.department_code == department)
    return _page(chosen, Case.updated_at, Case.id, after)


def answers(department: str, after: tuple[str, int] | None, *, faq: bool = False) -> Page:
    """Published answers, newest first; ``faq``: only what is often asked."""
    chosen = select(PublicAnswer).where(PublicAnswer.published_at.is_not(None))
    if department:
        chosen = chosen.where(PublicAnswer.department_code == department)
    if faq:
        chosen = chosen.where(PublicAnswer.faq)
    return _page(chosen, PublicAnswer.published_at, PublicAnswer.id, after)


def _page(chosen: Any, moment: Any, number: Any, after: tuple[str, int] | None) -> Page:
    if after is not None:
        chosen = chosen.where(_older(moment, number, datetime.fromisoformat(after[0]), after[1]))
    rows = db.session.scalars(chosen.order_by(moment.desc(), number.desc()).limit(PAGE + 1)).all()
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    key = (getattr(last, moment.key).isoformat(), last.id) if last is not None else None
    return Page(rows[:PAGE], key)


def _older(moment: Any, number: Any, at: datetime, id: int) -> ColumnElement[bool]:
    return or_(moment < at, and_(moment == at, number < id))


def cases_of(ids: Iterable[int]) -> dict[int, Case]:
    """Those of ``ids`` that everybody may see, by id."""
    wanted = list(ids)
    rows = db.session.scalars(select(Case).where(Case.id.in_(wanted), *_PUBLIC)) if wanted else ()
    return {row.id: row for row in rows}


def answers_of(ids: Iterable[int]) -> dict[int, PublicAnswer]:
    """Those of ``ids`` that are published, by id."""
    wanted = list(ids)
    published = (PublicAnswer.id.in_(wanted), PublicAnswer.published_at.is_not(None))
    rows = db.session.scalars(select(PublicAnswer).where(*published)) if wanted else ()
    return {row.id: row for row in rows}


def all_cases() -> Iterator[Case]:
    """Every case that everybody may see."""
    yield from db.session.scalars(select(Case).where(*_PUBLIC).execution_options(yield_per=500))


def all_answers() -> Iterator[PublicAnswer]:
    """Every published answer."""
    published = select(PublicAnswer).where(PublicAnswer.published_at.is_not(None))
    yield from db.session.scalars(published.execution_options(yield_per=500))


def answer(answer_id: int) -> PublicAnswer:
    """A published answer; raises NotFound."""
    found = answers_of([answer_id]).get(answer_id)
    if found is None:
        raise NotFound()
    return found


def mine(actor: Actor) -> Sequence[Case]:
    """One's own cases, newest first."""
    own = select(Case).where(Case.sender_id == actor.person_id())
    return db.session.scalars(own.order_by(Case.id.desc()).limit(MINE)).all()


def follows(actor: Actor, case: Case) -> bool:
    """Whether the actor met the same and wants to hear."""
    return actor.id is not None and db.session.get(Follower, (case.id, actor.id)) is not None


def documents(kinds: Sequence[str]) -> int:
    """How many documents of these kinds can be found."""
    return (
        db.session.scalar(
            select(func.count()).select_from(SearchDocument).where(SearchDocument.kind.in_(kinds))
        )
        or 0
    )
