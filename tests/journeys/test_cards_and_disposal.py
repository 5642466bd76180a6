"""A card's number is scanned and its owner hears at once; a bank card leaves by two signatures and a protocol."""

from __future__ import annotations

import subprocess
from pathlib import Path

from playwright.sync_api import expect

from tests.journeys.conftest import Windows
from tests.journeys.site import Site
from tests.journeys.test_lost_to_returned import _reload_until


def test_a_scanned_card_reaches_its_owner_and_the_next_is_scanned_at_once(
    site: Site, windows: Windows
) -> None:
    owner = site.student("钱多")
    number = owner.email.partition("@")[0]
    desk = windows.open(phone=False, signed_in="desk")
    desk.goto("/desk/cards")
    # A scanner types the digits and Enter; the field has the focus, nothing is clicked.
    desk.keyboard.type(number)
    desk.keyboard.press("Enter")
    expect(desk.get_by_text("已通知失主")).to_be_visible()
    expect(desk.locator("#f-number")).to_be_focused()
    assert number not in desk.content()
    desk.keyboard.type("2026117700")
    desk.keyboard.press("Enter")
    expect(desk.get_by_text("这个学工号还没有账号")).to_be_visible()

    phone = windows.open(signed_in=owner.email.partition("@")[0])
    phone.goto("/me/notifications")
    _reload_until(phone, lambda: phone.get_by_role("button", name="你的校园卡在")).click()
    expect(phone.locator(".pickup .code")).to_be_visible()
    expect(phone.get_by_text("大学生事务服务中心招领点")).to_be_visible()


def test_what_is_due_leaves_by_two_signatures_and_a_protocol(
    site: Site, windows: Windows, tmp_path: Path
) -> None:
    no = site.things["bank_card"]
    desk = windows.open(phone=False, signed_in="desk")
    desk.goto("/desk/due")
    desk.get_by_label(f"选 {no}").check()
    section = desk.locator("section", has=desk.get_by_label(f"选 {no}"))
    section.get_by_text("处理选中的").click()
    section.get_by_label("送到哪里").select_option("destroyed")
    section.get_by_label("理由").fill("发卡行已注销")
    section.get_by_role("button", name="提出，等另一位老师签字").click()
    expect(desk.get_by_text("提出了。另一位老师签字后才处理。")).to_be_visible()
    expect(desk.get_by_label(f"签 {no}")).to_have_count(0)

    officer = windows.open(phone=False, signed_in="security")
    officer.goto("/desk/due")
    expect(officer.get_by_label(f"签 {no}")).to_be_checked()
    officer.get_by_role("button", name="签字，销毁").click()
    expect(officer.get_by_text("办好了。交接单")).to_be_visible()
    link = officer.get_by_role("link", name="交接单").first.get_attribute("href")
    sheet = tmp_path / "protocol.pdf"
    sheet.write_bytes(officer.request.get(str(link)).body())
    text = subprocess.run(["pdftotext", sheet, "-"], capture_output=True, text=True, check=True).stdout
    for word in (no, "无主失物处理单", "发卡行已注销", "周师傅", "何老师"):
        assert word in text, word
