"""Which job names exist and what runs them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Payload = dict[str, Any]
Handler = Callable[[list[Payload]], None]


@dataclass(frozen=True, slots=True)
class Job:
    """How one kind of job is run.

    ``batch``: how many rows one call may take. ``transactional``: the handler runs inside transaction()
    together with the removal of its rows, so its effect in the database is exactly once; a handler that
    talks to the outside (mail, index, files) runs without, and must bear being repeated.
    """

    name: str
    run: Handler
    batch: int
    transactional: bool


JOBS: dict[str, Job] = {}
DAILY: dict[str, int] = {}


def job(
    name: str, *, batch: int = 1, transactional: bool = True
) -> Callable[[Callable[[Any], None]], Callable[[Any], None]]:
    """Register a handler: it gets one payload, or with ``batch`` > 1 the list of payloads."""

    def register(handler: Callable[[Any], None]) -> Callable[[Any], None]:
        run: Handler = handler if batch > 1 else lambda payloads: handler(payloads[0])
        JOBS[name] = Job(name, run, batch, transactional)
        return handler

    return register


def daily(name: str, *, hour: int) -> None:
    """Let the worker enqueue job ``name`` every day at ``hour`` o'clock Beijing time."""
    DAILY[name] = hour
