"""How well search finds what people mean, held to its promise on judged queries."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from campus_service.core.errors import Invalid
from campus_service.search import evaluating
from campus_service.search.cli import eval_search

DATA = Path(__file__).parent
DEMO = DATA.parents[1] / "campus_service/lostfound/data/demo.jsonl"


@pytest.mark.parametrize(
    ("items", "queries", "recall"),
    [
        (DEMO, DATA / "queries.jsonl", 0.95),
        (DATA / "data/unseen_items.jsonl", DATA / "data/unseen_queries.jsonl", 0.92),
    ],
    ids=["the demo's", "unseen"],
)
def test_nearly_everything_that_is_meant_is_on_the_first_page(
    items: Path, queries: Path, recall: float
) -> None:
    asked = evaluating.read_queries(queries)
    found = evaluating.figures(evaluating.whoosh(evaluating.read_items(items), asked))
    assert len(asked) >= 100
    assert found["recall_at_10"] >= recall
    assert found["precision"] >= 0.55


def test_every_engine_answers_alike(tmp_path: Path) -> None:
    few = tmp_path / "few.jsonl"
    few.write_text("\n".join((DATA / "queries.jsonl").read_text("utf-8").splitlines()[:12]), "utf-8")
    done = CliRunner().invoke(eval_search, ["--items", str(DEMO), "--queries", str(few), "--json"])
    assert done.exit_code == 0, done.output
    figures = json.loads(done.output)
    assert figures["whoosh"] == figures["sqlite"]
    assert figures["whoosh"]["queries"] == 12


def test_the_table_names_what_it_shows(tmp_path: Path) -> None:
    few = tmp_path / "few.jsonl"
    few.write_text('{"q": "雨伞", "kind": "found", "relevant": ["DF005"]}', "utf-8")
    done = CliRunner().invoke(eval_search, ["--items", str(DEMO), "--queries", str(few)])
    assert done.output.splitlines()[0].split() == ["engine", "queries", "recall@10", "precision", "MRR"]


@pytest.mark.parametrize(("line", "wrong"), [("[1]", "1"), ('{"q": "伞"}', "relevant"), ("{", "1")])
def test_a_line_that_cannot_be_judged_is_named(tmp_path: Path, line: str, wrong: str) -> None:
    file = tmp_path / "queries.jsonl"
    file.write_text(line, "utf-8")
    with pytest.raises(Invalid, match=wrong):
        evaluating.read_queries(file)


def test_recall_counts_ten_places_at_most_and_nothing_shown_is_nothing_found() -> None:
    query = evaluating.Query("伞", None, frozenset(f"F{n}" for n in range(20)))
    full = evaluating.Answer(query, tuple(f"F{n}" for n in range(10)))
    assert (full.recall, full.precision, full.reciprocal) == (1.0, 1.0, 1.0)
    empty = evaluating.Answer(query, ())
    assert (empty.recall, empty.precision, empty.reciprocal) == (0.0, 0.0, 0.0)
