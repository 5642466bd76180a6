"""The editor's page by hand and as its script uses it: saving, joining, choosing, pictures, preview, hints, revisions, review."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from campus_service.bulletin import queries, service
from campus_service.bulletin.states import ArticleState, Origin
from campus_service.core.db import transaction
from campus_service.media import service as media
from tests.bulletin.stories import EVENT, FAIR, article, online, saved, submitted, written
from tests.conftest import Cast, Person
from tests.media.pictures import phone_photo

SignIn = Callable[[FlaskClient, Person], FlaskClient]
FORM = FAIR | {"starts_at": "", "ends_at": "", "place": "", "organiser": ""}
JSON = {"Accept": "application/json"}


@pytest.fixture
def writer(client: FlaskClient, people: Cast, sign_in: SignIn) -> FlaskClient:
    """阿柚's browser."""
    return sign_in(client, people.writer)


def _address(id: int, part: str = "") -> str:
    return f"/newsroom/articles/{id}{part}"


def _send(client: FlaskClient, id: int, **changes: Any) -> dict[str, Any]:
    """What the script sends and hears."""
    values = FORM | {"base": article(id).revision, "window": "w1"} | changes
    answer = client.post(_address(id), json=values, headers=JSON)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.get_json()
    return found


# --- the page ---------------------------------------------------------------------------------------------------


def test_the_page_is_a_form_that_works_without_a_script(writer: FlaskClient, people: Cast) -> None:
    id = written(people.writer, **EVENT)
    page = writer.get(_address(id)).text
    assert f'value="{FAIR["title"]}"' in page
    assert 'value="2026-09-19T10:00"' in page
    assert '<input type="hidden" name="base" value="1">' in page
    answer = writer.post(_address(id), data=FORM | {"base": 1, "body": "换了一段。\r\n\r\n第二段。"})
    assert answer.status_code == 303
    row = article(id)
    assert (row.body, row.revision, row.event) == ("换了一段。\n\n第二段。", 2, None)
    assert queries.revision(id, 2).origin is Origin.SAVED


def test_only_this_page_lets_styles_stand_in_markup_and_its_scripts_need_the_nonce(
    writer: FlaskClient, people: Cast
) -> None:
    id = written(people.writer)
    policy = writer.get(_address(id)).headers["Content-Security-Policy"]
    assert "style-src 'self' 'unsafe-inline'" in policy
    assert "'strict-dynamic'" in policy
    assert "unsafe-inline" not in policy.partition("style-src")[0]
    assert "unsafe-eval" not in policy
    other = writer.get(_address(id, "/revisions")).headers["Content-Security-Policy"]
    assert "unsafe-inline" not in other


def test_a_mistake_keeps_what_was_typed_and_where_it_grew_from(writer: FlaskClient, people: Cast) -> None:
    id = written(people.writer)
    saved(people.editor, id, body="沈同学改过了。")
    answer = writer.post(_address(id), data=FORM | {"base": 1, "title": "", "body": "我写的不能丢。"})
    assert answer.status_code == 422
    assert "我写的不能丢。" in answer.text
    assert 'href="#f-title"' in answer.text
    assert '<input type="hidden" name="base" value="1">' in answer.text


def test_an_article_in_review_is_shown_as_readers_would_have_it(writer: FlaskClient, people: Cast) -> None:
    id = submitted(people, **EVENT)
    page = writer.get(_address(id)).text
    assert "<h2" in page
    assert "大学生活动中心门前广场" in page
    assert 'name="body"' not in page
    assert _address(id, "/take-back") in page


def test_whoever_may_not_read_it_meets_nothing(client: FlaskClient, people: Cast, sign_in: SignIn) -> None:
    id = written(people.editor)
    sign_in(client, people.writer)
    for part in ("", "/revisions", "/images/1"):
        assert client.get(_address(id, part)).status_code == 404
    for part in ("", "/preview", "/hints", "/submit", "/import", "/cover"):
        assert client.post(_address(id, part), data=FORM | {"base": 0}).status_code == 404
    for part in ("/pen", "/pasted"):
        values = {"window": "w"} if part == "/pen" else {"html": "<p>x</p>"}
        assert client.post(_address(id, part), json=values, headers=JSON).status_code == 404


# --- saving -----------------------------------------------------------------------------------------------------


def test_the_script_saves_and_hears_the_new_revision(writer: FlaskClient, people: Cast) -> None:
    id = written(people.writer)
    heard = _send(writer, id, body="新的一段。")
    assert (heard["state"], heard["number"], heard["newest"], heard["text"]) == ("saved", 2, 2, None)
    assert queries.revision(id, 2).origin is Origin.AUTOSAVE
    again = _send(writer, id, body="新的一段。")
    assert (again["state"], again["newest"]) == ("saved", 2)


