"""Requests per second, CPU, queries and latency of the pages, each sample beside the bare page."""

from __future__ import annotations

import http.client
import os
import secrets
import statistics
import time
from dataclasses import dataclass
from typing import Any

from bench.site import Server, Site

ROUNDS = 4
SECONDS = 1.2


@dataclass
class Figure:
    """One page's figures."""

    page: str
    ratio: float
    cpu_ms: float
    queries: int
    p50_ms: float
    p95_ms: float
    kilobytes: float


def measure(site: Site, server: Server, bare: Server, cookie: str, paths: dict[str, str]) -> list[Figure]:
    """Every page in turn with the bare page before and after it: noise of the machine falls out of the ratio."""
    queries = count_queries(site, cookie, paths)
    figures = []
    for name, path in paths.items():
        _sample(server, path, cookie, 0.5)
        ratios, latencies, cpu, size = [], [], [], 0
        for _round in range(ROUNDS):
            base = len(_sample(bare, "/", "", SECONDS / 2)[0])
            before = server.cpu_seconds()
            times, size = _sample(server, path, cookie, SECONDS)
            cpu.append((server.cpu_seconds() - before) * 1000 / len(times))
            base += len(_sample(bare, "/", "", SECONDS / 2)[0])
            ratios.append(len(times) / base)
            latencies += times
        cuts = statistics.quantiles(latencies, n=20)
        middle = statistics.median
        figures.append(
            Figure(
                name,
                middle(ratios),
                middle(cpu),
                queries[name],
                middle(latencies) * 1000,
                cuts[18] * 1000,
                size / 1024,
            )
        )
    return figures


def bare_figure(bare: Server) -> Figure:
    """The bare page itself."""
    _sample(bare, "/", "", 0.5)
    before = bare.cpu_seconds()
    times, size = _sample(bare, "/", "", SECONDS * 2)
    cpu = (bare.cpu_seconds() - before) * 1000 / len(times)
    cuts = statistics.quantiles(times, n=20)
    return Figure(
        "bare Flask page, 20 rows", 1.0, cpu, 0, statistics.median(times) * 1000, cuts[18] * 1000, size / 1024
    )


def _sample(server: Server, path: str, cookie: str, seconds: float) -> tuple[list[float], int]:
    """One connection, one request after the other; returns the seconds of each, and the answer's size."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    headers = {"Cookie": cookie} if cookie else {}
    times, size = [], 0
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        started = time.perf_counter()
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        size = len(answer.read())
        times.append(time.perf_counter() - started)
        if answer.status != 200:
            raise SystemExit(f"{path} answered {answer.status}")
    connection.close()
    return times, size


def application(site: Site) -> Any:
    """The measured site's application inside this process."""
    from campus_service.app import create_app
    from campus_service.config import Settings

    return create_app(Settings.from_env(site.env))


def sign_in(site: Site, role: str = "student", department: str | None = None) -> str:
    """A Cookie header of somebody new: a student unless another role is named."""
    from campus_service.accounts.service import new_person, start_session
    from campus_service.core.db import db, transaction
    from campus_service.core.permissions import Role

    app = application(site)
    with app.app_context():
        number = secrets.token_hex(4)
        with transaction():
            roles = [(Role(role), department)]
            person = new_person(number, "林同学", f"{number}@campus.test", password_hash="-", roles=roles)
            token = start_session(person.id, device="bench")
        client = app.test_client()
        with client.session_transaction() as cookie:
            cookie["_user_id"], cookie["_fresh"] = token, True
        value = client.get_cookie(app.config["SESSION_COOKIE_NAME"]).decoded_value
        db.session.remove()
        db.engine.dispose()
    return f"{app.config['SESSION_COOKIE_NAME']}={value}"


def count_queries(site: Site, cookie: str, paths: dict[str, str]) -> dict[str, int]:
    """SQL statements of the second request of each page (the first one fills what is kept for half a minute)."""
    from sqlalchemy import event

    from campus_service.core.db import db

    app = application(site)
    counted: dict[str, int] = {}
    seen: list[str] = []
    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", lambda *args: seen.append(args[2]))
    # Outside of any context of ours: a request's own keeps nothing of the request before.
    client = app.test_client(use_cookies=False)
    for name, path in paths.items():
        for _time in range(2):
            seen.clear()
            client.get(path, headers={"Cookie": cookie})
        counted[name] = len(seen)
    engine.dispose()
    return counted


def an_item_with_photo(site: Site) -> str:
    """The address of a listed item."""
    from sqlalchemy import select

    from campus_service.core.db import db
    from campus_service.lostfound.models import FoundItem

    app = application(site)
    with app.app_context():
        no = db.session.scalar(
            select(FoundItem.no).where(FoundItem.listed).order_by(FoundItem.listed_at.desc()).limit(1)
        )
        db.session.remove()
        db.engine.dispose()
    return f"/lost-found/{no}"


def give_covers(site: Site) -> None:
    """Let three of four listed items show a photo's address, as a real list does."""
    from sqlalchemy import text

    from campus_service.core.db import db, transaction

    app = application(site)
    with app.app_context():
        with transaction() as session:
            session.execute(
                text("UPDATE found_items SET cover = lower(hex(randomblob(16))) WHERE listed AND id % 4 != 0")
            )
        db.session.remove()
        db.engine.dispose()


CORES = os.cpu_count() or 1
