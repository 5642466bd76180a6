"""What the registry does: each function checks the policy, makes the transition, writes rows, promises the effects."""

from __future__ import annotations

from campus_service.lostfound.service.cards import take_in_card
from campus_service.lostfound.service.changing import change, to_change
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
    move,
    take_in,
)
from campus_service.lostfound.service.keeping import publish_notice, set_retention
from campus_service.lostfound.service.labelling import print_labels, to_print
from campus_service.lostfound.service.leaving import (
    choices,
    hand_over,
    hand_over_many,
    propose,
    sign,
    withdraw_disposal,
)
from campus_service.lostfound.service.legs import receive, receive_many, refuse, send, take_back
from campus_service.lostfound.service.matching import confirm, dismiss
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
    "change",
    "check_identity",
    "choices",
    "choose_slot",
    "close_thread",
    "confirm",
    "confirm_at_counter",
    "confirm_receipt",
    "confirm_return",
    "contact",
    "decide",
    "decision_due",
    "dismiss",
    "hand_in",
    "hand_over",
    "hand_over_many",
    "make_claim",
    "move",
    "open_pickup",
    "pickup_code",
    "post_found",
    "post_lost",
    "print_labels",
    "propose",
    "publish_notice",
    "receipt_item",
    "receipt_token",
    "receive",
    "receive_many",
    "recover",
    "refuse",
    "reissue_code",
    "renew",
    "reply",
    "report_thread",
    "send",
    "set_retention",
    "sign",
    "take_back",
    "take_in",
    "take_in_card",
    "to_change",
    "to_print",
    "withdraw",
    "withdraw_claim",
    "withdraw_disposal",
]
