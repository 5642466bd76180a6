"""Pictures cut to a shape around the point that an editor chose."""

from __future__ import annotations

import io

from PIL import Image

from campus_service.bulletin.projection import Cover
from campus_service.media import service as media
from campus_service.media.models import file_name
from campus_service.media.storage import MissingFile

LARGEST = 2048


def stored(key: str, size: int = LARGEST) -> bytes | None:
    """The bytes of a stored picture; None when its file is gone."""
    try:
        return media.storage().get(file_name(key, size))
    except MissingFile:
        return None


def cover(picture: Cover, width: int, height: int) -> bytes | None:
    """A cover as a JPEG of just this size; None when its file is gone."""
    data = stored(picture.key)
    return cropped(data, width, height, picture.focal_x, picture.focal_y) if data else None


def cropped(data: bytes, width: int, height: int, focal_x: int = 50, focal_y: int = 50) -> bytes:
    """The largest cut of this shape that has the focal point (in hundredths) as near its middle as can be."""
    with Image.open(io.BytesIO(data)) as picture:
        box = frame(picture.width, picture.height, width / height, focal_x, focal_y)
        cut = picture.convert("RGB").resize((width, height), Image.Resampling.LANCZOS, box=box)
    out = io.BytesIO()
    cut.save(out, "JPEG", quality=88, optimize=True)
    return out.getvalue()


def frame(
    width: int, height: int, shape: float, focal_x: int, focal_y: int
) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of that cut; ``shape`` is its width over its height."""
    wide, high = min(width, height * shape), min(height, width / shape)
    left = min(max(width * focal_x / 100 - wide / 2, 0), width - wide)
    top = min(max(height * focal_y / 100 - high / 2, 0), height - high)
    return left, top, left + wide, top + high
