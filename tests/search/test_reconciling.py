"""The nightly comparison mends what differs between features, documents and index, and says so."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete, select, update

from campus_service.core.audit import AuditEntry
from campus_service.core.clock import now
from campus_service.core.db import db, transaction
from campus_service.core.settings import belongings
from campus_service.jobs.models import OutboxRow
from campus_service.search import reconciling, service
from campus_service.search.engine import Filters
from campus_service.search.models import SearchDocument
from campus_service.search.table_engine import TableEngine
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
def test_an_index_that_lags_behind_is_built_anew(work: Work) -> None:
    with transaction() as session:
        session.add(service.row_of(doc("found:405", "红色手套")))
        session.execute(delete(SearchDocument).where(SearchDocument.id == "found:405"))
    index = service.engine()
    index.upsert([service.as_indexed(doc("found:406", "红色手套"))])
    index.commit()
    assert differing() == {}
    assert work() == 1
    assert index.count() == 3


def test_every_kind_of_the_site_can_be_found(client: FlaskClient) -> None:
    from campus_service.search.sources import sources

    assert [source.kind for source in sources()] == [
        "found",
        "lost",
        "guide",
        "event",
        "article",
        "answer",
        "case",
    ]
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
    belongings()[service.KEY] = TableEngine()
    held(people)
    assert reconciling.lag() == reconciling.Lag()
    assert reconciling.status().indexed is None
    assert reconciling.status().documents == 1
