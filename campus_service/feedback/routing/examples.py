"""Labelled messages as a file: one JSON object a line (../shared data format); a bad line is refused with its number."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from campus_service.feedback.states import Kind

DEPARTMENTS = frozenset(
    [
        *(
            "academic_affairs",
            "student_affairs",
            "logistics",
            "dormitory",
            "security",
            "library",
            "it_services",
        ),
        *("finance", "clinic", "counselling", "career", "youth_league"),
    ]
)
KINDS = frozenset(kind.value for kind in Kind)
OWN = ("examples_a.jsonl", "examples_b.jsonl")
# Messages that a department needs at least: some are held out twice over.
LEAST = 5


@dataclass(frozen=True, slots=True)
class Example:
    """A message and what is right for it."""

    title: str
    body: str
    department: str
    kind: str
    urgent: bool = False
    id: str = ""


class BadLines(ValueError):
    """Lines of a file that cannot be read; ``lines``: number and reason of each."""

    def __init__(self, lines: list[tuple[int, str]]) -> None:
        super().__init__("; ".join(f"line {number}: {reason}" for number, reason in lines))
        self.lines = lines


def read(path: Path) -> list[Example]:
    """The messages of a file. Raises BadLines when a line is not one, OSError when there is no such file."""
    return parse(path.read_bytes().splitlines())


def shipped() -> list[Example]:
    """The training messages that come with the software."""
    source = files("campus_service.feedback").joinpath("data/feedback.jsonl").read_bytes()
    return parse(source.splitlines())


def own() -> list[Example]:
    """What the software knows besides the messages of a site: the remit of each department in many voices.

    Learnt with whatever else is learnt, like the cue words; never asked in an evaluation.
    """
    folder = files("campus_service.feedback").joinpath("data")
    return [one for part in OWN for one in parse(folder.joinpath(part).read_bytes().splitlines())]


def alarms() -> list[tuple[str, bool]]:
    """Short messages that are urgent, or only sound so."""
    source = files("campus_service.feedback").joinpath("data/alarms.txt").read_text(encoding="utf-8")
    return [(line[2:], line[0] == "+") for line in source.splitlines() if line[:2] in ("+ ", "- ")]


def parse(lines: Iterable[bytes]) -> list[Example]:
    """The messages in ``lines``. Raises BadLines."""
    found: list[Example] = []
    bad: list[tuple[int, str]] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            found.append(_example(json.loads(line.decode("utf-8-sig"))))
        except ValueError as error:
            bad.append((number, str(error)))
    if not found and not bad:
        bad.append((1, "no messages"))
    if bad:
        raise BadLines(bad)
    return found


def _example(row: Any) -> Example:
    if not isinstance(row, dict):
        raise ValueError("not an object")  # noqa: TRY004  # a bad line is a ValueError whatever is bad
    for name in ("title", "body", "department", "kind"):
        if not isinstance(row.get(name), str) or not (row[name].strip() or name == "title"):
            raise ValueError(f"{name} is missing or not a text")
    if row["department"] not in DEPARTMENTS:
        raise ValueError(f"no such department: {row['department']}")
    if row["kind"] not in KINDS:
        raise ValueError(f"no such kind: {row['kind']}")
    if not isinstance(row.get("urgent", False), bool):
        raise ValueError("urgent is not true or false")  # noqa: TRY004
    return Example(
        row["title"],
        row["body"],
        row["department"],
        row["kind"],
        row.get("urgent", False),
        str(row.get("id", "")),
    )


def need_enough(examples: Iterable[Example]) -> None:
    """Raises ValueError unless there are enough messages to learn from and to hold some out."""
    sizes = Counter(one.department for one in examples)
    if len(sizes) < 2:
        raise ValueError("training needs messages of at least two departments")
    few = sorted(name for name, size in sizes.items() if size < LEAST)
    if few:
        raise ValueError(
            f"training needs at least {LEAST} messages of each department; fewer: {', '.join(few)}"
        )
