"""What the inbox does: each function checks the policy, makes the step, writes rows, promises the effects."""

from __future__ import annotations

from campus_service.feedback.service.aftermath import (
    add_message,
    follow,
    give_verdict,
    reopen,
    unfollow,
    withdraw,
)
from campus_service.feedback.service.answering import (
    acted,
    answer,
    answering,
    ask,
    decide_answer,
    extend,
    note,
    others_answering,
    progress,
    suggest_parts,
)
from campus_service.feedback.service.desk import add_template, delete_template, save_options, save_template
from campus_service.feedback.service.holding import accept, assign, assign_many, decide_handover, offer
from campus_service.feedback.service.joining import link, merge, split
from campus_service.feedback.service.publishing import decide_publicity, publish_answer, retract_answer
from campus_service.feedback.service.routing import adjudicate, change, needs_decision, return_case, route
from campus_service.feedback.service.sending import Sent, open_receipt, record_case, send

__all__ = [
    "Sent",
    "accept",
    "acted",
    "add_message",
    "add_template",
    "adjudicate",
    "answer",
    "answering",
    "ask",
    "assign",
    "assign_many",
    "change",
    "decide_answer",
    "decide_handover",
    "decide_publicity",
    "delete_template",
    "extend",
    "follow",
    "give_verdict",
    "link",
    "merge",
    "needs_decision",
    "note",
    "offer",
    "open_receipt",
    "others_answering",
    "progress",
    "publish_answer",
    "record_case",
    "reopen",
    "retract_answer",
    "return_case",
    "route",
    "save_options",
    "save_template",
    "send",
    "split",
    "suggest_parts",
    "unfollow",
    "withdraw",
]
