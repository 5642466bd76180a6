"""`make eval-search`: how well each engine finds what people mean, on both sets of judged queries.

`python -m bench.judged [--write]`. The figures are those of `campus-service eval search`; PostgreSQL is started for it.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.alone import put
from bench.site import ROOT

DOC = ROOT / "docs/search.md"
DATA = ROOT / "tests/search"
# What is searched, by whom it was written, and what is asked of it.
SETS = {
    "demo reports": (
        ROOT / "campus_service/lostfound/data/demo.jsonl",
        DATA / "queries.jsonl",
    ),
    "unseen reports": (DATA / "data/unseen_items.jsonl", DATA / "data/unseen_queries.jsonl"),
}


def rows(folder: Path) -> Iterator[str]:
    """One line of the table for each set and engine."""
    from campus_service.search import evaluating, synonyms
    from tests.databases import PostgresDatabase

    synonyms.warm()
    sqlite, postgresql = (
        f"sqlite:///{folder}/search.db",
        PostgresDatabase(folder / "pg", "judged").template_url,
    )
    for name, (items, queries) in SETS.items():
        there, asked = evaluating.read_items(items), evaluating.read_queries(queries)
        for engine, answers in (
            ("whoosh", evaluating.whoosh(there, asked)),
            ("database, SQLite", evaluating.database(sqlite, there, asked)),
            ("database, PostgreSQL", evaluating.database(postgresql, there, asked)),
        ):
            found = evaluating.figures(answers)
            yield (
                f"| {len(asked)} over {len(there)} {name} | {engine} "
                f"| {found['recall_at_10']:.3f} | {found['precision']:.3f} | {found['mrr']:.3f} |"
            )


def main() -> None:
    """Command line."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--write", action="store_true", help="put the table into docs/search.md")
    chosen = options.parse_args()
    lines = [
        "| queries | engine | recall@10 | precision of what is shown | MRR |",
        "| --- | --- | --- | --- | --- |",
    ]
    with tempfile.TemporaryDirectory(prefix="campus-judged-") as folder:
        for line in rows(Path(folder)):
            print(line)
            lines.append(line)
    if chosen.write:
        put(DOC, "judged", "\n".join(lines))


if __name__ == "__main__":
    main()
