"""The pages of moving in: upload, columns, dry run, import, refusals, undo; for who may, and without JavaScript."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from campus_service.core import audit
from campus_service.core.clock import today
from campus_service.core.db import db, transaction
from campus_service.lostfound.models import (
    FoundItem,
    Import,
    ImportedLine,
    ImportMapping,
    ImportRefusal,
    LostReport,
)
from campus_service.lostfound.moving import files, judging, service
from campus_service.lostfound.states import FoundState, ImportState
from campus_service.search import service as search
from campus_service.search.engine import Filters
from tests.conftest import Cast, Person
from tests.lostfound.pages import form

DAY = f"{today() - timedelta(days=3):%Y/%m/%d}"
HEAD = "编号,类型,标题,类别,地点,日期,核对特征\n"
GOOD = f"S1,招领,黑色折叠伞,雨伞,图书馆3楼,{DAY},断了一根\nS2,寻物,三把钥匙,钥匙,西区,{DAY},\n"
BAD = "S3,招领,宇宙飞船,飞船,一食堂,上个月,\n"
LOST112 = (
    "atcId,fdSn,fdPrdtNm,prdtClNm,clrNm,fdPlace,fdYmd,depPlace\n"
    f"F2026110100000001,1,아이패드,전자기기 > 태블릿,블랙(검정),역 대합실,{DAY},서울역 유실물센터\n"
    f"F2026110100000002,1,우산,기타물품 > 우산,네이비(남색),버스 안,{DAY},강남경찰서\n"
)


def upload(
    client: FlaskClient, text: str | bytes, name: str = "登记表.csv", encoding: str = "gbk"
) -> TestResponse:
    data = text if isinstance(text, bytes) else text.encode(encoding)
    return client.post("/desk/import", data={"file": (io.BytesIO(data), name)})


def brought(client: FlaskClient, text: str | bytes, work: Callable[[], int], **kwargs: str) -> str:
    """Uploaded, tried and imported; returns the page's address."""
    page = upload(client, text, **kwargs).location
    client.post(f"{page}/mapping", data=form(client.get(page), f"{page}/mapping", then="try"))
    work()
    client.post(f"{page}/run")
    work()
    return page


def row() -> Import:
    newest = select(Import).order_by(Import.id.desc()).execution_options(populate_existing=True)
    return db.session.scalars(newest).first() or pytest.fail("no import")


def count(model: type) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_a_table_is_uploaded_tried_and_brought_in(security: FlaskClient, work: Callable[[], int]) -> None:
    page = upload(security, HEAD + GOOD + BAD).location
    shown = security.get(page).text
    assert "GBK / GB18030" in shown
    assert "黑色折叠伞" in shown
    security.post(f"{page}/mapping", data=form(security.get(page), f"{page}/mapping", then="try"))
    assert 'id="progress"' in security.get(page).text
    work()
    tried = security.get(page).text
    assert "招领 1、寻物 1，拒收 1" in tried
    assert "“上个月”不是日期" in tried
    assert (count(FoundItem), count(LostReport)) == (0, 0)
    security.post(f"{page}/run")
    work()
    assert row().state is ImportState.DONE
    assert (count(FoundItem), count(LostReport), count(ImportedLine)) == (1, 1, 2)
    assert search.find("折叠伞", Filters(kind="found")).total == 1
    actions = db.session.scalars(select(audit.AuditEntry.action).order_by(audit.AuditEntry.seq)).all()
    assert [action for action in actions if "import" in action] == [
        "import.uploaded", "import.started", "lostfound.imported",
    ]  # fmt: skip


def test_the_refused_lines_come_as_a_table_without_formulas(
    security: FlaskClient, work: Callable[[], int]
) -> None:
    page = brought(security, HEAD + GOOD + f"S9,=1+1,-2+3,雨伞,图书馆,{DAY},@x\n", work)
    answer = security.get(f"{page}/refused.csv")
    head, line = csv.reader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff")))
    assert head[:4] == ["行", "原因", "编号", "类型"]
    assert line[0] == "4"
    assert "=1+1" in line[1]
    assert line[3:5] == ["'=1+1", "'-2+3"]


