"""What a file seems to be from its first bytes: it only words the refusal, Pillow alone decides what is decoded."""

from __future__ import annotations

from campus_service.media.refusal import Refusal, RefusalCode

#: Pillow's names of the formats that are decoded; HEIF comes from pillow-heif and covers the HEIC of phones.
ALLOWED = ("JPEG", "PNG", "WEBP", "HEIF")
#: What `im.format` may say afterwards: phones write MPO (a JPEG with a second frame behind it).
EXPECTED = frozenset({*ALLOWED, "MPO"})

_OURS = ((0, b"\xff\xd8\xff"), (0, b"\x89PNG\r\n\x1a\n"), (8, b"WEBP"))
_OTHERS = (
    (b"GIF8", "GIF"),
    (b"BM", "BMP"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"II+\x00", "TIFF"),
    (b"8BPS", "PSD"),
    (b"\x00\x00\x01\x00", "ICO"),
    (b"\x00\x00\x00\x0cjP  ", "JPEG 2000"),
    (b"\xff\x4f\xff\x51", "JPEG 2000"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\x00\x00\x00\x0cJXL ", "JPEG XL"),
    (b"%PDF", "PDF"),
    (b"PK\x03\x04", "ZIP"),
    (b"\x1aE\xdf\xa3", "MKV"),
)
_HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})


def refusal_for(data: bytes) -> Refusal:
    """The refusal of bytes that Pillow did not recognise, naming the format when the first bytes give it away."""
    if _starts_like_ours(data):
        return Refusal(RefusalCode.TRUNCATED)
    name = _other_format(data)
    return Refusal(RefusalCode.UNSUPPORTED_FORMAT, name) if name else Refusal(RefusalCode.NOT_AN_IMAGE)


def _starts_like_ours(data: bytes) -> bool:
    if any(data.startswith(magic, offset) for offset, magic in _OURS):
        return True
    return data[4:8] == b"ftyp" and data[8:12] in _HEIF_BRANDS


def _other_format(data: bytes) -> str:
    for magic, name in _OTHERS:
        if data.startswith(magic):
            return name
    if data[4:8] == b"ftyp":
        return "AVIF" if data[8:12] in (b"avif", b"avis") else "MP4"
    return "SVG" if b"<svg" in data[:1024].lower() else ""
