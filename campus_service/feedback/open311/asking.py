"""What a program asks for, out of its form or query: a service with its attributes, a page of requests, a period."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar
from urllib.parse import urlsplit

from werkzeug.datastructures import MultiDict

from campus_service.core.clock import BEIJING, now, to_local
from campus_service.core.errors import Invalid, Text
from campus_service.core.http import parse
from campus_service.core.i18n import lazy
from campus_service.core.places import BY_CODE as PLACES
from campus_service.feedback.commands import AddMessage, RequestService
from campus_service.feedback.open311.services import BY_CODE, Attribute, Datatype, Service

Values = MultiDict[str, str]
Asked = TypeVar("Asked", RequestService, AddMessage)

LONGEST_DESCRIPTION = 4000
LONGEST_VALUE = 1000
LONGEST_URL = 500
MOST_LINKS = 6
PLACE_LENGTH, NAME_LENGTH, CONTACT_LENGTH = 80, 40, 120
# GeoReport v2: a question may span 90 days, and is answered with 1000 at most.
LONGEST_SPAN = timedelta(days=90)
MOST = 1000
MOST_PAGES = 10_000
# What our commands call a field, and what the caller called it.
_THEIR_NAMES = {"body": "description", "place": "address_string"}
_MISSING = lazy("要填。")


def service_request(form: Values) -> RequestService:
    """The service that is asked for; raises Invalid with the caller's own field names."""
    service = BY_CODE.get(form.get("service_code", ""))
    if service is None:
        wrong = lazy("没有这个服务，见 services。") if form.get("service_code") else _MISSING
        raise Invalid({"service_code": wrong})
    description = _description(form)
    point, address = _where(form)
    said, private = _attributes(service, form)
    lines = said + _links(form) + ([f"地点：{address}"] if len(address) > PLACE_LENGTH else [])
    values = {
        "body": "\n\n".join(filter(None, (description or service.name, "\n".join(lines)))),
        "kind": service.kind,
        "place": address[:PLACE_LENGTH],
        "lat": point[0] if point else None,
        "long": point[1] if point else None,
        "service_code": service.code,
        "department": service.department,
        "consent": service.public,
        "caller_name": f"{form.get('last_name', '')}{form.get('first_name', '')}"[:NAME_LENGTH],
        "caller_contact": " · ".join(filter(None, (form.get("phone"), form.get("email"), *private)))[
            :CONTACT_LENGTH
        ],
    }
    return _theirs(lambda: parse(RequestService, values))


def message(form: Values) -> AddMessage:
    """A word that the sender adds; raises Invalid."""
    lines = (_description(form), *_links(form))
    if not any(lines):
        raise Invalid({"description": _MISSING})
    return _theirs(lambda: parse(AddMessage, {"body": "\n".join(filter(None, lines))}))


def _theirs(make: Callable[[], Asked]) -> Asked:
    try:
        return make()
    except Invalid as wrong:
        raise Invalid({_THEIR_NAMES.get(name, name): text for name, text in wrong.fields.items()}) from None


def _description(form: Values) -> str:
    text = form.get("description", "").strip()
    if len(text) > LONGEST_DESCRIPTION:
        raise Invalid({"description": lazy("最多 %(n)s 个字。", n=LONGEST_DESCRIPTION)})
    return text


def _where(form: Values) -> tuple[tuple[float, float] | None, str]:
    """The point and the address: one of them is needed; an address_id is the code of one of our places."""
    address, place = form.get("address_string", "").strip(), form.get("address_id", "").strip()
    if not address and place in PLACES:
        address = str(PLACES[place].label)
    elif place and not address:
        raise Invalid({"address_id": lazy("没有这个地点。")})
    given = {name: form.get(name, "").strip() for name in ("lat", "long")}
    if not any(given.values()):
        if not address:
            raise Invalid({"lat": lazy("要有 lat 和 long，或 address_string，或 address_id。")})
        return None, address
    return (_degrees("lat", given["lat"], 90), _degrees("long", given["long"], 180)), address


def _degrees(name: str, value: str, most: int) -> float:
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not abs(number) <= most:  # not a number is refused too
        raise Invalid({name: lazy("要一个 -%(most)s 到 %(most)s 之间的数。", most=most)})
    return number


def _links(form: Values) -> list[str]:
    """Addresses of pictures stay text: we fetch nothing that a caller names."""
    given = [url.strip() for url in form.getlist("media_url") + form.getlist("media_url[]") if url.strip()]
    if len(given) > MOST_LINKS or not all(map(_is_link, given)):
        raise Invalid({"media_url": lazy("最多 %(n)s 个 http 或 https 地址。", n=MOST_LINKS)})
    return [f"图片链接：{url}" for url in given]


def _is_link(url: str) -> bool:
    if len(url) > LONGEST_URL or not url.isprintable() or " " in url:
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)


# --- attributes -------------------------------------------------------------------------------------------------


