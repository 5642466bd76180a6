"""A loser posts, a desk takes in what may be his, he is told and says which is not his and which he claims."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from campus_service.core.db import db
from tests.conftest import Person
from tests.journeys.conftest import Windows, sign_in
from tests.journeys.site import Site
from tests.lostfound.stories import held, lost

FLUTE = {
    "title": "黑色竹笛",
    "category": "other",
    "place": "音乐厅",
    "description": "装在蓝色布套里，挂着红色中国结，三张谱夹在套里",
    "private_marks": "第三孔边上有刻痕",
}
LIKE_IT = FLUTE | {"title": "竹笛一支", "description": "蓝布套，系着红中国结，里面三张谱子"}


def _until(page: Page, there: Callable[[], Locator]) -> Locator:
    """Look again until the worker has done its part."""
    for _try in range(60):
        if there().count():
            return there().first
        page.wait_for_timeout(500)
        page.reload()
    raise AssertionError(f"never came on {page.url}: {there()}")


def _taken_in(site: Site, **changes: str) -> str:
    with site.app.app_context():
        no = held(site.people, **(LIKE_IT | changes))
        db.session.remove()
        return no


def _posted(site: Site, person: Person) -> str:
    with site.app.app_context():
        no = lost(person, **FLUTE)
        db.session.remove()
        return no


def test_the_loser_is_told_dismisses_one_and_claims_the_other(site: Site, windows: Windows) -> None:
    owner = site.student("丢竹笛的人")
    mine = _posted(site, owner)
    loser = sign_in(windows.open(), owner)
    other = _taken_in(site)

    loser.goto("/me/notifications")
    _until(loser, lambda: loser.get_by_role("button", name="可能是你丢的：竹笛一支")).click()
    expect(loser).to_have_url(f"{site.url}/lost-found/{mine}#matches")
    likely = loser.get_by_role("region", name="可能是你的")
    expect(likely.get_by_role("link", name="竹笛一支")).to_be_visible()
    expect(likely).to_contain_text("中国结")
    expect(likely).not_to_contain_text("刻痕")
    likely.get_by_role("button", name="不是我的").click()
    expect(loser.get_by_text("记下了，不再提它。")).to_be_visible()
    expect(loser.get_by_role("region", name="可能是你的")).to_have_count(0)

    right = _taken_in(site, title="笛子")
    _until(loser, lambda: loser.get_by_role("link", name="笛子", exact=True))
    assert loser.locator(f"a[href='/lost-found/{other}']").count() == 0
    desk = windows.open(phone=False, signed_in="desk")
    desk.goto(f"/desk/items/{right}")
    expect(desk.get_by_role("region", name="可能的失主").get_by_role("link", name="黑色竹笛")).to_be_visible()
    desk.get_by_role("button", name="就是它").first.click()
    expect(desk.get_by_text("记下了，已经告诉失主来认领。")).to_be_visible()

    loser.reload()
    loser.get_by_role("link", name="像是我的，去认领").click()
    expect(loser).to_have_url(f"{site.url}/lost-found/{right}#claim")
    expect(loser.get_by_role("button", name="提交认领").first).to_be_visible()
