"""Tables of the registry, each in a process of its own: CPU seconds, kB and peak memory of an export, and the figures' page.

`python -m bench.exports [--json]`. Twice, on 1,000 and on 100,000 things of a year: what grows with the rows is memory that a
table holds. The page is counted once (cold) and taken from memory afterwards (warm).
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from bench import pages
from bench.photo import _peak_mb
from bench.site import ROOT, Site

SIZES = (1_000, 100_000)
WHAT = ("nothing", "csv", "xlsx", "figures")


def measure() -> dict[int, dict[str, Any]]:
    """Per number of things what each of WHAT cost."""
    found = {}
    for size in SIZES:
        with tempfile.TemporaryDirectory(prefix="campus-exports-") as folder:
            # In a process of its own: what this one holds, its children count as theirs.
            _apart(folder, f"fill {size}")
            found[size] = {what: _apart(folder, what) for what in WHAT}
    return found


def _apart(folder: str, what: str) -> Any:
    command = [sys.executable, "-m", "bench.exports", "--folder", folder, "--what", what]
    return json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout)


def _fill(site: Site, size: int) -> None:
    """``size`` things spread over a year, three of five back with their owners, the rest on the shelf."""
    from sqlalchemy import insert

    from campus_service.accounts.service import new_person
    from campus_service.core.clock import now
    from campus_service.core.db import transaction
    from campus_service.core.places import AREAS
    from campus_service.lostfound.categories import Category
    from campus_service.lostfound.custody import class_of
    from campus_service.lostfound.models import Claim, FoundItem, Pickup, Return
    from campus_service.lostfound.states import ClaimState, FoundState

    site.command("db", "upgrade")
    rng, moment, categories = random.Random(size), now(), list(Category)
    with pages.application(site).app_context(), transaction() as session:
        person = new_person("P1", "往届同学", "past@campus.test", password_hash="-", roles=[]).id
        items, claims, pickups, returns = [], [], [], []
        for n in range(1, size + 1):
            at = moment - timedelta(days=365 * (size - n) / size)
            category, back = rng.choice(categories), rng.random() < 0.6
            items.append(
                {
                    "id": n, "no": f"B{n}", "title": f"图书馆三楼捡到的东西，编号 {n}", "description": "有一道划痕。" * 20,
                    "category": category, "custody": class_of(category), "area": rng.choice(AREAS).code,
                    "place": "图书馆三楼", "occurred_on": at.date(), "created_at": at, "updated_at": at, "listed_at": at,
                    "taken_in_at": at, "desk_code": "centre", "shelf": "A-01", "contents": [],
                    "state": FoundState.RETURNED if back else FoundState.HELD,
                }
            )  # fmt: skip
            if back:
                over = at + timedelta(hours=rng.expovariate(1 / 40))
                claims.append(
                    {
                        "id": n, "item_id": n, "claimant_id": person, "state": ClaimState.RETURNED, "question": "",
                        "answer": "", "when_where": "", "submitted_at": at,
                    }
                )  # fmt: skip
                pickups.append({"id": n, "claim_id": n, "opened_at": over, "opened_by": person})
                returns.append(
                    {"item_id": n, "claim_id": n, "pickup_id": n, "officer_id": person, "returned_at": over}
                )
        for model, rows in ((FoundItem, items), (Claim, claims), (Pickup, pickups), (Return, returns)):
            session.execute(insert(model), rows)


def _one(folder: str, what: str) -> dict[str, Any]:
    """One measurement in this process."""
    if what.startswith("fill"):
        _fill(Site(Path(folder), 8736), int(what.split()[1]))
        return {}
    app = pages.application(Site(Path(folder), 8736))
    with app.app_context(), app.test_request_context():
        if what == "figures":
            return _figures(app)
        started, size = time.process_time(), 0
        for piece in _export(what):
            size += len(piece)
        return {"seconds": time.process_time() - started, "kb": size / 1000, "peak_mb": _peak_mb()}


def _export(kind: str) -> Any:
    """The whole registry as the shelf's table, as a client reads it."""
    from campus_service.core import sheets
    from campus_service.core.actor import Actor
    from campus_service.lostfound import figures_queries, queries
    from campus_service.lostfound.figures_views import shelf_line

    rows = map(shelf_line, figures_queries.shelf_rows(Actor.system(), queries.ShelfFilter()))
    head = [f"column {n}" for n in range(15)]
    return sheets.download("shelf", kind, head, rows).response if kind != "nothing" else ()


def _figures(app: Any) -> dict[str, Any]:
    """CPU milliseconds of the page: counted anew, and with the counts remembered (median of 20)."""
    from campus_service.core import cache

    client, times = app.test_client(), []
    client.get("/dashboard/lost-found")  # templates and translations are loaded
    cache.forget()
    for _time in range(21):
        started = time.process_time()
        client.get("/dashboard/lost-found")
        times.append((time.process_time() - started) * 1000)
    return {"cold_ms": times[0], "warm_ms": statistics.median(times[1:]), "peak_mb": _peak_mb()}


def table(found: dict[int, dict[str, Any]]) -> str:
    """The figures as Markdown."""
    lines = ["| things | table | CPU seconds | kB | peak MB, of which before |", "|---|---|---|---|---|"]
    for size, rows in found.items():
        before = rows["nothing"]["peak_mb"]
        lines += [
            f"| {size:,} | {kind} | {rows[kind]['seconds']:.1f} | {rows[kind]['kb']:,.0f} "
            f"| {rows[kind]['peak_mb']:.0f}, {before:.0f} |"
            for kind in ("csv", "xlsx")
        ]
    lines += ["", *(_page_line(size, rows["figures"]) for size, rows in found.items())]
    return "\n".join(lines)


def _page_line(size: int, row: dict[str, Any]) -> str:
    return f"Figures of {size:,} things: {row['cold_ms']:.0f} ms of CPU counted anew, {row['warm_ms']:.0f} ms from memory."


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--json", action="store_true")
    options.add_argument("--folder", help=argparse.SUPPRESS)
    options.add_argument("--what", help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.folder:
        print(json.dumps(_one(chosen.folder, chosen.what)))
    else:
        results = measure()
        print(json.dumps(results) if chosen.json else table(results))
