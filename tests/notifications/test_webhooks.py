"""Announcements through the robots of 企业微信, 钉钉 and 飞书, to a server that checks them as the vendors do."""

from __future__ import annotations

import json
import logging
import socket
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from campus_service.core.audit import AuditEntry
from campus_service.core.clock import freeze, now
from campus_service.core.db import db, transaction
from campus_service.core.errors import Conflict, Forbidden, Invalid, NotFound
from campus_service.core.i18n import lazy
from campus_service.core.settings import KEY
from campus_service.jobs.models import JobState, OutboxRow
from campus_service.jobs.outbox import BACKOFF_S
from campus_service.notifications import outward, webhooks
from campus_service.notifications.commands import SaveWebhook
from campus_service.notifications.models import Webhook
from campus_service.notifications.robots import Outgoing, Robot
from tests.conftest import Cast
from tests.notifications.robot_server import SECRET, TOKEN, Robots, robots

Work = Callable[[], int]
KINDS = ("wecom", "dingtalk", "feishu")


def allow(app: Flask, hosts: str) -> None:
    app.extensions[KEY] = app.extensions[KEY].model_copy(update={"webhook_hosts": hosts})


@pytest.fixture(autouse=True)
def _events() -> Iterator[None]:
    webhooks.register_event("test.due", lazy("快到期了"))
    webhooks.register_event("test.late", lazy("已经过期"))
    yield
    for code in [code for code in webhooks.EVENTS if code.startswith("test.")]:
        del webhooks.EVENTS[code]


@pytest.fixture
def robot(app: Flask) -> Iterator[Robots]:
    with robots() as server:
        allow(app, f"127.0.0.1:{server.port}")
        yield server


def added(people: Cast, robot: Robots, kind: str = "wecom", **changed: Any) -> int:
    """A webhook that listens to test.due; returns its id."""
    values: dict[str, Any] = {
        "name": "后勤处值班群",
        "kind": kind,
        "url": robot.url(kind),
        "secret": "" if kind == "wecom" else SECRET,
        "events": ["test.due"],
    }
    with transaction():
        return webhooks.add(people.admin.actor, SaveWebhook.model_validate(values | changed)).id


def announce(**changed: Any) -> None:
    values: dict[str, Any] = {
        "event": "test.due",
        "title": "3 号楼漏水，还有 2 小时到期",
        "text": "后勤处，请尽快答复。",
        "link": "/desk/cases/2611-0007",
        "department": "logistics",
    }
    with transaction():
        webhooks.announce(**(values | changed))


def stands(webhook_id: int) -> Webhook:
    db.session.rollback()
    db.session.expire_all()
    return db.session.get_one(Webhook, webhook_id)


def rows() -> list[OutboxRow]:
    db.session.rollback()
    db.session.expire_all()
    return list(db.session.scalars(select(OutboxRow).order_by(OutboxRow.id)))


@pytest.mark.parametrize("kind", KINDS)
def test_a_robot_says_what_is_announced_with_a_link_and_a_signature_it_accepts(
    people: Cast, robot: Robots, work: Work, kind: str
) -> None:
    webhook_id = added(people, robot, kind)
    announce()
    assert robot.heard == []
    work()
    (said,) = robot.heard
    words = json.dumps(said, ensure_ascii=False)
    for part in ("3 号楼漏水", "请尽快答复", "http://campus.test/desk/cases/2611-0007", "江城大学校园服务"):
        assert part in words
    assert rows() == []
    assert stands(webhook_id).last_error == ""
    assert stands(webhook_id).last_ok_at is not None


def test_nothing_is_said_when_the_change_is_taken_back(people: Cast, robot: Robots, work: Work) -> None:
    added(people, robot)
    with pytest.raises(ZeroDivisionError), transaction():
        webhooks.announce("test.due", "标题", "正文", "/", None)
        raise ZeroDivisionError
    work()
    assert robot.asked == 0


@pytest.mark.parametrize(
    ("mine", "event", "department", "hears"),
    [
        ("logistics", "test.due", "logistics", True),
        ("", "test.due", "logistics", True),
        ("", "test.due", None, True),
        ("library", "test.due", "logistics", False),
        ("library", "test.due", None, False),
        ("logistics", "test.late", "logistics", False),
    ],
)
def test_only_robots_that_are_concerned_and_subscribed_hear_it(
    people: Cast, robot: Robots, work: Work, mine: str, event: str, department: str | None, hears: bool
) -> None:
    added(people, robot, department=mine)
    announce(event=event, department=department)
    work()
    assert bool(robot.heard) is hears


