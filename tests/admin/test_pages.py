"""The administrators' pages: dead jobs run again, the audit log found and checked; nobody else gets there."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text

from campus_service.admin.queries import PAGE_SIZE, Filter
from campus_service.core import audit
from campus_service.core.db import db, transaction
from campus_service.jobs import Permanent, enqueue, job
from campus_service.jobs.models import OutboxRow
from campus_service.jobs.registry import JOBS
from tests.conftest import Cast, Person

SignIn = Callable[[FlaskClient, Person], FlaskClient]


@pytest.fixture
def admin(client: FlaskClient, people: Cast, sign_in: SignIn) -> FlaskClient:
    """The administrator's browser."""
    return sign_in(client, people.admin)


@pytest.fixture
def dead_job(admin: FlaskClient, work: Callable[[], int], monkeypatch: pytest.MonkeyPatch) -> int:
    """A job that failed for good; returns its number."""
    monkeypatch.setitem(JOBS, "test.mail", JOBS["mail.send"])

    @job("test.mail")
    def _mail(_payload: dict[str, Any]) -> None:
        raise Permanent("<b>550</b> no such mailbox")

    with transaction():
        enqueue("test.mail", {"to": "private@campus.test"})
    work()
    return db.session.scalars(select(OutboxRow.id).where(OutboxRow.name == "test.mail")).one()


def note(person: Person, action: str, obj_id: int, **details: Any) -> None:
    with transaction():
        audit.record(person.actor, action, obj_type=action.partition(".")[0], obj_id=obj_id, **details)


def test_a_dead_job_is_shown_with_its_error_and_without_what_it_carried(
    admin: FlaskClient, dead_job: int
) -> None:
    page = admin.get("/admin/jobs").text
    assert "test.mail" in page
    assert "&lt;b&gt;550&lt;/b&gt; no such mailbox" in page
    assert "private@campus.test" not in page


def test_a_dead_job_is_run_again_by_a_button(admin: FlaskClient, dead_job: int) -> None:
    answer = admin.post(f"/admin/jobs/{dead_job}/rerun")
    assert (answer.status_code, answer.location) == (303, "/admin/jobs")
    page = admin.get("/admin/jobs").text
    assert "已经重新排队" in page
    assert "没有做不成的任务" in page
    assert "1 件到点的任务在等" in page
    assert admin.post(f"/admin/jobs/{dead_job}/rerun").status_code == 404


def test_without_dead_jobs_the_page_says_so(admin: FlaskClient) -> None:
    page = admin.get("/admin/jobs").text
    assert "没有做不成的任务" in page
    assert "到点的任务都做完了" in page


def test_the_log_says_who_changed_what_from_what_to_what(admin: FlaskClient, people: Cast) -> None:
    note(
        people.he,
        "claim.approved",
        12,
        before={"state": "submitted"},
        after={"state": "approved", "rivals": 2},
    )
    page = admin.get("/admin/audit").text
    row = re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", page[page.index("<tbody>") :]))
    assert "何老师 claim.approved claim 12" in row
    assert "state ：submitted → approved" in row
    assert "rivals ：2" in row


def test_the_log_is_found_by_who_what_and_to_what(admin: FlaskClient, people: Cast) -> None:
    note(people.he, "claim.approved", 12)
    note(people.he, "claim.rejected", 13)
    note(people.desk, "item.moved", 12)

    def numbers(query: str) -> list[str]:
        return re.findall(r'<td class="r num">(\d+)</td>', admin.get(f"/admin/audit?{query}").text)

    everything = numbers("")
    third, second, first = everything[:3]
    assert numbers("actor=何") == [second, first]
    assert numbers("action=claim.re") == [second]
    assert numbers("obj=claim") == [second, first]
    assert numbers("obj=claim+12") == [first]
    assert numbers("action=item&actor=周") == [third]
    assert numbers("actor=%25") == []
    assert numbers("obj=claim+99999999999999999999") == [second, first]


def test_the_log_goes_back_page_after_page_and_keeps_what_was_looked_for(
    admin: FlaskClient, people: Cast
) -> None:
    with transaction():
        for number in range(PAGE_SIZE + 1):
            audit.record(people.he.actor, "claim.approved", obj_type="claim", obj_id=number)
    first = admin.get("/admin/audit?action=claim").text
    older = re.search(r'href="(/admin/audit\?before=[^"]+)" rel="next"', first)
    assert older is not None
    assert "action=claim" in older[1]
    second = admin.get(older[1].replace("&amp;", "&")).text
    assert re.findall(r'claim <span class="num">(\d+)', second) == ["0"]


def test_a_whole_chain_is_said_to_be_whole(admin: FlaskClient, people: Cast) -> None:
    note(people.he, "claim.approved", 12)
    assert "核对过了" not in admin.get("/admin/audit").text
    assert "核对过了" in admin.get("/admin/audit?check=1").text


def test_a_broken_chain_is_shown_with_the_entry_where_it_breaks(admin: FlaskClient, people: Cast) -> None:
    note(people.he, "claim.approved", 12)
    seq = audit.count()
    db.session.rollback()
    with db.engine.connect() as connection, connection.begin():
        connection.execute(text("UPDATE audit_head SET seq = seq + 1"))
    page = admin.get("/admin/audit?check=1").text
    assert "这条链断了" in page
    assert f"第 {seq} 条" in page


@pytest.mark.parametrize("who", ["lin", "desk", "he"])
def test_other_roles_are_refused(client: FlaskClient, people: Cast, sign_in: SignIn, who: str) -> None:
    sign_in(client, getattr(people, who))
    assert [client.get(path).status_code for path in ("/admin/jobs", "/admin/audit")] == [403, 403]
    assert client.post("/admin/jobs/1/rerun").status_code == 403


def test_a_visitor_is_asked_to_sign_in(client: FlaskClient) -> None:
    for path in ("/admin/jobs", "/admin/audit"):
        assert client.get(path).location == f"/sign-in?next={path}"


def test_what_is_typed_as_the_object_is_a_kind_and_maybe_a_number() -> None:
    wanted = [Filter(obj=given) for given in ("", "claim", "claim 12")]
    read = [(one.object_type, one.object_id) for one in wanted]
    assert read == [("", None), ("claim", None), ("claim", 12)]
    assert Filter(obj="claim ²").object_id is None