def _attributes(service: Service, form: Values) -> tuple[list[str], list[str]]:
    """The attributes as lines of the message, and those that only staff may see."""
    said: list[str] = []
    private: list[str] = []
    wrong: dict[str, Text] = {}
    for attribute in service.attributes:
        field = f"attribute[{attribute.code}]"
        given = [text.strip() for text in form.getlist(field) + form.getlist(f"{field}[]") if text.strip()]
        if not attribute.variable:
            continue
        if not given and attribute.required:
            wrong[field] = _MISSING
        elif given:
            try:
                line = f"{attribute.label}：{_READERS[attribute.datatype](attribute, given)}"
            except ValueError:
                wrong[field] = lazy("这里要 %(type)s，见 services 里的说明。", type=attribute.datatype.value)
                continue
            (private if attribute.private else said).append(line)
    if wrong:
        raise Invalid(wrong)
    return said, private


def _text(_attribute: Attribute, given: list[str]) -> str:
    if len(given) > 1 or len(given[0]) > LONGEST_VALUE:
        raise ValueError
    return given[0]


def _number(attribute: Attribute, given: list[str]) -> str:
    text = _text(attribute, given)
    if not math.isfinite(float(text)):
        raise ValueError
    return text


def _moment(attribute: Attribute, given: list[str]) -> str:
    local = to_local(moment(_text(attribute, given)))
    # In words: a row of digits would look like somebody's number.
    return f"{local.month}月{local.day}日 {local:%H:%M}"


def _one(attribute: Attribute, given: list[str]) -> str:
    return _several(attribute, [_text(attribute, given)])


def _several(attribute: Attribute, given: list[str]) -> str:
    names = dict(attribute.values)
    if not set(given) <= set(names):
        raise ValueError
    return "、".join(names[key].partition(" ")[0] for key in dict.fromkeys(given))


_READERS: dict[Datatype, Callable[[Attribute, list[str]], str]] = {
    Datatype.STRING: _text,
    Datatype.TEXT: _text,
    Datatype.NUMBER: _number,
    Datatype.DATETIME: _moment,
    Datatype.SINGLE: _one,
    Datatype.MULTI: _several,
}


# --- questions --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Period:
    """From when to when, both included."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of the answer."""

    offset: int
    limit: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which requests: the named ones, or those of a period, of some services, in a status."""

    period: Period
    page: Page
    ids: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    statuses: frozenset[str] = frozenset()


def wanted(args: Values) -> Wanted:
    """The question of GET requests; raises Invalid. Named requests override everything else."""
    ids, where = _list(args, "service_request_id"), page(args)
    if ids:
        # What no number can be finds nothing, but does not reach the database either.
        numbers = tuple(text.upper() for text in ids[:MOST] if text.isprintable())
        return Wanted(period(MultiDict()), where, ids=numbers or ("-",))
    services, statuses = _list(args, "service_code"), _list(args, "status")
    _check("service_code", services, BY_CODE)
    _check("status", statuses, ("open", "closed"))
    return Wanted(period(args), where, services=tuple(services), statuses=frozenset(statuses))


def _list(args: Values, name: str) -> list[str]:
    return [text.strip() for text in ",".join(args.getlist(name)).split(",") if text.strip()]


def _check(name: str, given: Iterable[str], known: Iterable[str]) -> None:
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise Invalid({name: lazy("没有“%(what)s”。", what=unknown[0][:40])})


def page(args: Values) -> Page:
    """``page`` (from 1) and ``page_size`` (1000 at most, which is also what one gets without asking)."""
    size = min(_count(args, "page_size", MOST), MOST)
    return Page((min(_count(args, "page", 1), MOST_PAGES) - 1) * size, size)


def _count(args: Values, name: str, default: int) -> int:
    text = args.get(name, "").strip()
    if not text:
        return default
    if not re.fullmatch(r"[0-9]{1,9}", text) or int(text) < 1:
        raise Invalid({name: lazy("要一个大于 0 的整数。")})
    return int(text)


def period(args: Values, both: bool = False) -> Period:
    """``start_date`` to ``end_date``: 90 days at most, the last 90 when neither is given.

    ``both``: one without the other is refused. Raises Invalid.
    """
    start, end = (_given(args, name) for name in ("start_date", "end_date"))
    if both and (start is None) != (end is None):
        missing = "start_date" if start is None else "end_date"
        raise Invalid({missing: lazy("start_date 和 end_date 要么都写，要么都不写。")})
    if end is None:
        end = now() if start is None else max(min(start + LONGEST_SPAN, now()), start)
    if start is None:
        start = end - LONGEST_SPAN
    if end < start:
        raise Invalid({"end_date": lazy("比 start_date 早。")})
    if end - start > LONGEST_SPAN:
        raise Invalid({"start_date": lazy("到 end_date 最多 %(n)s 天。", n=LONGEST_SPAN.days)})
    return Period(start, end)


def _given(args: Values, name: str) -> datetime | None:
    text = args.get(name, "").strip()
    try:
        return moment(text) if text else None
    except ValueError:
        raise Invalid({name: lazy("要写成 2026-11-01T08:00:00+08:00 这样。")}) from None


def moment(text: str) -> datetime:
    """A moment as W3C writes it; without a zone it is Beijing time. Raises ValueError."""
    # In an address a "+" that was not escaped arrives as a blank.
    read = datetime.fromisoformat(re.sub(r" (\d\d:\d\d)$", r"+\1", text))
    read = read if read.tzinfo else read.replace(tzinfo=BEIJING)
    if not 1970 <= read.year <= 2200:  # so that adding and subtracting days stays a date
        raise ValueError(text)
    return read
