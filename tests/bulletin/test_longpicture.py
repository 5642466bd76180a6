"""The issue as one tall picture for group chats."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
import zxingcpp
from flask import Flask
from PIL import Image

from campus_service.bulletin import longpicture, posters, service
from campus_service.bulletin.commands import AddImage, Approve, DescribeImage, SetCover
from campus_service.bulletin.projection import Cover
from campus_service.core.db import transaction
from campus_service.core.errors import Invalid
from campus_service.core.settings import settings
from campus_service.media import service as media
from tests.bulletin.stories import EVENT, approved, article, issue, published, written
from tests.conftest import Cast
from tests.media.pictures import encoded


def seen(png: bytes) -> Image.Image:
    """The picture, opened."""
    return Image.open(io.BytesIO(png))


def approve(people: Cast, id: int) -> None:
    """唐同学 approves what she read."""
    digest = article(id).text.hash
    with transaction():
        service.approve(people.reviewer.actor, id, Approve(hash=digest))


def test_it_is_as_wide_as_a_phone_shows_and_as_tall_as_the_issue_needs(app: Flask, people: Cast) -> None:
    short = published(people, approved(people, **EVENT))
    long = published(people, *(approved(people, title=f"第 {n} 篇") for n in range(5)))

    one = seen(longpicture.draw(posters.sheet(issue(short.id))).png)
    five = seen(longpicture.draw(posters.sheet(issue(long.id))).png)

    assert one.width == five.width == 1080
    assert five.height > one.height + 600


def test_its_code_leads_to_the_issue(app: Flask, people: Cast) -> None:
    out = published(people, approved(people, **EVENT))

    made = longpicture.draw(posters.sheet(issue(out.id)))

    made.check()
    found = zxingcpp.read_barcodes(seen(made.png))
    assert [each.text for each in found] == [f"{settings().base_url}/compass/{out.number}"]


def test_a_letter_without_a_shape_is_refused(app: Flask, people: Cast) -> None:
    out = published(people, approved(people, title="招新🎪"))

    with pytest.raises(Invalid) as refused:
        longpicture.draw(posters.sheet(issue(out.id))).check()

    assert "🎪" in str(refused.value.fields["glyphs"])


def test_the_cover_is_cut_around_its_focal_point(app: Flask, people: Cast) -> None:
    # Left half red, right half blue, wider than the place for it: the focal point says which half is seen.
    halves = Image.new("RGB", (1600, 400), (200, 30, 30))
    halves.paste((30, 30, 200), (800, 0, 1600, 400))
    id = written(people.writer, **EVENT)
    with transaction():
        photo = media.store(people.writer.actor, encoded(halves, "JPEG", quality=95))
        picture = service.add_image(people.writer.actor, id, AddImage(photo=photo.key, alt="两种颜色"))
        words = DescribeImage(alt="两种颜色", focal_x=100, focal_y=50)
        service.describe_image(people.writer.actor, id, picture.id, words)
        service.set_cover(people.writer.actor, id, SetCover(image=picture.id))
    with transaction():
        service.submit(people.writer.actor, id)
    approve(people, id)
    out = published(people, id)

    made = seen(longpicture.draw(posters.sheet(issue(out.id))).png).convert("RGB")

    red, _green, blue = made.getpixel((540, 740))  # type: ignore[misc]
    assert blue > 150 > red


def test_a_cover_whose_file_is_gone_leaves_the_drawing(app: Flask, people: Cast) -> None:
    sheet = posters.sheet(issue(published(people, approved(people)).id))
    gone = replace(sheet, cover=Cover("0" * 32, "没了", 50, 50, 100, 100))

    assert longpicture.draw(gone).png == longpicture.draw(sheet).png
