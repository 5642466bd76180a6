"""What the classifier counts in a message: tokens, character runs, and how much the cue words speak for whom."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from math import log1p

from campus_service.feedback.routing import text as reading

# A word of the title counts so many times: a title says what it is about.
TITLE = 2
# Each block of features is scaled to length one; the cues, which are not, are weighed by this.
CUES = 0.5


@dataclass(frozen=True, slots=True)
class Counted:
    """Feature counts of one message: blocks that are weighed by rarity, and ready values of the cues."""

    words: Counter[str]
    grams: Counter[str]
    cues: dict[str, float]
    # How strongly each cue word speaks, for "why here".
    heard: dict[str, float]


def count(title: str, body: str) -> Counted:
    """The features of a message."""
    words = Counter(reading.words(body))
    for word in reading.words(title):
        words[word] += TITLE
    grams = Counter(reading.grams(title)) + Counter(reading.grams(body))
    heard = _heard(title, body)
    return Counted(words, grams, _spoken(heard) | _wished(f"{title}\n{body}"), heard)


def _heard(title: str, body: str) -> dict[str, float]:
    """Each cue word with its strength: repeated ones a little more, long ones (which are specific) more."""
    found = reading.cues_in(body)
    for word, times in reading.cues_in(title).items():
        found[word] += TITLE * times
    return {
        word: (1 + 0.5 * min(times - 1, 2)) * min(1.5, 0.4 + 0.3 * len(word)) for word, times in found.items()
    }


def _spoken(heard: dict[str, float]) -> dict[str, float]:
    """For each department: how much speaks for it, and its share of all that is said."""
    sums: dict[str, float] = defaultdict(float)
    known = reading.cues()
    for word, strength in heard.items():
        for department in known[word]:
            sums[department] += strength / len(known[word]) ** 0.5
    whole = max(1.0, sum(sums.values()))
    much = {f"much:{department}": CUES * log1p(total) for department, total in sums.items()}
    return much | {f"share:{department}": CUES * total / whole for department, total in sums.items()}


def _wished(text: str) -> dict[str, float]:
    """For each kind, how much sounds like it."""
    sums: Counter[str] = Counter()
    known = reading.cues(reading.KINDS)
    for word, times in reading.cues_in(text, reading.KINDS).items():
        for kind in known[word]:
            sums[f"kind:{kind}"] += min(times, 3)
    return {name: CUES * log1p(total) for name, total in sums.items()}
