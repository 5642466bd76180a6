"""The shipped stylesheet, drawings, scripts and templates keep the promises that the pages rely on."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from campus_service import assets
from campus_service.lostfound.categories import Category

STATIC = assets.folder("static")
TEMPLATES = assets.folder("templates")
PAGES = sorted(path for path in TEMPLATES.rglob("*.html") if "mail" not in path.parts)


def test_the_stylesheet_stays_within_1200_lines() -> None:
    assert len((STATIC / "css/site.css").read_text().splitlines()) <= 1200


def test_what_is_vendored_is_what_the_manifest_says() -> None:
    lines = (STATIC / "vendor/MANIFEST").read_text().splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    listed = {row[3]: row[4] for row in rows}
    shipped = {path.name for path in (STATIC / "vendor").iterdir()} - {"MANIFEST"}
    assert set(listed) == shipped
    for name, digest in listed.items():
        assert hashlib.sha256((STATIC / "vendor" / name).read_bytes()).hexdigest() == digest


@pytest.mark.parametrize("category", list(Category))
def test_every_category_has_its_drawing(category: Category) -> None:
    assert (STATIC / f"img/categories/{category.value}.svg").is_file()
    assert f'<symbol id="{category.value}"' in (STATIC / "img/categories.svg").read_text()


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_a_template_has_no_inline_style_and_no_inline_handler(page: Path) -> None:
    markup = page.read_text()
    assert not re.search(r"""\sstyle\s*=\s*["']""", markup)
    assert not re.search(r"""\son[a-z]+\s*=\s*["']""", markup)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_every_icon_a_template_names_is_drawn(page: Path) -> None:
    drawn = set(re.findall(r'<symbol id="i-([a-z]+)"', (STATIC / "img/icons.svg").read_text()))
    named = set(re.findall(r"""\bicon\(\s*'([a-z]+)'""", page.read_text()))
    assert named <= drawn


@pytest.mark.parametrize("script", sorted((STATIC / "js").glob("*.js")), ids=lambda path: path.name)
def test_a_script_carries_no_words_of_its_own(script: Path) -> None:
    assert not re.search(r"[\u4e00-\u9fff]", script.read_text())
