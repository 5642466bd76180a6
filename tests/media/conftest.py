"""Fixtures for photos: a decoding program of the test's own, real pictures."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest

from campus_service.media import decoder
from campus_service.media.decoder import Decoder
from campus_service.media.limits import Limits
from tests.media import corpus


@pytest.fixture
def own_decoder() -> Iterator[Callable[..., Decoder]]:
    """Makes decoders with limits of the test's choice and ends their programs afterwards."""
    made: list[Decoder] = []

    def make(**limits: int) -> Decoder:
        made.append(Decoder(Limits(**limits)))
        return made[-1]

    yield make
    for each in made:
        each.stop()


@pytest.fixture(scope="session", autouse=True)
def _end_the_shared_program() -> Iterator[None]:
    yield
    decoder.stop()


@pytest.fixture(scope="session")
def pillow_images() -> list[tuple[str, bytes]]:
    """The pictures in Pillow's own source package."""
    return _or_skip(corpus.pillow_images)


@pytest.fixture(scope="session")
def photographs() -> list[tuple[str, bytes]]:
    """The photographs in scikit-image."""
    return _or_skip(corpus.photographs)


def _or_skip(fetch: Callable[[], list[tuple[str, bytes]]]) -> list[tuple[str, bytes]]:
    try:
        return fetch()
    except corpus.Unreachable as error:
        message = f"real pictures could not be fetched with pip: {error}"
        if os.environ.get("CAMPUS_REQUIRE_ALL") == "1":
            pytest.fail(message)
        pytest.skip(message)
