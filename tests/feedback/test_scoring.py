"""The inbox score: what counts, what leaves the denominator, how few cases are weighed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campus_service.core.shares import LEAST
from campus_service.feedback.scoring import POINTS, SHRINK, Ended, figures, scores

GOOD = Ended("logistics", 1, "request", True, True, True, True, 5, True, 10.0)
BAD = Ended("library", 2, "request", False, False, False, False, 1, False, 90.0)


def test_a_hundred_points_can_be_had() -> None:
    assert sum(POINTS.values()) == 100
    assert scores([GOOD] * 9)[0].total == 100


def test_who_did_not_rate_leaves_the_denominator() -> None:
    silent = replace(GOOD, solved=None, rating=None)
    found = figures([GOOD, silent, silent])
    assert (found.solved.whole, found.satisfaction.whole, found.cases) == (1, 1, 3)
    assert found.raters.value == pytest.approx(1 / 3)


def test_the_gap_is_between_the_departments_word_and_the_students() -> None:
    found = figures([GOOD, replace(GOOD, solved=False)])
    assert found.gap == pytest.approx(0.5)


def test_few_cases_are_drawn_to_the_mean_of_the_campus() -> None:
    cases = [GOOD] * 100 + [BAD]
    library = next(score for score in scores(cases) if score.department == "library")
    campus = 100 / 101
    assert library.points["answered"] == pytest.approx(25 * SHRINK * campus / (SHRINK + 1))


def test_under_five_cases_there_is_no_rank() -> None:
    found = {score.department: score for score in scores([GOOD] * LEAST + [BAD] * (LEAST - 1))}
    assert (found["logistics"].rank, found["library"].rank) == (1, None)


def test_equal_scores_share_a_rank() -> None:
    ranks = [score.rank for score in scores([GOOD] * 6 + [replace(GOOD, department="library")] * 6)]
    assert ranks == [1, 1]


def test_nothing_gives_no_figure_and_no_crash() -> None:
    assert scores([]) == []
    assert figures([]).median_hours is None


def ended() -> st.SearchStrategy[Ended]:
    return st.builds(
        Ended,
        department=st.sampled_from(["logistics", "library", "clinic"]),
        officer=st.integers(1, 4),
        kind=st.just("request"),
        accepted_on_time=st.booleans(),
        answered_on_time=st.booleans(),
        said_solved=st.booleans(),
        solved=st.none() | st.booleans(),
        rating=st.none() | st.integers(1, 5),
        first_time=st.booleans(),
        hours=st.floats(0, 500),
    )


@given(st.lists(ended(), max_size=40))
def test_a_score_stays_between_0_and_100_and_better_work_never_lowers_it(cases: list[Ended]) -> None:
    before = {score.department: score.total for score in scores(cases)}
    assert all(0 <= total <= 100 for total in before.values())
    mine = [case for case in cases if case.department == "logistics"]
    if not mine:
        return
    better = [
        replace(case, answered_on_time=True) if case.department == "logistics" else case for case in cases
    ]
    after = {score.department: score.total for score in scores(better)}
    assert after["logistics"] >= before["logistics"]
