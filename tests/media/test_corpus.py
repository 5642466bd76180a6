"""The gate: every picture in Pillow's source package, and real photographs, through the child process."""

from __future__ import annotations

import pytest

from campus_service.media import decoder
from campus_service.media.errors import ImageRefused
from campus_service.media.refusal import RefusalCode
from tests.media import pictures

Pictures = list[tuple[str, bytes]]


def outcome(data: bytes) -> RefusalCode | None:
    """Why it was refused, or None when every rendition is clean."""
    try:
        cleaned = decoder.clean(data)
    except ImageRefused as refusal:
        return refusal.code
    assert all(pictures.carries_only_a_picture(each.data) for each in cleaned.renditions)
    assert all(max(each.width, each.height) <= each.size for each in cleaned.renditions)
    return None


def test_all_of_pillows_pictures_are_cleaned_or_refused_for_a_reason(pillow_images: Pictures) -> None:
    outcomes = {name: outcome(data) for name, data in pillow_images}
    assert len(outcomes) > 1000
    assert list(outcomes.values()).count(None) > 450
    # None of them breaks a limit or its worker in a way that only a limit explains.
    assert not set(outcomes.values()) & {RefusalCode.TIMEOUT, RefusalCode.MEMORY}


@pytest.mark.parametrize(
    "name", ["hopper.jpg", "sugarshack.mpo", "hopper.webp", "hopper.png", "avif/hopper.heif"]
)
def test_the_formats_of_phones_are_taken(pillow_images: Pictures, name: str) -> None:
    assert outcome(dict(pillow_images)[name]) is None


@pytest.mark.parametrize(
    "name", ["hopper.gif", "hopper.tif", "hopper.psd", "decompression_bomb.gif", "hopper.bmp"]
)
def test_other_formats_are_refused(pillow_images: Pictures, name: str) -> None:
    assert outcome(dict(pillow_images)[name]) is RefusalCode.UNSUPPORTED_FORMAT


def test_real_photographs_come_out_whole(photographs: Pictures) -> None:
    outcomes = {name: outcome(data) for name, data in photographs}
    assert len(outcomes) > 15
    assert set(outcomes.values()) == {None}
