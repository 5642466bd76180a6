"""What a custody class forbids is on no page, for no visitor and no other student (domain.md §1, PIPL 6 and 28)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from campus_service.core.clock import freeze, now, to_local
from campus_service.core.db import transaction
from campus_service.lostfound import queries, service
from campus_service.lostfound.custody import RULES, CustodyClass, Disclosure
from campus_service.media import service as media
from tests.conftest import Cast, Person
from tests.lostfound.pages import address
from tests.lostfound.stories import claimed, found, held, lost
from tests.media.pictures import phone_photo

SignIn = Callable[[FlaskClient, Person], FlaskClient]

EXAMPLES: dict[CustodyClass, dict[str, Any]] = {
    CustodyClass.BANK: {"category": "bank_card"},
    CustodyClass.IDENTITY: {"category": "id_document"},
    CustodyClass.CARD_FAST: {"category": "campus_card"},
    CustodyClass.VALUABLE: {"category": "phone"},
    CustodyClass.MEDICINE: {"category": "medicine_cosmetics"},
    CustodyClass.PERISHABLE: {"category": "other", "contents": ["food"]},
    CustodyClass.ORDINARY: {"category": "umbrella"},
}
OPEN = {"title": "标题金丝雀", "description": "描述金丝雀", "place": "图书馆地点金丝雀"}
CLOSED = {"private_marks": "记号金丝雀", "contact": "联系金丝雀"}
AT_THE_DESK = {"finder_name": "拾者金丝雀", "shelf": "架位金丝雀"}


def photo(person: Person) -> str:
    with transaction():
        return media.store(person.actor, phone_photo(640, 480)).key


def at_a_desk(people: Cast, custody: CustodyClass) -> tuple[str, str]:
    key = photo(people.desk)
    return held(people, **OPEN, **CLOSED, **AT_THE_DESK, **EXAMPLES[custody], photos=[key]), key


def pages(no: str) -> Iterator[str]:
    """Every page on which a stranger could meet the thing."""
    yield from ("/", "/lost-found", "/lost-found?kind=lost", "/me")
    yield f"/lost-found/{no}"
    yield f"/lost-found/{no}?posted=1&desk=centre"
    for word in OPEN.values():
        yield address("/lost-found", q=word)
        yield address("/lost-found", q=word, kind="lost")
    for kind in ("found", "lost"):
        yield address("/lost-found/similar", kind=kind, title=OPEN["title"], place=OPEN["place"])


def seen_by(client: FlaskClient, no: str, leave_out: str = "") -> str:
    """All those pages in one; what somebody typed himself comes back in search fields and is left out."""
    texts = []
    for path in pages(no):
        text = client.get(path).text
        for word in OPEN.values():
            text = text.replace(f'value="{word}"', "").replace(f"“{word}”", "")
        texts.append(text)
    return "\n".join(texts)


@pytest.fixture(params=["visitor", "student"])
def stranger(
    request: pytest.FixtureRequest, client: FlaskClient, people: Cast, sign_in: SignIn
) -> FlaskClient:
    return client if request.param == "visitor" else sign_in(client, people.wu)


@pytest.mark.parametrize("custody", list(CustodyClass))
def test_a_stranger_sees_of_a_held_thing_what_its_class_allows(
    stranger: FlaskClient, people: Cast, custody: CustodyClass
) -> None:
    no, key = at_a_desk(people, custody)
    text = seen_by(stranger, no)
    for canary in (*CLOSED.values(), *AT_THE_DESK.values()):
        assert canary not in text
    allowed = RULES[custody].disclosure is Disclosure.FULL
    assert [word in text for word in (*OPEN.values(), key)] == [allowed] * 4
    assert (f"/lost-found/{no}" in text) is (RULES[custody].disclosure is not Disclosure.NOTHING)


@pytest.mark.parametrize(
    "custody", [custody for custody in CustodyClass if custody is not CustodyClass.PERISHABLE]
)
def test_a_stranger_sees_no_more_of_what_a_student_keeps(
    stranger: FlaskClient, people: Cast, custody: CustodyClass
) -> None:
    key = photo(people.zhou)
    no = found(people.zhou, **OPEN, **CLOSED, **EXAMPLES[custody], photos=[key])
    text = seen_by(stranger, no)
    assert not any(canary in text for canary in CLOSED.values())
    allowed = RULES[custody].disclosure is Disclosure.FULL
    assert [word in text for word in (*OPEN.values(), key)] == [allowed] * 4


@pytest.mark.parametrize("category", ["campus_card", "bank_card", "id_document", "phone", "umbrella"])
def test_a_stranger_sees_no_card_and_no_document_of_a_lost_report(
    stranger: FlaskClient, people: Cast, category: str
) -> None:
    no = lost(people.lin, **OPEN, **CLOSED, category=category, photos=[photo(people.lin)])
    text = seen_by(stranger, no)
    assert not any(canary in text for canary in CLOSED.values())
    public = category in ("phone", "umbrella")
    assert all((word in text) is public for word in OPEN.values())
    assert ("/photos/" in text) is public


@pytest.mark.parametrize("custody", [CustodyClass.VALUABLE, CustodyClass.IDENTITY])
def test_a_claimant_learns_nothing_from_claiming(
    client: FlaskClient, people: Cast, sign_in: SignIn, custody: CustodyClass
) -> None:
    no, key = at_a_desk(people, custody)
    claim = claimed(people.wu, no)
    sign_in(client, people.wu)
    text = (
        client.get(f"/lost-found/claims/{claim}").text
        + client.get("/me").text
        + client.get(f"/lost-found/{no}").text
    )
    for canary in (*OPEN.values(), *CLOSED.values(), *AT_THE_DESK.values(), key):
        assert canary not in text


@pytest.mark.parametrize("custody", list(CustodyClass))
def test_a_receipt_tells_category_and_desk_only(
    client: FlaskClient, people: Cast, custody: CustodyClass
) -> None:
    no, key = at_a_desk(people, custody)
    token = service.receipt_token(queries.found_item(people.desk.actor, no))
    page = client.get(f"/lost-found/receipt/{token}")
    assert page.status_code == 200
    assert no in page.text
    for canary in (*OPEN.values(), *CLOSED.values(), *AT_THE_DESK.values(), key, "周师傅"):
        assert canary not in page.text


@pytest.mark.parametrize("custody", [CustodyClass.BANK, CustodyClass.CARD_FAST, CustodyClass.MEDICINE])
def test_what_is_not_listed_cannot_be_claimed(
    client: FlaskClient, people: Cast, sign_in: SignIn, custody: CustodyClass
) -> None:
    no, _key = at_a_desk(people, custody)
    assert client.get(f"/lost-found/{no}").status_code == 404
    sign_in(client, people.wu)
    answer = {"answer": "它是我的", "when_where": "昨天"}
    assert client.post(f"/lost-found/{no}/claim", data=answer).status_code == 404
    assert queries.my_claims(people.wu.actor) == []


def test_a_teaser_shows_days_and_no_hours(client: FlaskClient, people: Cast) -> None:
    # 9:41, a time at which no desk opens or closes.
    with freeze(to_local(now()).replace(hour=9, minute=41)):
        no, _key = at_a_desk(people, CustodyClass.VALUABLE)
        page = client.get(f"/lost-found/{no}").text
        full = client.get(f"/lost-found/{held(people)}").text
    assert "手机一件" in page
    assert "只公布类别、区域和日期" in page
    assert "09:41" not in page
    assert "09:41" in full


def test_staff_and_the_writer_see_everything(client: FlaskClient, people: Cast, sign_in: SignIn) -> None:
    no = found(people.zhou, **OPEN, **CLOSED, category="phone")
    for person in (people.zhou, people.desk, people.he):
        text = sign_in(client, person).get(f"/lost-found/{no}").text
        assert all(word in text for word in (*OPEN.values(), *CLOSED.values()))


def test_no_page_names_a_person(stranger: FlaskClient, people: Cast) -> None:
    no, _key = at_a_desk(people, CustodyClass.ORDINARY)
    claimed(people.lin, no)
    text = seen_by(stranger, no)
    assert not any(name in text for name in (people.lin.name, people.desk.name, people.zhou.name))
