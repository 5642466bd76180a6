"""What the desks' pages say about things: the rule while taking in, labels, what falls due, one item in full."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from campus_service.accounts import queries as accounts
from campus_service.core.actor import Actor
from campus_service.core.clock import to_local, today
from campus_service.core.i18n import LazyString, _, ngettext
from campus_service.core.page import fmt_day
from campus_service.core.permissions import Permission as P
from campus_service.core.settings import settings
from campus_service.lostfound import (
    browsing,
    custody_pages,
    custody_queries,
    desk_queries,
    keeping_queries,
    label_sheets,
    matches,
    policy,
    presenting,
    projection,
    queries,
    story,
)
from campus_service.lostfound.categories import Category, default_question
from campus_service.lostfound.claim_views import qr
from campus_service.lostfound.commands import DAY_PART_LABELS
from campus_service.lostfound.custody import (
    RULES,
    Content,
    CustodyClass,
    Disclosure,
    Rule,
    class_of,
    disclosure_of_lost,
    due_on,
)
from campus_service.lostfound.labels import labels
from campus_service.lostfound.models import Claim, Difference, FoundItem, ItemContent, RetentionRule
from campus_service.lostfound.projection import Badge, Card
from campus_service.lostfound.service import receipt_token
from campus_service.lostfound.service.leaving import choices
from campus_service.lostfound.states import FoundState, Kind
from campus_service.media import service as media
from campus_service.media.models import Photo

_C = Category
# What desks take in most often comes first: the keys 1 to 9 and 0 choose the first ten.
ORDER = (
    _C.CLOTHING, _C.UMBRELLA, _C.CUP_BOTTLE, _C.EARPHONES, _C.KEYS, _C.CAMPUS_CARD, _C.BAG, _C.BOOKS_STATIONERY,
    _C.GLASSES, _C.PHONE, _C.WALLET_CASH, _C.ID_DOCUMENT, _C.BANK_CARD, _C.ELECTRONICS_OTHER, _C.COMPUTER,
    _C.JEWELLERY_WATCH, _C.SPORTS, _C.BICYCLE_SCOOTER_ACCESS, _C.MEDICINE_COSMETICS, _C.OTHER,
)  # fmt: skip
# Things that hold others: what is in them decides how they are kept.
HOLDERS = (_C.BAG, _C.WALLET_CASH)
# Lost reports shown beside a thing just taken in.
LIKELY = 3
SHELF_ROWS = 100
STATES = ("held", "in_transit", "reported", "due")
# A term that ends within so many days is shown as soon.
SOON_DAYS = 7


def categories() -> list[tuple[str, str]]:
    """All categories with their names, in the desks' order."""
    return [(category.value, labels().category[category]) for category in ORDER]


# --- taking in ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Keeping:
    """How a thing is kept: its class's rule, the day by which it must be carried out, and why it is another one."""

    rule: Rule
    until: str
    changed: str = ""

    @property
    def for_card(self) -> bool:
        """Whether the thing is kept as a campus card is."""
        return self.rule is RULES[CustodyClass.CARD_FAST]


def keeping(values: Mapping[str, str], ticked: Iterable[str]) -> Keeping | None:
    """The rule for a half-filled form; None before a category is chosen. ``ticked``: the contents' boxes."""
    category = queries.category_of(values.get("category", ""))
    if category is None:
        return None
    kinds = [Content(line.partition(":")[0]) for line in contents(values, ticked)]
    custody = class_of(category, values.get("over_500") == "1", kinds)
    period = keeping_queries.retention().get(custody)
    day = due_on(custody, today(), period.days if period else None)
    return Keeping(RULES[custody], fmt_day(day), changed_period(period))


def contents(values: Mapping[str, str], ticked: Iterable[str]) -> list[str]:
    """What the thing holds as "kind:note"; a note alone counts as ticked, and nothing does where it was not asked."""
    if values.get("holds") != "1" and values.get("category", "") not in HOLDERS:
        return []
    chosen = set(ticked)
    notes = {kind: values.get(f"note_{kind}", "").strip() for kind in Content}
    return [f"{kind}:{notes[kind]}" for kind in Content if kind in chosen or notes[kind]]


def content_lines(values: Mapping[str, str], ticked: Iterable[str]) -> list[dict[str, object]]:
    """The lines of the contents' list as the form shows them."""
    hints = {
        Content.BANK_CARD: _("几张，哪家银行"),
        Content.ID_DOCUMENT: _("哪种证件，几张"),
        Content.CAMPUS_CARD: _("几张"),
        Content.CASH: _("两人清点后的数目"),
        Content.ELECTRONICS: _("样子"),
    }
    chosen = set(ticked)
    return [
        {
            "code": kind.value,
            "label": kind.label,
            "ticked": kind in chosen,
            "note": values.get(f"note_{kind}", ""),
            "hint": hints.get(kind, _("说明")),
        }
        for kind in Content
    ]


