"""Pictures for the demo's items, drawn with Pillow: nothing photographed, nobody's property."""

from __future__ import annotations

import io
import random
from collections.abc import Callable

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from campus_service.lostfound.categories import Category

WIDTH, HEIGHT = 960, 720
Colour = tuple[int, int, int]
Draw = ImageDraw.ImageDraw

COLOURS: dict[str, Colour] = {
    "黑": (38, 40, 46),
    "白": (236, 234, 228),
    "银": (186, 190, 196),
    "灰": (136, 140, 144),
    "深蓝": (34, 54, 98),
    "藏青": (32, 46, 78),
    "蓝": (58, 104, 168),
    "红": (170, 46, 44),
    "粉": (226, 158, 168),
    "橙": (222, 128, 52),
    "黄": (228, 190, 84),
    "绿": (74, 120, 84),
    "紫": (120, 92, 148),
    "咖啡": (112, 78, 56),
    "棕": (124, 86, 58),
    "米": (220, 204, 172),
    "透明": (196, 214, 220),
}
_SURFACES: tuple[Colour, ...] = (
    (214, 196, 166),
    (196, 200, 202),
    (176, 152, 122),
    (168, 178, 164),
    (206, 198, 190),
)


def draw(category: Category, text: str, seed: int) -> bytes:
    """A JPEG of 960×720: the thing, in the colour that ``text`` names first, on some surface of the campus."""
    rng = random.Random(seed)
    colour = _colour(text, rng)
    surface = _surface(rng)
    thing = Image.new("RGBA", (WIDTH, HEIGHT), (0, 0, 0, 0))
    _shape(category, text)(ImageDraw.Draw(thing), colour, rng)
    thing = thing.rotate(rng.uniform(-14, 14), Image.Resampling.BICUBIC)
    shadow = Image.new("RGBA", thing.size, (20, 22, 28, 0))
    shadow.putalpha(thing.getchannel("A").point(lambda alpha: alpha * 5 // 10))
    shadow = ImageChops.offset(shadow.filter(ImageFilter.GaussianBlur(16)), 14, 22)
    surface.paste(shadow, (0, 0), shadow)
    surface.paste(thing, (0, 0), thing)
    return _photographed(surface, rng)


def _shape(category: Category, text: str) -> Callable[[Draw, Colour, random.Random], None]:
    """How a thing of this category is drawn; clothes by what they are called."""
    if category is Category.CLOTHING and not any(word in text for word in ("围巾", "披肩", "毯")):
        return _cap if "帽" in text else _jacket
    return _SHAPES.get(category, _box)


def _colour(text: str, rng: random.Random) -> Colour:
    named = [(text.index(word), -len(word), colour) for word, colour in COLOURS.items() if word in text]
    return min(named)[2] if named else rng.choice(list(COLOURS.values()))


def _surface(rng: random.Random) -> Image.Image:
    """A table, a floor or tiles, lit from one side."""
    base = rng.choice(_SURFACES)
    image = Image.new("RGB", (WIDTH, HEIGHT), base)
    pen = ImageDraw.Draw(image)
    match rng.randrange(3):
        case 0:
            for y in range(0, HEIGHT, 9):
                pen.line(
                    [(0, y), (WIDTH, y + rng.randint(-14, 14))],
                    fill=_shade(base, rng.uniform(0.94, 1.04)),
                    width=5,
                )
        case 1:
            for at in range(-HEIGHT, WIDTH, 190):
                pen.line([(at, 0), (at + 90, HEIGHT)], fill=_shade(base, 0.86), width=4)
            for y in range(60, HEIGHT, 170):
                pen.line([(0, y), (WIDTH, y)], fill=_shade(base, 0.86), width=4)
        case _:
            for _spot in range(900):
                x, y = rng.randrange(WIDTH), rng.randrange(HEIGHT)
                pen.ellipse([x, y, x + 5, y + 4], fill=_shade(base, rng.uniform(0.9, 1.07)))
    return image


def _photographed(image: Image.Image, rng: random.Random) -> bytes:
    """Light from a corner, a little grain, slight softness."""
    light = Image.linear_gradient("L").rotate(rng.choice((0, 90, 180, 270))).resize(image.size)
    dark = image.point(lambda value: value * 78 // 100)
    image = Image.composite(image, dark, light.point(lambda value: 90 + value * 165 // 255))
    grain = Image.effect_noise(image.size, 26).convert("RGB")
    image = Image.blend(image.filter(ImageFilter.GaussianBlur(0.8)), grain, 0.05)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=86)
    return out.getvalue()


def _shade(colour: Colour, by: float) -> Colour:
    red, green, blue = (max(0, min(255, round(part * by))) for part in colour)
    return red, green, blue


def _umbrella(pen: Draw, c: Colour, rng: random.Random) -> None:
    pen.line([(250, 560), (690, 180)], fill=(90, 84, 78), width=16)
    pen.polygon([(330, 470), (640, 140), (700, 180), (430, 530)], fill=c)
    for n in range(3):
        pen.line([(352 + 30 * n, 486 + 14 * n), (660 + 12 * n, 152 + 10 * n)], fill=_shade(c, 0.75), width=5)
    pen.arc([190, 520, 290, 620], 30, 230, fill=(70, 52, 38), width=20)


def _bottle(pen: Draw, c: Colour, rng: random.Random) -> None:
    pen.rounded_rectangle([390, 230, 570, 620], 40, fill=c)
    pen.rounded_rectangle([415, 130, 545, 240], 20, fill=_shade(c, 0.6))
    pen.rectangle([420, 260, 442, 590], fill=_shade(c, 1.3))
    pen.rectangle([390, 430, 570, 470], fill=_shade(c, 0.8))


def _scarf(pen: Draw, c: Colour, rng: random.Random) -> None:
    pen.rounded_rectangle([220, 190, 740, 500], 60, fill=c)
    for x in range(250, 740, 56):
        pen.rectangle([x, 190, x + 20, 500], fill=_shade(c, 0.68))
    for y in range(220, 500, 62):
        pen.rectangle([220, y, 740, y + 14], fill=_shade(c, 1.28))
    for x in range(236, 730, 22):
        pen.line([(x, 498), (x + rng.randint(-8, 8), 566)], fill=_shade(c, 0.8), width=8)


def _jacket(pen: Draw, c: Colour, rng: random.Random) -> None:
    dark = _shade(c, 0.72)
    pen.polygon([(380, 170), (270, 220), (190, 480), (270, 510), (340, 350)], fill=_shade(c, 0.88))
    pen.polygon([(580, 170), (690, 220), (770, 480), (690, 510), (620, 350)], fill=_shade(c, 0.88))
    pen.rounded_rectangle([330, 165, 630, 590], 36, fill=c)
    pen.polygon([(410, 165), (550, 165), (480, 260)], fill=dark)
    pen.line([(480, 255), (480, 585)], fill=dark, width=8)
    for y in (300, 390, 480):
        pen.line([(340, y), (620, y)], fill=_shade(c, 0.86), width=5)


def _cap(pen: Draw, c: Colour, rng: random.Random) -> None:
    pen.pieslice([310, 220, 630, 560], 180, 360, fill=c)
    pen.ellipse([300, 350, 760, 450], fill=_shade(c, 0.75))
    pen.rectangle([310, 370, 630, 396], fill=_shade(c, 0.85))
    pen.ellipse([458, 208, 482, 232], fill=_shade(c, 0.7))


def _bag(pen: Draw, c: Colour, rng: random.Random) -> None:
    pen.arc([400, 90, 560, 250], 180, 360, fill=_shade(c, 0.7), width=22)
    pen.rounded_rectangle([290, 170, 670, 640], 90, fill=c)
    pen.rounded_rectangle([340, 400, 620, 600], 36, fill=_shade(c, 0.82))
    pen.line([(350, 330), (610, 330)], fill=_shade(c, 0.6), width=10)
    pen.line([(360, 440), (600, 440)], fill=_shade(c, 0.55), width=7)


def _keys(pen: Draw, c: Colour, rng: random.Random) -> None:
    metal = (188, 176, 140)
    pen.ellipse([390, 130, 550, 290], outline=(150, 150, 156), width=18)
    for n, tilt in enumerate((-150, -20, 120)):
        end = (470 + tilt, 590 - 40 * abs(n - 1))
        pen.line([(470, 280), end], fill=_shade(metal, 1 - 0.1 * n), width=30)
        for tooth in range(3):
            at = 0.65 + 0.12 * tooth
            x, y = 470 + tilt * at, 280 + (end[1] - 280) * at
            pen.rectangle([x, y, x + 34, y + 14], fill=_shade(metal, 1 - 0.1 * n))
    pen.ellipse([520, 250, 640, 370], fill=c)


def _earphones(pen: Draw, c: Colour, rng: random.Random) -> None:
    pen.rounded_rectangle([350, 300, 620, 500], 80, fill=c)
    pen.line([(356, 380), (614, 380)], fill=_shade(c, 0.8), width=6)
    pen.ellipse([474, 410, 494, 430], fill=(120, 190, 120))
    for x in (250, 660):
        pen.ellipse([x, 200, x + 80, 290], fill=_shade(c, 0.95))
        pen.rounded_rectangle([x + 28, 260, x + 54, 370], 12, fill=_shade(c, 0.9))


def _electronics(pen: Draw, c: Colour, rng: random.Random) -> None:
    pen.line([(480, 520), (430, 600), (560, 640), (700, 600)], fill=(60, 62, 68), width=14, joint="curve")
    pen.rounded_rectangle([370, 150, 590, 530], 34, fill=c)
    for n in range(4):
        pen.ellipse([430 + 28 * n, 190, 444 + 28 * n, 204], fill=(120, 200, 160))
    pen.rounded_rectangle([390, 240, 570, 500], 20, outline=_shade(c, 0.8), width=5)


def _glasses(pen: Draw, c: Colour, rng: random.Random) -> None:
    for x in (270, 510):
        pen.rounded_rectangle([x, 300, x + 180, 430], 56, outline=c, width=16)
        pen.rounded_rectangle([x + 12, 312, x + 168, 418], 48, fill=(*_shade((200, 216, 222), 1), 90))
    pen.arc([440, 300, 520, 380], 200, 340, fill=c, width=14)
    pen.line([(276, 320), (200, 210)], fill=c, width=14)
    pen.line([(686, 320), (770, 210)], fill=c, width=14)


def _book(pen: Draw, c: Colour, rng: random.Random) -> None:
    pen.polygon([(300, 180), (640, 180), (660, 600), (320, 600)], fill=(240, 236, 224))
    pen.polygon([(280, 160), (620, 160), (640, 580), (300, 580)], fill=c)
    pen.rectangle([350, 230, 560, 290], fill=_shade(c, 1.35))
    for n in range(3):
        pen.line([(360, 340 + 34 * n), (540, 340 + 34 * n)], fill=_shade(c, 0.75), width=7)
    pen.line([(700, 200), (720, 590)], fill=(70, 84, 110), width=18)


def _ball(pen: Draw, c: Colour, rng: random.Random) -> None:
    pen.ellipse([310, 190, 650, 530], fill=c)
    dark = _shade(c, 0.5)
    pen.arc([310, 190, 650, 530], 0, 360, fill=dark, width=6)
    pen.line([(480, 190), (480, 530)], fill=dark, width=7)
    pen.arc([170, 190, 420, 530], 318, 42, fill=dark, width=7)
    pen.arc([540, 190, 790, 530], 138, 222, fill=dark, width=7)


def _helmet(pen: Draw, c: Colour, rng: random.Random) -> None:
    pen.pieslice([290, 180, 670, 620], 180, 360, fill=c)
    pen.rounded_rectangle([270, 390, 690, 440], 20, fill=_shade(c, 0.7))
    pen.line([(340, 440), (440, 580), (540, 440)], fill=(60, 60, 64), width=16)
    pen.arc([360, 210, 600, 500], 200, 290, fill=_shade(c, 1.3), width=18)


def _box(pen: Draw, c: Colour, rng: random.Random) -> None:
    card = (190, 156, 112)
    pen.polygon([(300, 290), (480, 220), (680, 300), (500, 390)], fill=_shade(card, 1.1))
    pen.polygon([(300, 290), (500, 390), (500, 600), (300, 490)], fill=card)
    pen.polygon([(500, 390), (680, 300), (680, 500), (500, 600)], fill=_shade(card, 0.85))
    pen.polygon([(380, 258), (420, 242), (610, 336), (570, 356)], fill=c)


_C = Category
_SHAPES: dict[Category, Callable[[Draw, Colour, random.Random], None]] = {
    _C.UMBRELLA: _umbrella,
    _C.CUP_BOTTLE: _bottle,
    _C.CLOTHING: _scarf,
    _C.BAG: _bag,
    _C.KEYS: _keys,
    _C.EARPHONES: _earphones,
    _C.ELECTRONICS_OTHER: _electronics,
    _C.GLASSES: _glasses,
    _C.BOOKS_STATIONERY: _book,
    _C.SPORTS: _ball,
    _C.BICYCLE_SCOOTER_ACCESS: _helmet,
}
