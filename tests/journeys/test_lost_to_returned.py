"""From “I found something” to “returned”: finder, loser and rival on their phones, desk and security at their screens."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from campus_service.lostfound.categories import Category
from campus_service.lostfound.demo_pictures import draw
from tests.journeys.conftest import Windows, send_report, sign_in
from tests.journeys.site import Site
from tests.media.pictures import carries_only_a_picture, phone_photo

MARKS = "水洗标只剩半截，流苏缺一根"
# Worker and index answer within a second or two; a busy machine may need more.
PATIENCE = 30_000


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """A photo as a phone takes it."""
    path = tmp_path / "IMG_0001.jpg"
    path.write_bytes(draw(Category.CLOTHING, "黑红格子围巾", seed=7))
    return path


@pytest.fixture
def location_photo(tmp_path: Path) -> Path:
    """One that says where it was taken."""
    path = tmp_path / "IMG_0002.jpg"
    path.write_bytes(phone_photo(1200, 900))
    return path


def _reload_until(page: Page, there: Callable[[], Locator]) -> Locator:
    """Look again until the worker has done its part."""
    for _try in range(PATIENCE // 500):
        if there().count():
            return there().first
        page.wait_for_timeout(500)
        page.reload()
    raise AssertionError(f"never came on {page.url}: {there()}")


def _heading(page: Page) -> Locator:
    return page.get_by_role("heading", level=1)


def _post_found(page: Page, title: str, picture: Path) -> str:
    """Photo first, two fields, sent; returns the number of the report."""
    page.goto("/")
    page.get_by_role("link", name="我捡到东西").click()
    page.locator("input[name=photo_files]").set_input_files(picture)
    expect(page.locator("[data-photo] input[type=hidden]")).to_have_count(1)
    page.get_by_label("是什么东西").fill(title)
    expect(page.get_by_role("radio", name="衣物", exact=True)).to_be_checked()
    page.get_by_label("在哪里捡到的").fill("图书馆一楼咖啡角")
    page.get_by_role("radio", name="先放我这里").check()
    page.get_by_label("只给核对人员看").fill(MARKS)
    send_report(page)
    return page.url.split("/")[-1].partition("?")[0]


def _post_lost(page: Page, title: str, find: str) -> None:
    """The form shows the find among similar things before anything is sent."""
    page.goto("/lost-found/new/lost")
    page.get_by_label("是什么东西").fill(title)
    page.get_by_label("大概丢在哪里").fill("图书馆")
    page.get_by_label("样子").focus()
    expect(page.get_by_role("radio", name="衣物", exact=True)).to_be_checked()
    expect(page.locator("#similar").get_by_role("link", name=find)).to_be_visible()
    send_report(page)


def _claim(page: Page, no: str, answer: str) -> None:
    page.goto(f"/lost-found/{no}")
    page.locator("#f-answer").fill(answer)
    page.get_by_label("什么时候、在哪里丢的").fill("昨天下午，咖啡角沙发")
    page.get_by_role("button", name="提交认领").click()
    expect(_heading(page)).to_have_text("我的认领")
    expect(page.get_by_text("前答复你。")).to_be_visible()


def _notice(page: Page, words: str) -> Locator:
    page.goto("/me/notifications")
    return _reload_until(page, lambda: page.get_by_role("button", name=words))


def _hand_in(desk: Page, no: str, title: str) -> None:
    """The finder brought it: a shelf, one more mark, a label to stick on."""
    desk.goto(f"/desk/shelf?q={no}")
    desk.get_by_role("link", name=title).click()
    desk.get_by_label("架位").first.fill("B-07")
    desk.get_by_label("补充核对特征").fill("一角绣着字母 L")
    desk.get_by_role("button", name="收下").click()
    expect(desk.get_by_text("收下了。贴上标签，放到架位。")).to_be_visible()
    expect(desk.get_by_text("B-07").first).to_be_visible()
    desk.goto(f"/desk/items/{no}/label")
    expect(desk.locator(".tag")).to_contain_text(no)
    desk.goto(f"/s/{no}")
    expect(desk.get_by_text(no).first).to_be_visible()


def _decide(security: Page, title: str) -> None:
    """Both answers side by side; the one who knows the marks is believed."""
    security.goto("/desk/claims")
    security.get_by_role("link", name=title).click()
    expect(security.get_by_text(MARKS)).to_be_visible()
    expect(security.get_by_role("heading", name="认领 A")).to_be_visible()
    expect(security.get_by_role("heading", name="认领 B")).to_be_visible()
    security.get_by_role("button", name="通过 B", exact=True).click()
    expect(security.get_by_text("认领通过了，取件码已发给认领的人。")).to_be_visible()


def _code_of(loser: Page, title: str) -> str:
    """The six digits, reached from the notice on the phone."""
    _notice(loser, f"认领通过了：{title}").click()
    shown = loser.locator(".pickup .code").get_attribute("aria-label") or ""
    code = re.sub(r"\D", "", shown)
    assert len(code) == 6, shown
    return code


def _enter_code(desk: Page, code: str) -> None:
    desk.goto("/desk/returns")
    desk.get_by_label("领取人报的 6 位取件码").fill(code)
    desk.get_by_role("button", name="核对").click()


def _hand_out(desk: Page, loser: Page, security: Page, title: str) -> None:
    """A document is looked at, he presses on his phone, which has asked by itself; then the officer confirms."""
    expect(desk.get_by_text("领取人：丢的人")).to_be_visible()
    desk.get_by_label("号码末 4 位").fill("0231")
    desk.get_by_role("button", name="看过证件了").click()
    expect(desk.get_by_text("确认请求已发到丢的人的手机")).to_be_visible()
    loser.get_by_role("button", name="东西对，我收到了").click(timeout=PATIENCE)
    expect(loser.get_by_text("你已确认收到。")).to_be_visible()
    security.goto("/desk/returns")
    security.get_by_role("link", name=title).click()
    security.get_by_role("button", name="确认交还").click()
    expect(security.get_by_role("heading", name="交还好了")).to_be_visible()


def _mail_came(visitor: Page, to: str, subject: str) -> None:
    visitor.goto("/demo/mail")
    _reload_until(visitor, lambda: visitor.locator("li", has_text=subject).filter(has_text=to))
    visitor.locator("li", has_text=subject).filter(has_text=to).get_by_role("link").click()
    expect(_heading(visitor)).to_contain_text(subject)


def test_a_scarf_is_found_lost_claimed_by_two_and_returned_to_its_owner(
    site: Site, windows: Windows, picture: Path
) -> None:
    title = "黑红格子羊毛围巾"
    owner = site.student("丢的人")
    finder = sign_in(windows.open(), site.student("拾到的人"))
    loser = sign_in(windows.open(), owner)
    rival = sign_in(windows.open(), site.student("也来认领的人"))
    desk = windows.open(phone=False, signed_in="desk")
    security = windows.open(phone=False, signed_in="security")
    visitor = windows.open()

    no = _post_found(finder, title, picture)
    visitor.goto("/lost-found?q=红格子羊毛围巾")
    _reload_until(visitor, lambda: visitor.get_by_role("link", name=title))
    _post_lost(loser, "格子围巾", title)
    loser.goto("/lost-found?q=红格子羊毛围巾")
    loser.get_by_role("link", name=title).click()
    expect(_heading(loser)).to_have_text(title)
    expect(loser.get_by_role("img", name=f"{title}的照片")).to_be_visible()
    expect(loser.get_by_text(MARKS)).to_have_count(0)

    _hand_in(desk, no, title)
    _claim(rival, no, "红色的，很暖和")
    _claim(loser, no, "水洗标被我剪得只剩半截，一角绣着 L")
    _decide(security, title)
    code = _code_of(loser, title)
    _enter_code(desk, code)
    _hand_out(desk, loser, security, title)

    # The same code is worth nothing now.
    _enter_code(desk, code)
    expect(desk.get_by_text("没有这个取件码：可能输错、用过或已过期。").first).to_be_visible()

    # Everybody is told, on the site and by mail.
    _notice(loser, f"已经领回：{title}")
    _notice(finder, f"回到主人手里了：{title}")
    _notice(rival, f"认领没有通过：{title}").click()
    expect(rival.get_by_text("已由失主核对领回")).to_be_visible()
    _mail_came(visitor, owner.email, f"已经领回：{title}")

    # It has left the list; whoever was sent the link reads how it ended.
    visitor.goto("/lost-found?q=红格子羊毛围巾")
    _until_gone(visitor, lambda: visitor.get_by_role("link", name=title))
    visitor.goto(f"/lost-found/{no}")
    expect(visitor.get_by_role("heading", name="已经回到主人手里")).to_be_visible()
    expect(visitor.get_by_role("img", name=f"{title}的照片")).to_have_count(0)


def _until_gone(page: Page, there: Callable[[], Locator]) -> None:
    for _try in range(PATIENCE // 500):
        if not there().count():
            return
        page.wait_for_timeout(500)
        page.reload()
    raise AssertionError(f"never left {page.url}: {there()}")


def test_a_photo_of_the_public_page_tells_nothing_about_where_it_was_taken(
    site: Site, windows: Windows, location_photo: Path
) -> None:
    finder = sign_in(windows.open(), site.student("拍照的人"))
    no = _post_found(finder, "灰色毛线帽", location_photo)
    visitor = windows.open()
    visitor.goto(f"/lost-found/{no}")
    source = visitor.get_by_role("img", name="灰色毛线帽的照片").evaluate("image => image.currentSrc")
    answer = visitor.request.get(source)
    assert answer.headers["content-type"] == "image/jpeg"
    assert carries_only_a_picture(answer.body())
