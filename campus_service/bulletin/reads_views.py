"""Where a page tells that it was read, and that its reader came from a board's poster."""

from __future__ import annotations

from flask import Blueprint, request

from campus_service.bulletin.commands import ReadTold, ScanTold
from campus_service.bulletin.service import reading
from campus_service.core.db import transaction
from campus_service.core.http import current_actor, parse_form
from campus_service.core.page import csrf
from campus_service.core.ratelimit import address, limiter

bp = Blueprint("reads", __name__, url_prefix="/compass")
# A whole dormitory may stand behind one address.
PER_HOUR = "2000 per hour"
NOTHING = ("", 204)


@bp.post("/reads")
@limiter.limit(PER_HOUR, key_func=address)
def read() -> tuple[str, int]:
    """An article was in sight for some seconds."""
    if _from_our_page():
        told = parse_form(ReadTold)
        with transaction():
            reading.read(current_actor(), told, address(), _browser())
    return NOTHING


@bp.post("/scans")
@limiter.limit(PER_HOUR, key_func=address)
def scan() -> tuple[str, int]:
    """An issue was opened by a poster's QR."""
    if _from_our_page():
        told = parse_form(ScanTold)
        with transaction():
            reading.scanned(told, address(), _browser())
    return NOTHING


# A page that many caches may keep carries no form's token; what is told here changes a count and nothing else.
csrf.exempt(bp)


def _browser() -> str:
    return request.headers.get("User-Agent", "")[:300]


def _from_our_page() -> bool:
    """Browsers say with every POST where it comes from; another site's page tells us nothing."""
    return request.headers.get("Origin", "").partition("://")[2] == request.host
