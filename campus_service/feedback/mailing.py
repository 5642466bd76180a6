"""Answers to a notification's mail: threaded into the case they answer, as if written on its page."""

from __future__ import annotations

from campus_service.accounts.queries import actor_of
from campus_service.core.actor import Actor
from campus_service.core.db import db
from campus_service.core.errors import DomainError
from campus_service.feedback import notices, policy
from campus_service.feedback.commands import AddMessage
from campus_service.feedback.models import Case
from campus_service.feedback.service import aftermath
from campus_service.media import decoder
from campus_service.media import service as media
from campus_service.notifications import inbound
from campus_service.notifications.inbound import Inbound

# As much as the page takes; what a mail has beyond is cut, with a mark.
LONGEST = 4000


def thread_in(ids: tuple[int, ...], mail: Inbound) -> None:
    """Add a mail to the case its address names, for the person it was sent to; a closed case answers by notice."""
    case_id, user_id = ids
    case = db.session.get(Case, case_id)
    if case is None or case.sender_id != user_id:
        return
    if not policy.can_add(case):
        notices.tell_sender(case, "case.mail_too_late")
        return
    actor = actor_of(user_id)
    body = mail.text if len(mail.text) <= LONGEST else mail.text[: LONGEST - 1] + "…"
    command = AddMessage(body=body if len(body) > 1 else f"{body} …", photos=_photos(actor, mail))
    aftermath.add_message(actor, case.no, command, mail_id=f"mail-{mail.id}")


def _photos(actor: Actor, mail: Inbound) -> list[str]:
    """The mail's pictures that are pictures; one that cannot be read does not hold up the words."""
    keys = []
    for photo in mail.photos:
        try:
            keys.append(media.store(actor, decoder.clean(photo)).key)
        except DomainError:
            continue
    return keys


inbound.register_address("case", thread_in)
