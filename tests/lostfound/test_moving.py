"""Reading and mapping the files of others: every encoding, every bad line by its number, the good ones all in."""

from __future__ import annotations

import csv
import io
import tracemalloc
import zipfile
from datetime import date, timedelta
from itertools import product
from pathlib import Path
from threading import Thread

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from sqlalchemy import func, select

from bench import importing as bench
from campus_service.core.clock import today
from campus_service.core.db import db, transaction
from campus_service.core.errors import Invalid
from campus_service.lostfound.importing import import_file
from campus_service.lostfound.models import FoundItem, Import, ImportRefusal
from campus_service.lostfound.moving import days, queries, reading, service, uploading
from campus_service.lostfound.moving.judging import Judge
from campus_service.lostfound.moving.looking import look
from campus_service.lostfound.moving.mapping import Mapping, Source, lookup
from campus_service.lostfound.moving.ready import NAMES, fitting, ready
from campus_service.lostfound.states import ImportState
from campus_service.operations import importer
from tests.conftest import Cast

DAY = (today() - timedelta(days=3)).isoformat()
# What a text of each language is written with; a few letters of it, so that short files are told apart too.
SCRIPTS = {
    "utf-8": "图书馆捡到一把黑色折叠伞，伞柄é한글",
    "utf-8-sig": "图书馆捡到一把黑色折叠伞，伞柄é한글",
    "gb18030": "图书馆捡到一把黑色折叠伞，请失主来认领",
    "gbk": "图书馆捡到一把黑色折叠伞，请失主来认领",
    "utf-16": "图书馆捡到一把黑色折叠伞é한글",
    "cp949": "도서관에서 검은색 우산을 보관하고 있습니다 습득물 휴대폰 지갑",
    "cp1252": "Parapluie trouvé à la gare, clés et téléphone oubliés",
}


def rows_of(path: Path, how: reading.Format | None = None) -> tuple[list[str], list[reading.Row]]:
    with reading.opened(path, how or reading.detect(path)) as table:
        return table.headings, list(table.rows)


def written(folder: Path, rows: list[list[str]], encoding: str, delimiter: str = ",") -> Path:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(rows)
    path = folder / "table.csv"
    path.write_bytes(out.getvalue().encode(encoding))
    return path


# --- reading ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("encoding", "delimiter"), [*product(SCRIPTS, ",;\t")])
def test_any_usual_encoding_and_delimiter_is_told_by_the_file_itself(
    tmp_path: Path, encoding: str, delimiter: str
) -> None:
    text = SCRIPTS[encoding]
    rows = [["a", "b", "c"], *([f"{n}", text, f'"{text}"\n{text}{delimiter}'] for n in range(5))]
    headings, read = rows_of(written(tmp_path, rows, encoding, delimiter))
    assert headings == rows[0]
    assert [list(row.cells) for row in read] == rows[1:]


@settings(max_examples=60, deadline=None)
@given(st.data(), st.sampled_from(sorted(SCRIPTS)))
def test_any_text_comes_back_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, encoding: str
) -> None:
    letters = st.text(SCRIPTS[encoding] + 'abc 019,;"\n\r', max_size=30)
    cells = data.draw(st.lists(st.lists(letters, min_size=3, max_size=3), max_size=6))
    path = written(tmp_path_factory.mktemp("csv"), [["x", "y", "z"], *cells], encoding)
    _headings, read = rows_of(
        path,
        reading.Format(
            "csv", "utf-8-sig" if encoding == "utf-8" else {"gbk": "gb18030"}.get(encoding, encoding)
        ),
    )
    assert [list(row.cells) for row in read if not row.wrong] == [row for row in cells if any(row)]


