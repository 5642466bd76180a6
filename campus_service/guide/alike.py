"""Guides that answer a message while it is being written.

A message is a story, not a query: no guide has all its words. So each guide is weighed by the words, or their
synonyms, that it shares with the message; a word that few guides have says more, and a word of the title most.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log

from campus_service.core.cache import remembered
from campus_service.guide import queries
from campus_service.search.analyser import MAX_QUERY
from campus_service.search.synonyms import Group
from campus_service.search.words import plan

# As many as help without pushing the form away; the weight from which on a guide is worth showing, and how near to
# the first one the others must come. Tried with the 600 messages of the development data.
MOST = 3
ENOUGH = 5.0
NEAR = 0.7
# How much of a message is read, in letters, and for how long the guides' words are kept, in seconds.
READ = 400
KEEP = 30.0
IN_TITLE = 2.5


@dataclass(frozen=True, slots=True)
class _Words:
    id: int
    title: frozenset[str]
    text: frozenset[str]


def ids(text: str) -> list[int]:
    """The ids of the guides nearest to ``text``, the nearest first; often none."""
    wanted = _groups(text)
    if not wanted:
        return []
    guides = remembered("guide.words", KEEP, _read)
    weights = {guide.id: 0.0 for guide in guides}
    for group in wanted:
        having = [guide for guide in guides if _meets(group, guide.text)]
        for guide in having:
            rarity = log((len(guides) + 1) / len(having))
            weights[guide.id] += rarity * (IN_TITLE if _meets(group, guide.title) else 1)
    least = max(ENOUGH, NEAR * max(weights.values(), default=0.0))
    best = sorted((-weight, id) for id, weight in weights.items() if weight >= least)
    return [id for _weight, id in best[:MOST]]


def _groups(text: str) -> list[Group]:
    """What the message says, word by word with its synonyms, each once; words of one letter say nothing."""
    text = text.replace("\0", "")[:READ]
    parts = (text[at : at + MAX_QUERY] for at in range(0, len(text), MAX_QUERY))
    groups = (group for part in parts for line in part.split("\n") for group in plan(line).groups)
    return list(dict.fromkeys(group for group in groups if any(len("".join(way)) > 1 for way in group)))


def _read() -> list[_Words]:
    return [
        _Words(int(row.id.partition(":")[2]), frozenset(row.title.split()), frozenset(row.text.split()))
        for row in queries.words()
    ]


def _meets(group: Group, words: frozenset[str]) -> bool:
    return any(words.issuperset(choice) for choice in group)
