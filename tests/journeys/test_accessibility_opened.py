"""What a page shows only after something was done: menus, sheets, errors, photos, drafts; looked at like the pages."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.journeys.conftest import DESKTOP, OFFLINE, Windows
from tests.journeys.looking import faults
from tests.journeys.site import Site
from tests.media.pictures import phone_photo


@dataclass(frozen=True)
class Deed:
    """Something done on a page; ``shows``: what it brings, by selector."""

    name: str
    path: str
    who: str
    do: Callable[[Page], None]
    shows: str


def _click(role: str, name: str) -> Callable[[Page], None]:
    def do(page: Page) -> None:
        page.get_by_role(role, name=re.compile(name)).locator("visible=true").first.click()  # type: ignore[arg-type]

    return do


def _press(key: str) -> Callable[[Page], None]:
    return lambda page: page.keyboard.press(key)


def _send(form: str) -> Callable[[Page], None]:
    """Send a form as it is, past the browser's own check of what is required."""
    script = "form => { form.noValidate = true; form.requestSubmit() }"
    return lambda page: page.locator(form).evaluate(script)


def _upload(name: str, data: bytes) -> Callable[[Page], None]:
    file: FilePayload = {"name": name, "mimeType": "image/jpeg", "buffer": data}
    return lambda page: page.locator("input[name=photo_files]").set_input_files([file])


def _suggested(page: Page) -> None:
    page.get_by_role("combobox").fill("xyk")
    page.get_by_role("listbox").wait_for()
    page.keyboard.press("ArrowDown")


def _wrong_password(page: Page) -> None:
    page.get_by_label("学工号或邮箱").fill("lin@demo.example")
    page.get_by_label("密码", exact=True).fill("not the password")
    page.get_by_role("button", name="登录", exact=True).click()


def _similar(page: Page) -> None:
    page.get_by_label("是什么东西").fill("黑红格子围巾")
    page.get_by_label("大概丢在哪里").fill("图书馆")
    page.get_by_label("样子").focus()


def _offline(page: Page) -> None:
    page.get_by_label("是什么东西").fill("黄色雨衣")
    page.get_by_label("大概丢在哪里").fill("操场")
    page.context.set_offline(True)
    page.get_by_role("button", name="登记寻物").click()


def _restored(page: Page) -> None:
    _offline(page)
    expect(page.locator("[data-draft-failed]")).to_be_visible()
    page.context.set_offline(False)
    page.reload()


def _new_token(page: Page) -> None:
    page.get_by_label("令牌的用途").fill("看一看")
    page.get_by_role("button", name="新建令牌").click()


def _feedback(page: Page) -> None:
    page.get_by_label("发生了什么").press_sequentially("三教二楼西侧楼梯口的感应灯不亮，走廊的水管也在滴水")


def _nameless(page: Page) -> None:
    _feedback(page)
    page.get_by_role("button", name="提交", exact=True).click()


def _by_receipt(page: Page) -> None:
    _nameless(page)
    page.get_by_role("button", name="打开这件反馈").click()


def _report(page: Page) -> None:
    _feedback(page)
    page.get_by_role("radio", name="举报").check()


def _several(page: Page) -> None:
    page.set_viewport_size(DESKTOP)
    page.locator(".tick").first.check()


def _no_labels(page: Page) -> None:
    for box in page.get_by_role("checkbox").all():
        box.uncheck()
    page.get_by_role("button", name="做成 PDF").click()


