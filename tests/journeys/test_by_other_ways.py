"""The same site by keyboard alone, over a broken connection, without scripts, in English, and as a newcomer."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import OFFLINE, Windows, send_report, sign_in
from tests.journeys.site import Site
from tests.media.pictures import phone_photo

# --- the desk, by keyboard ----------------------------------------------------------------------------------------


class Keyboard:
    """Types and counts: what is not text is a keystroke that the desk has to learn."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.presses = 0

    def press(self, key: str) -> None:
        self.presses += 1
        self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)


def test_a_thing_is_taken_in_by_keyboard_alone_with_seven_keys_besides_its_text(windows: Windows) -> None:
    desk = windows.open(phone=False, signed_in="desk")
    desk.goto("/desk/intake")
    keys = Keyboard(desk)
    keys.press("2")
    expect(desk.get_by_role("radio", name="雨伞")).to_be_checked()
    expect(desk.get_by_text("带照片公布，自公布起保管一年。").first).to_be_visible()
    keys.type("黑色长柄伞")
    keys.press("Tab")
    keys.type("二食堂门口")
    keys.press("Tab")
    keys.type("伞柄缠着蓝色胶带")
    keys.press("Control+Enter")
    expect(desk.locator(".saved-no")).to_be_visible()
    no = desk.locator(".saved-no").inner_text()
    assert re.fullmatch(r"\d{4}-\d{4,}", no)
    expect(desk.locator(".tag")).to_contain_text("黑色长柄伞")
    assert keys.presses <= 7

    # The next one can be typed at once, and the last one opened without a mouse.
    keys.press("5")
    expect(desk.get_by_role("radio", name="钥匙")).to_be_checked()
    keys.press("Escape")
    keys.press("o")
    expect(desk.get_by_role("heading", level=1)).to_have_text("黑色长柄伞")
    expect(desk.get_by_text("伞柄缠着蓝色胶带")).to_be_visible()


def test_the_keys_of_a_desk_are_told_and_can_be_switched_off(windows: Windows) -> None:
    desk = windows.open(phone=False, signed_in="desk")
    desk.goto("/desk/shelf")
    desk.keyboard.press("?")
    expect(desk.get_by_role("dialog", name="这一页的按键")).to_be_visible()
    desk.get_by_label("在这台设备上不用单键").check()
    desk.keyboard.press("Escape")
    desk.keyboard.press("/")
    expect(desk.get_by_label("编号、样子或架位")).not_to_be_focused()


def test_the_shelf_is_walked_by_j_and_k(windows: Windows) -> None:
    desk = windows.open(phone=False, signed_in="desk")
    desk.goto("/desk/shelf")
    links = desk.locator("[data-row] a")
    desk.keyboard.press("j")
    desk.keyboard.press("j")
    expect(links.nth(1)).to_be_focused()
    desk.keyboard.press("k")
    expect(links.nth(0)).to_be_focused()
    title = links.nth(0).inner_text()
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("heading", level=1)).to_have_text(title)


# --- a broken connection ------------------------------------------------------------------------------------------


def test_what_was_typed_survives_a_lost_connection_and_is_sent_once(site: Site, windows: Windows) -> None:
    windows.expected = OFFLINE
    page = sign_in(windows.open(), site.student("信号不好的人"))
    page.goto("/lost-found/new/lost")
    page.get_by_label("是什么东西").fill("紫色保温杯")
    page.get_by_label("大概丢在哪里").fill("一食堂")
    page.get_by_label("样子").fill("杯盖磕掉一块漆")
    expect(page.get_by_role("radio", name="水杯")).to_be_checked()
    page.context.set_offline(True)
    page.get_by_role("button", name="登记寻物").click()
    expect(page.get_by_text("网络断了，还没有发出去。")).to_be_visible()
    expect(page.get_by_label("样子")).to_have_value("杯盖磕掉一块漆")

    # The phone is put away; the page is opened anew.
    page.context.set_offline(False)
    page.goto("/lost-found/new/lost")
    expect(page.get_by_text("上次没有发出去的内容，已经放回来了。")).to_be_visible()
    expect(page.get_by_label("是什么东西")).to_have_value("紫色保温杯")
    expect(page.get_by_label("样子")).to_have_value("杯盖磕掉一块漆")
    page.get_by_role("button", name="登记寻物").dblclick()
    expect(page.get_by_role("heading", name="登记好了，接下来")).to_be_visible()
    page.goto("/me")
    expect(page.get_by_role("link", name="紫色保温杯")).to_have_count(1)
    page.goto("/lost-found/new/lost")
    expect(page.get_by_label("是什么东西")).to_have_value("")


def test_signing_out_forgets_the_drafts_of_this_phone(site: Site, windows: Windows) -> None:
    page = sign_in(windows.open(), site.student("借手机的人"))
    page.goto("/lost-found/new/lost")
    page.get_by_label("是什么东西").fill("不想让别人看到的东西")
    for _try in range(100):
        if _drafts(page):
            break
        page.wait_for_timeout(100)
    assert _drafts(page)
    page.goto("/me/settings")
    page.get_by_role("main").get_by_role("button", name="退出登录").click()
    expect(page.get_by_text("已退出登录。")).to_be_visible()
    assert _drafts(page) == []


