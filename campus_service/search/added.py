"""Lines of campus words that staff add to the shipped files, in the same format: how one is read, what all of them mean."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain

from campus_service.search.analyser import is_han, plain

# A Chinese phrase of so many characters is found wherever it stands, a shorter one only between the words of a query.
FREE = 3


@dataclass(frozen=True, slots=True)
class Line:
    """``a, b`` stand for each other; ``head > a, b``: the head takes the others in; with ``-`` in front: no longer."""

    off: bool
    heads: tuple[str, ...]
    members: tuple[str, ...]

    @property
    def phrases(self) -> tuple[str, ...]:
        """All its phrases, normalised."""
        return (*self.heads, *self.members)


def read(text: str) -> Line:
    """A line as it was typed: ， and 、 are commas too."""
    return _line(plain(text))


def written(text: str) -> tuple[str, ...]:
    """The phrases of a line as a reader may be shown them: AirPods, not airpods. None of one that switches off."""
    line = _line(unicodedata.normalize("NFKC", text))
    return () if line.off else line.phrases


def _line(text: str) -> Line:
    text = text.replace("、", ",").replace(";", ",").strip()
    heads, _sign, members = text.removeprefix("-").partition(">")
    return Line(text.startswith("-"), _phrases(heads), _phrases(members))


def _phrases(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(" ".join(part.split()) for part in text.split(",") if part.strip()))


@dataclass(frozen=True, slots=True, eq=False)
class Added:
    """What the lines say: ``more`` and ``less`` lead from a phrase to those it stands for, and does not.

    ``shown`` are the phrases as they were written. The same lines are read once and are the same object: answers can be kept by it.
    """

    more: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    less: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    shown: tuple[str, ...] = ()

    @property
    def phrases(self) -> frozenset[str]:
        """All phrases that stand for others or are stood for, normalised."""
        return frozenset(chain(self.more, *self.more.values()))

    def at(self, text: str, at: int, breaks: set[int]) -> str:
        """The longest added phrase at this place of normalised ``text``, or nothing."""
        here = (phrase for phrase in self.more if text.startswith(phrase, at))
        whole = (phrase for phrase in here if _stands_apart(phrase, at, breaks))
        return max(whole, key=len, default="")

    def reached(self, phrases: Iterable[str]) -> Iterator[str]:
        """What any of ``phrases`` stands for by these lines, also by one over another, the nearest first."""
        waiting = list(phrases)
        seen = set(waiting)
        for phrase in waiting:
            for other in self.more.get(phrase, ()):
                if other not in seen:
                    seen.add(other)
                    waiting.append(other)
                    yield other


def _stands_apart(phrase: str, at: int, breaks: set[int]) -> bool:
    free = len(phrase) >= FREE and is_han(phrase)
    return free or (at in breaks and at + len(phrase) in breaks)


NOTHING = Added()


@lru_cache(maxsize=8)
def meaning(lines: tuple[str, ...]) -> Added:
    """What ``lines`` mean together; the same lines are read once."""
    more: dict[str, tuple[str, ...]] = {}
    less: dict[str, tuple[str, ...]] = {}
    for line in map(read, lines):
        side = less if line.off else more
        for head in line.heads:
            others = line.members or tuple(phrase for phrase in line.heads if phrase != head)
            side[head] = tuple(dict.fromkeys([*side.get(head, ()), *others]))
    shown = dict.fromkeys(phrase for text in lines for phrase in written(text))
    return Added(more, less, tuple(shown))
