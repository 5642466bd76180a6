"""/admin/webhooks in a browser without JavaScript."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from campus_service.core.db import db
from campus_service.core.i18n import lazy
from campus_service.core.settings import KEY
from campus_service.notifications import webhooks
from campus_service.notifications.models import Webhook
from tests.conftest import Cast, Person
from tests.notifications.robot_server import SECRET, TOKEN, Robots, robots


@pytest.fixture
def robot(app: Flask) -> Iterator[Robots]:
    webhooks.register_event("test.due", lazy("快到期了"))
    with robots() as server:
        hosts = f"127.0.0.1:{server.port}"
        app.extensions[KEY] = app.extensions[KEY].model_copy(update={"webhook_hosts": hosts})
        yield server
    del webhooks.EVENTS["test.due"]


@pytest.fixture
def admin(
    client: FlaskClient, people: Cast, sign_in: Callable[[FlaskClient, Person], FlaskClient]
) -> FlaskClient:
    """The administrator's browser."""
    return sign_in(client, people.admin)


def form(robot: Robots, **changed: str) -> dict[str, str]:
    values = {"name": "后勤处值班群", "kind": "dingtalk", "url": robot.url("dingtalk"), "secret": SECRET}
    return values | {"department": "logistics", "events": "test.due"} | changed


def add(admin: FlaskClient, robot: Robots, **changed: str) -> str:
    """Add one by the form; returns its page's path."""
    answer = admin.post("/admin/webhooks", data=form(robot, **changed))
    assert answer.status_code == 303, answer.text
    return answer.location


def text_of(admin: FlaskClient, path: str) -> str:
    return admin.get(path).text


def test_a_robot_is_added_shown_and_never_shows_its_secrets(admin: FlaskClient, robot: Robots) -> None:
    assert "还没有群机器人" in text_of(admin, "/admin/webhooks")
    page = add(admin, robot)
    for shown in (text_of(admin, page), text_of(admin, "/admin/webhooks"), text_of(admin, "/admin/audit")):
        assert "后勤处值班群" in shown
        assert TOKEN not in shown
        assert SECRET not in shown
    assert f"127.0.0.1:{robot.port}" in text_of(admin, page)
    listed = text_of(admin, "/admin/webhooks")
    for words in ("后勤处", "快到期了", "没有试过"):
        assert words in listed


def test_the_test_button_says_what_the_robot_answered(admin: FlaskClient, robot: Robots) -> None:
    page = add(admin, robot)
    assert "钉钉收下了，请到群里看看。" in admin.post(f"{page}/test", follow_redirects=True).text
    assert len(robot.heard) == 1
    assert "正常" in text_of(admin, "/admin/webhooks")
    admin.post(page, data=form(robot, secret="SECwrong", url="", version="1"))
    shown = admin.post(f"{page}/test", follow_redirects=True).text
    assert "请核对加签密钥" in shown
    assert "sign not match" in shown
    assert "发不出去" in text_of(admin, "/admin/webhooks")
    assert "上一次没有发出去" in text_of(admin, page)


def test_a_robot_is_switched_off_and_on_and_deleted(admin: FlaskClient, robot: Robots) -> None:
    page = add(admin, robot)
    admin.post(f"{page}/active", data={})
    assert "已停用" in text_of(admin, "/admin/webhooks")
    admin.post(f"{page}/active", data={"active": "1"})
    assert "已停用" not in text_of(admin, "/admin/webhooks")
    admin.post(f"{page}/delete")
    assert admin.get(page).status_code == 404
    assert db.session.scalars(select(Webhook)).all() == []


def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_stays(
    admin: FlaskClient, robot: Robots
) -> None:
    answer = admin.post("/admin/webhooks", data=form(robot, name="图书馆群", url="https://evil.example/x"))
    assert answer.status_code == 422
    assert "钉钉的地址以 https://oapi.dingtalk.com/ 开头" in answer.text
    assert 'value="图书馆群"' in answer.text
    assert SECRET not in answer.text
    page = add(admin, robot)
    answer = admin.post(page, data=form(robot, name="", version="1"))
    assert answer.status_code == 422
    assert 'href="#f-name"' in answer.text


def test_an_old_page_does_not_write_over_a_newer_change(admin: FlaskClient, robot: Robots) -> None:
    page = add(admin, robot)
    assert admin.post(page, data=form(robot, name="甲群", url="", version="1")).status_code == 303
    assert admin.post(page, data=form(robot, name="乙群", url="", version="1")).status_code == 409
    assert "甲群" in text_of(admin, page)
