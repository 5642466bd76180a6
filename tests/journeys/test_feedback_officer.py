"""The officers' day by keyboard: accept, ask once, hand over, have an answer approved; two who answer at once; no network."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from campus_service.core.db import db, transaction
from campus_service.core.permissions import Role
from campus_service.feedback import queries, service
from campus_service.feedback.commands import AddMessage, RouteCase, SaveOptions
from campus_service.feedback.states import CaseState
from tests.conftest import Person
from tests.feedback.stories import accepted, sent
from tests.journeys.conftest import OFFLINE, Windows, sign_in
from tests.journeys.site import Site

QUESTION = "请告诉我们是哪一层的灯，附一张照片。"
ANSWER = "三层东侧的灯已经换好，请今晚看看。"


@pytest.fixture
def approving(site: Site) -> Iterator[None]:
    """Logistics wants its head to approve answers, as long as this story lasts."""
    for wanted in (True, False):
        with site.app.app_context():
            with transaction():
                service.save_options(site.people.head.actor, "logistics", SaveOptions(needs_approval=wanted))
            db.session.remove()
        if wanted:
            yield


def _sent_to(site: Site, sender: Person, department: str) -> str:
    with site.app.app_context():
        no = sent(sender, title="图书馆旁的灯不亮", place="图书馆东门")
        if queries.case_by_no(no).department_code != department:
            with transaction():
                service.route(site.people.coordinator.actor, no, RouteCase(department=department))
        db.session.remove()
    return no


def _held(site: Site, sender: Person) -> str:
    with site.app.app_context():
        no = accepted(site.people, sender)
        db.session.remove()
    return no


def _state(site: Site, no: str) -> CaseState:
    with site.app.app_context():
        db.session.rollback()
        state = queries.case_by_no(no).state
        db.session.remove()
    return state


def _open(page: Page, no: str) -> None:
    """Find a case by its number, without the mouse; the list shows it and its text stands beside."""
    page.goto("/inbox")
    page.keyboard.press("/")
    page.keyboard.type(no)
    page.keyboard.press("Enter")
    expect(page.locator("#case")).to_contain_text(no)
    expect(page.locator("[data-row]")).to_have_count(1)


def _write(page: Page, key: str, words: str) -> None:
    page.keyboard.press(key)
    expect(page.get_by_label("写在这里")).to_be_focused()
    page.keyboard.type(words)
    page.keyboard.press("Control+Enter")


def _said(page: Page, words: str) -> None:
    expect(page.get_by_role("status").filter(has_text=words)).to_be_visible()


def _choose(page: Page, department: str) -> None:
    """Go through the list of departments with the arrow until it is the one."""
    field = page.locator("#f-to")
    expect(field).to_be_focused()
    for _step in range(20):
        if field.input_value() == department:
            return
        page.keyboard.press("ArrowDown")
    raise AssertionError(f"{department} is not in the list")


def test_a_case_is_asked_about_handed_over_approved_and_answered(
    windows: Windows, site: Site, approving: None
) -> None:
    sender = site.student("贺一鸣")
    no = _sent_to(site, sender, "library")

    library = sign_in(windows.open(phone=False), site.person("方老师", Role.OFFICER, "library"))
    _open(library, no)
    library.keyboard.press("a")
    _said(library, "接手了")
    _write(library, "m", QUESTION)
    _said(library, "已一次告知")
    expect(library.locator("#case")).to_contain_text("暂停，等同学回话")
    with site.app.app_context():
        with transaction():
            service.add_message(sender.actor, no, AddMessage(body="东门外三层的那一盏。"))
        db.session.remove()

    library.reload()
    expect(library.locator("#case")).to_contain_text("东门外三层的那一盏。")
    library.keyboard.press("t")
    _choose(library, "logistics")
    library.keyboard.press("Tab")
    library.keyboard.type("灯由后勤处维修")
    library.keyboard.press("Control+Enter")
    _said(library, "已请对方接手")

    logistics = windows.open(phone=False, signed_in="officer")
    _open(logistics, no)
    expect(logistics.locator("#case")).to_contain_text("灯由后勤处维修")
    logistics.keyboard.press("a")
    expect(logistics.locator("#case")).to_contain_text("后勤处接手，不重新计时")
    _write(logistics, "a", ANSWER)
    _said(logistics, "答复好了")
    assert _state(site, no) is not CaseState.ANSWERED

    head = windows.open(phone=False, signed_in="head")
    _open(head, no)
    expect(head.locator(".appr")).to_contain_text(ANSWER)
    head.keyboard.press("a")
    expect(head.locator("#case")).to_contain_text("郑老师 · 答复")
    assert _state(site, no) is CaseState.ANSWERED

    student = sign_in(windows.open(), sender)
    student.goto("/me/notifications")
    expect(student.get_by_text("有答复了：图书馆旁的灯不亮").first).to_be_visible()


def test_two_who_answer_at_once_see_each_other_and_both_texts(windows: Windows, site: Site) -> None:
    no = _held(site, site.student("乔安"))
    first = windows.open(phone=False, signed_in="officer")
    second = sign_in(windows.open(phone=False), site.person("邹师傅", Role.OFFICER, "logistics"))
    for page in (first, second):
        page.goto(f"/inbox/{no}")
    second.keyboard.press("a")
    second.keyboard.type("灯是我换的，")
    expect(first.locator("#writers")).to_contain_text("邹师傅正在写答复", timeout=20_000)
    _write(first, "a", ANSWER)
    _said(first, "答复好了")

    second.keyboard.type("换的是节能灯。")
    second.keyboard.press("Control+Enter")
    both = second.locator(".both")
    expect(both).to_contain_text(ANSWER)
    expect(both).to_contain_text("灯是我换的，换的是节能灯。")
    # Nothing is lost: what came too late is kept as a note.
    expect(second.get_by_label("写在这里")).to_have_value("灯是我换的，换的是节能灯。")
    second.keyboard.press("i")
    second.keyboard.press("Control+Enter")
    _said(second, "备注记下了")


def test_what_is_written_outlives_the_network(windows: Windows, site: Site) -> None:
    windows.expected = OFFLINE
    no = _held(site, site.student("路遥"))
    page = windows.open(phone=False, signed_in="officer")
    page.goto(f"/inbox/{no}")
    page.context.set_offline(True)
    _write(page, "p", "配件下午到，到了就换。")
    expect(page.get_by_text("网络断了，还没有发出去。")).to_be_visible()
    page.context.set_offline(False)
    page.goto(f"/inbox/{no}")
    expect(page.get_by_label("写在这里")).to_have_value("配件下午到，到了就换。")
    expect(page.get_by_role("radio", name="进展")).to_be_checked()
    page.get_by_label("写在这里").focus()
    page.keyboard.press("Control+Enter")
    _said(page, "进展发给同学了")
    expect(page.get_by_label("写在这里")).to_have_value("")


def test_rows_are_walked_opened_and_given_away_without_the_mouse(windows: Windows, site: Site) -> None:
    sender = site.student("岳安")
    numbers = [_held(site, sender) for _time in range(2)]
    page = windows.open(phone=False, signed_in="officer")
    page.goto("/inbox?q=感应灯")
    expect(page.locator("#case h2").first).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("[data-row][aria-selected]")).to_contain_text("三教二楼楼梯口的灯不亮")
    expect(page.locator("#case")).to_contain_text(numbers[0])
    for _row in range(2):
        page.keyboard.press("x")
        page.keyboard.press("k")
    expect(page.locator(".tick:checked")).to_have_count(2)
    expect(page.get_by_role("button", name="全部交出")).to_be_visible()


def test_a_template_is_put_in_by_keyboard(windows: Windows, site: Site) -> None:
    no = _held(site, site.student("崔越"))
    page = windows.open(phone=False, signed_in="officer")
    page.goto(f"/inbox/{no}")
    page.keyboard.press("a")
    page.keyboard.type("先说一句：")
    page.keyboard.press("Escape")
    page.keyboard.press("u")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_label("写在这里")).to_be_focused()
    expect(page.get_by_label("写在这里")).to_have_value("先说一句：崔越同学好：第三教学楼 二楼西侧已经派工。")


def test_on_a_phone_the_case_has_a_page_of_its_own(windows: Windows, site: Site) -> None:
    no = _held(site, site.student("冉冉"))
    page = windows.open(signed_in="officer")
    page.goto(f"/inbox?q={no}")
    expect(page.locator("#case")).not_to_contain_text(no)
    page.get_by_role("link", name="三教二楼楼梯口的灯不亮").click()
    page.wait_for_url(f"**/inbox/{no}*")
    expect(page.get_by_role("heading", level=1, name="三教二楼楼梯口的灯不亮")).to_be_visible()
    expect(page.locator(".ib-list")).to_be_hidden()
    page.get_by_role("link", name="回到收件箱").click()
    expect(page.locator(".ib-list")).to_be_visible()
