"""Bringing in reports from a file at one stroke: every line checked by the same rules as the pages, all or nothing stored.

First the whole file is read and checked, good lines going to a spool file; then one transaction stores them.
A crash in between leaves nothing behind, and a line that was imported before is refused, not doubled.
"""

from __future__ import annotations

import csv
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any

from pydantic import ValidationError

from campus_service.core import audit, sheets
from campus_service.core.actor import Actor
from campus_service.core.db import transaction
from campus_service.core.errors import Invalid
from campus_service.core.i18n import _
from campus_service.core.importing import Progress, Refusals, json_lines
from campus_service.lostfound.moving import judging, queries, reading, storing
from campus_service.lostfound.moving.checking import Seen, check
from campus_service.lostfound.moving.judging import Judge, Judged
from campus_service.lostfound.moving.mapping import Mapping
from campus_service.lostfound.moving.ready import NAMES, fitting, ready
from campus_service.lostfound.service.matching import again_later
from campus_service.lostfound.states import Kind
from campus_service.search import service as search

BATCH = 1000
SUFFIXES = (".jsonl", ".csv", ".tsv", ".xlsx")


@dataclass(slots=True)
class Report(Refusals):
    """What an import did, or would do."""

    found: int = 0
    lost: int = 0

    @property
    def taken(self) -> int:
        """Good lines."""
        return self.found + self.lost


Shift = Callable[[dict[str, Any]], dict[str, Any]]
OnRefused = Callable[[Judged], None]


def import_file(
    path: Path,
    *,
    mapping: Mapping | None = None,
    dry_run: bool = False,
    progress: Progress = lambda _bytes: None,
    shift: Shift = lambda values: values,
    actor: Actor | None = None,
    on_refused: OnRefused = lambda _judged: None,
) -> Report:
    """Import ``path``: JSON lines of our own fields, or a table (CSV, XLSX, JSON lines) by ``mapping``.

    Without a mapping the one that fits the headings is taken. ``progress`` is called with the number of bytes read
    since the last call; ``shift`` may change the values of a line of ours before they are checked (the demo moves its
    days); ``on_refused`` sees each refused line. Commits once, at the end, unless ``dry_run``.
    Raises Invalid for a file that is no table or lacks needed columns.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise Invalid({"file": _("“%(name)s”不是 .jsonl、.csv 或 .xlsx 文件。", name=path.name)})
    ours = mapping is None and path.suffix.lower() == ".jsonl"
    lines = _our_lines(path, progress, shift) if ours else _table_lines(path, mapping, progress)
    report, seen = Report(), Seen()
    with tempfile.TemporaryFile("w+", encoding="utf-8") as spool:
        try:
            while batch := list(islice(lines, BATCH)):
                judging.refuse_known(batch, seen)
                _count(batch, report, spool, on_refused)
        finally:
            seen.close()
        if not dry_run and report.taken:
            spool.seek(0)
            _store(actor or Actor.system(), spool, path.name, report)
    return report


def mapping_named(name: str) -> Mapping | None:
    """The mapping that ships as ``name``, is kept on the site under it, or stands in that .json file; None for "".

    Raises Invalid for none of these.
    """
    if not name:
        return None
    if name in NAMES:
        return ready(name)
    try:
        if name.endswith(".json"):
            return Mapping.model_validate_json(Path(name).read_bytes())
        kept = queries.kept_mapping(name)
        if kept is not None:
            return Mapping.model_validate(kept.mapping)
    except (ValidationError, OSError) as error:
        reason = error.strerror if isinstance(error, OSError) else error.errors()[0]["msg"]
        raise Invalid({"mapping": _("“%(name)s”用不了：%(why)s", name=name, why=reason)}) from None
    known = "、".join([*NAMES, *(kept.name for kept in queries.kept_mappings())])
    raise Invalid({"mapping": _("没有“%(name)s”这种对应关系，有：%(known)s。", name=name, known=known)})


@contextmanager
def refusals_to(path: Path | None) -> Iterator[OnRefused]:
    """Something that writes refused lines to a CSV file, with number, reason and what stood there; no cell is a formula."""
    if path is None:
        yield lambda _judged: None
        return
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("line", "reason"))

        def write(judged: Judged) -> None:
            row = judged.refusal(0)
            writer.writerow([sheets.safe(cell) for cell in (row["line"], row["reason"], *row["cells"])])

        yield write


def _our_lines(path: Path, progress: Progress, shift: Shift) -> Iterator[Judged]:
    desks = queries.desk_codes()
    for number, values in json_lines(path, progress):
        judged = Judged(number, [values])
        try:
            if isinstance(values, dict) and (why := reading.unreadable(values.values())):
                raise Invalid({"line": why})
            judged.values = check(shift(values) if isinstance(values, dict) else values, desks)
        except Invalid as error:
            judged.refuse(error)
        yield judged


def _table_lines(path: Path, mapping: Mapping | None, progress: Progress) -> Iterator[Judged]:
    with reading.opened(path, reading.detect(path)) as table:
        judge = Judge(mapping or fitting(table.headings, []), table.headings)
        told, whole = 0, path.stat().st_size
        for row in table.rows:
            yield judge.judge(row)
            read = whole * judging.share(table) // 100
            progress(read - told)
            told = read


def _count(batch: Iterable[Judged], report: Report, spool: IO[str], on_refused: OnRefused) -> None:
    for judged in batch:
        if judged.values is None:
            report.refuse(judged.line, str(Invalid(judged.wrong)))
            on_refused(judged)
            continue
        report.found += judged.values["kind"] == Kind.FOUND
        report.lost += judged.values["kind"] == Kind.LOST
        spool.write(json.dumps(judged.values, ensure_ascii=False, default=str) + "\n")


def _store(actor: Actor, spool: Iterable[str], name: str, report: Report) -> None:
    """Write all good lines in one transaction."""
    with transaction():
        lines = iter(spool)
        while batch := [json.loads(line) for line in islice(lines, BATCH)]:
            storing.store(actor, batch)
        after = {"file": name, "found": report.found, "lost": report.lost}
        audit.record(actor, "lostfound.imported", obj_type="import", obj_id=None, after=after)
        search.rebuild_later()
        again_later()
