"""What can be done with a file that is brought in. Trying and running are jobs; each batch is one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from pathlib import Path
from time import monotonic
from typing import Any, cast

from sqlalchemy import CursorResult, delete, insert, update
from sqlalchemy.exc import IntegrityError

from campus_service.accounts import queries as accounts
from campus_service.core.actor import Actor
from campus_service.core.clock import now
from campus_service.core.db import db, transaction
from campus_service.core.errors import Conflict, Invalid
from campus_service.core.i18n import force_locale, language, lazy
from campus_service.core.numbers import take
from campus_service.jobs import enqueue
from campus_service.lostfound.models import (
    CustodyEvent,
    FoundItem,
    Import,
    ImportedLine,
    ImportMapping,
    ImportRefusal,
    ItemContent,
    LostReport,
)
from campus_service.lostfound.moving import files, judging, queries, reading, storing
from campus_service.lostfound.moving.checking import Seen
from campus_service.lostfound.moving.judging import Judge, Judged
from campus_service.lostfound.moving.looking import Looked
from campus_service.lostfound.moving.mapping import Mapping
from campus_service.lostfound.service import matching, record
from campus_service.lostfound.service.matching import again_later
from campus_service.lostfound.states import IMPORT, ImportState, Kind
from campus_service.search import service as search

_S = ImportState
#: How long a file and what was copied from it are kept after the last step.
KEEP = timedelta(days=7)
# A job runs at most so long, in seconds, then it promises the next: nobody takes it for dead, a stop is near.
SLICE_S = 60.0
Deal = Callable[[list[Judged]], None]


# --- steps of a person --------------------------------------------------------------------------------------------


def create(actor: Actor, name: str, file: str, size: int, looked: Looked) -> int:
    """A file has come; returns the import's id."""
    row = Import(
        by=actor.person_id(), at=now(), changed_at=now(), name=name[-120:] or "?", file=file, size=size
    )
    row.how, row.sample = looked.format.plain(), looked.sample()
    row.mapping, row.locale = looked.mapping.model_dump(mode="json"), language()
    db.session.add(row)
    db.session.flush()
    record.note(actor, "import.uploaded", row, {}, {"name": row.name, "size": size})
    return row.id


def read_anew(actor: Actor, import_id: int, looked: Looked) -> None:
    """The file is read another way: encoding, delimiter, sheet. Raises Conflict once it is running."""
    row = _move(actor, import_id, _S.MAPPING)
    row.how, row.sample = looked.format.plain(), looked.sample()
    row.mapping = looked.mapping.model_dump(mode="json")


def remap(actor: Actor, import_id: int, mapping: Mapping, keep_as: str = "") -> None:
    """Other columns; with ``keep_as`` the mapping is kept under that name. Raises Conflict once it is running."""
    row = _move(actor, import_id, _S.MAPPING)
    row.mapping = mapping.model_dump(mode="json")
    if not keep_as:
        return
    kept = queries.kept_mapping(keep_as) or ImportMapping(name=keep_as)
    kept.mapping = mapping.model_copy(update={"name": keep_as}).model_dump(mode="json")
    kept.by, kept.at = actor.person_id(), now()
    db.session.add(kept)
    db.session.flush()
    record.note(actor, "import.mapping_kept", kept, {}, {"name": keep_as})


def start_trying(actor: Actor, import_id: int) -> None:
    """Check every line and store nothing. Raises Invalid for needed fields without a column, a removed file."""
    row = queries.get(actor, import_id)
    missing = Mapping.model_validate(row.mapping).missing(row.sample.get("headings", []))
    if missing:
        raise Invalid(missing)
    files.path(row.file)
    row = _move(actor, import_id, _S.TRYING)
    _reset(row)
    enqueue("lostfound.import_try", {"id": row.id}, key=f"lostfound.import_try:{row.id}")


def start(actor: Actor, import_id: int) -> None:
    """Bring the good lines in; one that was stopped goes on where it was. Raises Invalid when the file was removed."""
    row = queries.get(actor, import_id)
    files.path(row.file)
    stopped = row.state is _S.CANCELLED
    row = _move(actor, import_id, _S.RUNNING)
    if not stopped:
        total = row.total
        _reset(row)
        row.total = total
    row.started_at = now()
    record.note(actor, "import.started", row, {}, {"name": row.name})
    enqueue("lostfound.import_run", {"id": row.id}, key=f"lostfound.import:{row.id}")