def test_a_robot_switched_off_stays_silent_also_about_what_was_promised_before(
    people: Cast, robot: Robots, work: Work
) -> None:
    webhook_id = added(people, robot)
    announce()
    with transaction():
        webhooks.set_active(people.admin.actor, webhook_id, False)
    announce()
    work()
    assert (robot.asked, rows()) == (0, [])


def test_what_was_promised_to_a_deleted_robot_is_dropped(people: Cast, robot: Robots, work: Work) -> None:
    webhook_id = added(people, robot)
    announce()
    with transaction():
        webhooks.delete(people.admin.actor, webhook_id)
    work()
    assert (robot.asked, rows()) == (0, [])


def test_an_unknown_event_and_a_link_that_leaves_the_site_are_refused(app: Flask) -> None:
    with pytest.raises(LookupError):
        announce(event="no.such.event")
    with pytest.raises(ValueError, match="leads to a path"):
        announce(link="//evil.example")


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_typed_can_neither_mark_up_nor_link_nor_mention_anybody(
    people: Cast, robot: Robots, work: Work, kind: str
) -> None:
    added(people, robot, kind)
    announce(title='<at user_id="all"></at> <@all>', text="[点我](https://evil.example) **急** @所有人 # 大")
    work()
    words = json.dumps(robot.heard[0], ensure_ascii=False).replace("[查看详情]", "")
    assert "[点我]" not in words
    assert "<" not in words
    assert "@" not in words


def test_long_chinese_words_still_fit_into_what_wecom_takes(people: Cast, robot: Robots, work: Work) -> None:
    added(people, robot)
    announce(title="很长的标题" * 100, text="很长的正文" * 2000)
    work()
    assert len(robot.heard) == 1


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        ("wecom", (200, {"errcode": 45009, "errmsg": "api freq out of limit"})),
        ("dingtalk", (200, {"errcode": 130101, "errmsg": "send too fast, exceed 20 times per minute"})),
        ("dingtalk", (200, {"errcode": -1, "errmsg": "系统繁忙"})),
        ("feishu", (200, {"code": 11232, "msg": "create message trigger rate limited"})),
        ("feishu", (429, {"code": 99991400, "msg": "request trigger frequency limit"})),
        ("wecom", (502, b"<html>Bad Gateway</html>")),
    ],
)
def test_what_a_robot_cannot_take_now_is_sent_again_later(
    people: Cast, robot: Robots, work: Work, kind: str, answer: tuple[int, Any]
) -> None:
    webhook_id = added(people, robot, kind)
    robot.answers = [answer]
    announce()
    work()
    assert robot.heard == []
    assert stands(webhook_id).last_error
    (row,) = rows()
    assert (row.state, row.attempts) == (JobState.PENDING, 1)
    with freeze(now() + timedelta(seconds=BACKOFF_S[0])):
        work()
    assert len(robot.heard) == 1
    assert stands(webhook_id).last_error == ""


@pytest.mark.parametrize(
    ("kind", "changed", "said"),
    [
        ("wecom", {"url": "wrong"}, "93000 invalid webhook url"),
        ("dingtalk", {"secret": "SECwrong"}, "310000 sign not match"),
        ("dingtalk", {"secret": ""}, "310000 invalid timestamp"),
        ("feishu", {"secret": "wrong"}, "19021 sign match fail"),
        ("feishu", {"url": "wrong"}, "19001 param invalid"),
    ],
)
def test_what_only_an_administrator_can_mend_is_a_dead_letter_and_noted(
    people: Cast, robot: Robots, work: Work, kind: str, changed: dict[str, str], said: str
) -> None:
    if "url" in changed:
        changed = {"url": robot.url(kind).replace(TOKEN, "another-token")}
    webhook_id = added(people, robot, kind, **changed)
    announce()
    work()
    assert said in stands(webhook_id).last_error
    (row,) = rows()
    assert (row.state, row.attempts) == (JobState.DEAD, 1)
    assert said in row.last_error
    assert "another-token" not in row.last_error + stands(webhook_id).last_error


