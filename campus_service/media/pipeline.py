"""From uploaded bytes to clean renditions: bounded decode, shrink, turn upright, sRGB, JPEG without metadata.

Pure and single-threaded; the web process never calls it, it runs in the child of `child.py`.
"""

from __future__ import annotations

import io
import math
import warnings
from typing import Final

import pillow_heif
from PIL import Image, ImageCms, UnidentifiedImageError

from campus_service.media import formats
from campus_service.media.cleaned import MAX_BYTES, SIZES, Cleaned, Rendition
from campus_service.media.refusal import Refusal, RefusalCode

#: Pixels that may be decoded at once; a JPEG beyond it is decoded at a reduced scale.
MAX_PIXELS: Final = 50_000_000
#: Pixels of a JPEG's header beyond which even reduced decoding is not tried (the largest phone sensors have 200 MP).
MAX_HEADER_PIXELS: Final = 256_000_000
#: A JPEG is decoded at 1/2, 1/4 or 1/8 when that still leaves this long side: a 4000 px photo becomes 2000, not 2048,
#: and costs a third of the time.
_ENOUGH: Final = 1920
_QUALITY: Final = 82
_WHITE: Final = (255, 255, 255)
_SRGB: Final = ImageCms.createProfile("sRGB")
#: EXIF orientation (TIFF tag 274) → the turn that undoes it.
_UPRIGHT: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_ORIENTATION: Final = 0x0112

Image.MAX_IMAGE_PIXELS = None  # our own limit is lower, and checked before anything is decoded
pillow_heif.register_heif_opener(thumbnails=False)
pillow_heif.options.AUX_IMAGES = False
pillow_heif.options.DEPTH_IMAGES = False
pillow_heif.options.DECODE_THREADS = 1


def clean(data: bytes) -> Cleaned:
    """Decode an upload and make its renditions.

    Raises Refusal with a code; the original's metadata and bytes are in none of the results.
    """
    if len(data) > MAX_BYTES:
        raise Refusal(RefusalCode.TOO_LARGE_BYTES)
    image = _srgb(_upright(_decoded(data)))
    return _renditions(image)


def _decoded(data: bytes) -> Image.Image:
    """The picture at 2048 px or less, in a mode that resizes well, with `info` as the decoder left it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # hostile files warn at will; what matters ends in an exception
            with _opened(data) as image:
                return _shrunk(_plain_mode(_loaded(image)), SIZES[0])
    except Refusal:
        raise
    except UnidentifiedImageError:
        raise formats.refusal_for(data) from None
    except MemoryError:
        raise Refusal(RefusalCode.MEMORY) from None
    except Exception as error:
        # Decoders raise whatever a damaged file leads them to (a thousand files in the tests).
        code = RefusalCode.MEMORY if "out of memory" in str(error) else RefusalCode.TRUNCATED
        raise Refusal(code) from error


def _opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data), formats=formats.ALLOWED)
    if image.format not in formats.EXPECTED:
        raise Refusal(RefusalCode.UNSUPPORTED_FORMAT, image.format or "")
    return image


def _loaded(image: Image.Image) -> Image.Image:
    """Decode frame 0 once its size is known to be bearable."""
    width, height = image.size
    scale = _draft_scale(max(width, height)) if image.format in ("JPEG", "MPO") else 1
    if scale > 1 and width * height <= MAX_HEADER_PIXELS:
        image.draft(None, (max(1, width // scale), max(1, height // scale)))
    if math.prod(image.size) > MAX_PIXELS:
        raise Refusal(RefusalCode.TOO_MANY_PIXELS, f"{width} × {height}")
    image.load()
    return image


def _draft_scale(long_side: int) -> int:
    return next((scale for scale in (8, 4, 2) if long_side >= scale * _ENOUGH), 1)


def _plain_mode(image: Image.Image) -> Image.Image:
    """Palette, 1-bit, 16-bit and transparent-by-key pictures as L, RGB or RGBA; the others as they are."""
    if image.mode in ("I", "I;16", "I;16B", "I;16L", "I;16N", "F"):
        return _eight_bit(image)
    if image.mode in ("P", "PA") or "transparency" in image.info:
        has_alpha = image.mode == "PA" or "transparency" in image.info
        return image.convert("RGBA" if has_alpha else "RGB")
    return image if image.mode in ("L", "LA", "RGB", "RGBA", "CMYK") else image.convert("RGB")


def _eight_bit(image: Image.Image) -> Image.Image:
    """The upper byte of 16-bit grey: Pillow's own conversion would clip everything above 255."""
    wide = image if image.mode == "I" else image.convert("I")
    grey = wide.point(lambda value: value * (1 / 256)).convert("L")
    grey.info = image.info
    return grey


def _shrunk(image: Image.Image, bound: int) -> Image.Image:
    width, height = image.size
    ratio = bound / max(width, height)
    if ratio >= 1:
        return image
    size = max(1, round(width * ratio)), max(1, round(height * ratio))
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)


def _upright(image: Image.Image) -> Image.Image:
    turn = _UPRIGHT.get(_orientation(image))
    if turn is None:
        return image
    turned = image.transpose(turn)
    turned.info = image.info
    return turned


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # noqa: BLE001 - a broken EXIF block must not cost the photo; it is dropped anyway
        return 1


def _srgb(image: Image.Image) -> Image.Image:
    """Flattened on white, its colours brought to sRGB, with nothing of the original's metadata left."""
    profile = image.info.get("icc_profile")
    flat = _on_white(image)
    result = (_converted(flat, profile) if profile else None) or flat.convert("RGB")
    result.info = {}
    return result


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode not in ("LA", "RGBA"):
        return image
    colours = image.convert("RGBA")
    paper = Image.new("RGB", colours.size, _WHITE)
    paper.paste(colours, mask=colours.getchannel("A"))
    return paper


def _converted(image: Image.Image, profile: bytes) -> Image.Image | None:
    """The picture in sRGB, or None when its profile is sRGB already or cannot be used with these pixels."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if ImageCms.getProfileDescription(source).startswith("sRGB"):
            return None
        return ImageCms.profileToProfile(image, source, _SRGB, outputMode="RGB")
    except Exception:  # noqa: BLE001 - a broken profile: the colours are taken for sRGB, as browsers do
        return None


def _renditions(image: Image.Image) -> Cleaned:
    made: list[Rendition] = []
    for size in SIZES:
        smaller = _shrunk(image, size)
        same = made[-1].data if made and smaller is image else None
        made.append(Rendition(size, smaller.width, smaller.height, same or _jpeg(smaller)))
        image = smaller
    return Cleaned(_average(image), tuple(made))


def _jpeg(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.info = {}
    image.save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()


def _average(image: Image.Image) -> str:
    pixel = image.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
    return "#" + "".join(f"{int(part):02x}" for part in pixel)  # type: ignore[union-attr]
