"""A coordinator adds what students call a place, tries it, and a visitor finds with it at once."""

from __future__ import annotations

from playwright.sync_api import expect

from campus_service.core.db import db
from tests.journeys.conftest import Windows
from tests.journeys.site import Site
from tests.lostfound.stories import held


def test_a_new_word_is_added_tried_and_found_with(site: Site, windows: Windows) -> None:
    with site.app.app_context():
        held(site.people, title="黑色竹蜻蜓", category="other", place="音乐厅")
        db.session.remove()
    staff = windows.open(phone=False, signed_in="coordinator")
    staff.goto("/triage")
    staff.get_by_role("link", name="搜索用词").click()
    staff.get_by_label("词", exact=True).fill("竹蜻蜓")
    staff.get_by_role("button", name="存这一行").click()
    expect(staff.get_by_role("alert")).to_contain_text("一行至少要有两个词")
    staff.get_by_label("词", exact=True).fill("竹蜻蜓，飞天小玩意")
    staff.get_by_role("button", name="存这一行").click()
    expect(staff.get_by_role("status").first).to_contain_text("马上就能搜到")

    staff.get_by_label("搜什么").fill("飞天小玩意")
    staff.get_by_role("button", name="看怎么理解").click()
    told = staff.get_by_role("region", name="试一试").get_by_role("status")
    expect(told).to_contain_text("本校加的：")

    visitor = windows.open()
    for _try in range(30):
        visitor.goto("/search?q=飞天小玩意")
        if visitor.get_by_role("link", name="黑色竹蜻蜓").count():
            break
        visitor.wait_for_timeout(500)
    expect(visitor.get_by_role("link", name="黑色竹蜻蜓")).to_be_visible()
