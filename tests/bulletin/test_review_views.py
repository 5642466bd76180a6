"""The reviewer's page and corrections, as a browser without JavaScript has them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from campus_service.bulletin import queries, service
from campus_service.bulletin.commands import Comment, RequestChanges
from campus_service.bulletin.proofs import place
from campus_service.bulletin.states import ArticleState
from campus_service.core.db import transaction
from tests.bulletin.stories import EVENT, FAIR, approved, article, online, saved, submitted, written
from tests.conftest import Cast, Person

At = Callable[[Person], FlaskClient]


@pytest.fixture
def at(app: Flask, sign_in: Callable[[FlaskClient, Person], FlaskClient]) -> At:
    """The browser of a person."""
    return lambda person: sign_in(app.test_client(), person)


def review(id: int, step: str = "") -> str:
    return f"/newsroom/articles/{id}/review{step}"


def correct(id: int, step: str = "") -> str:
    return f"/newsroom/articles/{id}/correct{step}"


def form(page: TestResponse, action: str) -> dict[str, str]:
    """The hidden fields of the page's form that leads to ``action``."""
    whole = re.search(rf'<form[^>]*action="{re.escape(action)}"[^>]*>(.*?)</form>', page.text, re.DOTALL)
    assert whole
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', whole[1]))


def paragraph(page: str, number: int) -> str:
    found = re.search(rf'<section class="rv-p" id="p{number}".*?</section>', page, re.DOTALL)
    assert found
    return found[0]


def remarked(person: Person, id: int, **values: Any) -> int:
    with transaction():
        return service.comment(person.actor, id, Comment(**values)).id


# --- reading ------------------------------------------------------------------------------------------------------


def test_it_is_read_paragraph_by_paragraph_as_readers_will_have_it(at: At, people: Cast) -> None:
    page = at(people.reviewer).get(review(submitted(people, **EVENT))).text
    assert '<h2 id="h1">时间地点</h2>' in paragraph(page, 0)
    assert "招新集市设在" in paragraph(page, 1)
    assert "<li>先看分区图。</li>" in paragraph(page, 3)
    assert "大学生活动中心门前广场" in page
    assert FAIR["lede"] in page


def test_a_word_is_said_beside_a_paragraph_and_settled(at: At, people: Cast) -> None:
    id = submitted(people)
    reader = at(people.reviewer)
    page = reader.get(review(id))
    fields = dict(
        re.findall(r'name="(paragraph|quote|request_key)" value="([^"]*)"', paragraph(page.text, 1))
    )
    for _twice in range(2):
        answer = reader.post(review(id, "/comments"), data=fields | {"body": "几号门？"})
        assert answer.location == review(id) + "#p1"
    ((row, name),) = queries.comments(id)
    assert (row.paragraph, row.revision, name) == (1, 1, "唐同学")
    assert row.quote.startswith("招新集市设在")
    writer = at(people.writer)
    assert "几号门？" in paragraph(writer.get(review(id)).text, 1)
    writer.post(review(id, f"/comments/{row.id}/settle"))
    assert "阿柚处理好了" in paragraph(writer.get(review(id)).text, 1)
    writer.post(review(id, f"/comments/{row.id}/settle"))
    assert "阿柚处理好了" not in writer.get(review(id)).text


def test_an_empty_word_comes_back_where_it_was_said(at: At, people: Cast) -> None:
    id = submitted(people)
    answer = at(people.reviewer).post(review(id, "/comments"), data={"paragraph": "1", "body": "?"})
    assert answer.status_code == 422
    assert '<details class="rv-say" open>' in paragraph(answer.text, 1)
    assert '<details class="rv-say" open>' not in paragraph(answer.text, 0)


def test_a_word_moves_with_its_paragraph_and_stands_apart_when_that_is_gone(at: At, people: Cast) -> None:
    id = written(people.writer)
    remarked(people.editor, id, paragraph=1, quote="招新集市设在大学生活动中心", body="几号门？")
    saved(people.writer, id, body="先说一句。\n\n再说一句。\n\n" + FAIR["body"])
    page = at(people.editor).get(review(id)).text
    assert "几号门？" in paragraph(page, 3)
    saved(people.writer, id, body="全都重写了。")
    page = at(people.editor).get(review(id)).text
    assert "几号门？" in page.partition("找不到原来段落的批注")[2]


