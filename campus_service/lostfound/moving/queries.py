"""Every SELECT of moving in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select, union_all

from campus_service.core.actor import Actor
from campus_service.core.db import db
from campus_service.core.errors import NotFound
from campus_service.core.permissions import Permission as P
from campus_service.lostfound.models import (
    Claim,
    CustodyEvent,
    Desk,
    FoundItem,
    Import,
    ImportedLine,
    ImportMapping,
    ImportRefusal,
    LostReport,
)
from campus_service.lostfound.states import ImportState

_CHUNK = 500


def desk_words() -> dict[str, str]:
    """What a file may call the desks: their codes and names → code."""
    words: dict[str, str] = {}
    for desk in db.session.execute(select(Desk.code, Desk.name, Desk.name_en)):
        words |= dict.fromkeys(desk, desk.code)
    return words


def desk_codes() -> set[str]:
    """All desks."""
    return set(db.session.scalars(select(Desk.code)))


def known_refs(refs: Sequence[str]) -> set[str]:
    """Those of ``refs`` that were imported before."""
    known: set[str] = set()
    for at in range(0, len(refs), _CHUNK):
        part = refs[at : at + _CHUNK]
        for model in (FoundItem, LostReport):
            known.update(db.session.scalars(select(model.source_ref).where(model.source_ref.in_(part))))
    return known


def get(actor: Actor, import_id: int) -> Import:
    """One's own import, or any for who may read private marks; raises NotFound, Forbidden, SignInNeeded."""
    actor.require(P.LOSTFOUND_IMPORT_RUN)
    found = db.session.get(Import, import_id)
    if found is None or not (found.by == actor.id or actor.can(P.LOSTFOUND_PRIVATE_READ)):
        raise NotFound()
    return found


def state_of(import_id: int) -> ImportState | None:
    """Where an import stands now."""
    return db.session.scalar(select(Import.state).where(Import.id == import_id))


def latest(actor: Actor, limit: int = 20) -> Sequence[Import]:
    """The last imports that ``actor`` may see, the newest first."""
    actor.require(P.LOSTFOUND_IMPORT_RUN)
    statement = select(Import).order_by(Import.id.desc()).limit(limit)
    if not actor.can(P.LOSTFOUND_PRIVATE_READ):
        statement = statement.where(Import.by == actor.id)
    return db.session.scalars(statement).all()


def kept_mappings() -> Sequence[ImportMapping]:
    """Mappings kept under a name."""
    return db.session.scalars(select(ImportMapping).order_by(ImportMapping.name)).all()


def kept_mapping(name: str) -> ImportMapping | None:
    """The mapping kept under ``name``."""
    return db.session.scalar(select(ImportMapping).where(ImportMapping.name == name))


def refusals(import_id: int, limit: int) -> Sequence[ImportRefusal]:
    """The first refused lines."""
    statement = select(ImportRefusal).where(ImportRefusal.import_id == import_id)
    return db.session.scalars(statement.order_by(ImportRefusal.id).limit(limit)).all()


def all_refusals(import_id: int) -> Iterator[Any]:
    """Every refused line (line, reason, cells), read in chunks."""
    columns = (ImportRefusal.id, ImportRefusal.line, ImportRefusal.reason, ImportRefusal.cells)
    last = 0
    while True:
        chunk = select(*columns).where(ImportRefusal.import_id == import_id, ImportRefusal.id > last)
        rows = db.session.execute(chunk.order_by(ImportRefusal.id).limit(_CHUNK)).all()
        if not rows:
            return
        yield from rows
        last = rows[-1].id


def items_of(import_id: int) -> Any:
    """The found items of an import, as a subquery of ids."""
    mine = select(ImportedLine.item_id)
    return mine.where(ImportedLine.import_id == import_id, ImportedLine.item_id.is_not(None))


def reports_of(import_id: int) -> Any:
    """The lost reports of an import, as a subquery of ids."""
    mine = select(ImportedLine.report_id)
    return mine.where(ImportedLine.import_id == import_id, ImportedLine.report_id.is_not(None))


def touched(import_id: int) -> tuple[int, str]:
    """How many reports of an import have a history of their own by now, and the number of one of them."""
    items, reports = items_of(import_id), reports_of(import_id)
    claimed = select(Claim.item_id)
    # Whoever makes a step leaves a person's name or a second step of the same kind: imports write neither.
    stepped = (
        select(CustodyEvent.item_id)
        .where(CustodyEvent.item_id.in_(items), CustodyEvent.step.not_in(("taken_in", "returned")))
        .distinct()
    )
    changed = union_all(
        select(FoundItem.no).where(
            FoundItem.id.in_(items),
            or_(FoundItem.version != 1, FoundItem.id.in_(claimed), FoundItem.id.in_(stepped)),
        ),
        select(LostReport.no).where(LostReport.id.in_(reports), LostReport.version != 1),
    ).subquery()
    count, first = db.session.execute(select(func.count(), func.min(changed.c.no))).one()
    return int(count), first or ""


def search_ids(import_id: int) -> Iterable[str]:
    """The search documents of an import."""
    for kind, ids in (("found", items_of(import_id)), ("lost", reports_of(import_id))):
        yield from (f"{kind}:{id}" for id in db.session.scalars(ids))


def unchanged_since(moment: datetime) -> Sequence[Import]:
    """Imports with a file that nobody touched since ``moment`` and no job is working on."""
    statement = select(Import).where(
        Import.changed_at < moment,
        Import.file != "",
        Import.state.not_in((ImportState.TRYING, ImportState.RUNNING)),
    )
    return db.session.scalars(statement).all()


def files() -> set[str]:
    """The names of the files that imports have."""
    return set(db.session.scalars(select(Import.file).where(Import.file != "")))


def numbers_of(import_id: int, limit: int) -> Sequence[str]:
    """Numbers of the first found items that came in."""
    statement = select(FoundItem.no).join(ImportedLine, ImportedLine.item_id == FoundItem.id)
    return db.session.scalars(
        statement.where(ImportedLine.import_id == import_id).order_by(ImportedLine.id).limit(limit)
    ).all()
