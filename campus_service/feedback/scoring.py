"""The inbox score of a department: 100 points from what its cases of a month were; knows no database (domain.md §2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from campus_service.core.shares import LEAST, Share

# Points of each part; together 100 [p].
POINTS = {"accepted": 10, "answered": 25, "solved": 30, "satisfaction": 20, "first_time": 15}
# So many average cases of the whole campus are added to each department: few cases decide little.
SHRINK = 10


@dataclass(frozen=True, slots=True)
class Ended:
    """One answered case, as far as figures care. ``hours`` from receipt to the answer, nights and holidays too."""

    department: str
    officer: int | None
    kind: str
    accepted_on_time: bool
    answered_on_time: bool
    said_solved: bool
    solved: bool | None
    rating: int | None
    first_time: bool
    hours: float


@dataclass(frozen=True, slots=True)
class Figures:
    """What a set of cases came to, each with its denominator."""

    cases: int
    accepted: Share
    answered: Share
    said_solved: Share
    solved: Share
    satisfaction: Share
    first_time: Share
    median_hours: float | None
    mean_rating: float | None

    @property
    def gap(self) -> float | None:
        """By how much the department's word is better than the students'."""
        if self.said_solved.value is None or self.solved.value is None:
            return None
        return self.said_solved.value - self.solved.value

    @property
    def raters(self) -> Share:
        """Who rated, of all."""
        return Share(self.satisfaction.whole, self.cases)


def figures(cases: Sequence[Ended]) -> Figures:
    """The figures of ``cases``; who gave no verdict or rating is not in its denominator."""
    judged = [case for case in cases if case.solved is not None]
    ratings = [case.rating for case in cases if case.rating is not None]
    return Figures(
        cases=len(cases),
        accepted=_share(case.accepted_on_time for case in cases),
        answered=_share(case.answered_on_time for case in cases),
        said_solved=_share(case.said_solved for case in cases),
        solved=_share(bool(case.solved) for case in judged),
        satisfaction=Share(sum((rating - 1) / 4 for rating in ratings), len(ratings)),
        first_time=_share(case.first_time for case in cases),
        median_hours=median(case.hours for case in cases) if cases else None,
        mean_rating=sum(ratings) / len(ratings) if ratings else None,
    )


def _share(hits: Iterable[bool]) -> Share:
    values = list(hits)
    return Share(sum(values), len(values))


@dataclass(frozen=True, slots=True)
class Score:
    """A department's points, part by part; ``rank`` is None under LEAST cases."""

    department: str
    points: Mapping[str, float]
    figures: Figures
    rank: int | None = None

    @property
    def total(self) -> float:
        """Out of 100."""
        return round(sum(self.points.values()), 1)


def scores(cases: Sequence[Ended]) -> list[Score]:
    """The scores of all departments that answered anything, the best first, those without a rank last."""
    campus = figures(cases)
    by_department: dict[str, list[Ended]] = {}
    for case in cases:
        by_department.setdefault(case.department, []).append(case)
    found = [_score(code, figures(mine), campus) for code, mine in by_department.items()]
    ranked = sorted((s for s in found if s.figures.cases >= LEAST), key=lambda s: (-s.total, s.department))
    rest = sorted((s for s in found if s.figures.cases < LEAST), key=lambda s: s.department)
    totals = [score.total for score in ranked]
    # Equal scores share a rank.
    return [
        Score(s.department, s.points, s.figures, 1 + sum(t > s.total for t in totals)) for s in ranked
    ] + rest


def _score(code: str, mine: Figures, campus: Figures) -> Score:
    points = {part: top * _shrunk(getattr(mine, part), getattr(campus, part)) for part, top in POINTS.items()}
    return Score(code, points, mine)


def _shrunk(mine: Share, campus: Share) -> float:
    """The share with SHRINK average cases of the campus added; a part that nobody has any cases of is full."""
    if campus.value is None:
        return 1.0
    return (mine.part + SHRINK * campus.value) / (mine.whole + SHRINK)
