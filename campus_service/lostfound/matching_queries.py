"""What matching reads: public words of reports, candidates by shared words, pairs. Private marks are never selected."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import contains_eager

from campus_service.core.actor import Actor
from campus_service.core.db import db
from campus_service.core.errors import NotFound
from campus_service.core.permissions import Permission as P
from campus_service.lostfound import policy
from campus_service.lostfound.categories import Category
from campus_service.lostfound.matching.candidates import Question
from campus_service.lostfound.matching.features import Text
from campus_service.lostfound.models import (
    FoundItem,
    LostReport,
    MatchCount,
    MatchPair,
    MatchTerm,
    PhotoPrint,
)
from campus_service.lostfound.queries import model_of
from campus_service.lostfound.states import PRESENT, Kind, LostState, PairState

# A desk reads so many likely reports beside an item, a loser so many items.
SHOWN = 8


@dataclass(frozen=True, slots=True)
class Row:
    """An open report as matching reads it."""

    id: int
    text: Text
    cover: str
    reporter_id: int | None


def _open(kind: Kind) -> Any:
    return FoundItem.state.in_(PRESENT) if kind is Kind.FOUND else LostReport.state == LostState.OPEN


def _texts(kind: Kind) -> Select[Any]:
    model: Any = model_of(kind)
    return select(
        model.id,
        model.title,
        model.description,
        model.category,
        model.place,
        model.occurred_on,
        model.cover,
        model.reporter_id,
    )


def _row(row: Any) -> Row:
    text = Text(row.title, row.description, row.category.value, row.place, row.occurred_on)
    return Row(row.id, text, row.cover, row.reporter_id)


def open_rows(kind: Kind, ids: Collection[int]) -> list[Row]:
    """Those of the reports that are still open."""
    if not ids:
        return []
    return [
        _row(row) for row in db.session.execute(_texts(kind).where(model_of(kind).id.in_(ids), _open(kind)))
    ]


def newest(kind: Kind, count: int) -> list[Text]:
    """The newest reports' words, open or not: what is common now."""
    model = model_of(kind)
    return [_row(row).text for row in db.session.execute(_texts(kind).order_by(model.id.desc()).limit(count))]


def open_ids(kind: Kind, after: int, limit: int) -> Sequence[int]:
    """The next open reports behind id ``after``, in order."""
    model = model_of(kind)
    return db.session.scalars(
        select(model.id).where(model.id > after, _open(kind)).order_by(model.id).limit(limit)
    ).all()


def known(kind: Kind, ids: Collection[int]) -> set[int]:
    """Those of the reports that candidates are found among already."""
    numbers = [number(kind, one) for one in ids]
    return {
        one // 2
        for one in db.session.scalars(
            select(MatchTerm.report).distinct().where(MatchTerm.report.in_(numbers))
        )
    }


# --- candidates -------------------------------------------------------------------------------------------------


def number(kind: Kind, report_id: int) -> int:
    """A report's number in the table of words."""
    return 2 * report_id + (kind is Kind.FOUND)


