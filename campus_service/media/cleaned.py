"""What decoding yields: renditions and their limits. Light, so that the web process need not import Pillow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

#: Bounds of the long side of each rendition in pixels, largest first: each is made from the one before.
SIZES: Final = (2048, 960, 320)
#: An upload's limit in bytes (ASVS 5.2.1).
MAX_BYTES: Final = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Rendition:
    """One JPEG: `size` is the bound it was made for, width and height (px) what it came to, never enlarged."""

    size: int
    width: int
    height: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A photo ready to be stored: its average colour as "#rrggbb" and its renditions, largest first."""

    colour: str
    renditions: tuple[Rendition, ...]

    def rendition(self, size: int) -> Rendition:
        """The rendition made for `size` (one of SIZES)."""
        return next(each for each in self.renditions if each.size == size)