def _drafts(page: Page) -> list[str]:
    kept: list[str] = page.evaluate("Object.keys(localStorage).filter(key => key.startsWith('draft:'))")
    return kept


# --- without scripts ----------------------------------------------------------------------------------------------


def test_without_scripts_one_searches_reads_and_claims_are_explained(site: Site, windows: Windows) -> None:
    page = windows.open(java_script_enabled=False)
    page.goto("/")
    page.get_by_role("searchbox").fill("雨伞")
    page.get_by_role("main").get_by_role("button", name="搜索").click()
    expect(page.locator("mark").first).to_have_text("雨伞")
    page.goto("/lost-found")
    page.get_by_role("link", name="下一页").click()
    expect(page.get_by_role("link", name="上一页")).to_be_visible()
    page.goto(f"/lost-found/{site.things['item']}")
    expect(page.get_by_role("heading", name="黑红格子围巾")).to_be_visible()
    page.get_by_role("link", name="登录后认领").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("登录")


def test_without_scripts_a_find_is_posted_with_its_photo(
    site: Site, windows: Windows, tmp_path: Path
) -> None:
    picture = tmp_path / "IMG_0003.jpg"
    picture.write_bytes(phone_photo(1200, 900))
    page = windows.open(java_script_enabled=False)
    sign_in(page, site.student("不开脚本的人"))
    page.goto("/lost-found/new/found")
    page.locator("input[name=photo_files]").set_input_files(picture)
    page.get_by_label("是什么东西").fill("绿色帆布伞")
    page.get_by_label("在哪里捡到的").fill("校车站")
    page.get_by_role("button", name="登记这件东西").click()
    # Without scripts the category was not guessed while typing: it is proposed, and the photo is kept.
    expect(page.get_by_role("alert")).to_contain_text("按名字像是“雨伞”")
    expect(page.locator("[data-photo] img")).to_be_visible()
    send_report(page)
    expect(page.get_by_role("img", name="绿色帆布伞的照片")).to_be_visible()


# --- languages and accounts ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/lost-found", "/sign-up", "/lost-found/{item}"])
def test_the_english_page_is_english(path: str, site: Site, windows: Windows) -> None:
    page = windows.open()
    page.goto(path.format_map(site.things))
    page.get_by_role("link", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.goto(path.format_map(site.things))
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.get_by_role("link", name="中文")).to_be_visible()


def test_a_newcomer_signs_up_confirms_signs_in_and_forgets_the_password(site: Site, windows: Windows) -> None:
    page = windows.open()
    number, email = "2026129977", "newcomer@demo.example"
    page.goto("/sign-up")
    page.get_by_label("学号").fill(number)
    page.get_by_label("姓名").fill("新同学")
    page.get_by_label("邮箱").fill(email)
    page.get_by_label("密码").fill("湖边的三只白鹭和一条船")
    page.get_by_role("button", name="注册").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("请查收邮件")
    _follow_link(page, email, "/confirm/")
    expect(page.get_by_text("新同学")).to_be_visible()
    page.get_by_role("button", name="确认邮箱").click()
    expect(page.get_by_text(f"{email} 已确认")).to_be_visible()

    _enter(page, number, "湖边的三只白鹭和一条船")
    expect(page.get_by_label("我的菜单")).to_be_visible()
    page.get_by_label("我的菜单").click()
    page.get_by_role("button", name="退出登录").click()

    page.goto("/sign-in")
    page.get_by_role("link", name="忘了密码").click()
    page.get_by_label("注册时用的邮箱").fill(email)
    page.get_by_role("button", name="发送链接").click()
    _follow_link(page, email, "/reset/")
    page.get_by_label("新密码").fill("山顶的四棵松树和一口井")
    page.get_by_role("button", name="设置新密码").click()
    _enter(page, email, "湖边的三只白鹭和一条船")
    expect(page.get_by_role("alert")).to_be_visible()
    _enter(page, email, "山顶的四棵松树和一口井")
    expect(page.get_by_label("我的菜单")).to_be_visible()


def _follow_link(page: Page, to: str, kind: str) -> None:
    """Open the newest mail to ``to`` on the demo's mail page and follow its link."""
    for _try in range(60):
        page.goto("/demo/mail")
        for row in page.locator("li", has_text=to).all():
            row.get_by_role("link").click()
            link = page.locator(f"main a[href^='{kind}']")
            if link.count():
                link.first.click()
                return
            page.goto("/demo/mail")
            break
        page.wait_for_timeout(500)
    raise AssertionError(f"no mail to {to} with a link to {kind}")


def _enter(page: Page, account: str, password: str) -> None:
    page.goto("/sign-in")
    page.get_by_label("学工号或邮箱").fill(account)
    page.get_by_label("密码", exact=True).fill(password)
    page.get_by_role("button", name="登录", exact=True).click()
    page.wait_for_load_state()
