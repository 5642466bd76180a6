"""Writing: whatever was typed is kept, joined where that is possible; the pen is a courtesy; pictures belong to their article."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from campus_service.bulletin import merging, queries, service
from campus_service.bulletin.commands import AddImage, DescribeImage, SaveArticle, SetCover, StartArticle
from campus_service.bulletin.models import Article, ArticleImage
from campus_service.bulletin.states import ArticleState, Origin, Section
from campus_service.bulletin.texts import ArticleText
from campus_service.core.clock import freeze, now
from campus_service.core.db import db, transaction
from campus_service.core.errors import Conflict, Forbidden, Invalid, NotFound
from campus_service.media import service as media
from campus_service.media.models import Photo
from tests.bulletin.stories import EVENT, FAIR, approved, article, picture, planned, saved, submitted, written
from tests.conftest import Cast, Person
from tests.media.pictures import phone_photo

THREE = "甲。\n\n乙。\n\n丙。"
# A few paragraphs, so that two people meet.
BODIES = st.lists(st.sampled_from("甲乙丙丁戊"), max_size=5).map("\n\n".join)


def _text(body: str) -> ArticleText:
    return ArticleText("tips", "标题", "", "", body)


# --- saving -----------------------------------------------------------------------------------------------------


def test_the_same_form_sent_twice_begins_one_article(people: Cast) -> None:
    start = StartArticle(section=Section.TIPS, title="宿舍用电", request_key="k")
    ids = []
    for _ in range(2):
        with transaction():
            ids.append(service.start_article(people.writer.actor, start).id)
    assert ids[0] == ids[1]
    assert db.session.scalar(select(func.count(Article.id))) == 1


def test_students_do_not_write_and_writers_do_not_read_what_is_not_theirs(people: Cast) -> None:
    id = written(people.editor)
    with pytest.raises(Forbidden), transaction():
        service.start_article(people.lin.actor, StartArticle(section=Section.TIPS, title="标题"))
    with pytest.raises(NotFound):
        saved(people.writer, id, body="不是我的")
    assert saved(people.reviewer, id, body="编辑都可以改").number == 2


def test_every_saving_is_a_revision_and_the_same_text_is_none(people: Cast) -> None:
    id = written(people.writer)
    assert saved(people.writer, id, body="二").number == 2
    assert saved(people.writer, id, body="二").number == 2
    assert saved(people.writer, id, body="三", by_hand=False).number == 3
    rows = [row for row, _name in queries.revisions(id)]
    assert [(row.number, row.base, row.origin) for row in rows] == [
        (3, 2, Origin.AUTOSAVE), (2, 1, Origin.SAVED), (1, 0, Origin.SAVED),
    ]  # fmt: skip


def test_different_paragraphs_are_joined_and_the_window_hears_the_whole(people: Cast) -> None:
    id = written(people.writer, body=THREE)
    saved(people.editor, id, body="甲改。\n\n乙。\n\n丙。", base=1)
    heard = saved(people.writer, id, body="甲。\n\n乙。\n\n丙改。", base=1)
    assert heard.text
    assert heard.text.body == article(id).body == "甲改。\n\n乙。\n\n丙改。"
    assert queries.revision(id, heard.number).origin is Origin.MERGED


def test_other_fields_are_joined_too_and_a_clash_of_one_puts_the_whole_aside(people: Cast) -> None:
    id = written(people.writer)
    saved(people.editor, id, title="沈同学的标题", base=1)
    assert saved(people.writer, id, lede="阿柚的导语", base=1).conflicts == ()
    row = article(id)
    assert (row.title, row.lede) == ("沈同学的标题", "阿柚的导语")
    clash = saved(people.writer, id, title="阿柚的标题", base=1)
    assert clash.conflicts == ("title",)
    assert article(id).title == "沈同学的标题"
    assert queries.revision(id, clash.number).title == "阿柚的标题"


def test_an_event_is_one_thing(people: Cast) -> None:
    id = written(people.writer, **EVENT)
    saved(people.editor, id, **EVENT | {"place": "体育馆"}, base=1)
    clash = saved(people.writer, id, **EVENT | {"organiser": "学生会"}, base=1)
    assert clash.conflicts == ("event",)


def test_the_same_text_is_put_aside_once_however_often_it_is_sent(people: Cast) -> None:
    id = written(people.writer, body=THREE)
    saved(people.editor, id, body="甲一。\n\n乙。\n\n丙。", base=1)
    numbers = {saved(people.writer, id, body="甲二。\n\n乙。\n\n丙。", base=1).number for _ in range(3)}
    assert len(numbers) == 1


@pytest.mark.parametrize("story", [submitted, approved])
def test_a_text_that_comes_too_late_lies_aside_and_changes_nothing(story: object, people: Cast) -> None:
    id = story(people)  # type: ignore[operator]
    before = article(id).text.hash
    heard = saved(people.writer, id, body="晚了一步", base=1)
    assert heard.late
    assert article(id).text.hash == before
    assert queries.revision(id, heard.number).body == "晚了一步"


@given(BODIES, BODIES, BODIES)
def test_joining_loses_no_change_and_invents_none(base: str, newest: str, mine: str) -> None:
    joined = merging.merge(_text(base), _text(newest), _text(mine))
    regions = merging.regions(base, newest, mine)
    assert bool(joined.conflicts) == any(region.conflict for region in regions)
    if joined.conflicts:
        assert joined.text.body == newest
    else:
        assert joined.text.body == "".join(region.mine for region in regions)
    assert set("".join(region.theirs + region.mine for region in regions)) <= set(base + newest + mine)


@given(BODIES, BODIES)
def test_who_changed_nothing_gets_the_newest_and_alone_one_keeps_his_own(base: str, other: str) -> None:
    assert merging.merge(_text(base), _text(other), _text(base)).text.body == other
    assert merging.merge(_text(base), _text(base), _text(other)).text.body == other
    assert merging.merge(_text(base), _text(other), _text(other)).conflicts == ()


@given(BODIES, BODIES)
def test_side_by_side_shows_both_texts_whole(left: str, right: str) -> None:
    rows = list(merging.side_by_side(left, right))
    assert "\n".join(row.left for row in rows if row.kind != "new") == left
    assert "\n".join(row.right for row in rows if row.kind != "gone") == right


# --- revisions --------------------------------------------------------------------------------------------------


def test_restoring_makes_an_old_text_the_newest_and_keeps_the_one_before(people: Cast) -> None:
    id = written(people.writer, body="一")
    saved(people.writer, id, body="二")
    with transaction():
        heard = service.restore(people.editor.actor, id, 1)
    assert (article(id).body, heard.number) == ("一", 3)
    assert queries.revision(id, 2).body == "二"
    # Who restores has written none of it: he may still approve it.
    assert people.editor.id not in queries.authors(id)


def test_restoring_needs_a_draft(people: Cast) -> None:
    id = submitted(people)
    with pytest.raises(Conflict), transaction():
        service.restore(people.writer.actor, id, 1)


# --- the pen ----------------------------------------------------------------------------------------------------


def _pen(person: Person, id: int, window: str = "w", *, anyway: bool = False) -> service.Pen:
    with transaction():
        return service.take_pen(person.actor, id, window, anyway=anyway)


def test_the_pen_is_one_windows_until_it_rests_or_is_taken(people: Cast) -> None:
    id = written(people.writer)
    assert _pen(people.writer, id).mine
    assert _pen(people.editor, id) == service.Pen(False, "阿柚", article(id).pen_until)
    assert not _pen(people.writer, id, "another window").mine
    assert _pen(people.editor, id, anyway=True).mine
    assert _pen(people.writer, id).name == "沈同学"
    with freeze(now() + timedelta(seconds=46)):
        assert _pen(people.writer, id).mine


def test_only_who_holds_the_pen_lays_it_down(people: Cast) -> None:
    id = written(people.writer)
    _pen(people.writer, id)
    with transaction():
        service.lay_down_pen(people.editor.actor, id, "w")
    assert _pen(people.editor, id).name == "阿柚"
    with transaction():
        service.lay_down_pen(people.writer.actor, id, "w")
    assert _pen(people.editor, id).mine


def test_saving_keeps_the_pen_and_does_not_need_it(people: Cast) -> None:
    id = written(people.writer)
    _pen(people.editor, id, "e")
    assert saved(people.writer, id, body="没有笔也写得进", window="w").number == 2
    assert service.pen(people.editor.actor, article(id), "e").mine


# --- pictures ---------------------------------------------------------------------------------------------------


def test_a_photo_becomes_a_private_picture_of_the_article(people: Cast) -> None:
    id = written(people.writer)
    image = picture(people.writer, id)
    photo = db.session.scalars(select(Photo)).one()
    assert (photo.owner_type, photo.owner_id, photo.private) == (service.writing.IMAGE_OWNER, image, True)
    assert media.may_see(people.editor.actor, photo)
    assert not media.may_see(people.lin.actor, photo)


def test_pictures_of_others_and_of_other_articles_are_not_taken(people: Cast) -> None:
    id, other = written(people.writer), written(people.writer)
    with transaction():
        key = media.store(people.lin.actor, phone_photo(320, 240)).key
    with pytest.raises(Invalid), transaction():
        service.add_image(people.writer.actor, id, AddImage(photo=key, alt="别人的"))
    assert db.session.scalar(select(func.count(ArticleImage.id))) == 0
    image = picture(people.writer, other)
    with pytest.raises(NotFound), transaction():
        service.set_cover(people.writer.actor, id, SetCover(image=image))
    with pytest.raises(NotFound), transaction():
        service.describe_image(people.writer.actor, id, image, DescribeImage(alt="说明"))


def test_pictures_are_not_changed_once_it_is_submitted(people: Cast) -> None:
    id = written(people.writer)
    image = picture(people.writer, id)
    with transaction():
        service.submit(people.writer.actor, id)
    with pytest.raises(Conflict), transaction():
        service.describe_image(people.writer.actor, id, image, DescribeImage(alt="改说明"))
    with pytest.raises(Conflict), transaction():
        service.set_cover(people.writer.actor, id, SetCover(image=image))


def test_a_picture_without_words_or_from_elsewhere_keeps_it_from_review(people: Cast) -> None:
    id = written(people.writer)
    image = picture(people.writer, id, alt="")
    saved(people.writer, id, body=f"看图。\n\n![](image:{image})")
    with pytest.raises(Invalid) as refused, transaction():
        service.submit(people.writer.actor, id)
    assert set(refused.value.fields) == {"images"}
    saved(people.writer, id, body="看图。\n\n![图](image:999)")
    with pytest.raises(Invalid), transaction():
        service.submit(people.writer.actor, id)


# --- setting aside ----------------------------------------------------------------------------------------------


def test_what_stands_in_an_issue_is_not_dropped(people: Cast) -> None:
    id = written(people.writer)
    planned(people, id)
    with pytest.raises(Invalid), transaction():
        service.drop(people.writer.actor, id)
    other = written(people.writer)
    with transaction():
        service.drop(people.writer.actor, other)
    assert article(other).state is ArticleState.DROPPED


# --- the command ------------------------------------------------------------------------------------------------


def test_line_ends_are_one_kind_and_an_event_is_whole() -> None:
    command = SaveArticle.model_validate({"base": 0} | FAIR | {"body": "a\r\nb\rc"})
    assert command.body == "a\nb\nc"
    for wrong in ({"place": "广场"}, {"starts_at": "2026-09-19T10:00", "ends_at": "2026-09-19T09:00"}):
        with pytest.raises(ValueError, match="活动"):
            SaveArticle.model_validate({"base": 0} | FAIR | wrong)


@pytest.mark.parametrize("moment", ["0001-01-01T00:00", "0202-09-19T10:00", "9999-12-31T23:59-10:00"])
def test_a_year_that_is_half_typed_is_refused(moment: str) -> None:
    with pytest.raises(ValueError, match="2026-10-31T18:30"):
        SaveArticle.model_validate({"base": 0} | FAIR | {"starts_at": moment})
