"""What every page needs: security headers with a nonce CSP, hashed asset addresses, language, dates in words."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from babel import Locale
from flask import Flask, Response, g, has_request_context, request, session, url_for
from flask_babel import Babel, get_translations
from flask_login import current_user
from flask_wtf.csrf import CSRFProtect
from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from campus_service.core.actor import Actor
from campus_service.core.clock import now, to_local, today
from campus_service.core.http import current_actor
from campus_service.core.i18n import LANGUAGE_TAGS, LOCALES, _, get_locale, language, lazy, marked, ngettext
from campus_service.core.permissions import Permission
from campus_service.core.settings import settings

csrf = CSRFProtect()
babel = Babel()

NAV: list[dict[str, Any]] = []


@dataclass(frozen=True, slots=True)
class Section:
    """A list on the page of one's own things; its template draws ``rows``."""

    template: str
    rows: Sequence[Any]


# What each feature shows a person of his own, in this order on /me.
MINE: list[Callable[[Actor], Section]] = []
# What features beside the registry show on the front page; None: nothing today.
FRONT: list[Callable[[], Section | None]] = []


def init_app(app: Flask) -> None:
    """Install headers, language choice, CSRF protection and the names that templates use."""
    conf = settings_of(app)
    app.config.update(
        SESSION_COOKIE_NAME="__Host-session" if conf.https else "session",
        SESSION_COOKIE_SECURE=conf.https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=conf.https,
        BABEL_DEFAULT_LOCALE="zh_CN",
        BABEL_DEFAULT_TIMEZONE="Asia/Shanghai",
        SEND_FILE_MAX_AGE_DEFAULT=31_536_000,
    )
    babel.init_app(
        app,
        # Parsed once: finding out what "zh_CN" means takes half a millisecond.
        locale_selector=lambda: _parsed(choose_locale()),
        default_translation_directories=str(Path(__file__).parent.parent / "translations"),
    )
    _translate_fast(app)
    csrf.init_app(app)
    app.after_request(_headers)
    app.before_request(_remember_language)
    app.context_processor(_names)
    app.jinja_env.globals.update(
        asset=_asset_in(app),
        csp_nonce=csp_nonce,
        fmt_day=fmt_day,
        has_page=app.view_functions.__contains__,
        fmt_when=fmt_when,
        rel_time=rel_time,
        P=Permission,
        now=now,
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True


def _translate_fast(app: Flask) -> None:
    """Chinese messages are their own translation: templates skip the catalogue, 40 % of a page's time."""

    def ngettext(one: str, many: str, number: int) -> str:
        return many if language() == "zh_CN" else str(get_translations().ungettext(one, many, number))

    app.jinja_env.install_gettext_callables(_gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]
    app.jinja_env.globals.update(gettext=_gettext_in_page, _=_gettext_in_page)


def _gettext(message: str) -> str:
    return message if language() == "zh_CN" else str(get_translations().ugettext(message))


@pass_context
def _gettext_in_page(context: Context, message: str, /, **values: object) -> str:
    """As Jinja's own, but the page knows its language once for all its messages."""
    known = context.get("lang_tag")
    text = message if known == LANGUAGE_TAGS["zh_CN"] else _gettext(message)
    return (Markup(text) if context.eval_ctx.autoescape else text) % values  # noqa: S704  # messages are ours


@cache
def _parsed(locale: str) -> Locale:
    return Locale.parse(locale)


def settings_of(app: Flask) -> Any:
    """The settings of ``app`` while it is being built."""
    from campus_service.core.settings import KEY

    return app.extensions[KEY]


def choose_locale() -> str:
    """The person's language, else the one chosen on this device, else the browser's, else Chinese."""
    if not has_request_context():
        return "zh_CN"
    chosen = session.get("locale") or getattr(current_user, "locale", None)
    if chosen in LOCALES:
        return str(chosen)
    tags = ["zh-CN", "zh", "en"]
    return "en" if request.accept_languages.best_match(tags, "zh-CN") == "en" else "zh_CN"


def _remember_language() -> None:
    chosen = {"en": "en", "zh": "zh_CN", "zh-CN": "zh_CN"}.get(request.args.get("lang", ""))
    if chosen:
        session["locale"] = chosen


def csp_nonce() -> str:
    """This response's nonce for the few scripts of our own."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return str(g.csp_nonce)


def _headers(response: Response) -> Response:
    headers = response.headers
    # A page that the browser kept (304) keeps its policy too: its scripts carry that policy's nonce.
    if response.status_code != 304:
        headers.setdefault(
            "Content-Security-Policy",
            f"default-src 'self'; script-src 'nonce-{csp_nonce()}' 'strict-dynamic'; style-src 'self'; "
            "img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
        )
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", "camera=(self), geolocation=(), microphone=()")
    if settings().https:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
    if request.endpoint not in ("static", "media.show"):
        headers.setdefault("Cache-Control", "private, no-cache")
        headers.add("Vary", "Cookie, Accept-Language")
    return response


def _asset_in(app: Flask) -> Any:
    root = Path(str(app.static_folder))

    @cache
    def asset(name: str) -> str:
        """The address of a file in static/ that changes when the file does."""
        digest = hashlib.sha256((root / name).read_bytes()).hexdigest()[:12]
        return f"{app.static_url_path}/{name}?v={digest}"

    return asset


def _names() -> dict[str, Any]:
    locale = language()
    return {
        "actor": current_actor(),
        "site": SITE | {"name": site_name(), "url": settings().base_url},
        "nav_items": [item | {"url": url_for(item["endpoint"])} for item in NAV],
        "lang_tag": LANGUAGE_TAGS.get(locale, "zh-CN"),
        "get_locale": get_locale,
        "demo": settings().demo,
    }


SITE = {
    "address": lazy("大学生事务服务中心，大学生活动中心一楼"),
    "hours": lazy("工作日 8:00–12:00，14:00–17:30"),
    "phone": "0000-6100",
    "security_phone": "0000-1110",
    "counselling_phone": "0000-7151",
}

# The name when the settings give no other.
DEFAULT_NAME = marked("江城大学校园服务")


def site_name() -> str:
    """What the site is called; a name of one's own (CAMPUS_SITE_NAME) is the same in all languages."""
    return _(settings().site_name)


_WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
_WEEKDAYS_EN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS_EN = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def fmt_day(day: date, weekday: bool = True) -> str:
    """10月31日 周六; another year is named: 2025年10月31日 周五. English: Sat 31 Oct."""
    if language() == "en":
        text = f"{day.day} {_MONTHS_EN[day.month - 1]}" + ("" if day.year == today().year else f" {day.year}")
        return f"{_WEEKDAYS_EN[day.weekday()]} {text}" if weekday else text
    text = f"{day.month}月{day.day}日"
    if day.year != today().year:
        text = f"{day.year}年{text}"
    return f"{text} {_WEEKDAYS[day.weekday()]}" if weekday else text


def fmt_when(moment: datetime) -> str:
    """10月31日 周六 14:05, Beijing time."""
    local = to_local(moment)
    return f"{fmt_day(local.date())} {local:%H:%M}"


def rel_time(moment: datetime) -> str:
    """刚才, 5 分钟前, 3 小时前, then the day."""
    seconds = (now() - moment).total_seconds()
    if 0 <= seconds < 60:
        return _("刚才")
    if 0 <= seconds < 3600:
        return ngettext("%(num)s 分钟前", "%(num)s 分钟前", int(seconds // 60))
    if 0 <= seconds < 86_400:
        return ngettext("%(num)s 小时前", "%(num)s 小时前", int(seconds // 3600))
    return fmt_day(to_local(moment).date())
