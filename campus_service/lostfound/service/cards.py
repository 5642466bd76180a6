"""The fast way for campus cards: nothing public, the owner told at once, or as soon as he has an account.

The card and the account may come in either order, also at the same moment: both sides hold the number's name until
they have committed, so whoever comes second sees the first; the daily upkeep looks once more. A guarded UPDATE makes
one of them tell him.
"""

from __future__ import annotations

import hashlib
import hmac

from sqlalchemy import CursorResult, update

from campus_service.accounts import queries as accounts
from campus_service.accounts.arrivals import on_arrival
from campus_service.core.actor import Actor
from campus_service.core.clock import now, today
from campus_service.core.db import db, hold, on_violation
from campus_service.core.errors import Conflict
from campus_service.core.i18n import lazy, marked
from campus_service.core.once import once
from campus_service.core.permissions import Permission as P
from campus_service.core.places import area_of
from campus_service.core.settings import settings
from campus_service.lostfound import keeping_queries, notices, queries
from campus_service.lostfound.categories import Category
from campus_service.lostfound.custody import CustodyClass
from campus_service.lostfound.keeping_commands import CardIn
from campus_service.lostfound.models import CardNotice, Claim, Desk, FoundItem
from campus_service.lostfound.service import record
from campus_service.lostfound.service.claiming import closing, issue_code
from campus_service.lostfound.states import CardState, ClaimState, FoundState

TITLE = marked("校园卡")
on_violation(
    "uq_card_notices_open",
    "UNIQUE constraint failed: card_notices.number_hash",
    error=lambda: Conflict(lazy("这张卡刚刚在另一个窗口登记过，不用再登记。")),
)


def number_hash(student_no: str) -> str:
    """What is kept of a number: it finds the account, and nobody reads the number from it without the site's secret."""
    key = settings().secret_key.get_secret_value().encode()
    return hmac.new(key, f"card:{student_no.strip().upper()}".encode(), hashlib.sha256).hexdigest()


def take_in_card(actor: Actor, command: CardIn) -> str:
    """Register a campus card and tell its owner, now or later; returns its number. Needs lostfound:item:intake.

    Raises Conflict when a card with this number lies at a desk already, or the named thing holds no card.
    """
    actor.require(P.LOSTFOUND_ITEM_INTAKE)
    desk = record.need_desk(command.desk)
    return once(actor, "card", command.request_key, lambda: _take_in(actor, command, desk).no)


def _take_in(actor: Actor, command: CardIn, desk: Desk) -> FoundItem:
    digest = number_hash(command.number)
    hold(f"card:{digest}")
    _refuse_twice(digest)
    item = _lying_here(actor, command.item) if command.item else _new(actor, command, desk)
    notice = CardNotice(item_id=item.id, number_hash=digest, state=CardState.WAITING, created_at=now())
    db.session.add(notice)
    db.session.flush()
    record.note(actor, "card.registered", notice, {}, {"item": item.no})
    owner = accounts.person_with_number(command.number)
    if owner is not None:
        _tell(notice, item, owner)
    return item


def _lying_here(actor: Actor, no: str) -> FoundItem:
    """What was taken in or handed in before: a card, or what holds one and is kept as one."""
    item = queries.found_item(actor, no)
    if item.state is not FoundState.HELD or item.custody is not CustodyClass.CARD_FAST:
        raise Conflict(lazy("%(no)s 不是在招领点保管的校园卡，不能按学工号通知。", no=item.no))
    if keeping_queries.has_card(item.id):
        raise Conflict(lazy("%(no)s 已经登记过学工号了。", no=item.no))
    return item


def _new(actor: Actor, command: CardIn, desk: Desk) -> FoundItem:
    item = _item(command, desk)
    db.session.add(item)
    db.session.flush()
    record.step(item, actor, "taken_in")
    record.start_custody_clock(item)
    record.publish(item)
    after = {"no": item.no, "desk": item.desk_code, "custody": item.custody}
    record.note(actor, "found_item.taken_in", item, {}, after)
    return item


def _refuse_twice(digest: str) -> None:
    there = keeping_queries.open_card(digest)
    if there is not None:
        raise Conflict(
            lazy(
                "这个学工号的卡已经登记过：%(no)s，不用再登记。确实是另一张，请从“收件”登记。",
                no=there.item.no,
            )
        )


def _item(command: CardIn, desk: Desk) -> FoundItem:
    (number,) = record.new_number()
    moment = now()
    return FoundItem(
        no=number,
        title=TITLE,
        category=Category.CAMPUS_CARD,
        custody=CustodyClass.CARD_FAST,
        state=FoundState.HELD,
        area=area_of(desk.place),
        occurred_on=today(),
        desk_code=desk.code,
        shelf=command.shelf,
        taken_in_at=moment,
        created_at=moment,
        updated_at=moment,
        listed_at=moment,
        contents=[],
    )


@on_arrival
def account_came(user_id: int, student_no: str) -> None:
    """Tell the owner of a new account, in the transaction that makes it, that his card lies at a desk."""
    digest = number_hash(student_no)
    hold(f"card:{digest}")
    notice = keeping_queries.open_card(digest)
    if notice is not None:
        _tell(notice, notice.item, user_id)


def sweep() -> int:
    """Tell owners whose account was there all along, or was opened again; returns how many."""
    waiting = {notice.number_hash: notice for notice in keeping_queries.waiting_cards()}
    if not waiting:
        return 0
    found = [
        (waiting[digest], id)
        for id, no in accounts.people_with_numbers()
        if (digest := number_hash(no)) in waiting
    ]
    return sum(_tell(notice, notice.item, user_id) for notice, user_id in found)


def _tell(notice: CardNotice, item: FoundItem, user_id: int) -> bool:
    """Waiting → told, once: the owner's claim is approved by the card itself, the return goes its usual way."""
    db.session.flush()
    result = db.session.execute(
        update(CardNotice)
        .where(CardNotice.id == notice.id, CardNotice.state == CardState.WAITING)
        .values(state=CardState.TOLD, told_at=now())
        .execution_options(synchronize_session=False)
    )
    if not isinstance(result, CursorResult) or result.rowcount != 1:
        return False
    db.session.refresh(notice)
    claim = Claim(
        item_id=item.id,
        claimant_id=user_id,
        state=ClaimState.APPROVED,
        question="",
        answer="",
        when_where="",
        submitted_at=now(),
        decided_at=now(),
    )
    claim.item = item
    db.session.add(claim)
    db.session.flush()
    issue_code(claim)
    _until_it_moves(claim, item)
    record.step(item, Actor.system(), "told")
    record.note(Actor.system(), "card.told", notice, {"state": CardState.WAITING}, {"state": CardState.TOLD})
    notices.tell_owner_of_card(claim)
    return True


def _until_it_moves(claim: Claim, item: FoundItem) -> None:
    """The code lasts until the desk closes on the day on which the card goes to the card centre."""
    if item.due_on is not None and closing(item.due_on) > now():
        claim.code_expires_at = closing(item.due_on)


def close(item: FoundItem, state: CardState) -> None:
    """The card is gone: collected, or at the card centre; nothing for things that are no card."""
    db.session.execute(
        update(CardNotice)
        .where(CardNotice.item_id == item.id, CardNotice.state.in_(keeping_queries.OPEN_CARD))
        .values(state=state)
    )