DEEDS = [
    Deed("what may be meant", "/", "", _suggested, '[role="option"][aria-selected="true"]'),
    Deed("what guide may be meant", "/guide", "", _suggested, '[role="option"][aria-selected="true"]'),
    Deed("menu", "/", "lin", lambda page: page.get_by_label("我的菜单").click(), ".menu-in"),
    Deed("filters", "/lost-found", "", _click("button", "筛选"), "#filters"),
    Deed("withdraw", "/lost-found/{lost}", "lin", _click("button", "撤回登记"), "#withdraw"),
    Deed("share", "/lost-found/{item}", "", _click("button", "分享"), "#share img"),
    Deed("errors of labels", "/desk/labels", "desk", _no_labels, "[role=alert]"),
    Deed("errors of a loss", "/lost-found/new/lost", "lin", _send("#post"), "[role=alert]"),
    Deed("errors of a find", "/lost-found/new/found", "lin", _send("#post"), "[role=alert]"),
    Deed("errors of a claim", "/lost-found/{watch}", "wu", _send("#claim"), "[role=alert]"),
    Deed("errors of an appeal", "/lost-found/claims/{rejected}", "lin", _send("form[data-draft]"), "[role=alert]"),
    Deed("similar things", "/lost-found/new/lost", "lin", _similar, "#similar section"),
    Deed("a photo", "/lost-found/new/found", "zhou", _upload("a.jpg", phone_photo(640, 480)), "[data-photo]:not(.sending)"),
    Deed("no photo", "/lost-found/new/found", "zhou", _upload("a.jpg", b"no picture"), "[data-photo].failed"),
    Deed("offline", "/lost-found/new/lost", "zhou", _offline, "[data-draft-failed]"),
    Deed("a draft", "/lost-found/new/lost", "zhou", _restored, "[data-draft-notice]"),
    Deed("wrong password", "/sign-in", "", _wrong_password, "[role=alert]"),
    Deed("errors of signing up", "/sign-up", "", _send("main form"), "[role=alert]"),
    Deed("a new token", "/me/settings", "wu", _new_token, "textarea[readonly]"),
    Deed("something to say", "/feedback/new", "zhou", _feedback, "#after b"),
    Deed("the same was said", "/feedback/new?text=三教二楼西侧楼梯口的感应灯不亮", "zhou", _feedback, "#alike .notice"),
    Deed("a report", "/feedback/new", "zhou", _report, ".on-report"),
    Deed("errors of a message", "/feedback/new", "zhou", _send("#feedback"), "[role=alert]"),
    Deed("a receipt", "/feedback/new", "", _nameless, ".digits"),
    Deed("a case by its receipt", "/feedback/new", "", _by_receipt, ".by-receipt"),
    Deed("a wrong receipt", "/feedback/track", "", _send("main form"), ".error"),
    Deed("add a word", "/feedback/{case}", "lin", _click("button", "补充一句"), "#say"),
    Deed("all right already", "/feedback/{case}", "lin", _click("button", "已经好了"), "#withdraw"),
    Deed("errors of a verdict", "/feedback/{case_answered}", "lin", _send(".verdict"), ".error"),
    Deed("keys", "/desk/shelf", "desk", _press("?"), "dialog[open]"),
    Deed("desks", "/desk/intake", "desk", _click("button", "招领点"), "#at"),
    Deed("all categories", "/desk/intake", "desk", _press("m"), "details[open] .catpick"),
    Deed("contents", "/desk/intake", "desk", _click("radio", "有，分开登记"), ".contents"),
    Deed("errors of taking in", "/desk/intake", "desk", _send("#intake"), "[role=alert]"),
    Deed("a wrong code", "/desk/returns", "desk", _send("form.enter"), ".error"),
    Deed("no refusal without a reason", "/desk/claims/{claimed}", "security", _click("button", "^不通过 A"), ".error"),
    Deed("without a phone", "/desk/returns/{pickup_shown}", "security", _press("n"), "details[open] form"),
    Deed("abort", "/desk/returns/{pickup_shown}", "security", _click("button", "人或证件对不上"), "#abort"),
    Deed("hand over", "/desk/items/{watch}", "security", lambda page: page.get_by_text("移交出去").click(), ".act[open]"),
    Deed("hand a case over", "/inbox/{case}", "officer", _press("t"), "details[open] form.step"),
    Deed("a note", "/inbox/{case}", "officer", _press("i"), ".on-note"),
    Deed("templates", "/inbox/{case}", "officer", _press("u"), ".menu-in"),
    Deed("errors of an answer", "/inbox/{case}", "officer", _send("#say"), "[role=alert]"),
    Deed("several cases", "/inbox", "officer", _several, "#bulk"),
    Deed("split", "/triage/{to_triage}", "coordinator", _press("s"), "#split"),
    Deed("errors of a decision", "/triage/{returned_twice}", "coordinator", _send(".dp form[data-key-submit]"), "[role=alert]"),
    Deed("errors of a rule", "/triage/rules/new", "coordinator", _send("main form"), "[role=alert]"),
    Deed("delete a rule", "/triage/rules/{rule}", "coordinator", _click("button", "删掉这条规则"), "#delete"),
    Deed("a new article without a title", "/newsroom", "writer", _send(".nr-side form"), ".error"),
    Deed("a place is arranged", "/newsroom/issues/{issue_planned}", "editor", lambda page: page.locator(".nr-more summary").first.click(), ".nr-more[open]"),
    Deed("a place without a topic", "/newsroom/issues/{issue_planned}", "editor", _send("#add form"), ".error"),
    Deed("sent too early", "/newsroom/issues/{issue_planned}", "editor", _click("button", "送主编"), "[role=alert]"),
    Deed("publish now?", "/newsroom/issues/{issue_signed}", "chief", _click("button", "现在就出刊"), "[popover]"),
    Deed("no time", "/newsroom/issues/{issue_signed}", "chief", _send(".nr-time"), ".error"),
    Deed("online now?", "/newsroom/articles/{article_approved}/desk", "chief", _click("button", "现在就上线"), "[popover]"),
    Deed("close an account", "/admin/users/{person}", "admin", _click("button", "停用账号"), "#close"),
]  # fmt: skip


@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.name)
def test_what_a_deed_shows_can_be_used_by_everybody(deed: Deed, site: Site, windows: Windows) -> None:
    windows.expected = (*OFFLINE, "415 (UNSUPPORTED MEDIA TYPE)")
    page = windows.open(signed_in=deed.who, color_scheme="light", reduced_motion="reduce")
    page.goto(deed.path.format_map(site.things))
    deed.do(page)
    expect(page.locator(deed.shows).filter(visible=True).first).to_be_visible()
    wrong = [f"390 px, light: {fault}" for fault in faults(page)]
    page.set_viewport_size(DESKTOP)
    page.emulate_media(color_scheme="dark")
    wrong += [f"1280 px, dark: {fault}" for fault in faults(page)]
    assert not wrong, "\n".join(wrong)