def hashed(kind: Kind, category: Category | str, term: str) -> int:
    """A word's key in the table of words."""
    digest = blake2b(f"{kind}:{category}:{term}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, signed=True)


def hits(asked: Question) -> Iterable[tuple[str, int]]:
    """Which reports of the other side have which of the words."""
    terms = {
        hashed(asked.side, category, term): term for term in asked.terms for category in asked.categories
    }
    rows = db.session.execute(
        select(MatchTerm.term, MatchTerm.report).where(
            MatchTerm.term.in_(terms), MatchTerm.day.between(asked.first_day, asked.last_day)
        )
    )
    return [(terms[term], report // 2) for term, report in rows]


# --- pairs ------------------------------------------------------------------------------------------------------

_LIVING = (PairState.PROPOSED, PairState.TOLD, PairState.CONFIRMED)


def column(kind: Kind) -> Any:
    """Where a pair names the report of this side."""
    return MatchPair.found_id if kind is Kind.FOUND else MatchPair.lost_id


def pairs_of(kind: Kind, report_id: int) -> Sequence[MatchPair]:
    """All pairs of a report, dismissed ones too, without the reports."""
    return db.session.scalars(select(MatchPair).where(column(kind) == report_id)).all()


def best_scores(kind: Kind, ids: Collection[int]) -> Mapping[int, float]:
    """The best score that each report has with anything not dismissed."""
    of = column(kind)
    rows = db.session.execute(
        select(of, func.max(MatchPair.score)).where(of.in_(ids), MatchPair.state.in_(_LIVING)).group_by(of)
    )
    return {row[0]: row[1] for row in rows}


def _whole() -> Select[MatchPair]:
    return (
        select(MatchPair)
        .join(MatchPair.lost)
        .join(MatchPair.found)
        .options(contains_eager(MatchPair.lost), contains_eager(MatchPair.found))
    )


def pair(actor: Actor, pair_id: int) -> MatchPair:
    """A pair with both reports; raises NotFound unless ``actor`` works at a desk or was told of it as the loser."""
    row = db.session.scalar(_whole().where(MatchPair.id == pair_id))
    if row is None or not (actor.can(P.LOSTFOUND_PRIVATE_READ) or policy.was_told(actor, row)):
        raise NotFound()
    return row


def whole_pairs(ids: Collection[int]) -> Sequence[MatchPair]:
    """These pairs with their reports, best first."""
    return db.session.scalars(_whole().where(MatchPair.id.in_(ids)).order_by(MatchPair.score.desc())).all()


def likely_lost(actor: Actor, item_id: int) -> Sequence[MatchPair]:
    """For a desk: open lost reports that may be this item, confirmed ones first, then the likeliest."""
    actor.require(P.LOSTFOUND_PRIVATE_READ)
    return db.session.scalars(
        _whole()
        .where(MatchPair.found_id == item_id, MatchPair.state.in_(_LIVING), _open(Kind.LOST))
        .order_by(MatchPair.state != PairState.CONFIRMED, MatchPair.score.desc())
        .limit(SHOWN)
    ).all()


def likely_found(actor: Actor, report: LostReport) -> Sequence[MatchPair]:
    """For the loser: items that he was told of and that are still here; nothing for anybody else."""
    if not policy.owns(actor, report):
        return []
    return db.session.scalars(
        _whole()
        .where(
            MatchPair.lost_id == report.id,
            MatchPair.told_at.is_not(None),
            MatchPair.state != PairState.DISMISSED,
            _open(Kind.FOUND),
            FoundItem.listed,
        )
        .order_by(MatchPair.score.desc())
        .limit(SHOWN)
    ).all()


def pairs_of_claimant(person_id: int, item_id: int) -> Sequence[MatchPair]:
    """Pairs of an item with the person's own open reports, dismissed ones left out."""
    return db.session.scalars(
        _whole().where(
            MatchPair.found_id == item_id,
            LostReport.reporter_id == person_id,
            MatchPair.state.in_(_LIVING),
            _open(Kind.LOST),
        )
    ).all()


# --- what people taught, and photos -----------------------------------------------------------------------------


def counts() -> dict[str, tuple[int, int]]:
    """Evidence → how often it stood beside a confirmed and a dismissed pair."""
    rows = db.session.execute(select(MatchCount.evidence, MatchCount.confirmed, MatchCount.dismissed))
    return {name: (confirmed, dismissed) for name, confirmed, dismissed in rows}


def prints(keys: Collection[str]) -> dict[str, tuple[int, tuple[int, ...]]]:
    """Photo's key → its shape and colours, where a print was made."""
    if not keys:
        return {}
    rows = db.session.execute(
        select(PhotoPrint.key, PhotoPrint.shape, PhotoPrint.colours).where(PhotoPrint.key.in_(keys))
    )
    return {key: (int(shape, 16), tuple(colours)) for key, shape, colours in rows}
