"""/metrics for a monitoring program (Prometheus): what waits, what failed, how far the index is behind."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from flask import Blueprint, Response
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily as Gauge
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from campus_service import __version__
from campus_service.accounts.web import FIGURES
from campus_service.core.clock import now
from campus_service.core.http import current_actor
from campus_service.core.permissions import Permission
from campus_service.jobs import dead
from campus_service.jobs.heartbeat import heartbeat
from campus_service.search import reconciling

pages = Blueprint("metrics", __name__)


@pages.get(FIGURES)
def metrics() -> Response:
    """The figures of this moment, read from the database, so that any process gives the same; needs jobs:dead:manage.

    A program sends ``CAMPUS_METRICS_TOKEN`` or an administrator's API token as ``Authorization: Bearer``.
    """
    current_actor().require(Permission.JOBS_DEAD_MANAGE)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Site())
    answer = Response(generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_0_0_4)
    answer.headers["Cache-Control"] = "no-store"
    return answer


class _Site(Collector):
    """Reads everything when it is asked."""

    def collect(self) -> Iterator[Gauge]:
        """One family for each figure."""
        build = Gauge("campus_build", "1; the version is its label.", labels=["version"])
        build.add_metric([__version__], 1)
        yield build
        yield from self._jobs()
        yield from self._search()

    def _jobs(self) -> Iterator[Gauge]:
        waiting, oldest = dead.waiting(current_actor())
        yield Gauge("campus_jobs_waiting", "Jobs that are due and not done.", waiting)
        yield Gauge("campus_jobs_oldest_seconds", "How long the oldest of them is due.", _age(oldest))
        yield Gauge("campus_jobs_dead", "Jobs that failed for good.", dead.count(current_actor()))
        beat = heartbeat().at
        if beat is not None:
            yield Gauge("campus_worker_seconds", "Since a worker last looked at the clock.", _age(beat))

    def _search(self) -> Iterator[Gauge]:
        status = reconciling.status()
        lag = status.lag
        engine = Gauge("campus_search_engine", "1; the engine in use is its label.", labels=["engine"])
        engine.add_metric([status.engine], 1)
        yield engine
        documents = Gauge(
            "campus_search_documents", "Documents in the table and in the index.", labels=["where"]
        )
        documents.add_metric(["table"], status.documents)
        if status.indexed is not None:
            documents.add_metric(["index"], status.indexed)
        yield documents
        yield Gauge("campus_search_lag_changes", "Changes that the index has yet to take in.", lag.changes)
        yield Gauge("campus_search_lag_seconds", "Age of the oldest of them.", lag.oldest_s)


def _age(moment: datetime | None) -> float:
    return max(0.0, (now() - moment).total_seconds()) if moment else 0.0
