"""A lifecycle allows what its table lists and nothing else."""

from __future__ import annotations

from enum import StrEnum

import pytest
from flask import Flask

from campus_service.core.errors import Conflict
from campus_service.core.i18n import lazy
from campus_service.core.lifecycle import Lifecycle


class Light(StrEnum):
    """States for these tests."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"

    @property
    def label(self) -> object:
        return lazy("红灯") if self is Light.RED else self.value


LIGHTS = Lifecycle({Light.GREEN: {Light.AMBER}, Light.AMBER: {Light.RED}})


@pytest.mark.parametrize("old", Light)
@pytest.mark.parametrize("new", Light)
def test_exactly_the_listed_moves_are_allowed(old: Light, new: Light) -> None:
    assert LIGHTS.allows(old, new) == ((old, new) in {(Light.GREEN, Light.AMBER), (Light.AMBER, Light.RED)})


def test_an_unlisted_move_is_a_conflict_that_names_the_state(app: Flask) -> None:
    LIGHTS.check(Light.GREEN, Light.AMBER)
    with pytest.raises(Conflict, match="红灯"):
        LIGHTS.check(Light.RED, Light.GREEN)


def test_a_state_that_nothing_follows_is_final() -> None:
    assert [LIGHTS.final(state) for state in Light] == [False, False, True]