def test_a_robot_that_repeats_its_token_does_not_get_it_into_our_notes(
    people: Cast, robot: Robots, work: Work
) -> None:
    webhook_id = added(people, robot, "dingtalk")
    robot.answers = [
        (200, {"errcode": 310000, "errmsg": f"bad {TOKEN} and {SECRET}\r\nand {robot.url('dingtalk')}"})
    ]
    announce()
    work()
    notes = stands(webhook_id).last_error + rows()[0].last_error
    assert "310000 bad …" in notes
    assert TOKEN not in notes
    assert SECRET not in notes


def test_a_redirect_is_not_followed(people: Cast, robot: Robots, work: Work) -> None:
    webhook_id = added(people, robot)
    robot.answers = [(307, b"")]
    announce()
    work()
    assert robot.asked == 1
    assert "307" in stands(webhook_id).last_error


def test_a_robot_that_does_not_answer_in_time_is_asked_again(
    people: Cast, robot: Robots, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outward, "TIMEOUT_S", 0.2)
    webhook_id = added(people, robot)
    robot.awake.clear()
    announce()
    work()
    robot.awake.set()
    assert stands(webhook_id).last_error == "对方没有按时回答"
    assert rows()[0].state is JobState.PENDING


def test_a_server_that_is_away_is_noted_without_its_address(
    app: Flask, people: Cast, robot: Robots, work: Work, caplog: pytest.LogCaptureFixture
) -> None:
    allow(app, "127.0.0.1:9")
    with caplog.at_level(logging.DEBUG):
        webhook_id = added(people, robot, url=f"http://127.0.0.1:9/send?key={TOKEN}")
        announce()
        work()
    assert "连接不通" in stands(webhook_id).last_error
    assert TOKEN not in rows()[0].last_error + stands(webhook_id).last_error
    assert rows()[0].state is JobState.PENDING


@pytest.mark.parametrize("kind", KINDS)
def test_neither_address_nor_secret_is_logged_or_audited(
    people: Cast, robot: Robots, work: Work, kind: str, caplog: pytest.LogCaptureFixture, capfd: Any
) -> None:
    # As the site sets it up: libraries say no more than warnings.
    with caplog.at_level(logging.WARNING):
        webhook_id = added(people, robot, kind, secret=SECRET)
        announce()
        work()
        with transaction():
            command = SaveWebhook(
                name="改名", kind=Robot(kind), url=robot.url(kind), secret=SECRET, version=1
            )
            webhooks.change(people.admin.actor, webhook_id, command)
        with transaction():
            webhooks.delete(people.admin.actor, webhook_id)
    db.session.rollback()
    entries = list(db.session.scalars(select(AuditEntry).where(AuditEntry.object_type == "webhook")))
    assert [entry.action for entry in entries] == ["webhook.added", "webhook.changed", "webhook.deleted"]
    assert entries[1].after["renewed"] == ["url", "secret"]
    everything = caplog.text + "".join(capfd.readouterr()) + str([(e.before, e.after) for e in entries])
    assert TOKEN not in everything
    assert SECRET not in everything


@pytest.mark.parametrize(
    ("kind", "url"),
    [
        ("wecom", "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=x"),
        ("dingtalk", "https://oapi.dingtalk.com/robot/send?access_token=x"),
        ("feishu", "https://open.feishu.cn/open-apis/bot/v2/hook/x"),
        ("feishu", "https://open.larksuite.com/open-apis/bot/v2/hook/x"),
    ],
)
def test_the_usual_addresses_are_taken(app: Flask, kind: str, url: str) -> None:
    outward.check(Robot(kind), url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "no address",
        "ftp://qyapi.weixin.qq.com/x",
        "http://qyapi.weixin.qq.com/x",
        "https://qyapi.weixin.qq.com:8443/x",
        "https://oapi.dingtalk.com/robot/send?access_token=x",
        "https://qyapi.weixin.qq.com@evil.example/x",
        "https://user:pw@qyapi.weixin.qq.com/x",
        "https://qyapi.weixin.qq.com.evil.example/x",
        "https://127.0.0.1/x",
        "http://169.254.169.254/latest/meta-data",
        "http://[::1]/x",
        "http://[::1/x",
        "https://qyapi.weixin.qq.com:0/x",
        "https://qyapi.weixin.qq.com:99999/x",
    ],
)
def test_other_addresses_are_refused(app: Flask, url: str) -> None:
    with pytest.raises(Invalid):
        outward.check(Robot.WECOM, url)