def test_changes_in_different_paragraphs_come_back_joined(writer: FlaskClient, people: Cast) -> None:
    id = written(people.writer, body="甲。\n\n乙。\n\n丙。")
    saved(people.editor, id, body="甲，沈同学改过。\n\n乙。\n\n丙。")
    heard = _send(writer, id, base=1, body="甲。\n\n乙。\n\n丙，阿柚改过。")
    assert heard["state"] == "merged"
    assert heard["text"]["body"] == "甲，沈同学改过。\n\n乙。\n\n丙，阿柚改过。"
    assert article(id).body == heard["text"]["body"]


def test_changes_in_the_same_paragraph_come_back_as_both(writer: FlaskClient, people: Cast) -> None:
    id = written(people.writer, body="甲。\n\n乙。\n\n丙。", lede="导语")
    saved(people.editor, id, body="甲，沈同学改过。\n\n乙。\n\n丙。", lede="沈同学的导语")
    heard = _send(writer, id, base=1, body="甲，阿柚改过。\n\n乙。\n\n丙，也改过。", lede="阿柚的导语")
    assert heard["state"] == "aside"
    (choice,) = heard["clash"]["choices"]
    assert (choice["name"], choice["theirs"], choice["mine"]) == ("lede", "沈同学的导语", "阿柚的导语")
    pieces = heard["clash"]["body"]
    assert [piece for piece in pieces if piece["theirs"] != piece["mine"]] == [
        {"theirs": "甲，沈同学改过。\n", "mine": "甲，阿柚改过。\n"}
    ]
    assert "".join(piece["theirs"] for piece in pieces) == "甲，沈同学改过。\n\n乙。\n\n丙，也改过。"
    assert article(id).body.startswith("甲，沈同学改过。")
    aside = queries.revision(id, heard["number"])
    assert (aside.origin, aside.body) == (Origin.ASIDE, "甲，阿柚改过。\n\n乙。\n\n丙，也改过。")


def test_without_a_script_both_are_shown_and_the_form_holds_them_joined(
    writer: FlaskClient, people: Cast
) -> None:
    id = written(people.writer, body="甲。\n\n乙。\n\n丙。")
    saved(people.editor, id, body="甲，沈同学改过。\n\n乙。\n\n丙，沈同学也改过。")
    form = FORM | {"base": 1, "body": "甲，阿柚改过。\n\n乙。\n\n丙。"}
    page = writer.post(_address(id), data=form)
    assert page.status_code == 409
    assert "<del>甲，沈同学改过。</del>" in page.text
    assert "<ins>甲，阿柚改过。</ins>" in page.text
    assert "甲，阿柚改过。\n\n乙。\n\n丙，沈同学也改过。</textarea>" in page.text
    assert '<input type="hidden" name="base" value="2">' in page.text


def test_what_was_typed_while_it_went_to_review_lies_aside(writer: FlaskClient, people: Cast) -> None:
    id = submitted(people)
    heard = _send(writer, id, base=1, body="还没写完的一句。")
    assert heard["state"] == "late"
    assert queries.revision(id, heard["number"]).body == "还没写完的一句。"
    answer = writer.post(
        _address(id), data=FORM | {"base": 1, "body": "还没写完的一句。"}, follow_redirects=True
    )
    assert f"另存为第 {heard['number']} 稿" in answer.text


def test_what_the_script_sends_wrong_is_told_by_field(writer: FlaskClient, people: Cast) -> None:
    id = written(people.writer)
    answer = writer.post(_address(id), json=FORM | {"base": 1, "title": ""}, headers=JSON)
    assert answer.status_code == 422
    assert set(answer.get_json()["errors"]) == {"title"}


# --- the pen ----------------------------------------------------------------------------------------------------


def test_two_windows_hear_who_writes_and_one_can_take_over(
    writer: FlaskClient, people: Cast, sign_in: SignIn
) -> None:
    id = written(people.writer)
    first = writer.post(_address(id, "/pen"), json={"window": "a"}, headers=JSON).get_json()
    assert (first["mine"], first["newest"], first["state"]) == (True, 1, "draft")
    other = sign_in(writer.application.test_client(), people.editor)
    ask = _address(id, "/pen")
    assert other.post(ask, json={"window": "b"}, headers=JSON).get_json() == first | {
        "mine": False,
        "name": "阿柚",
    }
    assert other.post(ask, json={"window": "b", "anyway": True}, headers=JSON).get_json()["mine"]
    assert writer.post(ask, json={"window": "a"}, headers=JSON).get_json()["name"] == "沈同学"
    other.post(ask, json={"window": "b", "leave": True}, headers=JSON)
    assert writer.post(ask, json={"window": "a"}, headers=JSON).get_json()["mine"]


