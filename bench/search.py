"""`make perf-search`: both engines beside what one would take instead, with the same documents and questions.

`python -m bench.search [--sizes 1000,10000,100000] [--write] [--json]`. Each engine and size has a process of its own. The
documents are made-up reports; the questions are the judged ones of tests/search, each on one side of the registry, and
half of them within a category; all are asked once before they are measured, so that filters are warm. CPU is that of
the process, for PostgreSQL that of its backend as well.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from bench.alone import in_a_process, put
from bench.run import _machine, yardstick
from bench.site import ROOT

DOC = ROOT / "docs/search.md"
QUERIES = ROOT / "tests/search/queries.jsonl"
SIZES = (1_000, 10_000, 100_000)
CHUNK = 2_000
PAGE = 20
ADDED = 5


@dataclass(frozen=True, slots=True)
class Contender:
    """One engine: how it is filled, asked for a page, and given one document more, which is visible on return."""

    fill: Callable[[Iterator[Any]], None]
    ask: Callable[[str, str, str], int]
    add: Callable[[Any], None]
    # CPU seconds spent elsewhere: a database's backend.
    elsewhere: Callable[[], float] = lambda: 0.0


def documents(count: int, start: int = 0) -> Iterator[Any]:
    """Made-up reports as they stand in the index."""
    from campus_service.core.places import area_of
    from campus_service.lostfound.matching import generated
    from campus_service.search.engine import SearchDoc

    for number, (side, text) in enumerate(
        generated.texts(count, date(2025, 12, 1), date(2026, 11, 1), seed=start + 7), start
    ):
        yield SearchDoc(
            id=f"{side}:{number}",
            kind=side.value,
            category=text.category,
            status="held",
            place=area_of(text.place),
            day=int(text.day.strftime("%Y%m%d")),
            sort=float(number),
            title=text.title,
            body=f"{text.description} {text.place}",
        )


def questions() -> list[tuple[str, str, str]]:
    """Words, side, category or nothing."""
    lines = [json.loads(line) for line in QUERIES.read_text("utf-8").splitlines()]
    plain = [(line["q"], line["kind"] or "", "") for line in lines]
    return plain + [(text, kind, "umbrella") for text, kind, _ in plain[::2]]


# --- the contenders ---------------------------------------------------------------------------------------------


@contextmanager
def whoosh(folder: Path) -> Iterator[Contender]:
    """The engine in the box."""
    from campus_service.search.engine import Filters
    from campus_service.search.service import as_indexed
    from campus_service.search.synonyms import plan
    from campus_service.search.whoosh_engine import WhooshEngine

    engine = WhooshEngine(folder)

    def ask(text: str, kind: str, category: str) -> int:
        asked = Filters(kind=kind or None, category=category or None)
        return engine.search(plan(text), asked, sort="score", offset=0, limit=PAGE).total

    def add(document: Any) -> None:
        with engine.writing():
            engine.upsert([as_indexed(document)])
            engine.commit()

    def fill(there: Iterator[Any]) -> None:
        engine.rebuild(map(as_indexed, there))

    yield Contender(fill, ask, add)
    engine.close()


@contextmanager
def postgresql(folder: Path) -> Iterator[Contender]:
    """The table's own engine."""
    from tests.databases import PostgresDatabase

    database = PostgresDatabase(folder, "bench")
    os.environ |= {
        "CAMPUS_SECRET_KEY": "only for the measurement, thirty-two+",
        "CAMPUS_DATA_DIR": str(folder / "data"),
        "CAMPUS_DATABASE_URL": database.template_url,
        "CAMPUS_LOG_LEVEL": "error",
    }
    from flask_migrate import upgrade
    from sqlalchemy import insert, text

    from campus_service.app import create_app
    from campus_service.core.db import db, transaction
    from campus_service.search.engine import Filters, IndexDoc
    from campus_service.search.models import SearchDocument
    from campus_service.search.service import as_indexed, table_engine
    from campus_service.search.synonyms import plan

    def put(rows: list[Any]) -> None:
        with transaction() as session:
            values = [
                {name: getattr(row, name) for name in IndexDoc.__slots__} for row in map(as_indexed, rows)
            ]
            session.execute(insert(SearchDocument), values)

    def fill(there: Iterator[Any]) -> None:
        while chunk := list(islice(there, CHUNK)):
            put(chunk)
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE search_documents"))

    def ask(words: str, kind: str, category: str) -> int:
        asked = Filters(kind=kind or None, category=category or None)
        return table_engine().search(plan(words), asked, sort="score", offset=0, limit=PAGE).total

    with create_app().app_context():
        upgrade()
        backend = db.session.scalar(text("SELECT pg_backend_pid()"))
        yield Contender(fill, ask, lambda document: put([document]), lambda: _cpu_of(backend))
        db.session.remove()
        db.engine.dispose()


