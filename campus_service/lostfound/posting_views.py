"""Pages on which people report what they lost or found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from flask import Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from campus_service.core.actor import Actor
from campus_service.core.clock import today
from campus_service.core.db import transaction
from campus_service.core.errors import Invalid, Text
from campus_service.core.http import current_actor
from campus_service.core.i18n import _
from campus_service.core.permissions import Permission as P
from campus_service.core.places import SUGGESTIONS, area_of
from campus_service.core.ratelimit import limiter
from campus_service.lostfound import browsing, queries, service, story
from campus_service.lostfound.categories import Category, suggest
from campus_service.lostfound.commands import (
    DAY_PART_LABELS,
    OLDEST_DAYS,
    PostFound,
    PostLost,
    PostReport,
)
from campus_service.lostfound.custody import RULES, Disclosure, class_of, disclosure_of_lost
from campus_service.lostfound.labels import labels
from campus_service.lostfound.projection import Card
from campus_service.lostfound.states import Kind
from campus_service.media.forms import Typed
from campus_service.media.models import Photo

Wanted = TypeVar("Wanted", bound=PostReport)
POSTS_PER_HOUR = "20 per hour"
# What a form offers before anything was typed: what is lost most.
COMMON = (
    Category.EARPHONES,
    Category.UMBRELLA,
    Category.CUP_BOTTLE,
    Category.KEYS,
    Category.BOOKS_STATIONERY,
)


@limiter.limit(POSTS_PER_HOUR, methods=["POST"])
def new_lost() -> AnyResponse:
    """I lost something."""
    return _new(Kind.LOST)


@limiter.limit(POSTS_PER_HOUR, methods=["POST"])
def new_found() -> AnyResponse:
    """I found something."""
    return _new(Kind.FOUND)


def _new(kind: Kind) -> AnyResponse:
    actor = current_actor()
    actor.require(P.LOSTFOUND_REPORT_POST)
    if request.method == "GET":
        return page(kind, Typed.blank(_first_values(request.args)))
    typed = Typed.sent(actor)
    try:
        new = command(PostLost, typed) if kind is Kind.LOST else command(PostFound, typed)
        alike = [] if "seen" in typed.values else _alike(kind, new)
        if alike:
            return page(kind, typed, alike)
        with transaction():
            no = _post(actor, new)
    except Invalid as wrong:
        typed.errors |= _at_our_fields(wrong.fields)
        return page(kind, typed)
    return redirect(url_for("lostfound.item", no=no, posted=1, desk=typed.values.get("hand_in") or None))


def _alike(kind: Kind, new: PostReport) -> list[Card]:
    return browsing.similar(_other(kind), new.title, area_of(new.place), new.category)


def _post(actor: Actor, new: PostLost | PostFound) -> str:
    return service.post_lost(actor, new) if isinstance(new, PostLost) else service.post_found(actor, new)


def _first_values(args: Mapping[str, str]) -> dict[str, str]:
    """What a new form begins with; a link may name the category, the title or the place."""
    given = {name: args[name][:80] for name in ("title", "place", "category") if name in args}
    first_desk = next((desk.code for desk in queries.desks()), "")
    return {"occurred_on": today().isoformat(), "hand_in": first_desk, **given}


def command(wanted: type[Wanted], typed: Typed) -> Wanted:
    """The form as a command; raises Invalid with everything that has to be changed."""
    _one_day(typed)
    guess = suggest(typed.values.get("title", ""))
    if not typed.values.get("category") and guess:
        typed.errors["category"] = _(
            "请选一类。按名字像是“%(guess)s”，对就直接登记。", guess=str(guess[0].label)
        )
    return typed.command(wanted)


def _one_day(typed: Typed) -> None:
    """Chips and date field are one value: the chip, or the date when its chip is "another day"."""
    chip, other = typed.values.get("occurred_on", ""), typed.values.get("other_day", "")
    if chip and other and chip != other:
        typed.errors["occurred_on"] = _("选了一天，又写了 %(day)s，请只留一个。", day=other)
    typed.values["occurred_on"] = chip or other


def _at_our_fields(errors: Mapping[str, Text]) -> dict[str, Text]:
    """Errors by the names that the form's fields have."""
    names = {"desk": "hand_in", "photo": "photos"}
    return {names.get(name, name): text for name, text in errors.items()}


