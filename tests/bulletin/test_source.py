"""What the search over everything says of the bulletin: articles, and events as one row with day, time and place."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete, select

from campus_service.bulletin import models, projection, queries, service
from campus_service.bulletin.commands import Correct, MoveEvent, Schedule
from campus_service.core.clock import BEIJING, freeze, now
from campus_service.core.db import db, transaction
from campus_service.core.settings import belongings
from campus_service.search import reconciling
from campus_service.search import service as search
from campus_service.search.engine import Filters
from campus_service.search.models import SearchDocument
from campus_service.search.service import table_engine
from tests.bulletin.stories import EVENT, approved, online, published, signed, submitted, written
from tests.conftest import Cast

Work = Callable[[], int]
BEFORE = datetime(2026, 9, 1, 9, tzinfo=BEIJING)
engines = pytest.mark.parametrize("engine", ["whoosh", "database"])


@pytest.fixture
def fair(people: Cast, work: Work) -> int:
    """The fair of September is announced, and something without a day beside it; returns the event's id."""
    with freeze(BEFORE):
        published(people, approved(people, **EVENT), approved(people, title="摊位的来历"))
        work()
    return db.session.scalars(select(models.Event.id)).one()


def use(engine: str) -> None:
    if engine == "database":
        belongings()[search.KEY] = table_engine()


def text(client: FlaskClient, page: str) -> str:
    """The page as it is read on the first of September, marks around words taken out."""
    with freeze(BEFORE):
        answer = client.get(page)
    said = json.dumps(answer.get_json(), ensure_ascii=False) if answer.is_json else answer.text
    return re.sub(r"</?mark>", "", unescape(said))


def rows(page: str) -> list[str]:
    """What stands in the list, line by line."""
    return [re.sub(r"<[^>]+>", " ", row) for row in re.findall(r"<li data-row>(.*?)</li>", page, re.DOTALL)]


def ids(q: str, **narrowed: Any) -> list[str]:
    return search.find(q, Filters(**narrowed)).ids


@engines
@pytest.mark.parametrize("q", ["百团大战", "门前广场", "社团联合会", "先看分区图"])
def test_an_event_is_found_by_title_place_organiser_and_text(fair: int, engine: str, q: str) -> None:
    use(engine)
    assert len(ids(q, kind="event")) == 1


@pytest.mark.usefixtures("fair")
def test_it_stands_there_once_as_event_and_on_the_tab_of_articles_too(client: FlaskClient) -> None:
    everything, events, articles = (
        rows(text(client, f"/search?q=摊位{tab}")) for tab in ("", "&tab=event", "&tab=article")
    )
    assert [len(each) for each in (everything, events, articles)] == [2, 1, 2]
    assert sum("百团大战" in row for row in everything) == 1
    assert sum("百团大战" in row for row in articles) == 1
    assert "百团大战" in events[0]


@pytest.mark.usefixtures("fair")
def test_the_tabs_count_it_on_both_and_once_in_all(client: FlaskClient) -> None:
    page = text(client, "/search?q=摊位")
    tabs = dict(re.findall(r'tab=(event|article)"[^>]*>[^<]*<[^>]*>(\d+)', page))
    assert tabs == {"event": "1", "article": "2"}
    assert re.search(r"<b class=\"num\">2</b> 条对得上", page)


@pytest.mark.usefixtures("fair")
@pytest.mark.parametrize(
    ("language", "line"),
    [("zh", "9月19日 周六 10:00 — 9月20日 周日 17:00"), ("en", "Sat 19 Sep 10:00 — Sun 20 Sep 17:00")],
)
def test_its_line_says_when_and_where(client: FlaskClient, language: str, line: str) -> None:
    with freeze(BEFORE):
        page = client.get("/search?q=百团大战", headers={"Accept-Language": language})
    row = rows(page.text)[0]
    assert f"{line} · {EVENT['place']}" in row


def test_it_leads_to_where_it_is_taken_into_a_calendar(client: FlaskClient, fair: int) -> None:
    assert 'href="/compass/1/events-1"' in text(client, "/search?q=百团大战&tab=event")
    assert f'href="/compass/events/{fair}.ics"' in text(client, "/compass/1/events-1")


@pytest.mark.usefixtures("fair")
@pytest.mark.parametrize("within", ["", "&kind=event", "&kind=article"])
def test_while_typing_its_title_is_offered_as_an_event(client: FlaskClient, within: str) -> None:
    offered = json.loads(text(client, f"/search/suggest?q=百团{within}"))["titles"]
    assert [(each["url"], each["kind"]) for each in offered] == [("/compass/1/events-1", "活动")]


@pytest.mark.usefixtures("fair")
def test_the_compass_finds_it_among_its_articles(client: FlaskClient) -> None:
    page = text(client, "/compass?q=摊位")
    assert page.count('href="/compass/1/events-1"') == 1
    assert "摊位的来历" in page


@pytest.mark.usefixtures("fair")
def test_it_is_narrowed_by_area_day_section_and_state() -> None:
    assert len(ids("摊位", kind="event", place="student_centre", category="events", status="published")) == 1
    assert len(ids("摊位", kind="event", day_from=20260919, day_to=20260919)) == 1
    assert ids("摊位", kind="event", day_from=20260920) == []
    assert ids("摊位", kind="event", place="gym") == []


