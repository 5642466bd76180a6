"""What in claims is worth a second look: many, alike, guessed, from a new account. Pure; a person decides, never this.

Neither devices nor addresses are compared: the site keeps none with a claim (PIPL 6).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import combinations, groupby

from campus_service.search.analyser import normalise

# [p]: what most honest people never reach.
WINDOW = timedelta(days=30)
MANY = 4
GUESSES = 2
NEW = timedelta(days=3)
# Share of common pairs of letters from which two answers count as one; shorter ones ("黑色的") are alike by chance.
ALIKE = 0.8
SHORTEST = 6
_NO_WORD = re.compile(r"[\W_]+")


class What(StrEnum):
    """The kind of sign."""

    MANY = "many"
    ALIKE_THINGS = "alike_things"
    ALIKE_PEOPLE = "alike_people"
    GUESSING = "guessing"
    NEW_ACCOUNT = "new_account"


@dataclass(frozen=True, slots=True)
class Told:
    """One claim, as far as it matters here."""

    claim_id: int
    item_id: int
    person_id: int
    answer: str
    submitted_at: datetime
    refused: bool
    person_since: datetime


@dataclass(frozen=True, slots=True)
class Signal:
    """One sign: whose claims they are, on which items, and how many."""

    what: What
    people: tuple[int, ...]
    items: tuple[int, ...]
    claims: frozenset[int]
    count: int


def signals(claims: Iterable[Told], moment: datetime) -> list[Signal]:
    """The signs in ``claims``, the latest claim's first."""
    told = sorted(claims, key=lambda claim: claim.claim_id)
    found = [*_many(told, moment), *_guessing(told), *_alike(told), *_new(told)]
    return sorted(found, key=lambda signal: -max(signal.claims))


def _of(what: What, claims: Sequence[Told], count: int) -> Signal:
    people = tuple(dict.fromkeys(claim.person_id for claim in claims))
    items = tuple(dict.fromkeys(claim.item_id for claim in claims))
    return Signal(what, people, items, frozenset(claim.claim_id for claim in claims), count)


def _many(told: Sequence[Told], moment: datetime) -> Iterable[Signal]:
    """A person with MANY claims in the last WINDOW."""
    recent = sorted(
        (claim for claim in told if claim.submitted_at > moment - WINDOW), key=lambda claim: claim.person_id
    )
    for _person, group in groupby(recent, key=lambda claim: claim.person_id):
        mine = list(group)
        if len(mine) >= MANY:
            yield _of(What.MANY, mine, len(mine))


def _guessing(told: Sequence[Told]) -> Iterable[Signal]:
    """A person refused GUESSES times on one item who says something else each time."""

    def both(claim: Told) -> tuple[int, int]:
        return claim.person_id, claim.item_id

    for _both, group in groupby(sorted(told, key=both), key=both):
        mine = list(group)
        refused = sum(claim.refused for claim in mine)
        pairs = combinations([pairs_of(claim.answer) for claim in mine], 2)
        if refused >= GUESSES and all(likeness(one, other) < ALIKE for one, other in pairs):
            yield _of(What.GUESSING, mine, len(mine))


def _alike(told: Sequence[Told]) -> Iterable[Signal]:
    """Answers that are nearly the same: on several things, or of several people on one thing."""
    for group in _clusters(told):
        by_item = [
            [claim for claim in group if claim.item_id == item] for item in {each.item_id for each in group}
        ]
        for rivals in by_item:
            if len({claim.person_id for claim in rivals}) > 1:
                yield _of(What.ALIKE_PEOPLE, rivals, len(rivals))
        if len(by_item) > 1:
            yield _of(What.ALIKE_THINGS, group, len(group))


def _clusters(told: Sequence[Told]) -> list[list[Told]]:
    """Claims by what their answers are nearly the same as; short ones stand apart."""
    found: list[tuple[frozenset[str], list[Told]]] = []
    for claim in told:
        if len(plain(claim.answer)) < SHORTEST:
            continue
        pairs = pairs_of(claim.answer)
        like = next((group for first, group in found if likeness(first, pairs) >= ALIKE), None)
        if like is None:
            found.append((pairs, [claim]))
        else:
            like.append(claim)
    return [group for _first, group in found]


def _new(told: Sequence[Told]) -> Iterable[Signal]:
    """A claim of somebody who has had an account for less than NEW."""
    for claim in told:
        age = claim.submitted_at - claim.person_since
        if age < NEW:
            yield _of(What.NEW_ACCOUNT, (claim,), max(age.days, 0))


def plain(answer: str) -> str:
    """An answer as it is compared: one script, one width, letters only."""
    return _NO_WORD.sub("", normalise(answer))


def pairs_of(answer: str) -> frozenset[str]:
    """The pairs of neighbouring letters in an answer."""
    text = plain(answer)
    return frozenset(text[at : at + 2] for at in range(len(text) - 1)) or frozenset([text])


def likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """Dice's measure: 1 for the same, 0 for nothing in common."""
    return 2 * len(one & other) / (len(one) + len(other))
