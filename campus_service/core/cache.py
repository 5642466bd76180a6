"""A few answers that may be some seconds old, kept per application."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import Any, TypeVar, cast

from flask import current_app

T = TypeVar("T")
KEY = "campus_cache"
# More answers than this are not kept: readers choose some of the names.
MOST = 2000


def remembered(name: str, seconds: float, make: Callable[[], T]) -> T:
    """What ``make`` returned at most ``seconds`` ago under ``name``, else what it returns now."""
    kept: dict[str, tuple[float, Any]] = current_app.extensions.setdefault(KEY, {})
    until, value = kept.get(name, (0.0, None))
    if until > monotonic():
        return cast(T, value)
    value = make()
    if len(kept) >= MOST:
        kept.clear()
    kept[name] = (monotonic() + seconds, value)
    return value


def forget() -> None:
    """Drop everything remembered in this process."""
    current_app.extensions.pop(KEY, None)
