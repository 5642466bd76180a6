"""Pictures made for the tests, and a reader of what a JPEG file carries besides its picture."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import pillow_heif
from PIL import Image

pillow_heif.register_heif_opener()

RED, GREEN, BLUE, WHITE = (220, 20, 20), (20, 180, 20), (20, 20, 220), (255, 255, 255)
#: Latitude and longitude of a photo's place, as phones write them.
GPS = {1: "N", 2: (30.0, 31.0, 2.5), 3: "E", 4: (114.0, 21.0, 30.0)}


def quarters(width: int = 400, height: int = 300) -> Image.Image:
    """Red, green over blue, white: tells any turn from any other."""
    image = Image.new("RGB", (width, height), WHITE)
    half = (width // 2, height // 2)
    for colour, corner in ((RED, (0, 0)), (GREEN, (half[0], 0)), (BLUE, (0, half[1]))):
        image.paste(colour, (*corner, corner[0] + half[0], corner[1] + half[1]))
    return image


def corners(jpeg: bytes) -> list[str]:
    """The colours of a `quarters` rendition, by name: top left, top right, bottom left, bottom right."""
    image = Image.open(io.BytesIO(jpeg)).convert("RGB")
    width, height = image.size
    spots = [(x, y) for y in (height // 4, 3 * height // 4) for x in (width // 4, 3 * width // 4)]
    return [_name(image.getpixel(spot)) for spot in spots]


def _name(pixel: Any) -> str:
    named = {"red": RED, "green": GREEN, "blue": BLUE, "white": WHITE}
    return min(named, key=lambda name: sum((a - b) ** 2 for a, b in zip(named[name], pixel, strict=True)))


def encoded(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    """The image as a file."""
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def exif(orientation: int = 1) -> Image.Exif:
    """What a phone writes: camera, time, place, which way up."""
    block = Image.Exif()
    block[0x010F], block[0x0110], block[0x0132] = "CANARY-CAMERA", "CANARY-MODEL", "2026:10:31 14:05:00"
    block[0x0112] = orientation
    block.get_ifd(0x8825).update(GPS)
    return block


def phone_photo(width: int = 1600, height: int = 1200, orientation: int = 6) -> bytes:
    """A JPEG with everything that must not survive: EXIF, GPS, a comment, XMP."""
    return encoded(
        quarters(width, height),
        exif=exif(orientation),
        comment=b"CANARY-COMMENT",
        xmp=b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>CANARY-XMP</x:xmpmeta>",
    )


def markers(jpeg: bytes) -> list[int]:
    """The second bytes of all marker segments before the picture's data."""
    assert jpeg[:2] == b"\xff\xd8"
    found, position = [], 2
    while jpeg[position + 1] != 0xDA:
        assert jpeg[position] == 0xFF
        found.append(jpeg[position + 1])
        position += 2 + struct.unpack(">H", jpeg[position + 2 : position + 4])[0]
    return found


#: JFIF header, quantisation tables, baseline frame, Huffman tables, restart interval: all that a picture needs.
PLAIN_MARKERS = frozenset({0xE0, 0xDB, 0xC0, 0xC4, 0xDD})


def carries_only_a_picture(jpeg: bytes) -> bool:
    """Whether the file has no EXIF, GPS, ICC, XMP, comment, thumbnail, nor anything behind its end."""
    thumbnail = jpeg[18:20] != b"\x00\x00"
    return (
        PLAIN_MARKERS.issuperset(markers(jpeg)) and not thumbnail and jpeg.find(b"\xff\xd9") == len(jpeg) - 2
    )


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds one row of nothing: a decompression bomb's beginning."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", header)
        + _chunk(b"IDAT", zlib.compress(bytes(4000)))
        + _chunk(b"IEND", b"")
    )


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def flat_png(width: int, height: int, mode: str = "RGB") -> bytes:
    """A large picture in a small file."""
    return encoded(Image.new(mode, (width, height)), "PNG", compress_level=1)