@dataclass(frozen=True, slots=True)
class Tag:
    """The label of 60 × 40 mm and the finder's receipt."""

    no: str
    category: str
    title: str
    mark: str
    found: str
    shelf: str
    qr: Markup
    receipt_url: str
    receipt_qr: Markup


def tag(item: FoundItem) -> Tag:
    """Label and receipt of ``item``; their codes lead to what can be done with it and to the receipt's page."""
    base = settings().base_url
    receipt = f"/lost-found/receipt/{receipt_token(item)}"
    place = item.place or labels().area[item.area]
    return Tag(
        item.no,
        labels().category[item.category],
        item.title if RULES[item.custody].disclosure is Disclosure.FULL else "",
        label_sheets.mark(item.custody),
        f"{fmt_day(item.occurred_on, weekday=False)} {place}",
        item.shelf,
        qr(label_sheets.scan_address(item.no)),
        receipt,
        qr(base + receipt),
    )


@dataclass(frozen=True, slots=True)
class Saved:
    """The thing that was just taken in."""

    item: FoundItem
    tag: Tag
    keeping: Keeping
    likely: list[Card]


def saved(actor: Actor, no: str) -> Saved:
    """``no`` for the panel beside the empty form; raises NotFound."""
    item = queries.found_item(actor, no)
    return Saved(item, tag(item), keeping_of(item), likely_lost(actor, item))


def keeping_of(item: FoundItem) -> Keeping:
    """How ``item`` is kept."""
    period = keeping_queries.retention().get(item.custody)
    return Keeping(RULES[item.custody], fmt_day(item.due_on) if item.due_on else "", changed_period(period))


def changed_period(period: RetentionRule | None) -> str:
    """That an administrator set the period, and why; it stands beside each deadline that it gave."""
    if period is None:
        return ""
    return _(
        "管理员定为 %(days)s 天（%(day)s）：%(reason)s",
        days=period.days,
        day=fmt_day(to_local(period.set_at).date(), weekday=False),
        reason=period.reason,
    )


def likely_lost(actor: Actor, item: FoundItem) -> list[Card]:
    """Lost reports that may be this thing; of cards and documents also those that are not public."""
    if disclosure_of_lost(item.category) is not Disclosure.FULL:
        rows = desk_queries.open_lost(actor, item.category, item.area, LIKELY)
        return [presenting.full_card(row) for row in rows]
    return browsing.similar(Kind.LOST, item.title, item.area, item.category)[:LIKELY]


def badge(item: FoundItem) -> Badge:
    """Where a thing stands, for the desk's own tables."""
    if item.state is not FoundState.HELD or item.open_claims:
        return presenting.badge_of(Kind.FOUND, item)
    if not item.shelf:
        return Badge(_("待上架"), "wait", "clock")
    if not item.listed:
        return Badge(_("不公布"), "plain", "lock")
    if RULES[item.custody].disclosure is Disclosure.TEASER:
        return Badge(_("细节不公开"), "plain", "lock")
    return Badge(_("已公布"), "lake", "box")


def rows_with_badges(items: Iterable[FoundItem]) -> list[tuple[FoundItem, Badge, Due | None]]:
    """Rows of the desk's tables."""
    return [(item, badge(item), due(item)) for item in items]


# --- the shelf ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Due:
    """How much of a term is left, in words and as a bar."""

    text: str
    percent: int
    tone: str


