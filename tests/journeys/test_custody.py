"""Custody between two desks: sent, signed for by scanning, overdue, counted, explained."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import update

from campus_service.core.actor import Actor
from campus_service.core.clock import now
from campus_service.core.db import transaction
from campus_service.lostfound import custody_queries
from campus_service.lostfound.models import CustodyLeg
from tests.journeys.conftest import Windows
from tests.journeys.site import Site
from tests.lostfound.stories import held

SHELF = "Z-07"


@pytest.fixture
def things(site: Site) -> list[str]:
    """Four things on a shelf of their own: two to be sent, one to be missed, one that lies elsewhere."""
    with site.app.app_context():
        three = [held(site.people, title=title, shelf=SHELF) for title in ("灰手套", "绿水杯", "丢了的尺子")]
        return [*three, held(site.people, title="放错的帽子", desk="gym", shelf="G-01")]


def _work_at(page: Page, desk: str) -> None:
    page.goto("/desk/intake")
    page.locator("[popovertarget=at]").first.click()
    page.locator("#at").get_by_role("button", name=desk).click()


def _send_two(page: Page, numbers: list[str]) -> None:
    """Ticked on the shelf, handed over together."""
    page.goto(f"/desk/shelf?q={SHELF}")
    for no in numbers:
        page.get_by_role("checkbox", name=f"选中 {no}").check()
    page.get_by_label("选中的送到").select_option(label="图书馆总服务台")
    page.get_by_label("谁带去").fill("校内班车")
    page.get_by_role("button", name="送出，签字").click()
    expect(page.get_by_text("送出了，签收前算转运中。")).to_be_visible()


def _let_the_clock_run_out(app: Flask, no: str) -> None:
    with app.app_context(), transaction() as session:
        (item,) = custody_queries.items(Actor.system(), [no]).values()
        past = now() - timedelta(days=4)
        session.execute(update(CustodyLeg).where(CustodyLeg.item_id == item.id).values(due_at=past))


def _scan(page: Page, label: str, text: str) -> None:
    """A scanner types the label and ends with Enter."""
    page.get_by_label(label).fill(text)
    page.keyboard.press("Enter")


def test_two_things_travel_and_a_shelf_is_counted_until_the_ledger_agrees(
    site: Site, windows: Windows, things: list[str]
) -> None:
    first, second, missing, elsewhere = things
    sender = windows.open(phone=False, signed_in="desk")
    receiver = windows.open(signed_in="security")

    _send_two(sender, [first, second])
    _let_the_clock_run_out(site.app, second)
    sender.goto("/desk/watch")
    overdue = sender.get_by_role("row", name=second)
    expect(overdue.get_by_text("超时：应在")).to_be_visible()

    # The other desk signs: one with the scanner, one from the page that its label opens.
    _work_at(receiver, "图书馆总服务台")
    receiver.goto("/desk/arriving")
    expect(receiver.get_by_role("row", name=second)).to_be_visible()
    _scan(receiver, "扫一件，签收一件", f"{site.url}/s/{first}")
    expect(receiver.get_by_text("签收好了，两边都登记了。")).to_be_visible()
    expect(receiver.get_by_role("link", name="灰手套")).to_have_count(0)
    receiver.goto(f"/s/{second}")
    receiver.get_by_role("button", name="收到了，签收").click()
    expect(receiver.get_by_text("签收好了，两边都登记了。")).to_be_visible()
    signatures = receiver.locator("li", has_text="带去的人：校内班车")
    expect(signatures).to_contain_text("完好")
    sender.goto("/desk/watch")
    expect(sender.get_by_role("row", name=second)).to_have_count(0)

    # The shelf is counted: one thing is not there, one is that should be elsewhere.
    sender.goto("/desk/stock-takes")
    sender.get_by_label("招领点", exact=True).select_option("centre")
    sender.get_by_label("架位").fill(SHELF)
    sender.get_by_role("button", name="开始盘点").click()
    _scan(sender, "扫一件，点一件", elsewhere)
    expect(sender.get_by_text(f"点到了 {elsewhere}。")).to_be_visible()
    expect(sender.get_by_text("已点 0 / 应有 1")).to_be_visible()
    sender.get_by_role("link", name="点完了，看 2 条差异").click()
    sender.get_by_role("button", name="结束盘点").click()
    expect(sender.get_by_text(f"{missing} 还没有说明。").first).to_be_visible()
    for no, reason in ((missing, "searching"), (elsewhere, "misplaced")):
        sender.locator(f"#f-explanation_{no}").select_option(reason)
        sender.locator(f"#f-note_{no}").fill("问过昨天的同事")
    sender.get_by_role("button", name="结束盘点").click()
    expect(sender.get_by_text("账已按实物改好")).to_be_visible()

    # The ledger follows the hands; what is missing stays on the dashboard until it is found.
    sender.goto(f"/desk/items/{elsewhere}")
    expect(sender.get_by_text(SHELF).first).to_be_visible()
    sender.goto("/desk/watch")
    lacking = sender.get_by_role("row", name=missing)
    lacking.get_by_text("处理好了").click()
    lacking.get_by_label("怎么处理的").fill("在桌子底下找到了")
    lacking.get_by_role("button", name="记下").click()
    expect(sender.get_by_role("row", name=missing)).to_have_count(0)
