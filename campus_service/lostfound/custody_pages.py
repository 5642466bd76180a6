"""What the desks' pages say about legs, arrivals, differences, counts and contents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import url_for

from campus_service.accounts import queries as accounts
from campus_service.core.actor import Actor
from campus_service.core.clock import now, today
from campus_service.core.i18n import _
from campus_service.core.page import fmt_day, fmt_when
from campus_service.core.permissions import Permission as P
from campus_service.lostfound import custody_queries, story
from campus_service.lostfound.models import Claim, CustodyLeg, Difference, FoundItem, ItemContent, StockTake
from campus_service.lostfound.service import decision_due
from campus_service.lostfound.service.stocktaking import Found, compare
from campus_service.lostfound.states import Arrival, DifferenceKind, Explanation


@dataclass(frozen=True, slots=True)
class Leg:
    """One leg in words: both signatures, the clock, how it arrived."""

    item: FoundItem | None
    from_desk: str
    to_desk: str
    given: str
    received: str
    arrival: str
    tone: str
    clock: str
    carried_by: str
    note: str
    mine: bool

    @property
    def signatures(self) -> story.Moment:
        """Both signatures as one point of a timeline."""
        said = (
            _("交出：%(who)s", who=self.given),
            _("带去的人：%(name)s", name=self.carried_by) if self.carried_by else "",
            _("签收：%(who)s", who=self.received) if self.received else "",
            self.note,
        )
        kind = "done" if self.received else "late" if self.tone == "late" else "now"
        title = f"{self.from_desk} → {self.to_desk}"
        return story.Moment(kind, title, self.arrival or self.clock, " · ".join(filter(None, said)))


def _leg(actor: Actor, leg: CustodyLeg, names: Mapping[int, str], item: FoundItem | None = None) -> Leg:
    received, arrival, tone = "", "", ""
    if leg.received_at is not None:
        received = _signed(names, leg.received_by, leg)
        arrival = str((leg.arrival or Arrival.INTACT).label)
        tone = "wait" if leg.arrival is Arrival.DIFFERS else "moss"
    elif leg.taken_back_at is not None:
        received = f"{names.get(leg.taken_back_by or 0, '')} {fmt_when(leg.taken_back_at)}"
        arrival, tone = _("送出的收回了"), "plain"
    elif leg.due_at < now():
        tone = "late"
    return Leg(
        item,
        story.desk_name(leg.from_desk),
        story.desk_name(leg.to_desk),
        f"{names.get(leg.given_by, '')} {fmt_when(leg.given_at)}",
        received,
        arrival,
        tone,
        _clock(leg),
        leg.carried_by,
        " ".join(filter(None, (leg.note, leg.arrival_note))),
        leg.given_by == actor.id,
    )


def _signed(names: Mapping[int, str], user_id: int | None, leg: CustodyLeg) -> str:
    return f"{names.get(user_id or 0, '')} {fmt_when(leg.received_at)}" if leg.received_at else ""


def _clock(leg: CustodyLeg) -> str:
    if leg.ended:
        return ""
    when = fmt_when(leg.due_at)
    return (
        _("超时：应在 %(when)s 前签收", when=when) if leg.due_at < now() else _("%(when)s 前签收", when=when)
    )


def _people(legs: Sequence[CustodyLeg]) -> dict[int, str]:
    return accounts.names_of(id for leg in legs for id in (leg.given_by, leg.received_by, leg.taken_back_by))


def legs_of(actor: Actor, item: FoundItem) -> list[Leg]:
    """All legs of one item, for its page."""
    rows = custody_queries.legs_of(item.id)
    names = _people(rows)
    return [_leg(actor, row, names) for row in rows]


def on_the_way(actor: Actor, desk: str) -> list[Leg]:
    """What is on its way to ``desk`` (anywhere without), the most urgent first."""
    rows = custody_queries.on_the_way(actor, desk)
    names = _people(rows)
    return [_leg(actor, row, names, row.item) for row in rows]


# --- the dashboard -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that needs somebody: where it is looked at, and why."""

    no: str
    title: str
    url: str
    where: str
    why: str
    difference: int = 0


