"""The return: code, identity, the recipient's confirmation, a security officer's confirmation; once per item."""

from __future__ import annotations

import hmac

from sqlalchemy import CursorResult, update

from campus_service.accounts import queries as accounts
from campus_service.core.actor import Actor
from campus_service.core.clock import now
from campus_service.core.db import db, on_violation
from campus_service.core.errors import Conflict, Forbidden, Invalid
from campus_service.core.i18n import lazy
from campus_service.core.permissions import Permission as P
from campus_service.lostfound import notices, policy, queries
from campus_service.lostfound.commands import Abort, CheckIdentity, ConfirmAtCounter, EnterCode
from campus_service.lostfound.models import Claim, FoundItem, Pickup, Return
from campus_service.lostfound.service import cards, contents, differences, leaving, record
from campus_service.lostfound.service.claiming import end, pickup_code
from campus_service.lostfound.service.matching import confirm_returned
from campus_service.lostfound.states import FOUND_ITEM, UNDECIDED, CardState, ClaimState, FoundState

_TWICE = lazy("这件东西已经交还过了，一件东西只能交还一次。")
for _column in ("item_id", "claim_id", "pickup_id"):
    on_violation(f"uq_returns_{_column}", f"returns.{_column}", error=lambda: Conflict(_TWICE))
on_violation(
    "uq_pickups_one_open",
    "pickups.claim_id",
    error=lambda: Conflict(lazy("这份认领正在另一个窗口交还。")),
)


def open_pickup(actor: Actor, command: EnterCode) -> Pickup:
    """Somebody shows a pick-up code at the desk; the code is used up. Needs lostfound:return:prepare.

    Raises Invalid for a code that is wrong, used or expired.
    """
    actor.require(P.LOSTFOUND_RETURN_PREPARE)
    claim = _claim_with_code(command.code)
    if claim is None:
        raise Invalid({"code": lazy("没有这个取件码：可能输错、用过或已过期。")})
    if claim.item.state is not FoundState.HELD:
        raise Conflict(
            lazy("%(no)s 现在不在招领点：%(state)s。", no=claim.item.no, state=claim.item.state.label)
        )
    contents.need_counted(claim.item)
    pickup = Pickup(claim_id=claim.id, opened_at=now(), opened_by=actor.person_id())
    claim.code_nonce = ""
    db.session.add(pickup)
    db.session.flush()
    record.note(actor, "pickup.opened", pickup, {}, {"claim": claim.id, "item": claim.item.no})
    return pickup


def _claim_with_code(code: str) -> Claim | None:
    for claim in queries.approved(Actor.system()):
        live = claim.code_expires_at is not None and claim.code_expires_at > now()
        if live and hmac.compare_digest(pickup_code(claim), code):
            return claim
    return None


def check_identity(actor: Actor, pickup_id: int, command: CheckIdentity) -> Pickup:
    """Note which document was looked at, and its last four characters. Needs lostfound:return:prepare."""
    pickup, claim = _open(actor, pickup_id)
    pickup.id_type, pickup.id_last4 = command.id_type, command.id_last4
    pickup.id_checked_at, pickup.id_checked_by = now(), actor.id
    record.note(actor, "pickup.identity_checked", pickup, {}, {"id_type": command.id_type})
    notices.ask_recipient(claim)
    return pickup


def confirm_receipt(actor: Actor, claim_id: int) -> Pickup:
    """The recipient confirms on his own phone that he has the thing before him."""
    claim = queries.claim(actor, claim_id)
    if claim.claimant_id != actor.person_id():
        raise Forbidden()
    pickup = queries.open_pickup(claim.id)
    if pickup is None or claim.state is not ClaimState.APPROVED:
        raise Conflict(lazy("现在没有等你确认的交还，请先在招领点报取件码。"))
    return _recipient_confirms(actor, pickup, "phone")


def confirm_at_counter(actor: Actor, pickup_id: int, command: ConfirmAtCounter) -> Pickup:
    """The recipient types his name on the desk's screen, in sight of the staff: his phone may be what was lost."""
    pickup, claim = _open(actor, pickup_id)
    if command.name != accounts.name_of(claim.claimant_id):
        raise Invalid({"name": lazy("和账号上的姓名不一致，请领取人自己输入。")})
    return _recipient_confirms(actor, pickup, "counter")


