"""From the rows of a file to lines that are good or refused, in batches: an import of any length needs the same memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from campus_service.core.errors import Invalid, Text
from campus_service.core.i18n import _
from campus_service.lostfound.moving import queries
from campus_service.lostfound.moving.checking import Seen, already_there, check
from campus_service.lostfound.moving.mapping import FIELDS, Applied, Mapping, as_text, folded
from campus_service.lostfound.moving.reading import Row, Table
from campus_service.lostfound.moving.ready import our_words

BATCH = 500
# Of a refused line so much is kept: enough to find it and to mend it.
KEPT_CELLS, KEPT_LETTERS = 60, 500


@dataclass(slots=True)
class Judged:
    """A line: ``values`` as they are stored, or what is ``wrong`` with it by field."""

    line: int
    cells: Sequence[Any]
    values: dict[str, Any] | None = None
    wrong: dict[str, Text] = field(default_factory=dict)

    @property
    def ref(self) -> str:
        """The line's own number in its source; "" of a refused one."""
        return str(self.values["source_ref"]) if self.values else ""

    def refuse(self, error: Invalid) -> None:
        """Do not take the line."""
        self.values, self.wrong = None, dict(error.fields)

    def refusal(self, import_id: int) -> dict[str, Any]:
        """A row of import_refusals, in the reader's language now."""
        cells = [as_text(cell).replace("\0", "")[:KEPT_LETTERS] for cell in self.cells[:KEPT_CELLS]]
        cells = [cell.encode("utf-8", "replace").decode() for cell in cells]
        return {"import_id": import_id, "line": self.line, "reason": reason(self.wrong), "cells": cells}


def reason(wrong: dict[str, Text]) -> str:
    """All that is wrong with a line, each with the name of its field."""
    return _("；").join(
        f"{FIELDS[name]}{_('：')}{text}" if name in FIELDS else str(text) for name, text in wrong.items()
    )


class Judge:
    """Maps and checks the rows of one file."""

    def __init__(self, mapping: Mapping, headings: Sequence[str]) -> None:
        missing = mapping.missing(headings)
        if missing:
            raise Invalid(missing)
        self._desks = queries.desk_codes()
        desks = {folded(word): code for word, code in queries.desk_words().items()}
        self._applied = Applied(mapping, headings, our_words() | {"desk": desks})

    def judge(self, row: Row) -> Judged:
        """One row by itself."""
        judged = Judged(row.line, row.cells)
        try:
            if row.wrong:
                raise Invalid({"line": row.wrong})
            judged.values = check(self._applied.values(row.cells), self._desks)
        except Invalid as error:
            judged.refuse(error)
        return judged


def batches(judge: Judge, rows: Iterable[Row]) -> Iterator[list[Judged]]:
    """The rows of a table, judged, in their order."""
    left = iter(rows)
    while batch := [judge.judge(row) for row in islice(left, BATCH)]:
        yield batch


def refuse_known(batch: Iterable[Judged], seen: Seen | None = None) -> None:
    """Refuse the lines that the registry has already, or that came before in the file (in ``seen``, else in the batch)."""
    good = [judged for judged in batch if judged.values]
    known = queries.known_refs([judged.ref for judged in good])
    here: set[str] = set()
    for judged in good:
        ref = judged.ref
        new = seen.add(ref) if seen else ref not in here
        here.add(ref)
        if not new or ref in known:
            judged.refuse(already_there(ref))


def share(table: Table) -> int:
    """How much of the file was read, in percent."""
    return min(100, table.done * 100 // table.size) if table.size else 0
