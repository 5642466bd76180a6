"""Fixtures for all tests: an application on each database, a fixed cast of people, a worker at hand."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import flask_migrate
import pytest
from flask import Flask, g, has_app_context
from flask.testing import FlaskClient, FlaskCliRunner
from jinja2.bccache import Bucket, BytecodeCache
from pydantic import SecretStr
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from campus_service.app import create_app
from campus_service.config import Settings
from campus_service.core.actor import Actor
from campus_service.core.db import db, transaction
from campus_service.core.permissions import Role
from tests.databases import KINDS, Database, PostgresDatabase, SqliteFile

pytest_plugins = ("tests.parts",)

# Each test makes an application; three quarters of that is compiling the same two hundred addresses anew.
_compile = Rule._compile_builder
_compiled: dict[Any, Any] = {}


def _compile_once(rule: Rule, append_unknown: bool = True) -> Any:
    key = (tuple(rule._trace), repr(rule.defaults), tuple(sorted(rule.arguments)), append_unknown)
    if key not in _compiled:
        _compiled[key] = _compile(rule, append_unknown)
    return _compiled[key]


Rule._compile_builder = _compile_once  # type: ignore[assignment,method-assign]


class _Compiled(BytecodeCache):
    """Templates compiled by one application serve the next: two thirds of a page's test went into compiling."""

    def __init__(self) -> None:
        self.code: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self.code:
            bucket.bytecode_from_string(self.code[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.code[bucket.key] = bucket.bytecode_to_string()


_templates = _Compiled()

SECRET = SecretStr("a secret that is only for the tests, 32+")
PASSWORD = "correct horse battery 7"


@dataclass(frozen=True)
class Person:
    """One of the cast: who it is, and what services are handed for it."""

    id: int
    email: str
    name: str
    actor: Actor


@dataclass(frozen=True)
class Cast:
    """The people of every story."""

    lin: Person  # a student who loses things
    zhou: Person  # a student who finds things
    wu: Person  # a student who claims what may not be hers
    desk: Person  # 周师傅 at the desk
    he: Person  # 何老师 of the security office
    admin: Person

    # Who works on feedback comes when a story first asks for them.

    @cached_property
    def officer(self) -> Person:
        """郑老师, an officer of logistics."""
        return _person("W0011", "郑老师", "officer@campus.test", "officer", "logistics")

    @cached_property
    def colleague(self) -> Person:
        """陈师傅, another officer of logistics."""
        return _person("W0012", "陈师傅", "colleague@campus.test", "officer", "logistics")

    @cached_property
    def head(self) -> Person:
        """秦处长, head of logistics."""
        return _person("W0013", "秦处长", "head@campus.test", "department_head", "logistics")

    @cached_property
    def librarian(self) -> Person:
        """方老师, an officer of the library."""
        return _person("W0014", "方老师", "librarian@campus.test", "officer", "library")

    @cached_property
    def coordinator(self) -> Person:
        """许老师, coordinator of the student affairs centre."""
        return _person("W0015", "许老师", "coordinator@campus.test", "coordinator")

    @cached_property
    def auditor(self) -> Person:
        """纪老师, a named recipient of reports."""
        from campus_service.core.clock import now
        from campus_service.feedback.models import ReportRecipient

        person = _person("W0016", "纪老师", "auditor@campus.test", "officer", "student_affairs")
        with transaction() as session:
            session.add(ReportRecipient(user_id=person.id, added_at=now()))
        return person

    # Who makes the bulletin, likewise.

    @cached_property
    def writer(self) -> Person:
        """阿柚, who writes for the bulletin."""
        return _person("2024300017", "阿柚", "writer@campus.test", "writer")

    @cached_property
    def editor(self) -> Person:
        """沈同学, an editor."""
        return _person("2023300021", "沈同学", "editor@campus.test", "editor")

    @cached_property
    def reviewer(self) -> Person:
        """唐同学, another editor."""
        return _person("2023300022", "唐同学", "reviewer@campus.test", "editor")

    @cached_property
    def chief(self) -> Person:
        """顾老师, chief editor."""
        return _person("W0021", "顾老师", "chief@campus.test", "chief_editor")


@pytest.fixture(scope="session")
def template(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, testrun_uid: str, worker_id: str
) -> Callable[[str], Database]:
    """Makes the migrated template of a database once per test process."""
    made: dict[str, Database] = {}

    def get(kind: str) -> Database:
        if kind not in made:
            made[kind] = _make(kind, tmp_path_factory, testrun_uid, worker_id)
        return made[kind]

    return get


def _make(kind: str, tmp: pytest.TempPathFactory, run: str, worker: str) -> Database:
    if kind == "sqlite":
        sqlite = SqliteFile(tmp.mktemp("sqlite"))
        _migrate(sqlite.template_url, tmp.mktemp("migrating"))
        return sqlite
    postgres = PostgresDatabase(Path(tempfile.gettempdir()) / f"campus-pg-{run[:12]}", worker)
    _migrate(postgres.template_url, tmp.mktemp("migrating"))
    return postgres


def _migrate(url: str, folder: Path) -> None:
    app = create_app(Settings(secret_key=SECRET, database_url=url, data_dir=folder))
    with app.app_context():
        flask_migrate.upgrade()
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, template: Callable[[str], Database]) -> Database:
    """A fresh, migrated, empty database; the test runs once on each kind."""
    chosen = template(request.param)
    chosen.reset()
    return chosen


@pytest.fixture
def settings(database: Database, tmp_path: Path) -> Settings:
    """Settings for tests; override with ``settings.model_copy(update=…)``."""
    return Settings(
        secret_key=SECRET,
        database_url=database.url,
        data_dir=tmp_path / "data",
        base_url="http://campus.test",
        mail_url="page:",
        rate_limits=False,
    )


class Browser(FlaskClient):
    """A client without JavaScript whose requests share nothing but cookies.

    The application context that the ``app`` fixture keeps open would carry ``g``, and so the signed-in person,
    from one request to the next.
    """

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Send a request with an empty ``g``."""
        if has_app_context():
            for name in list(g):
                g.pop(name)
        return super().open(*args, **kwargs)


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    """The application on a fresh database, with an application context pushed."""
    app = create_app(settings)
    app.test_client_class = Browser
    app.jinja_env.bytecode_cache = _templates
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False, SERVER_NAME=None)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without JavaScript."""
    return app.test_client()


@pytest.fixture
def runner(app: Flask) -> FlaskCliRunner:
    """Runs command line commands."""
    return app.test_cli_runner()


@pytest.fixture
def work(app: Flask) -> Callable[[], int]:
    """Runs all due jobs, as the worker would; returns how many rows were run."""
    from campus_service.jobs.outbox import run_due

    return run_due


@pytest.fixture
def people(app: Flask) -> Cast:
    """The cast, with confirmed accounts."""
    return Cast(
        lin=_person("2026110001", "林小满", "lin@campus.test", "student"),
        zhou=_person("2026110002", "周知远", "zhou@campus.test", "student"),
        wu=_person("2026110003", "吴可", "wu@campus.test", "student"),
        desk=_person("W0001", "周师傅", "desk@campus.test", "desk"),
        he=_person("W0002", "何老师", "he@campus.test", "security"),
        admin=_person("W0003", "管理员", "admin@campus.test", "admin"),
    )


def _person(student_no: str, name: str, email: str, role: str, department: str | None = None) -> Person:
    from campus_service.accounts.service import new_person
    from campus_service.core.permissions import Role

    with transaction():
        roles = [(Role(role), department)]
        user = new_person(student_no, name, email, password_hash=_password_hash(), roles=roles)
    departments = frozenset({department} if department else ())
    actor = Actor.with_roles(user.id, name, frozenset({Role(role)}), departments)
    return Person(user.id, email, name, actor)


_hash: list[str] = []


def _password_hash() -> str:
    # Argon2 is slow on purpose: hash the cast's one password once.
    if not _hash:
        from campus_service.accounts.passwords import hash_password

        _hash.append(hash_password(PASSWORD))
    return _hash[0]


@pytest.fixture
def sign_in(app: Flask) -> Callable[[FlaskClient, Person], FlaskClient]:
    """Gives a client the session of a person, without the form."""
    from campus_service.accounts.service import start_session

    def give(client: FlaskClient, person: Person) -> FlaskClient:
        with transaction():
            token = start_session(person.id, device="tests")
        with client.session_transaction() as cookie:
            cookie["_user_id"] = token
            cookie["_fresh"] = True
        return client

    return give


def new_colleague(student_no: str, name: str, role: Role) -> Person:
    """One more person than the cast has."""
    return _person(student_no, name, f"{student_no.lower()}@campus.test", role)
