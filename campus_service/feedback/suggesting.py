"""What was asked and answered before, while somebody writes: public answers and cases near to a message.

A message is a story, not a query: no document has all its words. Each word is looked for by itself; a document weighs
what the rarity of the words it shares with the message comes to.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import log

from campus_service.core.cache import remembered
from campus_service.core.places import area_of
from campus_service.feedback import public_queries
from campus_service.feedback.models import Case, PublicAnswer
from campus_service.feedback.states import OPEN, Kind
from campus_service.search import service as search
from campus_service.search.analyser import STOP, tokens
from campus_service.search.engine import Filters

KINDS = ("answer", "case")
# How much of a message is read, in letters and in words; more words than a form asks for every second cost too much.
READ = 400
WORDS = 14
# Words that more documents have than this find nothing near.
COMMON = 60
# As many as help without pushing the form away.
MOST = 3
# Of the words of a message: so many must be shared, and the weight must come near that of the nearest.
SHARED = 2
SHARE = 0.25
NEAR = 0.5
# Two reports of the same thing share more.
SAME_SHARE = 0.34
KEEP = 60.0


@dataclass(frozen=True, slots=True)
class Alike:
    """What is near: published answers, cases of others, and the open case that says the same."""

    answers: Sequence[PublicAnswer] = ()
    cases: Sequence[Case] = ()
    same: Case | None = None

    def __bool__(self) -> bool:
        return bool(self.answers or self.cases or self.same)


@dataclass(slots=True)
class _Weighed:
    words: int
    weight: Counter[str] = field(default_factory=Counter)
    shared: Counter[str] = field(default_factory=Counter)

    def near(self) -> list[str]:
        """The ids worth showing, the nearest first."""
        least = NEAR * max(self.weight.values(), default=0.0)
        return [
            id
            for id, weight in self.weight.most_common(4 * MOST)
            if weight >= least and self.shared[id] >= max(SHARED, SHARE * self.words)
        ]


def alike(text: str, place: str, kind: Kind) -> Alike:
    """What is near to ``text``; the same is of the same place and kind, public and still open."""
    found = _weigh(text)
    near = found.near()
    answers, cases = (
        public_queries.answers_of(_ids(near, "answer")),
        public_queries.cases_of(_ids(near, "case")),
    )
    area = area_of(f"{place} {text}")
    same = next(
        (
            cases[id]
            for id in _ids(near, "case")
            if id in cases and _is_same(cases[id], area, kind, found.shared[f"case:{id}"] / found.words)
        ),
        None,
    )
    others = [cases[id] for id in _ids(near, "case") if id in cases and cases[id] is not same]
    return Alike([answers[id] for id in _ids(near, "answer") if id in answers][:MOST], others[:MOST], same)


def _is_same(case: Case, area: str, kind: Kind, share: float) -> bool:
    return case.state in OPEN and case.kind is kind and case.area == area and share >= SAME_SHARE


def _ids(found: Sequence[str], kind: str) -> list[int]:
    return [int(id.partition(":")[2]) for id in found if id.startswith(f"{kind}:")]


def _weigh(text: str) -> _Weighed:
    words = words_of(text)
    weighed = _Weighed(max(1, len(words)))
    whole = remembered("feedback.documents", KEEP, lambda: public_queries.documents(KINDS)) if words else 0
    if not whole:
        return weighed
    for word in words:
        found = search.find(word, Filters(kind=KINDS), sort="newest", limit=COMMON)
        if found.total <= COMMON:
            rarity = log((whole + 1) / max(1, found.total)) + 0.1
            for id in found.ids:
                weighed.weight[id] += rarity  # type: ignore[assignment]  # a Counter adds floats too
                weighed.shared[id] += 1
    return weighed


def words_of(text: str) -> list[str]:
    """The telling words of a message, each once: the longest come first, one letter says nothing."""
    clean = text.replace("\0", "")[:READ]
    found = [word for word in dict.fromkeys(tokens(clean)) if len(word) > 1 and word not in STOP]
    return sorted(found, key=lambda word: -len(word))[:WORDS]
