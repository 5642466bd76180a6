"""The page over everything, as a visitor meets it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html import unescape
from urllib.parse import quote, unquote

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from campus_service.core.db import db, transaction
from campus_service.core.settings import belongings
from campus_service.following.models import SavedSearch
from campus_service.lostfound.models import FoundItem
from campus_service.lostfound.service import record
from campus_service.search import service, suggesting
from campus_service.search.engine import Filters
from campus_service.search.models import SearchDocument
from campus_service.search.service import table_engine
from campus_service.search.typed import KEPT
from campus_service.search.whoosh_engine import WhooshEngine
from tests.conftest import Cast, Person
from tests.lostfound.pages import form
from tests.lostfound.stories import held, lost

Work = Callable[[], int]
SignIn = Callable[[FlaskClient, Person], FlaskClient]


@pytest.fixture
def umbrella(people: Cast, work: Work) -> str:
    """A black umbrella on the shelf."""
    no = held(people, title="黑色长柄雨伞", category="umbrella")
    work()
    return no


def test_what_was_found_stands_in_the_list_with_its_kind(client: FlaskClient, umbrella: str) -> None:
    html = client.get("/search?q=雨伞").text
    assert f'href="/lost-found/{umbrella}"' in html
    assert "招领" in html


def test_an_empty_box_asks_for_nothing(client: FlaskClient) -> None:
    assert client.get("/search").status_code == 200


def test_a_withdrawn_thing_is_gone_with_its_own_commit(client: FlaskClient, umbrella: str) -> None:
    with transaction() as session:
        session.execute(update(FoundItem).values(listed=False))
    assert f"/lost-found/{umbrella}" not in client.get("/search?q=雨伞").text


@pytest.mark.parametrize("engine", ["whoosh", "database"])
def test_no_page_names_a_withdrawn_thing_before_the_index_is_told(
    client: FlaskClient, umbrella: str, engine: str
) -> None:
    if engine == "database":
        belongings()[service.KEY] = table_engine()
    pages = [
        "/search?q=雨伞",
        "/search?q=雨伞&tab=found",
        "/search/suggest?q=黑色长柄",
        "/lost-found?q=雨伞",
        "/lost-found",
    ]
    assert all("黑色长柄雨伞" in unescape(_text(client, page)) for page in pages)
    with transaction():
        service.remove(record.search_id(db.session.scalars(select(FoundItem)).one()))
        db.session.execute(update(FoundItem).values(listed=False))
    assert [page for page in pages if "黑色长柄雨伞" in unescape(_text(client, page))] == []


def _text(client: FlaskClient, page: str) -> str:
    """The page as it is read: the query itself and marks around words taken out."""
    answer = client.get(page)
    text = json.dumps(answer.get_json(), ensure_ascii=False) if answer.is_json else answer.text
    return re.sub(r"</?mark>", "", text)


def test_what_only_staff_may_read_is_in_no_index(people: Cast, work: Work) -> None:
    held(
        people,
        private_marks="鹦鹉贴纸",
        contact="13900001111",
        finder_name="欧阳拾金",
        question="里面夹着什么",
    )
    lost(people.lin, private_marks="琥珀吊坠", contact="weixin-linlin")
    work()
    index = service.engine()
    assert isinstance(index, WhooshEngine)
    table = " ".join(str(vars(row)) for row in db.session.scalars(select(SearchDocument)))
    assert "围巾" in table
    files = b" ".join(path.read_bytes() for path in index.folder.rglob("*") if path.is_file())
    assert "围巾".encode() in files
    for secret in ("鹦鹉", "贴纸", "13900001111", "欧阳", "拾金", "夹着", "琥珀", "吊坠", "weixin", "linlin"):
        assert secret not in table
        assert secret.encode() not in files
        assert service.find(secret, Filters()).total == 0


ODD = st.sampled_from(
    [*"%_'\"\\()[]{}*~^:+-&|!<>/﷽İßﬁ１🌂\x00\x1b\u202e", " OR ", " AND ", " NOT ", "title:", "雨伞", "15"]
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    q=st.text(max_size=200) | st.lists(ODD, max_size=60).map("".join),
    tab=st.text(max_size=12),
    page=st.text(max_size=6),
)
def test_nothing_that_an_address_may_say_breaks_a_page(
    client: FlaskClient, q: str, tab: str, page: str
) -> None:
    asked = {"q": q, "tab": tab, "page": page}
    for path in ("/search", "/search/suggest", "/lost-found"):
        assert client.get(path, query_string=asked).status_code in (200, 404)


@pytest.mark.parametrize("typed", ["xyk", "xiaoyuank", "校园", "XYK"])
def test_pinyin_and_beginnings_lead_to_the_word(client: FlaskClient, typed: str) -> None:
    found = json.loads(client.get(f"/search/suggest?q={typed}").data)
    assert "校园卡" in [word["text"] for word in found["words"]]


def test_a_word_that_only_sounds_right_is_offered(client: FlaskClient) -> None:
    assert "校园卡" in suggesting.meant("校圆卡")
    assert ">校园卡</a>" in client.get("/search?q=校圆卡").text


def test_where_nothing_is_found_the_words_go_along(client: FlaskClient) -> None:
    html = client.get("/search", query_string={"q": "独角兽的角"}).text
    words = quote("独角兽的角")
    assert f'href="/lost-found/new/lost?title={words}"' in html
    assert f'href="/feedback/new?text={words}"' in html
    assert "登录后关注这个搜索" in html
    assert "独角兽的角</textarea>" in client.get(f"/feedback/new?text={words}").text


def test_a_visitor_signs_in_and_comes_back_to_the_same_tab(client: FlaskClient, umbrella: str) -> None:
    html = unescape(client.get("/search?q=雨伞&tab=found").text)
    assert "登录后关注这个搜索" in html
    found = re.search(r'<a class="btn btn-s" href="[^"]*[?&]next=([^"]*)"', html)
    assert found
    assert unquote(unquote(found[1])) == "/search?q=雨伞&tab=found"


@pytest.mark.parametrize("tab", ["", "found", "lost", "guide", "article", "answer", "case"])
def test_what_the_tab_shows_is_followed(client: FlaskClient, people: Cast, sign_in: SignIn, tab: str) -> None:
    page = sign_in(client, people.lin).get("/search", query_string={"q": "独角兽的角", "tab": tab})
    assert client.post("/me/following", data=form(page, "/me/following")).status_code == 303
    (search,) = db.session.scalars(select(SavedSearch))
    assert (search.query, search.kind) == ("独角兽的角", tab)


@pytest.mark.parametrize(
    ("tab", "sentence"),
    [
        ("", "不管哪一类，有新的对上了就告诉你。"),
        ("lost", "有新的寻物对上了，就告诉你。"),
        ("article", "有新的指南针文章对上了，就告诉你。"),
    ],
)
@pytest.mark.parametrize("q", ["雨伞", "独角兽的角"])
def test_beside_the_button_stands_what_will_be_told(
    client: FlaskClient, umbrella: str, tab: str, sentence: str, q: str
) -> None:
    html = client.get("/search", query_string={"q": q, "tab": tab}).text
    assert re.findall(r"[^>]*对上了，?就告诉你。", html) == [sentence]


@pytest.mark.parametrize("page", ["/", "/guide", "/lost-found"])
def test_the_glass_in_the_bar_leads_to_the_search_over_everything(client: FlaskClient, page: str) -> None:
    assert re.findall(r'href="([^"]*)" aria-label="搜索"', client.get(page).text) == ["/search"]


def test_a_title_with_signs_is_suggested_as_it_is_written(
    client: FlaskClient, people: Cast, work: Work
) -> None:
    held(people, title="A&B <限量> 雨伞", category="umbrella")
    work()
    found = json.loads(client.get("/search/suggest", query_string={"q": "限量"}).data)
    assert [title["text"] for title in found["titles"]] == ["A&B <限量> 雨伞"]


def test_things_are_narrowed_in_their_list(client: FlaskClient, umbrella: str) -> None:
    link = f'href="/lost-found?q={quote("雨伞")}"'
    assert link in client.get("/search?q=雨伞&tab=found").text
    assert link not in client.get("/search?q=雨伞").text


@pytest.mark.parametrize(
    ("page", "kind"),
    [
        ("/", ""),
        ("/search", ""),
        ("/search?q=伞&tab=guide", "guide"),
        ("/lost-found", "found"),
        ("/lost-found?kind=lost", "lost"),
        ("/guide", "guide"),
        ("/guide?q=补卡", "guide"),
        ("/compass", "article"),
        ("/feedback", "answer"),
        ("/feedback?show=faq", "answer"),
        ("/feedback?show=cases", "case"),
    ],
)
def test_every_box_suggests_what_it_finds(client: FlaskClient, page: str, kind: str) -> None:
    html = client.get(page).text
    assert f'data-suggest="/search/suggest{f"?kind={kind}" if kind else ""}"' in html
    assert "js/search.js" in html
    assert f'maxlength="{KEPT}"' in html


LONG = "伞" * 60 + "雨" * 60


@pytest.mark.parametrize("page", ["/search", "/lost-found", "/guide", "/compass", "/feedback"])
def test_what_is_too_long_to_be_searched_for_is_said_and_kept_in_the_box(
    client: FlaskClient, page: str
) -> None:
    html = client.get(page, query_string={"q": LONG}).text
    assert f'value="{LONG}"' in html
    assert f"一次只搜前 100 个字，到“…{LONG[90:100]}”为止；后面的没有用上。" in html
    assert "一次只搜前" not in client.get(page, query_string={"q": LONG[:100]}).text


def test_the_next_page_and_the_tabs_keep_all_that_was_typed(client: FlaskClient, umbrella: str) -> None:
    typed = "雨伞 " * 40
    html = client.get("/search", query_string={"q": typed}).text
    assert f'href="/lost-found/{umbrella}"' in html
    assert f"q={quote(' '.join(typed.split())).replace('%20', '+')}&amp;tab=found" in html


@pytest.mark.usefixtures("umbrella")
@pytest.mark.parametrize("page", ["/search", "/search/suggest", "/lost-found"])
@pytest.mark.parametrize(
    "q",
    [
        "%22",
        "(((AND+OR+NOT)))*~%5E",
        "%5B%5D%7B%7D%5C%27",
        "%E4%BC%9E" * 10_000,
        "%01%1B%7F",
        "%F0%9F%8C%82",
        "%ED%A0%80",
        "%00",
    ],
)
def test_whatever_is_typed_is_answered(client: FlaskClient, page: str, q: str) -> None:
    assert client.get(f"{page}?q={q}").status_code == 200
