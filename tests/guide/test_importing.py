"""Guides come in from a file: good lines together, each refused line named with its reason."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner
from sqlalchemy import func, select

from campus_service.cli import main
from campus_service.core import audit
from campus_service.core.db import db
from campus_service.core.errors import Invalid
from campus_service.guide import demo, service
from campus_service.guide.commands import AddGuide
from campus_service.guide.importing import import_file
from campus_service.guide.models import Guide
from campus_service.search import service as search
from campus_service.search.engine import Filters
from tests.guide.stories import CARD, REPAIR, guide


def jsonl(folder: Path, *lines: object, encoding: str = "utf-8") -> Path:
    """A file of these lines."""
    path = folder / "guides.jsonl"
    texts = [line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines]
    path.write_text("\n".join(texts), encoding)
    return path


def stored() -> int:
    return db.session.scalar(select(func.count()).select_from(Guide)) or 0


def test_good_lines_come_in_whole_and_are_found_by_search(
    app: Flask, tmp_path: Path, work: Callable[[], int]
) -> None:
    report = import_file(jsonl(tmp_path, CARD, REPAIR))
    work()
    assert (report.taken, report.refused) == (2, [])
    card = db.session.scalars(select(Guide).where(Guide.department_code == "it_services")).one()
    assert (card.slug, card.version, card.active) == ("it-services-1", 1, True)
    assert (card.materials, card.steps) == (CARD["materials"], CARD["steps"])
    assert card.place == CARD["where"]
    assert search.find("补卡 挂失", Filters(kind="guide")).ids == [service.search_id(card)]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": " "}, "title"),
        ({"title": "长" * 61}, "title"),
        ({"department": "kitchen"}, "department"),
        ({"steps": []}, "steps"),
        ({"steps": "先挂失"}, "steps"),
        ({"materials": [""]}, "materials"),
        ({"promise_working_days": -1}, "promise_working_days"),
        ({"promise_working_days": "很快"}, "promise_working_days"),
    ],
)
def test_a_line_that_breaks_a_rule_is_refused_with_number_and_field(
    app: Flask, tmp_path: Path, changes: dict[str, object], field: str
) -> None:
    report = import_file(jsonl(tmp_path, REPAIR, CARD | changes))
    assert [(refused.line, refused.reason.partition(":")[0]) for refused in report.refused] == [(2, field)]
    assert (report.taken, stored()) == (1, 1)


@pytest.mark.parametrize("line", ["[1]", "没有引号", '{"title": '])
def test_a_line_that_is_no_object_is_refused(app: Flask, tmp_path: Path, line: str) -> None:
    report = import_file(jsonl(tmp_path, line, CARD))
    assert [refused.line for refused in report.refused] == [1]
    assert stored() == 1


def test_a_guide_that_is_there_is_refused_not_doubled(app: Flask, tmp_path: Path) -> None:
    path = jsonl(tmp_path, CARD, CARD)
    first, again = import_file(path), import_file(path)
    assert (first.taken, first.refused_count) == (1, 1)
    assert (again.taken, again.refused_count) == (0, 2)
    assert stored() == 1


def test_two_departments_may_call_a_matter_the_same(app: Flask, tmp_path: Path) -> None:
    assert import_file(jsonl(tmp_path, CARD, CARD | {"department": "finance"})).taken == 2


def test_a_dry_run_stores_nothing(app: Flask, tmp_path: Path) -> None:
    assert import_file(jsonl(tmp_path, CARD), dry_run=True).taken == 1
    assert stored() == 0


def test_a_failure_in_the_middle_leaves_nothing_behind(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = service.add

    def dies_at_the_second(command: AddGuide) -> Guide:
        if command.title == REPAIR["title"]:
            raise KeyboardInterrupt
        return real(command)

    monkeypatch.setattr(service, "add", dies_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        import_file(jsonl(tmp_path, CARD, REPAIR))
    assert stored() == 0
    assert search.find("校园卡", Filters(kind="guide")).ids == []


def test_a_file_in_gbk_is_read(app: Flask, tmp_path: Path) -> None:
    import_file(jsonl(tmp_path, CARD, encoding="gbk"))
    assert db.session.scalars(select(Guide.title)).all() == [CARD["title"]]


def test_another_kind_of_file_is_refused(app: Flask, tmp_path: Path) -> None:
    with pytest.raises(Invalid):
        import_file(tmp_path / "guides.csv")


def test_an_import_is_in_the_audit_log(app: Flask, tmp_path: Path) -> None:
    import_file(jsonl(tmp_path, CARD))
    wanted = select(audit.AuditEntry.after).where(audit.AuditEntry.action == "guide.imported")
    assert db.session.scalars(wanted).one() == {"file": "guides.jsonl", "guides": 1}


def test_numbers_in_addresses_go_on_where_they_ended(app: Flask) -> None:
    slugs = [guide(title=title) for title in ("补卡", "挂失", "销户")]
    assert slugs == ["it-services-1", "it-services-2", "it-services-3"]


def test_the_demos_guides_are_all_taken_once(app: Flask) -> None:
    report = demo.load()
    assert report is not None
    assert (report.taken, report.refused) == (24, [])
    assert demo.load() is None


def test_the_command_prints_refused_lines_and_ends_with_1(runner: FlaskCliRunner, tmp_path: Path) -> None:
    file = str(jsonl(tmp_path, CARD, CARD | {"department": "kitchen"}))
    done = runner.invoke(main, ["import", "guides", file])
    assert done.exit_code == 1
    assert [line.partition(":")[0] for line in done.output.splitlines() if line.startswith("line")] == [
        "line 2"
    ]
    assert done.output.splitlines()[-1] == "imported: 1 guides; refused: 1"
    again = runner.invoke(main, ["import", "guides", str(jsonl(tmp_path, REPAIR)), "--dry-run"])
    assert (again.exit_code, again.output.splitlines()[-1]) == (0, "would be imported: 1 guides; refused: 0")
