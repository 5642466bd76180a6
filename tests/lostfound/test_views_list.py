"""The list: two sides, filters, words, pages that keep their place."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from campus_service.core import cache
from campus_service.core.clock import freeze, now, today
from campus_service.core.db import transaction
from campus_service.lostfound import service
from tests.conftest import Cast, Person
from tests.lostfound.pages import address, counted, links
from tests.lostfound.stories import approved, claimed, found, held, lost, ready

LIST = "/lost-found"
SignIn = Callable[[FlaskClient, Person], FlaskClient]


def many(people: Cast, count: int, **changes: str) -> list[str]:
    """So many umbrellas, all taken in at the same moment; newest last."""
    with freeze(now() - timedelta(hours=1)):
        return [held(people, title=f"雨伞{n:02d}", category="umbrella", **changes) for n in range(count)]


def shown(client: FlaskClient, path: str = LIST) -> list[str]:
    return [link.rpartition("/")[2] for link in links(client.get(path), f"{LIST}/2")]


def test_an_empty_list_offers_to_register_the_loss(client: FlaskClient) -> None:
    page = client.get(LIST)
    assert page.status_code == 200
    assert "现在没有等人认领的东西" in page.text
    assert "/lost-found/new/lost" in links(page)


def test_each_side_has_its_own_list(client: FlaskClient, people: Cast) -> None:
    there, missing = held(people), lost(people.lin)
    assert shown(client) == [there]
    assert shown(client, address(LIST, kind="lost")) == [missing]


def test_a_card_tells_title_place_day_and_state(client: FlaskClient, people: Cast) -> None:
    held(people)
    page = client.get(LIST).text
    for words in ("黑红格子围巾", "图书馆一楼咖啡角", "保管中", f"{today().month}月{today().day}日"):
        assert words in page


def test_a_thing_with_a_claim_is_being_checked(client: FlaskClient, people: Cast) -> None:
    claimed(people.lin, held(people))
    assert "正在核对" in client.get(LIST).text


@pytest.mark.parametrize(
    ("filter", "value"), [("area", "library"), ("category", "umbrella"), ("since", "7"), ("state", "held")]
)
def test_a_filter_narrows_and_its_chip_takes_it_away(
    client: FlaskClient, people: Cast, filter: str, value: str
) -> None:
    wanted = held(people, title="黑伞", category="umbrella")
    other_day = today() - timedelta(days=60)
    other = found(people.zhou, title="白杯", category="cup_bottle", place="一食堂", occurred_on=other_day)
    assert set(shown(client)) == {wanted, other}
    page = client.get(address(LIST, **{filter: value}))
    assert links(page, f"{LIST}/2") == [f"{LIST}/{wanted}"]
    assert "去掉筛选" in page.text
    assert LIST in links(page)


def test_filters_add_up_and_keep_each_other(client: FlaskClient, people: Cast) -> None:
    wanted = held(people, title="黑伞", category="umbrella")
    held(people, title="白伞", category="umbrella", place="一食堂")
    page = client.get(address(LIST, area="library", category="umbrella"))
    assert links(page, f"{LIST}/2") == [f"{LIST}/{wanted}"]
    assert address(LIST, area="library") in links(page)
    assert address(LIST, category="umbrella") in links(page)


def test_counts_stand_beside_the_filters(client: FlaskClient, people: Cast) -> None:
    many(people, 3)
    page = client.get(LIST).text
    assert '雨伞<span class="num">3</span>' in page
    assert '<b class="num">3</b>' in page


def test_a_value_that_does_not_exist_narrows_nothing(client: FlaskClient, people: Cast) -> None:
    no = held(people)
    for name in ("area", "category", "since", "state", "kind", "after", "before", "page"):
        assert shown(client, address(LIST, **{name: "'; DROP TABLE"})) == [no]


def test_a_filter_without_hits_says_so_and_leads_back(client: FlaskClient, people: Cast) -> None:
    held(people)
    page = client.get(address(LIST, category="keys"))
    assert "没有对上的" in page.text
    assert LIST in links(page)


# --- pages -------------------------------------------------------------------------------------------------------


def walk(client: FlaskClient, path: str, rel: str) -> list[list[str]]:
    """The numbers on each page, following one of the pager's links to its end."""
    pages = []
    while path:
        page = client.get(path)
        pages.append([link.rpartition("/")[2] for link in links(page, f"{LIST}/2")])
        marker = f'" rel="{rel}"'
        before = page.text.partition(marker)[0]
        path = before.rpartition('href="')[2].replace("&amp;", "&") if marker in page.text else ""
    return pages