@dataclass(frozen=True, slots=True)
class Section:
    """One question of the dashboard with its answers; ``calm`` says that there are none."""

    code: str
    title: str
    hint: str
    calm: str
    lines: list[Line]
    tone: str = "wait"


def watch(actor: Actor) -> list[Section]:
    """All that needs somebody today. Needs lostfound:item:intake; each section is one query."""
    actor.require(P.LOSTFOUND_ITEM_INTAKE)
    return [
        Section(
            "legs",
            _("在路上太久"),
            _("该签收的时间过了。到了就签收，没送出就收回。"),
            _("没有超时的。"),
            [_overdue(leg) for leg in custody_queries.overdue_legs(now(), custody_queries.SECTION)],
            "late",
        ),
        Section(
            "unlogged",
            _("说交来了，还没有登记"),
            _("同学说已交到招领点。找一找：在的话打开收下，不在就联系他。"),
            _("说交来的都登记了。"),
            [_unlogged(item) for item in custody_queries.unlogged(now(), custody_queries.SECTION)],
            "late",
        ),
        Section(
            "differences",
            _("账和实物对不上"),
            _("找到了，或弄清楚了，写一句就结束。"),
            _("账和实物都对得上。"),
            [_difference(row) for row in custody_queries.unsettled(custody_queries.SECTION)],
        ),
        Section(
            "due",
            _("今天到期"),
            _("按保管类别的规定，今天或更早就该办的。"),
            _("今天没有到期的。"),
            [_due(item) for item in custody_queries.due(today())],
        ),
        Section(
            "valuables",
            _("贵重物品，没有人认领"),
            _("保管超过 %(n)s 天。再找一找失主：看寻物登记，问院系和宿舍。", n=custody_queries.VALUABLE_DAYS),
            _("没有放了很久的贵重物品。"),
            [_valuable(item) for item in custody_queries.unclaimed_valuables(now())],
        ),
        Section(
            "claims",
            _("认领等得太久"),
            _("答应三个工作日内答复，已经过了。"),
            _("认领都在答应的时间内。"),
            [
                _late_claim(actor, claim)
                for claim in custody_queries.waiting_claims()
                if decision_due(claim.appealed_at or claim.submitted_at) < now()
            ],
        ),
    ]


def _line(item: FoundItem, where: str, why: str, url: str = "", difference: int = 0) -> Line:
    return Line(item.no, item.title, url or url_for("desk.item", no=item.no), where, why, difference)


def _place(item: FoundItem) -> str:
    desk = story.desk_name(item.desk_code)
    return f"{desk} · {item.shelf}" if item.shelf else desk


def _overdue(leg: CustodyLeg) -> Line:
    where = f"{story.desk_name(leg.from_desk)} → {story.desk_name(leg.to_desk)}"
    return _line(leg.item, where, _clock(leg))


def _unlogged(item: FoundItem) -> Line:
    by = fmt_when(item.log_by) if item.log_by else ""
    return _line(item, story.desk_name(item.hand_in_desk), _("应在 %(when)s 前登记", when=by))


def _difference(row: Difference) -> Line:
    why = _("%(kind)s：%(note)s", kind=row.kind.label, note=row.note)
    return _line(row.item, _place(row.item), why, difference=row.id)


def _due(item: FoundItem) -> Line:
    return _line(item, _place(item), fmt_day(item.due_on) if item.due_on else "")


def _valuable(item: FoundItem) -> Line:
    since = fmt_when(item.taken_in_at) if item.taken_in_at else ""
    return _line(item, _place(item), _("%(when)s 收下", when=since))


