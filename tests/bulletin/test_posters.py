"""Posters: real setting by Typst, codes read back, and a preflight that lets nothing faulty out."""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import zxingcpp
from flask import Flask
from PIL import Image

from campus_service.bulletin import cropping, posters, queries, service
from campus_service.bulletin.commands import Correct, MoveEvent
from campus_service.bulletin.posters import Day, Item, Poster, Sheet
from campus_service.core import papers
from campus_service.core.clock import BEIJING
from campus_service.core.db import transaction
from campus_service.core.errors import Invalid
from campus_service.core.i18n import force_locale
from campus_service.core.settings import settings
from tests.bulletin.stories import EVENT, approved, issue, online, planned, published
from tests.conftest import Cast

ADDRESS = "https://campus.example/compass/103?board=library"
TITLES = ("夜归调查：从图书馆到西区，哪段路最黑", "校园合唱比赛：十二支队伍，一个晚上", "宿舍用电安全")
EVERY = [(template, paper) for template in posters.CHOICES for paper in posters.PAPERS]


def sheet(*titles: str, lede: str = "先想清楚三件事。", events: int = 2) -> Sheet:
    """What a poster says, without an issue behind it."""
    return Sheet(
        103,
        "夜归与灯",
        "我们在夜里走了十二公里。",
        ("第 103 期", "2026年10月26日 周一"),
        tuple(Item("调研报告", title, lede) for title in titles or TITLES),
        tuple(Day(f"10月{20 + n}日", "合唱比赛", "大礼堂") for n in range(events)),
        ADDRESS,
        datetime(2026, 10, 26, tzinfo=BEIJING),
    )


def wrong(made: Poster) -> set[str]:
    """The codes of what the preflight refuses."""
    return {each.code for each in made.findings if not each.ok}


def words_of(pdf: bytes, path: Path) -> str:
    """The text that a reader can select in a PDF, without spaces; a test that asks is skipped without pdftotext."""
    if not shutil.which("pdftotext"):
        pytest.skip("pdftotext is missing: apt-get install poppler-utils")
    path.write_bytes(pdf)
    return re.sub(
        r"\s", "", subprocess.run(["pdftotext", path, "-"], check=True, capture_output=True, text=True).stdout
    )


@pytest.mark.parametrize(("look", "paper"), EVERY)
def test_every_template_sets_one_page_of_its_paper_and_passes_the_preflight(
    app: Flask, look: str, paper: str
) -> None:
    made = posters.poster(sheet(), look, paper)

    assert made.sound, wrong(made)
    assert made.pdf.startswith(b"%PDF")
    box = re.search(
        rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)", made.pdf + b"".join(papers.unpacked(made.pdf))
    )
    assert box
    wanted = (842, 1191) if paper == "a3" else (595, 842)
    assert (round(float(box[1])), round(float(box[2]))) == wanted


@pytest.mark.parametrize(("look", "paper"), EVERY)
def test_the_code_is_read_back_from_the_page(app: Flask, look: str, paper: str) -> None:
    made = posters.poster(sheet(), look, paper)

    found = zxingcpp.read_barcodes(Image.open(io.BytesIO(made.png)))

    assert [each.text for each in found] == [ADDRESS]


def test_a_code_that_leads_elsewhere_is_refused(app: Flask) -> None:
    page = posters.poster(sheet(), "list", "a3").png

    assert not posters.code(replace(sheet(), address="https://campus.example/compass/104"), page).ok


def test_a_page_without_a_readable_code_is_refused(app: Flask) -> None:
    blank = io.BytesIO()
    Image.new("RGB", (600, 800), "white").save(blank, "PNG")

    assert not posters.code(sheet(), blank.getvalue()).ok


@pytest.mark.parametrize("look", posters.CHOICES)
def test_too_many_titles_are_refused_and_not_cut_off_in_silence(app: Flask, look: str) -> None:
    made = posters.poster(sheet(*(f"第{n}个题目：" + "很长的一个题目" * 7 for n in range(24))), look, "a3")

    assert wrong(made) == {"room"}
    with pytest.raises(Invalid) as refused:
        made.check()
    assert "毫米" in str(refused.value.fields["room"])


def test_too_many_events_are_refused(app: Flask) -> None:
    assert wrong(posters.poster(sheet(events=30), "list", "a3")) == {"room"}


def test_more_titles_are_set_smaller_before_they_are_refused(app: Flask) -> None:
    assert posters.poster(sheet(*(f"第 {n} 篇：宿舍用电安全" for n in range(12))), "list", "a3").sound


def test_a_long_word_may_be_broken_so_that_it_stays_in_its_column(app: Flask) -> None:
    wanted = sheet("https://example.org/" + "abcdefghij" * 4)

    words = json.loads(posters.data(wanted, None))["items"][0]["title"]

    assert words.replace("\u200b", "") == wanted.items[0].title
    assert max(map(len, words.split("\u200b"))) <= 14
    assert posters.poster(wanted, "list", "a3").sound


def test_a_letter_that_the_fonts_do_not_have_is_refused_by_name(app: Flask) -> None:
    made = posters.poster(sheet("招新集市🎪怎么逛"), "list", "a3")

    assert wrong(made) == {"glyphs"}
    with pytest.raises(Invalid) as refused:
        made.check()
    assert "🎪" in str(refused.value.fields["glyphs"])


def test_what_people_write_is_never_markup(app: Flask, tmp_path: Path) -> None:
    typed = '#panic("x") *粗* $x$ @ref <a> [b] \\ #include "parts.typ"'

    made = posters.poster(sheet(typed, "第二篇"), "list", "a3")

    assert made.sound
    # A long row of Latin letters has an invisible place to break.
    words = words_of(made.pdf, tmp_path / "p.pdf").replace("\u200b", "")
    assert '#panic("x")*粗*$x$@ref<a>[b]\\#include"parts.typ"' in words


