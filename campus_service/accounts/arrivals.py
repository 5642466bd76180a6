"""Who else wants to know that an account has come: features register what they do in the same transaction."""

from __future__ import annotations

from collections.abc import Callable

from campus_service.accounts.models import User

Listener = Callable[[int, str], None]
_listeners: list[Listener] = []


def on_arrival(listener: Listener) -> Listener:
    """Call ``listener`` with a person's id and student number when his account is confirmed; usable as a decorator."""
    _listeners.append(listener)
    return listener


def arrived(user: User) -> None:
    """Tell all listeners that ``user`` can sign in from now on; without a number nobody looks for him."""
    if user.student_no:
        for listener in _listeners:
            listener(user.id, user.student_no)
