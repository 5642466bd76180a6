"""Every page as the Nu HTML checker of the W3C sees it, in Chinese; those that everybody reads in English too."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import APIRequestContext

from tests.journeys.conftest import Windows
from tests.journeys.site import Site
from tests.journeys.test_accessibility import LOOKS
from tests.outside.tools import html_errors


def test_no_page_has_an_error(site: Site, windows: Windows, tmp_path: Path) -> None:
    asking: dict[str, APIRequestContext] = {}
    for n, look in enumerate(LOOKS):
        if look.who not in asking:
            asking[look.who] = windows.open(signed_in=look.who).context.request
        path = look.path.format_map(site.things)
        for language in ("zh",) if look.who else ("zh", "en"):
            sep = "&" if "?" in path else "?"
            answer = asking[look.who].get(path if language == "zh" else f"{path}{sep}lang=en")
            assert answer.status == look.status, path
            name = f"{n:03d}-{language}-{str(look).replace(' ', '-').replace('/', '-')}.html"
            (tmp_path / name).write_bytes(answer.body())
    assert html_errors(tmp_path) == []
