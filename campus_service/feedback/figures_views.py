"""Figures: the public dashboard, a department's and its officers' own, scores with their appeals, tables to download."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from campus_service.accounts import queries as accounts
from campus_service.core import sheets
from campus_service.core.actor import Actor
from campus_service.core.cache import remembered
from campus_service.core.clock import now, to_local, today
from campus_service.core.db import transaction
from campus_service.core.errors import Forbidden, Invalid, NotFound
from campus_service.core.http import current_actor, parse_form
from campus_service.core.i18n import _, language
from campus_service.core.page import fmt_day
from campus_service.core.permissions import Permission as P
from campus_service.core.shares import LEAST
from campus_service.feedback import figures, policy
from campus_service.feedback.commands import AppealScore, DecideAppeal
from campus_service.feedback.figures import CLOSED_DEPARTMENTS, PUBLIC_DAYS
from campus_service.feedback.notices import department_name
from campus_service.feedback.projection import stripped
from campus_service.feedback.scoring import POINTS, Ended, Score, scores
from campus_service.feedback.scoring import figures as count
from campus_service.feedback.service import scoring
from campus_service.feedback.states import CaseState, Kind, Outcome, RouteHow

bp = Blueprint("figures", __name__)
MONTHS = 12


def _part_names() -> dict[str, str]:
    return {
        "accepted": _("按时接手"),
        "answered": _("按时答复"),
        "solved": _("同学说解决了"),
        "satisfaction": _("满意度"),
        "first_time": _("一次办好"),
    }


# --- for everybody -----------------------------------------------------------------------------------------------


@bp.get("/dashboard")
def dashboard() -> str:
    """How well the campus answers: every share with its denominator, late cases by name."""
    return render_template(
        "figures/dashboard.html",
        **remembered(f"feedback.dashboard.{language()}", figures.KEEP, _counted),
        **remembered(f"feedback.late.{language()}", figures.KEEP_NAMES, _late),
        since=fmt_day(today() - timedelta(days=PUBLIC_DAYS), weekday=False),
        until=fmt_day(today(), weekday=False),
        least=LEAST,
    )


def _counted() -> dict[str, Any]:
    cases = figures.recently()
    return {
        "all": count(cases),
        "departments": [(name, count(mine)) for name, mine in _by_department(cases)],
        "kinds": [(name, count(mine)) for name, mine in _by_kind(cases)],
    }


def _late() -> dict[str, Any]:
    return {
        "late": [_late_row(case) for case in figures.overdue_in_public()],
        "late_count": figures.overdue_count(),
    }


def _by_department(cases: Sequence[Ended]) -> list[tuple[str, list[Ended]]]:
    """Department by department, the most punctual first; small ones and what is not published in one row."""
    groups = _grouped(cases, lambda case: "" if case.department in CLOSED_DEPARTMENTS else case.department)
    rest = groups.pop("", [])
    rows = figures.pooled([*groups.items()])
    if rows and rows[-1][0] == "":
        rest = rest + rows.pop()[1]
    rows.sort(key=lambda row: -(count(row[1]).answered.value or 0))
    named = [(department_name(code), mine) for code, mine in rows]
    return [*named, (_("其他部门"), rest)] if rest else named


def _by_kind(cases: Sequence[Ended]) -> list[tuple[str, list[Ended]]]:
    rows = figures.pooled([*_grouped(cases, lambda case: case.kind).items()])
    return [(str(Kind(kind).label) if kind else _("其他"), mine) for kind, mine in rows]


def _grouped(cases: Sequence[Ended], key: Callable[[Ended], str]) -> dict[str, list[Ended]]:
    groups: dict[str, list[Ended]] = {}
    for case in cases:
        groups.setdefault(key(case), []).append(case)
    return groups


def _late_row(case: Any) -> dict[str, Any]:
    days = (now() - case.answer_due_at).days if case.answer_due_at else 0
    return {
        "url": f"/feedback/{case.no}",
        "title": stripped(case.title),
        "department": department_name(case.department_code),
        "days": days,
    }


@bp.get("/dashboard.<kind>")
def dashboard_table(kind: str) -> Response:
    """The public figures as a table."""
    head = [
        _("部门"), _("办结"), _("按时答复"), _("部门说解决"), _("评价了"), _("同学说解决"),
        _("打分的"), _("平均分"), _("中位小时"),
    ]  # fmt: skip
    rows = [_line(name, count(mine)) for name, mine in _by_department(figures.recently())]
    return sheets.download(f"feedback-{today():%Y%m%d}", kind, head, rows)


def _line(name: str, found: Any) -> list[Any]:
    return [
        name,
        found.cases,
        found.answered.part,
        found.said_solved.part,
        found.solved.whole,
        found.solved.part,
        found.satisfaction.whole,
        round(found.mean_rating, 2) if found.mean_rating is not None else None,
        round(found.median_hours, 1) if found.median_hours is not None else None,
    ]


# --- for a department --------------------------------------------------------------------------------------------


@bp.get("/inbox/figures")
def department() -> str:
    """A department's month: its score part by part, its officers, the cases that cost points, appeals."""
    actor = current_actor()
    actor.require(P.FEEDBACK_SCORE_READ)
    code, month = _asked(actor)
    return _page(actor, code, month, {})


