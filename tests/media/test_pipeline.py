"""Uploaded bytes become upright sRGB JPEGs without metadata, or are refused for a named reason."""

from __future__ import annotations

import io

import pytest
from PIL import Image, ImageCms

from campus_service.media import pipeline
from campus_service.media.cleaned import MAX_BYTES
from campus_service.media.refusal import Refusal, RefusalCode
from tests.media import pictures
from tests.media.pictures import encoded, quarters

UPRIGHT = ["red", "green", "blue", "white"]


def refusal_of(data: bytes) -> Refusal:
    with pytest.raises(Refusal) as caught:
        pipeline.clean(data)
    return caught.value


def opened(jpeg: bytes) -> Image.Image:
    return Image.open(io.BytesIO(jpeg))


def test_a_photo_becomes_three_renditions_each_within_its_bound() -> None:
    cleaned = pipeline.clean(encoded(quarters(3000, 2250)))
    assert [(each.size, each.width, each.height) for each in cleaned.renditions] == [
        (2048, 2048, 1536),
        (960, 960, 720),
        (320, 320, 240),
    ]
    for each in cleaned.renditions:
        assert opened(each.data).size == (each.width, each.height)


def test_a_12_megapixel_jpeg_is_decoded_at_half_its_size() -> None:
    assert pipeline.clean(encoded(quarters(4000, 3000))).rendition(2048).width == 2000


def test_a_small_photo_is_not_enlarged_and_encoded_once() -> None:
    cleaned = pipeline.clean(encoded(quarters(300, 200)))
    assert {(each.width, each.height) for each in cleaned.renditions} == {(300, 200)}
    assert len({each.data for each in cleaned.renditions}) == 1


def test_a_very_narrow_picture_keeps_one_pixel() -> None:
    assert pipeline.clean(encoded(Image.new("RGB", (5, 9000)), "PNG")).rendition(320).width == 1


def test_the_average_colour_is_told() -> None:
    assert pipeline.clean(encoded(Image.new("RGB", (700, 500), (255, 0, 0)), "PNG")).colour in (
        "#fe0000",
        "#ff0000",
    )


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_exif_orientation_is_turned_upright(orientation: int) -> None:
    turned = quarters(1600, 1200).transpose(UNDO[orientation]) if orientation > 1 else quarters(1600, 1200)
    result = pipeline.clean(encoded(turned, exif=pictures.exif(orientation))).rendition(960)
    assert pictures.corners(result.data) == UPRIGHT
    assert (result.width, result.height) == (960, 720)


# What a camera does to the upright scene for each value of the tag (the inverse of the turn that mends it).
UNDO = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def test_no_metadata_survives() -> None:
    original = pictures.phone_photo()
    assert b"CANARY" in original
    assert opened(original).getexif().get_ifd(0x8825)
    for each in pipeline.clean(original).renditions:
        assert pictures.carries_only_a_picture(each.data)
        assert b"CANARY" not in each.data


def test_broken_exif_costs_the_orientation_and_not_the_photo() -> None:
    data = encoded(quarters(), exif=b"Exif\x00\x00MM\x00*\xff\xff\xff\xff")
    assert pictures.corners(pipeline.clean(data).rendition(320).data) == UPRIGHT


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_the_four_formats_are_taken(kind: str) -> None:
    cleaned = pipeline.clean(encoded(quarters(1200, 900), kind, exif=pictures.exif(1)))
    assert pictures.corners(cleaned.rendition(320).data) == UPRIGHT
    assert pictures.carries_only_a_picture(cleaned.rendition(960).data)


def test_a_heic_photo_is_turned_once() -> None:
    turned = quarters(1600, 1200).transpose(Image.Transpose.ROTATE_90)
    turned.info["exif"] = pictures.exif(6).tobytes()
    data = encoded(turned, "HEIF")
    assert b"irot" in data  # such a file says it twice, in its own box and in EXIF
    result = pipeline.clean(data).rendition(960)
    assert pictures.corners(result.data) == UPRIGHT


def test_of_an_mpo_the_first_frame_is_taken() -> None:
    second = Image.new("RGB", (400, 300))
    data = encoded(quarters(), "MPO", save_all=True, append_images=[second])
    assert opened(data).format == "MPO"
    assert pictures.corners(pipeline.clean(data).rendition(320).data) == UPRIGHT


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_of_an_animation_the_first_frame_is_taken(kind: str) -> None:
    data = encoded(
        quarters(), kind, save_all=True, append_images=[Image.new("RGB", (400, 300))], lossless=True
    )
    assert getattr(opened(data), "n_frames", 1) == 2
    assert pictures.corners(pipeline.clean(data).rendition(320).data) == UPRIGHT


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA"])
def test_every_png_mode_is_taken(mode: str) -> None:
    result = pipeline.clean(encoded(quarters(1200, 900).convert(mode), "PNG")).rendition(320)
    assert opened(result.data).mode == "RGB"
    if mode in ("P", "RGB", "RGBA"):
        assert pictures.corners(result.data) == UPRIGHT


def test_a_cmyk_jpeg_keeps_its_colours() -> None:
    data = encoded(quarters(1200, 900).convert("CMYK"))
    assert pictures.corners(pipeline.clean(data).rendition(320).data) == UPRIGHT


