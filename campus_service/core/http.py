"""The web's edge: current actor, forms into commands, errors into pages or JSON problems, page cursors."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

import structlog
from flask import (
    Flask,
    Response,
    current_app,
    g,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_login import AnonymousUserMixin, current_user
from pydantic import BaseModel, ValidationError
from sqlalchemy.exc import DataError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException
from werkzeug.routing import IntegerConverter, Map
from werkzeug.wrappers import Response as AnyResponse

from campus_service.core.actor import Actor
from campus_service.core.clock import BEIJING
from campus_service.core.db import db, is_disk_full
from campus_service.core.errors import DomainError, Invalid, NotFound, SignInNeeded
from campus_service.core.i18n import _, lazy

log = structlog.get_logger(__name__)
Command = TypeVar("Command", bound=BaseModel)


def current_actor() -> Actor:
    """Who sent this request, by session cookie or API token; a visitor if nobody signed in."""
    actor = getattr(current_user, "actor", None)
    return actor if isinstance(actor, Actor) else Actor.visitor()


def parse(command: type[Command], values: Mapping[str, Any]) -> Command:
    """Turn ``values`` into ``command``; raises Invalid with one message per field, in the reader's language."""
    # PostgreSQL cannot store a NUL, and nobody types one.
    nul = [name for name, value in values.items() if _has_nul(value)]
    if nul:
        raise Invalid(dict.fromkeys(nul, lazy("这里有看不见的字符，请重新输入。")))
    try:
        return command.model_validate(values)
    except ValidationError as error:
        raise Invalid(field_messages(error)) from None


def _has_nul(value: Any) -> bool:
    return any(
        "\0" in part for part in (value if isinstance(value, list) else [value]) if isinstance(part, str)
    )


def parse_form(command: type[Command]) -> Command:
    """The request's form as ``command``; names that the command declares as lists take all their values."""
    values: dict[str, Any] = {}
    for name, field in command.model_fields.items():
        if name in request.form:
            many = str(field.annotation).startswith(("list", "tuple"))
            given: Any = request.form.getlist(name) if many else request.form[name]
            values[name] = given
    return parse(command, values)


def parse_json(command: type[Command]) -> Command:
    """The request's JSON body as ``command``; unknown names are refused (mass assignment)."""
    try:
        body = request.get_json(silent=True)
    except RecursionError:
        body = None
    if not isinstance(body, dict):
        raise Invalid({"body": lazy("请求的内容要是一个 JSON 对象。")})
    unknown = set(body) - set(command.model_fields)
    if unknown:
        raise Invalid({name: lazy("没有这个字段。") for name in sorted(unknown)})
    return parse(command, body)


_MESSAGES = {
    "missing": lazy("这里要填。"),
    "string_too_short": lazy("这里要填。"),
    "date_from_datetime_parsing": lazy("日期要写成 2026-10-31 这样。"),
    "date_parsing": lazy("日期要写成 2026-10-31 这样。"),
    "int_parsing": lazy("这里要一个整数。"),
    "enum": lazy("请从列出的里面选一个。"),
    "literal_error": lazy("请从列出的里面选一个。"),
}


def field_messages(error: ValidationError) -> dict[str, Any]:
    """One message per field; our own ValueErrors carry their words, pydantic's are put into ours."""
    messages: dict[str, Any] = {}
    for item in error.errors():
        name = str(item["loc"][0]) if item["loc"] else "form"
        context = item.get("ctx", {})
        if item["type"] == "value_error":
            text: Any = context["error"].args[0]
        elif item["type"] == "string_too_long":
            text = lazy(
                "最多 %(n)s 个字，现在有 %(now)s 个。", n=context["max_length"], now=len(str(item["input"]))
            )
        elif item["type"] == "too_long":
            text = lazy("最多 %(n)s 个。", n=context["max_length"])
        else:
            text = _MESSAGES.get(item["type"], lazy("这里填的看不懂，请改一下。"))
        messages.setdefault(name, text)
    return messages


def encode_cursor(*values: Any) -> str:
    """Values of the last row as an opaque, URL-safe page cursor."""
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def decode_cursor(cursor: str, *types: type) -> tuple[Any, ...] | None:
    """The values of ``cursor``, or None when it is empty or not one of ours."""
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, RecursionError):
        return None
    if isinstance(values, list) and len(values) == len(types) and all(map(_fits, values, types)):
        return tuple(values)
    return None


def decode_moment(cursor: str) -> tuple[datetime, int] | None:
    """The moment and the id of the last row of a page, from ``encode_cursor(moment.isoformat(), id)``; None as above."""
    found = decode_cursor(cursor, str, int)
    try:
        return (datetime.fromisoformat(found[0]).astimezone(BEIJING), found[1]) if found else None
    except (ValueError, OverflowError):
        return None


def _fits(value: Any, kind: type) -> bool:
    """Whether a column of ``kind`` could hold ``value``: a forged cursor must not reach the database."""
    if isinstance(value, int) and abs(value) >= 2**63:
        return False
    if isinstance(value, str) and any(letter == "\0" or "\ud800" <= letter <= "\udfff" for letter in value):
        return False
    return isinstance(value, kind) and not isinstance(value, bool)


