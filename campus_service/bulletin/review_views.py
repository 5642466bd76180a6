"""/newsroom/articles/<id>/review and /correct: read, commented, approved or sent back; corrected once readers have it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from campus_service.bulletin import commands as c
from campus_service.bulletin import editing, proofs, queries, service
from campus_service.bulletin.newsroom_views import page
from campus_service.bulletin.proofs import Change
from campus_service.core.actor import Actor
from campus_service.core.clock import to_local
from campus_service.core.db import transaction
from campus_service.core.errors import Conflict, DomainError, Invalid, NotFound
from campus_service.core.http import current_actor, parse_form
from campus_service.core.i18n import LazyString, lazy
from campus_service.core.permissions import Permission as P

bp = Blueprint("review", __name__, url_prefix="/newsroom/articles/<int:article_id>")


@bp.before_request
def _newsroom_only() -> None:
    current_actor().require(P.BULLETIN_ARTICLE_WRITE)


@bp.get("/review")
def show(article_id: int) -> Response:
    """The article as readers will get it, with a place for words beside each paragraph."""
    return _review(article_id)


def _review(article_id: int, wrong: DomainError | None = None, form: str = "") -> Response:
    """``form``: the one that the mistake is in."""
    actor = current_actor()
    article = queries.article(actor, article_id)
    return page(
        "articles",
        "review",
        wrong,
        form=form,
        proof=proofs.proof(actor, article),
        article=article,
        hash=article.text.hash,
        hints=editing.hints(article.id, article.text),
    )


def _step(
    article_id: int,
    do: Callable[[Actor], object],
    done: LazyString | None = None,
    *,
    form: str = "",
    anchor: str | None = None,
) -> AnyResponse:
    """Do it and come back to the text; a mistake is shown in the ``form`` it is in."""
    try:
        with transaction():
            do(current_actor())
    except (Invalid, Conflict) as wrong:
        return _review(article_id, wrong, form)
    if done:
        flash(str(done), "success")
    return redirect(url_for("review.show", article_id=article_id, _anchor=anchor), 303)


@bp.post("/review/comments")
def comment(article_id: int) -> AnyResponse:
    """A word about one paragraph."""
    at = request.form.get("paragraph", 0, type=int)
    return _step(
        article_id,
        lambda actor: service.comment(actor, article_id, parse_form(c.Comment)),
        form="comment",
        anchor=f"p{at}",
    )


@bp.post("/review/comments/<int:comment_id>/settle")
def settle(article_id: int, comment_id: int) -> AnyResponse:
    """It is dealt with, or open again."""
    return _step(
        article_id,
        lambda actor: service.settle(actor, article_id, comment_id),
        anchor=f"comment-{comment_id}",
    )


@bp.post("/review/approve")
def approve(article_id: int) -> AnyResponse:
    """The reviewer's yes to just the text that was shown."""
    return _step(
        article_id,
        lambda actor: service.approve(actor, article_id, parse_form(c.Approve)),
        lazy("通过了。现在的文字就是将来发布的文字。"),
        form="approve",
    )


@bp.post("/review/changes")
def request_changes(article_id: int) -> AnyResponse:
    """Back to its writers, with what has to change."""
    return _step(
        article_id,
        lambda actor: service.request_changes(actor, article_id, parse_form(c.RequestChanges)),
        lazy("退回去改了，已经告诉写的人。"),
        form="changes",
    )


# --- what readers have ------------------------------------------------------------------------------------------


@bp.get("/correct")
def correcting(article_id: int) -> Response:
    """The corrections of a published article, the form for another one, and its event."""
    return _correcting(article_id)


def _correcting(
    article_id: int, wrong: DomainError | None = None, form: str = "", change: Change | None = None
) -> Response:
    seen = proofs.printed(current_actor(), article_id)
    event: dict[str, Any] = {}
    if seen.event:
        event = {
            name: f"{to_local(getattr(seen.event, name)):%Y-%m-%dT%H:%M}" for name in ("starts_at", "ends_at")
        }
        event["place"] = seen.event.place
    values = request.form if form == "event" else event
    return page("articles", "correct", wrong, form=form, seen=seen, change=change, event=values)


@bp.post("/correct")
def correct(article_id: int) -> AnyResponse:
    """Show the sentence as it will be (``preview``), or correct it."""
    seen = proofs.printed(current_actor(), article_id)
    try:
        command = parse_form(c.Correct)
        if "preview" in request.form:
            return _correcting(article_id, form="correct", change=proofs.change(seen.publication, command))
        with transaction():
            service.correct(current_actor(), article_id, command)
    except (Invalid, Conflict) as wrong:
        return _correcting(article_id, wrong, "correct")
    flash(str(lazy("更正了，文章下面列着这一条，收到过邮件的读者会收到更正。")), "success")
    return redirect(url_for("review.correcting", article_id=article_id), 303)


@bp.post("/correct/event")
def move_event(article_id: int) -> AnyResponse:
    """Its event at another time or place."""
    return _event_step(
        article_id,
        lambda actor, id: service.move_event(actor, id, parse_form(c.MoveEvent)),
        lazy("改好了，日历里订了的会跟着变，文章下面也写明了。"),
    )


@bp.post("/correct/event/cancel")
def cancel_event(article_id: int) -> AnyResponse:
    """Its event does not take place."""
    return _event_step(article_id, service.cancel_event, lazy("取消了，日历里会划掉，文章下面也写明了。"))


def _event_step(article_id: int, do: Callable[[Actor, int], object], done: LazyString) -> AnyResponse:
    seen = proofs.printed(current_actor(), article_id)
    if seen.event is None:
        raise NotFound(lazy("这篇文章没有活动。"))
    try:
        with transaction():
            do(current_actor(), seen.event.id)
    except (Invalid, Conflict) as wrong:
        return _correcting(article_id, wrong, "event")
    flash(str(done), "success")
    return redirect(url_for("review.correcting", article_id=article_id), 303)