def due(item: FoundItem) -> Due | None:
    """The term of ``item``'s custody class; None when nothing runs."""
    if item.due_on is None or item.state not in (FoundState.HELD, FoundState.IN_TRANSIT):
        return None
    left = (item.due_on - today()).days
    start = item.notice_on or to_local(item.taken_in_at or item.created_at).date()
    whole = max((item.due_on - start).days, 1)
    percent = min(max(100 - 100 * left // whole, 0), 100)
    return Due(
        _days_left(left),
        percent,
        "late" if left < 0 else "soon" if left <= min(SOON_DAYS, whole // 2) else "",
    )


def _days_left(left: int) -> str:
    if left < 0:
        return ngettext("超 %(num)s 天", "超 %(num)s 天", -left)
    return ngettext("剩 %(num)s 天", "剩 %(num)s 天", left) if left else _("今天到期")


def shelf_filter(args: Mapping[str, str]) -> queries.ShelfFilter:
    """What the shelf's address asks for; a value that does not exist narrows nothing."""
    state, desk = args.get("state", ""), args.get("desk", "")
    known = {row.code for row in queries.desks()}
    text = " ".join(args.get("q", "").replace("\0", "").split())[:60]
    return queries.ShelfFilter(
        desk if desk in known else "",
        state if state in STATES else "",  # type: ignore[arg-type]  # one of the literal's values
        text,
    )


def state_choices() -> list[tuple[str, str]]:
    """The shelf's states with their names."""
    return [
        ("", _("全部")),
        *((state, labels().found[state]) for state in STATES[:-1]),
        ("due", _("到期要处理")),
    ]


# --- one item ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ItemPage:
    """All that staff see of one found item, and what they may do with it."""

    item: FoundItem
    badge: Badge
    due: Due | None
    keeping: Keeping
    facts: list[tuple[str, str, str]]
    photos: Sequence[Photo]
    moments: Sequence[story.Moment]
    claims: Sequence[Claim]
    may: frozenset[str]
    destinations: list[tuple[str, LazyString]]
    likely: list[matches.Likely]
    legs: Sequence[custody_pages.Leg]
    inside: Sequence[custody_pages.Inside]
    differences: Sequence[Difference]

    @property
    def kinds(self) -> list[tuple[str, str]]:
        """What a line of the contents may be."""
        return [(kind.value, str(kind.label)) for kind in Content]

    @property
    def idle(self) -> bool:
        """Whether no step of the thing's own way can be done from here."""
        return self.may <= {"decide"}


def item_page(actor: Actor, no: str) -> ItemPage:
    """``no`` for a desk; raises NotFound."""
    item = queries.found_item(actor, no)
    events = queries.timeline(item.id)
    names = accounts.names_of([event.actor_id for event in events] + [item.reporter_id])
    inside = custody_queries.contents_of(item.id)
    detail = projection.detail(actor, item, presenting.full_card(item), presenting.badge_of(Kind.FOUND, item))
    return ItemPage(
        item,
        badge(item),
        due(item),
        keeping_of(item),
        _facts(item, names, inside),
        media.photos_of("found_item", [item.id]).get(item.id, []),
        story.timeline(item, detail, events, True, names),
        queries.claims_of_item(item.id),
        _allowed(actor, item),
        [(each.value, each.label) for each in choices(item) if each.takes_over],
        matches.for_desk(actor, item),
        custody_pages.legs_of(actor, item),
        custody_pages.contents(actor, inside),
        custody_queries.unsettled_of(item.id),
    )


_PARTS: Mapping[str, object] = {part.value: label for part, label in DAY_PART_LABELS.items()}


def _facts(
    item: FoundItem, names: Mapping[int, str], inside: Sequence[ItemContent]
) -> list[tuple[str, str, str]]:
    """What is known of the thing: label, value, small print; what nobody noted is left out."""
    part = _PARTS.get(item.day_part, "")
    facts = [
        (_("捡到"), f"{fmt_day(item.occurred_on)} {part}".strip(), item.place or labels().area[item.area]),
        (_("交来的人"), *_finder(item, names)),
        (_("联系方式"), item.contact, ""),
        (_("在哪里"), _whereabouts(item), ""),
        (_("里面有"), _("、").join(map(custody_pages.content_text, inside)), _("不公开") if inside else ""),
        (_("价值"), _("500 元以上，封存") if item.over_500 else "", ""),
        (_("说明"), item.description, ""),
        (_("核对特征"), item.private_marks, _("不公开，认领时核对")),
        (_("认领时问"), item.question or str(default_question(item.category)), ""),
    ]
    return [fact for fact in facts if fact[1]]


def _finder(item: FoundItem, names: Mapping[int, str]) -> tuple[str, str]:
    if item.reporter_id is not None:
        return names.get(item.reporter_id, ""), _("在网上登记，会收到通知")
    return (item.finder_name, "") if item.finder_name else (_("没有留名"), "")


def _whereabouts(item: FoundItem) -> str:
    if item.desk_code is None:
        return _("在拾到者手里")
    desk = story.desk_name(item.desk_code)
    if item.state is FoundState.IN_TRANSIT:
        return _("转往%(desk)s，还没有收到", desk=desk)
    return f"{desk} · {item.shelf}" if item.shelf else desk


def _allowed(actor: Actor, item: FoundItem) -> frozenset[str]:
    """The forms that the page offers: what this person may do, from where the item stands."""
    held = item.state is FoundState.HELD
    offers = {
        "change": policy.can_change(actor, item) and not item.open_claims,
        "hand_in": policy.can_hand_in(actor, item),
        "move": held and policy.can_move(actor, item),
        "receive": item.state is FoundState.IN_TRANSIT and policy.can_move(actor, item),
        "contents": policy.can_list_contents(actor, item),
        "hand_over": policy.can_hand_over(actor, item),
        "decide": actor.can(P.LOSTFOUND_CLAIM_DECIDE),
        "tell": held and item.custody is CustodyClass.CARD_FAST and not keeping_queries.has_card(item.id),
    }
    return frozenset(name for name, offered in offers.items() if offered)
