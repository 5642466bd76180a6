"""Mail that people send us: signed addresses, who wants which, storing a mail and handing it on."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from campus_service.core.clock import now
from campus_service.core.db import db, insert_or
from campus_service.core.errors import DomainError, TooMany
from campus_service.core.settings import settings
from campus_service.jobs import Permanent, enqueue
from campus_service.notifications import reading
from campus_service.notifications.models import InboundMail

# So many mails to one address in a day are a conversation; more are a machine.
MAX_PER_DAY = 50
# 15 bytes are 24 letters: a local part has 64, and mail servers may change its case.
_SIGNATURE_BYTES = 15
_ADDRESS = re.compile(r"([a-z]{1,12})\+(\d{1,10}(?:\.\d{1,10}){0,2})\.([a-z2-7]{24})")
_PREFIX = re.compile(r"[a-z]{1,12}")
MAX_IDS = 3


@dataclass(frozen=True, slots=True)
class Inbound:
    """A mail as a feature gets it.

    ``text``: what its writer added. ``photos``: JPEG and PNG files as they came, not decoded and not trusted.
    ``automatic``: a machine wrote it; ``status``: its reason when it is a bounce ("5.1.1").
    """

    id: int
    text: str
    photos: tuple[bytes, ...]
    automatic: bool
    status: str
    received_at: datetime


Handler = Callable[[tuple[int, ...], Inbound], None]


@dataclass(frozen=True, slots=True)
class _Wanted:
    handler: Handler
    automatic: bool


ADDRESSES: dict[str, _Wanted] = {}


def register_address(prefix: str, handler: Handler, *, automatic: bool = False) -> None:
    """Take mail for ``<prefix>+…``: ``handler(ids, mail)`` runs in a job, inside transaction().

    ``prefix``: one to twelve small letters. With ``automatic`` the handler also gets what machines write
    (bounces, answers of the absent); without, those are recorded only, and so are mails that say nothing.
    A DomainError that the handler raises buries the mail as a failed job.
    """
    if not _PREFIX.fullmatch(prefix):
        raise ValueError(f"an address begins with one to twelve small letters, not with {prefix!r}")
    ADDRESSES[prefix] = _Wanted(handler, automatic)


def signed_address(prefix: str, *ids: int) -> str:
    """The address ``<prefix>+<id>.<id>.<signature>@<domain>`` that only we can make; one to three ids."""
    if not 0 < len(ids) <= MAX_IDS or min(ids) < 0:
        raise ValueError("an address carries one to three numbers")
    numbers = ".".join(map(str, ids))
    return f"{prefix}+{numbers}.{_signature(prefix, numbers)}@{settings().answers_domain}"


def read_address(address: str) -> tuple[str, tuple[int, ...]] | None:
    """What an address of ours says: its prefix and ids; None for one that is unknown, forged or of another domain."""
    local, _at, domain = address.lower().rpartition("@")
    match = _ADDRESS.fullmatch(local)
    if match is None or domain != settings().answers_domain or not local.isascii():
        return None
    prefix, numbers, signature = match.groups()
    if not hmac.compare_digest(signature, _signature(prefix, numbers)) or prefix not in ADDRESSES:
        return None
    return prefix, tuple(map(int, numbers.split(".")))


def _signature(prefix: str, numbers: str) -> str:
    key = settings().secret_key.get_secret_value().encode()
    digest = hmac.new(key, f"inbound:{prefix}:{numbers}".encode(), hashlib.sha256).digest()
    return base64.b32encode(digest[:_SIGNATURE_BYTES]).decode().lower()


def receive(addresses: Sequence[str], raw: bytes, *, senderless: bool) -> None:
    """Store a mail for each of ``addresses`` and promise to read it, inside the running transaction.

    One that was delivered before is not stored again. Raises TooMany when an address has had its fill for today.
    """
    digest, moment = reading.message_hash(raw), now()
    for address in dict.fromkeys(address.lower() for address in addresses):
        values = {
            "address": address,
            "message_hash": digest,
            "received_at": moment,
            "senderless": senderless,
            "raw": raw,
            "body": "",
            "automatic": False,
        }
        new = insert_or(InboundMail).values(**values).on_conflict_do_nothing()
        mail_id = db.session.scalar(new.returning(InboundMail.id))
        if mail_id is not None:
            _refuse_flood(address)
            enqueue("notifications.inbound", {"mail_id": mail_id})


def _refuse_flood(address: str) -> None:
    lately = select(func.count()).where(
        InboundMail.address == address, InboundMail.received_at > now() - timedelta(days=1)
    )
    if (db.session.scalar(lately) or 0) > MAX_PER_DAY:
        raise TooMany


def hand_on(mail_id: int) -> None:
    """Read a stored mail and give it to who wants it, once; the mail itself is dropped then.

    Raises Permanent when nobody wants it any more or the feature refuses it.
    """
    row = db.session.get(InboundMail, mail_id, with_for_update=True)
    if row is None or row.raw is None:
        return
    found = read_address(row.address)
    if found is None:
        raise Permanent("the address of this mail is not known any more: did CAMPUS_SECRET_KEY change?")
    try:
        content = reading.read(row.raw)
    except reading.Unreadable as error:
        raise Permanent(str(error)) from None
    automatic = content.automatic or row.senderless
    row.body, row.automatic, row.raw, row.handled_at = content.text, automatic, None, now()
    db.session.flush()
    prefix, ids = found
    wanted = ADDRESSES[prefix]
    if wanted.automatic or not (automatic or content == reading.NOTHING):
        mail = Inbound(row.id, content.text, content.photos, automatic, content.status, row.received_at)
        try:
            wanted.handler(ids, mail)
        except DomainError as error:
            raise Permanent(f"{type(error).__name__}: {error}") from None
