"""The finder's receipt: a link that needs no account."""

from __future__ import annotations

import hashlib
import hmac

from campus_service.core.actor import Actor
from campus_service.core.errors import NotFound
from campus_service.core.settings import settings
from campus_service.lostfound import queries
from campus_service.lostfound.models import FoundItem


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