def test_an_import_that_nobody_touched_is_undone_to_the_last_line(
    security: FlaskClient, work: Callable[[], int]
) -> None:
    brought(security, HEAD + f"K1,招领,红色水壶,水杯,图书馆,{DAY},\n", work)
    page = brought(security, HEAD + GOOD, work)
    security.post(f"{page}/undo")
    work()
    assert row().state is ImportState.UNDONE
    assert (count(FoundItem), count(LostReport), count(ImportedLine)) == (1, 0, 1)
    assert search.find("折叠伞", Filters()).total == 0
    assert search.find("红色水壶", Filters()).total == 1
    again = brought(security, HEAD + GOOD, work)
    assert "招领 1、寻物 1，拒收 0" in security.get(again).text


def test_what_somebody_touched_since_cannot_be_undone(security: FlaskClient, work: Callable[[], int]) -> None:
    page = brought(security, HEAD + GOOD, work)
    item = db.session.scalars(select(FoundItem)).one()
    security.post(f"/desk/items/{item.no}/move", data={"desk": "library"})
    refused = security.post(f"{page}/undo")
    assert refused.status_code == 409
    assert item.no in refused.text
    assert count(FoundItem) == 1


def test_a_korean_file_finds_its_mapping_by_itself(security: FlaskClient, work: Callable[[], int]) -> None:
    brought(security, LOST112, work, encoding="cp949")
    items = db.session.scalars(select(FoundItem).order_by(FoundItem.id)).all()
    assert [(item.title, item.category.value, item.source_ref) for item in items] == [
        ("黑色 아이패드", "computer", "lost112-F2026110100000001-1"),
        ("藏青色 우산", "umbrella", "lost112-F2026110100000002-1"),
    ]
    assert "原保管处：强" not in items[1].description
    assert "강남경찰서" in items[1].description


def test_unknown_words_are_matched_once_and_kept_under_a_name(
    security: FlaskClient, work: Callable[[], int]
) -> None:
    text = f"序号,物品名称,分类,拾到地点,拾到时间\n1,小黄人,公仔类,一食堂,{DAY}\n"
    page = upload(security, text).location
    sent = form(security.get(page), f"{page}/mapping", then="try", keep_as="后勤表")
    sent |= {"constant-kind": "found", "otherwise-category": "", "ours-category-0": "other"}
    security.post(f"{page}/mapping", data=sent)
    work()
    assert "招领 1、寻物 0，拒收 0" in security.get(page).text
    assert db.session.scalars(select(ImportMapping)).one().name == "后勤表"
    other = upload(security, text.replace("1,小", "2,小")).location
    security.post(f"{other}/use", data={"mapping": "kept:后勤表"})
    assert row().mapping["fields"]["category"]["values"] == {"公仔类": "other"}


def test_missing_fields_are_named_where_they_are_chosen(security: FlaskClient) -> None:
    page = upload(security, f"物品,地点,日期\n伞,图书馆,{DAY}\n").location
    answer = security.post(f"{page}/mapping", data=form(security.get(page), f"{page}/mapping", then="try"))
    assert answer.status_code == 422
    assert "“类型”还没有对应的列。" in answer.text
    assert row().state is ImportState.MAPPING


def test_the_examples_follow_the_form(security: FlaskClient) -> None:
    page = upload(security, HEAD + GOOD + BAD).location
    sent = form(security.get(page), f"{page}/mapping", **{"column-title": "地点"})
    shown = security.post(f"{page}/preview", data=sent).text
    assert "“上个月”不是日期" in shown
    assert "西区" in shown
    assert row().mapping["fields"]["title"]["columns"] != ["地点"]


def test_a_running_import_is_stopped_and_gone_on_with(
    security: FlaskClient, people: Cast, work: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "SLICE_S", -1.0)
    monkeypatch.setattr(judging, "BATCH", 50)
    lines = "".join(f"N{n},招领,伞{n},雨伞,图书馆,{DAY},\n" for n in range(120))
    page = upload(security, HEAD + lines).location
    security.post(f"{page}/mapping", data=form(security.get(page), f"{page}/mapping", then="try"))
    work()
    security.post(f"{page}/run")
    service.run(row().id)
    assert (row().position, count(FoundItem)) == (50, 50)
    assert "41 %" in security.get(f"{page}/progress").text
    security.post(f"{page}/cancel")
    work()
    assert (row().state, count(FoundItem)) == (ImportState.CANCELLED, 50)
    security.post(f"{page}/run")
    work()
    assert (row().state, count(FoundItem), row().refused) == (ImportState.DONE, 120, 0)


