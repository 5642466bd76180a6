"""Storing photos, giving them to an owner, removing them, and who may see which."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Collection, Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy import delete, func, select, update

from campus_service.core.actor import Actor
from campus_service.core.clock import now
from campus_service.core.db import db, on_violation
from campus_service.core.errors import Conflict, Forbidden, Invalid, NotFound, SignInNeeded, TooMany
from campus_service.core.i18n import lazy
from campus_service.core.settings import settings
from campus_service.jobs import enqueue
from campus_service.media import decoder, rollback
from campus_service.media.cleaned import Cleaned
from campus_service.media.models import MAX_PER_OWNER, Photo, file_name, file_names
from campus_service.media.storage import LocalStorage, Storage

#: How long a photo may wait for its report; then it is removed.
UNATTACHED_FOR: Final = timedelta(hours=24)
#: Waiting photos of one person: enough for ten reports, too few to fill a disk.
MAX_UNATTACHED: Final = 60
_KEY: Final = re.compile(r"[0-9a-f]{32}")

OwnerPolicy = Callable[[Actor, int], bool]
_owner_policies: dict[str, OwnerPolicy] = {}


def storage() -> Storage:
    """The storage that the settings name."""
    return LocalStorage(settings().data_dir / "uploads")


def store(actor: Actor, photo: bytes | Cleaned) -> Photo:
    """Keep a photo, not yet attached to anything.

    ``photo``: an upload's bytes, or better what ``decoder.clean`` made of them before the transaction began
    (decoding takes 0.1 s and more). The files go again when the transaction does not commit.
    Raises ImageRefused, StorageFull, TooMany (too many waiting photos), SignInNeeded.
    """
    _check_quota(actor)
    cleaned = decoder.clean(photo) if isinstance(photo, bytes) else photo
    key = secrets.token_hex(16)
    _write(key, cleaned)
    row = _row(key, cleaned)
    row.uploaded_by = actor.id
    db.session.add(row)
    db.session.flush()
    return row


def check_person(actor: Actor) -> None:
    """Raise SignInNeeded for a visitor; only people and the system itself (imports, demo) handle photos."""
    if actor.id is None and not actor.permissions:
        raise SignInNeeded()


def _check_quota(actor: Actor) -> None:
    check_person(actor)
    if actor.id is None:
        return
    waiting = select(func.count()).where(Photo.owner_type.is_(None), Photo.uploaded_by == actor.id)
    if (db.session.scalar(waiting) or 0) >= MAX_UNATTACHED:
        raise TooMany(lazy("有 %(n)s 张照片还没有用上，请先发布或删去一些再传。", n=MAX_UNATTACHED))


def _write(key: str, cleaned: Cleaned) -> None:
    target = storage()
    rollback.remember(db.session(), target, file_names(key))
    for each in cleaned.renditions:
        target.put(file_name(key, each.size), each.data)


def _row(key: str, cleaned: Cleaned) -> Photo:
    large, middle, small = cleaned.renditions
    return Photo(
        key=key,
        width=middle.width,
        height=middle.height,
        w320=small.width,
        h320=small.height,
        w2048=large.width,
        h2048=large.height,
        colour=cleaned.colour,
        created_at=now(),
        private=False,
    )


def attach(
    actor: Actor,
    keys: Sequence[str],
    owner_type: str,
    owner_id: int,
    private: bool = False,
    nameless: bool = False,
) -> list[Photo]:
    """Give the actor's own unattached photos to an owner, in this order, behind those it has.

    ``nameless``: forget who uploaded them, and when but for the hour (an anonymous sender's photos).
    Raises Invalid({"photos": …}) for more than six altogether, a key given twice, somebody else's photo or one
    that is used already; Conflict when two forms fill the same owner at once.
    """
    check_person(actor)
    free = _free_positions(owner_type, owner_id)
    if len(keys) > len(free) or len(set(keys)) != len(keys):
        raise Invalid({"photos": lazy("最多 %(n)s 张照片，每张只能用一次。", n=MAX_PER_OWNER)})
    for key, position in zip(keys, free, strict=False):
        _attach_one(actor, key, owner_type, owner_id, position, private)
    if nameless:
        hour = now().replace(minute=0, second=0, microsecond=0)
        db.session.execute(update(Photo).where(Photo.key.in_(keys)).values(uploaded_by=None, created_at=hour))
    mine = select(Photo).where(Photo.key.in_(keys)).order_by(Photo.position)
    return list(db.session.scalars(mine, execution_options={"populate_existing": True}))


def _free_positions(owner_type: str, owner_id: int) -> list[int]:
    taken = select(Photo.position).where(Photo.owner_type == owner_type, Photo.owner_id == owner_id)
    return sorted(set(range(MAX_PER_OWNER)) - set(db.session.scalars(taken)))


def _attach_one(actor: Actor, key: str, owner_type: str, owner_id: int, position: int, private: bool) -> None:
    changed = db.session.execute(
        update(Photo)
        .where(Photo.key == key, Photo.owner_type.is_(None), Photo.uploaded_by.is_not_distinct_from(actor.id))
        .values(owner_type=owner_type, owner_id=owner_id, position=position, private=private)
        .returning(Photo.id)
    )
    if changed.first() is None:
        raise Invalid({"photos": lazy("有一张照片已经用过，或放得太久被清掉了，请重新选择照片。")})


on_violation("uq_photos_owner", "photos.owner_type, photos.owner_id, photos.position", error=Conflict)


def photos_of(owner_type: str, ids: Collection[int]) -> dict[int, list[Photo]]:
    """The photos of several owners in one query, in order; an owner without photos has no entry."""
    found: dict[int, list[Photo]] = {}
    if ids:
        mine = (Photo.owner_type == owner_type, Photo.owner_id.in_(ids))
        for photo in db.session.scalars(select(Photo).where(*mine).order_by(Photo.owner_id, Photo.position)):
            found.setdefault(photo.owner_id or 0, []).append(photo)
    return found


def waiting_photos(actor: Actor, keys: Sequence[str]) -> list[Photo]:
    """Those of ``keys`` that are the actor's own and unattached, in the order given: for a form shown again."""
    known = [key for key in keys if _KEY.fullmatch(key)]
    mine = (Photo.owner_type.is_(None), Photo.uploaded_by.is_not_distinct_from(actor.id))
    rows = db.session.scalars(select(Photo).where(Photo.key.in_(known), *mine))
    return sorted(rows, key=lambda photo: known.index(photo.key))


def find(key: str) -> Photo:
    """The photo of a key; raises NotFound."""
    # The pattern first: PostgreSQL refuses some strings (NUL) that an address can hold.
    photo = db.session.scalar(select(Photo).where(Photo.key == key)) if _KEY.fullmatch(key) else None
    if photo is None:
        raise NotFound()
    return photo


def allow(owner_type: str, policy: OwnerPolicy) -> None:
    """Let ``policy(actor, owner_id)`` open private photos of this kind of owner to more people."""
    _owner_policies[owner_type] = policy


def is_public(photo: Photo) -> bool:
    """Whether anybody may see the photo."""
    return photo.attached and not photo.private


def may_see(actor: Actor, photo: Photo) -> bool:
    """Public photos: everybody; unattached: the uploader; private: also whom the owner's policy lets."""
    if is_public(photo) or (actor.id is not None and actor.id == photo.uploaded_by):
        return True
    if photo.owner_type is None or photo.owner_id is None:
        return False
    policy = _owner_policies.get(photo.owner_type)
    return policy is not None and policy(actor, photo.owner_id)


def read(photo: Photo, size: int) -> bytes:
    """A rendition's bytes; raises MissingFile."""
    return storage().get(file_name(photo.key, size))


def remove(actor: Actor, key: str) -> None:
    """Take back one's own photo while it is unattached.

    Raises NotFound for somebody else's, Conflict when it belongs to a report by now.
    """
    person = actor.person_id()
    photo = find(key)
    if photo.uploaded_by != person:
        raise Forbidden() if is_public(photo) else NotFound()
    if not _delete(Photo.key == key, Photo.owner_type.is_(None)):
        raise Conflict(lazy("这张照片已经随内容发布，请在那条内容里删去。"))


def discard(actor: Actor, keys: Collection[str]) -> int:
    """Remove those of ``keys`` that are the actor's own and unattached, for a report that may have no photos."""
    check_person(actor)
    mine = (Photo.owner_type.is_(None), Photo.uploaded_by.is_not_distinct_from(actor.id))
    return _delete(Photo.key.in_(keys), *mine)


def remove_from(owner_type: str, owner_id: int, keys: Collection[str]) -> int:
    """Remove some of an owner's photos; returns how many. Who may is for the caller to decide."""
    return _delete(Photo.owner_type == owner_type, Photo.owner_id == owner_id, Photo.key.in_(keys))


def delete_for(owner_type: str, owner_id: int) -> int:
    """Remove all photos of an owner; returns how many. Who may is for the caller to decide."""
    return _delete(Photo.owner_type == owner_type, Photo.owner_id == owner_id)


def set_private(owner_type: str, owner_id: int, private: bool) -> None:
    """Hide an owner's photos from the public, or show them.

    A browser that has seen a public photo may keep it: it was immutable while public.
    """
    mine = (Photo.owner_type == owner_type, Photo.owner_id == owner_id)
    db.session.execute(update(Photo).where(*mine).values(private=private))


def purge_unattached(older_than: timedelta = UNATTACHED_FOR) -> int:
    """Remove photos that were never used in a report for ``older_than``; returns how many."""
    return _delete(Photo.owner_type.is_(None), Photo.created_at < now() - older_than)


def _delete(*which: object) -> int:
    """Delete rows and promise their files' removal in the same transaction: a rollback loses neither."""
    keys = db.session.scalars(delete(Photo).where(*which).returning(Photo.key)).all()  # type: ignore[arg-type]
    for key in keys:
        enqueue("media.delete_files", {"key": key})
    return len(keys)


def delete_unattached(user_id: int) -> int:
    """Remove all photos of a person that nothing has; returns how many."""
    return _delete(Photo.uploaded_by == user_id, Photo.owner_type.is_(None))
