"""What bags hold: the strictest line decides, cash is counted by two, nothing of it is public."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from campus_service.core.db import db, transaction
from campus_service.core.errors import Conflict, Forbidden, Invalid, NotFound
from campus_service.lostfound import custody_queries, service
from campus_service.lostfound.commands import Move
from campus_service.lostfound.commands_custody import CountCash, PutContent
from campus_service.lostfound.custody import CustodyClass
from campus_service.lostfound.keeping_commands import HandOver
from campus_service.lostfound.models import FoundItem, ItemContent
from campus_service.lostfound.service import contents
from campus_service.search.models import SearchDocument
from tests.conftest import Cast, Person
from tests.everything import photo
from tests.lostfound.stories import approved, at_the_desk, held

BAG = {"title": "蓝色书包", "category": "bag"}


def put(person: Person, no: str, line: int | None = None, **values: object) -> None:
    with transaction():
        contents.put(person.actor, no, PutContent.model_validate(values), line)


def lines(no: str) -> list[ItemContent]:
    return list(custody_queries.contents_of(item(no).id))


def item(no: str) -> FoundItem:
    db.session.expire_all()
    return db.session.scalars(select(FoundItem).where(FoundItem.no == no)).one()


def test_what_was_noted_at_intake_is_the_beginning_of_the_list(people: Cast) -> None:
    no = held(people, **BAG, contents=["electronics:旧手机", {"kind": "other", "count": 3}])
    assert [(row.line, row.kind, row.what, row.count) for row in lines(no)] == [
        (1, "electronics", "旧手机", 1),
        (2, "other", "", 3),
    ]


def test_a_bank_card_found_inside_later_takes_the_bag_off_the_list_at_once(people: Cast) -> None:
    no = held(people, **BAG, photos=[photo(people.desk)])
    assert (item(no).listed, item(no).cover != "") == (True, True)
    put(people.desk, no, kind="bank_card", what="一张")
    after = item(no)
    assert (after.custody, after.listed, after.cover) == (CustodyClass.BANK, False, "")
    assert db.session.get(SearchDocument, f"found:{after.id}") is None
    with transaction():
        contents.remove(people.desk.actor, no, 1)
    assert (item(no).custody, item(no).listed) == (CustodyClass.ORDINARY, True)


def test_a_changed_line_changes_the_class_and_its_deadline(people: Cast) -> None:
    no = held(people, **BAG, contents=["other:证件夹"])
    before = item(no).due_on
    put(people.desk, no, 1, kind="id_document", what="证件夹里有身份证")
    assert item(no).custody is CustodyClass.IDENTITY
    assert before is not None
    assert item(no).due_on is not None
    assert item(no).due_on < before  # type: ignore[operator]
    with pytest.raises(NotFound):
        put(people.desk, no, 9, kind="other")


def test_cash_is_counted_by_two_people_who_come_to_the_same(people: Cast) -> None:
    no = held(people, title="棕色钱包", category="wallet_cash", contents=["cash:零钱"])
    with pytest.raises(Conflict, match="先由一个人点清"), transaction():
        contents.count_cash(people.he.actor, no, 1, CountCash(yuan="30"))
    put(people.desk, no, 1, kind="cash", what="零钱", yuan="30.50")
    with pytest.raises(Forbidden, match="另一个人点"), transaction():
        contents.count_cash(people.desk.actor, no, 1, CountCash(yuan="30.5"))
    with pytest.raises(Invalid, match="一起再点") as wrong, transaction():
        contents.count_cash(people.he.actor, no, 1, CountCash(yuan="31"))
    assert "30" not in str(wrong.value)
    with transaction():
        contents.count_cash(people.he.actor, no, 1, CountCash(yuan="３０．５元"))
    (row,) = lines(no)
    assert (row.fen, row.seen_by, row.second_by) == (3050, people.desk.id, people.he.id)
    put(people.desk, no, 1, kind="cash", what="零钱", yuan="30")
    assert lines(no)[0].second_by is None


def test_uncounted_cash_is_neither_returned_nor_sent_nor_handed_over(people: Cast) -> None:
    no = held(people, title="棕色钱包", category="wallet_cash", contents=["cash"])
    claim = approved(people, no)
    for act in (
        lambda: at_the_desk(people, claim),
        lambda: _move(people, no),
        lambda: _hand_over(people, no),
    ):
        with pytest.raises(Conflict, match="两个人"):
            act()
    put(people.desk, no, 1, kind="cash", yuan="20")
    with transaction():
        contents.count_cash(people.he.actor, no, 1, CountCash(yuan="20"))
    at_the_desk(people, claim)


def _move(people: Cast, no: str) -> None:
    with transaction():
        service.move(people.desk.actor, no, Move(desk="library"))


def _hand_over(people: Cast, no: str) -> None:
    with transaction():
        service.hand_over(people.he.actor, no, HandOver(destination="police", to="公安派出所"))


@pytest.mark.parametrize("typed", ["三十", "30.555", "-3", "1e9", "99999999"])
def test_what_is_no_amount_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="不是金额"):
        PutContent.model_validate({"kind": "cash", "yuan": typed})


def test_an_amount_belongs_to_cash(people: Cast) -> None:
    no = held(people, **BAG)
    with pytest.raises(Invalid, match="金额只写在现金"):
        put(people.desk, no, kind="electronics", yuan="500")


def test_a_student_neither_reads_nor_changes_it(people: Cast, client: FlaskClient) -> None:
    no = held(people, **BAG, contents=["other:蓝色文具盒"])
    with pytest.raises(Forbidden):
        put(people.lin, no, kind="other")
    assert "蓝色文具盒" not in client.get(f"/lost-found/{no}").text
    assert "蓝色文具盒" not in client.get(f"/api/v1/lost-found/{no}").text
    assert "蓝色文具盒" not in client.get(f"/s/{no}", follow_redirects=True).text
