"""Sending: a student's message, an anonymous one with its receipt, a counter or phone case that staff write down."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, time

from campus_service.accounts.passwords import hash_password, verify_password
from campus_service.core.actor import Actor
from campus_service.core.clock import BEIJING, now, to_local, today
from campus_service.core.db import db
from campus_service.core.errors import Invalid, NotFound, TooMany
from campus_service.core.i18n import lazy
from campus_service.core.numbers import take
from campus_service.core.once import once
from campus_service.core.permissions import Permission as P
from campus_service.core.places import area_of
from campus_service.core.settings import settings
from campus_service.feedback import notices, projection, queries
from campus_service.feedback.commands import TITLE_LENGTH, ForCaller, RecordCase, RequestService, SendCase
from campus_service.feedback.models import Case, Recipient
from campus_service.feedback.routing.route import suggest_kind
from campus_service.feedback.service import record, routing
from campus_service.feedback.states import CaseState, Channel, EventType, Kind, Publicity, RouteHow

# domain.md §2: cases that one account may send in a day.
PER_DAY = 5


@dataclass(frozen=True, slots=True)
class Sent:
    """What the sender is told: the case's number, and of an anonymous case its 16 digits, this once."""

    no: str
    receipt: str = ""


def send(actor: Actor, command: SendCase, channel: Channel = Channel.WEB) -> Sent:
    """Take in a message and route it.

    A visitor can only send anonymously. A department that was chosen (Open311, a guide's page) gets it, unless it is urgent.
    Raises TooMany past 5 cases a day of one account, Invalid for a report without a person to read it.
    """
    if not command.anonymous:
        actor.require(P.FEEDBACK_CASE_SEND)
    if command.department:
        record.need_department(command.department)
    receipt = receipt_for(command.request_key) if command.anonymous else ""
    # Nothing that is stored may lead from an anonymous case to its sender, nor from its key to its receipt.
    sender = Actor.visitor() if command.anonymous else actor
    key = command.request_key
    no = once(sender, "feedback.send", key, lambda: _take_in(actor, sender, command, channel, receipt).no)
    return Sent(no, receipt)


def _check_daily_limit(actor: Actor) -> None:
    since = datetime.combine(today(), time(0), BEIJING)
    if queries.sent_today(actor.person_id(), since) >= PER_DAY:
        raise TooMany(lazy("一天最多发 %(n)s 件。急事请打保卫处 24 小时电话，其余明天再发。", n=PER_DAY))


def _take_in(actor: Actor, sender: Actor, command: SendCase, channel: Channel, receipt: str) -> Case:
    # Not before: the same form sent again is no further case.
    if actor.signed_in:
        _check_daily_limit(actor)
    case = _new_case(sender, command, channel)
    if receipt:
        case.receipt_lookup, case.receipt_hash = queries.receipt_lookup(receipt), hash_password(receipt)
    urgent = routing.look_at(case)
    case.urgent = urgent
    case.created_at = record.moment_of(sender, case)
    db.session.add(case)
    db.session.flush()
    if command.photos:
        record.keep_photos(actor, "feedback_case", case.id, command.photos, nameless=case.anonymous)
    _check_public_text(case)
    record.step(sender, case, EventType.RECEIVED, department="", channel=channel.value)
    _send_on(case, None if case.urgent else command.department)
    return case


def _new_case(sender: Actor, command: SendCase, channel: Channel) -> Case:
    kind = command.kind or suggest_kind(f"{command.title}\n{command.body}")
    caller = command if isinstance(command, ForCaller) and not command.anonymous else None
    moment = now()
    return Case(
        no=new_number(),
        kind=kind,
        title=command.title or title_of(command.body),
        body=command.body,
        area=area_of(f"{command.place} {command.title} {command.body}"),
        place=command.place,
        lat=command.lat,
        long=command.long,
        channel=channel,
        service_code=command.service_code if isinstance(command, RequestService) else None,
        state=CaseState.RECEIVED,
        is_open=True,
        anonymous=command.anonymous,
        sender_id=sender.id,
        caller_name=caller.caller_name if caller else "",
        caller_contact=caller.caller_contact if caller else "",
        confidential=kind is Kind.REPORT,
        accused_department=_accused(command) if kind is Kind.REPORT else None,
        consent=command.public and kind is not Kind.REPORT,
        publicity=Publicity.PRIVATE,
        created_at=moment,
        updated_at=moment,
    )


