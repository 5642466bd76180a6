"""Likely pairs as their readers see them: the loser beside his report, the desk beside an item, with the reasons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from campus_service.core.actor import Actor
from campus_service.core.i18n import _
from campus_service.core.settings import settings
from campus_service.lostfound import matching_queries, policy, presenting
from campus_service.lostfound.custody import Disclosure
from campus_service.lostfound.matching import explaining
from campus_service.lostfound.matching.explaining import Line
from campus_service.lostfound.models import FoundItem, LostReport, MatchPair
from campus_service.lostfound.projection import Card
from campus_service.lostfound.states import Kind, PairState


@dataclass(frozen=True, slots=True)
class Likely:
    """One counterpart and why it may be the one."""

    pair_id: int
    card: Card
    lines: Sequence[Line]
    confirmed: bool
    badge: tuple[str, str, str]


def for_loser(actor: Actor, report: LostReport) -> list[Likely]:
    """What the loser was told of; of an item whose details stay closed only class, day and area."""
    rows = []
    for pair in matching_queries.likely_found(actor, report):
        closed = policy.disclosure(pair.found) is not Disclosure.FULL
        rows.append(_likely(pair, presenting.card(Kind.FOUND, pair.found), closed=closed))
    return rows


def for_desk(actor: Actor, item: FoundItem) -> list[Likely]:
    """Open lost reports that may be this item, for staff: whole."""
    pairs = matching_queries.likely_lost(actor, item.id)
    return [_likely(pair, presenting.full_card(pair.lost), closed=False) for pair in pairs]


def _likely(pair: MatchPair, card: Card, *, closed: bool) -> Likely:
    confirmed = pair.state is PairState.CONFIRMED
    return Likely(
        pair.id, card, explaining.lines(pair.reasons, closed=closed), confirmed, _badge(pair, confirmed)
    )


def _badge(pair: MatchPair, confirmed: bool) -> tuple[str, str, str]:
    """Word, tone and glyph: no percentage, which would promise more than words can know."""
    if confirmed:
        return _("确认是它"), "moss", "check"
    if pair.score >= settings().match_alert:
        return _("很像"), "lake", "half"
    return _("有点像"), "plain", "ring"