def _asked(actor: Actor) -> tuple[str, str]:
    codes = _departments(actor)
    code = request.args.get("department", "") or (codes[0] if codes else "")
    month = request.args.get("month", "") or figures.month_of(now())
    _check(actor, code, month)
    return code, month


def _check(actor: Actor, code: str, month: str) -> None:
    try:
        date.fromisoformat(f"{month}-01")
    except ValueError:
        raise NotFound() from None
    if not policy.can_see_score_of(actor, code):
        raise Forbidden()


def _departments(actor: Actor) -> list[str]:
    """The departments whose figures the actor sees, his own first."""
    known = [row.code for row in accounts.departments()]
    return [code for code in known if policy.can_see_score_of(actor, code)]


def _page(actor: Actor, code: str, month: str, errors: dict[str, Any]) -> str:
    frozen = {row.department_code: row for row in figures.frozen(month)}
    cases = figures.ended(*figures.bounds(month), month=month)
    ranking = scores(cases)
    mine = next((score for score in ranking if score.department == code), None)
    everything = actor.can(P.FEEDBACK_SCORE_DECIDE)
    return render_template(
        "figures/department.html",
        code=code,
        name=department_name(code),
        month=month,
        months=figures.months_back(MONTHS),
        choices=[(each, department_name(each)) for each in _departments(actor)],
        score=mine,
        frozen=frozen.get(code),
        parts=_parts(mine) if mine else [],
        officers=_officers(cases, code),
        ranking=[(department_name(score.department), score) for score in ranking] if everything else [],
        contestable=figures.contestable(code, month),
        appeals=figures.appeals(month, None if everything else code),
        freeze_at=scoring.freeze_at(month),
        appeal_until=scoring.appeal_until(month),
        can_appeal=_may_appeal(actor, code, month),
        can_decide=everything,
        errors=errors,
    )


def _may_appeal(actor: Actor, code: str, month: str) -> bool:
    heads = actor.can(P.FEEDBACK_SCORE_APPEAL) and code in actor.departments
    return heads and figures.is_frozen(month) and now() <= scoring.appeal_until(month)


def _parts(score: Score) -> list[dict[str, Any]]:
    names = _part_names()
    return [
        {
            "name": names[part],
            "points": round(score.points[part], 1),
            "top": top,
            "share": getattr(score.figures, part),
        }
        for part, top in POINTS.items()
    ]


def _officers(cases: Sequence[Ended], code: str) -> list[tuple[str, Any]]:
    """Who answered how many and how well; for the department's own eyes."""
    groups: dict[int | None, list[Ended]] = {}
    for case in cases:
        if case.department == code:
            groups.setdefault(case.officer, []).append(case)
    names = accounts.names_of(groups)
    rows = [(names.get(officer or 0, _("已离开的同事")), count(mine)) for officer, mine in groups.items()]
    return sorted(rows, key=lambda row: -row[1].cases)


@bp.post("/inbox/figures/<department>/<month>/appeals")
def appeal(department: str, month: str) -> AnyResponse | tuple[str, int]:
    """Contest how a case counted."""
    actor = current_actor()
    actor.require(P.FEEDBACK_SCORE_READ)
    _check(actor, department, month)
    try:
        command = parse_form(AppealScore)
        with transaction():
            scoring.appeal(actor, department, month, command)
    except Invalid as wrong:
        return _page(actor, department, month, dict(wrong.fields)), 422
    return redirect(url_for("figures.department", department=department, month=month, _anchor="appeals"))


@bp.post("/inbox/appeals/<int:appeal_id>")
def decide_appeal(appeal_id: int) -> AnyResponse:
    """The coordinator's decision."""
    actor = current_actor()
    actor.require(P.FEEDBACK_SCORE_DECIDE)
    with transaction():
        row = scoring.decide_appeal(actor, appeal_id, parse_form(DecideAppeal))
    back = url_for("figures.department", department=row.department_code, month=row.month, _anchor="appeals")
    return redirect(back)


@bp.get("/inbox/export.<kind>")
def export(kind: str) -> Response:
    """A month's cases of a department as a table, without anything of who sent them."""
    actor = current_actor()
    actor.require(P.FEEDBACK_SCORE_READ)
    code, month = _asked(actor)
    head = [
        _("编号"), _("类别"), _("标题"), _("地点"), _("部门"), _("首问部门"), _("状态"), _("收到"), _("接手"), _("答复"),
        _("最晚答复"), _("结果"), _("同学说解决"), _("评分"), _("重新办理"), _("跟进人数"), _("分办方式"),
    ]  # fmt: skip
    rows = (_exported(row) for row in figures.export_rows(code, *figures.bounds(month)))
    return sheets.download(f"cases-{code}-{month}", kind, head, rows)


def _exported(row: Any) -> list[Any]:
    labels = {Kind: 1, CaseState: 6, Outcome: 11, RouteHow: 16}
    values = list(row)
    for at in labels.values():
        values[at] = values[at].label if values[at] is not None else ""
    values[4], values[5] = department_name(values[4]), department_name(values[5]) if values[5] else ""
    values[7] = to_local(values[7]).strftime("%Y-%m-%d")
    return values
