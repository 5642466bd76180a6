"""Pages that a visitor's browser may keep: an ETag over what was rendered, and 304 when the browser has just that."""

from __future__ import annotations

import hashlib

from flask import Response, g, make_response, request, session

from campus_service.core.actor import Actor


def for_visitors(actor: Actor, html: str) -> Response:
    """``html`` as the answer; a visitor whose browser kept the same page is only told so."""
    response = make_response(html)
    if actor.signed_in:
        return response
    response.set_etag(_digest(html), weak=True)
    response.make_conditional(request)
    return response


def _digest(html: str) -> str:
    """The same for two renderings that differ only in what is random: the nonce and the time-stamped form token."""
    for noise in (g.get("csp_nonce"), g.get("csrf_token")):
        if noise:
            html = html.replace(noise, "")
    seen = f"{html}\n{session.get('csrf_token', '')}"
    return hashlib.blake2b(seen.encode(), digest_size=12).hexdigest()
