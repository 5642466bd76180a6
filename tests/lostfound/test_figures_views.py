"""The figures' page and tables for everybody, and the shelf as a table for the desks."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from openpyxl import load_workbook

from campus_service.core.audit import AuditEntry
from campus_service.core.cache import forget
from campus_service.core.clock import now, today
from campus_service.core.db import db, transaction
from campus_service.lostfound import service
from tests.conftest import Cast, Person
from tests.lostfound.pages import counted
from tests.lostfound.stories import approved, held, lost, ready

SignIn = Callable[[FlaskClient, Person], FlaskClient]
PAGE = "/dashboard/lost-found"


def returned(people: Cast, **changes: str) -> str:
    """A thing is back with its owner; returns its number."""
    no = held(people, **changes)
    pickup = ready(people, approved(people, no))
    with transaction():
        service.confirm_return(people.he.actor, pickup)
    return no


def first_row(workbook: bytes) -> list[Any]:
    """The cells under the head."""
    sheet = load_workbook(io.BytesIO(workbook)).active
    assert sheet is not None
    return list(list(sheet.iter_rows())[1])


@pytest.fixture
def eight(people: Cast) -> None:
    """Six scarves, of which two went back, and two umbrellas."""
    for _time in range(2):
        returned(people)
    for _time in range(4):
        held(people)
    for _time in range(2):
        held(people, category="umbrella", title="黑伞")
    forget()


def test_without_figures_the_page_says_when_there_will_be_some(client: FlaskClient, people: Cast) -> None:
    held(people)
    page = client.get(PAGE)
    assert page.status_code == 200
    assert "登记满 5 件，这里就有" in page.text
    assert client.get(f"{PAGE}.csv").status_code == 200


def test_every_share_has_its_denominator_in_words(client: FlaskClient, eight: None) -> None:
    page = client.get(PAGE).text
    assert "8 件登记的拾得物里，2 件已归还" in page
    assert "8 件里，8 件在捡到那天过后 24 小时内登记" in page
    # Two returns are too few for a median.
    assert "归还的还不到 5 件" in page
    assert client.get("/dashboard").text.count(PAGE) == 1


def test_two_umbrellas_are_pooled_with_the_next_smallest(client: FlaskClient, eight: None) -> None:
    page = client.get(PAGE).text
    assert "其他（少于 5 件）" in page
    assert "雨伞" not in page
    assert "衣物" not in page


def test_lost_reports_have_a_share_of_their_own(client: FlaskClient, people: Cast, eight: None) -> None:
    numbers = [lost(people.lin) for _time in range(5)]
    with transaction():
        service.recover(people.lin.actor, numbers[0])
    forget()
    assert "5 件报失里，1 件找回" in client.get(PAGE).text


def test_a_month_tells_its_total_and_nothing_smaller(client: FlaskClient, eight: None) -> None:
    page = client.get(f"{PAGE}?period={today():%Y-%m}").text
    assert "8 件登记的拾得物里" in page
    assert "按地点的请看一个学期或更长" in page
    assert "按类别</h2>" not in page


@pytest.mark.parametrize("period", ["2019-01", "never", "all"])
def test_a_time_that_is_not_offered_does_not_exist(client: FlaskClient, eight: None, period: str) -> None:
    assert client.get(f"{PAGE}?period={period}").status_code == 404
    assert client.get(f"{PAGE}.csv?period={period}").status_code == 404


def test_the_page_is_counted_once_and_then_remembered(client: FlaskClient, eight: None) -> None:
    with counted() as first:
        client.get(PAGE)
    assert len(first) <= 4, first
    with counted(cold=False) as again:
        answer = client.get(PAGE)
    assert again == []
    assert client.get(PAGE, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304


def test_the_page_reads_english(client: FlaskClient, eight: None) -> None:
    assert client.get(f"{PAGE}?lang=en").status_code == 200


def test_the_table_holds_just_what_the_page_shows(client: FlaskClient, eight: None) -> None:
    answer = client.get(f"{PAGE}.csv")
    lines = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert ["拾得物", "合计", "8", "2", "25.0", "0", "", "", "8", "100.0"] in lines
    assert ["按类别", "其他（少于 5 件）", "8", "2", "25.0", "0", "", "", "8", "100.0"] in lines
    row = first_row(client.get(f"{PAGE}.xlsx").data)
    assert [cell.value for cell in row][2:5] == [8, 2, 25]
    assert client.get(f"{PAGE}.exe").status_code == 404


# --- the shelf -------------------------------------------------------------------------------------------------------


def test_the_shelf_can_be_taken_out_without_anything_private(desk: FlaskClient, people: Cast) -> None:
    no = held(
        people, title="=HYPERLINK(1)", private_marks="水洗标只剩半截", contact="13800", finder_name="张小明"
    )
    other = held(people, desk="library")
    text = desk.post("/desk/shelf.csv").data.decode("utf-8-sig")
    assert no in text
    assert other in text
    assert "'=HYPERLINK(1)" in text
    for secret in ("水洗标", "13800", "张小明"):
        assert secret not in text
    assert other not in desk.post("/desk/shelf.csv", data={"desk": "centre"}).data.decode()


def test_days_and_moments_are_real_ones_in_the_workbook(desk: FlaskClient, people: Cast) -> None:
    held(people)
    row = first_row(desk.post("/desk/shelf.xlsx").data)
    assert row[6].value.date() == today()
    assert row[7].is_date
    assert abs((now().replace(tzinfo=None) - row[7].value).total_seconds() + 8 * 3600) < 120
    assert isinstance(row[13].value, int)


def test_who_took_the_shelf_out_stands_in_the_audit_log(desk: FlaskClient, people: Cast) -> None:
    desk.post("/desk/shelf.csv", data={"q": "伞"})
    entry = db.session.query(AuditEntry).filter_by(action="shelf.exported").one()
    assert entry.actor_name == people.desk.name
    assert entry.after == {"kind": "csv", "desk": "", "state": "", "text": "伞"}


def test_a_file_of_another_kind_leaves_no_trace(desk: FlaskClient) -> None:
    assert desk.post("/desk/shelf.exe").status_code == 404
    assert db.session.query(AuditEntry).filter_by(action="shelf.exported").count() == 0


def test_the_shelf_is_for_the_desks(client: FlaskClient, people: Cast, sign_in: SignIn) -> None:
    sign_in(client, people.lin)
    assert client.post("/desk/shelf.csv").status_code == 403


def test_the_term_is_the_first_window(client: FlaskClient, eight: None) -> None:
    assert '<option value="term"' in client.get(PAGE).text
