"""The nightly comparison mends what differs between features, documents and index, and says so."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, func, select, text, update

from campus_service.core.audit import AuditEntry
from campus_service.core.clock import now
from campus_service.core.db import db, transaction, writing
from campus_service.core.settings import belongings
from campus_service.jobs.models import OutboxRow
from campus_service.search import reconciling, service
from campus_service.search.engine import Filters, SearchDoc
from campus_service.search.models import SearchDocument
from campus_service.search.service import table_engine
from campus_service.search.sources import sources
from campus_service.search.synonyms import plan
from campus_service.search.whoosh_engine import WhooshEngine
from tests.conftest import Cast
from tests.lostfound.stories import held, lost
from tests.search.documents import doc

Work = Callable[[], int]


@pytest.fixture
def three(people: Cast, work: Work) -> None:
    """Two things on the shelf and one that is missed, all indexed."""
    held(people, title="黑色长柄雨伞", category="umbrella")
    held(people, title="蓝色水杯", category="cup_bottle")
    lost(people.lin, title="棕色书包", category="bag")
    work()


def differing() -> dict[str, tuple[int, int, int]]:
    return {
        each.kind: (each.missing, each.stale, each.surplus) for each in reconciling.reconcile() if each.any
    }


@pytest.mark.usefixtures("three")
def test_what_agrees_is_left_alone(work: Work) -> None:
    assert differing() == {}
    assert work() == 0


@pytest.mark.usefixtures("three")
def test_a_lost_row_a_wrong_one_and_one_too_many_are_mended(work: Work) -> None:
    with transaction() as session:
        ids = session.scalars(select(SearchDocument.id).where(SearchDocument.kind == "found")).all()
        session.execute(delete(SearchDocument).where(SearchDocument.id == ids[0]))
        session.execute(update(SearchDocument).where(SearchDocument.id == ids[1]).values(text=" 乱 "))
        session.add(service.row_of(doc("lost:404", "幽灵书包", kind="lost")))
    assert differing() == {"found": (1, 1, 0), "lost": (0, 0, 1)}
    work()
    assert differing() == {}
    assert service.find("雨伞", Filters()).total == 1
    assert service.find("幽灵", Filters()).total == 0


@pytest.mark.usefixtures("three")
def test_an_index_that_alone_differs_is_named_and_built_anew(work: Work) -> None:
    index = service.engine()
    index.upsert([service.as_indexed(doc("found:406", "红色手套"))])
    index.commit()
    assert differing() == {"index": (0, 0, 1)}
    assert work() == 1
    assert index.count() == 3
    index.delete(["found:1"])
    index.commit()
    assert differing() == {"index": (1, 0, 0)}
    work()
    assert differing() == {}


@pytest.mark.usefixtures("three")
def test_an_index_that_cannot_be_read_is_named_too(work: Work) -> None:
    index = service.engine()
    assert isinstance(index, WhooshEngine)
    shutil.rmtree(index.folder)
    (found,) = [each for each in reconciling.reconcile() if each.any]
    assert (found.kind, found.unreadable, found.missing) == ("index", True, 3)
    work()
    assert differing() == {}


@pytest.mark.usefixtures("three")
def test_an_index_that_changes_are_on_their_way_to_is_not_wrong(people: Cast, work: Work) -> None:
    held(people, title="红色手套", category="clothing")
    assert differing() == {}
    work()
    assert differing() == {}


# --- rebuilding -------------------------------------------------------------------------------------------------


def use(name: str) -> None:
    """Have the site ask this engine."""
    if name == "database":
        belongings()[service.KEY] = table_engine()


engines = pytest.mark.parametrize("engine", ["whoosh", "database"])


def cut_otherwise() -> None:
    """The tokens of all rows are those of another tokeniser."""
    with transaction() as session:
        session.execute(update(SearchDocument).values(text=" 旧词 ", title=" 旧词 ", grams=" 旧 "))


@engines
@pytest.mark.usefixtures("three")
def test_a_rebuild_cuts_the_words_of_every_document_anew(engine: str, work: Work) -> None:
    use(engine)
    cut_otherwise()
    mended, count = reconciling.rebuild()
    assert {each.kind: each.stale for each in mended if each.any} == {"found": 2, "lost": 1}
    assert count == 3
    assert service.find("雨伞", Filters()).total == 1
    assert service.find("旧词", Filters()).total == 0
    assert differing() == {}
    assert work() == 0


@engines
@pytest.mark.usefixtures("three")
def test_a_rebuild_tells_how_much_is_done_while_what_was_there_answers(
    engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(engine)
    monkeypatch.setattr(reconciling, "BATCH", 1)
    heard: list[tuple[str, int, int]] = []
    totals: list[int] = []

    def tell(what: str, done: int, total: int) -> None:
        heard.append((what, done, total))
        assert not writing()
        totals.append(service.find("雨伞", Filters()).total)

    reconciling.rebuild(tell)
    assert [step for step in heard if step[0] != "index"] == [
        ("found", 1, 2),
        ("found", 2, 2),
        ("lost", 1, 1),
    ]
    assert heard[-1] == ("index", 3, 3)
    assert set(totals) == {1}


@pytest.mark.usefixtures("three")
def test_each_batch_is_a_transaction_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconciling, "BATCH", 1)
    cut_otherwise()
    left: list[int] = []

    def tell(what: str, _done: int, _total: int) -> None:
        old = select(func.count()).select_from(SearchDocument).where(SearchDocument.text == " 旧词 ")
        left.append(db.session.scalar(old) or 0)

    reconciling.refresh(tell)
    assert left == [2, 1, 0]


@pytest.mark.usefixtures("three")
def test_a_rebuild_that_is_broken_off_is_made_up_for_by_the_worker(work: Work) -> None:
    cut_otherwise()
    index = service.engine()
    assert isinstance(index, WhooshEngine)

    def tell(what: str, _done: int, _total: int) -> None:
        if what == "lost":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        reconciling.rebuild(tell)
    assert work() == 1
    assert service.find("雨伞", Filters()).total == 1
    assert differing() == {}


def between(monkeypatch: pytest.MonkeyPatch, change: Callable[[], object]) -> None:
    """Others commit ``change`` after the things found were read, before their rows are written."""
    found, *others = sources()

    def documents() -> list[SearchDoc]:
        there = list(found.documents())
        with transaction():
            change()
        return there

    monkeypatch.setattr(reconciling, "sources", lambda: [replace(found, documents=documents), *others])


@pytest.mark.usefixtures("three")
def test_what_others_write_meanwhile_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    cut_otherwise()
    ids = sorted(db.session.scalars(select(SearchDocument.id).where(SearchDocument.kind == "found")))

    def change() -> None:
        service.remove(ids[0])
        service.put(doc(ids[1], "红色手套"))

    between(monkeypatch, change)
    assert differing() == {"lost": (0, 1, 0)}
    assert service.rows_of(ids) == [service.as_indexed(doc(ids[1], "红色手套"))]


@pytest.mark.usefixtures("three")
def test_what_others_put_back_meanwhile_is_not_put_in_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    (id, *_) = sorted(db.session.scalars(select(SearchDocument.id).where(SearchDocument.kind == "found")))
    with transaction():
        service.remove(id)
    between(monkeypatch, lambda: service.put(doc(id, "红色手套")))
    assert differing() == {}
    assert service.rows_of([id]) == [service.as_indexed(doc(id, "红色手套"))]


def gin() -> dict[str, int]:
    """PostgreSQL's indexes of words, and the files that they are in."""
    files = "SELECT relname, relfilenode FROM pg_class WHERE relname LIKE 'ix_search_documents_%_words%'"
    try:
        return {name: number for name, number in db.session.execute(text(files))}  # noqa: C416
    finally:
        db.session.rollback()