def test_sixteen_bit_grey_keeps_its_range() -> None:
    grey = Image.linear_gradient("L").resize((512, 512)).convert("I").point(lambda value: value * 257.0)
    data = encoded(grey.convert("I;16"), "PNG")
    result = opened(pipeline.clean(data).rendition(960).data).convert("L")
    assert [abs(int(result.getpixel((256, y))) - y // 2) < 4 for y in (8, 128, 256, 384, 504)] == [True] * 5  # type: ignore[arg-type]


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparency_becomes_white(mode: str) -> None:
    if mode == "P":
        data = encoded(Image.new("P", (400, 300), 0), "PNG", transparency=0)
    else:
        data = encoded(Image.new(mode, (2600, 2000)), "PNG")
    assert opened(pipeline.clean(data).rendition(320).data).getpixel((100, 100)) == (255, 255, 255)


def test_a_colour_profile_is_applied_and_dropped() -> None:
    data = encoded(Image.new("RGB", (1200, 900), (255, 0, 0)), icc_profile=profile_with_red_for_blue())
    small = pipeline.clean(data).rendition(320)
    red, green, blue = opened(small.data).getpixel((100, 100))  # type: ignore[misc]
    assert (red < 5, green < 5, blue > 250) == (True, True, True)
    assert pictures.carries_only_a_picture(small.data)


def profile_with_red_for_blue() -> bytes:
    """The sRGB profile with two of its primaries exchanged and another name."""
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = srgb.replace(b"rXYZ", b"tmp ").replace(b"bXYZ", b"rXYZ").replace(b"tmp ", b"bXYZ")
    return swapped.replace("sRGB".encode("utf-16-be"), "swap".encode("utf-16-be"))


def test_a_profile_for_another_kind_of_colour_is_dropped() -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    small = pipeline.clean(encoded(quarters(), icc_profile=lab)).rendition(320)
    assert pictures.corners(small.data) == UPRIGHT
    assert pictures.carries_only_a_picture(small.data)


def test_an_unusable_colour_profile_is_dropped() -> None:
    cleaned = pipeline.clean(encoded(quarters(), icc_profile=b"CANARY, not a profile"))
    assert pictures.corners(cleaned.rendition(320).data) == UPRIGHT
    assert b"CANARY" not in cleaned.rendition(2048).data


def test_a_zip_behind_a_photo_does_not_come_through() -> None:
    cleaned = pipeline.clean(encoded(quarters()) + b"PK\x03\x04 CANARY PK\x05\x06" + bytes(18))
    assert all(b"CANARY" not in each.data and b"PK\x03\x04" not in each.data for each in cleaned.renditions)


@pytest.mark.parametrize("kind", ["GIF", "TIFF", "BMP", "ICO", "PDF", "AVIF", "JPEG2000"])
def test_other_formats_are_refused_by_name(kind: str) -> None:
    refusal = refusal_of(encoded(quarters(64, 64), kind))
    assert refusal.code is RefusalCode.UNSUPPORTED_FORMAT
    assert refusal.detail.replace(" ", "") == kind


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (
            b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
            "SVG",
        ),
        (b"\x00\x00\x00\x18ftypmp42" + bytes(40), "MP4"),
        (b"PK\x03\x04" + bytes(40), "ZIP"),
    ],
    ids=["svg", "mp4", "zip"],
)
def test_what_is_no_raster_photo_is_refused_by_name(data: bytes, name: str) -> None:
    refusal = refusal_of(data)
    assert (refusal.code, refusal.detail) == (RefusalCode.UNSUPPORTED_FORMAT, name)


@pytest.mark.parametrize("data", [b"", b"\x00", b"hello", b"<html><b></html>", bytes(5000)], ids=range(5))
def test_what_is_no_image_is_refused(data: bytes) -> None:
    assert refusal_of(data).code is RefusalCode.NOT_AN_IMAGE


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.9])
def test_a_truncated_photo_is_refused(kind: str, share: float) -> None:
    noise = Image.effect_noise((400, 300), 80).convert("RGB")
    data = encoded(noise, kind)
    assert refusal_of(data[: int(len(data) * share)]).code is RefusalCode.TRUNCATED


def test_more_than_8_mib_are_refused_unread() -> None:
    assert refusal_of(bytes(MAX_BYTES + 1)).code is RefusalCode.TOO_LARGE_BYTES


@pytest.mark.parametrize("size", [(65_535, 65_535), (8_000, 7_000), (2_000_000_000, 2)])
def test_a_decompression_bomb_is_refused_from_its_header(size: tuple[int, int]) -> None:
    refusal = refusal_of(pictures.png_header(*size))
    assert refusal.code is RefusalCode.TOO_MANY_PIXELS
    assert refusal.detail == f"{size[0]} × {size[1]}"


def test_a_jpeg_that_claims_65000_by_65000_is_refused() -> None:
    data = encoded(Image.new("L", (16, 16))).replace(b"\x00\x10\x00\x10", b"\xfd\xe8\xfd\xe8", 1)
    assert refusal_of(data).code is RefusalCode.TOO_MANY_PIXELS


def test_a_jpeg_of_64_megapixels_is_taken_at_a_quarter() -> None:
    cleaned = pipeline.clean(encoded(Image.new("L", (9248, 6936), 120), quality=30))
    assert cleaned.rendition(2048).width == 2048


def test_a_bomb_hidden_in_a_text_chunk_is_harmless() -> None:
    from PIL import PngImagePlugin

    text = PngImagePlugin.PngInfo()
    text.add_text("CANARY", "x" * 30_000_000, zip=True)
    assert refusal_of(encoded(quarters(), "PNG", pnginfo=text)).code is RefusalCode.TRUNCATED
