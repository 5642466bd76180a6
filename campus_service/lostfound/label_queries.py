"""SELECTs for labels: which things, and whose label is printed already."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select

from campus_service.core.actor import Actor
from campus_service.core.db import db
from campus_service.core.permissions import Permission as P
from campus_service.lostfound.models import FoundItem, PrintedLabel


def items(actor: Actor, numbers: Sequence[str]) -> list[FoundItem]:
    """The found items of these numbers, in their order, without those that there are not. Needs lostfound:item:intake."""
    actor.require(P.LOSTFOUND_ITEM_INTAKE)
    rows = db.session.scalars(select(FoundItem).where(FoundItem.no.in_(numbers)))
    return sorted(rows, key=lambda item: numbers.index(item.no))


def printed(ids: Collection[int]) -> dict[int, datetime]:
    """When the labels of these items were last printed; one without a label has no entry."""
    rows = db.session.scalars(select(PrintedLabel).where(PrintedLabel.item_id.in_(ids)))
    return {row.item_id: row.at for row in rows}
