"""What a photo looks like: a difference hash of 64 bits and the shares of coarse colours. Needs Pillow; the worker's."""

from __future__ import annotations

import colorsys
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from campus_service.lostfound.matching.scoring import Evidence

# Bits that differ between two photos of one thing on one table; strangers differ in about half of the 64.
ALIKE, UNLIKE = 12, 26
HUES = 9


@dataclass(frozen=True, slots=True)
class Print:
    """The shape as 64 bits, and the shares of black, white, grey and nine hues in percent."""

    shape: int
    colours: tuple[int, ...]


def read(jpeg: bytes) -> Print:
    """The print of a photo that the site itself has stored."""
    from PIL import Image

    with Image.open(io.BytesIO(jpeg), formats=("JPEG",)) as picture:
        grey = picture.convert("L").resize((9, 8), Image.Resampling.BOX).tobytes()
        small = picture.convert("RGB").resize((16, 16), Image.Resampling.BOX).tobytes()
    bits = (grey[9 * row + at] > grey[9 * row + at + 1] for row in range(8) for at in range(8))
    shape = sum(1 << place for place, bit in enumerate(bits) if bit)
    return Print(shape, _shares([tuple(small[at : at + 3]) for at in range(0, len(small), 3)]))


def _shares(pixels: Sequence[Sequence[int]]) -> tuple[int, ...]:
    counts = [0] * (3 + HUES)
    for red, green, blue in pixels:
        hue, saturation, value = colorsys.rgb_to_hsv(red / 255, green / 255, blue / 255)
        if value < 0.2:
            place = 0
        elif saturation < 0.15:
            place = 1 if value > 0.8 else 2
        else:
            place = 3 + int(hue * HUES) % HUES
        counts[place] += 1
    return tuple(round(100 * count / len(pixels)) for count in counts)


def compare(ours: Print, theirs: Print) -> Iterable[Evidence]:
    """Evidence for or against; photos are taken anywhere, so that only the extremes say something."""
    distance = (ours.shape ^ theirs.shape).bit_count()
    colours = sum(min(pair) for pair in zip(ours.colours, theirs.colours, strict=True)) / 100
    if distance <= ALIKE or (distance <= UNLIKE and colours >= 0.75):
        yield Evidence("photo+", 1.0 if distance <= ALIKE else 0.5)
    elif distance > UNLIKE and colours < 0.25:
        yield Evidence("photo-", 1.0)
