"""What falls due at the desks: by class with its rule and article, what waits for a second signature, what left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from campus_service.accounts import queries as accounts
from campus_service.core.actor import Actor
from campus_service.core.clock import today
from campus_service.core.i18n import LazyString, _
from campus_service.core.page import fmt_day, fmt_when
from campus_service.core.permissions import Permission as P
from campus_service.lostfound import keeping_queries, policy
from campus_service.lostfound.custody import (
    RULES,
    CustodyClass,
    Destination,
    Disclosure,
    Rule,
    waits_until_due,
)
from campus_service.lostfound.desk_items import Due, changed_period, due
from campus_service.lostfound.models import Disposal, FoundItem, Protocol
from campus_service.lostfound.service import leaving

# The weekly list looks this far ahead.
AHEAD = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class DueThing:
    """One thing whose day is near; ``hindered`` says why nothing can be proposed now, "" when it can; ``note`` what can."""

    item: FoundItem
    due: Due | None
    day: str
    notice: str
    hindered: str
    note: str


@dataclass(frozen=True, slots=True)
class DueGroup:
    """The things of one class, its rule, and where they may go."""

    custody: CustodyClass
    rule: Rule
    changed: str
    things: list[DueThing]
    destinations: list[tuple[str, LazyString]]
    takers: list[tuple[str, LazyString]]

    @property
    def ready(self) -> bool:
        """Whether something can be done with any of them now."""
        return any(not thing.hindered for thing in self.things)


@dataclass(frozen=True, slots=True)
class Proposed:
    """A disposal that waits for its second signature."""

    disposal: Disposal
    item: FoundItem
    by: str
    when: str
    own: bool


@dataclass(frozen=True, slots=True)
class ToSign:
    """What is proposed for one destination."""

    destination: Destination
    rows: list[Proposed]
    may_sign: bool


@dataclass(frozen=True, slots=True)
class DueList:
    """The page."""

    until: str
    groups: list[DueGroup]
    to_sign: list[ToSign]
    protocols: Sequence[tuple[Protocol, int]]
    more: bool


def due_list(actor: Actor) -> DueList:
    """What is due until a week from today. Needs lostfound:item:intake."""
    until = today() + AHEAD
    items, disposals = keeping_queries.due(actor, until), keeping_queries.open_disposals(actor)
    return DueList(
        fmt_day(until),
        _groups(items, disposals),
        _to_sign(actor, disposals),
        keeping_queries.protocols(actor),
        len(items) == keeping_queries.DUE_ROWS,
    )


def _groups(items: Sequence[FoundItem], disposals: Sequence[Disposal]) -> list[DueGroup]:
    proposed = {row.item_id for row in disposals}
    claimed = {claim.item_id for claim in keeping_queries.approved_claims([item.id for item in items])}
    periods = keeping_queries.retention()
    groups = []
    for custody in CustodyClass:
        of_class = [item for item in items if item.custody is custody]
        if of_class:
            things = [_thing(item, item.id in proposed, item.id in claimed) for item in of_class]
            places = {each: each.label for item in of_class for each in leaving.choices(item)}
            groups.append(
                DueGroup(
                    custody,
                    RULES[custody],
                    changed_period(periods.get(custody)),
                    things,
                    [(each.value, label) for each, label in places.items()],
                    [(each.value, label) for each, label in places.items() if each.takes_over],
                )
            )
    return groups


def _thing(item: FoundItem, proposed: bool, claimed: bool) -> DueThing:
    return DueThing(
        item,
        due(item),
        fmt_day(item.due_on) if item.due_on else "",
        _notice(item),
        _hindered(item, proposed, claimed),
        _("可以处理") if _is_due(item) else _("到期前只能移交公安机关"),
    )


def _notice(item: FoundItem) -> str:
    """The day of its notice, from which its term counts."""
    if policy.disclosure(item) is Disclosure.NOTHING:
        return _("不公告")
    return fmt_day(item.notice_on, weekday=False) if item.notice_on else _("还没有公告")


def _hindered(item: FoundItem, proposed: bool, claimed: bool) -> str:
    if proposed:
        return _("等第二个人签字")
    if item.open_claims:
        return _("%(n)s 份认领没有核对完", n=item.open_claims)
    if claimed and item.custody is not CustodyClass.CARD_FAST:
        return _("有认领通过，等失主来领")
    return ""


def _is_due(item: FoundItem) -> bool:
    """Whether everything that its class allows can be done with it today."""
    usual = leaving.choices(item)[0]
    return not waits_until_due(item.custody, usual) or (item.due_on is not None and today() >= item.due_on)


def _to_sign(actor: Actor, disposals: Sequence[Disposal]) -> list[ToSign]:
    names = accounts.names_of([row.proposed_by for row in disposals])
    may_sign, found = actor.can(P.LOSTFOUND_ITEM_DISPOSE), []
    for to in Destination:
        rows = [_proposed(actor, row, names) for row in disposals if row.destination is to]
        if rows:
            found.append(ToSign(to, rows, may_sign and not all(row.own for row in rows)))
    return found


def _proposed(actor: Actor, row: Disposal, names: Mapping[int, str]) -> Proposed:
    by = names.get(row.proposed_by, "")
    return Proposed(row, row.item, by, fmt_when(row.proposed_at), row.proposed_by == actor.id)