def test_pages_hold_every_item_once_though_all_have_the_same_time(client: FlaskClient, people: Cast) -> None:
    numbers = many(people, 45)
    pages = walk(client, LIST, "next")
    assert [len(page) for page in pages] == [20, 20, 5]
    assert [no for page in pages for no in page] == numbers[::-1]


def test_going_back_shows_the_same_pages(client: FlaskClient, people: Cast) -> None:
    many(people, 45)
    forth = walk(client, LIST, "next")
    page = client.get(LIST)
    for _step in range(2):
        page = client.get(links(page, f"{LIST}?after=")[0])
    last = links(page, f"{LIST}?before=")[0]
    assert [forth[2], *walk(client, last, "prev")] == forth[::-1]


def test_pages_keep_filters_and_say_where_they_are(client: FlaskClient, people: Cast) -> None:
    many(people, 41)
    page = client.get(address(LIST, category="umbrella"))
    assert "第 1 页，共 3 页" in page.text
    (older,) = [link for link in links(page) if "after=" in link]
    assert "category=umbrella" in older
    assert "第 2 页，共 3 页" in client.get(older).text


def test_a_page_does_not_move_when_something_new_arrives(client: FlaskClient, people: Cast) -> None:
    many(people, 30)
    (older,) = [link for link in links(client.get(LIST)) if "after=" in link]
    before = shown(client, older)
    held(people, title="刚来的")
    assert shown(client, older) == before


def test_going_back_past_new_arrivals_ends_on_a_full_first_page(client: FlaskClient, people: Cast) -> None:
    many(people, 30)
    second = client.get(next(link for link in links(client.get(LIST)) if "after=" in link))
    back = next(link for link in links(second) if "before=" in link)
    for n in range(3):
        held(people, title=f"刚来的{n}")
    cache.forget()
    first = client.get(next(link for link in links(client.get(back)) if "before=" in link))
    assert len(links(first, f"{LIST}/2")) == 20


def test_the_way_back_from_an_item_leads_to_the_same_page(client: FlaskClient, people: Cast) -> None:
    no = held(people)
    here = "http://localhost" + address(LIST, category="clothing", page="2")
    page = client.get(f"{LIST}/{no}", headers={"Referer": here})
    assert address(LIST, category="clothing", page="2") in links(page)


@pytest.mark.parametrize(
    "referer", ["https://evil.example/lost-found?q=x", "http://localhost/me?x=1", "no address"]
)
def test_a_foreign_page_is_no_way_back(client: FlaskClient, people: Cast, referer: str) -> None:
    page = client.get(f"{LIST}/{held(people)}", headers={"Referer": referer})
    assert "evil" not in page.text
    assert not [link for link in links(page) if link.endswith(("q=x", "x=1"))]
    assert LIST in links(page)


# --- words -------------------------------------------------------------------------------------------------------


def test_a_search_marks_the_words_it_found(client: FlaskClient, people: Cast) -> None:
    no = held(people, title="蓝色雨伞", category="umbrella")
    held(people, title="白杯", category="cup_bottle")
    page = client.get(address(LIST, q="雨伞"))
    assert links(page, f"{LIST}/2") == [f"{LIST}/{no}"]
    assert "<mark>雨伞</mark>" in page.text
    assert 'value="雨伞"' in page.text


def test_a_search_keeps_to_the_filters(client: FlaskClient, people: Cast) -> None:
    here = held(people, title="蓝色雨伞", category="umbrella")
    held(people, title="黑色雨伞", category="umbrella", place="一食堂")
    held(people, title="红色雨伞", category="umbrella", occurred_on=today() - timedelta(days=40))
    assert shown(client, address(LIST, q="雨伞", area="library", since="30")) == [here]


