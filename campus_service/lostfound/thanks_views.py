"""The list of thanks (拾金不昧), and where a finder says yes or no to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from campus_service.core.clock import now, to_local
from campus_service.core.db import transaction
from campus_service.core.errors import Invalid
from campus_service.core.http import current_actor, parse_form
from campus_service.core.i18n import LazyString, _, lazy
from campus_service.core.permissions import Permission as P
from campus_service.core.revalidate import for_visitors
from campus_service.lostfound import thanks_queries
from campus_service.lostfound.commands import Agree
from campus_service.lostfound.custody import RULES, Disclosure
from campus_service.lostfound.figures_views import month_name
from campus_service.lostfound.labels import labels
from campus_service.lostfound.service import thanking

bp = Blueprint("thanks", __name__)
# The list looks back so many days.
LOOK_BACK = 365
AGREED = lazy("谢谢你。东西还给失主以后，名单上会有你。")
WITHDRAWN = lazy("撤下来了，名字也删掉了。")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of thanks."""

    no: str
    name: str
    thing: str


@bp.get("/lost-found/thanks")
def index() -> Response:
    """Who handed in what went back to its owner, by month."""
    actor = current_actor()
    months = _months()
    staff = actor.can(P.LOSTFOUND_ITEM_INTAKE)
    html = render_template(
        "lostfound/thanks.html",
        months=months,
        staff=staff,
        text=_text(months) if staff or actor.can(P.BULLETIN_ARTICLE_WRITE) else "",
    )
    return for_visitors(actor, html)


def _months() -> list[tuple[str, list[Entry]]]:
    rows = thanks_queries.thanked(now() - timedelta(days=LOOK_BACK))
    by_month = groupby(rows, lambda row: to_local(row.returned_at).strftime("%Y-%m"))
    return [(month_name(month), [_entry(row) for row in group]) for month, group in by_month]


def _entry(row: Any) -> Entry:
    """What a custody class forbids is not named here either."""
    named = RULES[row.custody].disclosure is not Disclosure.NOTHING
    return Entry(row.no, row.shown_as, labels().category[row.category] if named else _("一件东西"))


def _text(months: list[tuple[str, list[Entry]]]) -> str:
    """The list as editors paste it."""
    lines = [
        f"{month}{_('：')}"
        + _("、").join(entry.name + _("（%(what)s）", what=entry.thing) for entry in entries)
        for month, entries in months
    ]
    return "\n".join([_("拾金不昧，谢谢他们"), *lines]) if lines else ""


@bp.post("/lost-found/thanks/<no>/take-off")
def take_off(no: str) -> AnyResponse:
    """A desk takes an entry off."""
    actor = current_actor()
    actor.require(P.LOSTFOUND_ITEM_INTAKE)
    return _done(lambda: thanking.take_off(actor, no), WITHDRAWN, url_for("thanks.index"))


@bp.post("/lost-found/receipt/<token>/thanks")
def agree(token: str) -> AnyResponse:
    """Yes, by the receipt."""
    to = url_for("lostfound.receipt", token=token, _anchor="thanks")
    return _done(lambda: thanking.agree_by_receipt(current_actor(), token, parse_form(Agree)), AGREED, to)


@bp.post("/lost-found/receipt/<token>/thanks/withdraw")
def withdraw(token: str) -> AnyResponse:
    """No, by the receipt."""
    to = url_for("lostfound.receipt", token=token, _anchor="thanks")
    return _done(lambda: thanking.withdraw_by_receipt(current_actor(), token), WITHDRAWN, to)


@bp.post("/me/thanks/<no>")
def agree_own(no: str) -> AnyResponse:
    """Yes, for what one posted."""
    to = url_for("me_things.index", _anchor="thanks")
    return _done(lambda: thanking.agree_by_account(current_actor(), no, parse_form(Agree)), AGREED, to)


@bp.post("/me/thanks/<no>/withdraw")
def withdraw_own(no: str) -> AnyResponse:
    """No, for what one posted."""
    to = url_for("me_things.index", _anchor="thanks")
    return _done(lambda: thanking.withdraw_by_account(current_actor(), no), WITHDRAWN, to)


def _done(do: Callable[[], object], said: LazyString, to: str) -> AnyResponse:
    """One step, then the page it was made on, with what is wrong where something is."""
    try:
        with transaction():
            do()
    except Invalid as wrong:
        flash(str(next(iter(wrong.fields.values()))), "error")
    else:
        flash(str(said), "success")
    return redirect(to)
