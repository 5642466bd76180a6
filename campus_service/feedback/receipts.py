"""The receipts that this browser has opened: the digits lie in its signed session cookie, nowhere on the server."""

from __future__ import annotations

from datetime import timedelta

from flask import has_request_context, session

from campus_service.core.actor import Actor
from campus_service.core.clock import now
from campus_service.feedback import policy, queries
from campus_service.feedback.models import Case

KEY = "receipts"
# A browser that stays signed in keeps its cookie: the digits go by themselves.
HOLD = timedelta(hours=2)
MOST = 5


def _held() -> dict[str, float]:
    kept = session.get(KEY, {}) if has_request_context() else {}
    return {digits: until for digits, until in kept.items() if until > now().timestamp()}


def open_case(receipt: str) -> None:
    """Note that this browser may read the case of ``receipt``."""
    digits = "".join(filter(str.isdigit, receipt))
    kept = _held() | {digits: (now() + HOLD).timestamp()}
    session[KEY] = dict(list(kept.items())[-MOST:])


def leave() -> None:
    """Forget all receipts in this browser."""
    session.pop(KEY, None)


def any_open() -> bool:
    """Whether this browser holds a receipt."""
    return bool(_held())


def receipt_for(case: Case) -> str:
    """The digits that this browser holds for ``case``, else ""."""
    if case.receipt_lookup is None:
        return ""
    return next((each for each in _held() if queries.receipt_lookup(each) == case.receipt_lookup), "")


def owns(actor: Actor, case: Case) -> bool:
    """Whether this is the sender: by account, or by the receipt that this browser holds."""
    return policy.sent(actor, case) or bool(receipt_for(case))
