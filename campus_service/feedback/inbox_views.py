"""The officers' desk: what waits by due time, one case with every step on it, several cases given to one officer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from campus_service.accounts import queries as accounts
from campus_service.core.actor import Actor
from campus_service.core.db import transaction
from campus_service.core.errors import Conflict, DomainError, Forbidden, Invalid, NotFound
from campus_service.core.http import current_actor, parse, parse_form
from campus_service.core.i18n import LazyString, lazy
from campus_service.core.permissions import Permission as P
from campus_service.feedback import commands as c
from campus_service.feedback import inbox_case, inbox_queries, inboxing, queries, service
from campus_service.feedback.commands import Filter
from campus_service.feedback.models import Case
from campus_service.media import service as media
from campus_service.media import uploads

bp = Blueprint("inbox", __name__, url_prefix="/inbox")


def page(key: str, template: str, wrong: DomainError | None = None, **context: Any) -> Response:
    """A page of the officers' desk; ``wrong`` is why the last step was not done."""
    actor, names = current_actor(), context.pop("names", None) or inboxing.department_names()
    context.setdefault("desk_counts", {})
    html = render_template(
        f"inbox/{template}.html",
        desk_key=key,
        desk_name="、".join(names.get(code, code) for code in sorted(actor.departments)),
        back=inboxing.address,
        department_name=lambda code: names.get(code or "", "—"),
        typed=request.form,
        errors=wrong.fields if isinstance(wrong, Invalid) else {},
        changed=str(wrong.message) if wrong is not None and not isinstance(wrong, Invalid) else "",
        **context,
    )
    return make_response(html, wrong.status if wrong else 200)


# --- the list and one case --------------------------------------------------------------------------------------


@bp.get("")
def index() -> Response:
    """The open cases of one's departments, the most urgent first."""
    inbox_queries.require_reader(current_actor())
    return _desk(None)


@bp.get("/<no>")
def show(no: str) -> Response:
    """One case beside the list; for htmx the case alone."""
    case = queries.case_for_staff(current_actor(), no)
    if "HX-Request" in request.headers:
        names = inboxing.department_names()
        return page("inbox", "_case", names=names, wanted=inboxing.asked(request.args), **_case(case, names))
    return _desk(case)


def _desk(case: Case | None, wrong: DomainError | None = None, **tried: Any) -> Response:
    actor, wanted, names = current_actor(), inboxing.asked(request.args), inboxing.department_names()
    reader = actor.can(P.FEEDBACK_CASE_HANDLE) or inbox_queries.reads_reports(actor)
    sheet = inboxing.sheet(actor, wanted, names) if reader else None
    key = {Filter.MINE: "mine", Filter.APPROVAL: "approval"}.get(wanted.filter, "inbox")
    return page(
        key,
        "desk",
        wrong,
        names=names,
        wanted=wanted,
        sheet=sheet,
        reads_reports=reader,
        desk_counts=_tabs(sheet),
        **(_case(case, names) if case else {"seen": None}),
        **tried,
    )


def _tabs(sheet: inboxing.Sheet | None) -> dict[str, str]:
    if sheet is None:
        return {}
    tabs = {"inbox": Filter.ALL, "mine": Filter.MINE, "approval": Filter.APPROVAL}
    return {key: sheet.counts.text(each) for key, each in tabs.items() if sheet.counts.of[each]}


def _case(case: Case, names: dict[str, str]) -> dict[str, Any]:
    actor = current_actor()
    return {
        "seen": inbox_case.look(actor, case, names),
        "request_key": request.form.get("request_key") or uuid4().hex,
        "thumbs": _thumbs(actor),
        "writers": _writers(actor, case),
        # A draft that has just been sent is forgotten on this device.
        "draft_done": f"case-{case.no}" if request.args.get("said") else "",
    }


def _thumbs(actor: Actor) -> list[dict[str, str]]:
    """Photos of a form that is shown again."""
    waiting = media.waiting_photos(actor, request.form.getlist("photos"))
    return [{"key": photo.key, "url": photo.url(320)} for photo in waiting]


def _writers(actor: Actor, case: Case) -> list[str]:
    return sorted(accounts.names_of(service.others_answering(actor, case)).values())


# --- somebody is answering --------------------------------------------------------------------------------------


@bp.get("/<no>/answering")
def answering(no: str) -> str:
    """Who else is writing, and whether the case changed since the page was made (htmx asks every few seconds)."""
    return _hint(queries.case_for_staff(current_actor(), no))


@bp.post("/<no>/answering")
def note_answering(no: str) -> str:
    """The reader is writing."""
    with transaction():
        service.answering(current_actor(), no)
    return _hint(queries.case_for_staff(current_actor(), no))


