"""/newsroom/issues: the issues, the plan of one with its places and their order, its signature, its time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from campus_service.bulletin import commands as c
from campus_service.bulletin import desk_queries, newsdesk, queries, service
from campus_service.bulletin.models import Issue
from campus_service.bulletin.newsroom_views import chosen_time, earliest, page
from campus_service.core.actor import Actor
from campus_service.core.db import transaction
from campus_service.core.errors import Conflict, DomainError, Invalid
from campus_service.core.http import current_actor, parse_form, wants_json
from campus_service.core.i18n import LazyString, lazy
from campus_service.core.page import fmt_when
from campus_service.core.permissions import Permission as P
from campus_service.jobs.heartbeat import heartbeat

bp = Blueprint("issues", __name__, url_prefix="/newsroom/issues")


@bp.before_request
def _newsroom_only() -> None:
    current_actor().require(P.BULLETIN_ARTICLE_WRITE)


# --- all of them ------------------------------------------------------------------------------------------------


@bp.get("")
def index() -> Response:
    """Issues in work, those that are out, and the form for the next one."""
    return _list()


def _list(wrong: DomainError | None = None) -> Response:
    return page("issues", "issues", wrong, in_work=newsdesk.in_work(), out=desk_queries.published())


@bp.post("")
def create() -> AnyResponse:
    """Plan an issue and open it."""
    current_actor().require(P.BULLETIN_ISSUE_PLAN)
    try:
        command = parse_form(c.PlanIssue)
        with transaction():
            id = service.plan_issue(current_actor(), command).id
    except Invalid as wrong:
        return _list(wrong)
    return redirect(url_for("issues.show", issue_id=id), 303)


# --- one of them ------------------------------------------------------------------------------------------------


@bp.get("/<int:issue_id>")
def show(issue_id: int) -> Response:
    """The plan: places, who writes what until when, what keeps it from readers."""
    return _plan(issue_id)


def _plan(issue_id: int, wrong: DomainError | None = None, **where: Any) -> Response:
    """``where``: the form (``form``) and the place (``slot_wrong``) that the mistake is in."""
    actor = current_actor()
    issue = queries.issue(actor, issue_id)
    plan = newsdesk.plan(actor, issue)
    return page(
        "issues",
        "issue",
        wrong,
        plan=plan,
        issue=issue,
        writers=desk_queries.writers() if plan.can_plan else [],
        free=desk_queries.free_articles() if plan.can_plan else [],
        reads=desk_queries.reads_of(issue.id),
        worker=heartbeat(),
        earliest=earliest(),
        **({"form": "", "slot_wrong": 0} | where),
    )


def _step(
    issue_id: int,
    do: Callable[[Actor], object],
    done: LazyString | str = "",
    *,
    form: str = "",
    slot: int = 0,
    anchor: str | None = None,
) -> AnyResponse:
    """Do it and come back to the plan; a mistake is shown in the ``form`` it is in."""
    try:
        with transaction():
            do(current_actor())
    except (Invalid, Conflict) as wrong:
        return _plan(issue_id, wrong, form=form, slot_wrong=slot)
    if done:
        flash(str(done), "success")
    return redirect(url_for("issues.show", issue_id=issue_id, _anchor=anchor), 303)


@bp.post("/<int:issue_id>")
def change(issue_id: int) -> AnyResponse:
    """Another title, word at the head or day."""
    return _step(
        issue_id,
        lambda actor: service.change_issue(actor, issue_id, parse_form(c.PlanIssue)),
        lazy("存好了。"),
        form="issue",
    )


# --- its places -------------------------------------------------------------------------------------------------


@bp.post("/<int:issue_id>/slots")
def add_slot(issue_id: int) -> AnyResponse:
    """One more place at the end."""
    return _step(
        issue_id,
        lambda actor: service.add_slot(actor, issue_id, parse_form(c.PlanSlot)),
        form="add",
        anchor="add",
    )


@bp.post("/<int:issue_id>/slots/<int:slot_id>")
def change_slot(issue_id: int, slot_id: int) -> AnyResponse:
    """Another topic, section, writer or day."""
    return _step(
        issue_id,
        lambda actor: service.change_slot(actor, issue_id, slot_id, parse_form(c.PlanSlot)),
        form="slot",
        slot=slot_id,
        anchor=f"slot-{slot_id}",
    )


@bp.post("/<int:issue_id>/slots/<int:slot_id>/article")
def fill_slot(issue_id: int, slot_id: int) -> AnyResponse:
    """Put an article there, or take it out."""
    return _step(
        issue_id,
        lambda actor: service.fill_slot(actor, issue_id, slot_id, parse_form(c.FillSlot)),
        form="fill",
        slot=slot_id,
        anchor=f"slot-{slot_id}",
    )


@bp.post("/<int:issue_id>/slots/<int:slot_id>/begin")
def begin_slot(issue_id: int, slot_id: int) -> AnyResponse:
    """Begin the place's article and open it; who only gives it to its writer stays with the plan."""
    actor = current_actor()
    with transaction():
        article = service.begin_slot(actor, issue_id, slot_id)
        id, own = article.id, article.writer_id == actor.id
    if own:
        return redirect(newsdesk.article_url(id), 303)
    flash(str(lazy("开好了头，已经通知写的人。")), "success")
    return redirect(url_for("issues.show", issue_id=issue_id, _anchor=f"slot-{slot_id}"), 303)