def _accused(command: SendCase) -> str | None:
    code = command.accused_department
    return record.need_department(code, "accused_department") if code else None


def _send_on(case: Case, chosen: str | None, by: Actor | None = None) -> None:
    if case.confidential:
        _give_to_recipients(case)
    elif chosen:
        routing.send_to(by or Actor.system(), case, chosen, RouteHow.PERSON)
    else:
        routing.route_first(case)


def _give_to_recipients(case: Case) -> None:
    """A report goes to its named recipients only, never to the department it accuses (domain.md §2)."""
    people = queries.report_recipients(case.accused_department)
    if not people:
        raise Invalid({"kind": lazy("现在没有可以接收这份举报的人，请拨打页面上的电话，或改天再发。")})
    db.session.add_all(Recipient(case_id=case.id, user_id=user_id) for user_id in people)
    case.route_how = RouteHow.RECIPIENTS
    record.step(
        Actor.system(), case, EventType.ROUTED, state=CaseState.ROUTED, department="", how=RouteHow.RECIPIENTS
    )
    notices.tell_recipients(case, people)


def _check_public_text(case: Case) -> None:
    """Public by consent; a text with a name, a number or a swear word waits for a look, it is never dropped.

    So does what sounds urgent: it may be somebody's distress.
    """
    if not case.consent:
        return
    case.flags = projection.flags_of(f"{case.title}\n{case.body}")
    case.publicity = Publicity.FLAGGED if case.flags or case.urgent else Publicity.PUBLIC


def record_case(actor: Actor, command: RecordCase) -> str:
    """Write down what somebody said at the counter or on the phone; returns the number.

    Needs feedback:case:record. With a department it goes there, else it is routed as a message is.
    """
    actor.require(P.FEEDBACK_CASE_RECORD)
    if command.department:
        record.need_department(command.department)
    return once(actor, "feedback.record", command.request_key, lambda: _record(actor, command).no)


def _record(actor: Actor, command: RecordCase) -> Case:
    case = _new_case(Actor.visitor(), command, command.channel)
    case.urgent = routing.look_at(case)
    db.session.add(case)
    db.session.flush()
    if command.photos:
        record.keep_photos(actor, "feedback_case", case.id, command.photos)
    _check_public_text(case)
    record.step(actor, case, EventType.RECEIVED, department="", channel=command.channel.value)
    _send_on(case, command.department, by=actor)
    return case


def new_number() -> str:
    """A fresh public number of this month: 2611-F0110."""
    month = to_local(now()).strftime("%y%m")
    return f"{month}-F{take(f'feedback.{month}'):04d}"


def title_of(body: str) -> str:
    """The first sentence of a text, as its title."""
    first = body.strip().splitlines()[0]
    for mark in "。！？!?；;":
        first = first.partition(mark)[0]
    first = first.strip() or body.strip()[:TITLE_LENGTH]
    return first if len(first) <= TITLE_LENGTH else first[: TITLE_LENGTH - 1] + "…"


# --- the receipt of an anonymous case ---------------------------------------------------------------------------


def receipt_for(request_key: str) -> str:
    """16 digits that the same form sent again gives again, and nobody else can make."""
    seed = request_key or secrets.token_hex(16)
    key = settings().secret_key.get_secret_value().encode()
    digest = hmac.new(key, f"feedback-digits:{seed}".encode(), hashlib.sha256).digest()
    return f"{int.from_bytes(digest[:16]) % 10**queries.RECEIPT_DIGITS:0{queries.RECEIPT_DIGITS}d}"


def open_receipt(receipt: str) -> Case:
    """The anonymous case of 16 digits; raises NotFound when there is none, Invalid when they are not 16."""
    digits = "".join(filter(str.isdigit, receipt))
    if len(digits) != queries.RECEIPT_DIGITS:
        raise Invalid(
            {
                "receipt": lazy(
                    "查询码是 %(n)s 位数字，现在有 %(now)s 位。", n=queries.RECEIPT_DIGITS, now=len(digits)
                )
            }
        )
    case = queries.case_by_receipt(digits)
    if not verify_password(case.receipt_hash if case else None, digits) or case is None:
        raise NotFound(lazy("没有这个查询码，请核对每一位。"))
    return case