# --- review -----------------------------------------------------------------------------------------------------


def test_submitting_saves_first_and_taking_back_opens_it_again(writer: FlaskClient, people: Cast) -> None:
    id = written(people.writer)
    form = FORM | {"base": 1, "body": "最后一句也在。"}
    assert writer.post(_address(id, "/submit"), data=form).status_code == 303
    row = article(id)
    assert (row.state, row.body) == (ArticleState.SUBMITTED, "最后一句也在。")
    assert writer.post(_address(id, "/take-back")).status_code == 303
    assert article(id).state is ArticleState.DRAFT


def test_what_is_missing_is_told_by_field_and_the_text_is_kept(writer: FlaskClient, people: Cast) -> None:
    id = written(people.writer)
    form = FORM | {"base": 1, "lede": "", "body": "写好了。", "starts_at": "2026-09-19T10:00"}
    answer = writer.post(_address(id, "/submit"), data=form)
    assert answer.status_code == 422
    assert 'href="#f-lede"' in answer.text
    assert 'href="#f-place"' in answer.text
    row = article(id)
    assert (row.state, row.body) == (ArticleState.DRAFT, "写好了。")


def test_a_text_that_others_changed_meanwhile_is_not_submitted_unseen(
    writer: FlaskClient, people: Cast
) -> None:
    id = written(people.writer, body="甲。")
    saved(people.editor, id, body="沈同学的甲。")
    answer = writer.post(_address(id, "/submit"), data=FORM | {"base": 1, "body": "阿柚的甲。"})
    assert answer.status_code == 409
    assert article(id).state is ArticleState.DRAFT


# --- pictures ---------------------------------------------------------------------------------------------------


def _photo(person: Person) -> str:
    with transaction():
        return media.store(person.actor, phone_photo(640, 480)).key


def test_the_script_makes_an_uploaded_photo_a_picture(writer: FlaskClient, people: Cast) -> None:
    id, key = written(people.writer), _photo(people.writer)
    values = {"photo": key, "alt": "分区图", "focal_x": "20", "focal_y": "70"}
    answer = writer.post(_address(id, "/images"), json=values, headers=JSON)
    assert answer.status_code == 201
    made = answer.get_json()
    image = queries.images(id)[made["id"]]
    assert (image.alt, image.focal_x, image.focal_y) == ("分区图", 20, 70)
    assert "分区图" in made["html"]
    assert writer.get(_address(id, f"/images/{made['id']}")).location == f"/photos/{key}/960.jpg"


def test_a_picture_without_words_is_refused_and_nothing_is_kept(writer: FlaskClient, people: Cast) -> None:
    id, key = written(people.writer), _photo(people.writer)
    answer = writer.post(_address(id, "/images"), json={"photo": key, "alt": " "}, headers=JSON)
    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, ["alt"])
    assert queries.images(id) == {}


def test_without_a_script_a_file_and_its_words_do(writer: FlaskClient, people: Cast) -> None:
    id = written(people.writer)
    form = {"file": (io.BytesIO(phone_photo(640, 480)), "a.jpg"), "alt": "分区图"}
    page = writer.post(_address(id, "/images"), data=form, follow_redirects=True).text
    (image,) = queries.images(id).values()
    assert f"![](image:{image.id})" in page
    assert writer.post(_address(id, "/images"), data={"alt": "分区图"}).status_code == 422


def test_words_focal_point_and_cover_of_a_picture(writer: FlaskClient, people: Cast) -> None:
    id, key = written(people.writer), _photo(people.writer)
    image = writer.post(_address(id, "/images"), json={"photo": key, "alt": "图一"}, headers=JSON).get_json()[
        "id"
    ]
    form = {"alt": "集市的分区图", "focal_x": "10", "focal_y": "90"}
    assert writer.post(_address(id, f"/images/{image}"), data=form).status_code == 303
    assert writer.post(_address(id, "/cover"), data={"image": image}).status_code == 303
    row = queries.images(id)[image]
    assert (row.alt, row.focal_x, row.focal_y, article(id).cover_id) == ("集市的分区图", 10, 90, image)
    writer.post(_address(id, "/cover"), data={"image": ""})
    assert article(id).cover_id is None
    wrong = writer.post(_address(id, f"/images/{image}"), data={"alt": "x", "focal_x": "101"})
    assert wrong.status_code == 422


# --- from elsewhere ---------------------------------------------------------------------------------------------


def test_a_file_takes_the_place_of_the_text(writer: FlaskClient, people: Cast) -> None:
    id = written(people.writer)
    form = {"file": (io.BytesIO("## 新的\n\n一段。".encode()), "稿子.md")}
    assert writer.post(_address(id, "/import"), data=form).status_code == 303
    assert article(id).body == "## 新的\n\n一段。"
    wrong = writer.post(_address(id, "/import"), data={"file": (io.BytesIO(b"x"), "a.doc")})
    assert wrong.status_code == 422
    assert "另存为 .docx" in wrong.text
    assert writer.post(_address(id, "/import"), data={}).status_code == 422