@pytest.mark.parametrize(
    ("quote", "number", "words", "found"),
    [
        ("集市设在广场", 1, ["开头", "集市设在广场，两天"], 1),
        ("集市设在广场", 0, ["开头", "今年集市设在广场，两天"], 1),
        ("集市设在广场上面，周六周日", 0, ["开头", "集市设在广场，周六和周日两天"], 1),
        ("同样的话", 2, ["同样的话", "别的", "别的", "同样的话"], 3),
        ("集市设在广场", 0, ["全都重写了"], None),
        ("", 1, ["甲", "乙"], 1),
        ("", 5, ["甲", "乙"], None),
        ("集市", 0, [], None),
    ],
)
def test_a_paragraph_is_found_again_by_its_beginning(
    quote: str, number: int, words: list[str], found: int | None
) -> None:
    from campus_service.bulletin.models import Comment as Row

    assert place(Row(paragraph=number, quote=quote), words) == found


# --- deciding -----------------------------------------------------------------------------------------------------


def test_just_the_text_that_was_read_is_approved(at: At, people: Cast) -> None:
    id = submitted(people)
    reviewer = at(people.reviewer)
    seen = form(reviewer.get(review(id)), review(id, "/approve"))
    assert reviewer.post(review(id, "/approve"), data=seen).status_code == 303
    row = article(id)
    assert (row.state, row.approved_hash, row.reviewed_by) == (
        ArticleState.APPROVED,
        row.text.hash,
        people.reviewer.id,
    )
    page = reviewer.get(review(id)).text
    assert row.approved_hash
    assert row.approved_hash[:12] in page
    assert "唐同学" in page
    assert "退回草稿" in page


def test_a_text_that_changed_meanwhile_is_shown_again_instead_of_approved(at: At, people: Cast) -> None:
    id = submitted(people)
    reviewer = at(people.reviewer)
    seen = form(reviewer.get(review(id)), review(id, "/approve"))
    with transaction():
        service.take_back(people.writer.actor, id)
    saved(people.writer, id, title="换了题目")
    with transaction():
        service.submit(people.writer.actor, id)
    answer = reviewer.post(review(id, "/approve"), data=seen)
    assert answer.status_code == 409
    assert "请再看一遍" in answer.text
    assert "换了题目" in answer.text
    assert article(id).state is ArticleState.SUBMITTED
    again = form(answer, review(id, "/approve"))
    assert reviewer.post(review(id, "/approve"), data=again).status_code == 303


def test_who_wrote_a_word_of_it_reads_why_he_cannot_approve(at: At, people: Cast) -> None:
    id = written(people.writer)
    saved(people.editor, id, lede="沈同学改过的导语。")
    with transaction():
        service.submit(people.writer.actor, id)
    editor = at(people.editor)
    page = editor.get(review(id)).text
    assert "你写过这篇文章，要请另一位编辑来审。" in page
    assert "/review/approve" not in page
    answer = editor.post(review(id, "/approve"), data={"hash": article(id).text.hash})
    assert answer.status_code == 403
    assert "等编辑来审" in at(people.writer).get(review(id)).text


def test_sent_back_with_a_reason_and_what_changed_since_is_shown(at: At, people: Cast) -> None:
    id = submitted(people)
    reviewer = at(people.reviewer)
    short = reviewer.post(review(id, "/changes"), data={"reason": "?"})
    assert short.status_code == 422
    assert "?</textarea>" in short.text
    reviewer.post(review(id, "/changes"), data={"reason": "写清几号门"})
    assert article(id).review_note == "写清几号门"
    saved(people.writer, id, body=FAIR["body"].replace("门前广场", "三号门"))
    with transaction():
        service.submit(people.writer.actor, id)
    page = reviewer.get(review(id)).text
    assert "上次审过之后改了什么" in page
    assert re.search(r"<del>[^<]*门前广场", page)
    assert re.search(r"<ins>[^<]*三号门", page)


def test_unchanged_since_the_last_review_is_not_shown_as_changed(at: At, people: Cast) -> None:
    id = submitted(people)
    with transaction():
        service.request_changes(people.reviewer.actor, id, RequestChanges(reason="再想想"))
        service.submit(people.writer.actor, id)
    assert "上次审过之后" not in at(people.reviewer).get(review(id)).text