def _other(kind: Kind) -> Kind:
    return Kind.FOUND if kind is Kind.LOST else Kind.LOST


def page(
    kind: Kind, typed: Typed, alike: Sequence[Card] = (), *, changes: str = "", kept: Sequence[Photo] = ()
) -> Response:
    """The form; ``changes``: the number of the report that it changes, with the photos it has."""
    actor, values = current_actor(), typed.values
    stay = [
        {"key": photo.key, "url": photo.url(320), "width": photo.w320, "height": photo.h320, "kept": True}
        for photo in kept
        if photo.key in typed.photos
    ]
    html = render_template(
        "lostfound/new.html",
        kind=kind.value,
        values=values,
        errors=typed.errors,
        changes=changes,
        thumbs=[*stay, *typed.thumbs(actor)],
        alike=alike,
        pick=picked(kind, *(values.get(name, "") for name in ("title", "category", "auto"))),
        days=_days(values.get("occurred_on", "")),
        day_parts=[("", _("不记得"))] + [(part.value, label) for part, label in DAY_PART_LABELS.items()],
        places=SUGGESTIONS,
        desks=_desk_choices() if kind is Kind.FOUND and not changes else [],
        sent=request.method == "POST",
    )
    return make_response(html, 422 if typed.errors else 200)


def _desk_choices() -> list[story.DeskChoice]:
    """Where a finder may bring it, or that he keeps it for the moment."""
    desks = [choice | {"title": _("交到%(desk)s", desk=choice["title"])} for choice in story.desk_choices()]
    return [*desks, {"value": "", "title": _("先放我这里"), "text": _("三天内没人认领，提醒你送到招领点")}]


@dataclass(frozen=True, slots=True)
class Days:
    """The days that a chip stands for, and what is in the date field."""

    today: str
    yesterday: str
    chosen: str
    other: str
    earliest: str


def _days(chosen: str) -> Days:
    day = today()
    near = (day.isoformat(), (day - timedelta(days=1)).isoformat())
    other = "" if chosen in near else chosen
    earliest = (day - timedelta(days=OLDEST_DAYS)).isoformat()
    return Days(*near, "" if other else chosen, other, earliest)


# --- what the form asks while somebody types ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pick:
    """The category chips: what the words speak for first, all others behind them."""

    value: str
    auto: str
    first: list[tuple[str, str]]
    rest: list[tuple[str, str]]
    notice: str


def picked(kind: Kind, title: str, chosen: str, auto: str) -> Pick:
    """The chips for ``title``; a category that the person chose himself stays, one that we chose follows the words."""
    guessed = [category.value for category in suggest(title)]
    own = chosen if queries.category_of(chosen) and chosen != auto else ""
    value = own or (guessed[0] if guessed else "") or (chosen if queries.category_of(chosen) else "")
    first = list(dict.fromkeys(filter(None, (value, *guessed)))) or [category.value for category in COMMON]
    names = labels().category
    return Pick(
        value,
        auto if own or not guessed else guessed[0],
        [(code, names[code]) for code in first],
        [(code, name) for code, name in names.items() if code not in first],
        _notice(kind, value),
    )


def _notice(kind: Kind, value: str) -> str:
    """What the rule leaves of it for the public, where that is not everything."""
    category = queries.category_of(value)
    if category is None:
        return ""
    if kind is Kind.FOUND:
        rule = RULES[class_of(category)]
        return "" if rule.disclosure is Disclosure.FULL else str(rule.notice)
    closed = disclosure_of_lost(category) is not Disclosure.FULL
    return _("证件和卡的细节不公开，招领点收到后直接通知你。") if closed else ""


def suggestions() -> str:
    """The category chips for what has been typed so far (htmx)."""
    args = request.args
    kind = Kind.LOST if args.get("kind") == Kind.LOST else Kind.FOUND
    pick = picked(kind, args.get("title", "")[:200], args.get("category", ""), args.get("auto", ""))
    return render_template("lostfound/_category.html", pick=pick, errors={})


def similar() -> str:
    """Reports of the other side that may be the same thing (htmx)."""
    args = request.args
    kind = Kind.FOUND if args.get("kind") == Kind.FOUND else Kind.LOST
    category = queries.category_of(args.get("category", "")) or ""
    alike = browsing.similar(kind, args.get("title", ""), area_of(args.get("place", "")[:80]), category)
    return render_template("lostfound/_similar.html", alike=alike, kind=kind.value)
