"""Training with scikit-learn: only here, in the worker and on the command line, never in a web process.

Logistic regression, one department against the rest, on tokens, character runs and cue words. Confidence and the
threshold for going by itself come from messages that the classifier did not see (cross-validation inside the
training messages).
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from math import log

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.naive_bayes import ComplementNB

from campus_service.feedback.routing import urgency
from campus_service.feedback.routing.classifier import Head, Model
from campus_service.feedback.routing.examples import Example, alarms, own
from campus_service.feedback.routing.features import Counted, count
from campus_service.feedback.routing.urgency import Urgency

SEED = 20261101
FOLDS = 5
STRENGTH = 10.0
SMOOTHING = 0.3
# How much naive Bayes counts beside the regression.
BAYES = 0.3
# Precision asked of what goes by itself, above the 0.97 of domain.md: unseen messages are always a little harder.
PRECISION = 0.98
# A vocabulary entry occurs in so many messages at least.
MESSAGES = 2
Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Sample:
    """A training message with its features counted once, however often it is trained on."""

    example: Example
    counted: Counted


def samples(examples: Iterable[Example]) -> list[Sample]:
    """Count the features of ``examples``."""
    return [Sample(one, count(one.title, one.body)) for one in examples]


@cache
def beside() -> tuple[Sample, ...]:
    """The software's own examples, learnt with every site's messages."""
    return tuple(samples(own()))


def train(found: Sequence[Sample]) -> Model:
    """Learn from messages, and beside them from our own examples; the same messages give the same model."""
    model = fit([*found, *beside()])
    scores, truth = held_out(found)
    sharpness = _sharpness(scores, truth)
    threshold = _threshold(_softmax(sharpness * scores), truth)
    departments = Head(
        model.departments.classes, model.departments.bias, model.departments.weights, sharpness
    )
    learnt = urgency_of(one.example for one in [*found, *beside()])
    return Model(model.rows, model.rarity, departments, model.kinds, threshold, learnt)


def held_out(found: Sequence[Sample]) -> tuple[Numbers, NDArray[np.int64]]:
    """Scores of each message by a classifier that did not see it, and its right answer."""
    classes = sorted({one.example.department for one in [*found, *beside()]})
    truth = np.array([classes.index(one.example.department) for one in found])
    scores = np.full((len(found), len(classes)), -10.0)
    for learn, ask in folds(found):
        model = fit([*(found[at] for at in learn), *beside()])
        columns = [classes.index(name) for name in model.departments.classes]
        for at in ask:
            scores[at, columns] = model.departments.scores(model.values(found[at].counted))
    return scores, truth


def folds(found: Sequence[Sample], seed: int = SEED) -> list[tuple[list[int], list[int]]]:
    """Which messages to learn from and which to ask, five times, each department spread evenly."""
    labels = [one.example.department for one in found]
    rarest = min(Counter(labels).values())
    split = StratifiedKFold(max(2, min(FOLDS, rarest)), shuffle=True, random_state=seed)
    return [(list(learn), list(ask)) for learn, ask in split.split(labels, labels)]


def fit(found: Sequence[Sample]) -> Model:
    """Learn from just these messages, without calibration."""
    rows, rarity = _vocabulary(found)
    empty = Head((), (), array("f"), 1.0)
    vocabulary = Model(rows, rarity, empty, empty, 1.0, Urgency({}, 0.0))
    matrix = as_matrix(vocabulary, found)
    departments, kinds = (
        blended(classifier(matrix, labels), matrix, labels)
        for labels in ([one.example.department for one in found], [one.example.kind for one in found])
    )
    return Model(rows, rarity, departments, kinds, 1.0, Urgency({}, 0.0))


def blended(trained: dict[str, LogisticRegression], matrix: csr_matrix, labels: Sequence[str]) -> Head:
    """Logistic regression and complement naive Bayes (Rennie et al. 2003) as one linear scorer.

    The one is sharp where it has seen a word, the other steadier where it has not; each counts by its own spread.
    """
    regression = head(trained, matrix.shape[1], labels[0])
    if not trained:
        return regression
    bayes = ComplementNB(alpha=SMOOTHING).fit(matrix, labels)
    size = len(regression.classes)
    parts = [
        (np.asarray(regression.weights).reshape(-1, size), np.asarray(regression.bias)),
        (bayes.feature_log_prob_.T, np.zeros(size)),
    ]
    weights, bias = np.zeros((matrix.shape[1], size)), np.zeros(size)
    for share, (part, own_bias) in zip((1.0, BAYES), parts, strict=True):
        centred, level = part - part.mean(axis=1, keepdims=True), own_bias - own_bias.mean()
        spread = float((matrix @ centred + level).std()) or 1.0
        scale = share / spread
        weights, bias = weights + centred * scale, bias + level * scale
    return Head(
        regression.classes, tuple(map(float, bias)), array("f", weights.astype("float32").tobytes()), 1.0
    )


def _vocabulary(found: Sequence[Sample]) -> tuple[dict[str, int], array[float]]:
    seen: Counter[str] = Counter()
    cues: set[str] = set()
    for one in found:
        seen.update(f"w:{word}" for word in one.counted.words)
        seen.update(f"c:{gram}" for gram in one.counted.grams)
        cues.update(one.counted.cues)
    names = sorted(name for name, times in seen.items() if times >= MESSAGES)
    rarity = [log((1 + len(found)) / (1 + seen[name])) + 1 for name in names]
    rows = {name: at for at, name in enumerate([*names, *sorted(cues)])}
    return rows, array("f", [*rarity, *[1.0] * len(cues)])


def as_matrix(vocabulary: Model, found: Sequence[Sample]) -> csr_matrix:
    """The features of messages as scikit-learn takes them."""
    values: list[float] = []
    columns: list[int] = []
    ends = [0]
    for one in found:
        row = vocabulary.values(one.counted)
        columns += row.keys()
        values += row.values()
        ends.append(len(columns))
    return csr_matrix((values, columns, ends), shape=(len(found), len(vocabulary.rows)))


def classifier(matrix: csr_matrix, labels: Sequence[str]) -> dict[str, LogisticRegression]:
    """Train one question with scikit-learn: each answer against all others."""
    answers = np.array(labels)
    return {
        answer: LogisticRegression(
            C=STRENGTH, solver="liblinear", dual=True, max_iter=2000, random_state=SEED
        ).fit(matrix, answers == answer)
        for answer in sorted(set(labels))
        if len(set(labels)) > 1
    }


def urgency_of(examples: Iterable[Example], told_alarms: Iterable[tuple[str, bool]] | None = None) -> Urgency:
    """Learn what is urgent, from messages and from the shipped alarms; a missed one weighs as three false ones."""
    told = [(one.title, one.body, one.urgent) for one in examples]
    told += [("", text, urgent) for text, urgent in (alarms() if told_alarms is None else told_alarms)]
    rows = [urgency.features(title, body) for title, body, _urgent in told]
    names = sorted({name for row in rows for name in row})
    at = {name: number for number, name in enumerate(names)}
    matrix = np.zeros((len(rows), len(names)))
    for number, row in enumerate(rows):
        for name, value in row.items():
            matrix[number, at[name]] = value
    one = LogisticRegression(C=1.0, class_weight={True: 3, False: 1}, max_iter=5000)
    one.fit(matrix, [urgent for _title, _body, urgent in told])
    weights = {name: round(float(weight), 5) for name, weight in zip(names, one.coef_[0], strict=True)}
    return Urgency(weights, round(float(one.intercept_[0]), 5))


def head(trained: dict[str, LogisticRegression], rows: int, only: str = "") -> Head:
    """What scikit-learn learned, as plain numbers; ``only``: the answer if there was no other one."""
    if not trained:
        return Head((only,), (0.0,), array("f", bytes(4 * rows)), 1.0)
    weights = np.vstack([part.coef_[0] for part in trained.values()]).T.astype("float32")
    bias = tuple(float(part.intercept_[0]) for part in trained.values())
    return Head(tuple(trained), bias, array("f", weights.tobytes()), 1.0)


def _softmax(scores: Numbers) -> Numbers:
    powers: Numbers = np.exp(scores - scores.max(axis=1, keepdims=True))
    whole: Numbers = powers / powers.sum(axis=1, keepdims=True)
    return whole


def _sharpness(scores: Numbers, truth: NDArray[np.int64]) -> float:
    """The temperature at which held-out messages are least surprising: then confidence is honest."""
    at = np.arange(len(truth))
    tried = np.geomspace(0.2, 6.0, 120)
    surprise = [-np.log(_softmax(scale * scores)[at, truth] + 1e-12).mean() for scale in tried]
    return round(float(tried[int(np.argmin(surprise))]), 4)


def _threshold(chances: Numbers, truth: NDArray[np.int64]) -> float:
    """The lowest confidence from which on the held-out messages were right often enough."""
    confidence = chances.max(axis=1)
    order = np.argsort(-confidence, kind="stable")
    right = np.cumsum(chances.argmax(axis=1)[order] == truth[order]) / np.arange(1, len(truth) + 1)
    enough = np.flatnonzero(right >= PRECISION)
    return round(float(confidence[order][enough[-1]]), 4) if len(enough) else 1.0
