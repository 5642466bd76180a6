"""The form for a message: what is alike and what will happen while one types, a receipt for who leaves no name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from campus_service.core.actor import Actor
from campus_service.core.db import transaction
from campus_service.core.errors import DomainError, Invalid, TooMany
from campus_service.core.http import current_actor
from campus_service.core.places import SUGGESTIONS
from campus_service.core.ratelimit import limiter
from campus_service.feedback import case_page, limits, projection, promise, queries, service, suggesting
from campus_service.feedback.commands import SendCase
from campus_service.feedback.inboxing import department_names
from campus_service.feedback.service import Sent, timing
from campus_service.feedback.states import Clock, Kind
from campus_service.media.forms import Typed

# Decoding photos and guessing departments cost something, for whoever asks.
SENDS = "60 per hour"
HINTS = "90 per minute"


@limiter.limit(SENDS, methods=["POST"])
def new() -> AnyResponse:
    """I have something to say."""
    actor = current_actor()
    if request.method == "GET":
        return _page(actor, Typed.blank(_first_values(request.args)))
    typed = Typed.sent(actor)
    if "preview" in typed.values:
        return _page(actor, typed)
    try:
        sent = _send(actor, typed)
    except (Invalid, TooMany) as wrong:
        return _page(actor, typed, wrong)
    if sent.receipt:
        return _receipt(sent)
    return redirect(url_for("feedback.show", no=sent.no, sent=1), 303)


def _first_values(args: Mapping[str, str]) -> dict[str, str]:
    """What a new form begins with; a link may bring a text, a place, and the department of a guide."""
    given = {
        "body": args.get("text", "")[:2000],
        "place": args.get("place", "")[:80],
        "department": args.get("department", "") if args.get("guide") else "",
    }
    if queries.department(given["department"]) is None:
        given["department"] = ""
    return {name: value.replace("\0", "") for name, value in given.items() if value}


def _send(actor: Actor, typed: Typed) -> Sent:
    command = typed.command(SendCase)
    if command.anonymous:
        limits.count_anonymous()
    with transaction():
        return service.send(actor, typed.with_nameless(command))


def _page(actor: Actor, typed: Typed, wrong: DomainError | None = None) -> Response:
    errors = typed.errors | (wrong.fields if isinstance(wrong, Invalid) else {})
    html = render_template(
        "feedback/new.html",
        values=typed.values,
        errors=errors,
        refused=wrong.message if isinstance(wrong, TooMany) else "",
        thumbs=typed.thumbs(actor),
        lost_photos=bool(typed.nameless),
        anonymous=not actor.signed_in or bool(typed.values.get("anonymous")),
        places=SUGGESTIONS,
        sent=request.method == "POST",
        **hints_for(typed.values),
    )
    status = wrong.status if wrong is not None else 422 if typed.errors else 200
    return make_response(html, status)


def hints_for(values: Mapping[str, str]) -> dict[str, Any]:
    """What the form says beside the text typed so far: the likely kind, what is alike, what will happen."""
    body, place = values.get("body", "").replace("\0", "")[:4000], values.get("place", "")[:80]
    chosen, auto = values.get("kind", ""), values.get("auto", "")
    # A kind that the person chose himself stays, one that we chose follows the words.
    own = chosen if chosen in list(Kind) and chosen != auto else ""
    kind = promise.kind_of(body, own) if own or body.strip() else Kind.REQUEST
    guessed = "" if own or not body.strip() else kind.value
    report = kind is Kind.REPORT
    department = values.get("department", "")
    return {
        "kinds": [(each.value, each.wish) for each in Kind],
        "kind": own or guessed,
        "auto": guessed or auto,
        "names": department_names(),
        "ahead": promise.ahead(body, place, kind, department),
        "alike": suggesting.Alike() if report else suggesting.alike(body, place, kind),
        "typed": bool(body.strip()),
        "body": body,
        "public_text": projection.stripped,
    }


@limiter.limit(HINTS)
def hints() -> str:
    """The same for a form that is being filled in (htmx): by POST, so that no log has the words in an address."""
    return render_template("feedback/_hints.html", oob=True, **hints_for(request.form))


def _receipt(sent: Sent) -> Response:
    """The 16 digits, this once; no browser or proxy keeps the page."""
    case = queries.case_by_no(sent.no)
    clocks = timing.clocks_of(case)
    html = render_template(
        "feedback/receipt.html",
        digits=[sent.receipt[at : at + 4] for at in range(0, len(sent.receipt), 4)],
        case=case,
        names=department_names(),
        pledge=case_page.pledge(case, clocks),
        ahead=case_page.next_step(case, clocks),
        rule=promise.rule_of(answer.lines) if (answer := clocks.get(Clock.ANSWER)) else "",
    )
    response = make_response(html)
    response.headers["Cache-Control"] = "no-store"
    return response
