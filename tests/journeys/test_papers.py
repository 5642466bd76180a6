"""Paper leaves the site and leads back to it: labels for the shelf, a picture for a chat, a poster for the wall."""

from __future__ import annotations

import re

from playwright.sync_api import Page, Response, expect

from tests.journeys.conftest import Windows
from tests.journeys.site import Site
from tests.lostfound.stories import held
from tests.papers import codes, codes_of_picture, size


def _taken_in(site: Site, title: str) -> str:
    with site.app.app_context():
        return held(site.people, title=title, category="umbrella")


def _file_of(desk: Page) -> Response:
    """What the button leads to; whether Chromium shows or saves it is its own affair."""
    with desk.expect_response(re.compile(r"labels\.pdf")) as coming:
        desk.get_by_role("button", name="做成 PDF").click()
    return coming.value


def test_the_desk_labels_two_things_and_the_codes_lead_to_them(site: Site, windows: Windows) -> None:
    numbers = [_taken_in(site, title) for title in ("墨绿长柄伞", "透明短伞")]
    # Beside a PDF Chromium looks for an icon.
    windows.expected = ("404 (NOT FOUND)",)
    desk = windows.open(phone=False, signed_in="desk")
    desk.goto("/desk/shelf")
    desk.get_by_role("link", name="标签", exact=True).click()
    for box in desk.get_by_role("checkbox").all():
        box.set_checked(box.get_attribute("value") in numbers)
    desk.get_by_role("radio", name="62 mm 卷纸").check()

    file = desk.request.get(_file_of(desk).url).body()

    assert size(file) == (2, 62, 36)
    assert codes(file) + codes(file, 2) == [f"{site.url}/s/{no}" for no in reversed(numbers)]
    desk.goto("/desk/labels")
    expect(desk.get_by_role("checkbox", name=numbers[0])).not_to_be_checked()


def test_a_student_sends_a_thing_on_by_picture(site: Site, windows: Windows) -> None:
    no = _taken_in(site, "贴着星星的伞")
    phone = windows.open(signed_in="wu")
    phone.goto(f"/lost-found/{no}")
    phone.get_by_role("button", name="分享").click()
    picture = phone.get_by_role("img", name="贴着星星的伞的分享图")
    expect(picture).to_be_visible()

    sent = phone.request.get(str(picture.get_attribute("src"))).body()
    poster = phone.request.get(str(phone.get_by_role("link", name="海报 PDF").get_attribute("href"))).body()

    assert codes_of_picture(sent) == codes(poster) == [f"{site.url}/lost-found/{no}"]