def test_the_fonts_lie_in_the_file(app: Flask) -> None:
    made = posters.poster(sheet(), "cover", "a3")

    assert papers.embedded(made.pdf)
    inside = made.pdf + b"".join(papers.unpacked(made.pdf))
    assert set(re.findall(rb"/FontName\s*/[A-Z]{6}\+(Noto\w+)", inside)) == {b"NotoSansSC", b"NotoSerifSC"}


def test_a_file_with_a_font_left_out_is_noticed() -> None:
    assert not papers.embedded(
        b"%PDF-1.7 /Type /FontDescriptor /FontName /SimSun /FontFile3 2 0 R /Type /FontDescriptor"
    )
    assert not papers.embedded(b"%PDF-1.7 nothing at all")


def test_the_words_can_be_selected_and_searched(app: Flask, tmp_path: Path) -> None:
    words = words_of(posters.poster(sheet(), "cover", "a3").pdf, tmp_path / "p.pdf")

    assert "校园指南针" in words
    assert all(title in words for title in TITLES)


# --- from an issue ----------------------------------------------------------------------------------------------


def test_a_poster_says_what_readers_have_with_its_corrections(app: Flask, people: Cast) -> None:
    bound = approved(people, **EVENT)
    out = published(people, bound, approved(people, title="宿舍用电", section="tips"), title="新学期")
    with transaction():
        service.correct(people.editor.actor, bound, Correct(wrong="一百二十个摊位", right="一百个摊位"))

    says = posters.sheet(issue(out.id), "gym")

    assert [each.title for each in says.items] == ["百团大战来了：一百个摊位怎么逛", "宿舍用电"]
    assert [each.section for each in says.items] == ["校内外活动", "生活小贴士"]
    assert [(each.day, each.place) for each in says.events] == [("9月19日", "大学生活动中心门前广场")]
    assert says.address == f"{settings().base_url}/compass/{out.number}?board=gym"
    assert not says.draft


def test_a_correction_is_another_poster_and_the_same_words_are_kept(app: Flask, people: Cast) -> None:
    bound = approved(people, **EVENT)
    out = published(people, bound)
    first = posters.poster(posters.sheet(issue(out.id)), "cover", "a4")
    again = posters.poster(posters.sheet(issue(out.id)), "cover", "a4")
    with transaction():
        service.correct(people.editor.actor, bound, Correct(wrong="一百二十个摊位", right="一百个摊位"))
    corrected = posters.poster(posters.sheet(issue(out.id)), "cover", "a4")

    assert (again.pdf, again.findings) == (first.pdf, first.findings)
    assert corrected.key != first.key


def test_an_event_that_was_moved_or_cancelled_is_so_on_the_poster(app: Flask, people: Cast) -> None:
    bound = approved(people, **EVENT)
    out = published(people, bound)
    publication = queries.publication_of(bound)
    assert publication
    event = queries.event_of(publication.id)
    assert event
    begins = datetime(2026, 9, 26, 10, tzinfo=BEIJING)
    move = MoveEvent(starts_at=begins, ends_at=begins + timedelta(hours=2), place="体育馆")
    with transaction():
        service.move_event(people.editor.actor, event.id, move)
    assert [(each.day, each.place) for each in posters.sheet(issue(out.id)).events] == [("9月26日", "体育馆")]
    with transaction():
        service.cancel_event(people.editor.actor, event.id)
    assert posters.sheet(issue(out.id)).events == ()


def test_a_planned_issue_has_a_sample_that_leads_to_no_unpublished_page(app: Flask, people: Cast) -> None:
    plan = planned(people, approved(people, **EVENT))

    says = posters.sheet(issue(plan))

    assert says.draft
    assert says.address == f"{settings().base_url}/compass"
    sample = posters.poster(says, "list", "a4")
    assert sample.sound
    assert sample.pdf != posters.poster(replace(says, draft=False), "list", "a4").pdf


def test_a_poster_is_chinese_whoever_makes_it(app: Flask, people: Cast) -> None:
    out = published(people, approved(people, **EVENT))

    with app.test_request_context(), force_locale("en"):
        says = posters.sheet(issue(out.id))

    assert says.items[0].section == "校内外活动"
    assert says.events[0].day == "9月19日"


def test_an_early_article_is_on_the_poster_of_its_issue(app: Flask, people: Cast) -> None:
    early = online(people, title="先上线的一篇")

    out = published(people, early.article_id)

    assert [each.title for each in posters.sheet(issue(out.id)).items] == ["先上线的一篇"]


def test_a_disk_that_is_full_costs_time_and_nothing_else(app: Flask) -> None:
    folder = settings().data_dir / "posters"
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text("no folder")

    assert posters.poster(sheet(), "list", "a4").sound


def test_only_so_many_posters_are_kept(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posters, "KEPT", 2)

    for name in ("一", "二", "三"):
        posters.poster(sheet(name), "list", "a4")

    assert len(list((settings().data_dir / "posters").glob("*.pdf"))) == 2


# --- covers -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("focal", "box"),
    [
        ((50, 50), (300.0, 0.0, 900.0, 600.0)),
        ((0, 50), (0.0, 0.0, 600.0, 600.0)),
        ((100, 0), (600.0, 0.0, 1200.0, 600.0)),
        ((40, 50), (180.0, 0.0, 780.0, 600.0)),
    ],
)
def test_a_cut_keeps_the_focal_point_and_stays_in_the_picture(
    focal: tuple[int, int], box: tuple[float, float, float, float]
) -> None:
    assert cropping.frame(1200, 600, 1.0, *focal) == box
