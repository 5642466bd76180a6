"""Photograph the running demo into docs/img: `make pictures`. Needs Chromium (apt-get install chromium fonts-noto-cjk)."""

from __future__ import annotations

import io
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parent.parent
INTO = ROOT / "docs" / "img"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
PASSWORD = "campus-demo-2026"  # everybody knows it
HEIGHTS = {390: 844, 1280: 800}


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture: its name, the page, who looks, and how; ``before`` is done on the page first."""

    name: str
    path: str
    width: int
    person: str = ""
    before: Callable[[Page], Any] = lambda _page: None
    dark: bool = False
    language: str = "zh-CN"

    @property
    def file(self) -> Path:
        """Where it is kept."""
        suffix = ("-dark" if self.dark else "") + ("-en" if self.language == "en" else "")
        return INTO / f"{self.name}-{self.width}{suffix}.png"


def follow(link: str) -> Callable[[Page], Any]:
    """Go on by the first link that ``link`` selects."""
    return lambda page: page.goto(str(page.locator(link).first.get_attribute("href")))


def hand_out(page: Page) -> None:
    """Enter the code that the claimant's phone shows; the pick-up waits for his document."""
    browser, site = page.context.browser, page.url.partition("/desk")[0]
    assert browser is not None  # noqa: S101  # for the type checker
    phone = browser.new_context(base_url=site, locale="zh-CN").new_page()
    sign_in(phone, "lin")
    phone.goto("/me")
    open_code(phone)
    code = str(phone.locator(".pickup .code").get_attribute("aria-label"))
    phone.context.close()
    page.locator("#f-code").fill("".join(filter(str.isdigit, code)))
    page.locator("form.enter button[type=submit]").click()
    page.wait_for_url("**/desk/returns/*")


def fill_intake(page: Page) -> None:
    """Half of a thing typed in."""
    page.keyboard.press("2")
    page.locator("#f-title").fill("藏青色长柄伞")
    page.locator("#f-place").fill("一食堂")
    page.locator("#f-private_marks").fill("第三根伞骨断了，用白线绑着")
    page.locator("#f-shelf").fill("A-06")
    page.locator("#f-shelf").blur()
    page.wait_for_timeout(500)


def write_feedback(page: Page) -> None:
    """A message half written: what the site says of it meanwhile."""
    page.locator("textarea[name=body]").fill(
        "三教二楼西侧楼梯口的感应灯不亮，晚自习下楼黑漆漆的，有人差点踩空"
    )
    page.locator("input[name=place]").fill("第三教学楼 二楼西侧")
    page.locator("input[name=place]").blur()
    page.wait_for_timeout(1200)


