"""The coordinator's day by keyboard: three messages given away, a rule written and tried, a binding decision."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from campus_service.core.db import db
from tests.conftest import Person
from tests.feedback.queue import returned, waiting
from tests.journeys.conftest import Windows
from tests.journeys.site import Site

TITLES = ("第一件说不清的事", "第二件说不清的事", "第三件说不清的事")


def _sent(site: Site, sender: Person) -> list[str]:
    with site.app.app_context():
        numbers = [waiting(site.people, sender, title=title) for title in TITLES]
        db.session.remove()
    return numbers


def _open(page: Page, no: str) -> None:
    """Find a message by its number, without the mouse."""
    page.keyboard.press("/")
    page.keyboard.type(no)
    page.keyboard.press("Enter")
    expect(page.locator(".ms")).to_contain_text(no)


def test_three_messages_are_given_away_with_one_key_each(windows: Windows, site: Site) -> None:
    numbers = _sent(site, site.student("沈小雨"))
    desk = windows.open(phone=False, signed_in="coordinator")
    desk.goto("/triage")
    for no, key in zip(numbers, "123", strict=True):
        _open(desk, no)
        chosen = desk.locator(f'.cand [data-key="{key}"]')
        name = chosen.get_attribute("data-key-label")
        assert name
        desk.keyboard.press(key)
        expect(chosen).to_be_checked()
        desk.keyboard.press("Enter")
        expect(desk.get_by_role("status").filter(has_text=no)).to_contain_text(f"{no} 交给了{name}")
        # The next one is open; of one that waits the likeliest department is chosen and under the finger.
        expect(desk.locator(".ms")).not_to_contain_text(no)
        if no != numbers[-1]:
            expect(desk.locator(".cand input:checked")).to_be_focused()


def test_a_wrong_route_is_corrected_and_the_change_is_told(windows: Windows, site: Site) -> None:
    no = _sent(site, site.student("苏一帆"))[0]
    desk = windows.open(phone=False, signed_in="coordinator")
    desk.goto(f"/triage/{no}")
    desk.get_by_label("别的部门").select_option("clinic")
    expect(desk.locator(".cand input:checked")).to_have_count(0)
    desk.keyboard.press("Control+Enter")
    expect(desk.get_by_role("status").filter(has_text=no)).to_contain_text("校医院")
    desk.goto(f"/triage/{no}")
    expect(desk.get_by_role("heading", name="改交给谁")).to_be_visible()
    desk.keyboard.press("1")
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("status").filter(has_text=no)).to_be_visible()


def test_a_rule_is_written_tried_and_moved_to_the_top(windows: Windows) -> None:
    desk = windows.open(phone=False, signed_in="coordinator")
    desk.goto("/triage/rules")
    desk.keyboard.press("n")
    desk.get_by_label("名称").fill("独角兽")
    desk.get_by_label("含有任一个词").fill("独角兽，麒麟")
    desk.get_by_label("交给").select_option("security")
    desk.keyboard.press("Control+Enter")
    expect(desk.get_by_role("status").filter(has_text="独角兽")).to_be_visible()

    rows = desk.locator("[data-rank]")
    mine = rows.filter(has_text="独角兽")
    expect(rows.last).to_contain_text("独角兽")
    mine.get_by_role("link", name="独角兽").focus()
    desk.keyboard.press("Alt+ArrowUp")
    expect(rows.nth(-2)).to_contain_text("独角兽")
    expect(mine).to_be_focused()
    desk.keyboard.press("Alt+ArrowDown")
    expect(rows.last).to_contain_text("独角兽")
    mine.drag_to(rows.nth(-3))
    expect(rows.nth(-3)).to_contain_text("独角兽")
    expect(mine).to_be_focused()
    desk.keyboard.press("Alt+Home")
    expect(rows.first).to_contain_text("独角兽")

    desk.keyboard.press("/")
    desk.keyboard.type("操场上有一只独角兽，感应灯也不亮")
    desk.keyboard.press("Control+Enter")
    tried = desk.locator(".tried")
    expect(tried).to_contain_text("按规则“独角兽”交给保卫处")
    expect(tried.locator("li").first).to_contain_text("算数")
    expect(tried).to_contain_text("被“独角兽”挡住")


def test_what_was_returned_twice_ends_with_a_binding_decision(windows: Windows, site: Site) -> None:
    student = site.student("高远")
    with site.app.app_context():
        people = site.people
        no = returned(people, people.officer, people.librarian, person=student, title="两边都退的一件")
        db.session.remove()
    desk = windows.open(phone=False, signed_in="coordinator")
    desk.goto("/triage/decisions")
    desk.get_by_role("link", name="两边都退的一件").click()
    expect(desk.get_by_role("heading", name="裁定由谁办")).to_be_visible()
    expect(desk.locator(".ms")).to_contain_text("后勤处退回")
    expect(desk.locator(".ms")).to_contain_text("图书馆退回")
    desk.get_by_label("别的部门").select_option("logistics")
    desk.get_by_label("理由，两边和同学都看得到").fill("楼里的设备归后勤处")
    desk.keyboard.press("Control+Enter")
    expect(desk.get_by_role("status").filter(has_text=no)).to_contain_text("由后勤处办理")
    desk.goto("/triage/decisions")
    expect(desk.get_by_role("row").filter(has_text="楼里的设备归后勤处")).to_contain_text("许老师")


def test_on_a_phone_a_message_is_given_away_with_a_tap(windows: Windows, site: Site) -> None:
    no = _sent(site, site.student("唐糖"))[0]
    desk = windows.open(signed_in="coordinator")
    desk.goto(f"/triage/{no}")
    desk.locator(".cand").nth(1).click()
    desk.get_by_role("button", name="交出去，看下一件").click()
    expect(desk.get_by_role("status").filter(has_text=no)).to_be_visible()