def cancel(actor: Actor, import_id: int) -> None:
    """Stop: the batch that is being written is the last one."""
    row = queries.get(actor, import_id)
    row = _move(actor, import_id, _S.MAPPING if row.state is _S.TRYING else _S.CANCELLED)
    if row.state is _S.CANCELLED:
        search.rebuild_later()
    record.note(actor, "import.stopped", row, {}, {"found": row.found, "lost": row.lost})


def undo(actor: Actor, import_id: int) -> None:
    """Take away exactly what this import made, out of the search too.

    Raises Conflict when anything has happened to one of its reports since.
    """
    row = _move(actor, import_id, _S.UNDONE)
    count, first = queries.touched(import_id)
    if count:
        raise Conflict(
            lazy(
                "其中 %(n)s 件之后又有人动过，例如 %(no)s，不能整批撤销。请在它们的页面里处理。",
                n=count,
                no=first,
            )
        )
    search.remove_rows(list(queries.search_ids(import_id)))
    _delete_reports(import_id)
    search.rebuild_later()
    record.note(actor, "import.undone", row, {"found": row.found, "lost": row.lost}, {"found": 0, "lost": 0})


def _delete_reports(import_id: int) -> None:
    items = list(db.session.scalars(queries.items_of(import_id)))
    reports = list(db.session.scalars(queries.reports_of(import_id)))
    _execute(delete(ImportedLine).where(ImportedLine.import_id == import_id))
    try:
        for at in range(0, max(len(items), len(reports)), judging.BATCH):
            part, others = items[at : at + judging.BATCH], reports[at : at + judging.BATCH]
            matching.forget(Kind.FOUND, part)
            matching.forget(Kind.LOST, others)
            _execute(delete(CustodyEvent).where(CustodyEvent.item_id.in_(part)))
            _execute(delete(ItemContent).where(ItemContent.item_id.in_(part)))
            _execute(delete(FoundItem).where(FoundItem.id.in_(part)))
            _execute(delete(LostReport).where(LostReport.id.in_(others)))
    except IntegrityError:
        raise Conflict(lazy("其中有的已经被别处用到，不能整批撤销。请在它们的页面里处理。")) from None


def _move(actor: Actor, import_id: int, new: ImportState) -> Import:
    """Bring an import to the state ``new``, once whoever else tries; raises Conflict when that is no step from here."""
    row = queries.get(actor, import_id)
    if not row.state is new is _S.MAPPING:
        IMPORT.check(row.state, new)
    moved = _execute(
        update(Import)
        .where(Import.id == import_id, Import.state == row.state)
        .values(state=new, changed_at=now())
    )
    if not moved:
        raise Conflict()
    db.session.refresh(row)
    return row


def _reset(row: Import) -> None:
    row.position = row.total = row.found = row.lost = row.refused = 0
    row.trouble, row.started_at = "", now()
    _execute(delete(ImportRefusal).where(ImportRefusal.import_id == row.id))


def _execute(statement: Any) -> int:
    result = db.session.execute(statement.execution_options(synchronize_session=False))
    return cast("CursorResult[Any]", result).rowcount


# --- jobs ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Work:
    """What a job needs of an import; the row itself is other people's to change meanwhile."""

    id: int
    actor: Actor
    path: Path
    format: reading.Format
    mapping: Mapping
    locale: str
    position: int

    @classmethod
    def on(cls, import_id: int, state: ImportState) -> _Work | None:
        """The work on an import, None when it is not in ``state``."""
        row = db.session.get(Import, import_id, populate_existing=True)
        if row is None or row.state is not state:
            return None
        return cls(
            row.id,
            accounts.actor_of(row.by),
            files.path(row.file),
            reading.Format(**row.how),
            Mapping.model_validate(row.mapping),
            row.locale,
            row.position,
        )


def try_out(import_id: int) -> None:
    """Check every line of a file; from the beginning each time, for what stands twice in it is known to no table."""
    with transaction():
        row = db.session.get(Import, import_id)
        if row is None or row.state is not _S.TRYING:
            return
        _reset(row)
    work, seen = _Work.on(import_id, _S.TRYING), Seen()
    try:
        if work:
            _go_through(work, _S.TRYING, lambda batch: judging.refuse_known(batch, seen), _S.TRIED)
    finally:
        seen.close()


