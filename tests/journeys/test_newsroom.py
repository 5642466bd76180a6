"""The newsroom in a real browser: an issue put in order with the mouse, with the keyboard and with the buttons."""

from __future__ import annotations

import re
from itertools import count

import pytest
from playwright.sync_api import Locator, Page, expect

from campus_service.bulletin import queries, service
from campus_service.bulletin.commands import PlanIssue, PlanSlot
from campus_service.bulletin.states import Section
from campus_service.core.db import db, transaction
from tests.journeys.conftest import Windows
from tests.journeys.site import Site

TOPICS = ("甲题", "乙题", "丙题")
_numbers = count(1)


@pytest.fixture
def issue(site: Site) -> int:
    """An issue of its own with three empty places."""
    editor = site.people.editor.actor
    with site.app.app_context():
        with transaction():
            id = service.plan_issue(editor, PlanIssue(title=f"排序 {next(_numbers)}")).id
        for topic in TOPICS:
            with transaction():
                service.add_slot(editor, id, PlanSlot(section=Section.TIPS, topic=topic))
        db.session.remove()
    return id


@pytest.fixture
def page(windows: Windows, issue: int) -> Page:
    """The editor has its plan before him."""
    page = windows.open(phone=False, signed_in="editor")
    page.goto(f"/newsroom/issues/{issue}")
    return page


def place(page: Page, topic: str) -> Locator:
    return page.locator("[data-slot]", has_text=topic)


def kept(page: Page, site: Site, issue: int) -> str:
    """The order that the site has, once the page says that it is stored."""
    expect(page.locator("[data-order-status]")).to_have_text("顺序存好了")
    with site.app.app_context():
        found = "".join(slot.topic[0] for slot in queries.slots(issue))
        db.session.remove()
    return found


def shown(page: Page) -> str:
    return "".join(word[0] for word in page.locator("[data-slot] .t").all_inner_texts())


def test_a_place_is_dragged_to_where_it_belongs(page: Page, site: Site, issue: int) -> None:
    target = place(page, "甲题")
    place(page, "丙题").drag_to(target, target_position={"x": 200, "y": 4})
    assert shown(page) == "丙甲乙"
    assert kept(page, site, issue) == "丙甲乙"


def test_alt_and_an_arrow_move_it_and_the_focus_goes_with_it(page: Page, site: Site, issue: int) -> None:
    place(page, "甲题").focus()
    page.keyboard.press("Alt+ArrowDown")
    page.keyboard.press("Alt+ArrowDown")
    expect(place(page, "甲题")).to_be_focused()
    assert shown(page) == "乙丙甲"
    assert kept(page, site, issue) == "乙丙甲"
    expect(place(page, "甲题").locator(".at")).to_have_text("3")


def test_the_buttons_do_the_same_and_end_where_the_list_ends(page: Page, site: Site, issue: int) -> None:
    up = place(page, "乙题").get_by_role("button", name=re.compile("上移"))
    up.click()
    assert kept(page, site, issue) == "乙甲丙"
    expect(up).to_be_disabled()
    expect(place(page, "乙题")).to_be_focused()


def test_an_order_that_somebody_overtook_is_told(
    page: Page, site: Site, issue: int, windows: Windows
) -> None:
    windows.expected = ("409",)
    with site.app.app_context():
        with transaction():
            first = queries.slots(issue)[0].id
            service.remove_slot(site.people.editor.actor, issue, first)
        db.session.remove()
    place(page, "丙题").focus()
    page.keyboard.press("Alt+ArrowUp")
    expect(page.locator("[data-order-status]")).to_be_visible()
    expect(page.locator("[data-order-status]")).to_contain_text("刷新")


def test_going_on_at_once_does_not_lose_the_order(page: Page, site: Site, issue: int) -> None:
    place(page, "丙题").focus()
    page.keyboard.press("Alt+ArrowUp")
    page.get_by_role("button", name="送主编签发").click()
    expect(page.get_by_role("alert")).to_contain_text("还没有审过的文章")
    assert shown(page) == "甲丙乙"


def test_without_scripts_the_buttons_are_forms(windows: Windows, site: Site, issue: int) -> None:
    page = windows.open(signed_in="editor", java_script_enabled=False)
    page.goto(f"/newsroom/issues/{issue}")
    place(page, "乙题").get_by_role("button", name=re.compile("上移")).click()
    page.wait_for_url(re.compile(r"#slot-\d+$"))
    assert shown(page) == "乙甲丙"
