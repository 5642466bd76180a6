"""Covers for the demo's articles: landscapes of a campus by a lake, drawn with Pillow; one mood for each section."""

from __future__ import annotations

import io
import random

from PIL import Image, ImageDraw, ImageFilter

from campus_service.bulletin.states import Section

WIDTH, HEIGHT = 1200, 1500
Colour = tuple[int, int, int]

# Sky above, sky below, hills, water, light.
_MOODS: dict[Section, tuple[Colour, Colour, Colour, Colour, Colour]] = {
    Section.EVENTS: ((246, 214, 170), (233, 150, 110), (120, 84, 90), (84, 110, 128), (255, 240, 200)),
    Section.TIPS: ((206, 226, 220), (240, 232, 210), (92, 128, 104), (126, 170, 178), (255, 250, 230)),
    Section.STUDY: ((160, 196, 214), (226, 232, 228), (70, 98, 118), (110, 150, 170), (255, 246, 214)),
    Section.CAREERS: ((238, 226, 196), (214, 178, 120), (104, 92, 70), (120, 134, 130), (255, 248, 220)),
    Section.SURVEY_REPORTS: ((14, 34, 52), (36, 74, 98), (12, 26, 38), (24, 58, 78), (246, 232, 196)),
}
_LAMP: Colour = (243, 200, 106)


def draw(section: Section, seed: int) -> bytes:
    """A JPEG of 1200×1500: sky, sun or moon, hills, a library with lit windows, the lake and its path."""
    rng = random.Random(seed)
    top, low, hill, water, light = _MOODS[section]
    image = _sky(top, low)
    pen = ImageDraw.Draw(image, "RGBA")
    if section is Section.SURVEY_REPORTS:
        _stars(pen, rng)
    _disc(image, light, rng)
    horizon = 860 + rng.randint(-40, 40)
    for depth in range(3):
        _hills(pen, _mixed(hill, low, 0.5 - 0.22 * depth), horizon - 150 + 70 * depth, rng)
    _library(pen, _mixed(hill, (0, 0, 0), 0.35), horizon, rng)
    pen.rectangle((0, horizon, WIDTH, HEIGHT), fill=water)
    _ripples(pen, light, horizon, rng)
    _path(pen, _mixed(hill, (0, 0, 0), 0.15), horizon, rng)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=88)
    return out.getvalue()


def _mixed(one: Colour, other: Colour, share: float) -> Colour:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _sky(top: Colour, low: Colour) -> Image.Image:
    column = Image.new("RGB", (1, HEIGHT))
    for y in range(HEIGHT):
        column.putpixel((0, y), _mixed(top, low, min(1.0, y / 900)))
    return column.resize((WIDTH, HEIGHT))


def _stars(pen: ImageDraw.ImageDraw, rng: random.Random) -> None:
    for _star in range(70):
        x, y, r = rng.randrange(WIDTH), rng.randrange(620), rng.choice((1, 1, 2, 3))
        pen.ellipse((x - r, y - r, x + r, y + r), fill=(255, 255, 255, rng.randint(60, 180)))


def _disc(image: Image.Image, light: Colour, rng: random.Random) -> None:
    """Sun or moon with its glow."""
    x, y, r = rng.randint(700, 980), rng.randint(240, 420), rng.randint(90, 120)
    glow = Image.new("RGBA", image.size, (*light, 0))
    ImageDraw.Draw(glow).ellipse((x - 2 * r, y - 2 * r, x + 2 * r, y + 2 * r), fill=(*light, 90))
    glow = glow.filter(ImageFilter.GaussianBlur(60))
    image.paste(glow, (0, 0), glow)
    ImageDraw.Draw(image).ellipse((x - r, y - r, x + r, y + r), fill=light)


def _hills(pen: ImageDraw.ImageDraw, colour: Colour, y: int, rng: random.Random) -> None:
    line = [(x, y + rng.randint(-60, 60)) for x in range(-100, WIDTH + 200, 150)]
    pen.polygon([(-100, HEIGHT), *line, (WIDTH + 200, HEIGHT)], fill=colour)


def _library(pen: ImageDraw.ImageDraw, colour: Colour, horizon: int, rng: random.Random) -> None:
    left, width, height = rng.randint(60, 180), 360, 300
    pen.rectangle((left, horizon - height, left + width, horizon), fill=colour)
    roof = (
        (left - 20, horizon - height),
        (left + width / 2, horizon - height - 70),
        (left + width + 20, horizon - height),
    )
    pen.polygon(roof, fill=colour)
    for column in range(5):
        for row in range(4):
            if rng.random() < 0.6:
                x, y = left + 30 + column * 66, horizon - height + 36 + row * 62
                pen.rectangle((x, y, x + 34, y + 36), fill=_LAMP)


def _ripples(pen: ImageDraw.ImageDraw, light: Colour, horizon: int, rng: random.Random) -> None:
    for n in range(40):
        y = horizon + 14 + n * 15
        x = rng.randint(560, 1040) - n * 3
        pen.line((x, y, x + rng.randint(40, 220), y), fill=(*light, 90), width=4)


def _path(pen: ImageDraw.ImageDraw, colour: Colour, horizon: int, rng: random.Random) -> None:
    """A path with lamps, and somebody with a red scarf on it."""
    pen.polygon(((430, horizon), (520, horizon), (760, HEIGHT), (-40, HEIGHT)), fill=colour)
    for step in range(5):
        y, size = horizon + 30 + step * step * 26, 50 + step * 46
        x = 525 + step * step * 14
        pen.line((x, y, x, y - size * 2), fill=(240, 236, 226), width=4 + step)
        pen.ellipse((x - size // 4, y - size * 2 - 8, x + size // 4, y - size * 2 + 14), fill=_LAMP)
    x, y = rng.randint(330, 430), horizon + 330
    pen.ellipse((x - 22, y - 170, x + 22, y - 126), fill=(22, 28, 36))
    pen.rounded_rectangle((x - 32, y - 128, x + 32, y - 20), 20, fill=(240, 233, 220))
    pen.rectangle((x - 34, y - 124, x + 34, y - 104), fill=(185, 58, 38))
    pen.rectangle((x - 22, y - 20, x - 6, y + 30), fill=(22, 28, 36))
    pen.rectangle((x + 6, y - 20, x + 22, y + 30), fill=(22, 28, 36))
