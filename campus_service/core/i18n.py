"""Translation for every layer: Chinese is the source language, so messages are written as readers see them."""

from __future__ import annotations

from typing import Any

from flask_babel import force_locale, get_locale, ngettext
from flask_babel import gettext as _
from flask_babel.speaklater import LazyString as _LazyString
from markupsafe import escape

LOCALES = ("zh_CN", "en")
LANGUAGE_TAGS = {"zh_CN": "zh-CN", "en": "en"}

__all__ = ["LANGUAGE_TAGS", "LOCALES", "LazyString", "_", "force_locale", "get_locale", "lazy", "ngettext"]


class LazyString(_LazyString):  # type: ignore[misc]  # Flask-Babel ships no types
    """A text translated when it is shown; it is a text, never markup, whatever it quotes."""

    def __html__(self) -> str:
        return str(escape(str(self)))


def lazy(text: str, **values: Any) -> LazyString:
    """``text`` in the language of the moment it is shown, with ``values`` filled in."""
    return LazyString(_, text, **values)
