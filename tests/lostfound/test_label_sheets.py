"""Labels: which are offered, what is printed on them, that a phone reads them, and that printing is noted."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from campus_service.core.audit import AuditEntry
from campus_service.core.db import db, transaction
from campus_service.core.errors import Forbidden, Invalid
from campus_service.lostfound import label_queries, label_sheets, queries, service
from campus_service.lostfound.categories import Category
from campus_service.lostfound.commands import Move, PrintLabels
from campus_service.lostfound.custody import RULES, CustodyClass, Disclosure
from campus_service.lostfound.models import FoundItem
from tests.conftest import Cast
from tests.lostfound.pages import counted, form
from tests.lostfound.stories import found, held, lost
from tests.papers import codes, fonts, size, words

PAGE, FILE = "/desk/labels", "/desk/labels.pdf"
SECRETS = {
    "title": "标题金丝雀",
    "description": "描述金丝雀",
    "private_marks": "记号金丝雀",
    "contact": "联系金丝雀",
    "finder_name": "拾者金丝雀",
}


def items(people: Cast, *numbers: str) -> list[FoundItem]:
    return label_queries.items(people.desk.actor, numbers)


def scans(*numbers: str) -> list[str]:
    """Where the codes of these things lead."""
    return sorted(f"http://campus.test/s/{no}" for no in numbers)


# --- the sheet --------------------------------------------------------------------------------------------------


def test_a_sheet_of_a4_has_a_code_for_each_thing(people: Cast) -> None:
    numbers = [held(people, shelf=f"A-{n}") for n in range(24)]

    pdf = label_sheets.sheet(items(people, *numbers), "a4").content

    assert size(pdf) == (1, 210, 297)
    assert codes(pdf) == scans(*numbers)
    assert set(fonts(pdf).values()) == {True}


def test_a_half_used_sheet_is_begun_where_it_is_free(people: Cast) -> None:
    numbers = [held(people) for _n in range(4)]

    pdf = label_sheets.sheet(items(people, *numbers), "a4", start=22).content

    assert size(pdf)[0] == 2
    assert (codes(pdf), codes(pdf, 2)) == (scans(*numbers[:3]), scans(numbers[3]))


def test_a_roll_is_sixty_two_millimetres_wide_one_label_a_page(people: Cast) -> None:
    numbers = [held(people) for _n in range(3)]

    pdf = label_sheets.sheet(items(people, *numbers), "roll").content

    assert size(pdf) == (3, 62, 36)
    assert [codes(pdf, page) for page in (1, 2, 3)] == [scans(no) for no in numbers]


def test_a_label_says_number_category_place_and_day(people: Cast) -> None:
    no = held(people, shelf="A-06")

    text = words(label_sheets.sheet(items(people, no), "roll").content)

    day = queries.found_item(people.desk.actor, no).taken_in_at
    assert day
    assert text.startswith(f"{no}衣物")
    assert "大学生事务服务中心招领点架位A-06" in text
    assert f"{day.year}年" in text


def test_no_label_says_what_a_thing_is_or_who_had_it(people: Cast) -> None:
    numbers = [held(people, **SECRETS | {"category": category}) for category in Category]

    text = words(label_sheets.sheet(items(people, *numbers), "a4").content)

    assert all(no in text for no in numbers)
    assert "金丝雀" not in text
    assert people.desk.name not in text


@pytest.mark.parametrize("custody", list(CustodyClass))
def test_what_is_not_public_carries_a_warning(app: Flask, custody: CustodyClass) -> None:
    mark = {Disclosure.FULL: "", Disclosure.TEASER: "细节勿公开", Disclosure.NOTHING: "勿公开"}
    assert label_sheets.mark(custody) == mark[RULES[custody].disclosure]


def test_a_long_shelf_and_a_thing_still_with_its_finder_fit(people: Cast) -> None:
    both = [held(people, shelf="W" * 20, category="bank_card"), found(people.zhou)]

    text = words(label_sheets.sheet(items(people, *both), "roll").content)

    assert "W" * 20 in text
    assert "在拾到者手里" in text


def test_another_shelf_is_another_label(people: Cast) -> None:
    no = held(people, shelf="A-06")
    before = label_sheets.sheet(items(people, no), "a4")
    with transaction():
        service.move(people.desk.actor, no, Move(desk="centre", shelf="B-01"))

    after = label_sheets.sheet(items(people, no), "a4")

    assert after.key != before.key
    assert "B-01" in words(after.content)


# --- the page ---------------------------------------------------------------------------------------------------


def test_the_page_offers_what_came_in_today_without_a_label(desk: FlaskClient, people: Cast) -> None:
    first, second = held(people), held(people)
    elsewhere = held(people, desk="library")

    offered = form(desk.get(PAGE), PAGE)
    assert sorted(offered["no"]) == [first, second]
    desk.post(PAGE, data={"no": first})

    page = desk.get(PAGE)
    assert form(page, PAGE)["no"] == [second]
    assert "印过" in page.text
    assert elsewhere not in page.text


def test_the_form_leads_to_the_file_and_the_printing_is_noted(desk: FlaskClient, people: Cast) -> None:
    ticked, typed = held(people), held(people)

    answer = desk.post(
        PAGE,
        data={"no": ticked, "more": f" http://campus.test/s/{typed}，{ticked}", "form": "roll", "start": "3"},
    )
    file = desk.get(answer.location)

    assert answer.location == f"{FILE}?no={ticked}&no={typed}&form=roll&start=3"
    assert (file.status_code, file.mimetype) == (200, "application/pdf")
    assert file.headers["Cache-Control"] == "private, no-store"
    assert size(file.data) == (2, 62, 36)
    noted = db.session.scalars(
        select(AuditEntry.object_id).where(AuditEntry.action == "found_item.label_printed")
    )
    assert len(set(noted)) == 2


def test_printing_again_is_noted_again(people: Cast) -> None:
    no = held(people)
    for _time in range(2):
        with transaction():
            service.print_labels(people.desk.actor, PrintLabels(no=[no]))

    assert len(label_queries.printed([items(people, no)[0].id])) == 1


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({}, "勾选要印的东西，或者在这里写上编号。"),
        ({"more": "9999-0001"}, "没有找到 9999-0001，核对一下编号。"),
        ({"more": " ".join(f"2611-{n:04}" for n in range(97))}, "一次最多印 96 张，现在有 97 张。"),
        ({"more": "2611-0001", "start": "25"}, "一张纸有 24 格，没有第 25 格。"),
        ({"more": "2611-0001", "form": "a3"}, "请从列出的里面选一个。"),
    ],
)
def test_a_mistake_is_named_and_what_was_typed_stays(
    desk: FlaskClient, people: Cast, sent: dict[str, Any], says: str
) -> None:
    held(people)

    answer = desk.post(PAGE, data=sent)

    assert answer.status_code == 422
    assert says in answer.text
    assert sent.get("more", "") in answer.text


def test_a_lost_report_has_no_label(people: Cast) -> None:
    command = PrintLabels(no=[lost(people.lin)])
    with pytest.raises(Invalid), transaction():
        service.print_labels(people.desk.actor, command)


def test_only_the_desks_print_labels(people: Cast) -> None:
    command = PrintLabels(no=[held(people)])
    with pytest.raises(Forbidden), transaction():
        service.print_labels(people.lin.actor, command)


def test_an_address_without_a_thing_is_explained(desk: FlaskClient, people: Cast) -> None:
    assert desk.get(FILE).status_code == 422
    assert desk.get(f"{FILE}?no=9999-0001").status_code == 422


def test_the_page_costs_the_same_for_one_thing_and_for_ten(desk: FlaskClient, people: Cast) -> None:
    held(people)
    with counted() as one:
        desk.get(PAGE)
    for _n in range(9):
        held(people)
    with counted() as ten:
        desk.get(PAGE)

    assert len(one) == len(ten)


# --- the single label -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("category", "shown"), [("umbrella", True), ("phone", False), ("campus_card", False)]
)
def test_the_single_label_names_only_what_is_public(
    desk: FlaskClient, people: Cast, category: str, shown: bool
) -> None:
    no = held(people, title="标题金丝雀", category=category)

    label = desk.get(f"/desk/items/{no}/label").text.partition('class="tag"')[2].partition("</form>")[0]

    assert ("标题金丝雀" in label) is shown
    assert ("勿公开" in label) is not shown


def test_printing_the_single_label_notes_it_as_printed(desk: FlaskClient, people: Cast) -> None:
    no = held(people)

    answer = desk.post(PAGE, data={"no": no, "form": "roll", "alone": "1"})

    assert answer.status_code == 302
    assert answer.location == f"/desk/items/{no}/label?print=1"
    assert len(label_queries.printed([items(people, no)[0].id])) == 1
