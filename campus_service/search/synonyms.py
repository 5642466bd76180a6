"""What a query means: synonym groups (data/synonyms.txt) turned into a plan of words and their alternatives."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import chain

from campus_service.search.analyser import (
    MAX_QUERY,
    grams,
    is_han,
    load_words,
    normalise,
    query_tokens,
    seams,
)

# One way to say a thing: all its tokens must be there. A group: any of its ways will do.
Choice = tuple[str, ...]
Group = tuple[Choice, ...]
MAX_GROUPS = 12
# A word that ends more kinds of names (中心) says too little to stand for all of them.
MAX_KINDS = 4


@dataclass(frozen=True, slots=True)
class Plan:
    """A query, understood: every group must be met; ``exact`` are the words as typed; ``loose`` is the second pass.

    ``prefix`` is the last word while it is still being typed.
    """

    groups: tuple[Group, ...]
    exact: tuple[str, ...]
    prefix: str
    loose: tuple[str, ...]

    @property
    def empty(self) -> bool:
        """Whether nothing searchable was typed."""
        return not self.groups

    def met_by(self, words: set[str]) -> bool:
        """Whether a document with these words is among the hits (the first pass: no loose ones, no forgiven typos)."""
        return not self.empty and all(self._met(group, words) for group in self.groups)

    def _met(self, group: Group, words: set[str]) -> bool:
        if any(words.issuperset(choice) for choice in group):
            return True
        return group == ((self.prefix,),) and any(word.startswith(self.prefix) for word in words)


@cache
def _groups() -> dict[str, tuple[str, ...]]:
    """Every phrase of the file → all phrases of its group and of those that it is the head of (耳机 → AirPods)."""
    text = files("campus_service.search").joinpath("data/synonyms.txt").read_text(encoding="utf-8")
    found: dict[str, tuple[str, ...]] = {}
    wider: dict[str, list[tuple[str, ...]]] = {}
    for line in text.splitlines():
        group = tuple(normalise(phrase.strip()) for phrase in line.split(",") if phrase.strip())
        found.update(dict.fromkeys(group, group))
        for head in {head for phrase in group for head in _heads(phrase)}.difference(group):
            wider.setdefault(head, []).append(group)
    load_words(frozenset(found))
    for head, groups in wider.items():
        if len(groups) <= MAX_KINDS:
            found[head] = tuple(dict.fromkeys([*found.get(head, (head,)), *chain(*groups)]))
    return found


def canonical(word: str) -> str:
    """The first word of the group that ``word`` (normalised) belongs to, so that synonyms can be compared."""
    ways = _groups().get(word)
    return ways[0] if ways else word


def _heads(phrase: str) -> Iterator[str]:
    """What a Chinese thing is a kind of: the end of its name, two characters at least."""
    return (phrase[at:] for at in range(1, len(phrase) - 1)) if is_han(phrase) else iter(())


@cache
def _longest() -> int:
    return max(map(len, _groups()), default=0)


def warm() -> None:
    """Load dictionary and synonyms (before a server forks its workers)."""
    plan("耳机")


def plan(text: str) -> Plan:
    """Understand ``text``: synonym phrases first, the longest wins, then single tokens."""
    _groups()
    low = normalise(text[:MAX_QUERY]).strip()
    groups: list[Group] = []
    rest = ""
    at = 0
    breaks = seams(low)
    while at < len(low):
        phrase = _phrase_at(low, at, breaks) if at in breaks else ""
        if phrase:
            groups += [_single(token) for token in query_tokens(rest)] if rest.strip() else []
            groups.append(_alternatives(phrase))
            rest = ""
            at += len(phrase)
        else:
            rest += low[at]
            at += 1
    last = query_tokens(rest) if rest.strip() else []
    groups += [_single(token) for token in last]
    groups = list(dict.fromkeys(group for group in groups if group))[:MAX_GROUPS]
    exact = tuple(query_tokens(text))[:MAX_GROUPS]
    return Plan(tuple(groups), exact, last[-1] if last else "", tuple(grams(low)[:MAX_GROUPS]))


def _phrase_at(text: str, at: int, breaks: set[int]) -> str:
    """The longest synonym phrase at this place; only whole words: 书 is not in 书架, nor mi in mini."""
    for length in range(min(_longest(), len(text) - at), 0, -1):
        phrase = text[at : at + length]
        if phrase in _groups() and at + length in breaks:
            return phrase
    return ""


def _alternatives(phrase: str) -> Group:
    ways = [phrase, *(other for other in _groups()[phrase] if other != phrase)]
    return tuple(dict.fromkeys(_whole_word(way) for way in ways))


def _whole_word(phrase: str) -> Choice:
    """The tokens of a phrase; where the tokeniser keeps it whole, that one token says it all."""
    found = query_tokens(phrase)
    return (phrase,) if phrase in found else tuple(found)


def _single(token: str) -> Group:
    return ((token,),)
