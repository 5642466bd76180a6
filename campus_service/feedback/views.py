"""The pages of students and visitors: what others asked, one's own case, an anonymous one by its receipt."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from campus_service.core.actor import Actor
from campus_service.core.clock import to_local
from campus_service.core.db import transaction
from campus_service.core.errors import Conflict, DomainError, Invalid, NotFound, TooMany
from campus_service.core.http import current_actor
from campus_service.core.page import fmt_day
from campus_service.core.revalidate import for_visitors
from campus_service.feedback import (
    browsing,
    case_page,
    limits,
    policy,
    public_queries,
    queries,
    receipts,
    sending_views,
    service,
)
from campus_service.feedback import commands as c
from campus_service.feedback.browsing import Asked
from campus_service.feedback.inboxing import department_names
from campus_service.feedback.models import Case
from campus_service.media.forms import Typed

bp = Blueprint("feedback", __name__, url_prefix="/feedback")
C = TypeVar("C", bound=c.Command)
Step = Callable[[Actor, str, C, str], Case]


# --- what others asked ------------------------------------------------------------------------------------------


@bp.get("")
def index() -> Response:
    """Public answers and public cases."""
    names = department_names()
    asked = Asked.of(request.args, names)
    found = browsing.results(asked, names)
    html = render_template("feedback/index.html", asked=asked, names=names, found=found)
    return for_visitors(current_actor(), html)


@bp.get("/answers/<int:answer_id>")
def answer(answer_id: int) -> Response:
    """One public answer."""
    row = public_queries.answer(answer_id)
    day = fmt_day(to_local(row.published_at or row.suggested_at).date(), weekday=False)
    html = render_template("feedback/answer.html", answer=row, day=day, names=department_names())
    return for_visitors(current_actor(), html)


# --- one case ---------------------------------------------------------------------------------------------------


@bp.get("/<no>")
def show(no: str) -> AnyResponse:
    """One's own case, or the public side of somebody else's."""
    actor, case = current_actor(), queries.case_by_no(no)
    if not receipts.owns(actor, case) and policy.can_read_public(case):
        html = render_template("feedback/public.html", seen=case_page.public(actor, case))
        return for_visitors(actor, html)
    return _own(actor, no, Typed.blank({}))


def _own(actor: Actor, no: str, typed: Typed, wrong: DomainError | None = None, step: str = "") -> Response:
    """The sender's page; ``wrong`` is why ``step`` was not taken."""
    case = queries.case_for_sender(actor, no, receipts.receipt_for(queries.case_by_no(no)))
    html = render_template(
        "feedback/case.html",
        seen=case_page.own(actor, case),
        values=typed.values,
        errors=wrong.fields if isinstance(wrong, Invalid) else {},
        refused=wrong.message if isinstance(wrong, Conflict) else "",
        step=step,
        thumbs=typed.thumbs(actor),
        by_receipt=not policy.sent(actor, case),
        done=request.args.get("done", ""),
        just_sent="sent" in request.args,
    )
    response = make_response(html, wrong.status if wrong else 200)
    if case.anonymous:
        response.headers["Cache-Control"] = "no-store"
    return response


def _take(no: str, step: str, kind: type[C], do: Step[C]) -> AnyResponse:
    """One step of the sender; a refusal shows his page with the reason and what he wrote."""
    actor = current_actor()
    # Whose case it is comes before what was typed, and before his files are read.
    receipt = receipts.receipt_for(queries.case_by_no(no))
    queries.case_for_sender(actor, no, receipt)
    typed = Typed.sent(actor)
    try:
        command = typed.command(kind)
        with transaction():
            do(actor, no, typed.with_nameless(command), receipt)
    except (Invalid, Conflict) as wrong:
        return _own(actor, no, typed, wrong, step)
    return redirect(url_for(".show", no=no, done=step), 303)


@bp.post("/<no>/messages")
def message(no: str) -> AnyResponse:
    """Add a word, or what was asked for."""
    return _take(no, "message", c.AddMessage, service.add_message)


@bp.post("/<no>/verdict")
def verdict(no: str) -> AnyResponse:
    """Solved or not, and how one liked it."""
    return _take(no, "verdict", c.GiveVerdict, service.give_verdict)


@bp.post("/<no>/reopen")
def reopen(no: str) -> AnyResponse:
    """Once more, by somebody else."""
    return _take(no, "reopen", c.Reopen, service.reopen)


@bp.post("/<no>/withdraw")
def withdraw(no: str) -> AnyResponse:
    """It is all right already."""
    return _take(no, "withdraw", c.Withdraw, service.withdraw)


@bp.post("/<no>/follow")
def follow(no: str) -> AnyResponse:
    """Me too."""
    with transaction():
        service.follow(current_actor(), no)
    return redirect(url_for(".show", no=no), 303)


@bp.post("/<no>/unfollow")
def unfollow(no: str) -> AnyResponse:
    """Not any more."""
    with transaction():
        service.unfollow(current_actor(), no)
    return redirect(url_for(".show", no=no), 303)


# --- by receipt -------------------------------------------------------------------------------------------------


@bp.route("/track", methods=["GET", "POST"])
def track() -> AnyResponse:
    """The page of an anonymous case, for who has its 16 digits."""
    if request.method == "GET":
        return _track()
    digits = request.form.get("receipt", "")[:60]
    try:
        limits.count_receipt()
        case = service.open_receipt(digits)
    except (Invalid, NotFound, TooMany) as wrong:
        return _track(digits, wrong)
    receipts.open_case(digits)
    return redirect(url_for(".show", no=case.no), 303)


def _track(digits: str = "", wrong: DomainError | None = None) -> Response:
    text = wrong.fields["receipt"] if isinstance(wrong, Invalid) else wrong.message if wrong else ""
    html = render_template("feedback/track.html", digits=digits, error=text, open=receipts.any_open())
    response = make_response(html, wrong.status if wrong else 200)
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.post("/leave")
def leave() -> AnyResponse:
    """Forget the receipts in this browser."""
    receipts.leave()
    return redirect(url_for(".track", left=1), 303)


for path, name, view, methods in (
    ("/new", "new", sending_views.new, ("GET", "POST")),
    ("/hints", "hints", sending_views.hints, ("POST",)),
):
    bp.add_url_rule(path, name, view, methods=methods)
