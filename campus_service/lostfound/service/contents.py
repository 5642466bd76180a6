"""What is inside a bag or a wallet, line by line: the strictest line decides how the whole thing is kept."""

from __future__ import annotations

from collections.abc import Iterable

from campus_service.core.actor import Actor
from campus_service.core.clock import now
from campus_service.core.db import db, on_violation
from campus_service.core.errors import Conflict, Forbidden, Invalid, NotFound
from campus_service.core.i18n import lazy
from campus_service.core.permissions import Permission as P
from campus_service.lostfound import custody_queries, policy, queries
from campus_service.lostfound.commands import BagContent
from campus_service.lostfound.commands_custody import CountCash, PutContent
from campus_service.lostfound.custody import Content, class_of
from campus_service.lostfound.models import FoundItem, ItemContent
from campus_service.lostfound.service import record
from campus_service.lostfound.states import FoundState

MOST_LINES = 60
# Two people add a line at the same moment: the second sees the first one's and adds his again.
on_violation("uq_item_contents_item_id_line", "item_contents.item_id", error=Conflict)


def begin(actor: Actor, item: FoundItem, lines: Iterable[BagContent]) -> None:
    """Open the list with what was noted when the thing was taken in."""
    db.session.add_all(
        ItemContent(
            item_id=item.id, line=n, kind=line.kind, what=line.note, count=line.count, seen_by=actor.id
        )
        for n, line in enumerate(lines, 1)
    )


def put(actor: Actor, no: str, command: PutContent, line: int | None = None) -> ItemContent:
    """Add a line, or change ``line``; what was counted by two must be counted again. Needs lostfound:item:intake.

    The class of the whole thing follows at once: it may leave the list, lose its photos, get another deadline.
    """
    item = _held(actor, no)
    if command.yuan is not None and command.kind is not Content.CASH:
        raise Invalid({"yuan": lazy("金额只写在现金那一行。")})
    row = _line(item, line) if line is not None else _next_line(item)
    before = _summary(row) if line is not None else {}
    row.kind, row.what, row.count, row.fen = command.kind, command.what, command.count, command.yuan
    row.seen_by, row.second_by, row.second_at = actor.person_id(), None, None
    db.session.add(row)
    record.note(actor, "found_item.content_put", item, before, _summary(row))
    reclassify(actor, item)
    return row


def remove(actor: Actor, no: str, line: int) -> FoundItem:
    """Take a line off the list; the audit log keeps what it said. Needs lostfound:item:intake."""
    item = _held(actor, no)
    row = _line(item, line)
    db.session.delete(row)
    record.note(actor, "found_item.content_removed", item, _summary(row), {})
    reclassify(actor, item)
    return item


def count_cash(actor: Actor, no: str, line: int, command: CountCash) -> ItemContent:
    """A second person counts the cash and comes to the same amount. Needs lostfound:item:intake.

    Raises Forbidden for the one who counted first, Conflict before that, Invalid when the amounts differ.
    """
    item = _held(actor, no)
    row = _line(item, line)
    if row.kind is not Content.CASH or row.fen is None:
        raise Conflict(lazy("先由一个人点清，写下数目，再由另一个人点。"))
    if row.seen_by == actor.person_id():
        raise Forbidden(lazy("第一遍是你点的，第二遍要由另一个人点。"))
    if row.fen != command.yuan:
        # Whoever counts second is not told what the first one found.
        raise Invalid({"yuan": lazy("和第一遍点的不一样，请两个人一起再点。")})
    row.second_by, row.second_at = actor.person_id(), now()
    record.note(actor, "found_item.cash_counted", item, {}, _summary(row))
    return row


def need_counted(item: FoundItem) -> None:
    """Raise Conflict when ``item`` holds cash that two people have not counted: then it stays where it is."""
    if custody_queries.uncounted([item.id]):
        raise Conflict(lazy("%(no)s 里的现金还没有两个人点清。先在它的页面点清，再交还或送走。", no=item.no))


def _held(actor: Actor, no: str) -> FoundItem:
    item = queries.found_item(actor, no)
    actor.require(P.LOSTFOUND_ITEM_INTAKE)
    if not policy.can_list_contents(actor, item):
        raise Conflict(lazy("%(no)s 不在招领点，里面的东西现在改不了。", no=item.no))
    return item


def _line(item: FoundItem, line: int) -> ItemContent:
    row = next((row for row in custody_queries.contents_of(item.id) if row.line == line), None)
    if row is None:
        raise NotFound()
    return row


def _next_line(item: FoundItem) -> ItemContent:
    lines = custody_queries.contents_of(item.id)
    if len(lines) >= MOST_LINES:
        raise Conflict(lazy("一件东西里最多登记 %(n)s 行。", n=MOST_LINES))
    return ItemContent(item_id=item.id, line=lines[-1].line + 1 if lines else 1)


def _summary(row: ItemContent) -> dict[str, object]:
    """For the audit log: the kind and the amount, not the words, which may name a person."""
    return {"line": row.line, "kind": row.kind, "count": row.count, "fen": row.fen}


def reclassify(actor: Actor, item: FoundItem) -> None:
    """Find the custody class anew from the category, the value and what is inside; what follows from it follows."""
    db.session.flush()
    kinds = [row.kind for row in custody_queries.contents_of(item.id)]
    custody = class_of(item.category, item.over_500, kinds)
    if custody is item.custody:
        return
    before, item.custody = item.custody, custody
    record.follow_with_photos(item)
    record.publish(item)
    if item.state is FoundState.HELD:
        record.start_custody_clock(item)
    record.note(actor, "found_item.reclassified", item, {"custody": before}, {"custody": custody})
