"""Printing labels: the things they are for, noted as printed."""

from __future__ import annotations

from campus_service.core.actor import Actor
from campus_service.core.clock import now
from campus_service.core.db import db, insert_or
from campus_service.core.errors import Invalid
from campus_service.core.i18n import _, lazy
from campus_service.lostfound import label_queries
from campus_service.lostfound.commands import PrintLabels
from campus_service.lostfound.models import FoundItem, PrintedLabel
from campus_service.lostfound.service import record


def to_print(actor: Actor, command: PrintLabels) -> list[FoundItem]:
    """The things whose labels are asked for, in that order.

    Needs lostfound:item:intake; raises Invalid naming the numbers that there are not.
    """
    found = label_queries.items(actor, command.numbers)
    unknown = set(command.numbers) - {item.no for item in found}
    if unknown:
        numbers = _("、").join(sorted(unknown)[:5])
        raise Invalid({"more": lazy("没有找到 %(numbers)s，核对一下编号。", numbers=numbers)})
    return found


def print_labels(actor: Actor, command: PrintLabels) -> list[str]:
    """Note that these labels are printed; returns their numbers. Raises as ``to_print``."""
    found = to_print(actor, command)
    for item in found:
        put = insert_or(PrintedLabel).values(item_id=item.id, at=now())
        db.session.execute(
            put.on_conflict_do_update(index_elements=["item_id"], set_={"at": put.excluded.at})
        )
        record.note(actor, "found_item.label_printed", item, {}, {"no": item.no, "form": command.form})
    return [item.no for item in found]
