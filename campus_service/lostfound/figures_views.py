"""The registry's figures for everybody, as a page and as a table; the shelf as a table for the desks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from flask import Blueprint, Response, render_template, request

from campus_service.core import audit, sheets
from campus_service.core.cache import remembered
from campus_service.core.clock import today
from campus_service.core.db import transaction
from campus_service.core.errors import NotFound
from campus_service.core.http import current_actor
from campus_service.core.i18n import _, language
from campus_service.core.permissions import Permission as P
from campus_service.core.revalidate import for_visitors
from campus_service.core.shares import LEAST, Share
from campus_service.lostfound import desk_items, figures, figures_queries, story
from campus_service.lostfound.figures import Lost, Sum, Table, Window
from campus_service.lostfound.labels import labels

bp = Blueprint("lostfound_figures", __name__)

# domain.md §1 [p]: what we aim at, in per cent and days.
# The chart has room for so many months.
MOST_COLUMNS = 24
AIM_FOUND, AIM_IDENTIFIABLE, AIM_MEDIAN, AIM_IN_TIME = 60, 85, 2, 95


# --- for everybody -----------------------------------------------------------------------------------------------


@bp.get("/dashboard/lost-found")
def dashboard() -> Response:
    """How much of what was found went back, and how soon; every share with its denominator."""
    choices = _choices()
    period = request.args.get("period") or ("year" if "year" in choices else next(iter(choices), ""))
    shown = _shown(period) if choices else None
    named = [line for line in shown.by_month if line[0]] if shown else []
    html = render_template(
        "figures/lostfound.html",
        period=period,
        choices=choices,
        shown=shown,
        bars=[(int(month[5:]), row.found, row.returned) for month, row in named][-MOST_COLUMNS:],
        aims={
            "found": AIM_FOUND,
            "identifiable": AIM_IDENTIFIABLE,
            "median": AIM_MEDIAN,
            "in_time": AIM_IN_TIME,
        },
        month_name=month_name,
        area=lambda code: labels().area[code] if code else _("其他（少于 %(n)s 件）", n=LEAST),
        category=lambda code: labels().category[code] if code else _("其他（少于 %(n)s 件）", n=LEAST),
        least=LEAST,
        figure=figure,
        per_cent=per_cent,
    )
    return for_visitors(current_actor(), html)


def _segments() -> dict[str, list[str]]:
    return figures.segments(figures_queries.book(), today())


def _choices() -> dict[str, str]:
    """The windows that can be shown with their names, then the months, the newest first."""
    return remembered(f"lostfound.choices.{language()}.{today()}", figures_queries.KEEP, _offered)


def _offered() -> dict[str, str]:
    names = {"term": _("这个学期"), "year": _("12 个月"), "all": _("全部")}
    offered = list(_segments())
    if not offered:
        return {}
    months = [name for name, _row in _window(offered[-1]).by_month if name]
    return {name: names[name] for name in offered} | {name: month_name(name) for name in reversed(months)}


def _shown(period: str) -> Window:
    """The figures of a window or a month; raises NotFound for one that is not offered."""
    if period not in _choices():
        raise NotFound()
    return remembered(f"lostfound.window.{period}.{today()}", figures_queries.KEEP, lambda: _window(period))


def _window(period: str) -> Window:
    book, parts = figures_queries.book(), figures.segments(figures_queries.book(), today())
    if period in parts:
        names = list(parts)
        return figures.window(book, [parts[name] for name in names[: names.index(period) + 1]])
    # Of one month only what the table of months says: more would tell the few of a row by subtraction.
    total = book[period].total
    return Window([period], total, None, Lost(), [], [], [(period, total)], [])


def month_name(month: str) -> str:
    """2026年10月, in English Oct 2026; the pooled row's name for ""."""
    if not month:
        return _("其他月份（少于 %(n)s 件）", n=LEAST)
    day = date.fromisoformat(f"{month}-01")
    return f"{day:%b %Y}" if language() == "en" else f"{day.year}年{day.month}月"


