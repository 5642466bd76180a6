"""A visitor reads the figures and takes them along; a finder says yes at the desk and is thanked after the return."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from campus_service.core.db import db, transaction
from campus_service.lostfound import service
from tests.journeys.conftest import Windows
from tests.journeys.site import Site
from tests.lostfound.stories import approved, ready


def test_a_visitor_reads_the_figures_and_downloads_them(windows: Windows) -> None:
    visitor = windows.open()
    visitor.goto("/dashboard")
    visitor.get_by_role("link", name="失物招领的数字").click()
    expect(visitor.get_by_role("heading", level=1)).to_have_text("失物招领的数字")
    expect(visitor.get_by_text("件登记的拾得物里")).to_be_visible()
    visitor.get_by_label("哪段时间").select_option("term")
    visitor.get_by_role("button", name="看", exact=True).click()
    expect(visitor.get_by_label("哪段时间")).to_have_value("term")
    with visitor.expect_download() as download:
        visitor.get_by_role("link", name="CSV").click()
    assert "合计" in Path(download.value.path()).read_text(encoding="utf-8-sig")


def test_a_finder_who_says_yes_at_the_desk_is_thanked_after_the_return(site: Site, windows: Windows) -> None:
    desk, visitor = windows.open(phone=False, signed_in="desk"), windows.open()
    desk.goto("/desk/intake")
    desk.get_by_role("radio", name="雨伞").check(force=True)
    desk.get_by_label("样子").fill("湖蓝色长柄伞")
    desk.get_by_label("捡到的地方").fill("一食堂")
    desk.get_by_label("交来的人").fill("司马小雨")
    desk.get_by_role("radio", name="愿意，只写姓").check(force=True)
    desk.get_by_role("button", name="登记").click()
    no = desk.locator(".saved-no .mono").inner_text()
    visitor.goto("/lost-found/thanks")
    expect(visitor.get_by_text("司*")).to_have_count(0)
    with site.app.app_context():
        pickup = ready(site.people, approved(site.people, no))
        with transaction():
            service.confirm_return(site.people.he.actor, pickup)
        db.session.remove()
    visitor.reload()
    expect(visitor.get_by_role("listitem").filter(has_text="司*")).to_contain_text("雨伞")
    expect(visitor.get_by_text("司马小雨")).to_have_count(0)
