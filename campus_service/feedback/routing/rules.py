"""The coordinator's ordered rules: the first that matches decides; what masks what, proven and counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from campus_service.feedback.routing.text import letters


@dataclass(frozen=True, slots=True)
class Rule:
    """One ordered rule: any of ``words``, all of ``with_words``, none of ``without_words``; empty asks nothing."""

    id: int
    name: str
    words: tuple[str, ...]
    with_words: tuple[str, ...]
    without_words: tuple[str, ...]
    areas: tuple[str, ...]
    kinds: tuple[str, ...]
    department: str
    # Decides whatever the classifier says; else a strong disagreement is left to a person.
    firm: bool = True


@dataclass(frozen=True, slots=True)
class Message:
    """What rules look at."""

    text: str
    area: str = "other"
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Explained:
    """Which rules a message meets: the winner, and those that it masks."""

    matching: tuple[Rule, ...]

    @property
    def winner(self) -> Rule | None:
        """The rule that decides."""
        return self.matching[0] if self.matching else None

    @property
    def masked(self) -> tuple[Rule, ...]:
        """The rules that would decide if the winner were not there."""
        return self.matching[1:]


@dataclass(slots=True)
class Standing:
    """What a rule does in its place among the others."""

    rule: Rule
    caught: int = 0
    won: int = 0
    # Earlier rule → how many messages it took from this one.
    masked_by: Counter[int] = field(default_factory=Counter)
    # The earlier rule that takes every message it could ever match; or the rule contradicts itself.
    covered_by: int | None = None
    impossible: bool = False


def meets(rule: Rule, text: str, area: str = "other", kind: str = "") -> bool:
    """Whether a message meets all that the rule asks."""
    low = letters(text)
    return (
        (not rule.areas or area in rule.areas)
        and (not rule.kinds or kind in rule.kinds)
        and (not rule.words or any(word in low for word in _low(rule.words)))
        and all(word in low for word in _low(rule.with_words))
        and not any(word in low for word in _low(rule.without_words))
    )


def words_of(rule: Rule, text: str) -> tuple[str, ...]:
    """The words of ``text`` that met the rule."""
    low = letters(text)
    return tuple(word for word in (*_low(rule.words), *_low(rule.with_words)) if word in low)


def first_match(rules: Iterable[Rule], text: str, area: str = "other", kind: str = "") -> Rule | None:
    """The rule that decides, if any."""
    return next((rule for rule in rules if meets(rule, text, area, kind)), None)


def explain(rules: Iterable[Rule], text: str, area: str = "other", kind: str = "") -> Explained:
    """All rules that a message meets, in order."""
    return Explained(tuple(rule for rule in rules if meets(rule, text, area, kind)))


def masking(rules: Sequence[Rule], messages: Iterable[Message] = ()) -> list[Standing]:
    """What each rule does to ``messages``, and which rules can never decide anything."""
    found = [Standing(rule, impossible=_impossible(rule)) for rule in rules]
    for at, standing in enumerate(found):
        earlier = (rule for rule in rules[:at] if covers(rule, standing.rule))
        standing.covered_by = next((rule.id for rule in earlier), None)
    for message in messages:
        _pass(found, message)
    return found


def _pass(standings: Sequence[Standing], message: Message) -> None:
    winner: Rule | None = None
    for standing in standings:
        if not meets(standing.rule, message.text, message.area, message.kind):
            continue
        standing.caught += 1
        if winner is None:
            winner = standing.rule
            standing.won += 1
        else:
            standing.masked_by[winner.id] += 1


def covers(first: Rule, later: Rule) -> bool:
    """Whether every message that meets ``later`` surely meets ``first`` too (decided from their words alone)."""
    has, any_of = _low(later.with_words), _low(later.words)

    def certain(wanted: Sequence[str]) -> bool:
        """Whether any text that meets ``later`` holds one of ``wanted``."""
        return any(want in word for want in wanted for word in has) or (
            bool(any_of) and all(any(want in word for want in wanted) for word in any_of)
        )

    return (
        _within(first.areas, later.areas)
        and _within(first.kinds, later.kinds)
        and (not first.words or certain(_low(first.words)))
        and all(certain((word,)) for word in _low(first.with_words))
        and all(any(out in word for out in _low(later.without_words)) for word in _low(first.without_words))
    )


def _within(wide: Sequence[str], narrow: Sequence[str]) -> bool:
    return not wide or (bool(narrow) and set(narrow) <= set(wide))


def _impossible(rule: Rule) -> bool:
    """Whether what it asks for always brings what it excludes."""
    excluded = _low(rule.without_words)

    def out(word: str) -> bool:
        return any(each in word for each in excluded)

    return any(map(out, _low(rule.with_words))) or (bool(rule.words) and all(map(out, _low(rule.words))))


@lru_cache(maxsize=4096)
def _low(words: tuple[str, ...]) -> tuple[str, ...]:
    """Words as they are looked for; an empty one would be found everywhere."""
    return tuple(low for word in words if (low := letters(word).strip()))
