"""Who may do what to which thing: pure predicates, asked by services and by templates."""

from __future__ import annotations

from campus_service.core.actor import Actor
from campus_service.core.permissions import Permission as P
from campus_service.lostfound.custody import RULES, Disclosure, disclosure_of_lost
from campus_service.lostfound.models import Claim, ContactThread, FoundItem, LostReport, MatchPair
from campus_service.lostfound.states import ALIVE, PRESENT, UNDECIDED, ClaimState, FoundState, LostState


def owns(actor: Actor, report: FoundItem | LostReport) -> bool:
    """Whether ``actor`` posted ``report``."""
    return actor.signed_in and report.reporter_id == actor.id


def disclosure(report: FoundItem | LostReport) -> Disclosure:
    """What the public may see of ``report`` (domain.md §1, PIPL 6)."""
    if isinstance(report, FoundItem):
        return RULES[report.custody].disclosure
    return disclosure_of_lost(report.category)


def sees_everything(actor: Actor, report: FoundItem | LostReport) -> bool:
    """Staff see all; a student sees all of what he wrote himself."""
    return actor.can(P.LOSTFOUND_PRIVATE_READ) or owns(actor, report)


def can_see(actor: Actor, report: FoundItem | LostReport) -> bool:
    """Whether the report exists for ``actor`` at all."""
    return report.listed or sees_everything(actor, report) or _stays_findable(report)


def _stays_findable(report: FoundItem | LostReport) -> bool:
    # A link that was shared still says "returned" after the item left the list.
    over = (FoundState.RETURNED, LostState.RECOVERED, FoundState.HANDED_OVER, FoundState.DISPOSED)
    return report.state in over and disclosure(report) is not Disclosure.NOTHING


def can_close_lost(actor: Actor, report: LostReport) -> bool:
    """The loser says "I got it back", withdraws or renews."""
    return owns(actor, report) and report.state in (LostState.OPEN, LostState.LAPSED)


def can_change(actor: Actor, report: FoundItem | LostReport) -> bool:
    """Its writer while he misses the thing or has it still; a desk what was brought or reported to it."""
    if isinstance(report, LostReport):
        return can_close_lost(actor, report)
    if report.state is FoundState.REPORTED and owns(actor, report):
        return True
    return actor.can(P.LOSTFOUND_ITEM_INTAKE) and report.state in (FoundState.REPORTED, FoundState.HELD)


def can_hand_in(actor: Actor, item: FoundItem) -> bool:
    """A desk takes over what a student reported."""
    return actor.can(P.LOSTFOUND_ITEM_INTAKE) and item.state is FoundState.REPORTED


def can_move(actor: Actor, item: FoundItem) -> bool:
    """A desk sends a held item, or receives one in transit."""
    return actor.can(P.LOSTFOUND_ITEM_MOVE) and item.state in (FoundState.HELD, FoundState.IN_TRANSIT)


def can_list_contents(actor: Actor, item: FoundItem) -> bool:
    """A desk writes down what a thing holds, while it has it."""
    return actor.can(P.LOSTFOUND_ITEM_INTAKE) and item.state is FoundState.HELD


def can_hand_over(actor: Actor, item: FoundItem) -> bool:
    """Security gives an item to police, card centre or issuer."""
    return actor.can(P.LOSTFOUND_ITEM_HANDOVER) and item.state in (FoundState.HELD, FoundState.REPORTED)


def can_claim(actor: Actor, item: FoundItem) -> bool:
    """A signed-in person other than the finder, while the item is here and he can know of it."""
    return (
        actor.can(P.LOSTFOUND_CLAIM_MAKE) and not owns(actor, item) and item.state in PRESENT and item.listed
    )


def contactable(report: FoundItem | LostReport) -> bool:
    """Whether its poster has something to be asked: he misses the thing still, or has it still."""
    has_it = report.state in (LostState.OPEN, FoundState.REPORTED)
    return report.listed and has_it and report.reporter_id is not None


def can_contact(actor: Actor, report: FoundItem | LostReport) -> bool:
    """Somebody else may write to the poster through the site."""
    return actor.can(P.LOSTFOUND_REPORT_POST) and contactable(report) and not owns(actor, report)


def takes_part(actor: Actor, thread: ContactThread) -> bool:
    """Whether he is one of the two who write to each other."""
    return actor.signed_in and actor.id in (thread.asker_id, thread.poster_id)


def can_read(actor: Actor, thread: ContactThread) -> bool:
    """The two, and security once one of them asked for it."""
    reported = thread.reported_at is not None and actor.can(P.LOSTFOUND_CLAIM_DECIDE)
    return takes_part(actor, thread) or reported


def can_see_claim(actor: Actor, claim: Claim) -> bool:
    """The claimant, and those who decide or hand out."""
    return (claim.claimant_id == actor.id and actor.signed_in) or actor.can(P.LOSTFOUND_PRIVATE_READ)


def can_decide(actor: Actor, claim: Claim) -> bool:
    """Security, never on a claim of one's own, and an appeal goes to another officer."""
    if not actor.can(P.LOSTFOUND_CLAIM_DECIDE) or claim.claimant_id == actor.id:
        return False
    if claim.state is ClaimState.APPEALED:
        return claim.decided_by != actor.id
    return claim.state in UNDECIDED


def can_appeal(actor: Actor, claim: Claim) -> bool:
    """The claimant, once."""
    mine = actor.signed_in and claim.claimant_id == actor.id
    return mine and claim.state is ClaimState.REJECTED and claim.appealed_at is None


def can_withdraw(actor: Actor, claim: Claim) -> bool:
    """The claimant, while the claim lives."""
    return actor.signed_in and claim.claimant_id == actor.id and claim.state in ALIVE


def can_confirm_return(actor: Actor, claim: Claim) -> bool:
    """A security officer, never for a claim of his own."""
    return actor.can(P.LOSTFOUND_RETURN_CONFIRM) and claim.claimant_id != actor.id


def was_told(actor: Actor, pair: MatchPair) -> bool:
    """The loser, of a likely match that he was told of."""
    return pair.told_at is not None and owns(actor, pair.lost)


def may_be_told(pair: MatchPair) -> bool:
    """Whether a loser may hear of the item: never of what is not listed, nor of what he handed in himself (PIPL 6)."""
    writer = pair.lost.reporter_id
    return writer is not None and writer != pair.found.reporter_id and pair.found.listed
