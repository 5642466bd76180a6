"""The one source of "now": UTC inside, Beijing time on pages; tests may set it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

BEIJING = ZoneInfo("Asia/Shanghai")
_frozen: ContextVar[datetime | None] = ContextVar("frozen_now", default=None)


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return _frozen.get() or datetime.now(UTC)


def today() -> date:
    """The present day in Beijing."""
    return to_local(now()).date()


def to_local(moment: datetime) -> datetime:
    """``moment`` as Beijing time."""
    return moment.astimezone(BEIJING)


@contextmanager
def freeze(moment: datetime) -> Iterator[None]:
    """Let ``now()`` be ``moment`` inside the block (this thread or task only)."""
    token = _frozen.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _frozen.reset(token)