def test_a_usual_host_whose_name_leads_inside_is_not_asked(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    private = [(2, 1, 6, "", ("203.0.114.7", 443)), (2, 1, 6, "", ("10.0.0.5", 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_named: private)
    url = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=x"
    with pytest.raises(outward.Unreachable, match="主机名指向内部网络"):
        outward.post(Robot.WECOM, Outgoing(url, {}))


def test_an_address_that_is_no_longer_allowed_is_not_asked(
    app: Flask, people: Cast, robot: Robots, work: Work
) -> None:
    added(people, robot)
    announce()
    allow(app, "")
    work()
    assert robot.asked == 0
    assert rows()[0].state is JobState.DEAD


def test_what_is_left_empty_stays_and_a_signature_can_be_given_up(people: Cast, robot: Robots) -> None:
    webhook_id = added(people, robot, "feishu")
    with transaction():
        command = SaveWebhook(name="新名", kind=Robot.FEISHU, department="library", version=1)
        webhooks.change(people.admin.actor, webhook_id, command)
    row = stands(webhook_id)
    assert (row.name, row.url, row.secret) == ("新名", robot.url("feishu"), SECRET)
    assert (row.department_code, row.events) == ("library", [])
    with transaction():
        command = SaveWebhook(name="新名", kind=Robot.FEISHU, forget_secret=True, version=row.version)
        webhooks.change(people.admin.actor, webhook_id, command)
    assert stands(webhook_id).secret == ""


def test_of_two_changes_of_the_same_version_the_second_is_refused(
    people: Cast, robot: Robots, work: Work
) -> None:
    webhook_id = added(people, robot)
    announce()
    work()  # what a robot answered is no change of the webhook
    command = SaveWebhook(name="甲", kind=Robot.WECOM, version=1)
    with transaction():
        webhooks.change(people.admin.actor, webhook_id, command)
    with pytest.raises(Conflict), transaction():
        webhooks.change(people.admin.actor, webhook_id, command)


def test_a_change_of_kind_must_fit_the_address_that_stays(app: Flask, people: Cast, robot: Robots) -> None:
    webhook_id = added(people, robot)
    allow(app, "")
    with pytest.raises(Invalid), transaction():
        webhooks.change(
            people.admin.actor, webhook_id, SaveWebhook(name="甲", kind=Robot.DINGTALK, version=1)
        )


@pytest.mark.parametrize("changed", [{"events": ["no.such"]}, {"department": "no_such"}, {"url": ""}])
def test_what_does_not_exist_cannot_be_chosen(people: Cast, robot: Robots, changed: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as caught:
        added(people, robot, **changed)
    assert list(caught.value.fields) == list(changed)


def test_only_administrators_may(people: Cast, robot: Robots) -> None:
    webhook_id = added(people, robot)
    actor = people.he.actor
    command = SaveWebhook(name="甲", kind=Robot.WECOM)
    calls: list[Callable[[], object]] = [
        lambda: webhooks.all_webhooks(actor),
        lambda: webhooks.webhook(actor, webhook_id),
        lambda: webhooks.add(actor, command),
        lambda: webhooks.change(actor, webhook_id, command),
        lambda: webhooks.set_active(actor, webhook_id, False),
        lambda: webhooks.delete(actor, webhook_id),
        lambda: webhooks.try_out(actor, webhook_id),
    ]
    for call in calls:
        with pytest.raises(Forbidden):
            call()
    assert robot.asked == 0
    with pytest.raises(NotFound):
        webhooks.webhook(people.admin.actor, 9999)


@pytest.mark.parametrize("kind", KINDS)
def test_a_test_says_in_words_how_it_went(people: Cast, robot: Robots, kind: str) -> None:
    webhook_id = added(people, robot, kind)
    taken, words = webhooks.try_out(people.admin.actor, webhook_id)
    assert (taken, "收下了" in words) == (True, True)
    assert "管理员" in json.dumps(robot.heard, ensure_ascii=False)
    wrong = added(people, robot, kind, url=robot.url(kind).replace(TOKEN, "wrong"))
    taken, words = webhooks.try_out(people.admin.actor, wrong)
    assert not taken
    assert "请在群里重新复制 Webhook 地址" in words
    assert "的原话" in words
