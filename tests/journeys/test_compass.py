"""The bulletin from the first word to its reader: writer, reviewer, chief editor, and a student who subscribes."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Page, expect
from sqlalchemy import select

from campus_service.bulletin.models import Issue, Publication, ReadCount
from campus_service.core.db import db
from tests.bulletin.stories import approved, published
from tests.journeys.conftest import Windows
from tests.journeys.looking import faults
from tests.journeys.site import Site
from tests.media.pictures import phone_photo

TITLE = "湖边夜跑，先看这三盏灯"
BODY = "## 从哪里跑\n\n从图书馆东门出发，沿湖一圈。\n\n## 哪里黑\n\n三食堂后面有两盏灯坏了。"


def test_from_the_first_word_to_the_reader(site: Site, windows: Windows, tmp_path: Path) -> None:
    writer = windows.open(signed_in="writer")
    path = _written(writer, tmp_path)
    reviewer = windows.open(signed_in="editor2", phone=False)
    _sent_back(reviewer, path)
    _answered(writer, path)
    _let_through(reviewer, path)
    plan = _planned(windows.open(signed_in="editor", phone=False))
    number = _signed_and_out(windows.open(signed_in="chief", phone=False), plan)
    _read_and_subscribed(windows.open(), site, number)


def _written(page: Page, folder: Path) -> str:
    """A writer on his phone begins an article, with a picture, and sends it to review; returns its address."""
    page.goto("/newsroom")
    page.get_by_role("link", name="写一篇").first.click()
    page.get_by_role("radio", name="生活小贴士").check()
    page.get_by_label("工作标题").fill(TITLE)
    page.get_by_role("button", name="开始写").last.click()
    page.wait_for_url(re.compile("/newsroom/articles/"))
    page.get_by_label("导语").fill("跑前先看灯。")
    page.locator("#f-body").fill(BODY)
    expect(page.locator("[data-said]")).to_contain_text("已保存")
    file = folder / "lamp.jpg"
    file.write_bytes(phone_photo(640, 480))
    page.locator("[data-choose]").set_input_files(file)
    dialog = page.get_by_role("dialog", name="插图片")
    dialog.get_by_label("图里是什么").fill("湖边的路灯")
    dialog.get_by_role("button", name="插到正文里").click()
    expect(page.locator("[data-image-list] img")).to_have_count(1)
    expect(page.locator("[data-said]")).to_contain_text("已保存")
    path = page.url
    page.get_by_role("button", name="送审").click()
    expect(page.get_by_text("已送审")).to_be_visible()
    return path


def _sent_back(page: Page, path: str) -> None:
    """Another editor says a word at a paragraph, and what to change."""
    page.goto(f"{path}/review")
    assert faults(page) == []
    place = page.locator(".rv-p").filter(has_text="两盏灯坏了")
    place.get_by_text("批注").click()
    place.get_by_label("这一段怎么了").fill("报修了吗？写上单号。")
    place.get_by_role("button", name="记下").click()
    page.get_by_label("还要改什么").fill("写清报修到哪一步了。")
    page.get_by_role("button", name="退回去改").click()
    expect(page.get_by_role("status")).to_contain_text("退回去改了")


def _answered(page: Page, path: str) -> None:
    page.goto(path)
    expect(page.get_by_text("写清报修到哪一步了。").first).to_be_visible()
    body = page.locator("#f-body")
    body.fill(body.input_value().replace("坏了。", "坏了，后勤处说周五前修好。"))
    expect(page.locator("[data-said]")).to_contain_text("已保存")
    page.get_by_role("button", name="送审").click()
    expect(page.get_by_text("已送审")).to_be_visible()


def _let_through(page: Page, path: str) -> None:
    """The reviewer sees what has changed, and lets it through."""
    page.goto(f"{path}/review")
    expect(page.get_by_text("上次审过之后改了什么")).to_be_visible()
    page.get_by_role("button", name="通过").click()
    expect(page.get_by_text("文字的指纹")).to_be_visible()


def _planned(page: Page) -> str:
    """An editor makes an issue of it and sends it to the chief editor; returns the plan's address."""
    page.goto("/newsroom/issues")
    page.get_by_label("这一期的题目").fill("夜里也亮")
    page.get_by_role("button", name="开始策划").click()
    page.wait_for_url(re.compile(r"/newsroom/issues/\d+"))
    plan = page.url
    page.locator("#add-topic").fill("夜跑")
    page.locator("#add-section").select_option("tips")
    page.locator("#add").get_by_role("button", name="加上").click()
    page.get_by_text("安排", exact=True).click()
    page.get_by_label("排进哪一篇").select_option(label=f"{TITLE}（通过）")
    page.get_by_role("button", name="排进来").click()
    page.get_by_role("button", name="送主编签发").click()
    expect(page.get_by_role("heading", name="等主编签发")).to_be_visible()
    return plan


