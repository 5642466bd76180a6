"""The bulletin with very many issues: its readers' pages measured beside the bare page."""

from __future__ import annotations

import json
from datetime import date, timedelta
from itertools import groupby
from pathlib import Path

from bench import pages
from bench.pages import Figure
from bench.site import ROOT, Site, serve

ISSUES = 500
DEMO = ROOT / "campus_service/bulletin/data/demo.jsonl"
FIRST_DAY = date(2001, 9, 1)


def measure(folder: Path, issues: int = ISSUES) -> list[Figure]:
    """The figures of an article, an issue and the lists, signed in, with ``issues`` issues published."""
    folder.mkdir()
    site = Site(folder, 8737)
    site.command("db", "upgrade")
    source = folder / "bulletin.jsonl"
    generate(source, issues)
    site.command("import", "bulletin", str(source))
    app = pages.application(site)
    with app.test_request_context():
        article = an_article(issues // 2)
    reader = pages.sign_in(site)
    paths = {
        "article": article,
        "issue": f"/compass/{issues // 2}",
        "newest issue": "/compass",
        "section": "/compass/section/tips",
        "events of a month": "/compass/events",
        "feed": "/compass/feed.atom",
    }
    with site.serving() as server, serve("bench.bare:app", 8738, site.env) as bare:
        return pages.measure(site, server, bare, reader, paths)


def generate(path: Path, issues: int) -> None:
    """Write ``issues`` issues made of the demo's, two a month from FIRST_DAY on."""
    lines = [json.loads(line) for line in DEMO.read_text(encoding="utf-8").splitlines()]
    demo = [list(group) for _number, group in groupby(lines, key=lambda line: line["issue"])]
    with path.open("w", encoding="utf-8") as out:
        for number in range(1, issues + 1):
            day = FIRST_DAY + timedelta(days=15 * number)
            for line in demo[number % len(demo)]:
                new = {"issue": number, "issue_title": f"第 {number} 期", "published_on": day.isoformat()}
                out.write(json.dumps(line | new, ensure_ascii=False) + "\n")


def an_article(number: int) -> str:
    """The address of the second article of an issue: it has a neighbour on both sides."""
    from campus_service.bulletin import presenting, public_queries
    from campus_service.core.db import db

    issue = public_queries.issue(number)
    address = presenting.address(public_queries.contents(issue.id)[1])
    db.session.remove()
    db.engine.dispose()
    return address
