"""A first look into a file: its format, its headings, its first lines, the words that its columns hold, a mapping that fits."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from campus_service.lostfound.moving import reading
from campus_service.lostfound.moving.mapping import Mapping, as_text
from campus_service.lostfound.moving.ready import fitting

SHOWN_ROWS, SHOWN_LETTERS = 10, 300
# Columns with more different words are no list of categories; words are counted in so many rows.
MOST_WORDS, COUNTED_ROWS = 100, 20_000


@dataclass(frozen=True, slots=True)
class Looked:
    """``rows``: line number and cells of the first good lines; ``words``: column → word → how often."""

    format: reading.Format
    headings: list[str]
    rows: list[tuple[int, list[str]]]
    words: dict[str, dict[str, int]]
    counted: int
    mapping: Mapping

    def sample(self) -> dict[str, Any]:
        """What the page shows, as JSON."""
        return {
            "headings": self.headings,
            "rows": self.rows,
            "words": self.words,
            "counted": self.counted,
        }


def look(path: Path, how: reading.Format | None = None) -> Looked:
    """Look into ``path``, read as ``how`` or as it seems to be. Raises Invalid for what is no table."""
    how = how or reading.detect(path)
    rows: list[tuple[int, list[str]]] = []
    counted = 0
    with reading.opened(path, how) as table:
        words: list[Counter[str] | None] = [Counter() for _name in table.headings]
        for row in islice(table.rows, COUNTED_ROWS):
            if row.wrong:
                continue
            counted += 1
            cells = [as_text(cell) for cell in row.cells]
            if len(rows) < SHOWN_ROWS:
                rows.append((row.line, [cell[:SHOWN_LETTERS] for cell in cells]))
            _count(words, cells)
        known = {
            name: dict(counter.most_common())
            for name, counter in zip(table.headings, words, strict=True)
            if name and counter
        }
        mapping = fitting(table.headings, [cells for _line, cells in rows])
        return Looked(how, table.headings, rows, known, counted, mapping)


def _count(words: list[Counter[str] | None], cells: list[str]) -> None:
    for at, cell in enumerate(cells):
        counter = words[at]
        if counter is None or not cell:
            continue
        counter[cell[:100]] += 1
        if len(counter) > MOST_WORDS:
            words[at] = None