@contextmanager
def naive(folder: Path) -> Iterator[Contender]:
    """Whoosh as its manual shows it: two text fields, a parser over both, the side as a filter; words cut by rjieba."""
    from whoosh.qparser import MultifieldParser

    index = _two_fields(folder)
    parser = MultifieldParser(["title", "body"], index.schema)

    def fill(there: Iterator[Any]) -> None:
        _fill(index, ((row, _cut(row.title), _cut(row.body)) for row in there))

    def ask(text: str, kind: str, category: str) -> int:
        return _hits(index, parser.parse(_quoted(text)), kind, category)

    yield Contender(fill, ask, lambda document: fill(iter([document])))
    index.close()


@contextmanager
def meaning(folder: Path) -> Iterator[Contender]:
    """The same two fields for what our engines do: each way to say each word, in the title or in the body."""
    from whoosh.query import And, Or, Prefix, Query, Term

    from campus_service.search.service import as_indexed
    from campus_service.search.synonyms import plan

    index = _two_fields(folder)

    def fill(there: Iterator[Any]) -> None:
        rows = ((row, as_indexed(row)) for row in there)
        _fill(index, ((row, doc.title, doc.text) for row, doc in rows))

    def anywhere(kind: type[Query], word: str) -> Query:
        return Or([kind("title", word), kind("body", word)])

    def ask(text: str, kind: str, category: str) -> int:
        wanted = plan(text)
        groups = []
        for group in wanted.groups:
            ways = [And([anywhere(Term, word) for word in choice]) for choice in group]
            if group[0] == (wanted.prefix,):
                ways.append(anywhere(Prefix, wanted.prefix))
            groups.append(Or(ways))
        return _hits(index, And(groups), kind, category)

    yield Contender(fill, ask, lambda document: fill(iter([document])))
    index.close()


def _two_fields(folder: Path) -> Any:
    from whoosh.analysis import SpaceSeparatedTokenizer
    from whoosh.fields import ID, TEXT, Schema
    from whoosh.index import create_in

    words = TEXT(analyzer=SpaceSeparatedTokenizer())
    schema = Schema(id=ID(stored=True, unique=True), kind=ID, category=ID, title=words, body=words)
    return create_in(folder, schema)


def _fill(index: Any, rows: Iterator[tuple[Any, str, str]]) -> None:
    with index.writer(limitmb=256) as writer:
        for row, title, body in rows:
            writer.add_document(id=row.id, kind=row.kind, category=row.category, title=title, body=body)


def _hits(index: Any, query: Any, kind: str, category: str) -> int:
    from whoosh.query import And, Term

    chosen = [Term(*pair) for pair in (("kind", kind), ("category", category)) if pair[1]]
    with index.searcher() as searcher:
        return len(searcher.search(query, filter=And(chosen) if chosen else None, limit=PAGE))


@contextmanager
def fts5(folder: Path) -> Iterator[Contender]:
    """SQLite's own full text, over words cut by rjieba (its trigrams cannot find words of two characters)."""
    base = sqlite3.connect(folder / "fts.db")
    base.execute(
        "CREATE VIRTUAL TABLE docs USING fts5(id UNINDEXED, kind UNINDEXED, category UNINDEXED, title, body)"
    )

    def fill(there: Iterator[Any]) -> None:
        with base:
            rows = ((row.id, row.kind, row.category, _cut(row.title), _cut(row.body)) for row in there)
            base.executemany("INSERT INTO docs VALUES (?, ?, ?, ?, ?)", rows)

    def ask(text: str, kind: str, category: str) -> int:
        found = "FROM docs WHERE docs MATCH ? AND ? IN ('', kind) AND ? IN ('', category)"
        given = (_quoted(text), kind, category)
        base.execute(f"SELECT id {found} ORDER BY bm25(docs, 3, 1) LIMIT {PAGE}", given).fetchall()
        return int(base.execute(f"SELECT count(*) {found}", given).fetchone()[0])

    yield Contender(fill, ask, lambda document: fill(iter([document])))
    base.close()


