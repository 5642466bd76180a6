"""Things whose owner did not come: proposed by one person, signed by another, once; or handed over to who receives them.

Whatever else happens to the thing at the same moment, a guarded UPDATE on its version lets one step through.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import CursorResult, update

from campus_service.core.actor import Actor
from campus_service.core.clock import now, today
from campus_service.core.db import db, on_violation
from campus_service.core.errors import Conflict, Forbidden, Invalid, NotFound
from campus_service.core.i18n import force_locale, lazy
from campus_service.core.permissions import Permission as P
from campus_service.lostfound import custody_queries, keeping_queries, notices, policy, queries
from campus_service.lostfound.categories import Category
from campus_service.lostfound.custody import (
    RULES,
    Content,
    CustodyClass,
    Destination,
    Disclosure,
    destinations,
    waits_until_due,
)
from campus_service.lostfound.keeping_commands import HandOver, HandOverMany, Propose, Sign
from campus_service.lostfound.models import Disposal, FoundItem, Protocol
from campus_service.lostfound.service import cards, contents, differences, record
from campus_service.lostfound.service.claiming import end
from campus_service.lostfound.states import FOUND_ITEM, CardState, ClaimState, FoundState

_SELF = lazy("提出的人不能自己签字，请另一位老师签。")
on_violation(
    "uq_disposals_one_alive",
    "UNIQUE constraint failed: disposals.item_id",
    error=lambda: Conflict(lazy("这件东西已经有人提出处理了，等第二个人签字。")),
)
on_violation("ck_disposals_two_persons", error=lambda: Forbidden(_SELF))


def propose(actor: Actor, command: Propose) -> list[int]:
    """Propose that things leave; returns the ids of the disposals. Needs lostfound:item:intake.

    Raises Invalid for a destination that is not one of the class, Conflict for a thing that may not leave (yet).
    """
    actor.require(P.LOSTFOUND_ITEM_INTAKE)
    return [_propose(actor, queries.found_item(actor, no), command).id for no in dict.fromkeys(command.items)]


def _propose(actor: Actor, item: FoundItem, command: Propose) -> Disposal:
    check(item, command.destination)
    disposal = _disposal(actor, item, command.destination, command.reason)
    db.session.flush()
    after = {"item": item.no, "destination": command.destination, "reason": command.reason}
    record.note(actor, "disposal.proposed", disposal, {}, after)
    return disposal


def _disposal(actor: Actor, item: FoundItem, to: Destination, reason: str) -> Disposal:
    disposal = Disposal(
        item_id=item.id, destination=to, reason=reason, proposed_by=actor.person_id(), proposed_at=now()
    )
    disposal.item = item
    db.session.add(disposal)
    return disposal


def withdraw_disposal(actor: Actor, disposal_id: int) -> None:
    """Take a proposal back, one's own or a colleague's. Needs lostfound:item:intake; raises Conflict when it is over."""
    actor.require(P.LOSTFOUND_ITEM_INTAKE)
    (disposal,) = _open([disposal_id])
    _close(actor, disposal)


def drop(actor: Actor, item: FoundItem) -> None:
    """The thing went back to its owner: what was proposed for it is over."""
    disposal = keeping_queries.disposal_of(item.id)
    if disposal is not None:
        _close(actor, disposal)


def _close(actor: Actor, disposal: Disposal) -> None:
    disposal.withdrawn_at = now()
    record.note(actor, "disposal.withdrawn", disposal, {}, {"destination": disposal.destination})


def sign(actor: Actor, command: Sign) -> Protocol:
    """The second signature: what others proposed for one destination leaves, by one protocol. Once.

    Needs lostfound:item:dispose. Raises Forbidden for one's own proposal, Conflict when a thing may not leave any
    more, Invalid for several destinations or without the receiver where somebody there receives it.
    """
    actor.require(P.LOSTFOUND_ITEM_DISPOSE)
    rows = _open(command.disposals)
    if any(row.proposed_by == actor.id for row in rows):
        raise Forbidden(_SELF)
    if len({row.destination for row in rows}) > 1:
        raise Invalid({"disposals": lazy("一次只签同一个去向的，去向不同的请分开签。")})
    to = rows[0].destination
    if to.takes_over and not command.receiver:
        raise Invalid({"receiver": lazy("写明“%(where)s”由谁接收，比如派出所名、经办人。", where=to.label)})
    for row in rows:
        check(row.item, to)
        row.signed_by, row.signed_at = actor.person_id(), now()
    return _leave_together(actor, rows, to, command.receiver, command.receipt)


def _open(ids: Sequence[int]) -> Sequence[Disposal]:
    """Disposals that wait for a signature; raises NotFound, or Conflict for one that is over."""
    rows = keeping_queries.disposals(ids)
    if len(rows) != len(set(ids)):
        raise NotFound()
    for row in rows:
        if row.protocol_id is not None or row.withdrawn_at is not None:
            raise Conflict(lazy("%(no)s 的处理已经签过字或撤回了。", no=row.item.no))
    return rows


def hand_over(actor: Actor, no: str, command: HandOver) -> FoundItem:
    """Give one thing to police, card centre, issuer or clinic. As ``hand_over_many``."""
    many = HandOverMany(items=[no], **command.model_dump())
    hand_over_many(actor, many)
    return queries.found_item(Actor.system(), no)


def hand_over_many(actor: Actor, command: HandOverMany) -> Protocol:
    """Give things to somebody who receives them and signs the protocol. Needs lostfound:item:hand_over.

    Raises Conflict for cash, which takes two of us, and for a thing that may not leave (yet).
    """
    actor.require(P.LOSTFOUND_ITEM_HANDOVER)
    rows = []
    for no in dict.fromkeys(command.items):
        item = queries.found_item(actor, no)
        if holds_cash(item):
            raise Conflict(
                lazy("%(no)s 里有现金，移交要两个人签字：先提出，再由另一位老师签字。", no=item.no)
            )
        check(item, command.destination)
        with force_locale("zh_CN"):
            reason = str(RULES[item.custody].then)
        rows.append(_disposal(actor, item, command.destination, reason))
    db.session.flush()
    return _leave_together(actor, rows, command.destination, command.to, command.receipt)


def holds_cash(item: FoundItem) -> bool:
    """Whether money leaves with the thing; a wallet whose contents nobody noted counts as holding some."""
    kinds = {line.kind for line in custody_queries.contents_of(item.id)}
    return Content.CASH in kinds or (item.category is Category.WALLET_CASH and not kinds)


def _leave_together(
    actor: Actor, rows: Sequence[Disposal], to: Destination, receiver: str, receipt: str
) -> Protocol:
    (number,) = record.new_number("Y")
    protocol = Protocol(
        no=number,
        destination=to,
        receiver=receiver,
        receipt=receipt,
        made_at=now(),
        made_by=actor.person_id(),
    )
    db.session.add(protocol)
    db.session.flush()
    for row in rows:
        row.protocol_id = protocol.id
        _leave(actor, row.item, to, receiver)
    after = {"no": number, "destination": to, "receiver": receiver, "receipt": receipt}
    after["items"] = ", ".join(row.item.no for row in rows)
    record.note(actor, "protocol.made", protocol, {}, after)
    return protocol


def _leave(actor: Actor, item: FoundItem, to: Destination, receiver: str) -> None:
    before = item.state
    state = FoundState.HANDED_OVER if to.takes_over else FoundState.DISPOSED
    for claim in keeping_queries.approved_claims([item.id]):
        # Only a card's: it waits for its owner at the card centre.
        end(actor, claim, ClaimState.EXPIRED)
        notices.tell_owner_of_move(claim, to)
    _take_off_the_shelf(item, state)
    differences.found_again(actor, item)
    record.step(item, actor, state.value, note=receiver if to.takes_over else to.value)
    record.publish(item)
    cards.close(item, CardState.TO_CENTRE)
    record.note(actor, f"found_item.{state}", item, {"state": before}, {"state": state, "to": to})


def _take_off_the_shelf(item: FoundItem, state: FoundState) -> None:
    FOUND_ITEM.check(item.state, state)
    db.session.flush()
    result = db.session.execute(
        update(FoundItem)
        .where(
            FoundItem.id == item.id,
            FoundItem.state == item.state,
            FoundItem.open_claims == 0,
            FoundItem.version == item.version,
        )
        .values(state=state, version=FoundItem.version + 1)
        .execution_options(synchronize_session=False)
    )
    if not isinstance(result, CursorResult) or result.rowcount != 1:
        raise Conflict()
    db.session.refresh(item)


# --- whether a thing may leave ---------------------------------------------------------------------------------


def choices(item: FoundItem) -> tuple[Destination, ...]:
    """Where ``item`` may go by its class; what holds other things is not destroyed for one of them."""
    mixed = item.custody is CustodyClass.BANK and (
        item.category is not Category.BANK_CARD or bool(item.contents)
    )
    return destinations(item.custody, mixed)


def check(item: FoundItem, to: Destination) -> None:
    """Raise Invalid or Conflict, saying why, unless ``item`` may leave to ``to`` today."""
    allowed = choices(item)
    if to not in allowed:
        usual = str(lazy("、")).join(str(each.label) for each in allowed)
        raise Invalid(
            {
                "destination": lazy(
                    "%(no)s 是“%(kind)s”，不能送“%(where)s”，可以：%(usual)s。",
                    no=item.no,
                    kind=item.custody.label,
                    where=to.label,
                    usual=usual,
                )
            }
        )
    FOUND_ITEM.check(item.state, FoundState.HANDED_OVER if to.takes_over else FoundState.DISPOSED)
    _check_claims(item)
    _check_day(item, to)
    contents.need_counted(item)


def _check_claims(item: FoundItem) -> None:
    if item.open_claims:
        raise Conflict(
            lazy("%(no)s 还有 %(n)s 份认领没有核对完，先处理认领。", no=item.no, n=item.open_claims)
        )
    for claim in keeping_queries.approved_claims([item.id]):
        if item.custody is not CustodyClass.CARD_FAST:
            raise Conflict(lazy("%(no)s 有一份认领已经通过，等失主来领。", no=item.no))
        if keeping_queries.is_being_handed_out(claim.id):
            raise Conflict(lazy("%(no)s 正在交还，先把交还办完或中止。", no=item.no))


def _check_day(item: FoundItem, to: Destination) -> None:
    if not waits_until_due(item.custody, to):
        return
    listed = policy.disclosure(item) is not Disclosure.NOTHING
    if listed and item.notice_on is None:
        raise Conflict(lazy("%(no)s 还没有公告过，期限从公告那天算起，先公告。", no=item.no))
    if item.due_on is None or today() < item.due_on:
        raise Conflict(
            lazy(
                "%(no)s 要保管到 %(day)s（%(law)s），还没有到期。",
                no=item.no,
                day=item.due_on.isoformat() if item.due_on else "",
                law=RULES[item.custody].basis,
            )
        )