def wants_json() -> bool:
    """Whether the answer should be JSON: the API, or a client that prefers it."""
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    return request.path.startswith(("/api/", "/open311/")) or best == "application/json"


def problem(status: int, detail: str, **members: Any) -> Response:
    """An RFC 9457 problem."""
    body = {
        "type": "about:blank",
        "status": status,
        "title": TITLES.get(status, ""),
        "detail": detail,
        **members,
    }
    response = jsonify({**body, "title": str(body["title"])})
    response.status_code = status
    response.content_type = "application/problem+json"
    return response


TITLES = {
    400: lazy("这个请求看不懂"),
    401: lazy("请先登录"),
    403: lazy("这里需要别的权限"),
    404: lazy("没有找到"),
    405: lazy("这个地址不接受这种请求"),
    409: lazy("情况刚刚变了"),
    413: lazy("内容太大了"),
    415: lazy("不支持这种文件"),
    422: lazy("有几处要改一下"),
    429: lazy("请稍后再试"),
    500: lazy("网站出了故障"),
    503: lazy("现在存不进去"),
    507: lazy("存储空间满了"),
}


def init_app(app: Flask) -> None:
    """Install the one place where an exception becomes an answer."""
    app.url_map.converters["int"] = _ColumnInteger
    app.register_error_handler(DomainError, _domain_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _crash)


class _ColumnInteger(IntegerConverter):
    """An id in an address: what no integer column can hold is no page of ours."""

    def __init__(self, map: Map, max: int = 2**31 - 1, **options: Any) -> None:
        super().__init__(map, max=max, **options)


def _domain_error(error: DomainError) -> AnyResponse:
    if isinstance(error, SignInNeeded) and not (wants_json() or _wants_part()):
        return redirect(url_for("accounts.sign_in", next=_page_of_reader()))
    if wants_json():
        members = {}
        if isinstance(error, Invalid):
            members["errors"] = {name: str(text) for name, text in error.fields.items()}
        return problem(error.status, str(error.message), **members)
    return _page(error.status, str(error.message))


def _wants_part() -> bool:
    """Whether htmx asks for a part of a page: a sign-in page has no place there."""
    return "HX-Request" in request.headers and "HX-Boosted" not in request.headers


def _page_of_reader() -> str:
    """Where to go on after signing in: this page, or the one whose form was sent."""
    if request.method in ("GET", "HEAD"):
        return request.full_path.rstrip("?")
    form = urlsplit(request.referrer or "")
    return f"{form.path}?{form.query}".rstrip("?") if form.netloc == request.host else "/"


def _http_error(error: HTTPException) -> AnyResponse:
    status = error.code or 500
    if status in (301, 302, 303, 304, 307, 308):
        return error.get_response()
    detail = {
        404: str(NotFound.default),
        405: _("请从页面上的按钮进入。"),
        413: _("一次最多 6 张照片，每张不超过 8 MB；表格不超过 50 MB。"),
        429: _("短时间里次数太多，过一会儿再试。"),
        400: _("页面可能放得太久了，请返回刷新后再发一次；已填的内容还在草稿里。"),
    }.get(status, "")
    response = problem(status, detail) if wants_json() else _page(status, detail)
    for name, value in error.get_headers():
        if name in ("Retry-After", "Allow"):
            response.headers[name] = value
    return response


def _crash(error: Exception) -> AnyResponse:
    db.session.rollback()
    if is_disk_full(error):
        full = not any(word in str(error).lower() for word in ("readonly", "read-only"))
        return _answer(507 if full else 503, _("暂时只能看、不能存。你填的内容没有存下，请过一会儿再发。"))
    if isinstance(error, DataError):
        log.warning("a value no column can hold", path=request.path)
        return _answer(400, _("有一处内容我们存不了，请检查后再发。"))
    if isinstance(error, OperationalError | InterfaceError | PoolTimeout):
        log.exception("database unreachable")
        # Neither the words' language nor the page's frame may ask the database who is signed in.
        g._login_user = AnonymousUserMixin()  # noqa: SLF001  # where Flask-Login keeps the person of a request
        return _answer(503, _("数据库暂时连不上，请过一会儿再试。"))
    log.exception("unhandled error", path=request.path)
    if current_app.testing:
        raise error
    return _answer(500, _("我们已经记下这次故障。请过一会儿再试；你填的内容还在草稿里。"))


def _answer(status: int, detail: str) -> AnyResponse:
    return problem(status, detail) if wants_json() else _page(status, detail)


def _page(status: int, detail: str) -> Response:
    title = TITLES.get(status, TITLES[500])
    try:
        text = render_template("errors/problem.html", status=status, title=title, detail=detail)
    except Exception:  # the page's frame may be what fails: this one needs neither database nor session
        log.exception("the error page itself failed")
        text = render_template("errors/crash.html", title=title, detail=detail)
    response = make_response(text, status)
    response.headers["Cache-Control"] = "no-store"
    return response