BAD_LINES = st.sampled_from(
    [b'9,"never closed,x\n', b"9,a,b,c,d\n", b"9,\xff\xfe\x80,x\n", b"9,nul\0,x\n", b'"9","a"b,"c"\n', b"9," + b"z" * 30_000 + b",x\n", b'"\n']
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(BAD_LINES, max_size=6), st.randoms(use_true_random=False))
def test_bad_lines_never_change_which_good_ones_are_read(
    tmp_path_factory: pytest.TempPathFactory, bad: list[bytes], dice: object
) -> None:
    good = [f'{n},"一把, “伞”{n}",x\n'.encode() for n in range(8)]
    lines = good + bad
    dice.shuffle(lines)  # type: ignore[attr-defined]
    path = tmp_path_factory.mktemp("bad") / "a.csv"
    path.write_bytes(b"a,b,c\n" + b"".join(lines))
    _headings, read = rows_of(path, reading.Format("csv", "utf-8-sig"))
    fine = {row.line: list(row.cells) for row in read if not row.wrong}
    at = {lines.index(line) + 2: [str(n), f"一把, “伞”{n}", "x"] for n, line in enumerate(good)}
    assert fine == at
    assert {row.line for row in read if row.wrong} == set(range(2, len(lines) + 2)) - set(at)


def test_a_cell_of_a_megabyte_is_refused_with_its_line_and_the_rest_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1,x\n2," + "长" * 1_000_000 + "\n3,y\n")
    _headings, read = rows_of(path)
    assert [(row.line, bool(row.wrong)) for row in read] == [(2, False), (3, True), (4, False)]
    assert "太长" in str(read[1].wrong)


def test_workbooks_are_read_with_days_numbers_and_the_sheet_that_was_chosen(tmp_path: Path) -> None:
    book = Workbook()
    book.worksheets[0].title = "说明"
    sheet = book.create_sheet("登记")
    for row in (
        ["编号", "日期", "件数"],
        [7, date(2026, 3, 1), 2.0],
        [None, None, None],
        ["8", "2026年3月2日", "=1+1"],
    ):
        sheet.append(row)
    path = tmp_path / "a.xlsx"
    book.save(path)
    how = reading.detect(path)
    assert how.sheets == ["说明", "登记"]
    headings, read = rows_of(path, reading.Format("xlsx", sheet="登记", sheets=how.sheets))
    assert headings == ["编号", "日期", "件数"]
    # A formula counts by the result that the program stored; this one was never computed.
    assert [(row.line, list(row.cells)) for row in read] == [
        (2, ["7", "2026-03-01", "2"]),
        (4, ["8", "2026年3月2日", ""]),
    ]


def test_a_workbook_that_would_fill_the_memory_is_refused_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MAX_STRINGS", 1_000_000)
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", b"<sst>" + b"0" * 5_000_000)
    assert path.stat().st_size < 20_000
    with pytest.raises(Invalid, match="展开后太大"):
        reading.detect(path)


# --- mapping ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["2026-03-01", "2026/3/1", "2026.03.01", "2026年3月1日", "2026 年 3 月 1 日 上午", "20260301", "20260301143000", "46082", "46082.5",
     "2026-03-01 14:30", "2026-03-01T14:30:00", "2026-02-28T23:00:00Z", "2026-02-28T18:00:00+01:00", "01/03/2026", "1.3.2026 08:00"],
)  # fmt: skip
def test_days_are_read_as_spreadsheets_write_them(text: str) -> None:
    assert days.day("occurred_on", text) == date(2026, 3, 1)


@given(st.text(max_size=30))
def test_any_other_text_is_refused_by_the_name_of_its_field(text: str) -> None:
    wrong: list[str] = []
    try:
        days.day("occurred_on", text)
    except Invalid as error:
        wrong = list(error.fields)
    assert wrong in ([], ["occurred_on"])


@given(st.dates(date(1970, 1, 1), date(2100, 1, 1)))
def test_every_day_is_read_in_every_usual_form(day: date) -> None:
    for form in ("%Y-%m-%d", "%Y/%m/%d", "%Y年%m月%d日", "%Y%m%d", "%d/%m/%Y"):
        assert days.day("occurred_on", day.strftime(form)) == day