def _hint(case: Case) -> str:
    seen = request.args.get("version", 0, type=int)
    return render_template(
        "inbox/_writers.html",
        writers=_writers(current_actor(), case),
        news=url_for("inbox.show", no=case.no) if seen and seen != case.version else "",
    )


# --- steps ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that can be done with a case: what the form says, who does it, what is said then."""

    command: type[Any]
    do: Callable[..., Any]
    done: LazyString


def _accept(actor: Actor, no: str, _command: c.Command) -> object:
    return service.accept(actor, no)


STEPS = {
    "accept": Step(c.Command, _accept, lazy("接手了，同学会收到通知。")),
    "return": Step(c.ReturnCase, service.return_case, lazy("退回了，事务中心会另行分办。")),
    "offer": Step(c.OfferCase, service.offer, lazy("已请对方接手；接手之前仍由本部门负责。")),
    "handover": Step(c.DecideHandover, service.decide_handover, lazy("记下了。")),
    "assign": Step(c.Assign, service.assign, lazy("交给这位同事了。")),
    "extend": Step(c.Extend, service.extend, lazy("延期了，理由同学看得到。")),
    "change": Step(c.ChangeCase, service.change, lazy("改好了。答应过的时间不会提前，也不会收回。")),
    "merge": Step(c.MergeCase, service.merge, lazy("并过去了，答复会一起给同学。")),
    "link": Step(c.LinkCase, service.link, lazy("记下了，两件事互相看得到。")),
    "split": Step(c.SplitCase, service.split, lazy("拆开了，各部门的部分各有时限。")),
    "decide": Step(c.DecideAnswer, service.decide_answer, lazy("记下了。")),
}
SAYS = {
    "answer": Step(c.WriteAnswer, service.answer, lazy("答复好了。")),
    "progress": Step(c.Say, service.progress, lazy("进展发给同学了。")),
    "acted": Step(c.Say, service.acted, lazy("记下了：已到场处置。")),
    "ask": Step(c.Say, service.ask, lazy("已一次告知，等同学回话时暂停计时。")),
    "note": Step(c.Say, service.note, lazy("备注记下了，同学看不到。")),
}


@bp.post("/<no>/<step>")
def act(no: str, step: str) -> AnyResponse:
    """One step on a case; a refusal shows it as it is now, with the reason and what was typed."""
    chosen = STEPS.get(step)
    if chosen is None:
        raise NotFound()
    values = {"parts": _parts()} if step == "split" else None
    return _do(no, step, chosen, values)


@bp.post("/<no>/say")
def say(no: str) -> AnyResponse:
    """Something is written: an answer, a progress note, the one-time request, an internal note."""
    chosen = SAYS.get(request.form.get("as", ""))
    if chosen is None:
        raise Invalid({"as": lazy("请从列出的里面选一个。")})
    queries.case_for_staff(current_actor(), no)
    received = uploads.receive(current_actor(), request.files.getlist("photo_files"))
    photos = [*request.form.getlist("photos"), *(photo.key for photo in received.photos)]
    return _do(no, "say", chosen, request.form.to_dict() | {"photos": photos}, said="1")


def _do(no: str, step: str, chosen: Step, values: dict[str, Any] | None, **more: Any) -> AnyResponse:
    actor = current_actor()
    try:
        command = parse_form(chosen.command) if values is None else parse(chosen.command, values)
        with transaction():
            chosen.do(actor, no, command)
    except (Invalid, Conflict, Forbidden) as wrong:
        # Who may not know of the case hears nothing more (NotFound); who may keeps what he typed.
        return _desk(queries.case_for_staff(actor, no), wrong, tried=step)
    flash(str(chosen.done), "success")
    return redirect(_after(actor, no, more), 303)


def _after(actor: Actor, no: str, more: dict[str, Any]) -> str:
    """The case again, or the list once it is no longer ours."""
    here: dict[str, Any] = inboxing.address(inboxing.asked(request.args))
    try:
        queries.case_for_staff(actor, no)
    except (NotFound, Forbidden):
        return url_for("inbox.index", **here)
    return url_for("inbox.show", no=no, **here, **more)


def _parts() -> list[dict[str, str]]:
    pairs = zip(request.form.getlist("part_department"), request.form.getlist("part_body"), strict=False)
    return [{"department": code, "body": body} for code, body in pairs if code or body.strip()]


@bp.post("/assign")
def assign_many() -> AnyResponse:
    """Several cases to one officer: all of them or none."""
    actor = current_actor()
    inbox_queries.require_reader(actor)
    try:
        command = parse_form(c.AssignMany)
        with transaction():
            cases = service.assign_many(actor, command)
    except (Invalid, Conflict) as wrong:
        return _desk(None, wrong, tried="bulk")
    flash(str(lazy("%(n)s 件交给这位同事了。", n=len(cases))), "success")
    return redirect(url_for("inbox.index", **inboxing.address(inboxing.asked(request.args))), 303)