@engines
def test_a_cancelled_one_says_so_before_the_index_is_told(
    client: FlaskClient, fair: int, people: Cast, engine: str
) -> None:
    use(engine)
    assert "活动取消" not in text(client, "/search?q=百团大战")
    with transaction():
        service.cancel_event(people.editor.actor, fair)
    row = rows(text(client, "/search?q=百团大战"))[0]
    assert "活动取消" in row


@engines
def test_a_moved_one_says_where_to_at_once_and_is_then_found_there(
    client: FlaskClient, fair: int, people: Cast, work: Work, engine: str
) -> None:
    use(engine)
    later = {name: EVENT[name] + timedelta(days=7) for name in ("starts_at", "ends_at")}
    with transaction():
        service.move_event(people.editor.actor, fair, MoveEvent(**later, place="体育馆"))
    row = rows(text(client, "/search?q=百团大战"))[0]
    assert "9月26日 周六 10:00" in row
    assert "体育馆" in row
    work()
    found = ids("体育馆", kind="event", place="gym", day_from=20260926)
    assert found == ids("百团大战", kind="event")


def test_a_corrected_title_is_found(fair: int, people: Cast, work: Work) -> None:
    assert ids("千团大战") == []
    publication = db.session.get_one(models.Event, fair).publication_id
    article = db.session.get_one(models.Publication, publication).article_id
    with transaction():
        service.correct(people.editor.actor, article, Correct(wrong="百团大战", right="千团大战"))
    work()
    assert ids("千团大战") == [f"event:{publication}"]


@engines
def test_no_page_names_an_event_that_is_gone_before_the_index_is_told(
    client: FlaskClient, fair: int, engine: str
) -> None:
    use(engine)
    pages = ["/search?q=百团大战", "/search?q=百团大战&tab=event", "/search/suggest?q=百团大战"]
    named = "百团大战来了"
    assert all(named in text(client, page) for page in pages)
    publication = db.session.get_one(models.Event, fair).publication_id
    with transaction() as session:
        session.execute(delete(models.Event).where(models.Event.id == fair))
        search.remove(f"event:{publication}")
    assert [page for page in pages if named in text(client, page)] == []


def test_what_is_over_says_so(client: FlaskClient, fair: int) -> None:
    with freeze(EVENT["ends_at"] + timedelta(minutes=1)):
        assert "办过了" in client.get("/search?q=百团大战").text
    with freeze(EVENT["ends_at"] - timedelta(minutes=1)):
        assert "办过了" not in client.get("/search?q=百团大战").text


@engines
def test_what_is_to_come_stands_before_what_is_past_the_last_one_first(
    people: Cast, work: Work, engine: str
) -> None:
    use(engine)
    moment = now()
    for days in (-3, 5, -40):
        starts = moment + timedelta(days=days)
        times = {"starts_at": starts, "ends_at": starts + timedelta(hours=2)}
        online(people, **EVENT | times, title=f"{abs(days)} 天的讲座")
    work()
    titles = {f"event:{row.id}": row.title for row in db.session.scalars(select(models.Publication))}
    assert [titles[id] for id in ids("讲座")] == ["5 天的讲座", "3 天的讲座", "40 天的讲座"]


@engines
def test_before_its_time_nothing_of_it_is_in_any_index(
    people: Cast, work: Work, client: FlaskClient, engine: str
) -> None:
    use(engine)
    written(people.writer, **EVENT, title="百团大战的草稿")
    submitted(people, **EVENT, title="百团大战待审")
    issue, at = signed(people, approved(people, **EVENT)), now() + timedelta(hours=3)
    with transaction():
        service.schedule(people.chief.actor, issue, Schedule(at=at))
    with freeze(at - timedelta(seconds=1)):
        work()
        assert ids("百团大战") == []
        assert db.session.scalars(select(SearchDocument.id)).all() == []
    with freeze(at + timedelta(seconds=1)):
        work()
        assert len(ids("百团大战")) == 1


def differing() -> dict[str, tuple[int, int, int]]:
    return {
        each.kind: (each.missing, each.stale, each.surplus) for each in reconciling.reconcile() if each.any
    }


@engines
def test_a_site_from_before_gets_its_events_in_the_night(
    fair: int, work: Work, client: FlaskClient, engine: str
) -> None:
    use(engine)
    event = db.session.get_one(models.Event, fair)
    publication = db.session.get_one(models.Publication, event.publication_id)
    with transaction():
        search.remove(f"event:{publication.id}")
        search.put(projection.search_doc(publication, None))
    work()
    assert "指南针文章" in rows(text(client, "/search?q=百团大战"))[0]
    assert differing() == {"event": (1, 0, 0), "article": (0, 0, 1)}
    work()
    assert ids("百团大战") == [f"event:{publication.id}"]
    assert differing() == {}
    row = rows(text(client, "/search?q=百团大战"))[0]
    assert EVENT["place"] in row


def test_an_event_that_was_moved_behind_the_index_s_back_is_mended(fair: int, work: Work) -> None:
    with transaction():
        db.session.get_one(models.Event, fair).place = "体育馆"
    assert differing() == {"event": (0, 1, 0)}
    work()
    assert len(ids("百团大战", place="gym")) == 1


@pytest.mark.usefixtures("app")
def test_an_early_event_keeps_its_row_when_it_is_bound(people: Cast, work: Work) -> None:
    early = online(people, **EVENT)
    published(people, early.article_id)
    work()
    bound = queries.publication_of(early.article_id)
    assert bound
    assert ids("百团大战") == [f"event:{bound.id}"]
    assert differing() == {}
