"""Browsers for the journeys: each person has a window of his own, and nothing may go wrong in any of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    ViewportSize,
    expect,
    sync_playwright,
)

from campus_service.accounts.demo import PASSWORD
from tests.conftest import Person
from tests.databases import Database, SqliteFile
from tests.journeys.site import Site, running

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
# Worker, index and a phone that asks every few seconds: a busy machine takes its time.
expect.set_options(timeout=15_000)
OFFLINE = ("ERR_INTERNET_DISCONNECTED", "htmx:")
PHONE: ViewportSize = {"width": 390, "height": 844}
DESKTOP: ViewportSize = {"width": 1280, "height": 860}


@pytest.fixture(scope="session")
def site(
    chromium: Path, template: Callable[[str], Database], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """The running site: one for each process that runs tests."""
    empty = template("sqlite")
    assert isinstance(empty, SqliteFile)
    with running(empty.template, tmp_path_factory.mktemp("site")) as site:
        yield site


@pytest.fixture(scope="session")
def browser(chromium: Path) -> Iterator[Browser]:
    """Debian's Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()


class Windows:
    """Opens windows on the site and notes what their consoles complain about."""

    def __init__(self, browser: Browser, site: Site, states: dict[str, Any]) -> None:
        self.browser = browser
        self.site = site
        self.states = states
        self.contexts: list[BrowserContext] = []
        self.complaints: list[str] = []
        # Words of complaints that belong to the story: what a browser says without a network.
        self.expected: tuple[str, ...] = ()

    def open(self, *, phone: bool = True, signed_in: str = "", **options: Any) -> Page:
        """A new person's window. ``signed_in``: the beginning of a demo person's mail address."""
        settings: dict[str, Any] = {
            "locale": "zh-CN",
            "viewport": PHONE if phone else DESKTOP,
            "has_touch": phone,
        }
        if signed_in:
            settings["storage_state"] = self._state(signed_in)
        context = self.browser.new_context(base_url=self.site.url, **settings | options)
        context.set_default_timeout(15_000)
        self.contexts.append(context)
        page = context.new_page()
        context.on("console", self._note)
        context.on("weberror", lambda error: self.complaints.append(f"error in {page.url}: {error.error}"))
        return page

    def _note(self, message: ConsoleMessage) -> None:
        if message.type not in ("error", "warning"):
            return
        # A form that has to be changed (422) or a page that is not there is an answer, not a fault of the page.
        page = message.page
        if (
            page is not None
            and message.location["url"] == page.url
            and "Failed to load resource" in message.text
        ):
            return
        if any(words in message.text for words in self.expected):
            return
        self.complaints.append(
            f"{message.type} in {page.url if page else '?'}: {message.text} {message.location}"
        )

    def _state(self, name: str) -> Any:
        """The cookies of a demo person; he signs in once for all tests."""
        if name not in self.states:
            page = self.open()
            sign_in(page, f"{name}@demo.example")
            self.states[name] = page.context.storage_state()
        return self.states[name]

    def close(self) -> None:
        """Close all windows; raises AssertionError when one of them complained."""
        for context in self.contexts:
            context.close()
        assert not self.complaints, "\n".join(self.complaints)


@pytest.fixture(scope="session")
def states() -> dict[str, Any]:
    """Cookies of people who signed in, by name."""
    return {}


@pytest.fixture
def windows(browser: Browser, site: Site, states: dict[str, Any]) -> Iterator[Windows]:
    """Windows of a test; a console error, a violation of the content policy or a script error fails it."""
    windows = Windows(browser, site, states)
    yield windows
    windows.close()


def sign_in(page: Page, who: str | Person) -> Page:
    """Sign in through the form."""
    page.goto("/sign-in")
    page.get_by_label("学工号或邮箱").fill(who if isinstance(who, str) else who.email)
    page.get_by_label("密码", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()
    page.wait_for_url(lambda url: "/sign-in" not in url)
    return page


def send_report(page: Page) -> None:
    """Send the form of a report; where similar things are shown first, it is none of them."""
    page.get_by_role("button", name=re.compile("登记这件东西|登记寻物")).click()
    sent = page.get_by_role("heading", name="登记好了，接下来")
    again = page.get_by_role("button", name="都不是，继续登记")
    expect(sent.or_(again)).to_be_visible()
    if again.is_visible():
        again.click()
    expect(sent).to_be_visible()
