"""At the desk: taking in, shelving, moving between desks, handing over to police, card centre or issuer."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

from campus_service.core.actor import Actor
from campus_service.core.clock import now
from campus_service.core.db import db
from campus_service.core.errors import Conflict, NotFound
from campus_service.core.i18n import lazy
from campus_service.core.once import once
from campus_service.core.permissions import Permission as P
from campus_service.core.settings import settings
from campus_service.lostfound import notices, policy, queries
from campus_service.lostfound.commands import HandIn, HandOver, Move, TakeIn
from campus_service.lostfound.custody import class_of
from campus_service.lostfound.models import FoundItem
from campus_service.lostfound.service import contents, differences, legs, record
from campus_service.lostfound.service.reporting import common
from campus_service.lostfound.states import FOUND_ITEM, FoundState


def take_in(actor: Actor, command: TakeIn) -> str:
    """Register a thing handed in at a desk; returns its number, which is its tag. Needs lostfound:item:intake."""
    actor.require(P.LOSTFOUND_ITEM_INTAKE)
    record.need_desk(command.desk)
    return once(actor, "intake", command.request_key, lambda: _take_in(actor, command).no)


def _take_in(actor: Actor, command: TakeIn) -> FoundItem:
    (number,) = record.new_number()
    moment = now()
    item = FoundItem(
        no=number,
        state=FoundState.HELD,
        custody=class_of(command.category, command.over_500, [line.kind for line in command.contents]),
        over_500=command.over_500,
        contents=[line.model_dump(mode="json") for line in command.contents],
        question=command.question,
        desk_code=command.desk,
        shelf=command.shelf,
        finder_name=command.finder_name,
        taken_in_at=moment,
        **(common(actor, command) | {"reporter_id": None}),
    )
    db.session.add(item)
    db.session.flush()
    contents.begin(actor, item, command.contents)
    record.keep_photos(actor, item, command.photos)
    record.step(item, actor, "taken_in")
    record.publish(item)
    record.start_custody_clock(item)
    record.note(
        actor,
        "found_item.taken_in",
        item,
        {},
        {"no": item.no, "desk": item.desk_code, "custody": item.custody},
    )
    return item


def hand_in(actor: Actor, no: str, command: HandIn) -> FoundItem:
    """A desk receives what a student reported. Raises Conflict unless the finder still had it."""
    item = queries.found_item(actor, no)
    if not policy.can_hand_in(actor, item):
        actor.require(P.LOSTFOUND_ITEM_INTAKE)
    FOUND_ITEM.check(item.state, FoundState.HELD)
    record.need_desk(command.desk)
    before = _place(item)
    item.state, item.desk_code, item.shelf = FoundState.HELD, command.desk, command.shelf
    item.taken_in_at, item.hand_in_by = now(), None
    item.private_marks = "\n".join(filter(None, (item.private_marks, command.private_marks)))
    item.question = command.question or item.question
    record.step(item, actor, "handed_in")
    record.publish(item)
    record.start_custody_clock(item)
    record.note(actor, "found_item.handed_in", item, before, _place(item))
    notices.tell_finder_of_hand_in(item)
    return item


def move(actor: Actor, no: str, command: Move) -> FoundItem:
    """Send a held item to another desk (``legs.depart``), or put it on another shelf."""
    item = _movable(actor, no)
    record.need_desk(command.desk)
    before = _place(item)
    if command.desk != item.desk_code or item.state is not FoundState.HELD:
        legs.depart(actor, item, command.desk, command.carried_by, command.note)
        return item
    item.shelf = command.shelf
    differences.found_again(actor, item)
    record.step(item, actor, "shelved")
    record.publish(item)
    record.note(actor, "found_item.moved", item, before, _place(item))
    return item


def put_right(actor: Actor, item: FoundItem, desk: str, shelf: str) -> None:
    """A count found a held ``item`` elsewhere than the ledger said: the ledger follows."""
    before = _place(item)
    step = "shelved" if item.desk_code == desk else "counted"
    item.desk_code, item.shelf = desk, shelf
    record.step(item, actor, step)
    record.publish(item)
    record.note(actor, "found_item.put_right", item, before, _place(item))


def hand_over(actor: Actor, no: str, command: HandOver) -> FoundItem:
    """Give an item to police, card centre, issuer or clinic. Needs lostfound:item:hand_over."""
    item = queries.found_item(actor, no)
    if not policy.can_hand_over(actor, item):
        actor.require(P.LOSTFOUND_ITEM_HANDOVER)
    FOUND_ITEM.check(item.state, FoundState.HANDED_OVER)
    if item.open_claims:
        raise Conflict(lazy("还有 %(n)s 份认领没有核对完，先处理认领。", n=item.open_claims))
    contents.need_counted(item)
    before = _place(item)
    item.state = FoundState.HANDED_OVER
    differences.found_again(actor, item)
    record.step(item, actor, "handed_over", note=command.to)
    record.publish(item)
    record.note(
        actor,
        "found_item.handed_over",
        item,
        before,
        _place(item) | {"to": command.to, "receipt": command.receipt},
    )
    return item


def _movable(actor: Actor, no: str) -> FoundItem:
    item = queries.found_item(actor, no)
    actor.require(P.LOSTFOUND_ITEM_MOVE)
    if not policy.can_move(actor, item):
        raise Conflict(lazy("%(no)s 不在招领点，没有东西可以移动。", no=item.no))
    return item


def _place(item: FoundItem) -> dict[str, Any]:
    return {"state": item.state, "desk": item.desk_code, "shelf": item.shelf}


def receipt_token(item: FoundItem) -> str:
    """The finder's receipt: the item's number and a signature, so that no table of receipts is needed."""
    return f"{item.no}.{_sign(item.no)}"


def receipt_item(token: str) -> FoundItem:
    """The item of a finder's receipt; raises NotFound for a receipt that is not ours."""
    no, _dot, signature = token.partition(".")
    if not hmac.compare_digest(signature.encode(), _sign(no).encode()):
        raise NotFound()
    return queries.found_item(Actor.system(), no)


def _sign(no: str) -> str:
    key = settings().secret_key.get_secret_value().encode()
    return hmac.new(key, f"receipt:{no}".encode(), hashlib.sha256).hexdigest()[:20]