def test_words_are_found_whole_by_their_last_part_or_by_how_they_begin() -> None:
    known = ready("lost112").fields["category"].values
    assert lookup(known, "전자기기 > 태블릿") == "computer"
    assert lookup(known, "전자기기 > 기타용품") == "electronics_other"
    french = ready("sncf").fields["category"].values
    assert lookup(french, "Téléphone portable protégé (étui, coque,…)") == "phone"
    assert lookup(french, "VÊTEMENTS, chaussures") == "clothing"
    assert lookup(french, "Licorne") == ""


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_mapping_is_found_by_its_headings_and_speaks_of_our_categories(
    app: Flask, name: str
) -> None:
    mapping = ready(name)
    assert fitting([*mapping.signature, "weiteres"], []) == mapping
    assert fitting(["id", "kind", "title", "category", "place", "occurred_on"], []) == ready("ours")
    choices = mapping.fields["category"]
    Judge(mapping, [column for source in mapping.fields.values() for column in source.columns])
    from campus_service.lostfound.categories import Category

    assert set(choices.values.values()) | {choices.otherwise or "other"} <= {
        category.value for category in Category
    }


def test_unknown_headings_are_guessed_by_their_names_and_by_what_stands_below(app: Flask) -> None:
    rows = [
        ["1", "一把伞", "雨伞", "二教 302", "2026年3月1日", "招领"],
        ["2", "饭卡", "校园卡", "一食堂", "2026/3/2", "寻物"],
    ]
    guess = fitting(["序号", "物品名称", "甲", "拾到地点（详细）", "乙", "丙"], rows)
    assert {name: source.columns for name, source in guess.fields.items()} == {
        "id": ["序号"], "title": ["物品名称"], "category": ["甲"], "place": ["拾到地点（详细）"], "occurred_on": ["乙"],
        "kind": ["丙"],
    }  # fmt: skip


def test_lines_without_a_number_are_known_again_by_what_they_say(people: Cast, tmp_path: Path) -> None:
    fields = {"kind": Source(constant="found"), "title": Source(columns=["东西"]), "category": Source(otherwise="auto"),
              "place": Source(columns=["地点"]), "occurred_on": Source(columns=["日期"])}  # fmt: skip
    path = tmp_path / "a.csv"
    path.write_text(f"东西,地点,日期\n黑色雨伞,图书馆,{DAY}\n黑色雨伞,图书馆,{DAY}\n蓝色水杯,图书馆,{DAY}\n")
    mapping = Mapping(name="保卫处", fields=fields)
    assert import_file(path, mapping=mapping).refused_count == 1
    assert import_file(path, mapping=mapping).taken == 0
    assert db.session.scalar(select(func.count()).select_from(FoundItem)) == 2


# --- a large file -------------------------------------------------------------------------------------------------


def brought_in(people: Cast, path: Path) -> Import:
    """Uploaded, tried and run as pages and worker do."""
    actor = people.he.actor
    with path.open("rb") as file:
        number = uploading.receive(actor, file, path.name)
    with transaction():
        service.start_trying(actor, number)
    service.try_out(number)
    with transaction():
        service.start(actor, number)
    while queries.state_of(number) is ImportState.RUNNING:
        service.run(number)
    return queries.get(actor, number)


def test_of_a_large_gbk_file_every_good_line_is_in_and_every_bad_one_named(
    app: Flask, people: Cast, tmp_path: Path
) -> None:
    lines = 50_000 if db.engine.dialect.name == "sqlite" else 5_000
    bad = bench.write(tmp_path / "large.csv", lines)
    done = brought_in(people, tmp_path / "large.csv")
    assert done.state is ImportState.DONE
    assert (done.found + done.lost, done.refused) == (lines - len(bad), len(bad))
    assert len(bad) * 100 == lines
    refused = db.session.execute(
        select(ImportRefusal.line, ImportRefusal.reason).order_by(ImportRefusal.id)
    ).all()
    assert [line for line, _reason in refused] == list(bad)
    for line, reason in refused:
        assert reason.startswith(f"{bad[line]}："), (line, reason)


