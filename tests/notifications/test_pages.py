"""The pages of notifications: one's own list, opening, settings; and the demo's mails."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from campus_service.core.db import db, transaction
from campus_service.core.settings import KEY
from campus_service.notifications import mail, service
from campus_service.notifications.kinds import Group
from campus_service.notifications.mail import Mail
from campus_service.notifications.queries import PAGE_SIZE
from tests.conftest import Cast, Person

SignIn = Callable[[FlaskClient, Person], FlaskClient]
BELL = re.compile(r'href="/me/notifications" aria-label="([^"]+)"')


@pytest.fixture
def lin(client: FlaskClient, people: Cast, sign_in: SignIn) -> FlaskClient:
    """林小满's browser."""
    return sign_in(client, people.lin)


def tell(person: Person, count: int = 1, item: str = "伞", link: str = "/me/settings") -> list[int]:
    with transaction():
        made = [
            service.notify(person.id, "test.claimed", {"item": f"{item} {n}"}, link) for n in range(count)
        ]
    return [notice.id for notice in made]


def test_the_list_shows_words_links_and_what_is_unread(lin: FlaskClient, people: Cast) -> None:
    (notice_id,) = tell(people.lin, item="<b>伞</b>")
    page = lin.get("/me/notifications").text
    assert "有人认领：&lt;b&gt;伞&lt;/b&gt; 0" in page
    assert f'action="/me/notifications/{notice_id}/open"' in page
    assert "未读" in page
    assert BELL.findall(page) == ["通知，1 条未读"]


def test_an_empty_list_says_what_will_be_there(lin: FlaskClient) -> None:
    assert "还没有通知" in lin.get("/me/notifications").text


def test_opening_one_marks_it_read_and_leads_on(lin: FlaskClient, people: Cast) -> None:
    (notice_id,) = tell(people.lin)
    answer = lin.post(f"/me/notifications/{notice_id}/open")
    assert (answer.status_code, answer.location) == (303, "/me/settings")
    assert BELL.findall(lin.get("/me/notifications").text) == ["通知"]


def test_a_get_marks_nothing_read(lin: FlaskClient, people: Cast) -> None:
    (notice_id,) = tell(people.lin)
    assert lin.get(f"/me/notifications/{notice_id}/open").status_code == 405
    lin.get("/me/notifications")
    assert service.unread_count(people.lin.id) == 1


def test_all_are_marked_read_at_once(lin: FlaskClient, people: Cast) -> None:
    tell(people.lin, 3)
    assert lin.post("/me/notifications/read").status_code == 303
    page = lin.get("/me/notifications").text
    assert "全部标为已读" not in page
    assert "未读" not in page


def test_another_persons_notification_is_not_found(lin: FlaskClient, people: Cast) -> None:
    (notice_id,) = tell(people.zhou, item="别人的伞")
    assert lin.post(f"/me/notifications/{notice_id}/open").status_code == 404
    assert "别人的伞" not in lin.get("/me/notifications").text
    assert service.unread_count(people.zhou.id) == 1


def test_older_ones_are_on_the_next_page_and_a_wrong_cursor_is_the_first_page(
    lin: FlaskClient, people: Cast
) -> None:
    tell(people.lin, PAGE_SIZE + 1)
    first = lin.get("/me/notifications").text
    older = re.search(r'href="(/me/notifications\?before=[^"]+)" rel="next"', first)
    assert older is not None
    second = lin.get(older[1]).text
    assert "有人认领：伞 0" in second
    assert "有人认领：伞 1<" not in second
    assert "有人认领：伞 0<" not in first
    assert f"有人认领：伞 {PAGE_SIZE}" in lin.get("/me/notifications?before=forged").text


def test_a_visitor_is_asked_to_sign_in(client: FlaskClient, app: Flask) -> None:
    for path in ("/me/notifications", "/me/notifications/settings"):
        answer = client.get(path)
        assert (answer.status_code, answer.location) == (302, f"/sign-in?next={path}")
    for path in ("/me/notifications/1/open", "/me/notifications/read", "/me/notifications/settings"):
        assert client.post(path).status_code in (302, 404)


def test_groups_are_switched_off_and_on_again(lin: FlaskClient, people: Cast) -> None:
    assert lin.get("/me/notifications/settings").text.count(" checked") == 5
    lin.post("/me/notifications/settings", data={"mail": ["claims", "no such group"]})
    page = lin.get("/me/notifications/settings").text
    assert page.count(" checked") == 1
    assert 'value="claims" checked' in page
    wanted = service.preferences(people.lin.id)
    # What he can never hear of is not on the page, so it stays as it was.
    assert [group for group, mail in wanted.items() if mail] == [
        Group.CLAIMS,
        Group.INBOX,
        Group.DESK,
        Group.NEWSROOM,
    ]


@pytest.mark.parametrize(("who", "group"), [("desk", "desk"), ("officer", "inbox"), ("writer", "newsroom")])
def test_the_group_of_a_workplace_is_shown_to_those_who_work_there(
    client: FlaskClient, people: Cast, sign_in: SignIn, who: str, group: str
) -> None:
    sign_in(client, getattr(people, who))
    assert f'value="{group}" checked' in client.get("/me/notifications/settings").text


def test_a_page_counts_what_is_unread_with_one_query_and_only_for_people(
    lin: FlaskClient, app: Flask, people: Cast
) -> None:
    asked: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))

    def counts(browser: FlaskClient, path: str) -> int:
        asked.clear()
        assert browser.get(path).status_code == 200
        return sum("FROM notifications" in statement and "count(" in statement for statement in asked)

    assert counts(lin, "/me/settings") == 1
    assert counts(lin, "/me/notifications") == 1
    assert counts(app.test_client(), "/sign-in") == 0


def in_the_demo(app: Flask, **settings: object) -> None:
    app.extensions[KEY] = app.extensions[KEY].model_copy(update={"demo": True} | settings)


def test_the_demo_shows_its_mails_newest_first_with_links_that_work(app: Flask, client: FlaskClient) -> None:
    in_the_demo(app)
    assert "还没有邮件" in client.get("/demo/mail").text
    mail.send(Mail("a@campus.test", "zh_CN", "早的信", "正文", "k"))
    text = "<b>请确认</b>\n\nhttp://campus.test/confirm/abc?x=1\n\nhttp://evil.example/"
    mail.send(Mail("b@campus.test", "zh_CN", "晚的信", text, "l"))
    listed = client.get("/demo/mail").text
    assert listed.index("晚的信") < listed.index("早的信")
    path = re.search(r'href="(/demo/mail/\d+)">晚的信', listed)
    assert path is not None
    shown = client.get(path[1]).text
    assert 'href="/confirm/abc?x=1"' in shown
    assert "&lt;b&gt;请确认&lt;/b&gt;" in shown
    assert 'href="http://evil.example' not in shown
    assert client.get("/demo/mail/99999").status_code == 404


@pytest.mark.parametrize("others", [{"demo": False}, {"mail_url": "smtp://127.0.0.1:9"}])
def test_without_the_demo_there_is_no_page_of_mails(
    app: Flask, client: FlaskClient, others: dict[str, object]
) -> None:
    mail.send(Mail("a@campus.test", "zh_CN", "信", "正文", "k"))
    in_the_demo(app, **others)
    for path in ("/demo/mail", "/demo/mail/1"):
        assert client.get(path).status_code == 404
