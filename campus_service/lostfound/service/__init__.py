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
from campus_service.lostfound.service.custody import (
    hand_in,
    hand_over,
    move,
    receive,
    take_in,
)
from campus_service.lostfound.service.receipts import receipt_item, receipt_token
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
    "confirm_at_counter",
    "confirm_receipt",
    "confirm_return",
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
    "take_in",
    "withdraw",
    "withdraw_claim",
]