def figure(number: int) -> str:
    """A count as it is read: 1,204."""
    return f"{number:,}"


def per_cent(share: Share) -> str:
    """60.7, a dash without a denominator."""
    return "—" if share.value is None else f"{share.value * 100:.1f}"


@bp.get("/dashboard/lost-found.<kind>")
def table(kind: str) -> Response:
    """Just the tables of the page, in one sheet."""
    period = request.args.get("period") or next(iter(_choices()), "")
    head = [
        _("表"), _("名称"), _("登记"), _("归还"), _("归还百分比"), _("移交"), _("过半归还于第几天"), _("九成归还于第几天"),
        _("24 小时内登记"), _("24 小时内登记百分比"),
    ]  # fmt: skip
    rows = _lines(_shown(period)) if period else iter(())
    return sheets.download(f"lost-found-{period or 'empty'}-{today():%Y%m%d}", kind, head, rows)


def _lines(shown: Window) -> Iterator[list[Any]]:
    pooled = _("其他（少于 %(n)s 件）", n=LEAST)
    yield _line(_("拾得物"), _("合计"), shown.total)
    if shown.identifiable:
        yield _line(_("拾得物"), _("卡和证件"), shown.identifiable)
    tables: Sequence[tuple[str, Table[Sum], dict[str, str]]] = (
        (_("按类别"), shown.by_category, labels().category),
        (_("按地点"), shown.by_area, labels().area),
        (_("按月"), shown.by_month, {name: month_name(name) for name, _row in shown.by_month if name}),
    )
    for title, rows, names in tables:
        yield from (_line(title, names[name] if name else pooled, row) for name, row in rows)
    if shown.lost.reported:
        yield _lost_line(_("报失"), _("合计"), shown.lost)
    for name, lost in shown.lost_by_category:
        yield _lost_line(_("报失，按类别"), labels().category[name] if name else pooled, lost)


def _line(title: str, name: str, row: Sum) -> list[Any]:
    return [
        title, name, row.found, row.returned, _number(row.rate), row.handed_over, row.median, row.p90, row.timely,
        _number(row.in_time),
    ]  # fmt: skip


def _lost_line(title: str, name: str, row: Lost) -> list[Any]:
    return [title, name, row.reported, row.recovered, _number(row.rate)]


def _number(share: Share) -> float | None:
    return None if share.value is None else round(share.value * 100, 1)


# --- for the desks -----------------------------------------------------------------------------------------------


@bp.post("/desk/shelf.<kind>")
def shelf(kind: str) -> Response:
    """The shelf as the page narrows it, as a table; it is asked by a form, for who took it out stands in the audit log."""
    actor = current_actor()
    actor.require(P.LOSTFOUND_ITEM_INTAKE)
    if kind not in sheets.KINDS:
        raise NotFound()
    wanted = desk_items.shelf_filter(request.form)
    with transaction():
        after = {"kind": kind, "desk": wanted.desk, "state": wanted.state, "text": wanted.text}
        audit.record(actor, "shelf.exported", obj_type="found_items", obj_id=None, after=after)
    head = [
        _("编号"), _("东西"), _("类别"), _("保管"), _("区域"), _("捡到的地方"), _("捡到的日期"), _("收下"), _("招领点"),
        _("架位"), _("情况"), _("公告日"), _("期限"), _("等核对的认领"), _("公布"),
    ]  # fmt: skip
    rows = map(shelf_line, figures_queries.shelf_rows(actor, wanted))
    return sheets.download(f"shelf-{today():%Y%m%d}", kind, head, rows)


def shelf_line(row: Any) -> list[Any]:
    """A thing's cells in the order of the head."""
    names = labels()
    return [
        row.no, row.title, names.category[row.category], names.custody[row.custody], names.area[row.area], row.place,
        row.occurred_on, row.taken_in_at, story.desk_name(row.desk_code) if row.desk_code else "", row.shelf,
        names.found[row.state], row.notice_on, row.due_on, row.open_claims, row.listed,
    ]  # fmt: skip