def test_postgresql_builds_its_indexes_of_words_anew_and_drops_what_was_left_behind(people: Cast) -> None:
    held(people, title="黑色长柄雨伞", category="umbrella")
    table = table_engine()
    if db.engine.dialect.name != "postgresql":
        assert table.rebuild(()) == 1
        return
    before = gin()
    with transaction() as session:
        left = "ix_search_documents_text_words_ccnew"
        session.execute(text(f"CREATE INDEX {left} ON search_documents USING gin (text_words)"))
    heard: list[int] = []
    assert table.rebuild((), heard.append) == 1
    assert heard == [1]
    after = gin()
    assert (
        after.keys() == before.keys() == {f"ix_search_documents_{name}_words" for name in ("text", "grams")}
    )
    assert not set(after.values()) & set(before.values())
    assert table.search(plan("雨伞"), Filters(), sort="newest", offset=0, limit=1).total == 1


def test_the_table_as_engine_is_promised_no_rebuild(app: Flask, work: Work) -> None:
    use("database")
    with transaction():
        service.rebuild_later()
    assert work() == 0


def test_every_kind_of_the_site_can_be_found(client: FlaskClient) -> None:
    kinds = ["found", "lost", "guide", "event", "article", "answer", "case"]
    assert [source.kind for source in sources()] == kinds
    assert db.session.scalar(select(SearchDocument.id)) is None


def test_what_is_not_indexed_yet_is_counted_with_its_age(people: Cast, work: Work) -> None:
    held(people, title="黑色长柄雨伞", category="umbrella")
    with transaction() as session:
        session.execute(
            update(OutboxRow)
            .where(OutboxRow.name == "search.sync")
            .values(created_at=now() - timedelta(seconds=90))
        )
    behind = reconciling.lag()
    assert behind.changes >= 1
    assert behind.oldest_s >= 90
    work()
    assert reconciling.lag() == reconciling.Lag()


@pytest.mark.usefixtures("three")
def test_what_was_mended_stands_in_the_audit_log() -> None:
    with transaction():
        db.session.execute(delete(SearchDocument).where(SearchDocument.kind == "lost"))
    differing()
    (entry,) = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "search.reconciled"))
    assert entry.after == {"lost": [1, 0, 0]}


def test_the_database_as_engine_is_never_behind(people: Cast) -> None:
    belongings()[service.KEY] = table_engine()
    held(people)
    assert reconciling.lag() == reconciling.Lag()
    assert reconciling.status().indexed is None
    assert reconciling.status().documents == 1