ARTICLE = follow("main .toc a, main ol a[href^='/compass/1']")
DRAFT = follow("main .nr-rows a[href^='/newsroom/articles/']")
TO_REVIEW = follow("main a[href$='/review']")
OWN_CASE = follow("main a[href^='/feedback/2']")
ITEM = follow("main a[href^='/lost-found/2']:has(img)")
RIVALS = follow("main a[href^='/desk/claims/']")
open_code = follow("main li:has-text('待领取') a")
PICTURES = (
    Picture("home", "/", 390),
    Picture("home", "/", 390, dark=True),
    Picture("home", "/", 390, language="en"),
    Picture("home", "/", 1280),
    Picture("list", "/lost-found", 390),
    Picture("list", "/lost-found?q=耳机盒", 390, dark=True),
    Picture("list", "/lost-found", 1280),
    Picture("item", "/lost-found", 390, before=ITEM),
    Picture("item", "/lost-found", 1280, "wu", before=ITEM),
    Picture("item", "/lost-found", 1280, "wu", before=ITEM, dark=True),
    Picture("post-found", "/lost-found/new/found", 390, "zhou"),
    Picture("mine", "/me", 390, "lin"),
    Picture("pickup-code", "/me", 390, "lin", before=open_code),
    Picture("desk-intake", "/desk/intake", 1280, "desk", before=fill_intake),
    Picture("desk-shelf", "/desk/shelf", 1280, "desk"),
    Picture("claims", "/desk/claims", 1280, "security", before=RIVALS),
    Picture("claims", "/desk/claims", 1280, "security", before=RIVALS, dark=True),
    Picture("return", "/desk/returns", 1280, "desk", before=hand_out),
    Picture("feedback-new", "/feedback/new", 390, "lin", before=write_feedback),
    Picture("case", "/me", 390, "lin", before=OWN_CASE),
    Picture("feedback", "/feedback", 390),
    Picture("inbox", "/inbox", 1280, "officer"),
    Picture("inbox", "/inbox", 1280, "officer", dark=True),
    Picture("triage", "/triage", 1280, "coordinator"),
    Picture("rules", "/triage/rules", 1280, "coordinator"),
    Picture("dashboard", "/dashboard", 1280),
    Picture("figures", "/dashboard/lost-found", 1280),
    Picture("figures", "/dashboard/lost-found", 390),
    Picture("guide", "/guide", 390),
    Picture("compass", "/compass", 390),
    Picture("article", "/compass", 390, before=ARTICLE),
    Picture("article", "/compass", 1280, before=ARTICLE, dark=True),
    Picture("newsroom", "/newsroom", 1280, "editor"),
    Picture("editor", "/newsroom?shelf=work", 1280, "writer", before=DRAFT),
    Picture("review", "/newsroom?shelf=review", 1280, "editor2", before=TO_REVIEW),
)


def main() -> None:
    """Start a fresh demo, photograph it, end it; words of the command choose pictures by name."""
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("Chromium is missing: apt-get install chromium fonts-noto-cjk")
    INTO.mkdir(parents=True, exist_ok=True)
    with demo() as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        for picture in [each for each in PICTURES if not sys.argv[1:] or each.name in sys.argv[1:]]:
            take(browser, url, picture)
            print(picture.file.relative_to(ROOT), picture.file.stat().st_size // 1000, "kB")
        browser.close()


@contextmanager
def demo() -> Iterator[str]:
    """A fresh demo in a folder of its own; yields its address."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "campus_service.cli", "run", "--demo", "--port", str(port)]
        site = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True)
        try:
            if not any("Ctrl+C ends it" in line for line in site.stdout or ()):
                sys.exit("the site did not start")
            yield f"http://127.0.0.1:{port}"
        finally:
            site.terminate()
            site.wait()


def take(browser: Browser, url: str, picture: Picture) -> None:
    """Open the page as the person would, and keep what the window shows."""
    context = browser.new_context(
        base_url=url,
        viewport={"width": picture.width, "height": HEIGHTS[picture.width]},
        color_scheme="dark" if picture.dark else "light",
        locale=picture.language,
        device_scale_factor=2 if picture.width < 1000 else 1,
    )
    page = context.new_page()
    if picture.person:
        sign_in(page, picture.person)
    page.goto(picture.path)
    picture.before(page)
    page.wait_for_load_state("networkidle")
    keep(page.screenshot(animations="disabled"), picture.file)
    context.close()


def keep(screenshot: bytes, file: Path) -> None:
    """Save with 256 colours, the rare ones (the needle's red) among them: a third of the size, and nobody sees it."""
    with Image.open(io.BytesIO(screenshot)) as image:
        flat = image.convert("RGB").quantize(
            256, Image.Quantize.MAXCOVERAGE, kmeans=2, dither=Image.Dither.NONE
        )
    flat.save(file, "PNG", optimize=True)


def sign_in(page: Page, person: str) -> None:
    """Sign in by the form."""
    page.goto("/sign-in")
    form = page.locator("form").filter(has=page.locator("input[name=password][type=password]"))
    form.locator("input[name=account]").fill(f"{person}@demo.example")
    form.locator("input[name=password]").fill(PASSWORD)
    form.locator("button[type=submit]").click()
    page.wait_for_url(lambda address: "/sign-in" not in address)


if __name__ == "__main__":
    main()
