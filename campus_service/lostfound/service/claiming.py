"""Claims: made within limits, decided by security with rivals side by side, appealed once, collected with a code."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import date, datetime, time, timedelta

from campus_service.core.actor import Actor
from campus_service.core.clock import BEIJING, now, to_local
from campus_service.core.db import db, on_violation
from campus_service.core.errors import Conflict, Forbidden, Invalid, TooMany
from campus_service.core.i18n import lazy
from campus_service.core.once import once
from campus_service.core.permissions import Permission as P
from campus_service.core.settings import settings
from campus_service.core.workdays import add_working_days, is_working_day
from campus_service.lostfound import notices, policy, queries
from campus_service.lostfound.categories import default_question
from campus_service.lostfound.commands import Appeal, ChooseSlot, Decide, MakeClaim
from campus_service.lostfound.models import Claim, FoundItem
from campus_service.lostfound.service import record
from campus_service.lostfound.states import CLAIM, UNDECIDED, ClaimState, FoundState
from campus_service.media import service as media

# domain.md §1 [p]: three attempts per item and person, ten claims a month.
PER_ITEM = 3
PER_MONTH = 10
# Working days: to decide a claim, and to collect after approval [p].
DECIDE_DAYS = 3
COLLECT_DAYS = 5
CLOSING = time(17, 30)

on_violation(
    "uq_claims_one_approved",
    "UNIQUE constraint failed: claims.item_id",
    error=lambda: Conflict(lazy("这件东西已经有一份认领通过了，同一时间只能通过一份。")),
)
on_violation(
    "uq_claims_one_alive",
    "claims.item_id, claims.claimant_id",
    error=lambda: Conflict(lazy("你对这件东西的认领还在处理中，不用重复提交。")),
)


def closing(day: date) -> datetime:
    """The desks' closing time on ``day``."""
    return datetime.combine(day, CLOSING, BEIJING)


def decision_due(submitted_at: datetime) -> datetime:
    """By when a claim is answered: 17:30 of the third working day."""
    return closing(add_working_days(to_local(submitted_at).date(), DECIDE_DAYS))


def make_claim(actor: Actor, no: str, command: MakeClaim) -> int:
    """Claim a found item; returns the claim's id.

    Raises Forbidden for the finder himself, Conflict when a claim of his is waiting or the thing is gone,
    TooMany past 3 attempts on this item or 10 claims in 30 days.
    """
    actor.require(P.LOSTFOUND_CLAIM_MAKE)
    item = queries.found_item(actor, no)
    if policy.owns(actor, item):
        raise Forbidden(lazy("这是你自己登记的东西，不能由自己认领。"))
    if not policy.can_claim(actor, item):
        raise Conflict(lazy("%(no)s 现在不能认领：%(state)s。", no=item.no, state=item.state.label))
    return int(
        once(actor, f"claim.{item.id}", command.request_key, lambda: str(_make(actor, item, command).id))
    )


def _make(actor: Actor, item: FoundItem, command: MakeClaim) -> Claim:
    me = actor.person_id()
    _check_limits(me, item)
    claim = Claim(
        item_id=item.id,
        claimant_id=me,
        state=ClaimState.SUBMITTED,
        question=question_of(item),
        answer=command.answer,
        when_where=command.when_where,
        submitted_at=now(),
    )
    db.session.add(claim)
    db.session.flush()
    if command.photos:
        media.attach(actor, command.photos, "claim", claim.id, private=True)
    _count_open(item)
    record.note(actor, "claim.submitted", claim, {}, {"item": item.no, "state": claim.state})
    notices.tell_security_of_claim(item)
    return claim


def question_of(item: FoundItem) -> str:
    """What a claimant is asked about this item: the desk's own question, else the category's."""
    return item.question or str(default_question(item.category))


def _check_limits(person_id: int, item: FoundItem) -> None:
    if queries.attempts(person_id, item.id) >= PER_ITEM:
        raise TooMany(lazy("同一件东西最多认领 %(n)s 次。确实是你的，请带证件到保卫处说明。", n=PER_ITEM))
    if queries.claims_since(person_id, now() - timedelta(days=30)) >= PER_MONTH:
        raise TooMany(lazy("30 天内最多认领 %(n)s 次，请过几天再试，或到保卫处说明。", n=PER_MONTH))


def _count_open(item: FoundItem) -> None:
    """Keep the item's number of undecided claims, which the list and the index show."""
    db.session.flush()
    item.open_claims = sum(claim.state in UNDECIDED for claim in queries.claims_of_item(item.id))
    record.publish(item)


def decide(actor: Actor, claim_id: int, command: Decide) -> Claim:
    """Approve or refuse a claim. Needs lostfound:claim:decide.

    Raises Forbidden for a claim of one's own or an appeal against one's own decision, Conflict when the
    claim was decided, the item is not at a desk, or another claim on it is approved.
    """
    actor.require(P.LOSTFOUND_CLAIM_DECIDE)
    claim = queries.claim(actor, claim_id)
    new = ClaimState.APPROVED if command.approve else ClaimState.REJECTED
    CLAIM.check(claim.state, new)
    if not policy.can_decide(actor, claim):
        raise Forbidden(lazy("自己的认领、对自己决定的申诉，要由另一位老师处理。"))
    if command.approve:
        _check_approvable(claim)
    before = claim.state
    claim.state, claim.reason = new, command.reason
    claim.decided_at, claim.decided_by = now(), actor.id
    claim.ended_at = None if command.approve else claim.decided_at
    if command.approve:
        issue_code(claim)
        record.step(claim.item, actor, "approved")
    _count_open(claim.item)
    record.note(actor, f"claim.{new}", claim, {"state": before}, {"state": new, "reason": command.reason})
    notices.tell_claimant_of_decision(claim)
    return claim


