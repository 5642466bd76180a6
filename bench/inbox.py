"""The inbox with very many cases: written straight into the tables, then its pages measured beside the bare page."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from bench import pages
from bench.pages import Figure
from bench.site import ROOT, Site, serve

MESSAGES = ROOT / "campus_service/feedback/data/feedback.jsonl"
# One case in so many is still open, as in a year's inbox.
OPEN_EVERY = 20
CHUNK = 5000


def measure(folder: Path, count: int) -> list[Figure]:
    """The figures of the desk's and the public pages at ``count`` cases."""
    folder.mkdir()
    site = Site(folder, 8735)
    site.command("db", "upgrade")
    app = pages.application(site)
    with app.app_context():
        no, public = fill(count)
    site.command("search", "rebuild")
    officer = pages.sign_in(site, "officer", "logistics")
    coordinator = pages.sign_in(site, "coordinator")
    desk = {
        "inbox": "/inbox",
        "inbox, late": "/inbox?filter=late",
        "inbox, a word": f"/inbox?q={quote('空调')}",
        "case at the desk": f"/inbox/{no}",
    }
    with site.serving() as server, serve("bench.bare:app", 8736, site.env) as bare:
        figures = pages.measure(site, server, bare, officer, desk)
        figures += pages.measure(site, server, bare, coordinator, {"triage": "/triage"})
        open_to_all = {
            "public list": "/feedback",
            "public case": f"/feedback/{public}",
            "dashboard": "/dashboard",
        }
        figures += pages.measure(site, server, bare, officer, open_to_all)
    return figures


def fill(count: int) -> tuple[str, str]:
    """Write ``count`` cases with their logs; returns the numbers of an open case of logistics and of a public one."""
    from sqlalchemy import insert, select

    from campus_service.core.db import db, transaction
    from campus_service.feedback.models import Case, CaseEvent, Message

    rows = [json.loads(line) for line in MESSAGES.read_text(encoding="utf-8").splitlines()]
    dice = random.Random(count)
    for first in range(1, count + 1, CHUNK):
        cases = [
            _case(n, rows[dice.randrange(len(rows))], dice)
            for n in range(first, min(first + CHUNK, count + 1))
        ]
        with transaction() as session:
            session.execute(insert(Case), cases)
            session.execute(insert(CaseEvent), [event for case in cases for event in _events(case)])
            answered = [_answer(case) for case in cases if case["answered_at"]]
            session.execute(insert(Message), answered)
    mine = select(Case.no).where(
        Case.department_code == "logistics", Case.is_open, Case.state == "in_progress"
    )
    public = select(Case.no).where(Case.publicity == "public", Case.is_open)
    found = db.session.scalar(mine.limit(1)) or "", db.session.scalar(public.limit(1)) or ""
    db.session.remove()
    db.engine.dispose()
    return found


def _case(n: int, row: dict[str, Any], dice: random.Random) -> dict[str, Any]:
    from campus_service.core.clock import now
    from campus_service.core.places import AREAS

    is_open = n % OPEN_EVERY == 0
    age = timedelta(days=dice.uniform(0, 6 if is_open else 360))
    sent = now() - age
    state = dice.choice(["routed", "accepted", "in_progress", "in_progress", "waiting_for_student"])
    done = None if is_open else sent + timedelta(days=2)
    return {
        "id": n,
        "no": f"B{n:07d}",
        "kind": row["kind"],
        "title": row["title"][:60],
        "body": row["body"],
        "area": dice.choice(AREAS).code,
        "place": "",
        "channel": "web",
        "state": state if is_open else dice.choice(["answered", "closed", "closed"]),
        "is_open": is_open,
        # What is about safety is dealt with in hours: it does not lie open for days.
        "urgent": row["urgent"] and is_open and age < timedelta(days=1),
        "department_code": row["department"],
        "first_department": row["department"],
        "routed_to": row["department"],
        "route_how": "classifier",
        "accepted_at": sent + timedelta(hours=2),
        "answer_due_at": sent + timedelta(days=4),
        "next_due_at": sent + timedelta(days=4) if is_open else None,
        "next_clock": "answer" if is_open else None,
        "answered_at": done,
        "closed_at": done,
        "outcome": None if is_open else "solved",
        "solved": None if is_open else dice.random() < 0.8,
        "rating": None if is_open else dice.randint(1, 5),
        "rated_at": done,
        "publicity": "public" if n % 3 == 0 else "private",
        "consent": n % 3 == 0,
        "clock_lines": [],
        "flags": [],
        "route_why": {},
        "created_at": sent,
        "updated_at": done or sent,
    }


def _events(case: dict[str, Any]) -> Iterator[dict[str, Any]]:
    types = ["received", "routed", "accepted"] + (
        ["answered", "closed"] if case["answered_at"] else ["progress"]
    )
    for n, type in enumerate(types):
        yield {
            "case_id": case["id"],
            "at": case["answered_at"]
            if type in ("answered", "closed")
            else case["created_at"] + timedelta(hours=n),
            "type": type,
            "department_code": case["department_code"],
            "note": "",
            "data": {},
        }


def _answer(case: dict[str, Any]) -> dict[str, Any]:
    return {
        "case_id": case["id"],
        "at": case["answered_at"],
        "kind": "answer",
        "department_code": case["department_code"],
        "body": "同学好：已经处理完毕，请你看一下。",
        "mentions": [],
    }