@bp.post("/<int:issue_id>/slots/<int:slot_id>/remove")
def remove_slot(issue_id: int, slot_id: int) -> AnyResponse:
    """Strike it out; its article stays on the desk."""
    return _step(
        issue_id,
        lambda actor: service.remove_slot(actor, issue_id, slot_id),
        lazy("拿掉了，文章还在稿件里。"),
    )


@bp.post("/<int:issue_id>/order")
def order(issue_id: int) -> AnyResponse:
    """All places in their new order; ``up`` or ``down`` moves one of them by one."""
    command = _moved(parse_form(c.Order))
    with transaction():
        service.order(current_actor(), issue_id, command)
    if wants_json():
        return Response(status=204)
    moved = request.form.get("up") or request.form.get("down")
    return redirect(
        url_for("issues.show", issue_id=issue_id, _anchor=f"slot-{moved}" if moved else None), 303
    )


def _moved(command: c.Order) -> c.Order:
    ids = list(command.slots)
    for name, step in (("up", -1), ("down", 1)):
        id = request.form.get(name, type=int)
        if id in ids:
            at = ids.index(id)
            ids.insert(max(at + step, 0), ids.pop(at))
    return command.model_copy(update={"slots": ids})


# --- the signature ----------------------------------------------------------------------------------------------


@bp.post("/<int:issue_id>/send")
def send(issue_id: int) -> AnyResponse:
    """The plan is full: to the chief editor."""
    return _step(
        issue_id,
        lambda actor: service.send_to_chief(actor, issue_id),
        lazy("送到主编那里了。"),
        form="send",
    )


@bp.get("/<int:issue_id>/sign")
def signing(issue_id: int) -> Response:
    """The whole issue as readers will have it; the chief editor signs just this."""
    return _signing(issue_id)


def _signing(issue_id: int, wrong: DomainError | None = None) -> Response:
    actor = current_actor()
    actor.require(P.BULLETIN_ARTICLE_EDIT)
    issue = queries.issue(actor, issue_id)
    return page(
        "issues",
        "sign",
        wrong,
        issue=issue,
        plan=newsdesk.plan(actor, issue),
        shown=newsdesk.shown(issue),
        hash=service.contents_hash(issue),
    )


@bp.post("/<int:issue_id>/sign")
def sign(issue_id: int) -> AnyResponse:
    """The chief editor's signature under what was shown."""
    try:
        command = parse_form(c.Sign)
        with transaction():
            service.sign(current_actor(), issue_id, command)
    except (Invalid, Conflict) as wrong:
        return _signing(issue_id, wrong)
    flash(str(lazy("签发了。现在定下什么时候出刊。")), "success")
    return redirect(url_for("issues.show", issue_id=issue_id), 303)


@bp.post("/<int:issue_id>/back")
def back(issue_id: int) -> AnyResponse:
    """Out of the chief editor's hands."""
    return _step(
        issue_id, lambda actor: service.back_to_plan(actor, issue_id), lazy("退回策划了，可以接着改。")
    )


# --- its time ---------------------------------------------------------------------------------------------------


@bp.post("/<int:issue_id>/schedule")
def schedule(issue_id: int) -> AnyResponse:
    """Publish it at a Beijing time, or now."""
    try:
        command = chosen_time()
        with transaction():
            issue = service.schedule(current_actor(), issue_id, command)
            done = _promise(issue)
    except (Invalid, Conflict) as wrong:
        return _plan(issue_id, wrong, form="time")
    flash(done, "success")
    return redirect(url_for("issues.show", issue_id=issue_id), 303)


def _promise(issue: Issue) -> str:
    """What has happened, or will."""
    if issue.number is None and issue.publish_at:
        return str(lazy("定好了：北京时间 %(when)s 出刊。", when=fmt_when(issue.publish_at)))
    return str(lazy("第 %(n)s 期出刊了。", n=issue.number))


@bp.post("/<int:issue_id>/unschedule")
def unschedule(issue_id: int) -> AnyResponse:
    """Stop the clock."""
    return _step(
        issue_id, lambda actor: service.unschedule(actor, issue_id), lazy("定时取消了，签发还算数。")
    )
