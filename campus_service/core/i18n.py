"""Translation for every layer: Chinese is the source language, so a message is written as the reader sees it."""

from __future__ import annotations

import flask_babel
from flask_babel import force_locale, get_locale
from flask_babel.speaklater import LazyString

LOCALES = ("zh_CN", "en")
LANGUAGE_TAGS = {"zh_CN": "zh-CN", "en": "en"}

__all__ = ["LANGUAGE_TAGS", "LOCALES", "LazyString", "_", "force_locale", "get_locale", "lazy", "ngettext"]


def _(message: str, **values: object) -> str:
    """``message`` in the reader's language now, with ``values`` for its %(names)s."""
    return str(flask_babel.gettext(message, **values))


def lazy(message: str, **values: object) -> LazyString:
    """``message`` in the language of whoever reads it later."""
    return flask_babel.lazy_gettext(message, **values)


def ngettext(singular: str, plural: str, num: int) -> str:
    """One or many, in the reader's language; %(num)s is the number."""
    return str(flask_babel.ngettext(singular, plural, num))
