"""The commands that need the application: tables, import, index, audit log, demo."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner
from sqlalchemy import inspect, select, text, update

from campus_service.cli import main
from campus_service.core import audit
from campus_service.core.clock import today
from campus_service.core.db import db, transaction
from campus_service.lostfound.models import FoundItem
from campus_service.search import service as search
from campus_service.search.cli import Progress
from campus_service.search.models import SearchDocument
from tests.conftest import Cast
from tests.search.documents import doc


def report(number: str, **changed: object) -> dict[str, object]:
    """A line to import."""
    line: dict[str, object] = {"id": number, "kind": "found", "title": "黑色折叠伞", "category": "umbrella"}
    return line | {"place": "图书馆", "occurred_on": today().isoformat(), "description": "", **changed}


def write(path: Path, *lines: dict[str, object]) -> str:
    """A file of JSON lines."""
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), "utf-8")
    return str(path)


def test_the_tables_go_down_and_up_again(runner: FlaskCliRunner, app: Flask) -> None:
    down = runner.invoke(main, ["db", "downgrade", "base", "--yes"])
    assert down.output.splitlines()[-1] == "The database is at base (no tables)."
    assert "users" not in inspect(db.engine).get_table_names()
    up = runner.invoke(main, ["db", "upgrade"])
    assert up.exit_code == 0, up.output
    assert "users" in inspect(db.engine).get_table_names()
    current = runner.invoke(main, ["db", "current"]).output.split()
    assert current[4].rstrip(";") == current[-1].rstrip(".")


def test_going_back_asks_first(runner: FlaskCliRunner) -> None:
    done = runner.invoke(main, ["db", "downgrade", "base"], input="n\n")
    assert done.exit_code == 1
    assert "users" in inspect(db.engine).get_table_names()


def test_an_import_stores_the_good_lines_and_prints_each_refused_one(
    runner: FlaskCliRunner, tmp_path: Path
) -> None:
    tomorrow = date(today().year + 1, 1, 1).isoformat()
    file = write(
        tmp_path / "in.jsonl",
        report("A1"),
        report("A2", category="spaceship"),
        report("A3", occurred_on=tomorrow),
    )
    done = runner.invoke(main, ["import", "lostfound", file])
    assert done.exit_code == 1
    assert [line.split(":")[0] for line in done.output.splitlines() if line.startswith("line")] == [
        "line 2",
        "line 3",
    ]
    assert done.output.splitlines()[-1] == "imported: 1 found, 0 lost; refused: 2"
    assert db.session.scalars(select(FoundItem.source_ref)).all() == ["A1"]


def test_a_dry_run_stores_nothing(runner: FlaskCliRunner, tmp_path: Path) -> None:
    done = runner.invoke(
        main, ["import", "lostfound", write(tmp_path / "in.jsonl", report("A1")), "--dry-run"]
    )
    assert done.exit_code == 0
    assert done.output.splitlines()[-1] == "would be imported: 1 found, 0 lost; refused: 0"
    assert db.session.scalars(select(FoundItem.id)).all() == []


@pytest.mark.parametrize(
    ("language", "words"), [("zh_CN.UTF-8", "不是 .jsonl、.csv 或 .xlsx 文件"), ("en_GB.UTF-8", ".csv")]
)
def test_a_file_of_another_kind_is_refused_in_the_terminals_language(
    language: str, words: str, runner: FlaskCliRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", language)
    done = runner.invoke(main, ["import", "lostfound", write(tmp_path / "in.txt", report("A1"))])
    assert done.exit_code == 1
    assert words in done.output
    assert "Traceback" not in done.output


def test_the_index_is_built_anew(runner: FlaskCliRunner, tmp_path: Path) -> None:
    runner.invoke(main, ["import", "lostfound", write(tmp_path / "in.jsonl", report("A1"), report("A2"))])
    done = runner.invoke(main, ["search", "rebuild"])
    assert done.exit_code == 0
    lines = done.output.splitlines()
    assert [lines[0], *lines[-2:]] == [
        "found: 2 of 2",
        "index: 2 of 2",
        "The index holds 2 documents.",
    ]
    assert search.engine().health()


def test_a_terminal_sees_bars(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    with Progress() as tell:
        for done in (10, 20, 40):
            tell("found", done, 40)
        tell("index", 40, 40)
    shown = terminal.getvalue()
    assert "20/40" in shown
    assert shown.count("40/40") == 2
    assert shown.index("found") < shown.index("index")


def test_a_rebuild_says_what_it_had_to_mend(runner: FlaskCliRunner, tmp_path: Path) -> None:
    runner.invoke(main, ["import", "lostfound", write(tmp_path / "in.jsonl", report("A1"), report("A2"))])
    with transaction() as session:
        session.execute(update(SearchDocument).values(text=" 旧词 "))
    done = runner.invoke(main, ["search", "rebuild"])
    assert "found: 0 missing, 2 stale, 0 surplus, mended." in done.output.splitlines()
    assert done.exit_code == 0


def test_a_check_says_how_far_the_index_is_behind(runner: FlaskCliRunner, tmp_path: Path) -> None:
    runner.invoke(main, ["search", "rebuild"])
    done = runner.invoke(main, ["search", "check"])
    assert "0 changes are not in the index yet" in done.output
    assert done.output.splitlines()[-1] == "Nothing had to be mended."
    assert done.exit_code == 0


def test_a_check_that_had_to_mend_ends_with_1(runner: FlaskCliRunner, tmp_path: Path) -> None:
    runner.invoke(main, ["import", "lostfound", write(tmp_path / "in.jsonl", report("A1"))])
    runner.invoke(main, ["search", "rebuild"])
    with transaction() as session:
        session.execute(update(SearchDocument).values(text=" 旧词 "))
    done = runner.invoke(main, ["search", "check"])
    assert (done.exit_code, done.output.splitlines()[-1]) == (
        1,
        "found: 0 missing, 1 stale, 0 surplus, mended.",
    )


def test_a_check_names_an_index_that_alone_differs(
    runner: FlaskCliRunner, app: Flask, work: Callable[[], int]
) -> None:
    first = runner.invoke(main, ["search", "check"])
    assert first.exit_code == 1
    assert "The index is missing or damaged; the worker builds it anew." in first.output
    work()
    index = search.engine()
    index.upsert([search.as_indexed(doc("found:404", "雨伞"))])
    index.commit()
    done = runner.invoke(main, ["search", "check"])
    assert done.exit_code == 1
    assert "The index differs from the table: 0 missing, 0 stale, 1 surplus;" in done.output
    work()
    assert runner.invoke(main, ["search", "check"]).exit_code == 0


def test_a_whole_audit_log_is_counted(runner: FlaskCliRunner, people: Cast) -> None:
    _record_two(people)
    done = runner.invoke(main, ["audit", "verify"])
    assert (done.exit_code, done.output) == (0, f"{audit.count()} entries, no broken links.\n")


def test_a_broken_audit_log_ends_with_1_and_names_the_link(runner: FlaskCliRunner, people: Cast) -> None:
    _record_two(people)
    with transaction() as session:
        session.execute(text("UPDATE audit_head SET hash = :other"), {"other": "f" * 64})
    done = runner.invoke(main, ["audit", "verify"])
    assert done.exit_code == 1
    assert "entries were cut off or put in" in done.output
    assert done.output.splitlines()[-1].endswith("1 broken link.")


def _record_two(people: Cast) -> None:
    with transaction():
        for number in (1, 2):
            audit.record(people.admin.actor, "test.done", obj_type="test", obj_id=number)


def test_demo_data_is_refused_outside_a_demo(runner: FlaskCliRunner) -> None:
    done = runner.invoke(main, ["demo", "load"])
    assert done.exit_code == 2
    assert "set CAMPUS_DEMO=true" in done.output
    assert db.session.scalars(select(FoundItem.id)).all() == []


def test_preparing_a_real_site_only_brings_the_tables_up_to_date(runner: FlaskCliRunner) -> None:
    runner.invoke(main, ["db", "downgrade", "base", "--yes"])
    done = runner.invoke(main, ["prepare"])
    assert done.exit_code == 0, done.output
    assert "users" in inspect(db.engine).get_table_names()
    assert "password" not in done.output


def test_a_new_secret_is_long_and_never_the_same(runner: FlaskCliRunner) -> None:
    first, second = (runner.invoke(main, ["secret"]).output.strip() for _each in range(2))
    assert first != second
    assert len(first) >= 32
