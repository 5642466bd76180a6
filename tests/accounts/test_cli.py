"""campus-service user …"""

from __future__ import annotations

from flask.testing import FlaskClient, FlaskCliRunner

from campus_service.accounts import queries
from campus_service.accounts.cli import group
from campus_service.core.db import db
from campus_service.core.permissions import Role
from tests.accounts.conftest import enter
from tests.conftest import Cast

NEW = ["create", "--student-no", "W7788", "--name", "郑老师", "--email", "Zheng@campus.test"]


def test_a_person_is_added_with_a_password_and_a_role(client: FlaskClient, runner: FlaskCliRunner) -> None:
    done = runner.invoke(
        group, [*NEW, "--role", "security", "--password-stdin"], input="plum river 42 kite\n"
    )
    assert done.exit_code == 0, done.output
    assert "zheng@campus.test can sign in now" in done.output
    assert enter(client, "W7788", "plum river 42 kite").status_code == 303
    user = queries.user_by_account("W7788")
    assert user is not None
    assert [grant.role for grant in queries.grants([user.id])] == [Role.SECURITY]


def test_without_a_password_a_link_is_mailed(runner: FlaskCliRunner) -> None:
    done = runner.invoke(group, NEW)
    assert done.exit_code == 0, done.output
    assert "A link to set a password goes to zheng@campus.test" in done.output


def test_what_is_wrong_is_said_in_one_line_and_nothing_is_kept(runner: FlaskCliRunner, people: Cast) -> None:
    weak = runner.invoke(group, [*NEW, "--password-stdin"], input="12345678\n")
    assert weak.exit_code == 1
    assert weak.output.startswith("Error: password: ")
    assert "Traceback" not in weak.output
    taken = runner.invoke(group, [*NEW[:-1], "lin@campus.test"])
    assert "email: " in taken.output
    lost = runner.invoke(group, [*NEW, "--role", "officer"])
    assert "department: " in lost.output
    nowhere = runner.invoke(group, [*NEW, "--role", "officer", "--department", "nowhere"])
    assert "nowhere" in nowhere.output
    db.session.rollback()
    assert queries.user_by_account("W7788") is None


def test_roles_are_given_taken_and_listed(runner: FlaskCliRunner, people: Cast) -> None:
    given = runner.invoke(group, ["role", "wu@campus.test", "officer", "--department", "library"])
    assert given.output == "wu@campus.test: officer given.\n"
    listed = runner.invoke(group, ["list"]).output
    assert "2026110003  wu@campus.test  吴可  student,officer@library\n" in listed
    assert len(listed.splitlines()) == 6
    assert (
        runner.invoke(group, ["list", "--role", "desk"]).output == "W0001  desk@campus.test  周师傅  desk\n"
    )
    runner.invoke(group, ["role", "wu@campus.test", "officer", "--department", "library", "--remove"])
    assert "officer" not in runner.invoke(group, ["list"]).output


def test_an_unknown_person_or_role_is_named(runner: FlaskCliRunner) -> None:
    assert (
        "nobody has the address who@campus.test"
        in runner.invoke(group, ["role", "who@campus.test", "desk"]).output
    )
    assert "king" in runner.invoke(group, ["role", "who@campus.test", "king"]).output
