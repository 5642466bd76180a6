"""What is copied for WeChat: parsed, within its limits, and nothing in it that WeChat would drop."""

from __future__ import annotations

import io
import zipfile
from html.parser import HTMLParser
from typing import Any

import pytest
from flask import Flask
from PIL import Image

from campus_service.bulletin import queries, rendering, service, wechat
from campus_service.bulletin.commands import AddImage, Approve, DescribeImage, SetCover
from campus_service.bulletin.models import Issue
from campus_service.core.db import transaction
from campus_service.core.settings import settings
from campus_service.media import service as media
from tests.bulletin.stories import EVENT, approved, article, issue, published, saved, written
from tests.conftest import Cast
from tests.media.pictures import encoded

RICH = """## 时间地点

周六、**周日**两天，见[报名页](https://example.org/sign?a=1&b=2)和[站内](/lost-found)，[公众号旧文](https://mp.weixin.qq.com/s/abc)。

> 引用一句

- [x] 带校园卡
- [ ] 带伞

1. 先看分区图
2. 再问一句

| 社团 | 地点 |
|---|---|
| 合唱 | 大礼堂 |

| 社团 | 地点 | 时间 | 人数 |
|---|---|---|---|
| 合唱 | 大礼堂 | 周六 | 40 |

`代码` 和 ~~删去~~，脚注[^1]。<b onclick="x()">不是标记</b>

[^1]: 说明。

---

### 小标题
"""