def _late_claim(actor: Actor, claim: Claim) -> Line:
    due = fmt_when(decision_due(claim.appealed_at or claim.submitted_at))
    url = url_for("desk.claims_of", no=claim.item.no) if actor.can(P.LOSTFOUND_CLAIM_DECIDE) else ""
    return _line(claim.item, _place(claim.item), _("应在 %(when)s 前答复", when=due), url)


# --- stock-takes ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Take:
    """One stock-take in the list."""

    take: StockTake
    name: str
    by: str
    counted: int
    differences: int


def take_name(take: StockTake) -> str:
    """The desk, and the shelf where it is only one."""
    desk = story.desk_name(take.desk_code)
    return _("%(desk)s · %(shelf)s 架", desk=desk, shelf=take.shelf) if take.shelf else desk


def takes(actor: Actor) -> list[Take]:
    """The open counts, then the last closed ones."""
    rows = custody_queries.stock_takes(actor)
    names = accounts.names_of(id for take, *_rest in rows for id in (take.started_by, take.closed_by))
    return [
        Take(take, take_name(take), names.get(take.closed_by or take.started_by, ""), counted, differed)
        for take, counted, differed in rows
    ]


@dataclass(frozen=True, slots=True)
class Counted:
    """One thing that was counted; ``remark`` says what does not agree, "" when all does."""

    item: FoundItem
    shelf: str
    when: str
    by: str
    remark: str


@dataclass(frozen=True, slots=True)
class TakePage:
    """A count that is going on, or what a closed one found."""

    take: StockTake
    name: str
    counted: list[Counted]
    expected: int
    agreeing: int
    found: list[Found]
    differences: Sequence[Difference]


def take_page(actor: Actor, take_id: int) -> TakePage:
    """One stock-take; raises NotFound."""
    take = custody_queries.stock_take(actor, take_id)
    counts = custody_queries.counts_of(take.id)
    found = [] if take.closed_at else compare(take)
    closed = custody_queries.differences_of(take.id) if take.closed_at else []
    differs = {one.item.id: one.kind for one in found} | {row.item_id: row.kind for row in closed}
    missing = sum(kind is DifferenceKind.MISSING for kind in differs.values())
    expected = (take.expected or 0) if take.closed_at else len(custody_queries.expected_at(take))
    names = accounts.names_of(row.counted_by for row in counts)
    return TakePage(
        take,
        take_name(take),
        [
            Counted(
                row.item,
                row.shelf,
                fmt_when(row.counted_at),
                names.get(row.counted_by, ""),
                str(differs[row.item_id].label) if row.item_id in differs else "",
            )
            for row in counts
        ],
        expected,
        expected - missing,
        found,
        closed,
    )


def ledger_says(item: FoundItem) -> str:
    """Where the ledger has a thing that was found elsewhere."""
    return f"{item.state.label} · {_place(item)}"


def explanations() -> list[tuple[str, str]]:
    """What may be chosen as the reason of a difference."""
    return [("", _("请选择")), *((kind.value, str(kind.label)) for kind in Explanation)]


# --- contents ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Inside:
    """One line of what a thing holds, with who vouches for it."""

    row: ItemContent
    text: str
    yuan: str
    vouched: str
    mine: bool


def contents(actor: Actor, rows: Sequence[ItemContent]) -> list[Inside]:
    """The lines for the item's page."""
    names = accounts.names_of(id for row in rows for id in (row.seen_by, row.second_by))
    return [
        Inside(
            row,
            content_text(row),
            f"{row.fen / 100:.2f}" if row.fen is not None else "",
            _("、").join(names[id] for id in (row.seen_by, row.second_by) if id in names),
            row.seen_by == actor.id,
        )
        for row in rows
    ]


def content_text(row: ItemContent) -> str:
    """A line in words: 现金（三十元）, 校园卡 × 2."""
    count = f" × {row.count}" if row.count != 1 else ""
    return f"{row.kind.label}{count}" + (_("（%(what)s）", what=row.what) if row.what else "")