def _signed_and_out(page: Page, plan: str) -> str:
    """The chief editor reads the whole, signs, and publishes at once; returns the issue's number."""
    page.goto(plan)
    page.get_by_role("link", name="看全文，签发").click()
    expect(page.get_by_text("后勤处说周五前修好")).to_be_visible()
    page.get_by_role("button", name="我看过了，签发").click()
    page.get_by_role("button", name="现在就出刊").first.click()
    page.get_by_role("dialog").or_(page.locator("[popover]:popover-open")).get_by_role(
        "button", name="现在就出刊"
    ).click()
    heading = page.get_by_role("heading", name=re.compile(r"^第 \d+ 期$"))
    expect(heading).to_be_visible()
    return str(re.findall(r"\d+", heading.inner_text())[0])


def _read_and_subscribed(page: Page, site: Site, number: str) -> None:
    """A student without an account finds it, reads it, and asks for the next ones by mail."""
    page.goto("/compass")
    page.get_by_role("link", name=re.compile(TITLE)).first.click()
    expect(page.get_by_role("heading", name=TITLE)).to_be_visible()
    expect(page.get_by_role("img", name="湖边的路灯")).to_be_visible()
    assert faults(page) == []
    page.goto(f"/compass/{number}")
    page.get_by_role("link", name="订阅", exact=True).first.click()
    page.get_by_label("邮箱").fill("reader@mail.example")
    page.get_by_role("button", name="订阅", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("请查收邮件")
    link = _mailed(page, "reader@mail.example")
    page.goto(link)
    page.get_by_role("button", name="确认订阅").click()
    expect(page.get_by_role("status")).to_contain_text("已确认")
    with site.app.app_context():
        published(site.people, approved(site.people, title="下一期才有的"), title="后一期")
        db.session.remove()
    _until_mailed(page, "后一期")


def _mailed(page: Page, address: str) -> str:
    """The link in the newest mail to ``address``."""
    _until_mailed(page, address)
    page.locator("li").filter(has_text=address).first.get_by_role("link").click()
    found = re.search(r"/compass/subscription/[\w-]+", page.locator("main").inner_text())
    assert found
    return found[0]


def _until_mailed(page: Page, words: str) -> None:
    """The worker sends mail by itself; the page of mails is asked until it is there."""
    for _time in range(60):
        page.goto("/demo/mail")
        if page.get_by_text(words).count():
            return
        page.wait_for_timeout(500)
    raise AssertionError(f"no mail with {words}")


def test_an_article_that_is_read_for_some_seconds_counts_once(site: Site, windows: Windows) -> None:
    with site.app.app_context():
        published(site.people, approved(site.people, title="数得清的一篇"), title="数一数")
        row = db.session.scalars(select(Publication).where(Publication.title == "数得清的一篇")).one()
        number = db.session.scalar(select(Issue.number).where(Issue.id == row.issue_id))
        id, address = row.id, f"/compass/{number}/{row.slug}"
        db.session.remove()
    # A person's browser: no program drives it, as far as the page can see.
    page = windows.open(user_agent="Mozilla/5.0 (Linux; Android 14) Chrome/130 Mobile Safari/537.36")
    page.add_init_script("Object.defineProperty(Navigator.prototype, 'webdriver', {get: () => false})")
    for _time in range(2):
        with page.expect_request("**/compass/reads", timeout=20_000):
            page.goto(address)
    robot = windows.open()
    robot.goto(address)
    robot.wait_for_timeout(6_000)
    with site.app.app_context():
        count = db.session.scalar(select(ReadCount.count).where(ReadCount.publication_id == id))
        db.session.remove()
    assert count == 1
