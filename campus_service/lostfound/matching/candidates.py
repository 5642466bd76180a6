"""Which reports of the other side are worth comparing: those that share rare words, in a like category, near in time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from campus_service.lostfound.categories import Category as C
from campus_service.lostfound.matching.features import Features
from campus_service.lostfound.matching.scoring import Corpus
from campus_service.lostfound.states import Kind

# So many words are asked for, the rarest first: what everybody writes would only bring everything.
ASKED = 48
# They are asked for in steps; when so many reports share a rarer word, commoner ones are not asked for any more.
STEP = 16
ENOUGH = 500
SHORTLIST = 120
# A thing may be found before the day its owner remembers, and long after it was lost; in days.
BEFORE, AFTER = 3, 120

# What people take for one another when they choose a category.
_CONFUSED: tuple[frozenset[C], ...] = (
    frozenset((C.PHONE, C.COMPUTER, C.EARPHONES, C.ELECTRONICS_OTHER)),
    frozenset((C.CAMPUS_CARD, C.ID_DOCUMENT, C.BANK_CARD, C.WALLET_CASH, C.BICYCLE_SCOOTER_ACCESS)),
    frozenset((C.BAG, C.WALLET_CASH)),
    frozenset((C.BAG, C.COMPUTER)),
    frozenset((C.BAG, C.SPORTS)),
    frozenset((C.BAG, C.MEDICINE_COSMETICS)),
    frozenset((C.BAG, C.BOOKS_STATIONERY, C.ID_DOCUMENT)),
    frozenset((C.KEYS, C.BICYCLE_SCOOTER_ACCESS)),
    frozenset((C.CLOTHING, C.SPORTS)),
    frozenset((C.CLOTHING, C.UMBRELLA, C.BICYCLE_SCOOTER_ACCESS)),
    frozenset((C.CLOTHING, C.JEWELLERY_WATCH)),
    frozenset((C.GLASSES, C.SPORTS)),
    frozenset((C.GLASSES, C.MEDICINE_COSMETICS)),
    frozenset((C.JEWELLERY_WATCH, C.ELECTRONICS_OTHER)),
    frozenset((C.CUP_BOTTLE, C.SPORTS)),
    frozenset((C.BOOKS_STATIONERY, C.ELECTRONICS_OTHER)),
)


def confused_with(category: C) -> frozenset[C]:
    """The categories in which the same thing may have been put, its own among them."""
    together = frozenset().union(*(group for group in _CONFUSED if category in group))
    return frozenset(C) if category is C.OTHER else together | {category, C.OTHER}


@dataclass(frozen=True, slots=True)
class Question:
    """What the other side is searched for: reports with any of ``terms``, in ``categories``, between two days."""

    side: Kind
    categories: frozenset[C]
    terms: tuple[str, ...]
    first_day: int
    last_day: int


# Answers a question with (term, id of a report that has it).
Hits = Callable[[Question], Iterable[tuple[str, int]]]


def question(side: Kind, features: Features, corpus: Corpus) -> Question:
    """The search for the counterparts of a report of ``side``; days are ordinals."""
    rarest = sorted(features.terms, key=lambda term: (-corpus.square(term), term))[:ASKED]
    lost = side is Kind.LOST
    return Question(
        Kind.FOUND if lost else Kind.LOST,
        confused_with(C(features.category)),
        tuple(rarest),
        features.day - (BEFORE if lost else AFTER),
        features.day + (AFTER if lost else BEFORE),
    )


def shortlist(asked: Question, corpus: Corpus, hits: Hits) -> list[int]:
    """The ids that share the most and the rarest words, at most SHORTLIST."""
    shares: dict[int, float] = {}
    weights = {term: corpus.square(term) for term in asked.terms}
    for at in range(0, len(asked.terms), STEP):
        for term, report_id in hits(replace(asked, terms=asked.terms[at : at + STEP])):
            shares[report_id] = shares.get(report_id, 0.0) + weights[term]
        if len(shares) >= ENOUGH:
            break
    return sorted(shares, key=lambda one: (-shares[one], one))[:SHORTLIST]


@dataclass(slots=True)
class Postings:
    """The search in memory, for evaluation; the site asks its table instead."""

    days: dict[tuple[Kind, int], tuple[C, int]] = field(default_factory=dict)
    found: dict[tuple[Kind, str], list[int]] = field(default_factory=dict)

    def add(self, side: Kind, report_id: int, features: Features) -> None:
        """Make a report findable."""
        self.days[side, report_id] = C(features.category), features.day
        for term in features.terms:
            self.found.setdefault((side, term), []).append(report_id)

    def hits(self, asked: Question) -> Iterable[tuple[str, int]]:
        """Answer ``asked``."""
        for term in asked.terms:
            for report_id in self.found.get((asked.side, term), ()):
                category, day = self.days[asked.side, report_id]
                if category in asked.categories and asked.first_day <= day <= asked.last_day:
                    yield term, report_id
