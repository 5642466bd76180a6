"""How well search finds what people mean: recall, precision and MRR on judged queries, per engine.

Items come as in data/lostfound.jsonl; queries as {"q", "kind", "relevant": [ids]}, ``kind`` being a filter or null.
Nothing of the site's own database is read or written.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask

from campus_service.core.db import Base, db, transaction
from campus_service.core.errors import Invalid
from campus_service.core.i18n import _
from campus_service.core.places import area_of
from campus_service.search.engine import Engine, Filters, SearchDoc
from campus_service.search.models import SearchDocument
from campus_service.search.service import answer, as_indexed, put_rows, table_engine
from campus_service.search.synonyms import plan
from campus_service.search.whoosh_engine import WhooshEngine

# The page that is judged, as the site shows it.
SHOWN = 10


@dataclass(frozen=True, slots=True)
class Query:
    """What somebody typed, and what he wanted to see."""

    text: str
    kind: str | None
    relevant: frozenset[str]


@dataclass(frozen=True, slots=True)
class Answer:
    """What was shown for a query."""

    query: Query
    shown: tuple[str, ...]

    @property
    def recall(self) -> float:
        """Relevant among the first ten ÷ min(10, relevant)."""
        wanted = self.query.relevant
        return len(wanted.intersection(self.shown[:SHOWN])) / min(SHOWN, len(wanted))

    @property
    def precision(self) -> float:
        """Relevant among what is shown; showing nothing where something was wanted is worth nothing."""
        return len(self.query.relevant.intersection(self.shown)) / len(self.shown) if self.shown else 0.0

    @property
    def reciprocal(self) -> float:
        """One by the rank of the first relevant one."""
        ranks = (at for at, id in enumerate(self.shown, 1) if id in self.query.relevant)
        return 1 / next(ranks, float("inf"))


def read_items(path: Path) -> list[SearchDoc]:
    """The documents of a file of reports, private marks left out. Raises Invalid naming the line."""
    return [_document(values) for values in _objects(path, ("id", "kind", "title", "category", "place"))]


def _document(values: Mapping[str, Any]) -> SearchDoc:
    day = str(values.get("occurred_on") or "2026-01-01").replace("-", "")
    return SearchDoc(
        id=str(values["id"]),
        kind=str(values["kind"]),
        category=str(values["category"]),
        status="open",
        place=area_of(str(values["place"])),
        day=int(day),
        sort=float(day),
        title=str(values["title"]),
        body=f"{values.get('description') or ''} {values['place']}",
    )


def read_queries(path: Path) -> list[Query]:
    """The judged queries of a file. Raises Invalid naming the line."""
    return [
        Query(str(line["q"]), line.get("kind") or None, frozenset(map(str, line["relevant"])))
        for line in _objects(path, ("q", "relevant"))
    ]


def _objects(path: Path, needed: Sequence[str]) -> Iterable[dict[str, Any]]:
    for number, line in enumerate(path.read_text(encoding="utf-8-sig").splitlines(), 1):
        if not line.strip():
            continue
        try:
            values = json.loads(line)
            missing = [name for name in needed if not values.get(name)]
        except (ValueError, AttributeError):
            raise Invalid(
                {"file": _("%(name)s 第 %(n)s 行不是一个 JSON 对象。", name=path.name, n=number)}
            ) from None
        if missing:
            raise Invalid(
                {
                    "file": _(
                        "%(name)s 第 %(n)s 行缺少 %(field)s。", name=path.name, n=number, field=missing[0]
                    )
                }
            )
        yield values


def ask(engine: Engine, queries: Iterable[Query]) -> list[Answer]:
    """What the first page shows for every query: the hits, and what else may fit."""
    answers = []
    for query in queries:
        found = answer(engine, plan(query.text), Filters(kind=query.kind), limit=SHOWN)
        shown = [*found.ids, *found.also][:SHOWN]
        answers.append(Answer(query, tuple(shown)))
    return answers


def figures(answers: Sequence[Answer]) -> dict[str, float]:
    """The means over all queries."""
    count = len(answers) or 1

    def mean(value: Callable[[Answer], float]) -> float:
        return round(sum(map(value, answers)) / count, 4)

    return {
        "queries": len(answers),
        "recall_at_10": mean(lambda answer: answer.recall),
        "precision": mean(lambda answer: answer.precision),
        "mrr": mean(lambda answer: answer.reciprocal),
    }


def whoosh(items: Sequence[SearchDoc], queries: Sequence[Query]) -> list[Answer]:
    """The answers of the engine in the box, from an index that is thrown away."""
    with tempfile.TemporaryDirectory() as folder:
        engine = WhooshEngine(Path(folder))
        engine.rebuild(as_indexed(item) for item in items)
        try:
            return ask(engine, queries)
        finally:
            engine.close()


def database(url: str, items: Sequence[SearchDoc], queries: Sequence[Query]) -> list[Answer]:
    """The answers of the table's own engine in the empty database at ``url``, whose one table goes again."""
    app = Flask(__name__)
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    db.init_app(app)
    tables = [Base.metadata.tables[SearchDocument.__tablename__]]
    with app.app_context():
        Base.metadata.create_all(db.engine, tables)
        try:
            with transaction():
                put_rows(items)
            return ask(table_engine(), queries)
        finally:
            db.session.remove()
            Base.metadata.drop_all(db.engine, tables)
            db.engine.dispose()


def table(found: Mapping[str, Mapping[str, float]]) -> str:
    """The figures per engine, as lines for a terminal."""
    lines = [f"{'engine':<12}{'queries':>8}{'recall@10':>11}{'precision':>11}{'MRR':>7}"]
    lines += [
        f"{engine:<12}{row['queries']:>8.0f}{row['recall_at_10']:>11.3f}{row['precision']:>11.3f}{row['mrr']:>7.3f}"
        for engine, row in found.items()
    ]
    return "\n".join(lines)
