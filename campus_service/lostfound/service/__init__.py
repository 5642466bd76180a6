"""What the registry does: each function checks the policy, makes the transition, writes rows, promises the effects."""

from __future__ import annotations

from campus_service.lostfound.service.claiming import (
    appeal,
    choose_slot,
    decide,
    decision_due,
    make_claim,
    pickup_code,
    reissue_code,
    withdraw_claim,
)
from campus_service.lostfound.service.contacting import close_thread, contact, reply, report_thread
from campus_service.lostfound.service.custody import (
    hand_in,
    hand_over,
    move,
    receipt_item,
    receipt_token,
    receive,
    take_in,
)
from campus_service.lostfound.service.reporting import post_found, post_lost, recover, renew, withdraw
from campus_service.lostfound.service.returning import (
    abort_pickup,
    check_identity,
    confirm_at_counter,
    confirm_receipt,
    confirm_return,
    open_pickup,
)

__all__ = [
    "abort_pickup",
    "appeal",
    "check_identity",
    "choose_slot",
    "close_thread",
    "confirm_at_counter",
    "confirm_receipt",
    "confirm_return",
    "contact",
    "decide",
    "decision_due",
    "hand_in",
    "hand_over",
    "make_claim",
    "move",
    "open_pickup",
    "pickup_code",
    "post_found",
    "post_lost",
    "receipt_item",
    "receipt_token",
    "receive",
    "recover",
    "reissue_code",
    "renew",
    "reply",
    "report_thread",
    "take_in",
    "withdraw",
    "withdraw_claim",
]
