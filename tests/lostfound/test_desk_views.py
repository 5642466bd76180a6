"""The desks' pages: who may come in, and taking in."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from campus_service.config import Settings
from campus_service.core.clock import BEIJING, freeze, now, today
from campus_service.core.db import db
from campus_service.lostfound import service
from campus_service.lostfound.models import FoundItem
from campus_service.lostfound.states import FoundState
from tests.conftest import Cast, Person
from tests.lostfound.pages import address, form, links
from tests.lostfound.stories import approved, at_the_desk, claimed, held, lost
from tests.media.pictures import phone_photo

SignIn = Callable[[FlaskClient, Person], FlaskClient]
INTAKE, SHELF = "/desk/intake", "/desk/shelf"
UMBRELLA = {
    "category": "umbrella",
    "title": "长柄黑伞",
    "place": "一食堂门口",
    "private_marks": "伞柄缠蓝胶带",
}


def take_in(client: FlaskClient, **changes: Any) -> TestResponse:
    """Fill in the intake form as it stands, and send it."""
    return client.post(INTAKE, data=form(client.get(INTAKE), INTAKE, **(UMBRELLA | changes)))


def newest() -> FoundItem:
    db.session.rollback()
    return db.session.scalars(select(FoundItem).order_by(FoundItem.id.desc())).first() or pytest.fail(
        "nothing"
    )


# --- who may come in ---------------------------------------------------------------------------------------------


def every_address(people: Cast) -> list[tuple[str, str]]:
    """All addresses of the desks, with things behind them."""
    no = held(people)
    claim_id = approved(people, no)
    pickup = at_the_desk(people, claim_id)
    read = ["intake", "rule", "shelf", f"items/{no}", f"items/{no}/label", f"items/{no}/receipt", "returns"]
    read += ["claims", f"claims/{no}", f"returns/{pickup}", f"returns/{pickup}/state"]
    write = ["intake", "at", *(f"items/{no}/{step}" for step in ("hand-in", "move", "receive", "hand-over"))]
    write += [f"claims/{claim_id}/decision", f"claims/{claim_id}/code", "returns"]
    write += [f"returns/{pickup}/{step}" for step in ("identity", "counter", "confirm", "abort")]
    return [("GET", f"/desk/{path}") for path in read] + [("POST", f"/desk/{path}") for path in write]


def test_every_address_of_the_desks_is_tried(app: Flask, people: Cast) -> None:
    adapter = app.url_map.bind("campus.test")
    tried = {adapter.match(path, method=method)[0] for method, path in every_address(people)}
    assert tried == {rule.endpoint for rule in app.url_map.iter_rules() if rule.endpoint.startswith("desk.")}


def test_visitors_are_asked_to_sign_in(client: FlaskClient, people: Cast) -> None:
    for method, path in every_address(people):
        answer = client.open(path, method=method)
        assert (answer.status_code, answer.location.partition("?")[0]) == (302, "/sign-in"), path


@pytest.mark.parametrize("who", ["lin", "admin"])
def test_neither_students_nor_admins_may_come_in(
    client: FlaskClient, people: Cast, sign_in: SignIn, who: str
) -> None:
    addresses = every_address(people)
    sign_in(client, getattr(people, who))
    answers = {path: client.open(path, method=method).status_code for method, path in addresses}
    assert set(answers.values()) == {403}, answers


def test_the_desk_prepares_but_neither_decides_nor_confirms(desk: FlaskClient, people: Cast) -> None:
    addresses = every_address(people)
    refused = {path for method, path in addresses if desk.open(path, method=method).status_code == 403}
    allowed_to_security = {path for method, path in addresses if "/desk/claims" in path}
    assert allowed_to_security <= refused
    rest = {path.rpartition("/")[2] for path in refused - allowed_to_security}
    assert rest == {"hand-over", "confirm"}


def test_the_tabs_count_what_waits_and_show_only_what_one_may_do(
    desk: FlaskClient, security: FlaskClient, people: Cast
) -> None:
    approved(people, held(people))
    claimed(people.lin, held(people))
    page = security.get(INTAKE)
    assert {"/desk/intake", "/desk/shelf", "/desk/claims", "/desk/returns"} <= set(links(page))
    assert '在架<b class="num">2</b>' in page.text
    assert '认领核对<b class="num">1</b>' in page.text
    assert "/desk/claims" not in links(desk.get(INTAKE))


@pytest.mark.parametrize("path", [INTAKE, SHELF, "/desk/returns", "/desk/claims"])
def test_every_page_speaks_english_too(security: FlaskClient, path: str) -> None:
    page = security.get(path, query_string={"lang": "en"})
    assert (page.status_code, 'lang="en"' in page.text) == (200, True)


# --- taking in ---------------------------------------------------------------------------------------------------


def test_the_form_is_made_for_the_keyboard(desk: FlaskClient) -> None:
    page = desk.get(INTAKE).text
    for digit in "1234567890":
        assert f'data-key="{digit}"' in page
    assert page.count("autofocus") == 1
    assert page.index("autofocus") < page.index('name="title"')
    for attribute in (
        "data-key-submit",
        'data-key-focus="#f-title"',
        'data-key="m"',
        'data-key="p"',
        "data-keys",
    ):
        assert attribute in page


def test_a_thing_is_taken_in_and_the_next_form_is_empty(desk: FlaskClient) -> None:
    answer = take_in(desk, shelf="B-02", finder_name="李同学", question="伞柄上缠了什么")
    taken = newest()
    assert answer.location == address(INTAKE, saved=taken.no)
    assert (taken.state, taken.desk_code, taken.shelf, taken.finder_name) == (
        FoundState.HELD,
        "centre",
        "B-02",
        "李同学",
    )
    assert (taken.question, taken.private_marks, taken.occurred_on) == (
        "伞柄上缠了什么",
        "伞柄缠蓝胶带",
        today(),
    )
    page = desk.get(answer.location)
    assert form(page, INTAKE)["title"] == [""]
    assert "今天第 2 件" in page.text


def test_after_saving_the_label_the_rule_and_the_receipt_are_at_hand(desk: FlaskClient) -> None:
    page = desk.get(take_in(desk, shelf="B-02").location)
    no = newest().no
    for words in (no, "B-02", "普通物品", "《民法典》第三百一十五、三百一十八条", "<svg"):
        assert words in page.text
    assert form(page, "/desk/labels")["no"] == [no]
    assert f"/lost-found/receipt/{service.receipt_token(newest())}" in links(page)
    assert {'data-key="l"', 'data-key="r"'} <= {
        part for part in page.text.split() if part.startswith("data-key=")
    }


def test_a_form_sent_twice_takes_in_one_thing(desk: FlaskClient) -> None:
    sent = form(desk.get(INTAKE), INTAKE, **UMBRELLA)
    first, second = (desk.post(INTAKE, data=sent).location for _time in range(2))
    assert first == second
    assert db.session.scalar(select(func.count()).select_from(FoundItem)) == 1


def test_what_a_wallet_holds_decides_how_it_is_kept(desk: FlaskClient) -> None:
    contents = {"contents": ["cash"], "note_cash": "186.5 元，两人清点", "note_bank_card": "建行两张"}
    page = desk.get(take_in(desk, category="wallet_cash", title="棕色钱包", **contents).location)
    assert [(line["kind"], line["note"]) for line in newest().contents] == [
        ("bank_card", "建行两张"),
        ("cash", "186.5 元，两人清点"),
    ]
    assert not newest().listed
    assert "两个工作日" not in page.text
    assert "通知发卡行，或两人一起销毁" in page.text


def test_contents_that_were_not_asked_for_do_not_count(desk: FlaskClient) -> None:
    take_in(desk, contents=["bank_card"])
    assert (newest().contents, newest().listed) == ([], True)
    take_in(desk, contents=["bank_card"], holds="1")
    assert (len(newest().contents), newest().listed) == (1, False)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({}, "先选类别"),
        ({"category": "spaceship"}, "先选类别"),
        ({"category": "umbrella"}, "普通物品"),
        ({"category": "umbrella", "over_500": "1"}, "封存保管"),
        ({"category": "bag", "contents": "id_document"}, "移交公安机关"),
        ({"category": "bag", "contents": "nothing_known"}, "普通物品"),
        ({"category": "campus_card"}, "下一个工作日送校园卡中心"),
    ],
)
def test_the_rule_follows_what_is_chosen(desk: FlaskClient, asked: dict[str, str], words: str) -> None:
    answer = desk.get("/desk/rule", query_string=asked)
    assert (answer.status_code, words in answer.text, "<html" in answer.text) == (200, True, False)


def test_the_rule_names_the_day_and_the_article(desk: FlaskClient) -> None:
    with freeze(datetime(2026, 10, 30, 12, tzinfo=BEIJING)):
        text = desk.get("/desk/rule", query_string={"category": "umbrella"}).text
    assert "2027年10月30日" in text
    assert "《民法典》第三百一十五、三百一十八条" in text


def test_asking_for_the_rule_never_sends_what_is_private(desk: FlaskClient) -> None:
    page = desk.get(INTAKE).text
    assert 'data-hx-params="category,holds,over_500,contents"' in page


def test_a_mistake_keeps_everything_that_was_typed(desk: FlaskClient) -> None:
    typed = {
        "title": "",
        "category": "bag",
        "contents": ["cash"],
        "note_cash": "三十元",
        "shelf": "C-01",
        "over_500": "1",
    }
    answer = take_in(desk, **typed)
    assert answer.status_code == 422
    again = form(answer, INTAKE)
    assert (again["category"], again["contents"], again["note_cash"]) == (["bag"], ["cash"], ["三十元"])
    assert (again["shelf"], again["over_500"], again["place"]) == (["C-01"], ["1"], ["一食堂门口"])
    assert 'href="#f-title"' in answer.text
    assert "两人清点" in answer.text
    assert db.session.scalar(select(func.count()).select_from(FoundItem)) == 0


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": "卡 6217000012345678"}, "title"),
        ({"occurred_on": "2099-01-01"}, "occurred_on"),
        ({"occurred_on": "昨天"}, "occurred_on"),
        ({"category": ""}, "category"),
        ({"desk": "moon"}, "desk"),
        ({"shelf": "X" * 21}, "shelf"),
        ({"holds": "1", "note_cash": "一" * 81}, "contents"),
    ],
)
def test_a_mistake_is_named_at_its_field(desk: FlaskClient, changes: dict[str, str], field: str) -> None:
    answer = take_in(desk, **changes)
    assert (answer.status_code, f'href="#f-{field}"' in answer.text) == (422, True)


def test_a_photo_sent_without_script_survives_a_mistake(desk: FlaskClient) -> None:
    sent = form(desk.get(INTAKE), INTAKE, **(UMBRELLA | {"title": ""}))
    answer = desk.post(INTAKE, data=sent | {"photo_files": (io.BytesIO(phone_photo()), "umbrella.jpg")})
    again = form(answer, INTAKE, title="长柄黑伞")
    assert len(again["photos"]) == 1
    desk.post(INTAKE, data=again)
    assert newest().cover == again["photos"][0]


def test_lost_reports_that_may_be_it_are_shown(desk: FlaskClient, people: Cast) -> None:
    alike = [lost(people.lin, title="长柄黑伞", category="umbrella") for _one in range(4)]
    page = desk.get(take_in(desk).location)
    assert 0 < len(set(links(page, "/lost-found/")) & {f"/lost-found/{no}" for no in alike}) <= 3


def test_a_lost_card_that_no_list_shows_is_shown_to_the_desk(desk: FlaskClient, people: Cast) -> None:
    no = lost(people.lin, title="校园卡 末4位 0001", category="campus_card", place="二食堂")
    page = desk.get(take_in(desk, category="campus_card", title="校园卡一张").location)
    assert f"/lost-found/{no}" in links(page)


def test_a_search_without_index_does_not_stop_the_desk(
    desk: FlaskClient, settings: Settings, people: Cast
) -> None:
    lost(people.lin, title="长柄黑伞", category="umbrella")
    shutil.rmtree(Path(settings.data_dir) / "index", ignore_errors=True)
    assert desk.get(take_in(desk).location).status_code == 200


def test_the_desk_one_works_at_is_remembered(desk: FlaskClient) -> None:
    assert desk.post("/desk/at", data={"desk": "library"}).location == INTAKE
    page = desk.get(INTAKE)
    assert form(page, INTAKE)["desk"] == ["library"]
    assert "图书馆总服务台" in page.text
    assert desk.post("/desk/at", data={"desk": "moon"}).status_code == 404


def test_what_was_just_saved_must_exist(desk: FlaskClient) -> None:
    assert desk.get(address(INTAKE, saved="2611-9999")).status_code == 404


def test_todays_table_says_what_became_public(desk: FlaskClient, people: Cast) -> None:
    with freeze(now() - timedelta(days=2)):
        held(people, title="前天的伞")
    held(people)
    held(people, title="校园卡一张", category="campus_card")
    held(people, title="没有架位", shelf="")
    held(people, title="别处的", desk="library")
    page = desk.get(INTAKE).text
    assert "3 件 · 公布 2" in page
    for words in ("已公布", "不公布", "待上架"):
        assert words in page
    assert "前天的伞" not in page
    assert "别处的" not in page
