"""What happens by itself every day: reminders, lapsing, expiring codes, purging evidence."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from campus_service.core.actor import Actor
from campus_service.core.clock import BEIJING, now, today
from campus_service.lostfound import notices, upkeep_queries
from campus_service.lostfound.custody import CustodyClass
from campus_service.lostfound.models import Claim
from campus_service.lostfound.service import cards, contacting, record
from campus_service.lostfound.service.claiming import end, issue_code
from campus_service.lostfound.service.reporting import LAPSE_DAYS, change_state
from campus_service.lostfound.states import ClaimState, LostState
from campus_service.media import service as media

# domain.md §1 [p]: evidence is kept this long after a claim ended.
EVIDENCE_DAYS = 90


def daily() -> dict[str, int]:
    """Do all that is due today; returns how many of each. Running it twice changes nothing more."""
    return {
        "reminded": _remind_losers(),
        "lapsed": _lapse(),
        "hand_in": _remind_finders(),
        "expired": _expire_codes(),
        "purged": _purge_evidence(),
        "cards": cards.sweep(),
        "letters_closed": contacting.close_what_is_over(),
        "letters_forgotten": contacting.forget(_first_kept()),
    }


def _remind_losers() -> int:
    due = upkeep_queries.to_remind(today())
    for report in due:
        report.reminded_at = now()
        notices.ask_still_missing(report)
    return len(due)


def _lapse() -> int:
    due = upkeep_queries.to_lapse(now() - timedelta(days=LAPSE_DAYS))
    for report in due:
        change_state(Actor.system(), report, LostState.LAPSED)
    return len(due)


def _remind_finders() -> int:
    due = upkeep_queries.to_hand_in(today())
    for item in due:
        item.hand_in_reminded_at = now()
        notices.ask_to_hand_in(item)
    return len(due)


def _expire_codes() -> int:
    due = upkeep_queries.overdue_codes(now())
    for claim in due:
        if claim.item.custody is CustodyClass.CARD_FAST and claim.code_nonce:
            # The owner of a card was told, he need not claim: his code lasts as long as the card lies at the desk.
            issue_code(claim)
            continue
        end(Actor.system(), claim, ClaimState.EXPIRED)
        notices.tell_claimant_of_decision(claim)
    return len(due)


def _purge_evidence() -> int:
    due = upkeep_queries.claims_to_purge(_first_kept())
    for claim in due:
        purge(Actor.system(), claim)
    return len(due)


def _first_kept() -> datetime:
    """Whole days: what ended at any hour of a day is gone EVIDENCE_DAYS later, in the morning."""
    return datetime.combine(today() - timedelta(days=EVIDENCE_DAYS - 1), time(), BEIJING)


def purge(actor: Actor, claim: Claim) -> None:
    """Forget what the claimant said and showed, and the characters of his document (PIPL 47)."""
    claim.answer = claim.when_where = claim.appeal = ""
    for pickup in upkeep_queries.pickups_of(claim.id):
        pickup.id_last4 = ""
    media.delete_for("claim", claim.id)
    record.note(actor, "claim.evidence_purged", claim, {}, {})
