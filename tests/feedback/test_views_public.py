"""What everybody may see: public cases with "me too", public answers, lists that keep their place, search."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from campus_service.core.clock import freeze, now
from campus_service.core.db import db, transaction
from campus_service.feedback import commands as c
from campus_service.feedback import queries, service
from campus_service.feedback.models import PublicAnswer
from tests.conftest import Cast, Person
from tests.feedback.stories import accepted, anonymous, answered, case
from tests.lostfound.pages import address, counted, links

SignIn = Callable[[FlaskClient, Person], FlaskClient]
PERSONAL = "我叫周知远，三教二楼的灯不亮，我的电话 13800138000，找王师傅来修"


def published(
    people: Cast, title: str = "灯坏了找谁", *, faq: bool = False, person: Person | None = None
) -> int:
    """A public answer of logistics, confirmed by 许老师; returns its id."""
    no = answered(people, person, consent=True)
    suggestion = queries.public_answer_of(case(no).id)
    assert suggestion is not None
    with transaction():
        words = c.PublishAnswer(
            title=title, question="教学楼的灯坏了找谁？", answer="打后勤处电话。", faq=faq
        )
        return service.publish_answer(people.coordinator.actor, suggestion.id, words).id


# --- one case ---------------------------------------------------------------------------------------------------


def test_a_public_case_shows_promise_and_holder_but_no_names(client: FlaskClient, people: Cast) -> None:
    no = accepted(people, consent=True, body=PERSONAL, title="")
    with transaction():
        service.decide_publicity(people.coordinator.actor, no, c.DecidePublicity(public=True))
    page = client.get(f"/feedback/{no}")
    assert page.status_code == 200
    for personal in ("周知远", "13800138000", "王师傅", "林小满", "郑老师"):
        assert personal not in page.text
    assert "最晚答复" in page.text
    assert "后勤处" in page.text


def test_what_waits_for_a_look_is_not_public(client: FlaskClient, people: Cast) -> None:
    no = accepted(people, consent=True, body=PERSONAL, title="")
    assert client.get(f"/feedback/{no}").status_code == 302
    assert no not in client.get("/feedback?show=cases").text


def test_me_too_counts_once_and_can_be_taken_back(client: FlaskClient, people: Cast, sign_in: SignIn) -> None:
    no = accepted(people, consent=True)
    wu = sign_in(client, people.wu)
    assert "我也遇到，有答复告诉我" in wu.get(f"/feedback/{no}").text
    for _n in range(2):
        assert wu.post(f"/feedback/{no}/follow").location == f"/feedback/{no}"
    assert case(no).followers == 1
    assert "不再跟进" in wu.get(f"/feedback/{no}").text
    wu.post(f"/feedback/{no}/unfollow")
    assert case(no).followers == 0


def test_a_visitor_signs_in_to_follow(client: FlaskClient, people: Cast) -> None:
    no = accepted(people, consent=True)
    assert f"/sign-in?next=/feedback/{no}" in links(client.get(f"/feedback/{no}"))
    assert client.post(f"/feedback/{no}/follow").location.startswith("/sign-in")


def test_who_follows_hears_the_answer_without_names_before_it_is_public(
    client: FlaskClient, people: Cast, sign_in: SignIn
) -> None:
    no = accepted(people, consent=True)
    with transaction():
        service.follow(people.wu.actor, no)
    with transaction():
        words = c.WriteAnswer(body="已经换好，有事打 13800138000。", outcome="solved")
        service.answer(people.officer.actor, no, words)
    assert "已经换好" not in client.get(f"/feedback/{no}").text
    page = sign_in(client, people.wu).get(f"/feedback/{no}").text
    assert "已经换好" in page
    assert "13800138000" not in page


def test_the_sender_sees_his_own_page_and_how_many_met_it(
    client: FlaskClient, people: Cast, sign_in: SignIn
) -> None:
    no = accepted(people, consent=True)
    with transaction():
        service.follow(people.wu.actor, no)
    page = sign_in(client, people.lin).get(f"/feedback/{no}").text
    assert "另有 1 位同学也遇到" in page
    assert "补充一句" in page


# --- the lists --------------------------------------------------------------------------------------------------


def test_empty_lists_say_so(client: FlaskClient) -> None:
    for show in ("answers", "faq", "cases"):
        assert "这里还没有内容" in client.get(f"/feedback?show={show}").text


def test_answers_and_what_is_often_asked_have_their_lists(client: FlaskClient, people: Cast) -> None:
    often, other = published(people, faq=True), published(people, "水龙头坏了找谁", person=people.zhou)
    assert links(client.get("/feedback"), "/feedback/answers/") == [
        f"/feedback/answers/{other}",
        f"/feedback/answers/{often}",
    ]
    assert links(client.get("/feedback?show=faq"), "/feedback/answers/") == [f"/feedback/answers/{often}"]
    page = client.get(f"/feedback/answers/{often}").text
    assert "打后勤处电话。" in page
    assert "常见问答" in page


def test_an_answer_that_was_taken_back_is_gone(client: FlaskClient, people: Cast) -> None:
    number = published(people)
    with transaction():
        service.retract_answer(people.coordinator.actor, number)
    assert client.get(f"/feedback/answers/{number}").status_code == 404
    assert "/feedback/answers/" not in client.get("/feedback").text


def test_a_department_narrows_the_list(client: FlaskClient, people: Cast) -> None:
    number = published(people)
    assert f"/feedback/answers/{number}" in links(client.get("/feedback?department=logistics"))
    assert "这里还没有内容" in client.get("/feedback?department=library").text
    assert f"/feedback/answers/{number}" in links(client.get("/feedback?department=nonsense"))


@pytest.fixture
def many(people: Cast) -> list[int]:
    """Twenty-five public answers, a minute apart, the newest first."""
    moment = now() - timedelta(hours=2)
    with transaction() as session:
        rows = [
            PublicAnswer(
                department_code="logistics", title=f"问题{n:02d}", question="怎么办？", answer="这样办。", flags=[],
                faq=False, suggested_at=moment, published_at=moment + timedelta(minutes=n), published_by=people.admin.id,
            )
            for n in range(25)
        ]  # fmt: skip
        session.add_all(rows)
    return [row.id for row in reversed(rows)]


def test_the_next_page_begins_where_the_last_one_ended_whatever_comes_in(
    client: FlaskClient, people: Cast, many: list[int]
) -> None:
    first = client.get("/feedback")
    assert links(first, "/feedback/answers/") == [f"/feedback/answers/{id}" for id in many[:20]]
    published(people)
    (following,) = links(first, "/feedback?after=")
    second = client.get(following)
    assert links(second, "/feedback/answers/") == [f"/feedback/answers/{id}" for id in many[20:]]


@pytest.mark.parametrize("after", ["zzz", "WyJ4IiwgMV0", "WzEsIDJd"])
def test_a_forged_place_shows_the_first_page(client: FlaskClient, many: list[int], after: str) -> None:
    assert f"/feedback/answers/{many[0]}" in links(client.get(address("/feedback", after=after)))


def test_a_search_finds_answers_and_public_cases(
    client: FlaskClient, people: Cast, work: Callable[[], int]
) -> None:
    number, no = published(people), accepted(people, people.zhou, consent=True)
    secret = anonymous(body="感应灯不亮，别让人知道是我说的").no
    work()
    page = client.get(address("/feedback", q="教学楼的灯"))
    assert f"/feedback/answers/{number}" in links(page)
    found = client.get(address("/feedback", q="感应灯", show="cases"))
    assert f"/feedback/{no}" in links(found)
    assert "<mark>" not in page.text or "灯" in page.text
    assert secret not in found.text
    nothing = client.get(address("/feedback", q="独角兽的角"))
    assert "没有对上的" in nothing.text
    assert nothing.status_code == 200


def test_a_browser_that_has_the_page_is_only_told_so(client: FlaskClient, many: list[int]) -> None:
    tag = client.get("/feedback").headers["ETag"]
    assert client.get("/feedback", headers={"If-None-Match": tag}).status_code == 304


@pytest.mark.parametrize(
    ("path", "most"), [("/feedback", 3), ("/feedback?show=cases", 3), ("/feedback/answers/{id}", 3)]
)
def test_public_pages_cost_few_queries(client: FlaskClient, many: list[int], path: str, most: int) -> None:
    db.session.rollback()
    with counted() as statements:
        assert client.get(path.format(id=many[0])).status_code == 200
    assert len(statements) <= most, statements


def test_a_public_case_costs_few_queries(client: FlaskClient, people: Cast) -> None:
    no = accepted(people, consent=True)
    with counted() as statements:
        assert client.get(f"/feedback/{no}").status_code == 200
    assert len(statements) <= 8, statements


def test_a_late_case_says_so_to_everybody(client: FlaskClient, people: Cast) -> None:
    no = accepted(people, consent=True)
    with freeze(now() + timedelta(days=30)):
        assert "过了答应的时间" in client.get(f"/feedback/{no}").text