@contextmanager
def tantivy(folder: Path) -> Iterator[Contender]:
    """A search library in Rust, the reference of what is possible; words cut by rjieba."""
    import tantivy as library

    builder = library.SchemaBuilder()
    for name in ("id", "kind", "category"):
        builder.add_text_field(name, stored=name == "id", tokenizer_name="raw")
    for name in ("title", "body"):
        builder.add_text_field(name, tokenizer_name="whitespace")
    index = library.Index(builder.build(), path=str(folder))

    def fill(there: Iterator[Any]) -> None:
        writer = index.writer(heap_size=128_000_000, num_threads=1)
        for row in there:
            texts = {"title": _cut(row.title), "body": _cut(row.body)}
            writer.add_document(library.Document(id=row.id, kind=row.kind, category=row.category, **texts))
        writer.commit()
        index.reload()

    def ask(text: str, kind: str, category: str) -> int:
        chosen = "".join(
            f" +{name}:{value}" for name, value in (("kind", kind), ("category", category)) if value
        )
        wanted = f"+({_quoted(text)}){chosen}"
        query = index.parse_query(wanted, ["title", "body"], conjunction_by_default=True)
        return int(index.searcher().search(query, PAGE).count)

    yield Contender(fill, ask, lambda document: fill(iter([document])))


CONTENDERS = {
    "whoosh": whoosh,
    "database, PostgreSQL": postgresql,
    "Whoosh, two fields, meaning": meaning,
    "Whoosh, two fields, words": naive,
    "SQLite FTS5": fts5,
    "tantivy": tantivy,
}


def _cut(text: str) -> str:
    from campus_service.search.analyser import tokens

    return " ".join(tokens(text))


def _quoted(text: str) -> str:
    return " ".join(f'"{word}"' for word in _cut(text).split())


# --- measuring --------------------------------------------------------------------------------------------------


def _cpu_of(pid: int) -> float:
    """CPU seconds that another process has used: the first number of its schedstat, in nanoseconds."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def _rss_mb() -> float:
    status = Path("/proc/self/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+)", status)
    return int(found[1]) / 1000 if found else 0.0


def measure(name: str, size: int) -> dict[str, float]:
    """One engine with ``size`` documents, in this process."""
    from campus_service.search import synonyms

    synonyms.warm()
    asked = questions()
    with (
        tempfile.TemporaryDirectory(prefix="campus-search-") as folder,
        CONTENDERS[name](Path(folder)) as one,
    ):
        _cut("雨伞")
        before = _rss_mb()
        started = time.perf_counter()
        one.fill(documents(size))
        filled = time.perf_counter() - started
        hits = [one.ask(*question) for question in asked]
        times = []
        begun = time.perf_counter()
        for question in asked:
            at = time.process_time() + one.elsewhere()
            one.ask(*question)
            times.append(1000 * (time.process_time() + one.elsewhere() - at))
        wall = time.perf_counter() - begun
        step = yardstick()
        memory = _rss_mb() - before
        added = []
        for document in documents(ADDED, size):
            at = time.perf_counter()
            one.add(document)
            one.ask(*asked[0])
            added.append(1000 * (time.perf_counter() - at))
    times.sort()
    return {
        "p50_ms": statistics.median(times),
        "p95_ms": times[int(0.95 * len(times))],
        "qps": len(asked) / wall,
        "add_ms": statistics.median(added),
        "index_s": filled,
        "memory_mb": memory,
        "hits": sum(hits),
        "step_ms": step,
    }


def table(figures: dict[str, dict[str, dict[str, float]]]) -> str:
    """The figures as Markdown, a table for each size."""
    lines = [f"Measured {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {_machine()}, by `make perf-search`.", ""]
    for size, engines in figures.items():
        lines += [
            f"| {int(size):,} documents | p50, ms CPU | p95, ms CPU | queries/s | add, ms | index, s | memory, MB | hits in all | yardstick, ms |",
            "|---|---|---|---|---|---|---|---|---|",
        ]
        lines += [
            f"| {name} | {row['p50_ms']:.2f} | {row['p95_ms']:.2f} | {row['qps']:.0f} | {row['add_ms']:.0f} "
            f"| {row['index_s']:.1f} | {row['memory_mb']:.0f} | {row['hits']:,.0f} | {row['step_ms']:.0f} |"
            for name, row in engines.items()
        ]
        lines.append("")
    return "\n".join(lines).rstrip()


def main() -> None:
    """Command line."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--sizes", default=",".join(map(str, SIZES)), help="numbers of documents, by comma")
    options.add_argument("--write", action="store_true", help="put the tables into docs/search.md")
    options.add_argument("--json", action="store_true")
    options.add_argument("--one", choices=CONTENDERS, help="this engine alone, in this process")
    chosen = options.parse_args()
    if chosen.one:
        print(json.dumps(measure(chosen.one, int(chosen.sizes))))
        return
    figures: dict[str, dict[str, Any]] = {}
    for size in chosen.sizes.split(","):
        for name in CONTENDERS:
            figures.setdefault(size, {})[name] = in_a_process("bench.search", name, "--sizes", size)
            print(size, name, figures[size][name], file=sys.stderr)
    print(json.dumps(figures, indent=2) if chosen.json else table(figures))
    if chosen.write:
        put(DOC, "figures", table(figures))


if __name__ == "__main__":
    main()