def test_pasted_html_comes_back_as_markdown(writer: FlaskClient, people: Cast) -> None:
    id = written(people.writer)
    answer = writer.post(
        _address(id, "/pasted"), json={"html": "<h2>一</h2><p>二<b>三</b></p>"}, headers=JSON
    )
    assert answer.get_json() == {"body": "## 一\n\n二**三**"}


# --- beside the text --------------------------------------------------------------------------------------------


def test_the_preview_shows_what_is_typed_and_saves_nothing(writer: FlaskClient, people: Cast) -> None:
    id = written(people.writer)
    page = writer.post(
        _address(id, "/preview"), data=FORM | {"title": "新标题", "body": "## 小标题\n\n<script>x</script>"}
    )
    assert page.status_code == 200
    assert "新标题" in page.text
    assert '<h2 id="h1">小标题</h2>' in page.text
    assert "<script>x" not in page.text
    part = writer.post(_address(id, "/preview"), json=FORM | {"body": "一段"}, headers={"HX-Request": "true"})
    assert "<html" not in part.text
    assert "一段" in part.text
    assert (article(id).title, article(id).revision) == (FAIR["title"], 1)


@pytest.mark.parametrize(
    "broken", [{"title": ""}, {"starts_at": "never"}, {"section": "nowhere"}, {"place": "没有时间"}]
)
def test_preview_and_hints_take_what_is_unfinished(
    broken: dict[str, str], writer: FlaskClient, people: Cast
) -> None:
    id = written(people.writer)
    for part in ("/preview", "/hints"):
        assert writer.post(_address(id, part), json=FORM | broken | {"body": "半句"}).status_code == 200
        assert writer.post(_address(id, part), data=FORM | broken | {"body": "半句"}).status_code == 200
    assert writer.post(_address(id, "/hints"), json=["x"]).status_code == 200


def test_hints_name_the_line_and_the_words(writer: FlaskClient, people: Cast) -> None:
    id = written(people.writer)
    early = online(people, title="先上线的")
    body = f"第一段。\n\n下载App,快来。\n\n[没有的](/compass/nothing/here/at/all)，[站外](https://a.test/)，[首页](/)。{early.slug}"
    part = writer.post(_address(id, "/hints"), json=FORM | {"body": body}).text
    assert 'data-line="3" data-find="下载App,快来"' in part or "下载App" in part
    assert "本站没有这一页" in part
    assert part.count("<li>") == 3


def test_an_event_at_the_time_of_another_is_told(writer: FlaskClient, people: Cast) -> None:
    online(people, title="同一天的讲座", **EVENT)
    id = written(people.writer, **EVENT)
    assert "同一天的讲座" in writer.get(_address(id)).text
    free = FORM | {"starts_at": "2026-09-21T10:00", "place": "广场"}
    assert "同一天的讲座" not in writer.post(_address(id, "/hints"), json=free).text


# --- revisions --------------------------------------------------------------------------------------------------


def test_revisions_are_listed_compared_and_restored(writer: FlaskClient, people: Cast) -> None:
    id = written(people.writer, body="甲。\n\n乙。")
    saved(people.editor, id, body="甲改。\n\n乙。")
    page = writer.get(_address(id, "/revisions?left=1&right=2")).text
    assert "<del>甲。</del>" in page
    assert "<ins>甲改。</ins>" in page
    assert writer.post(_address(id, "/revisions/1/restore")).status_code == 303
    assert (article(id).body, article(id).revision) == ("甲。\n\n乙。", 3)
    assert writer.get(_address(id, "/revisions?left=1&right=99")).status_code == 404
    assert writer.post(_address(id, "/revisions/99/restore")).status_code == 404


def test_a_row_of_automatic_savings_is_one_line_until_all_are_asked_for(
    writer: FlaskClient, people: Cast
) -> None:
    id = written(people.writer)
    for n in range(4):
        _send(writer, id, body=f"写到第 {n} 句。")
    short = writer.get(_address(id, "/revisions")).text
    assert "另有 3 次自动保存" in short
    assert short.count('name="left"') == 2
    assert writer.get(_address(id, "/revisions?all=1")).text.count('name="left"') == 5


def test_nothing_is_restored_while_it_is_in_review(writer: FlaskClient, people: Cast) -> None:
    id = written(people.writer)
    saved(people.writer, id, body="第二稿。")
    with transaction():
        service.submit(people.writer.actor, id)
    writer.post(_address(id, "/revisions/1/restore"))
    assert article(id).body == "第二稿。"
