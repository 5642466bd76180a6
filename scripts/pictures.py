"""Photograph the running demo into docs/img: `make pictures`. Needs Chromium (apt-get install chromium fonts-noto-cjk)."""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parent.parent
INTO = ROOT / "docs" / "img"
CHROMIUM = Path("/usr/bin/chromium")
PASSWORD = "campus-demo-2026"  # everybody knows it
HEIGHTS = {390: 844, 1280: 800}


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture: its name, the page, who looks, and how; ``follow`` is a link to go on by."""

    name: str
    path: str
    width: int
    person: str = ""
    follow: str = ""
    scheme: str = "light"
    language: str = "zh-CN"

    @property
    def file(self) -> Path:
        """Where it is kept."""
        suffix = ("-dark" if self.scheme == "dark" else "") + ("-en" if self.language == "en" else "")
        return INTO / f"{self.name}-{self.width}{suffix}.png"


ITEM = "main a[href^='/lost-found/2']:has(img)"
PICTURES = (
    Picture("home", "/", 390),
    Picture("home", "/", 390, scheme="dark"),
    Picture("home", "/", 390, language="en"),
    Picture("home", "/", 1280),
    Picture("list", "/lost-found", 390),
    Picture("list", "/lost-found", 1280),
    Picture("item", "/lost-found", 390, follow=ITEM),
    Picture("item", "/lost-found", 1280, follow=ITEM),
    Picture("post-found", "/lost-found/new/found", 390, "zhou"),
    Picture("mine", "/me", 390, "lin"),
    Picture("pickup-code", "/me", 390, "lin", follow="main a[href*='/lost-found/claims/']"),
    Picture("desk-intake", "/desk/intake", 1280, "desk"),
    Picture("desk-shelf", "/desk/shelf", 1280, "desk"),
    Picture("claims", "/desk/claims", 1280, "security", follow="main a[href^='/desk/claims/']"),
    Picture("returns", "/desk/returns", 1280, "security"),
    Picture("audit", "/admin/audit", 1280, "admin"),
)


def main() -> None:
    """Start a fresh demo, photograph it, end it."""
    if not CHROMIUM.is_file():
        sys.exit("Chromium is missing: apt-get install chromium fonts-noto-cjk")
    INTO.mkdir(parents=True, exist_ok=True)
    with demo() as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for picture in PICTURES:
            take(browser, url, picture)
            print(picture.file.relative_to(ROOT))
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
    size = {"width": picture.width, "height": HEIGHTS[picture.width]}
    context = browser.new_context(
        base_url=url,
        viewport=size,  # type: ignore[arg-type]  # a TypedDict of the library's own
        color_scheme="dark" if picture.scheme == "dark" else "light",
        locale=picture.language,
        device_scale_factor=2 if picture.width < 1000 else 1,
    )
    page = context.new_page()
    if picture.person:
        sign_in(page, picture.person)
    page.goto(picture.path)
    if picture.follow:
        page.goto(str(page.locator(picture.follow).first.get_attribute("href")))
    page.wait_for_load_state("networkidle")
    page.screenshot(path=picture.file, animations="disabled")
    context.close()


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
