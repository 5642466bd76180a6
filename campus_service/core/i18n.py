"""Translation for every layer: Chinese is the source language, so a message is written as the reader sees it."""

from __future__ import annotations

import flask_babel
from flask_babel import force_locale, get_locale
from flask_babel.speaklater import LazyString as _LazyString
from markupsafe import escape

LOCALES = ("zh_CN", "en")
LANGUAGE_TAGS = {"zh_CN": "zh-CN", "en": "en"}

__all__ = [
    "LANGUAGE_TAGS",
    "LOCALES",
    "LazyString",
    "_",
    "force_locale",
    "get_locale",
    "language",
    "lazy",
    "marked",
    "ngettext",
]


class LazyString(_LazyString):  # type: ignore[misc]  # Flask-Babel ships no types
    """A text translated when it is shown; it is a text, never markup, whatever it quotes."""

    def __html__(self) -> str:
        return str(escape(str(self)))


def _(message: str, **values: object) -> str:
    """``message`` in the reader's language now, with ``values`` for its %(names)s."""
    # Chinese messages are their own translation; the catalogue's way costs a list a quarter of its time.
    if language() == "zh_CN":
        return message % values if values else message
    return str(flask_babel.gettext(message, **values))


def lazy(message: str, **values: object) -> LazyString:
    """``message`` in the language of the moment it is shown, with ``values`` filled in."""
    return LazyString(_, message, **values)


def marked(message: str) -> str:
    """``message`` itself, gathered for translation: a text that stands in the database or in a setting."""
    return message


def ngettext(singular: str, plural: str, num: int) -> str:
    """One or many, in the reader's language; %(num)s is the number."""
    if language() == "zh_CN":
        return plural % {"num": num}
    return str(flask_babel.ngettext(singular, plural, num))


def language() -> str:
    """The reader's language as one of LOCALES."""
    return "en" if getattr(get_locale(), "language", "zh") == "en" else "zh_CN"
