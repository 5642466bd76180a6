"""Every address of the site × everybody who may come: one table says who gets in; an address without a row fails."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from campus_service.core.clock import today
from campus_service.core.db import Base, db
from campus_service.notifications.models import Notification
from tests.conftest import Cast, Person
from tests.everything import Things, one_of_everything

SignInAs = Callable[[FlaskClient, Person], FlaskClient]
TABLE = ""
ROWS = {(method, endpoint): tuple(rest) for method, endpoint, *rest in map(str.split, TABLE.strip().splitlines())}
WHO = ("visitor", "stranger", "owner", "desk", "security", "admin")

# What each part of an address is, where it is not what DEFAULTS says.
DEFAULTS = {
    "no": "item", "claim_id": "claim", "pickup_id": "pickup_at_desk", "user_id": "person", "row_id": "job",
    "session_id": "device", "token_id": "token", "notification_id": "notice", "key": "photo",
}  # fmt: skip
_REPORT = {"no": "lost"}
_COLLECTED = {"claim_id": "claim_shown"}
PARTS: dict[str, dict[str, str]] = {
    "accounts.confirm": {"token": "confirm"},
    "accounts.reset": {"token": "reset"},
    "lostfound.receipt": {"token": "receipt"},
    "media.take_back": {"key": "waiting_photo"},
    "media.show": {"key": "proof_photo"},
    "desk.claims_of": {"no": "claimed"},
    "desk.hand_in": {"no": "kept"},
    "desk.receive": {"no": "moving"},
    "desk.reissue_code": {"claim_id": "claim_aborted"},
    "desk.counter": {"pickup_id": "pickup_shown"},
    "lostfound.confirm_receipt": _COLLECTED,
    "lostfound.pickup_state": _COLLECTED,
    "lostfound.appeal": {"claim_id": "rejected"},
    "lostfound.choose_slot": {"claim_id": "approved"},
    "lostfound.recovered": _REPORT,
    "lostfound.renew": _REPORT,
    "lostfound.withdraw": _REPORT,
    "api_lostfound.hand_in": {"no": "kept"},
    "api_lostfound.receive": {"no": "moving"},
    "api_lostfound.recover": _REPORT,
    "api_lostfound.renew": _REPORT,
    "api_lostfound.withdraw": _REPORT,
    "api_lostfound.confirm_receipt": _COLLECTED,
    "api_lostfound.appeal": {"claim_id": "rejected"},
    "api_lostfound.choose_slot": {"claim_id": "approved"},
}
FIXED = {"filename": "css/site.css", "size": 320, "mail_id": 1}

_POST = {"title": "雨伞", "category": "umbrella", "place": "图书馆"}
_CLAIM = {"answer": "伞柄缠了胶带", "when_where": "昨天，图书馆"}
# A form that goes through, where an empty one would be sent back before anybody asks who sent it.
BODIES: dict[str, dict[str, Any]] = {
    "post_lost": _POST, "post_found": _POST, "take_in": _POST | {"desk": "centre"}, "hand_in": {"desk": "centre"},
    "move": {"desk": "centre"}, "hand_over": {"to": "派出所"}, "make_claim": _CLAIM, "claim": _CLAIM,
    "decide": {"approve": False, "reason": "对不上"}, "appeal": {"text": "是我的"}, "open_pickup": {"code": "000000"},
    "choose_slot": {"slot_at": f"{today()}T08:00:00+08:00"}, "check_identity": {"id_type": "passport", "id_last4": "0001"},
    "identity": {"id_type": "passport", "id_last4": "0001"}, "abort_pickup": {"reason": "对不上"},
    "abort": {"reason": "对不上"}, "counter": {"name": "林小满"}, "choose_desk": {"desk": "gym"},
    "set_language": {"locale": "en"}, "grant": {"role": "desk"}, "revoke": {"role": "desk"},
    "create": {"name": "新老师", "email": "new@campus.test"}, "issue_token": {"name": "程序", "days": "30"},
}  # fmt: skip


@pytest.fixture
def things(app: Flask, people: Cast) -> Things:
    """One of everything, with a notice of 林小满's."""
    made = one_of_everything(people)
    mine = select(Notification.id).where(Notification.user_id == people.lin.id)
    return made | {"notice": db.session.scalars(mine).first()}


def _addresses(app: Flask, things: Things) -> Iterator[tuple[str, str, str]]:
    """Method, endpoint and path of everything the site answers."""
    for rule in app.url_map.iter_rules():
        names = DEFAULTS | PARTS.get(rule.endpoint, {})
        parts = {name: FIXED.get(name) or things[names[name]] for name in rule.arguments}
        path = app.url_map.bind("campus.test").build(rule.endpoint, parts)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield method, rule.endpoint, path


def _send(client: FlaskClient, method: str, endpoint: str, path: str) -> TestResponse:
    body = BODIES.get(endpoint.partition(".")[2], {}) if method == "POST" else {}
    if path.startswith("/api/"):
        return client.open(path, method=method, json=body)
    return client.open(path, method=method, data=body, headers={"Accept": "text/html"})


def _met(answer: TestResponse) -> str:
    """What the table calls this answer."""
    status = answer.status_code
    if status == 401 or (status == 302 and answer.location.startswith("/sign-in")):
        return "in"
    return {403: "no", 404: "none"}.get(status, "ok" if status < 500 and status not in (400, 405) else str(status))


def _client_of(app: Flask, people: Cast, who: str, sign_in: SignInAs) -> FlaskClient:
    person = {"stranger": people.wu, "owner": people.lin, "desk": people.desk, "security": people.he, "admin": people.admin}
    return app.test_client() if who == "visitor" else sign_in(app.test_client(), person[who])

def test_explore(app,people,sign_in,things):
    out={}
    for who in WHO:
        for method, endpoint, path in sorted(_addresses(app, things), key=lambda each: each[0] != "GET"):
            client=_client_of(app,people,who,sign_in)
            a=_send(client,method,endpoint,path)
            out.setdefault((method,endpoint),[]).append(_met(a)+"/"+str(a.status_code))
    for k,v in sorted(out.items(), key=lambda kv:(kv[0][1].startswith('api'),kv[0][1],kv[0][0])): print("%-6s %-34s"%k, " ".join("%-9s"%x for x in v))
