"""Students on a phone: a message with a photo through a bad network, an answer rated and reopened; one without a name."""

from __future__ import annotations

import re

from playwright.sync_api import FilePayload, Page, expect

from campus_service.core.db import db, transaction
from campus_service.feedback import commands as c
from campus_service.feedback import queries, service
from campus_service.feedback.states import CaseState
from tests.journeys.conftest import OFFLINE, Windows, sign_in
from tests.journeys.site import Site
from tests.media.pictures import phone_photo

TEXT = "一食堂门口的路灯坏了，晚上看不清台阶，请来修一下"
PHOTO: FilePayload = {"name": "灯.jpg", "mimeType": "image/jpeg", "buffer": phone_photo(640, 480)}


def _submit(page: Page) -> None:
    page.get_by_role("button", name="提交", exact=True).click()


def _number(page: Page) -> str:
    expect(page.get_by_text(re.compile(r"\d{4}-F\d+")).first).to_be_visible()
    found = re.search(r"\d{4}-F\d+", page.locator("main").inner_text())
    assert found
    return found.group()


def _routed(site: Site, no: str) -> None:
    """Whatever routing said, logistics gets it and accepts."""
    people = site.people
    with site.app.app_context():
        if queries.case_by_no(no).department_code != "logistics":
            with transaction():
                service.route(people.coordinator.actor, no, c.RouteCase(department="logistics"))
        with transaction():
            service.accept(people.officer.actor, no)
        db.session.remove()


def _say(site: Site, no: str, step: str, words: str) -> None:
    """郑老师 asks, or answers; 陈师傅 answers what was reopened."""
    people = site.people
    with site.app.app_context():
        with transaction():
            if step == "ask":
                service.ask(people.officer.actor, no, c.Say(body=words))
            else:
                who = people.officer if step == "answer" else people.colleague
                service.answer(who.actor, no, c.WriteAnswer(body=words, outcome="solved"))
        db.session.remove()


def _type(phone: Page) -> None:
    """Write it down; what comes next is worked out meanwhile."""
    phone.get_by_label("发生了什么").press_sequentially(TEXT)
    after = phone.locator("#after")
    expect(after).to_contain_text("后勤处")
    expect(after).to_contain_text("求助 3 个工作日")
    expect(phone.get_by_role("radio", name="请人处理")).to_be_checked()
    phone.get_by_role("radio", name="投诉").check()
    expect(after).to_contain_text("投诉 5 个工作日")
    phone.get_by_role("radio", name="请人处理").check()
    expect(after).to_contain_text("求助 3 个工作日")
    phone.get_by_label("地点").fill("一食堂门口")
    phone.locator("input[name=photo_files]").set_input_files([PHOTO])
    expect(phone.locator("[data-photo]:not(.sending)")).to_be_visible()


def _send_through_a_bad_network(phone: Page) -> str:
    """The network goes: nothing is lost, not even when the page is opened anew."""
    phone.context.set_offline(True)
    _submit(phone)
    expect(phone.get_by_text("网络断了，还没有发出去。")).to_be_visible()
    phone.context.set_offline(False)
    phone.reload()
    expect(phone.get_by_text("上次没有发出去的内容，已经放回来了。")).to_be_visible()
    expect(phone.get_by_label("发生了什么")).to_have_value(TEXT)
    expect(phone.locator("[data-photo]")).to_have_count(1)
    expect(phone.locator("#after")).to_contain_text("后勤处")
    _submit(phone)
    expect(phone.get_by_text("发出去了。")).to_be_visible()
    return _number(phone)


def _rate(phone: Page, solved: str, stars: int) -> None:
    phone.get_by_role("radio", name=solved, exact=True).check()
    phone.get_by_role("radio", name=f"{stars} 分").check()
    phone.get_by_role("button", name="提交评价").click()
    expect(phone.get_by_text("谢谢，你的评价已经记下。")).to_be_visible()


def test_a_student_sends_with_a_photo_through_a_bad_network_and_sees_it_to_the_end(
    windows: Windows, site: Site
) -> None:
    windows.expected = OFFLINE
    phone = windows.open()
    sign_in(phone, site.student("赵晨"))
    phone.goto("/")
    phone.get_by_role("link", name=re.compile("我有问题")).click()
    _type(phone)
    no = _send_through_a_bad_network(phone)
    expect(phone.locator(".pledge .by")).to_have_text(re.compile(r"\d+月\d+日"))
    expect(phone.locator(".shots img")).to_have_count(1)
    phone.goto("/feedback/new")
    expect(phone.get_by_label("发生了什么")).to_have_value("")

    _routed(site, no)
    _say(site, no, "ask", "是东门还是西门的灯？")
    phone.goto("/me")
    phone.get_by_role("link", name=re.compile("一食堂门口的路灯坏了")).click()
    expect(phone.get_by_text("是东门还是西门的灯？").first).to_be_visible()
    phone.get_by_label("你的补充").fill("东门，靠自行车棚那一盏")
    phone.get_by_role("button", name="发出").click()
    expect(phone.get_by_text("补充已经送到。")).to_be_visible()

    _say(site, no, "answer", "灯泡已经换好。")
    phone.goto(f"/feedback/{no}")
    expect(phone.locator(".reply")).to_contain_text("灯泡已经换好。")
    _rate(phone, "没有解决", 2)
    phone.get_by_label("哪里没有解决").fill("昨晚又不亮了")
    phone.get_by_role("button", name="重新办理").click()
    expect(phone.get_by_text("已经请另一个人重新办理。")).to_be_visible()

    _say(site, no, "again", "换了线路，连看三晚都亮。")
    phone.goto(f"/feedback/{no}")
    _rate(phone, "解决了", 5)
    with site.app.app_context():
        row = queries.case_by_no(no)
        assert (row.state, row.solved, row.rating) == (CaseState.CLOSED, True, 5)
        db.session.remove()


