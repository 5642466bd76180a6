"""Templates only point to addresses that exist."""

from __future__ import annotations

import re

from flask import Flask

from campus_service import assets


def test_every_endpoint_that_a_template_names_exists(app: Flask) -> None:
    known = {rule.endpoint for rule in app.url_map.iter_rules()}
    named = {
        (path.name, name)
        for path in assets.folder("templates").rglob("*.html")
        for name in re.findall(r"url_for\(\s*['\"]([\w.]+)['\"]", path.read_text())
    }
    assert named
    assert [pair for pair in named if pair[1] not in known] == []
