"""A person's copy of his data, and its deletion after seven days in which he can take that back (PIPL 45, 47)."""

from __future__ import annotations

import json
import secrets
import zipfile
from datetime import timedelta
from pathlib import Path

from campus_service.accounts import queries as accounts
from campus_service.accounts.passwords import verify_password
from campus_service.accounts.personal import person as person_of
from campus_service.core import audit
from campus_service.core.actor import Actor
from campus_service.core.clock import now
from campus_service.core.db import db, transaction
from campus_service.core.errors import Conflict, Forbidden, Invalid
from campus_service.core.i18n import LazyString, force_locale, lazy
from campus_service.core.personal import PARTS, Person
from campus_service.core.settings import settings
from campus_service.jobs import enqueue
from campus_service.privacy import notices, queries
from campus_service.privacy.commands import AskErasure
from campus_service.privacy.models import DataExport, Erasure

# How long a copy can be fetched, and how long a deletion can be taken back [p].
KEEP = timedelta(days=7)
GRACE = timedelta(days=7)
# So long is waited for what must be finished first, then looked again.
AGAIN = timedelta(days=7)
# A copy that a job could not finish does not stand in the way of a new one for longer.
MAKING = timedelta(days=1)


def file_of(export: DataExport) -> Path:
    """Where a copy lies."""
    return settings().data_dir / "exports" / f"{export.key}.zip"


# --- the copy ----------------------------------------------------------------------------------------------------


def ask_export(actor: Actor) -> None:
    """Have the actor's copy made; he is told when it is there. Raises Conflict while there is one."""
    me = actor.person_id()
    if queries.export_of(me) is not None:
        raise Conflict(lazy("已经有一份了，下载它；过期以后可以再要一份。"))
    _forget(db.session.get(DataExport, me))
    moment = now()
    export = DataExport(user_id=me, key=secrets.token_hex(16), asked_at=moment, expires_at=moment + MAKING)
    db.session.add(export)
    audit.record(actor, "data.export_asked", obj_type="user", obj_id=me)
    enqueue("privacy.export", {"user": me, "key": export.key})


def _forget(export: DataExport | None) -> None:
    if export is not None:
        file_of(export).unlink(missing_ok=True)
        db.session.delete(export)
        db.session.flush()


def make_export(user_id: int, key: str) -> None:
    """Write the copy and tell the person, in a transaction of its own; done twice it tells once."""
    export = queries.export_of(user_id)
    if export is None or export.key != key or export.ready_at is not None:
        return
    _write(file_of(export), person_of(user_id))
    with transaction():
        fresh = queries.export_of(user_id)
        if fresh is not None and fresh.key == key and fresh.ready_at is None:
            fresh.ready_at = now()
            fresh.expires_at = fresh.ready_at + KEEP
            notices.tell(user_id, "export_ready", fresh.expires_at)


def _write(path: Path, person: Person) -> None:
    """A file is whole or not there."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    half = path.with_suffix(".part")
    with force_locale("zh_CN"), zipfile.ZipFile(half, "w", zipfile.ZIP_DEFLATED) as copy:
        for name, part in PARTS.items():
            rows = json.dumps(part.copy(person), ensure_ascii=False, indent=1, default=str)
            copy.writestr(f"{name}.json", rows)
            for file, content in part.files(person):
                copy.writestr(file, content)
    # A slow disk must not keep a transaction open.
    db.session.rollback()
    half.chmod(0o600)
    half.replace(path)


def tidy() -> int:
    """Remove copies whose time is over; returns how many."""
    old = queries.expired(now())
    for export in old:
        _forget(export)
    return len(old)


# --- the deletion ------------------------------------------------------------------------------------------------


def unfinished(user_id: int) -> list[LazyString]:
    """What must come to its end before the person's data can be deleted, each with what to do."""
    person = person_of(user_id)
    return [line for part in PARTS.values() for line in part.unfinished(person)]


def ask_erasure(actor: Actor, command: AskErasure) -> Erasure:
    """Have the actor's data deleted after GRACE.

    Raises Invalid for a wrong password, Conflict when something must be finished first or it was asked already.
    """
    me = actor.person_id()
    user = accounts.user(me)
    if user is None or not verify_password(user.password_hash, command.password.get_secret_value()):
        raise Invalid({"password": lazy("密码不对。")})
    waiting = unfinished(me)
    if waiting:
        raise Conflict(waiting[0])
    if queries.erasure_of(me) is not None:
        raise Conflict(lazy("已经在等删除了，想留下可以取消。"))
    erasure = Erasure(user_id=me, asked_at=now(), due_at=now() + GRACE)
    db.session.add(erasure)
    audit.record(actor, "data.erasure_asked", obj_type="user", obj_id=me)
    notices.tell(me, "erasure_asked", erasure.due_at)
    _wake(erasure)
    return erasure


def _wake(erasure: Erasure) -> None:
    enqueue("privacy.erase", {"user": erasure.user_id}, delay=erasure.due_at - now())


def cancel_erasure(actor: Actor) -> None:
    """Keep everything. Raises Conflict when nothing is to be deleted."""
    me = actor.person_id()
    erasure = queries.erasure_of(me)
    if erasure is None:
        raise Conflict(lazy("没有在等的删除。"))
    if erasure.done_at is not None:
        raise Forbidden()
    db.session.delete(erasure)
    audit.record(actor, "data.erasure_cancelled", obj_type="user", obj_id=me)
    notices.tell(me, "erasure_cancelled", now())


def erase(user_id: int) -> bool:
    """Delete the person's data if its time has come; returns whether it was done now.

    What a law keeps stays without him; what must be finished first puts it off by AGAIN, and he is told.
    """
    erasure = queries.erasure_of(user_id)
    if erasure is None or erasure.done_at is not None or erasure.due_at > now():
        return False
    if unfinished(user_id):
        erasure.due_at = now() + AGAIN
        notices.tell(user_id, "erasure_postponed", erasure.due_at)
        _wake(erasure)
        return False
    person = person_of(user_id)
    # The account last: the other parts still ask who it is.
    for part in reversed(PARTS.values()):
        part.erase(person)
    _forget(db.session.get(DataExport, user_id))
    erasure.done_at = now()
    audit.record(Actor.system(), "data.erased", obj_type="user", obj_id=user_id)
    return True
