"""A lifecycle is a table of allowed moves; whatever is not listed raises Conflict."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from enum import StrEnum
from typing import Generic, TypeVar

from campus_service.core.errors import Conflict
from campus_service.core.i18n import lazy

S = TypeVar("S", bound=StrEnum)


class Lifecycle(Generic[S]):
    """The allowed moves between the states of one thing."""

    def __init__(self, moves: Mapping[S, AbstractSet[S]]) -> None:
        self.moves = moves

    def allows(self, old: S, new: S) -> bool:
        """Whether ``old`` → ``new`` is listed."""
        return new in self.moves.get(old, frozenset())

    def check(self, old: S, new: S) -> None:
        """Raise Conflict unless ``old`` → ``new`` is listed."""
        if not self.allows(old, new):
            raise Conflict(lazy("现在不能这样做：这件事已经到了“%(state)s”这一步。", state=label(old)))

    def final(self, state: S) -> bool:
        """Whether nothing can follow ``state``."""
        return not self.moves.get(state)


def label(state: StrEnum) -> object:
    """The state's name for readers: its ``label`` property where it has one, else its code."""
    return getattr(state, "label", state.value)