def test_looser_hits_are_shown_apart(client: FlaskClient, people: Cast) -> None:
    no = held(people, title="蓝色水杯", category="cup_bottle")
    page = client.get(address(LIST, q="红色水杯"))
    assert "也许是" in page.text
    assert f"{LIST}/{no}" in links(page)


def test_a_search_has_numbered_pages(client: FlaskClient, people: Cast) -> None:
    many(people, 25)
    first = client.get(address(LIST, q="雨伞"))
    second = client.get(next(link for link in links(first) if "page=2" in link))
    assert "第 2 页，共 2 页" in second.text
    both = links(first, f"{LIST}/2") + links(second, f"{LIST}/2")
    assert len(set(both)) == 25


def test_a_search_without_hits_offers_another_way(client: FlaskClient, people: Cast) -> None:
    held(people)
    page = client.get(address(LIST, q="zzzzzz"))
    assert page.status_code == 200
    assert "没有对上的" in page.text
    assert address("/lost-found/new/lost", title="zzzzzz") in links(page)


@pytest.mark.parametrize(
    "words", ["<script>alert(1)</script>", "' OR 1=1 --", "\x00", "(((", "title:*", "伞" * 5000]
)
def test_whatever_is_searched_for_is_only_text(client: FlaskClient, people: Cast, words: str) -> None:
    held(people)
    page = client.get(address(LIST, q=words))
    assert page.status_code == 200
    assert "<script>alert" not in page.text


def test_what_went_home_is_not_found_any_more(client: FlaskClient, people: Cast) -> None:
    no = held(people)
    pickup = ready(people, approved(people, no))
    with transaction():
        service.confirm_return(people.he.actor, pickup)
    assert shown(client) == []
    assert shown(client, address(LIST, q="围巾")) == []


# --- what it costs -----------------------------------------------------------------------------------------------


def test_a_title_is_text_and_never_markup(client: FlaskClient, people: Cast) -> None:
    held(people, title="<b>伞</b> & <script>", category="umbrella")
    page = client.get(LIST).text
    assert "&lt;b&gt;伞&lt;/b&gt; &amp; &lt;script&gt;" in page


def test_a_visitor_who_has_the_page_is_only_told_so(client: FlaskClient, people: Cast) -> None:
    no = held(people)
    first = client.get(LIST)
    again = client.get(LIST, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert "Content-Security-Policy" not in again.headers
    claimed(people.lin, no)
    assert client.get(LIST, headers={"If-None-Match": first.headers["ETag"]}).status_code == 200


def test_a_person_s_page_is_never_answered_from_a_visitor_s(
    client: FlaskClient, people: Cast, sign_in: SignIn
) -> None:
    held(people)
    tag = client.get(LIST).headers["ETag"]
    sign_in(client, people.lin)
    page = client.get(LIST, headers={"If-None-Match": tag})
    assert page.status_code == 200
    assert "ETag" not in page.headers


@pytest.mark.parametrize("path", [LIST, address(LIST, category="umbrella"), address(LIST, kind="lost")])
def test_a_list_costs_at_most_six_queries(
    client: FlaskClient, people: Cast, sign_in: SignIn, path: str
) -> None:
    many(people, 25)
    sign_in(client, people.lin)
    with counted() as statements:
        assert client.get(path).status_code == 200
    assert len(statements) <= 6, statements


def test_counts_are_not_computed_for_each_request(client: FlaskClient, people: Cast) -> None:
    many(people, 3)
    with counted() as first:
        client.get(LIST)
    assert any("count(" in statement for statement in first)
    with counted(cold=False) as warm:
        client.get(LIST)
    assert not any("count(" in statement for statement in warm)


def test_the_list_speaks_english_too(client: FlaskClient, people: Cast) -> None:
    held(people)
    page = client.get(address(LIST, lang="en"))
    assert 'lang="en"' in page.text
    assert "黑红格子围巾" in page.text
