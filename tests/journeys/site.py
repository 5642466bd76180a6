"""A real site for the journeys: database, web server and worker of their own, and one of everything to look at."""

from __future__ import annotations

import http.client
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from flask import Flask
from sqlalchemy import select

from campus_service import start
from campus_service.accounts.demo import create_demo_people
from campus_service.accounts.models import User
from campus_service.accounts.queries import actor_of
from campus_service.accounts.service import new_person
from campus_service.app import create_app
from campus_service.config import Settings
from campus_service.core.db import db, transaction
from campus_service.core.permissions import Role
from campus_service.jobs.outbox import run_due
from campus_service.lostfound.categories import Category
from campus_service.lostfound.demo_pictures import draw
from campus_service.media import decoder
from campus_service.media import service as media
from tests.conftest import SECRET, Cast, Person
from tests.everything import Things, one_of_everything
from tests.feedback.everything import own_cases
from tests.lostfound.stories import held, lost

READY_WITHIN = 60.0
LONG_WORD = "一把伞柄缠着蓝色胶带并且伞面上印着一行褪了色的字的很长很长的黑色直杆雨伞还带一个没有写名字的挂牌和一截红绳"
LONG_TEXT = "没有空格的长句子，" * 60 + "W" * 200


@dataclass
class Site:
    """A running site and what lies in it, by name (tests/everything.py and below)."""

    url: str
    app: Flask
    things: Things
    newcomers: Iterator[int]
    people: Cast

    def student(self, name: str) -> Person:
        """A new student with a confirmed account and the demo's password."""
        return self.person(name, Role.STUDENT)

    def person(self, name: str, role: Role, department: str | None = None) -> Person:
        """Somebody new with this role and the demo's password."""
        number = f"20261200{next(self.newcomers):02d}"
        with self.app.app_context():
            lin = db.session.scalars(select(User).where(User.email == "lin@demo.example")).one()
            with transaction():
                user = new_person(
                    number,
                    name,
                    f"{number}@demo.example",
                    password_hash=lin.password_hash,
                    roles=[(role, department)],
                )
            return Person(user.id, user.email, name, actor_of(user.id))


@contextmanager
def running(template: Path, folder: Path) -> Iterator[Site]:
    """A site in ``folder`` on a free port of this machine; ``template``: a migrated, empty SQLite file."""
    port = _free_port()
    settings = Settings(
        secret_key=SECRET, data_dir=folder, base_url=f"http://127.0.0.1:{port}", demo=True, rate_limits=False
    )
    shutil.copyfile(template, folder / "campus.db")
    app = create_app(settings)
    with app.app_context():
        people, things = _fill()
        run_due()
        things |= _last_mail()
        db.session.remove()
    with _processes(_environment(settings), port):
        yield Site(settings.base_url, app, things, count(1), people)
    with app.app_context():
        db.engine.dispose()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _environment(settings: Settings) -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("CAMPUS_")}
    return ours | {
        "CAMPUS_SECRET_KEY": SECRET.get_secret_value(),
        "CAMPUS_DATA_DIR": str(settings.data_dir),
        "CAMPUS_BASE_URL": settings.base_url,
        "CAMPUS_DEMO": "true",
        "CAMPUS_RATE_LIMITS": "false",
        "CAMPUS_LOG_LEVEL": "warning",
    }


@contextmanager
def _processes(environ: Mapping[str, str], port: int) -> Iterator[None]:
    commands = [
        start.gunicorn(start.Address(port=port, workers=1, threads=6)),
        [sys.executable, "-m", "campus_service.cli", "worker"],
    ]
    processes = [subprocess.Popen(command, env=environ) for command in commands]
    try:
        _wait_until_ready(port, processes)
        yield
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(30)


def _wait_until_ready(port: int, processes: list[subprocess.Popen[bytes]]) -> None:
    give_up = time.monotonic() + READY_WITHIN
    while not _answers(port):
        assert all(process.poll() is None for process in processes), "the site ended while it started"
        assert time.monotonic() < give_up, f"the site does not answer after {READY_WITHIN:.0f} seconds"
        time.sleep(0.1)


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()


# --- what lies in it ----------------------------------------------------------------------------------------------


def _fill() -> tuple[Cast, Things]:
    with transaction():
        users = create_demo_people()
    people = Cast(**{name: _person(users[f"{email}@demo.example"]) for name, email in _CAST.items()})
    for name, (number, title, role) in _MAKERS.items():
        known = users.get(f"{name}@demo.example")
        # Where Cast would make one with a mailbox that has no password of the demo.
        vars(people)[name] = _person(known) if known else _newcomer(number, title, name, role)
    _newcomer("2026129903", "赵三", "zhao")  # nothing of his is there yet
    things = one_of_everything(people) | _long_ones(people)
    things |= own_cases(
        people, _newcomer("2026129901", "孙一", "sun"), _newcomer("2026129902", "钱二", "qian")
    )
    _shelf(people)
    return people, things


_CAST = {"lin": "lin", "zhou": "zhou", "wu": "wu", "desk": "desk", "he": "security", "admin": "admin"}

# Who makes the bulletin, as far as the demo does not have them.
_MAKERS = {
    "writer": ("2026129911", "阿柚", Role.WRITER),
    "editor": ("2026129912", "沈同学", Role.EDITOR),
    "reviewer": ("2026129913", "唐同学", Role.EDITOR),
    "chief": ("2026129914", "顾老师", Role.CHIEF_EDITOR),
}


def _person(user: User) -> Person:
    return Person(user.id, user.email, user.name, actor_of(user.id))


def _newcomer(number: str, name: str, mailbox: str, role: Role = Role.STUDENT) -> Person:
    """Somebody who signs in with the demo's password."""
    lin = db.session.scalars(select(User).where(User.email == "lin@demo.example")).one()
    with transaction():
        user = new_person(
            number,
            name,
            f"{mailbox}@demo.example",
            password_hash=lin.password_hash,
            roles=[(role, None)],
        )
    return Person(user.id, user.email, name, actor_of(user.id))


def _long_ones(people: Cast) -> Things:
    long = {"title": LONG_WORD, "place": LONG_WORD[:60], "description": LONG_TEXT, "private_marks": LONG_TEXT}
    return {"long": held(people, **long, shelf="A" * 20), "long_lost": lost(people.lin, **long)}


def _shelf(people: Cast) -> None:
    """Enough for a second page of the list, some with pictures."""
    kinds = (Category.UMBRELLA, Category.CUP_BOTTLE, Category.KEYS, Category.BOOKS_STATIONERY)
    pictures = {kind: decoder.clean(draw(kind, "蓝色", seed=n)) for n, kind in enumerate(kinds)}
    for n in range(26):
        kind = kinds[n % 4]
        keys = []
        if n % 2:
            with transaction():
                keys = [media.store(people.desk.actor, pictures[kind]).key]
        held(
            people,
            title=f"{kind.label}{n:02d}",
            category=kind,
            place="二食堂门口",
            description="",
            photos=keys,
        )


def _last_mail() -> Things:
    from campus_service.notifications.models import DemoMail

    return {"mail": db.session.scalars(select(DemoMail.id).order_by(DemoMail.id.desc())).first()}
