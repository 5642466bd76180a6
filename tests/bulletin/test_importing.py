"""Bringing in issues from elsewhere: whole or not at all, every refused line with its reason, numbers without gaps."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskCliRunner
from sqlalchemy import func, select

from campus_service.bulletin.importing import import_file
from campus_service.bulletin.models import Event, Issue, Publication
from campus_service.cli import main
from campus_service.core.audit import AuditEntry
from campus_service.core.db import db
from tests.bulletin.stories import published
from tests.conftest import Cast

FAIR: dict[str, Any] = {
    "issue": 7,
    "issue_title": "秋天",
    "published_on": "2025-09-14",
    "section": "events",
    "title": "招新集市",
    "author": "阿柚",
    "lede": "先想清楚三件事。",
    "body_markdown": "## 时间\n\n周六上午十点。",
    "event": {
        "starts_at": "2025-09-19T10:00:00+08:00",
        "ends_at": "2025-09-20T17:00:00+08:00",
        "place": "广场",
        "organiser": "社联",
    },
}
HEAT: dict[str, Any] = {
    "issue": 7,
    "section": "tips",
    "title": "宿舍保暖",
    "body": "先看窗缝。",
}


def jsonl(folder: Path, *lines: Any) -> Path:
    path = folder / "bulletin.jsonl"
    texts = (line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines)
    path.write_text("\n".join(texts) + "\n", encoding="utf-8")
    return path


def count(table: type[Any]) -> int:
    return db.session.scalar(select(func.count()).select_from(table)) or 0


def test_an_issue_comes_in_with_its_number_day_articles_and_events(people: Cast, tmp_path: Path) -> None:
    report = import_file(jsonl(tmp_path, FAIR, HEAT))
    assert (report.issues, report.articles, report.refused) == (1, 2, [])
    issue = db.session.scalars(select(Issue)).one()
    assert (issue.number, issue.title, issue.published_at and issue.published_at.isoformat()) == (
        7,
        "秋天",
        "2025-09-14T00:00:00+00:00",
    )
    titles = select(Publication.title).order_by(Publication.position)
    assert list(db.session.scalars(titles)) == ["招新集市", "宿舍保暖"]
    assert db.session.scalars(select(Event)).one().place == "广场"
    assert db.session.scalar(select(AuditEntry.action).where(AuditEntry.action == "issue.imported"))


def test_the_same_file_again_brings_nothing_in_twice(people: Cast, tmp_path: Path) -> None:
    path = jsonl(tmp_path, FAIR, HEAT)
    import_file(path)
    again = import_file(path)
    assert (again.issues, len(again.refused), count(Issue), count(Publication)) == (0, 2, 1, 2)
    assert "下一期是 8" in again.refused[0].reason


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"section": "sport"}, "section"),
        ({"title": ""}, "title"),
        ({"body_markdown": ""}, "body"),
        ({"published_on": "soon"}, "published_on"),
        ({"event": FAIR["event"] | {"ends_at": "2025-09-18T10:00:00+08:00"}}, "结束时间"),
    ],
)
def test_a_refused_line_keeps_its_whole_issue_out_and_says_why(
    people: Cast, tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    report = import_file(jsonl(tmp_path, FAIR | changes, HEAT))
    assert [line.line for line in report.refused] == [1, 2]
    assert words in report.refused[0].reason
    assert "整期不收" in report.refused[1].reason
    assert count(Issue) == 0


def test_a_line_that_is_no_json_is_told_by_its_number(people: Cast, tmp_path: Path) -> None:
    report = import_file(jsonl(tmp_path, FAIR, "{broken", HEAT | {"issue": 8}))
    assert [line.line for line in report.refused] == [2]
    assert (report.issues, count(Issue)) == (2, 2)


def test_numbers_go_on_without_a_gap(people: Cast, tmp_path: Path) -> None:
    report = import_file(jsonl(tmp_path, FAIR, HEAT | {"issue": 9}))
    assert (report.issues, [line.line for line in report.refused]) == (1, [2])
    assert published(people).number == 8


def test_a_dry_run_stores_nothing(people: Cast, tmp_path: Path) -> None:
    report = import_file(jsonl(tmp_path, FAIR, HEAT), dry_run=True)
    assert (report.articles, count(Issue)) == (2, 0)


def test_other_names_of_sections_are_known(people: Cast, tmp_path: Path) -> None:
    import_file(jsonl(tmp_path, FAIR | {"section": "career"}, HEAT | {"section": "survey"}))
    sections = select(Publication.section).order_by(Publication.position)
    assert [each.value for each in db.session.scalars(sections)] == ["careers", "survey_reports"]


def test_the_command_prints_refused_lines_and_ends_with_1(
    people: Cast, runner: FlaskCliRunner, tmp_path: Path
) -> None:
    done = runner.invoke(main, ["import", "bulletin", str(jsonl(tmp_path, FAIR, HEAT | {"issue": 9}))])
    assert done.exit_code == 1
    lines = done.output.splitlines()
    assert [line.partition(":")[0] for line in lines if line.startswith("line")] == ["line 2"]
    assert count(Issue) == 1
