"""The words that staff add: written, understood, found with by both engines, and the page they are written on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from sqlalchemy import delete, select

from campus_service.core.audit import AuditEntry
from campus_service.core.db import db, transaction
from campus_service.core.errors import Conflict, Forbidden, Invalid
from campus_service.search import service, synonyms, words
from campus_service.search.added import meaning, read
from campus_service.search.commands import SaveWords
from campus_service.search.engine import Filters, SearchDoc
from campus_service.search.models import SearchDocument
from campus_service.search.service import table_engine
from campus_service.search.whoosh_engine import WhooshEngine
from tests.conftest import Cast
from tests.search.documents import doc

SignInAs = Callable[..., FlaskClient]


def save(people: Cast, line: str, **more: object) -> int:
    with transaction():
        return words.save(people.admin.actor, SaveWords.model_validate({"line": line, **more})).id


def ways(text: str, *lines: str) -> set[str]:
    return {" ".join(choice) for group in synonyms.plan(text, meaning(lines)).groups for choice in group}


def test_a_line_is_read_with_chinese_signs_too() -> None:
    assert read("北门小超市，教育超市、ＫＦＣ").heads == ("北门小超市", "教育超市", "kfc")
    line = read("- 水具 > 水杯, 水壶")
    assert (line.off, line.heads, line.members) == (True, ("水具",), ("水杯", "水壶"))


def test_new_words_stand_for_each_other_in_the_middle_of_a_query() -> None:
    assert "教育 超市" in ways("在北门小超市丢的伞", "北门小超市,教育超市")


def test_a_head_takes_its_members_in_and_not_the_other_way_round() -> None:
    assert ways("水具", "水具 > 焖烧杯") >= ways("焖烧杯")
    assert ways("焖烧杯", "水具 > 焖烧杯") == ways("焖烧杯")


def test_lines_lead_on_to_one_another_and_to_shipped_words() -> None:
    lines = ("小黑匣,黑匣匣", "黑匣匣,充电宝")
    assert ways("小黑匣", *lines) >= ways("充电宝")


def test_a_line_with_a_minus_switches_a_shipped_one_off() -> None:
    assert "移动电源" in ways("充电宝")
    assert "移动电源" not in ways("充电宝", "- 充电宝, 移动电源")


@pytest.mark.parametrize(
    "line",
    [
        "教育超市",
        "教育超市,教育超市",
        "> 水杯, 水壶",
        "的,伞",
        "伞,@umbrella",
        "伞 > 伞, 雨衣",
        f"伞,{'长' * 31}",
    ],
)
def test_a_line_that_says_nothing_is_refused(line: str) -> None:
    with pytest.raises(ValidationError):
        SaveWords(line=line)


def test_the_same_line_is_not_kept_twice(app: Flask, people: Cast) -> None:
    save(people, "北门小超市,教育超市")
    with pytest.raises(Invalid):
        save(people, "教育超市， 北门小超市")


def test_who_changes_a_line_that_changed_meanwhile_is_told(app: Flask, people: Cast) -> None:
    id = save(people, "北门小超市,教育超市")
    save(people, "北门小超市,教育超市,小卖部", id=id, version=1)
    with pytest.raises(Conflict):
        save(people, "北门小超市,便利店", id=id, version=1)


def test_only_those_who_may_write_words(app: Flask, people: Cast) -> None:
    with pytest.raises(Forbidden), transaction():
        words.save(people.desk.actor, SaveWords(line="北门小超市,教育超市"))


def test_every_step_stands_in_the_audit_log(app: Flask, people: Cast) -> None:
    id = save(people, "北门小超市,教育超市")
    with transaction():
        words.delete(people.admin.actor, id)
    actions = list(
        db.session.scalars(select(AuditEntry.action).where(AuditEntry.object_type == "search_words"))
    )
    assert actions == ["words.saved", "words.deleted"]
    assert words.added().more == {}


PHRASE = st.text(alphabet="北门超市卡通中园雨耳机ab1 的.", min_size=1, max_size=8)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(phrases=st.lists(PHRASE, min_size=2, max_size=4), head=st.booleans())
def test_with_any_line_one_phrase_finds_what_is_called_by_the_other(
    app: Flask, phrases: list[str], head: bool
) -> None:
    typed = f"{phrases[0]} > {','.join(phrases[1:])}" if head else ",".join(phrases)
    try:
        command = SaveWords(line=typed)
    except ValidationError:
        assume(False)
    line = read(command.line)
    assert line == read(typed)
    documents: list[SearchDoc] = [doc(f"d{at}", title=phrase) for at, phrase in enumerate(line.phrases)]
    with transaction():
        db.session.execute(delete(SearchDocument))
        service.put_rows(documents)
    wanted = synonyms.plan(line.phrases[0], meaning((command.line,)))
    with TemporaryDirectory() as folder:
        index = WhooshEngine(Path(folder))
        index.rebuild(service.as_indexed(each) for each in documents)
        for engine in (index, table_engine()):
            found = engine.search(wanted, Filters(), sort="score", offset=0, limit=20).ids
            assert set(found) == {each.id for each in documents}, engine
        index.close()


def test_what_is_wrong_stands_beside_the_box_and_the_text_is_kept(
    client: FlaskClient, people: Cast, sign_in: SignInAs
) -> None:
    answer = sign_in(client, people.coordinator).post(
        "/admin/words", data={"line": "教育超市", "note": "北门"}
    )
    assert answer.status_code == 422
    assert "一行至少要有两个词" in answer.text
    assert 'value="教育超市"' in answer.text


def test_the_box_says_what_a_word_stands_for_and_from_where(
    client: FlaskClient, people: Cast, sign_in: SignInAs
) -> None:
    staff = sign_in(client, people.coordinator)
    staff.post("/admin/words", data={"line": "小黑匣,充电宝"})
    html = staff.get("/admin/words?try=小黑匣").text
    assert "本校加的：</span><b>充电宝</b>" in html
    assert "移动电源" in html.partition("自带的：")[2]
    assert "自带的：" in staff.get("/admin/words?try=充电宝").text


def test_a_line_is_found_opened_changed_and_deleted(
    client: FlaskClient, people: Cast, sign_in: SignInAs
) -> None:
    id = save(people, "小黑匣,充电宝", note="去年的叫法")
    staff = sign_in(client, people.coordinator)
    assert "小黑匣,充电宝" in staff.get("/admin/words?q=去年").text
    assert "没有这样的词" in staff.get("/admin/words?q=前年").text
    assert f'name="id" value="{id}"' in staff.get(f"/admin/words?edit={id}").text
    staff.post("/admin/words", data={"id": id, "version": 1, "line": "小黑盒,充电宝"})
    assert "小黑盒,充电宝" in staff.get("/admin/words").text
    staff.post("/admin/words/delete", data={"id": id})
    assert "小黑盒" not in staff.get("/admin/words?q=").text