def test_memory_does_not_grow_with_the_file(people: Cast, tmp_path: Path) -> None:
    def peak(lines: int) -> int:
        bench.write(tmp_path / f"{lines}.csv", lines)
        tracemalloc.start()
        try:
            import_file(tmp_path / f"{lines}.csv", dry_run=True)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(1_100)
    assert peak(6_000) < 1.3 * peak(2_000)


def test_two_imports_of_the_same_lines_at_once_bring_each_in_once(
    app: Flask, people: Cast, tmp_path: Path
) -> None:
    bench.write(tmp_path / "a.csv", 600)
    numbers = []
    for _twice in range(2):
        with (tmp_path / "a.csv").open("rb") as file:
            numbers.append(uploading.receive(people.he.actor, file, "a.csv"))
        with transaction():
            service.start_trying(people.he.actor, numbers[-1])
        service.try_out(numbers[-1])
        with transaction():
            service.start(people.he.actor, numbers[-1])

    def run(number: int) -> None:
        with app.app_context():
            service.run(number)
            db.session.remove()

    threads = [Thread(target=run, args=(number,)) for number in numbers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rows = [db.session.get(Import, number, populate_existing=True) for number in numbers]
    assert [row.state for row in rows if row] == [ImportState.DONE] * 2
    assert sum(row.found + row.lost for row in rows if row) == 600 - 6


# --- the command --------------------------------------------------------------------------------------------------


def test_the_command_takes_a_mapping_and_writes_what_it_refused(
    people: Cast, runner: FlaskCliRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    path = tmp_path / "sncf.csv"
    path.write_text(
        "date;gc_obo_date_heure_restitution_c;gc_obo_gare_origine_r_name;gc_obo_nature_c;gc_obo_type_c\n"
        f"{DAY}T10:00:00+02:00;;Rennes;Lunettes;Optique\nhier;;Nantes;=Valise;Bagagerie\n"
    )
    out = tmp_path / "refused.csv"
    ended = runner.invoke(importer, ["lostfound", str(path), "--mapping", "sncf", "--refused", str(out)])
    assert ended.exit_code == 1
    assert "imported: 1 found, 0 lost; refused: 1" in ended.output
    head, line = csv.reader(io.StringIO(out.read_text("utf-8-sig")))
    assert (head[:2], line[0], line[5]) == (["line", "reason"], "3", "'=Valise")


def test_an_unknown_mapping_is_named_with_those_there_are(
    people: Cast, runner: FlaskCliRunner, tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a\n1\n")
    ended = runner.invoke(importer, ["lostfound", str(path), "--mapping", "tfl"])
    assert ended.exit_code == 1
    assert "lost112" in ended.output


def test_a_first_look_counts_words_and_keeps_ten_lines(app: Flask, tmp_path: Path) -> None:
    bench.write(tmp_path / "a.csv", 300)
    looked = look(tmp_path / "a.csv")
    assert (looked.format.encoding, looked.counted, len(looked.rows)) == ("gb18030", 300, 10)
    assert sum(looked.words["类别"].values()) == 300
    assert "编号" not in looked.words


def test_halves_of_letters_and_lists_in_json_are_text_or_refused(app: Flask, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(
        '{"a": ["x", 1], "\\ud800": 1}\n{"a": ["\\ud800"]}\n{"a": "\\u0000"}\nno\n{"a": {"b": null}}\n'
    )
    headings, read = rows_of(path)
    assert headings == ["a"]
    assert [(row.line, bool(row.wrong)) for row in read] == [
        (1, False),
        (2, True),
        (3, True),
        (4, True),
        (5, False),
    ]
    assert [list(row.cells) for row in read if not row.wrong] == [['["x", 1]'], ['{"b": null}']]