def test_hints_stand_beside_the_text(at: At, people: Cast) -> None:
    id = submitted(people, body="集市在9月31日举行,欢迎来。")
    assert "9月31日" in at(people.reviewer).get(review(id)).text.partition("hints-title")[2]


def test_a_writer_sees_only_what_is_his(at: At, people: Cast) -> None:
    id = submitted(people, people.editor)
    assert at(people.writer).get(review(id)).status_code == 404
    assert at(people.lin).get(review(id)).status_code == 403


# --- correcting ---------------------------------------------------------------------------------------------------


def test_the_corrected_sentence_is_shown_before_it_is_corrected(at: At, people: Cast) -> None:
    id = online(people).article_id
    editor = at(people.editor)
    sent = {"wrong": "周六、周日两天", "right": "周五、周六两天", "note": "日子写错了。"}
    answer = editor.post(correct(id), data=sent | {"preview": "1"})
    assert answer.status_code == 200
    assert "<del>周六、周日两天</del><ins>周五、周六两天</ins>。" in answer.text
    assert "日子写错了。" in answer.text
    publication = queries.publication_of(id)
    assert publication
    assert "周六、周日" in publication.body


def test_the_same_form_twice_corrects_once(at: At, people: Cast) -> None:
    id = online(people).article_id
    editor = at(people.editor)
    key = form(editor.get(correct(id)), correct(id))
    sent = key | {"wrong": "周六、周日两天", "right": "周六、周日两天（雨天顺延）"}
    for _twice in range(2):
        assert editor.post(correct(id), data=sent).status_code == 303
    article(id)  # a new look
    publication = queries.publication_of(id)
    assert publication
    assert publication.body.count("雨天顺延") == 1
    assert len(queries.corrections(publication.id)) == 1
    assert "（雨天顺延）" in editor.get(correct(id)).text.partition("已有的更正")[2]


def test_words_that_are_not_there_come_back_with_what_was_typed(at: At, people: Cast) -> None:
    id = online(people).article_id
    answer = at(people.editor).post(correct(id), data={"wrong": "没有这句", "right": "别的", "note": "说明"})
    assert answer.status_code == 422
    assert "请照原文抄" in answer.text
    assert "没有这句</textarea>" in answer.text


def test_a_line_end_of_a_browser_is_the_line_end_of_the_text(at: At, people: Cast) -> None:
    id = online(people, body="第一行\n第二行").article_id
    sent = {"wrong": "第一行\r\n第二行", "right": "一行"}
    assert at(people.editor).post(correct(id), data=sent).status_code == 303


def test_its_event_is_moved_and_cancelled(at: At, people: Cast) -> None:
    publication = online(people, **EVENT)
    id, key = publication.article_id, publication.id
    editor = at(people.editor)
    assert 'value="2026-09-19T10:00"' in editor.get(correct(id)).text
    moved = {"starts_at": "2026-09-19T14:00", "ends_at": "2026-09-20T17:00", "place": "体育馆"}
    wrong = editor.post(correct(id, "/event"), data=moved | {"ends_at": "2026-09-18T17:00"})
    assert wrong.status_code == 422
    assert "结束时间要在开始之后" in wrong.text
    assert editor.post(correct(id, "/event"), data=moved).status_code == 303
    article(id)
    event = queries.event_of(key)
    assert event
    assert (event.place, event.sequence) == ("体育馆", 1)
    assert editor.post(correct(id, "/event/cancel")).status_code == 303
    article(id)
    event = queries.event_of(key)
    assert event
    assert event.cancelled_at
    assert event.sequence == 2
    page = editor.get(correct(id)).text
    assert "日历里已经划掉" in page
    assert editor.post(correct(id, "/event"), data=moved).status_code == 409


def test_what_no_reader_has_is_not_corrected(at: At, people: Cast) -> None:
    id = approved(people)
    assert at(people.editor).get(correct(id)).status_code == 409
    early = online(people).article_id
    assert at(people.writer).get(correct(early)).status_code == 403
    assert at(people.editor).post(correct(early, "/event/cancel")).status_code == 404