def test_without_a_name_the_receipt_is_shown_once_and_both_sides_write(windows: Windows, site: Site) -> None:
    phone = windows.open()
    phone.goto("/feedback/new")
    phone.get_by_label("发生了什么").press_sequentially("二食堂三号窗口的打饭阿姨少找钱，请查一查水电和收银")
    expect(phone.locator("#after")).to_contain_text("前答复")
    phone.locator("input[name=photo_files]").set_input_files([PHOTO])
    _submit(phone)
    shown = phone.get_by_role("img", name=re.compile("查询码"))
    expect(shown).to_be_visible()
    receipt = "".join(shown.locator("span").all_inner_texts())
    assert re.fullmatch(r"\d{16}", receipt)
    no = _number(phone)

    # Nothing of it stays on the device, and the digits are not shown again.
    stored = phone.evaluate("[...Object.keys(localStorage), ...Object.keys(sessionStorage)]")
    assert not [key for key in stored if key.startswith("draft:")]
    assert phone.goto(f"/feedback/{no}").status == 404  # type: ignore[union-attr]

    _routed(site, no)
    _say(site, no, "ask", "大概是几点钟？")
    other = windows.open()
    other.goto("/feedback/track")
    other.get_by_label("16 位查询码").fill(f"{receipt[:4]} {receipt[4:8]} {receipt[8:12]} {receipt[12:]}")
    other.get_by_role("button", name="打开", exact=True).click()
    expect(other.get_by_text("大概是几点钟？").first).to_be_visible()
    expect(other.locator(".shots img").first).to_be_visible()
    other.get_by_label("你的补充").fill("中午十二点多")
    other.get_by_role("button", name="发出").click()
    expect(other.get_by_text("补充已经送到。")).to_be_visible()

    _say(site, no, "answer", "查过录像，已经退还并道歉。")
    other.reload()
    expect(other.locator(".reply")).to_contain_text("已经退还并道歉")
    other.get_by_role("radio", name="解决了", exact=True).check()
    other.get_by_role("button", name="提交评价").click()
    expect(other.get_by_text("你说解决了").first).to_be_visible()
    other.get_by_role("button", name="离开").click()
    expect(other.get_by_text("这台设备上已经看不到了。")).to_be_visible()
    assert other.goto(f"/feedback/{no}").status == 404  # type: ignore[union-attr]


def _drafts(page: Page) -> tuple[int, int]:
    """How many drafts the device keeps, and how many this tab."""
    count = "place => Object.keys(window[place]).filter(key => key.endsWith(':feedback')).length"
    return page.evaluate(count, "localStorage"), page.evaluate(count, "sessionStorage")


def test_a_nameless_draft_goes_with_its_tab(windows: Windows, site: Site) -> None:
    windows.expected = OFFLINE
    phone = windows.open()
    sign_in(phone, site.student("顾盼"))
    phone.goto("/feedback/new")
    words, switch = phone.get_by_label("发生了什么"), phone.get_by_role("switch", name=re.compile("不留名字"))
    words.press_sequentially("宿舍楼下的门禁坏了")
    phone.reload()
    expect(words).to_have_value("宿舍楼下的门禁坏了")
    assert _drafts(phone) == (1, 0)
    switch.check()
    phone.context.set_offline(True)
    _submit(phone)
    expect(phone.get_by_text("网络断了，还没有发出去。")).to_be_visible()
    phone.context.set_offline(False)
    phone.reload()
    expect(words).to_have_value("宿舍楼下的门禁坏了")
    expect(switch).to_be_checked()
    assert _drafts(phone) == (0, 1)
    fresh = phone.context.new_page()
    fresh.goto("/feedback/new")
    expect(fresh.get_by_label("发生了什么")).to_have_value("")


def test_who_meets_the_same_follows_instead_of_writing_again(windows: Windows, site: Site) -> None:
    phone = windows.open()
    sign_in(phone, site.student("白露"))
    phone.goto("/feedback/new")
    phone.get_by_label("发生了什么").press_sequentially("三教二楼西侧楼梯口的感应灯不亮，请来修")
    phone.get_by_label("地点").fill("第三教学楼 二楼西侧")
    phone.get_by_label("发生了什么").focus()
    expect(phone.get_by_text("位同学说过同一件事")).to_be_visible()
    phone.get_by_role("link", name="看看进展，一起跟进").click()
    phone.get_by_role("button", name="我也遇到，有答复告诉我").click()
    expect(phone.get_by_role("button", name="我也遇到，不再跟进")).to_be_visible()