def run(import_id: int) -> None:
    """Bring in the next lines, for SLICE_S at most; a run that was killed goes on with the line after the last batch."""
    work = _Work.on(import_id, _S.RUNNING)
    if work is not None:
        _go_through(work, _S.RUNNING, lambda batch: _bring_in(work, batch), _S.DONE)


def _bring_in(work: _Work, batch: Sequence[Judged]) -> None:
    # One batch of all imports at a time: the second sees what the first has stored.
    take("lostfound.imports")
    judging.refuse_known(batch)
    good = [(judged.line, judged.values) for judged in batch if judged.values]
    made = storing.store(work.actor, [values for _line, values in good])
    lines = [
        {"import_id": work.id, "line": line, "item_id": None, "report_id": None}
        | {"item_id" if kind is Kind.FOUND else "report_id": id}
        for (line, _values), (kind, id) in zip(good, made, strict=True)
    ]
    if lines:
        db.session.execute(insert(ImportedLine), lines)


def _go_through(work: _Work, state: ImportState, deal: Deal, then: ImportState) -> None:
    """Deal with each batch after the position, as long as the import is in ``state``; at the end it is in ``then``."""
    until = monotonic() + (SLICE_S if state is _S.RUNNING else float("inf"))
    position, trouble = work.position, ""
    try:
        with force_locale(work.locale), reading.opened(work.path, work.format) as table:
            judge = Judge(work.mapping, table.headings)
            for batch in judging.batches(judge, islice(table.rows, position, None)):
                if not _one_batch(work, state, position, batch, deal, judging.share(table)):
                    return
                position += len(batch)
                if monotonic() > until:
                    _promise_the_rest(work)
                    return
    except (Invalid, FileNotFoundError) as error:
        then, trouble = _S.FAILED, str(error)[:300]
    with transaction():
        _finish(work, state, then, trouble)


def _promise_the_rest(work: _Work) -> None:
    with transaction():
        enqueue("lostfound.import_run", {"id": work.id}, key=f"lostfound.import:{work.id}")


def _one_batch(
    work: _Work, state: ImportState, position: int, batch: list[Judged], deal: Deal, share: int
) -> bool:
    """Deal with a batch and count it, whole or not at all; False when somebody stopped the import or took it over."""
    with transaction():
        mine = (Import.id == work.id, Import.state == state, Import.position == position)
        if not _execute(update(Import).where(*mine).values(position=position + len(batch))):
            return False
        deal(batch)
        kinds = [judged.values["kind"] for judged in batch if judged.values]
        refused = [judged.refusal(work.id) for judged in batch if not judged.values]
        if refused:
            db.session.execute(insert(ImportRefusal), refused)
        counts: dict[str, Any] = {
            "found": Import.found + kinds.count(Kind.FOUND),
            "lost": Import.lost + kinds.count(Kind.LOST),
            "refused": Import.refused + len(refused),
        }
        if state is _S.TRYING:
            # How many rows the file will have had, by the share of it that was read.
            counts["total"] = (position + len(batch)) * 100 // max(1, share)
        _execute(update(Import).where(Import.id == work.id).values(**counts))
    return True


def _finish(work: _Work, state: ImportState, then: ImportState, trouble: str) -> None:
    values: dict[str, Any] = {"state": then, "changed_at": now(), "trouble": trouble}
    if then in (_S.TRIED, _S.DONE):
        values["total"] = Import.position
    if not _execute(update(Import).where(Import.id == work.id, Import.state == state).values(**values)):
        return
    done = db.session.get(Import, work.id, populate_existing=True)
    if done is None or state is not _S.RUNNING:
        return
    search.rebuild_later()
    counts = {"found": done.found, "lost": done.lost, "refused": done.refused}
    again_later()
    record.note(work.actor, "lostfound.imported", done, {}, {"file": done.name, **counts})


def forget() -> int:
    """Remove the files, samples and refused lines of imports that nobody touched for KEEP; returns how many."""
    old = queries.unchanged_since(now() - KEEP)
    for row in old:
        files.remove(row.file)
        row.file, row.sample = "", {}
        _execute(delete(ImportRefusal).where(ImportRefusal.import_id == row.id))
    known = queries.files()
    for name in files.older_than(now() - timedelta(days=1)):
        if name not in known:
            with suppress(Invalid):
                files.remove(name)
    return len(old)
