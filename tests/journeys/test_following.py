"""Waiting for a thing, writing with whoever found it, and taking one's data along: on phones, as people do it."""

from __future__ import annotations

import zipfile

from playwright.sync_api import Page, expect

from campus_service.accounts.demo import PASSWORD
from campus_service.core.db import db
from tests.bulletin.stories import online
from tests.journeys.conftest import Windows, send_report, sign_in
from tests.journeys.site import Site

TITLE = "月白色保温杯"
ARTICLE = "极光摄影社的第一课"
HELLO = "杯底是不是贴着一张小猫贴纸？"
PATIENCE = 30_000


def _comes(page: Page, address: str, name: str, role: str = "button") -> None:
    """Look again until the worker has done its part, then open it."""
    for _try in range(PATIENCE // 500):
        page.goto(address)
        there = page.get_by_role(role, name=name)  # type: ignore[arg-type]
        if there.count():
            there.first.click()
            return
        page.wait_for_timeout(500)
    raise AssertionError(f"never came on {page.url}: {name}")


def _find(page: Page) -> None:
    """Somebody posts what he found and keeps it for now."""
    page.goto("/lost-found/new/found")
    page.get_by_label("是什么东西").fill(TITLE)
    page.get_by_label("在哪里捡到的").fill("体育馆看台")
    expect(page.get_by_role("radio", name="水杯", exact=True)).to_be_checked()
    page.get_by_role("radio", name="先放我这里").check()
    send_report(page)


def _write(page: Page, words: str) -> None:
    page.get_by_label("想说什么").fill(words)
    page.get_by_role("button", name="发送").click()


def test_who_follows_a_search_hears_of_the_find_and_writes_with_the_finder(
    site: Site, windows: Windows
) -> None:
    owner = site.student("等杯的人")
    loser = sign_in(windows.open(), owner)
    finder = sign_in(windows.open(), site.student("捡到杯的人"))

    loser.goto("/lost-found?q=保温杯")
    loser.get_by_role("button", name="关注这个搜索").click()
    expect(loser.get_by_role("heading", level=1)).to_have_text("我的关注")
    expect(loser.get_by_text("还没有对上的。")).to_be_visible()

    _find(finder)
    _comes(loser, "/me/notifications", f"有新的招领对上了你的关注：{TITLE}")
    expect(loser.get_by_role("heading", level=1)).to_have_text(TITLE)

    loser.get_by_role("link", name="联系发布人").click()
    _write(loser, f"{HELLO} 打我 13800138000")
    expect(loser.get_by_text("确实要发，再点一次。").first).to_be_visible()
    _write(loser, HELLO)
    expect(loser.get_by_text(HELLO)).to_be_visible()

    _comes(finder, "/me/notifications", f"有一条留言：{TITLE}")
    expect(finder.get_by_text(HELLO)).to_be_visible()
    expect(finder.get_by_text(owner.name)).to_have_count(0)
    _write(finder, "是的，我现在就交到体育馆服务台")
    _comes(loser, "/me/notifications", f"有一条留言：{TITLE}")
    expect(loser.get_by_text("我现在就交到体育馆服务台")).to_be_visible()
    expect(loser.get_by_text("捡到杯的人")).to_have_count(0)


def test_who_follows_articles_hears_of_the_one_that_is_published(site: Site, windows: Windows) -> None:
    reader = sign_in(windows.open(), site.student("等文章的人"))
    reader.goto(f"/search?q={ARTICLE[:4]}&tab=article")
    expect(reader.get_by_text("有新的指南针文章对上了，就告诉你。")).to_be_visible()
    reader.get_by_role("button", name="关注这个搜索").click()
    expect(reader.get_by_role("heading", level=1)).to_have_text("我的关注")
    expect(reader.get_by_text("指南针文章 · ")).to_be_visible()

    with site.app.app_context():
        online(site.people, title=ARTICLE)
        db.session.remove()
    _comes(reader, "/me/notifications", f"有新的指南针文章对上了你的关注：{ARTICLE}")
    expect(reader.get_by_role("heading", level=1)).to_have_text(ARTICLE)
    reader.goto("/me/following")
    expect(reader.get_by_role("link", name=ARTICLE)).to_be_visible()


def test_a_copy_of_one_s_data_is_fetched_and_a_deletion_taken_back(site: Site, windows: Windows) -> None:
    person = site.student("要副本的人")
    page = sign_in(windows.open(), person)
    page.goto("/me")
    page.get_by_role("link", name="我的数据").click()
    page.get_by_role("button", name="整理一份副本").click()
    _comes(page, "/me/notifications", "你的数据副本好了")
    with page.expect_download() as fetched:
        page.get_by_role("link", name="下载副本").click()
    with zipfile.ZipFile(fetched.value.path()) as copy:
        assert person.email in copy.read("account.json").decode()
    page.get_by_label("照着写").fill("删除我的数据")
    page.get_by_label("密码").fill("nothing like it")
    page.get_by_role("button", name="七天后删除").click()
    expect(page.get_by_text("密码不对。").first).to_be_visible()
    page.get_by_label("照着写").fill("删除我的数据")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="七天后删除").click()
    page.get_by_role("button", name="不删除了").click()
    expect(page.get_by_role("button", name="七天后删除")).to_be_visible()
