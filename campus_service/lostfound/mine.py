"""A person's own reports and claims as rows: where each stands and what he can do about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from campus_service.core.actor import Actor
from campus_service.core.clock import to_local
from campus_service.core.i18n import _
from campus_service.core.page import fmt_day, fmt_when
from campus_service.lostfound import policy, presenting, queries, service, thanks_queries
from campus_service.lostfound.models import Claim, FoundItem, LostReport
from campus_service.lostfound.projection import Badge, Card, kind_of
from campus_service.lostfound.states import ClaimState, FoundState, Kind, LostState

# Where a find is when its finder may be asked whether he wants to be thanked.
AT_A_DESK = (FoundState.HELD, FoundState.IN_TRANSIT, FoundState.RETURNED)


@dataclass(frozen=True, slots=True)
class Row:
    """One thing of one's own."""

    card: Card
    url: str
    badge: Badge
    next: str
    urgent: bool = False
    # Of a find that reached a desk: the name on the list of thanks, "" without one.
    thanked_as: str | None = None


def claims(actor: Actor) -> list[Row]:
    """His claims, those that wait for him first."""
    rows = [_claim(claim) for claim in queries.my_claims(actor)]
    return sorted(rows, key=lambda row: not row.urgent)


def _claim(claim: Claim) -> Row:
    return Row(
        presenting.card(Kind.FOUND, claim.item),
        f"/lost-found/claims/{claim.id}",
        presenting.badge_of_claim(claim.state),
        _next_of_claim(claim),
        claim.state is ClaimState.APPROVED,
    )


def _next_of_claim(claim: Claim) -> str:
    match claim.state:
        case ClaimState.SUBMITTED | ClaimState.APPEALED:
            due = service.decision_due(claim.appealed_at or claim.submitted_at)
            return _("最晚 %(when)s 前答复你", when=fmt_when(due))
        case ClaimState.APPROVED if claim.code_expires_at:
            return _("%(when)s 前凭取件码来领", when=fmt_when(claim.code_expires_at))
        case ClaimState.REJECTED if claim.appealed_at is None:
            return _("理由在里面，可以申诉一次")
        case ClaimState.EXPIRED:
            return _("东西还在招领点，可以再认领")
        case _:
            return ""


def reports(actor: Actor) -> list[Row]:
    """What he posted, what still asks something of him first."""
    reports = queries.my_reports(actor)
    finds = [find.id for find in reports if isinstance(find, FoundItem) and find.state in AT_A_DESK]
    named = dict.fromkeys(finds, "") | thanks_queries.names_shown(finds)
    rows = [_report(actor, report, named) for report in reports]
    return sorted(rows, key=lambda row: not row.urgent)


def _report(actor: Actor, report: FoundItem | LostReport, named: Mapping[int, str]) -> Row:
    card = presenting.full_card(report)
    badge = presenting.badge_of(kind_of(report), report)
    if isinstance(report, LostReport):
        asked = policy.can_close_lost(actor, report) and report.reminded_at is not None
        return Row(card, card.url, badge, _next_of_lost(report), asked)
    return Row(
        card,
        card.url,
        badge,
        _next_of_found(report),
        report.state is FoundState.REPORTED,
        named.get(report.id),
    )


def _next_of_lost(report: LostReport) -> str:
    match report.state:
        case LostState.OPEN if report.reminded_at:
            return _("还在找吗？点进去说一声，不说就先收起")
        case LostState.OPEN:
            return _("找到了就点一下“找到了”")
        case LostState.LAPSED:
            return _("还在找的话，可以重新打开")
        case _:
            return ""


def _next_of_found(item: FoundItem) -> str:
    if item.state is FoundState.REPORTED and item.hand_in_by:
        return _("%(day)s 前交到招领点", day=fmt_day(item.hand_in_by))
    return _("失主领回时告诉你") if item.state is FoundState.HELD else ""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One's own claim, on the page of the thing."""

    url: str
    day: str
    badge: Badge
    next: str


def on_item(own: Sequence[Claim]) -> list[Attempt]:
    """One's own claims on a single thing, newest first."""
    return [
        Attempt(
            f"/lost-found/claims/{claim.id}",
            fmt_day(to_local(claim.submitted_at).date()),
            presenting.badge_of_claim(claim.state),
            _next_of_claim(claim),
        )
        for claim in own
    ]