class Reader(HTMLParser):
    """What a copied text is made of; it fails on tags that are not closed as they were opened."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.words = ""
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _value in attrs}
        self.links += [value or "" for name, value in attrs if name == "href"]
        if tag not in ("br", "hr", "img", "input"):
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


def converted(body: str) -> str:
    """Markdown as it is copied."""
    return "".join(wechat.converted(rendering.render(body, {}, lambda href: href).html))


def out_with(people: Cast, *bodies: str, **changes: Any) -> Issue:
    """An issue with these texts is out."""
    ids = [
        approved(people, title=f"第{at}篇", body=body, **changes if at == 1 else {})
        for at, body in enumerate(bodies, 1)
    ]
    return issue(published(people, *ids).id)


def with_picture(people: Cast, title: str, colour: str, alt: str) -> int:
    """An approved article with a picture in its text and as its cover, whose right edge matters."""
    wide = Image.new("RGB", (1200, 400), "white")
    wide.paste(colour, (800, 0, 1200, 400))
    id = written(people.writer, title=title)
    with transaction():
        photo = media.store(people.writer.actor, encoded(wide, "JPEG", quality=95))
        picture = service.add_image(people.writer.actor, id, AddImage(photo=photo.key, alt=alt)).id
        words = DescribeImage(alt=alt, focal_x=100, focal_y=50)
        service.describe_image(people.writer.actor, id, picture, words)
        service.set_cover(people.writer.actor, id, SetCover(image=picture))
    saved(people.writer, id, title=title, body=f"看图。\n\n![{alt}](image:{picture})\n\n看完了。")
    with transaction():
        service.submit(people.writer.actor, id)
    digest = article(id).text.hash
    with transaction():
        service.approve(people.reviewer.actor, id, Approve(hash=digest))
    return id


# --- what WeChat takes ------------------------------------------------------------------------------------------


def test_nothing_is_copied_that_wechat_drops(app: Flask, people: Cast) -> None:
    out = out_with(people, RICH, **EVENT)

    for copy in (wechat.of_issue(out), *wechat.articles(out)):
        for part in copy.parts:
            read = Reader(part)
            assert read.attributes <= {"style", "href", "start"}
            assert not set(read.tags) & {
                "script",
                "style",
                "img",
                "input",
                "iframe",
                "section",
                "thead",
                "tbody",
            }
            assert len(part) < wechat.LIMIT


def test_links_to_other_places_become_notes_with_their_address(app: Flask, people: Cast) -> None:
    out = out_with(people, RICH)

    read = Reader(wechat.articles(out)[0].parts[0])

    assert read.links == ["https://mp.weixin.qq.com/s/abc"]
    assert "报名页[链接 1]" in read.words
    assert "[链接 1] https://example.org/sign?a=1&b=2" in read.words
    assert f"[链接 2] {settings().base_url}/lost-found" in read.words


def test_the_same_address_is_noted_once() -> None:
    read = Reader(converted("[甲](https://a.example/) [乙](https://b.example/) [又](https://a.example/)"))

    assert read.words.count("https://a.example/") == 1
    assert "又[链接 1]" in read.words


def test_every_block_carries_its_style_and_no_class() -> None:
    html = converted(RICH)

    assert "class=" not in html
    assert "id=" not in html
    assert html.count("<h2 style=") == 1
    assert html.count("<blockquote style=") == 1


def test_ticks_are_letters_and_what_was_typed_as_a_tag_stays_words() -> None:
    words = Reader(converted(RICH)).words

    assert "☑ 带校园卡" in words
    assert "☐ 带伞" in words
    assert "↩" not in words
    assert '<b onclick="x()">不是标记</b>' in words


def test_a_narrow_table_stays_one_and_a_wide_one_becomes_lines() -> None:
    read = Reader(converted(RICH))

    assert read.tags.count("table") == 1
    assert "社团：合唱" in read.words
    assert "人数：40" in read.words


def test_an_event_says_its_time_and_place_first(app: Flask, people: Cast) -> None:
    words = Reader(wechat.articles(out_with(people, "正文。", **EVENT))[0].parts[0]).words

    assert "时间：9月19日 周六 10:00" in words
    assert words.index("地点：大学生活动中心门前广场") < words.index("正文。")


def test_the_fields_beside_the_text_fit(app: Flask, people: Cast) -> None:
    copy = wechat.articles(out_with(people, "正文。", lede="导" * 200))[0]

    assert (copy.title, copy.byline) == ("第1篇", "阿柚")
    assert copy.digest == "导" * 120


# --- the limit --------------------------------------------------------------------------------------------------


def test_a_long_text_is_cut_between_its_blocks(app: Flask, people: Cast) -> None:
    body = "\n\n".join(f"{n:03}" + "字" * 300 for n in range(120))

    parts = wechat.articles(out_with(people, body))[0].parts

    assert len(parts) == 3
    assert all(len(part) < wechat.LIMIT for part in parts)
    words = "".join(Reader(part).words for part in parts)
    assert [words.index(f"{n:03}字") for n in range(120)] == sorted(
        words.index(f"{n:03}字") for n in range(120)
    )


@pytest.mark.parametrize(
    "block", ["字" * 30_000, "这是一句。" * 6_000, "- " + "\n- ".join(["一项" * 50] * 300), "x" * 59_000]
)
def test_one_endless_block_is_cut_and_loses_no_word(app: Flask, block: str) -> None:
    blocks = wechat.converted(rendering.render(block, {}, lambda href: href).html)

    parts = wechat.parts(blocks)

    assert all(len(part) < wechat.LIMIT for part in parts)
    words = "".join(Reader(part).words for part in parts)
    assert "".join(words.split()) == "".join(block.replace("- ", "").split())


def test_tags_and_escapes_count_as_wechat_counts_them() -> None:
    parts = wechat.parts(wechat.converted(rendering.render("&<" * 4_501, {}, lambda href: href).html))

    assert all(len(part) < wechat.LIMIT for part in parts)
    assert "".join(Reader(part).words for part in parts) == "&<" * 4_501


# --- pictures ---------------------------------------------------------------------------------------------------


def test_pictures_are_numbered_through_the_issue_and_the_pack_has_them_by_number(
    app: Flask, people: Cast
) -> None:
    first, second = with_picture(people, "红", "red", "红图"), with_picture(people, "蓝", "blue", "蓝图")
    out = issue(published(people, first, second).id)

    whole, (one, two) = wechat.of_issue(out), wechat.articles(out)

    words = Reader(whole.parts[0]).words
    assert words.index("图 1｜红图｜在这里插入 01.jpg") < words.index("图 2｜蓝图｜在这里插入 02.jpg")
    assert [each.file for each in one.pictures] == ["01.jpg"]
    assert "图 2｜蓝图" in Reader(two.parts[0]).words
    with zipfile.ZipFile(io.BytesIO(wechat.pack(out))) as pack:
        assert {"01.jpg", "02.jpg"} <= set(pack.namelist())
        listed = pack.read("清单.txt").decode("utf-8-sig")
    assert listed.index("01.jpg  红图") < listed.index("02.jpg  蓝图")


def test_covers_are_cut_to_wechats_shapes_around_the_focal_point(app: Flask, people: Cast) -> None:
    out = issue(published(people, with_picture(people, "红", "red", "红图")).id)

    with zipfile.ZipFile(io.BytesIO(wechat.pack(out))) as pack:
        for width, height in ((900, 383), (200, 200)):
            cut = Image.open(io.BytesIO(pack.read(f"cover-01-{width}x{height}.jpg")))
            assert cut.size == (width, height)
            red, green, _blue = cut.getpixel((width - 5, height // 2))  # type: ignore[misc]
            assert (red > 200, green < 60) == (True, True)


def test_the_pack_of_one_article_has_its_pictures_alone(app: Flask, people: Cast) -> None:
    first, second = with_picture(people, "红", "red", "红图"), with_picture(people, "蓝", "blue", "蓝图")
    out = issue(published(people, first, second).id)
    publication = queries.publication_of(second)
    assert publication

    with zipfile.ZipFile(io.BytesIO(wechat.pack(out, publication.slug))) as pack:
        assert sorted(pack.namelist()) == [
            "02.jpg",
            "cover-02-200x200.jpg",
            "cover-02-900x383.jpg",
            "清单.txt",
        ]


def test_an_article_of_another_issue_is_not_copied_with_this_one(app: Flask, people: Cast) -> None:
    out = out_with(people, "一")

    assert wechat.of_article(out, "nothing") is None
