"""Putting in, taking out and finding, on both databases, with the index and without."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select

from campus_service.core.db import db, transaction
from campus_service.jobs.models import OutboxRow
from campus_service.search import service
from campus_service.search.engine import Filters, SearchDoc, Sort
from campus_service.search.models import SearchDocument
from campus_service.search.service import table_engine
from campus_service.search.synonyms import plan, relaxed
from campus_service.search.whoosh_engine import WhooshEngine
from tests.search.documents import KINDS, PLACES, WORDS, doc, documents, expected, filters, queries

Work = Callable[[], int]


def put(*documents: SearchDoc) -> None:
    with transaction():
        for document in documents:
            service.put(document)


def rebuilds() -> int:
    """How many rebuilds are promised."""
    waiting = select(func.count()).select_from(OutboxRow).where(OutboxRow.name == "search.rebuild")
    db.session.rollback()
    return db.session.scalar(waiting) or 0


def index() -> WhooshEngine:
    """The engine in the box."""
    made = service.engine()
    assert isinstance(made, WhooshEngine)
    return made


def found(text: str, **narrowed: Any) -> service.Found:
    return service.find(text, Filters(**narrowed))


@pytest.fixture
def ready(app: Flask, work: Work) -> Flask:
    """The application with an empty index."""
    with transaction():
        service.rebuild_later()
    work()
    return app


# --- the index follows the rows ---------------------------------------------------------------------------------


def test_a_document_is_found_once_its_transaction_is_committed_and_its_job_has_run(
    ready: Flask, work: Work
) -> None:
    put(doc("found:1", "黑色雨伞"))
    assert found("雨伞").ids == []
    work()
    assert found("雨伞") == service.Found(["found:1"], 1, [], "index")


def test_a_document_that_is_rolled_back_never_was(ready: Flask, work: Work) -> None:
    with pytest.raises(RuntimeError, match="changed my mind"), transaction():
        service.put(doc("found:1", "黑色雨伞"))
        raise RuntimeError("changed my mind")
    assert work() == 0
    assert found("雨伞").ids == []


def test_a_document_that_is_removed_is_no_longer_found(ready: Flask, work: Work) -> None:
    put(doc("found:1", "雨伞"), doc("found:2", "雨伞"))
    work()
    with transaction():
        service.remove("found:1")
    work()
    assert found("雨伞").ids == ["found:2"]


def test_a_document_may_be_put_removed_and_put_again_in_one_transaction(ready: Flask, work: Work) -> None:
    with transaction():
        service.put(doc("found:1", "雨伞"))
        service.remove("found:1")
        service.put(doc("found:1", "钱包"))
    work()
    assert found("钱包").ids == ["found:1"]
    assert found("雨伞").ids == []


def test_removing_what_is_not_there_promises_nothing(ready: Flask) -> None:
    with transaction():
        service.remove("found:404")
    assert db.session.scalar(select(func.count()).select_from(OutboxRow)) == 0


def test_running_a_job_twice_changes_nothing(ready: Flask, work: Work) -> None:
    from campus_service.search.tasks import sync

    put(doc("found:1", "雨伞"))
    work()
    sync([{"id": "found:1"}, {"id": "found:404"}, {"id": "found:1"}])
    assert found("雨伞").ids == ["found:1"]
    assert index().count() == 1


def test_many_rows_are_found_after_the_one_rebuild_they_promise(ready: Flask, work: Work) -> None:
    with transaction():
        service.put_rows([doc(f"found:{n}", "雨伞", sort=float(n)) for n in range(2500)])
        service.rebuild_later()
    work()
    hits = service.find("雨伞", Filters(), sort="newest", offset=20, limit=3)
    assert (hits.ids, hits.total) == (["found:2479", "found:2478", "found:2477"], 2500)


def test_few_hits_come_with_what_is_perhaps_meant_too(ready: Flask, work: Work) -> None:
    put(doc("found:1", "水杯"), doc("found:2", "杯"))
    work()
    assert found("杯") == service.Found(["found:2", "found:1"], 2, [], "index")


def test_a_sync_that_meets_another_writer_is_done_later(ready: Flask, work: Work) -> None:
    other = WhooshEngine(index().folder)
    put(doc("found:1", "雨伞"))
    with other.writing(), pytest.MonkeyPatch.context() as patched:
        patched.setattr("campus_service.search.tasks.TURN", 0.0)
        work()
    waiting = db.session.scalars(select(OutboxRow).where(OutboxRow.name == "search.sync")).one()
    assert (waiting.payload, waiting.attempts, waiting.last_error) == ({"id": "found:1"}, 0, "")
    assert found("雨伞").ids == []


# --- without an index -------------------------------------------------------------------------------------------


def test_on_the_first_start_sql_answers_and_the_index_makes_itself(app: Flask, work: Work) -> None:
    put(doc("found:1", "雨伞"))
    assert found("雨伞") == service.Found(["found:1"], 1, [], "sql")
    work()
    assert found("雨伞") == service.Found(["found:1"], 1, [], "index")


def test_an_index_of_no_documents_is_an_index(app: Flask, work: Work) -> None:
    assert found("雨伞").engine == "sql"
    work()
    assert found("雨伞") == service.Found([], 0, [], "index")
    assert rebuilds() == 0


def test_many_questions_without_an_index_ask_for_one_rebuild(app: Flask) -> None:
    for _ in range(5):
        assert found("雨伞").engine == "sql"
    assert rebuilds() == 1


def test_a_question_inside_a_transaction_asks_for_the_rebuild_inside_it(app: Flask) -> None:
    with pytest.raises(RuntimeError, match="changed my mind"), transaction():
        assert found("雨伞").engine == "sql"
        raise RuntimeError("changed my mind")
    assert rebuilds() == 0


def test_nobody_asks_for_a_rebuild_while_one_is_running(app: Flask) -> None:
    other = WhooshEngine(index().folder)
    with other.writing():
        assert found("雨伞").engine == "sql"
    assert rebuilds() == 0
    assert found("雨伞").engine == "sql"
    assert rebuilds() == 1


def test_a_deleted_index_is_made_again_while_sql_gives_the_same_answer(ready: Flask, work: Work) -> None:
    put(doc("found:1", "黑色雨伞", sort=1.0), doc("found:2", "折叠伞", sort=2.0), doc("lost:3", "钱包"))
    work()
    by_index = found("雨伞", kind="found")
    shutil.rmtree(index().folder)
    by_sql = found("雨伞", kind="found")
    assert (by_index.engine, by_sql.engine) == ("index", "sql")
    assert (by_sql.ids, by_sql.total) == (by_index.ids, by_index.total) == (["found:1", "found:2"], 2)
    work()
    assert found("雨伞", kind="found") == by_index


def test_a_sync_that_finds_the_index_damaged_has_it_rebuilt(ready: Flask, work: Work) -> None:
    put(doc("found:1", "雨伞"))
    work()
    next(index().folder.glob("build-*/*.seg")).write_bytes(b"damaged")
    put(doc("found:2", "雨伞"))
    work()
    assert set(found("雨伞").ids) == {"found:1", "found:2"}
    assert found("雨伞").engine == "index"
    assert db.session.scalar(select(func.count()).select_from(OutboxRow)) == 0


# --- the same answers -------------------------------------------------------------------------------------------


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(there=documents(max_size=12), asked=st.lists(st.tuples(queries, filters), min_size=1, max_size=4))
def test_sql_finds_what_looking_at_every_document_finds(
    app: Flask, there: list[SearchDoc], asked: list[tuple[str, Filters]]
) -> None:
    now = {one.id: one for one in there}
    with transaction() as session:
        session.execute(delete(SearchDocument))
        service.put_rows(list(now.values()))
    for text, narrowed in asked:
        for loose in (False, True):
            hits = table_engine().search(
                plan(text), narrowed, sort="newest", offset=0, limit=100, loose=loose
            )
            assert set(hits.ids) == expected(now.values(), text, narrowed, loose=loose)
            assert hits.total == len(hits.ids)
    db.session.rollback()


def _as_dict(narrowed: Filters) -> dict[str, Any]:
    return {name: getattr(narrowed, name) for name in Filters.__slots__}


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(there=documents(max_size=15), text=queries, narrowed=filters, size=st.integers(1, 6))
def test_sql_counts_and_pages_what_looking_at_every_document_finds(
    app: Flask, there: list[SearchDoc], text: str, narrowed: Filters, size: int
) -> None:
    now = {one.id: one for one in there}
    with transaction() as session:
        session.execute(delete(SearchDocument))
        service.put_rows(list(now.values()))
    table, wanted = table_engine(), plan(text)
    counts = table.facets(wanted, narrowed, ("kind", "place"))
    for field, values in (("kind", KINDS), ("place", PLACES)):
        for value in values:
            alone = Filters(**_as_dict(narrowed) | {field: value})
            assert counts[field].get(value, 0) == len(expected(now.values(), text, alone))
    sorts: tuple[Sort, ...] = ("score", "newest")
    for sort in sorts:
        pages = [
            table.search(wanted, narrowed, sort=sort, offset=offset, limit=size)
            for offset in range(0, len(now) + size, size)
        ]
        seen = [id for page in pages for id in page.ids]
        assert len(seen) == pages[0].total
        assert set(seen) == expected(now.values(), text, narrowed)
    db.session.rollback()


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    there=documents(max_size=15),
    words=st.lists(st.sampled_from([*WORDS, "airpod"]), min_size=1, max_size=4),
    narrowed=filters,
)
def test_index_and_sql_rank_whatever_is_asked_for_alike(
    app: Flask, there: list[SearchDoc], words: list[str], narrowed: Filters
) -> None:
    with transaction() as session:
        session.execute(delete(SearchDocument))
        # Of those equally old either may come first.
        ages = enumerate({one.id: one for one in there}.values())
        service.put_rows([replace(one, sort=float(age)) for age, one in ages])
    index().rebuild(service.documents())
    typed = plan(" ".join(words))
    for wanted in (typed, *relaxed(typed)):
        by_index, by_sql = (
            engine.search(wanted, narrowed, sort="score", offset=0, limit=20)
            for engine in (index(), table_engine())
        )
        assert by_sql == by_index
    db.session.rollback()


def test_index_and_sql_order_alike(ready: Flask, work: Work) -> None:
    put(
        doc("found:1", "钱包", sort=1.0),
        doc("found:2", "一个包", "里面有钱包", sort=2.0),
        doc("found:3", "皮夹", sort=3.0),
        doc("found:4", "钱包", sort=4.0),
    )
    work()
    sorts: tuple[Sort, ...] = ("score", "newest")
    for sort in sorts:
        by_index = service.find("钱包", Filters(), sort=sort)
        by_sql = table_engine().search(plan("钱包"), Filters(), sort=sort, offset=0, limit=20)
        assert by_index.engine == "index"
        assert by_index.ids == by_sql.ids


# --- what people type -------------------------------------------------------------------------------------------

odd = st.sampled_from([*"%_'\"\\\0*(~^﷽İßﬁ１", "OR", "AND", "NOT", "title:"])
typed = st.text(max_size=150) | st.lists(odd | st.sampled_from(["雨伞", "iphone", "15"]), max_size=30).map(
    "".join
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=typed)
def test_nothing_that_is_typed_raises(app: Flask, text: str) -> None:
    if not index().health():
        put(doc("found:1", "雨伞 iPhone 15"))
        index().rebuild(service.documents())
    by_index = found(text)
    assert set(by_index.ids) <= {"found:1"}
    wanted = plan(text)
    if wanted.empty:
        assert (by_index.ids, by_index.total) == ([], 0)
    else:
        assert by_index.engine == "index"
        by_sql = table_engine().search(wanted, Filters(), sort="score", offset=0, limit=20)
        assert set(by_sql.ids) <= set(by_index.ids)
    db.session.rollback()


def test_a_very_long_query_is_cut_not_refused(ready: Flask, work: Work) -> None:
    put(doc("found:1", "雨伞"))
    work()
    assert found("雨伞" * 5000).ids == ["found:1"]