def _check_approvable(claim: Claim) -> None:
    if claim.item.state is not FoundState.HELD:
        raise Conflict(lazy("%(no)s 还不在招领点，先请拾到者交来再通过。", no=claim.item.no))
    taken = (ClaimState.APPROVED, ClaimState.RETURNED)
    if any(rival.state in taken for rival in queries.claims_of_item(claim.item_id)):
        raise Conflict(lazy("这件东西已经有一份认领通过了，同一时间只能通过一份。"))


def appeal(actor: Actor, claim_id: int, command: Appeal) -> Claim:
    """The claimant's one appeal against a refusal; another officer decides it."""
    claim = queries.claim(actor, claim_id)
    if not policy.can_appeal(actor, claim):
        raise Conflict(lazy("每份认领可以申诉一次，而且只在没有通过之后。"))
    CLAIM.check(claim.state, ClaimState.APPEALED)
    claim.state, claim.appeal, claim.appealed_at = ClaimState.APPEALED, command.text, now()
    claim.ended_at = None
    _count_open(claim.item)
    record.note(actor, "claim.appealed", claim, {"state": ClaimState.REJECTED}, {"state": claim.state})
    notices.tell_security_of_claim(claim.item)
    return claim


def withdraw_claim(actor: Actor, claim_id: int) -> Claim:
    """The claimant takes the claim back."""
    claim = queries.claim(actor, claim_id)
    if not policy.can_withdraw(actor, claim):
        raise Conflict(lazy("这份认领已经结束了，不用撤回。"))
    end(actor, claim, ClaimState.WITHDRAWN)
    return claim


def end(actor: Actor, claim: Claim, state: ClaimState, reason: str = "") -> None:
    """Move a claim to one of its last states and make its code void."""
    CLAIM.check(claim.state, state)
    before = claim.state
    claim.state, claim.code_nonce = state, ""
    claim.reason = reason or claim.reason
    claim.ended_at = now()
    claim.decided_at = claim.decided_at or claim.ended_at
    _count_open(claim.item)
    record.note(actor, f"claim.{state}", claim, {"state": before}, {"state": state})


# --- the pick-up code -------------------------------------------------------------------------------------------


def issue_code(claim: Claim) -> None:
    """Give the claim a code that no other waiting claim has, valid until closing of the fifth working day."""
    others = {pickup_code(other) for other in queries.approved(Actor.system()) if other.id != claim.id}
    claim.code_nonce = secrets.token_hex(8)
    while pickup_code(claim) in others:
        claim.code_nonce = secrets.token_hex(8)
    claim.code_expires_at = closing(add_working_days(to_local(now()).date(), COLLECT_DAYS))


def pickup_code(claim: Claim) -> str:
    """The claim's six digits, or "" when it has none (any more)."""
    if not claim.code_nonce:
        return ""
    key = settings().secret_key.get_secret_value().encode()
    digest = hmac.new(key, f"pickup:{claim.id}:{claim.code_nonce}".encode(), hashlib.sha256).digest()
    return f"{int.from_bytes(digest[:8]) % 1_000_000:06d}"


def reissue_code(actor: Actor, claim_id: int) -> Claim:
    """A new code and a new period, after an aborted pick-up. Needs lostfound:claim:decide."""
    actor.require(P.LOSTFOUND_CLAIM_DECIDE)
    claim = queries.claim(actor, claim_id)
    if claim.state is not ClaimState.APPROVED or queries.open_pickup(claim.id):
        raise Conflict(lazy("只有已通过、没有正在交还的认领可以换新的取件码。"))
    issue_code(claim)
    record.note(actor, "claim.code_reissued", claim, {}, {"expires": claim.code_expires_at})
    notices.tell_claimant_of_decision(claim)
    return claim


def slots(moment: datetime, until: datetime | None) -> list[datetime]:
    """Half-hour slots a claimant may choose from: working hours from the next full half hour to ``until``."""
    found: list[datetime] = []
    day = to_local(moment).date()
    last = to_local(until).date() if until else add_working_days(day, COLLECT_DAYS)
    while day <= last:
        if is_working_day(day):
            found += [slot for slot in _half_hours(day) if slot > moment]
        day += timedelta(days=1)
    return found


def _half_hours(day: date) -> list[datetime]:
    starts = [time(h, m) for h in (8, 9, 10, 11, 14, 15, 16) for m in (0, 30)] + [time(17, 0)]
    return [datetime.combine(day, start, BEIJING) for start in starts]


def choose_slot(actor: Actor, claim_id: int, command: ChooseSlot) -> Claim:
    """The claimant says when he comes. Raises Invalid for a time outside the offered ones."""
    claim = queries.claim(actor, claim_id)
    if claim.claimant_id != actor.id or claim.state is not ClaimState.APPROVED:
        raise Conflict(lazy("现在没有可以预约的领取。"))
    if command.slot_at not in slots(now(), claim.code_expires_at):
        raise Invalid({"slot_at": lazy("请从列出的时段里选一个。")})
    before, claim.slot_at = claim.slot_at, command.slot_at
    record.note(actor, "claim.slot", claim, {"slot_at": before}, {"slot_at": claim.slot_at})
    return claim