def test_a_worker_that_dies_leaves_whole_batches_and_another_goes_on(
    security: FlaskClient, work: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = "".join(f"N{n},招领,伞{n},雨伞,图书馆,{DAY},\n" for n in range(120))
    page = upload(security, HEAD + lines).location
    security.post(f"{page}/mapping", data=form(security.get(page), f"{page}/mapping", then="try"))
    work()
    security.post(f"{page}/run")
    monkeypatch.setattr(judging, "BATCH", 50)
    real, calls = service._bring_in, []

    def dies_after_the_second_batch(*args: object) -> None:
        calls.append(args)
        real(*args)  # type: ignore[arg-type]
        if len(calls) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(service, "_bring_in", dies_after_the_second_batch)
    with pytest.raises(KeyboardInterrupt):
        service.run(row().id)
    assert (row().position, count(FoundItem), count(ImportedLine)) == (50, 50, 50)
    monkeypatch.setattr(service, "_bring_in", real)
    service.run(row().id)
    assert (row().state, count(FoundItem), row().refused) == (ImportState.DONE, 120, 0)


def test_a_week_later_the_file_and_the_refused_lines_are_gone(
    security: FlaskClient, work: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = brought(security, HEAD + GOOD + BAD, work)
    kept = files.path(row().file)
    assert kept.exists()
    monkeypatch.setattr(service, "KEEP", timedelta(0))
    with transaction():
        service.forget()
    assert not kept.exists()
    assert (count(ImportRefusal), row().sample, count(FoundItem)) == (0, {}, 1)
    assert "文件和拒收的行已经删掉" in security.get(page).text


def test_an_administrator_sees_his_own_imports_only(
    security: FlaskClient, people: Cast, sign_in: Callable[[FlaskClient, Person], FlaskClient]
) -> None:
    page = upload(security, HEAD + GOOD).location
    admin = sign_in(security.application.test_client(), people.admin)
    assert admin.get(page).status_code == 404
    assert "登记表" not in admin.get("/desk/import").text
    own = upload(admin, HEAD + GOOD).location
    assert admin.get(own).status_code == 200


def test_history_comes_in_as_returned_without_a_claim(security: FlaskClient, work: Callable[[], int]) -> None:
    text = (
        "date;gc_obo_date_heure_restitution_c;gc_obo_gare_origine_r_name;gc_obo_nature_c;gc_obo_type_c\n"
        "2019-05-02T10:00:00+02:00;2019-05-04T09:00:00+02:00;Lyon Perrache;Valise;Bagagerie: sacs, valises, cartables\n"
        f"{today() - timedelta(days=9)}T10:00:00+02:00;;Rennes;Lunettes;Optique\n"
    )
    brought(security, text, work, encoding="utf-8")
    back, here = db.session.scalars(select(FoundItem).order_by(FoundItem.id)).all()
    assert (back.state, back.listed, back.due_on, back.category.value) == (
        FoundState.RETURNED,
        False,
        None,
        "bag",
    )
    assert (here.state, here.category.value, here.place) == (FoundState.HELD, "glasses", "Rennes")
    assert "交还失主" in security.get(f"/desk/items/{back.no}").text
    assert "已经回到主人手里" in security.get(f"/lost-found/{back.no}").text


@pytest.mark.parametrize(
    "data",
    [b"", b"\0" * 5000, b"PK\x03\x04broken", b"\xd0\xcf\x11\xe0old", b"%PDF-1.7\n\x00\xff\n", b"\n\n\n"],
)
def test_what_is_no_table_is_refused_with_a_reason_and_leaves_nothing(
    security: FlaskClient, data: bytes
) -> None:
    answer = upload(security, data)
    assert answer.status_code in (302, 422)
    if answer.status_code == 422:
        assert 'aria-invalid="true"' in answer.text
        assert list(files.folder().glob("*")) == []


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=3000), st.sampled_from(["a.csv", "b.xlsx", "c.jsonl", "d.exe"]))
def test_random_bytes_are_never_a_fault_of_the_site(security: FlaskClient, data: bytes, name: str) -> None:
    answer = upload(security, data, name)
    assert answer.status_code in (302, 422)
    if answer.status_code == 302:
        page = security.get(answer.location)
        assert page.status_code == 200
        sent = form(page, f"{answer.location}/mapping", then="try") | {"constant-kind": "found"}
        assert security.post(f"{answer.location}/mapping", data=sent).status_code in (302, 422)
        service.try_out(row().id)
        assert security.get(answer.location).status_code == 200
