"""Bringing in files: good lines once and whole, bad lines named with number and reason."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from campus_service.core import audit
from campus_service.core.clock import today
from campus_service.core.db import db
from campus_service.core.errors import Invalid
from campus_service.lostfound import importing, queries
from campus_service.lostfound.importing import import_file
from campus_service.lostfound.models import CustodyEvent, FoundItem, LostReport
from campus_service.lostfound.moving import storing
from campus_service.lostfound.states import FoundState, Kind
from campus_service.search import service as search
from campus_service.search.engine import Filters
from tests.conftest import Cast

DAY = today().isoformat()


def line(ref: str, **changes: object) -> dict[str, object]:
    return {
        "id": ref,
        "kind": "found",
        "title": "黑色折叠伞",
        "category": "umbrella",
        "place": "图书馆一楼",
        "occurred_on": DAY,
        "description": "伞柄有刻字",
        "private_marks": "伞骨断了一根",
    } | changes


def jsonl(path: Path, *lines: object) -> Path:
    path.write_text("\n".join(each if isinstance(each, str) else json.dumps(each) for each in lines))
    return path


def stored() -> int:
    return sum(
        db.session.scalar(select(func.count()).select_from(table)) or 0 for table in (FoundItem, LostReport)
    )


def test_good_lines_come_in_listed_numbered_and_found_by_search(
    people: Cast, tmp_path: Path, work: Callable[[], int]
) -> None:
    report = import_file(jsonl(tmp_path / "a.jsonl", line("A1"), line("A2", kind="lost"), line("A3")))
    work()
    assert (report.found, report.lost, report.refused) == (2, 1, [])
    item = db.session.scalars(select(FoundItem).where(FoundItem.source_ref == "A1")).one()
    assert (item.state, item.desk_code, item.listed) == (FoundState.HELD, "centre", True)
    assert db.session.scalar(select(func.count()).select_from(CustodyEvent)) == 2
    found = search.find("折叠伞", Filters(kind="found"))
    assert (found.total, found.engine) == (2, "index")


def test_private_marks_are_not_in_the_search_documents(people: Cast, tmp_path: Path) -> None:
    import_file(jsonl(tmp_path / "a.jsonl", line("A1", private_marks="CANARYMARK")))
    assert search.find("CANARYMARK", Filters()).total == 0


def test_every_refused_line_is_named_with_its_number_and_reason(people: Cast, tmp_path: Path) -> None:
    bad = [
        "not json",
        json.dumps([1, 2]),
        line(""),
        line("B4", kind="stolen"),
        line("B5", category="spaceship"),
        line("B6", occurred_on=(today() + timedelta(days=1)).isoformat()),
        line("B7", title="长" * 10_000),
        line("B8", title=None),
        line("B9", desk="moon"),
        line("B10", description="身份证 110101 20000101 1234"),
    ]
    report = import_file(jsonl(tmp_path / "bad.jsonl", line("A1"), *bad, line("A1")))
    assert report.taken == 1
    assert [refused.line for refused in report.refused] == list(range(2, 13))
    reasons = [refused.reason for refused in report.refused]
    for field, reason in zip(
        [
            "line",
            "line",
            "id",
            "kind",
            "category",
            "occurred_on",
            "title",
            "title",
            "desk",
            "description",
            "id",
        ],
        reasons,
        strict=True,
    ):
        assert reason.startswith(f"{field}: "), reason
    assert "60" in reasons[6]
    assert "10000" in reasons[6]


def test_a_dry_run_reports_and_stores_nothing(people: Cast, tmp_path: Path) -> None:
    report = import_file(jsonl(tmp_path / "a.jsonl", line("A1"), "x"), dry_run=True)
    assert (report.taken, report.refused_count) == (1, 1)
    assert stored() == 0


def test_a_second_import_of_the_same_file_adds_nothing(people: Cast, tmp_path: Path) -> None:
    path = jsonl(tmp_path / "a.jsonl", line("A1"), line("A2"))
    import_file(path)
    again = import_file(path)
    assert (again.taken, again.refused_count) == (0, 2)
    assert stored() == 2


def test_a_crash_in_the_middle_leaves_nothing_behind(
    people: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH", 2)
    path = jsonl(tmp_path / "a.jsonl", *(line(f"A{n}") for n in range(5)))
    real, calls = storing.store_kind, []

    def dies_in_the_third_batch(*args: object) -> list[int]:
        calls.append(args)
        if len(calls) == 5:
            raise KeyboardInterrupt
        return real(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(storing, "store_kind", dies_in_the_third_batch)
    with pytest.raises(KeyboardInterrupt):
        import_file(path)
    assert stored() == 0


HEADER = "编号,类型,标题,类别,地点,日期,核对特征\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk"])
def test_a_spreadsheets_csv_is_read_with_bom_or_in_gbk(people: Cast, tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "表.csv"
    rows = f'S1,招领,"黑伞，一把",雨伞,三教门口,{DAY},断了一根\nS2,寻物,钥匙,钥匙,西区,{DAY},\n'
    path.write_text(HEADER + rows, encoding=encoding)
    report = import_file(path)
    assert (report.found, report.lost, report.refused) == (1, 1, [])
    assert db.session.scalars(select(FoundItem)).one().title == "黑伞，一把"


def test_a_csv_without_the_needed_columns_is_refused_as_a_whole(people: Cast, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("编号,标题\nS1,伞\n")
    with pytest.raises(Invalid) as refused:
        import_file(path)
    assert "place" in str(refused.value)


def test_another_kind_of_file_is_refused(people: Cast, tmp_path: Path) -> None:
    with pytest.raises(Invalid):
        import_file(tmp_path / "a.exe")


def test_the_lists_order_follows_the_day_and_then_the_file(people: Cast, tmp_path: Path) -> None:
    older = (today() - timedelta(days=3)).isoformat()
    import_file(
        jsonl(tmp_path / "a.jsonl", line("A1"), line("A2", title="第二把伞"), line("A3", occurred_on=older))
    )
    rows = queries.listing(queries.ListFilter(Kind.FOUND)).rows
    days = [row.occurred_on for row in rows]
    assert days == sorted(days, reverse=True)


def test_an_import_is_in_the_audit_log(people: Cast, tmp_path: Path) -> None:
    import_file(jsonl(tmp_path / "a.jsonl", line("A1"), line("A2", kind="lost")))
    entry = db.session.scalars(
        select(audit.AuditEntry).where(audit.AuditEntry.action == "lostfound.imported")
    ).one()
    assert entry.after == {"file": "a.jsonl", "found": 1, "lost": 1}


def test_progress_tells_every_byte(people: Cast, tmp_path: Path) -> None:
    path = jsonl(tmp_path / "a.jsonl", *(line(f"A{n}") for n in range(300)))
    read: list[int] = []
    import_file(path, dry_run=True, progress=read.append)
    assert sum(read) == path.stat().st_size
