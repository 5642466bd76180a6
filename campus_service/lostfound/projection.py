"""What of a report reaches a reader: the one place where the custody class decides what is shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from campus_service.core.actor import Actor
from campus_service.core.i18n import _
from campus_service.core.page import fmt_day
from campus_service.lostfound import policy
from campus_service.lostfound.custody import RULES, Disclosure, disclosure_of_lost
from campus_service.lostfound.labels import labels
from campus_service.lostfound.models import FoundItem, LostReport
from campus_service.lostfound.states import FoundState, Kind, LostState

# state → tone and glyph of its badge (look/README.md: a state is a glyph and a word, then a colour).
_FOUND_LOOK = {
    FoundState.REPORTED: ("plain", "user"),
    FoundState.HELD: ("lake", "box"),
    FoundState.IN_TRANSIT: ("wait", "move"),
    FoundState.RETURNED: ("moss", "check"),
    FoundState.DISPOSED: ("plain", "check"),
    FoundState.HANDED_OVER: ("plain", "check"),
}
_LOST_LOOK = {
    LostState.OPEN: ("lake", "search"),
    LostState.RECOVERED: ("moss", "check"),
    LostState.WITHDRAWN: ("plain", "x"),
    LostState.LAPSED: ("plain", "clock"),
}


@dataclass(frozen=True, slots=True)
class Badge:
    """A state's word, tone and glyph."""

    label: str
    tone: str
    glyph: str


@dataclass(frozen=True, slots=True)
class Card:
    """One report in a list; only what may be public."""

    no: str
    url: str
    kind: str
    kind_label: str
    title: str
    place: str
    day: date
    day_text: str
    category: str
    category_label: str
    state_label: str
    state_tone: str
    state_glyph: str
    photo_url: str
    photo_w: int = 320
    photo_h: int = 240


def badge_of_found(state: FoundState, open_claims: int, teaser: bool) -> Badge:
    """The badge of a found item: being checked comes before held; a teaser says why there is so little."""
    if state in (FoundState.HELD, FoundState.REPORTED) and open_claims:
        return Badge(_("正在核对"), "wait", "half")
    if state is FoundState.HELD and teaser:
        return Badge(_("细节不公开"), "plain", "lock")
    return Badge(labels().found[state], *_FOUND_LOOK[state])


def badge_of_lost(state: LostState) -> Badge:
    """The badge of a lost report."""
    return Badge(labels().lost[state], *_LOST_LOOK[state])


def teaser_title(category: str) -> str:
    """All that a title says where details stay closed: 手机一件."""
    return _("%(category)s一件", category=labels().category[category])


@dataclass(frozen=True, slots=True)
class Detail:
    """One report on its page or in the API, as far as this reader may see it; "" where he may not."""

    card: Card
    badge: Badge
    disclosure: Disclosure
    open: bool  # whether the reader sees more than the public does
    description: str
    private_marks: str
    contact: str
    occurred_on: date
    day_part: str
    listed_at: datetime


def public_text(report: FoundItem | LostReport) -> tuple[str, str, str]:
    """Title, description and place as everybody may read and search them."""
    match policy.disclosure(report):
        case Disclosure.FULL:
            return report.title, report.description, report.place
        case _:
            return teaser_title(report.category), "", labels().area[report.area]


def detail(actor: Actor, report: FoundItem | LostReport, card: Card, badge: Badge) -> Detail:
    """``report`` for ``actor``."""
    everything = policy.sees_everything(actor, report)
    _title, description, _place = public_text(report)
    return Detail(
        card=card,
        badge=badge,
        disclosure=policy.disclosure(report),
        open=everything,
        description=report.description if everything else description,
        private_marks=report.private_marks if everything else "",
        contact=report.contact if everything else "",
        occurred_on=report.occurred_on,
        day_part=report.day_part,
        listed_at=report.listed_at,
    )


def kind_of(report: FoundItem | LostReport) -> Kind:
    """Which side ``report`` is on."""
    return Kind.FOUND if isinstance(report, FoundItem) else Kind.LOST


def card_of_row(kind: Kind, row: Any) -> Card:
    """The card of a listed row (the columns of queries.listing)."""
    found = kind is Kind.FOUND
    shown = RULES[row.custody].disclosure if found else disclosure_of_lost(row.category)
    full = shown is Disclosure.FULL
    badge = badge_of_found(row.state, row.open_claims, not full) if found else badge_of_lost(row.state)
    names = labels()
    return Card(
        no=row.no,
        url=f"/lost-found/{row.no}",
        kind=kind.value,
        kind_label=names.kind[kind],
        title=row.title if full else teaser_title(row.category),
        place=row.place if full and row.place else names.area[row.area],
        day=row.occurred_on,
        day_text=fmt_day(row.occurred_on, weekday=False),
        category=row.category.value,
        category_label=names.category[row.category],
        state_label=badge.label,
        state_tone=badge.tone,
        state_glyph=badge.glyph,
        photo_url=f"/photos/{row.cover}/320.jpg" if row.cover and full else "",
    )
