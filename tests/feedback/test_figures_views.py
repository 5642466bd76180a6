"""The figures' pages: what everybody sees, what a department sees, what can be downloaded."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from openpyxl import load_workbook

from campus_service.core.cache import forget
from campus_service.core.clock import BEIJING, freeze, now
from campus_service.core.db import transaction
from campus_service.feedback import service
from campus_service.feedback.commands import GiveVerdict
from campus_service.feedback.models import Case
from campus_service.feedback.service import scoring
from tests.conftest import Cast, Person
from tests.feedback.stories import accepted, answered, case

SignInAs = Callable[[FlaskClient, Person], FlaskClient]
OCTOBER = datetime(2026, 10, 20, 9, 0, tzinfo=BEIJING)


def rated(people: Cast, solved: bool = True, **changes: str) -> str:
    no = answered(people, None, **changes)
    with transaction():
        service.give_verdict(people.lin.actor, no, GiveVerdict(solved=solved, rating=5 if solved else 1))
    forget()
    return no


def test_an_empty_dashboard_offers_the_next_step(client: FlaskClient) -> None:
    page = client.get("/dashboard").get_data(as_text=True)
    assert "/feedback/new" in page


def test_every_share_has_its_denominator(client: FlaskClient, people: Cast) -> None:
    rated(people)
    rated(people, solved=False)
    page = client.get("/dashboard").get_data(as_text=True)
    assert "办结 2 件，按时 2 件" in page
    assert "2 人评价，1 人说解决" in page


def test_departments_with_fewer_than_five_cases_are_one_row(client: FlaskClient, people: Cast) -> None:
    rated(people)
    page = client.get("/dashboard").get_data(as_text=True)
    assert "后勤处" not in page
    assert "其他部门" in page


def test_a_late_case_is_named_only_with_its_senders_consent(client: FlaskClient, people: Cast) -> None:
    hidden, shown = accepted(people), accepted(people, people.zhou, consent=True, title="走廊下水道反味")
    ids = [case(no).id for no in (hidden, shown)]
    with transaction() as session:
        for case_id in ids:
            row = session.get_one(Case, case_id)
            row.escalation, row.answer_due_at = 4, now() - timedelta(days=9)
    page = client.get("/dashboard").get_data(as_text=True)
    assert "走廊下水道反味" in page
    assert "三教二楼楼梯口的灯不亮" not in page
    assert "现在 2 件" in page


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_public_figures_can_be_downloaded(client: FlaskClient, people: Cast, kind: str) -> None:
    rated(people)
    answer = client.get(f"/dashboard.{kind}")
    assert answer.status_code == 200
    assert "attachment" in answer.headers["Content-Disposition"]
    assert client.get("/dashboard.exe").status_code == 404


def test_a_department_sees_its_own_score_and_nobody_elses(
    client: FlaskClient, people: Cast, sign_in: SignInAs
) -> None:
    rated(people)
    sign_in(client, people.officer)
    assert "后勤处的得分" in client.get("/inbox/figures").get_data(as_text=True)
    assert client.get("/inbox/figures?department=library").status_code == 403
    assert client.get("/inbox/export.csv?department=library").status_code == 403
    assert client.get("/inbox/figures?month=never").status_code == 404


def test_the_export_has_the_cases_and_nothing_of_their_senders(
    client: FlaskClient, people: Cast, sign_in: SignInAs
) -> None:
    no = rated(people, title="=cmd()", body="水龙头漏水")
    sign_in(client, people.coordinator)
    sheet = load_workbook(io.BytesIO(client.get("/inbox/export.xlsx?department=logistics").data)).active
    assert sheet is not None
    cells = [str(cell.value) for row in sheet.iter_rows() for cell in row]
    assert no in cells
    assert "'=cmd()" in cells
    assert not any(people.lin.name in cell or people.lin.email in cell for cell in cells)


def test_a_head_contests_and_a_coordinator_decides(
    client: FlaskClient, people: Cast, sign_in: SignInAs
) -> None:
    with freeze(OCTOBER):
        no = rated(people, solved=False)
    after = datetime(2026, 11, 5, 9, 0, tzinfo=BEIJING)
    with freeze(after):
        with transaction():
            assert scoring.freeze_due() == "2026-10"
        sign_in(client, people.head)
        page = "/inbox/figures?department=logistics&month=2026-10"
        assert no in client.get(page).get_data(as_text=True)
        form = {"no": no, "reason": "同学评错了"}
        assert client.post("/inbox/figures/logistics/2026-10/appeals", data=form).status_code == 302
        assert client.post("/inbox/figures/logistics/2026-10/appeals", data=form).status_code == 409
        bad = client.post("/inbox/figures/logistics/2026-10/appeals", data={"no": no, "reason": ""})
        assert bad.status_code == 422
        sign_in(client, people.coordinator)
        assert "同学评错了" in client.get(page).get_data(as_text=True)
        decision = {"uphold": "1", "reason": "确实评错"}
        assert client.post("/inbox/appeals/1", data=decision).status_code == 302
        assert "不算在内" in client.get(page).get_data(as_text=True)
