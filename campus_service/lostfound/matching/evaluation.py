"""How well matching finds pairs in a file of reports that it has not seen: recall in both directions, alerts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any

from campus_service.lostfound.categories import Category
from campus_service.lostfound.matching import candidates, generated, scoring
from campus_service.lostfound.matching.features import Features, Text, read
from campus_service.lostfound.matching.scoring import Corpus
from campus_service.lostfound.states import Kind

AT = (1, 5, 10)
OTHER_SIDE = {Kind.LOST: Kind.FOUND, Kind.FOUND: Kind.LOST}


class BadFile(ValueError):
    """The file is not what import takes; the message names the line."""


@dataclass(frozen=True, slots=True)
class Report:
    """One line of the file; ``pair`` is the other side's id or ""."""

    id: str
    kind: Kind
    text: Text
    pair: str


def load(path: Path) -> list[Report]:
    """The reports of a .jsonl file as import takes it, with "pair"; private_marks are never read."""
    reports = []
    with path.open(encoding="utf-8-sig") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                try:
                    reports.append(_report(json.loads(line)))
                except (ValueError, KeyError, TypeError, AttributeError) as error:
                    raise BadFile(f"line {number}: {error!r}") from None
    if not any(report.pair for report in reports):
        raise BadFile("no line names its pair: there is nothing to measure")
    return reports


def _report(line: Mapping[str, Any]) -> Report:
    text = Text(
        line["title"],
        line.get("description") or "",
        Category(line["category"]).value,
        line.get("place") or "",
        date.fromisoformat(line["occurred_on"]),
    )
    return Report(str(line["id"]), Kind(line["kind"]), text, str(line.get("pair") or ""))


@dataclass
class World:
    """All reports that are open at once: the file's first, then the generated ones."""

    features: dict[Kind, list[Features]] = field(default_factory=lambda: {Kind.LOST: [], Kind.FOUND: []})
    postings: candidates.Postings = field(default_factory=candidates.Postings)

    def add(self, kind: Kind, text: Text) -> int:
        """Take a report in; returns its number on its side."""
        number, features = len(self.features[kind]), read(text)
        self.features[kind].append(features)
        self.postings.add(kind, number, features)
        return number

    @cached_property
    def corpus(self) -> Corpus:
        """As the site has it: of a sample."""
        both = zip_longest(self.features[Kind.LOST], self.features[Kind.FOUND])
        real = (each for pair in both for each in pair if each is not None)
        return scoring.corpus_of(chain(real, map(read, generated.everyday())))

    def ranked(self, kind: Kind, number: int) -> list[tuple[float, int]]:
        """The likeliest counterparts of one report with their scores, best first."""
        mine, other = self.features[kind][number], OTHER_SIDE[kind]
        asked = candidates.question(kind, mine, self.corpus)
        found = candidates.shortlist(asked, self.corpus, self.postings.hits)
        scores = [(self._score(kind, mine, self.features[other][each]), each) for each in found]
        return sorted(scores, key=lambda one: (-one[0], one[1]))

    def _score(self, kind: Kind, mine: Features, other: Features) -> float:
        lost, found = (mine, other) if kind is Kind.LOST else (other, mine)
        return scoring.score(scoring.compare(lost, found, self.corpus))


def figures(reports: Iterable[Report], background: int, threshold: float) -> dict[str, Any]:
    """Recall at 1, 5 and 10 in both directions and precision and recall of alerts, with ``background`` others mixed in."""
    reports = list(reports)
    world = World()
    ids = {(report.kind, report.id): world.add(report.kind, report.text) for report in reports}
    days = [report.text.day for report in reports]
    for kind, text in generated.texts(background, min(days), max(days)):
        world.add(kind, text)
    pairs = {
        (report.kind, ids[report.kind, report.id]): ids[OTHER_SIDE[report.kind], report.pair]
        for report in reports
        if report.pair
    }
    ranks = {
        key: world.ranked(*key) for key in ((report.kind, ids[report.kind, report.id]) for report in reports)
    }
    return {
        "reports": len(reports),
        "background": background,
        "pairs": sum(kind is Kind.LOST for kind, _ in pairs),
        "lost_to_found": _recall(Kind.LOST, pairs, ranks),
        "found_to_lost": _recall(Kind.FOUND, pairs, ranks),
        "alerts": _alerts(world, pairs, ranks, threshold),
    }


Ranks = dict[tuple[Kind, int], list[tuple[float, int]]]
Pairs = dict[tuple[Kind, int], int]


def _recall(kind: Kind, pairs: Pairs, ranks: Ranks) -> dict[str, float]:
    mine = {key: right for key, right in pairs.items() if key[0] is kind}
    places = [[each for _, each in ranks[key][: max(AT)]] for key in mine]
    hits = {
        n: sum(right in place[:n] for place, right in zip(places, mine.values(), strict=True)) for n in AT
    }
    return {f"recall@{n}": round(hits[n] / len(mine), 3) for n in AT}


def _alerts(world: World, pairs: Pairs, ranks: Ranks, threshold: float) -> dict[str, float]:
    """Alerts that touch a report of the file, whichever side came last."""
    alerts = set()
    for (kind, number), ranked in ranks.items():
        if not ranked or ranked[0][0] < threshold:
            continue
        for score, other in ranked:
            if score < ranked[0][0] - scoring.TIE or score < threshold:
                break
            key = OTHER_SIDE[kind], other
            back = ranks.get(key) or world.ranked(*key)
            if back and score >= back[0][0] - scoring.TIE:
                alerts.add((number, other) if kind is Kind.LOST else (other, number))
    real = {(number, other) for (kind, number), other in pairs.items() if kind is Kind.LOST}
    right = len(alerts & real)
    return {
        "told": len(alerts),
        "precision": round(right / len(alerts), 3) if alerts else 0.0,
        "recall": round(right / len(real), 3),
    }


def table(found: Mapping[str, Any]) -> str:
    """The figures for a terminal."""
    lines = [
        f"{found['pairs']} pairs among {found['reports']} reports and {found['background']} generated ones"
    ]
    for name in ("lost_to_found", "found_to_lost"):
        values = "  ".join(f"{key} {value:.3f}" for key, value in found[name].items())
        lines.append(f"{name.replace('_', ' '):14} {values}")
    alerts = found["alerts"]
    lines.append(
        f"{'alerts':14} precision {alerts['precision']:.3f}  recall {alerts['recall']:.3f}  ({alerts['told']} told)"
    )
    return "\n".join(lines)
