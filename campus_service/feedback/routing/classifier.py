"""A trained linear classifier as plain numbers: read, asked and explained without NumPy or scikit-learn.

Training (training.py) writes these numbers; web processes only read them (2 MB at most, under 50 ms).
"""

from __future__ import annotations

import json
import sys
import zlib
from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import exp, log, sqrt
from typing import Any

from campus_service.feedback.routing import text as reading
from campus_service.feedback.routing.features import Counted, count
from campus_service.feedback.routing.urgency import Urgency

FORMAT = 2
# Words shown for "why here", and candidates shown.
REASONS = 4
CANDIDATES = 3


@dataclass(frozen=True, slots=True)
class Candidate:
    """A department that may be right, how surely, and the words that speak for it."""

    department: str
    confidence: float
    words: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """For a case's row."""
        return {
            "department": self.department,
            "confidence": round(self.confidence, 4),
            "words": list(self.words),
        }


@dataclass(frozen=True, slots=True)
class Head:
    """One question: its possible answers, a row of weights for each feature, and how sharp its confidence is."""

    classes: tuple[str, ...]
    bias: Sequence[float]
    weights: array[float]
    sharpness: float

    def scores(self, values: Mapping[int, float]) -> list[float]:
        """How much speaks for each answer."""
        size = len(self.classes)
        totals = list(self.bias)
        for row, value in values.items():
            for at, weight in enumerate(self.weights[row * size : (row + 1) * size]):
                totals[at] += value * weight
        return totals

    def chances(self, values: Mapping[int, float]) -> list[float]:
        """Calibrated probabilities of the answers."""
        scores = [self.sharpness * score for score in self.scores(values)]
        top = max(scores)
        powers = [exp(score - top) for score in scores]
        whole = sum(powers)
        return [power / whole for power in powers]


@dataclass(frozen=True, slots=True)
class Model:
    """What was learned: vocabulary with rarity, the two questions, and when confidence is enough to go by itself."""

    rows: dict[str, int]
    rarity: Sequence[float]
    departments: Head
    kinds: Head
    threshold: float
    urgency: Urgency

    @classmethod
    def loads(cls, data: bytes) -> Model:
        """Read a model. Raises ValueError for anything else."""
        try:
            head, names, numbers = zlib.decompress(data).split(b"\0\0", 2)
            said = json.loads(head)
            if said["format"] != FORMAT:
                raise ValueError(said["format"])
            rows = {name: at for at, name in enumerate(names.decode().split("\n"))}
            values = _floats(numbers)
            size = len(rows)
            departments, start = _head(said["departments"], values, size, size)
            kinds, end = _head(said["kinds"], values, start, size)
            urgency = Urgency(dict(said["urgency"]["weights"]), float(said["urgency"]["bias"]))
            if end != len(values):
                raise ValueError(end)
        except (zlib.error, ValueError, KeyError, TypeError) as error:
            raise ValueError("not a routing model") from error
        return cls(rows, values[:size], departments, kinds, float(said["threshold"]), urgency)

    def dumps(self) -> bytes:
        """The model as bytes, the same for the same model."""
        said = {
            "format": FORMAT,
            "threshold": self.threshold,
            "departments": _said(self.departments),
            "kinds": _said(self.kinds),
            "urgency": self.urgency.as_json(),
        }
        numbers = array("f", self.rarity)
        numbers.extend(self.departments.weights)
        numbers.extend(self.kinds.weights)
        if sys.byteorder == "big":
            numbers.byteswap()
        head = json.dumps(said, sort_keys=True).encode()
        return zlib.compress(b"\0\0".join((head, "\n".join(self.rows).encode(), numbers.tobytes())), 9)

    def values(self, counted: Counted) -> dict[int, float]:
        """The features of a message as the classifier was trained on them: rows and their values."""
        found = self._scaled("w:", counted.words)
        found |= self._scaled("c:", counted.grams)
        found |= {self.rows[name]: value for name, value in counted.cues.items() if name in self.rows}
        return found

    def _scaled(self, prefix: str, counts: Counter[str]) -> dict[int, float]:
        known = ((self.rows.get(prefix + name), times) for name, times in counts.items())
        block = {row: (1 + log(times)) * self.rarity[row] for row, times in known if row is not None}
        length = sqrt(sum(value * value for value in block.values()))
        return {row: value / length for row, value in block.items()} if length else {}

    def candidates(self, title: str, body: str) -> tuple[Candidate, ...]:
        """The likeliest departments, the likeliest first, each with the words that speak for it."""
        counted = count(title, body)
        values = self.values(counted)
        chances = self.departments.chances(values)
        best = sorted(range(len(chances)), key=lambda at: -chances[at])[:CANDIDATES]
        classes = self.departments.classes
        return tuple(Candidate(classes[at], chances[at], self._reasons(counted, values, at)) for at in best)

    def kind(self, text: str) -> str:
        """What the sender probably wants."""
        chances = self.kinds.chances(self.values(count("", text)))
        return self.kinds.classes[chances.index(max(chances))]

    def _reasons(self, counted: Counted, values: Mapping[int, float], answer: int) -> tuple[str, ...]:
        """The words that speak most for ``answer``, none inside another one."""
        weight: Counter[str] = Counter()
        size = len(self.departments.classes)
        for word in counted.words:
            row = self.rows.get(f"w:{word}")
            if row is not None and len(word) > 1:
                weights = self.departments.weights[row * size : (row + 1) * size]
                weight[word] += values[row] * (weights[answer] - sum(weights) / size)  # type: ignore[assignment]
        department = self.departments.classes[answer]
        known = reading.cues()
        for word, strength in counted.heard.items():
            if department in known[word]:
                weight[word] += strength / len(known[word])  # type: ignore[assignment]
        found: list[str] = []
        for word, worth in weight.most_common():
            if worth > 0 and len(found) < REASONS and not any(word in one or one in word for one in found):
                found.append(word)
        return tuple(found)


def _floats(data: bytes) -> array[float]:
    numbers = array("f")
    numbers.frombytes(data)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


def _said(head: Head) -> dict[str, Any]:
    return {"classes": head.classes, "bias": list(head.bias), "sharpness": head.sharpness}


def _head(said: dict[str, Any], values: array[float], start: int, rows: int) -> tuple[Head, int]:
    end = start + rows * len(said["classes"])
    if len(said["bias"]) != len(said["classes"]):
        raise ValueError(len(said["bias"]))
    return Head(tuple(said["classes"]), tuple(said["bias"]), values[start:end], float(said["sharpness"])), end


@cache
def shipped() -> Model:
    """The model that comes with the software."""
    return Model.loads(files("campus_service.feedback").joinpath("data/model.bin").read_bytes())