def _recipient_confirms(actor: Actor, pickup: Pickup, via: str) -> Pickup:
    if pickup.id_checked_at is None:
        raise Conflict(lazy("先由工作人员看过证件，再由领取人确认。"))
    if pickup.confirmed_at is None:
        pickup.confirmed_at, pickup.confirmed_via = now(), via
        record.note(actor, "pickup.recipient_confirmed", pickup, {}, {"via": via})
    return pickup


def confirm_return(actor: Actor, pickup_id: int) -> Return:
    """The security officer confirms: the item is returned, once. Needs lostfound:return:confirm.

    Raises Conflict when a step is missing or the item went back already (whoever was faster).
    """
    actor.require(P.LOSTFOUND_RETURN_CONFIRM)
    pickup, claim = _open(actor, pickup_id)
    if not policy.can_confirm_return(actor, claim):
        raise Forbidden(lazy("自己领取的东西，要由另一位老师确认。"))
    if pickup.id_checked_at is None or pickup.confirmed_at is None:
        raise Conflict(lazy("还差一步：先看证件，再由领取人确认，最后由你确认。"))
    contents.need_counted(claim.item)
    _take_off_the_shelf(claim.item)
    done = Return(
        item_id=claim.item_id,
        claim_id=claim.id,
        pickup_id=pickup.id,
        officer_id=actor.person_id(),
        returned_at=now(),
    )
    db.session.add(done)
    differences.found_again(actor, claim.item)
    record.step(claim.item, actor, "returned")
    end(actor, claim, ClaimState.RETURNED)
    _refuse_rivals(actor, claim)
    confirm_returned(claim.claimant_id, claim.item)
    leaving.drop(actor, claim.item)
    cards.close(claim.item, CardState.COLLECTED)
    record.note(
        actor, "found_item.returned", claim.item, {"state": FoundState.HELD}, {"state": FoundState.RETURNED}
    )
    notices.tell_both_of_return(claim)
    return done


def _take_off_the_shelf(item: FoundItem) -> None:
    """Held → returned by a guarded UPDATE: of several at the same moment, the database lets one through."""
    FOUND_ITEM.check(item.state, FoundState.RETURNED)
    result = db.session.execute(
        update(FoundItem)
        .where(FoundItem.id == item.id, FoundItem.state == FoundState.HELD)
        .values(state=FoundState.RETURNED, version=FoundItem.version + 1)
        .execution_options(synchronize_session=False)
    )
    if not isinstance(result, CursorResult) or result.rowcount != 1:
        raise Conflict(_TWICE)
    db.session.refresh(item)


def _refuse_rivals(actor: Actor, winner: Claim) -> None:
    for rival in queries.claims_of_item(winner.item_id):
        if rival.state in UNDECIDED:
            rival.item = winner.item
            end(actor, rival, ClaimState.REJECTED, str(lazy("已由失主核对领回。")))
            notices.tell_claimant_of_decision(rival)


def abort_pickup(actor: Actor, pickup_id: int, command: Abort) -> Pickup:
    """The person or the document does not match: nothing is handed out, the code stays used."""
    pickup, claim = _open(actor, pickup_id)
    pickup.aborted_at, pickup.abort_reason = now(), command.reason
    record.note(actor, "pickup.aborted", pickup, {}, {"reason": command.reason, "claim": claim.id})
    notices.tell_claimant_of_abort(claim)
    return pickup


def _open(actor: Actor, pickup_id: int) -> tuple[Pickup, Claim]:
    """A pick-up that is still going on, with its claim; raises Conflict when it is over."""
    pickup = queries.pickup(actor, pickup_id)
    claim = queries.claim(actor, pickup.claim_id)
    if claim.state is ClaimState.RETURNED:
        raise Conflict(_TWICE)
    if pickup.aborted_at is not None or claim.state is not ClaimState.APPROVED:
        raise Conflict(lazy("这次交还已经中止，请重新核对。"))
    return pickup, claim
