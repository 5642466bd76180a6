"""A message as routing reads it: normalised, cut into tokens, with the cue words of the departments found in it."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from functools import cache
from importlib.resources import files

from campus_service.search.analyser import normalise, tokens

# What somebody writes beyond this changes nothing: the work stays bounded.
MAX_LETTERS = 2000
_RUN = re.compile(r"[^\W_]+")
_MARKS = "？！?!~…，。"
# Tables of cue words in data/.
DEPARTMENTS = "cues.txt"
KINDS = "kind_cues.txt"
Cues = dict[str, frozenset[str]]


def letters(text: str) -> str:
    """``text`` as words are looked for in it."""
    return normalise(text[:MAX_LETTERS])


def words(text: str) -> list[str]:
    """The tokens of ``text``, with the marks that tell a question from an outcry."""
    low = text[:MAX_LETTERS]
    return [*tokens(low), *(mark for mark in _MARKS if mark in low)]


def grams(text: str) -> list[str]:
    """Runs of one to three characters: what tokens miss when words are misspelt or cut wrongly."""
    return [
        run[at : at + size]
        for run in _RUN.findall(letters(text))
        for size in (1, 2, 3)
        for at in range(len(run) - size + 1)
    ]


@cache
def cues(table: str = DEPARTMENTS) -> Cues:
    """Each cue word of a table in data/, and the departments (or kinds) that it speaks for."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    department = ""
    source = files("campus_service.feedback").joinpath(f"data/{table}").read_text(encoding="utf-8")
    for line in source.splitlines():
        if line.startswith("["):
            department = line.strip("[]")
        elif not line.startswith("#"):
            for word in line.split():
                found[normalise(word)].add(department)
    return {word: frozenset(departments) for word, departments in found.items()}


@cache
def _by_first_letter(table: str) -> dict[str, list[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for word in sorted(cues(table), key=len, reverse=True):
        found[word[0]].append(word)
    return dict(found)


def cues_in(text: str, table: str = DEPARTMENTS) -> Counter[str]:
    """How often each cue word stands in ``text``; the longest wins where several begin."""
    low = letters(text)
    starts = _by_first_letter(table)
    found: Counter[str] = Counter()
    at = 0
    while at < len(low):
        word = next((word for word in starts.get(low[at], ()) if _stands(word, low, at)), "")
        found.update([word] if word else [])
        at += len(word) or 1
    return found


def _stands(word: str, text: str, at: int) -> bool:
    """A Latin word must be a whole word (ap, not app); Chinese is not spaced."""
    if not text.startswith(word, at):
        return False
    before, after = text[at - 1 : at], text[at + len(word) : at + len(word) + 1]
    return not (_latin(word[0]) and _latin(before)) and not (_latin(word[-1]) and _latin(after))


def _latin(char: str) -> bool:
    return char.isascii() and char.isalpha()
