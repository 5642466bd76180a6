"""Group robots of the staff: which exist, what they announce, and sending it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete as sql_delete
from sqlalchemy import select, update

from campus_service.accounts.models import Department
from campus_service.core import audit
from campus_service.core.actor import Actor
from campus_service.core.clock import now
from campus_service.core.db import db, transaction
from campus_service.core.errors import Conflict, Invalid, NotFound
from campus_service.core.i18n import LazyString, _, force_locale, lazy
from campus_service.core.page import site_name
from campus_service.core.permissions import Permission
from campus_service.core.settings import settings
from campus_service.jobs import Permanent, enqueue
from campus_service.notifications import outward, robots
from campus_service.notifications.commands import SaveWebhook
from campus_service.notifications.mail import one_line
from campus_service.notifications.models import Webhook
from campus_service.notifications.robots import Answer, Fate, Message
from campus_service.notifications.service import is_local

EVENTS: dict[str, LazyString] = {}
# The groups of the staff read Chinese; there is no reader whose language we could ask.
LOCALE = "zh_CN"


class Refused(Exception):
    """The robot takes nothing just now."""


def register_event(code: str, label: LazyString) -> None:
    """Make ``code`` known, so that webhooks can be subscribed to it; the feature calls this when it is imported."""
    EVENTS[code] = label


def announce(event: str, title: str, text: str, link: str, department: str | None) -> None:
    """Have every robot that listens to ``event`` say it, inside the running transaction; sent after the commit.

    ``title``, ``text``: Chinese, nothing private: a group chat reads them. ``link``: a path of this site.
    ``department``: whom it concerns; robots of other departments stay silent. Raises LookupError for an unknown
    event, ValueError for a link that leaves the site.
    """
    if event not in EVENTS:
        raise LookupError(f"no event is called {event!r}: register it in the feature's tasks")
    if not is_local(link):
        raise ValueError(f"an announcement leads to a path of this site, not to {link!r}")
    listening = select(Webhook.id, Webhook.events, Webhook.department_code).where(Webhook.active)
    for webhook_id, events, code in db.session.execute(listening):
        if event in events and code in (None, department):
            payload = {"webhook_id": webhook_id, "title": title, "text": text, "link": link}
            enqueue("notifications.webhook", payload)


def deliver(payload: dict[str, Any]) -> None:
    """Let one robot say one thing: {webhook_id, title, text, link}. The job's work; opens its own transactions.

    Raises Refused or Unreachable when a later try may help, Permanent when only an administrator can.
    """
    webhook = db.session.get(Webhook, payload["webhook_id"])
    if webhook is None or not webhook.active:
        return
    answer = _say(webhook, payload["title"], payload["text"], payload["link"])
    if answer.fate is Fate.LATER:
        raise Refused(str(answer))
    if answer.fate is Fate.NEVER:
        raise Permanent(f"{webhook.kind.value} robot {webhook.id} said {answer}")


def _say(webhook: Webhook, title: str, text: str, link: str) -> Answer:
    """Send it, note how it went; a slow robot must not keep a transaction open."""
    db.session.rollback()
    with force_locale(LOCALE):
        words = _("查看详情")
        message = Message(f"{title} · {site_name()}", text, settings().base_url + link, words)
    outgoing = robots.outgoing(webhook.kind, webhook.url, webhook.secret, message, now())
    try:
        status, content = outward.post(webhook.kind, outgoing)
    except (outward.Unreachable, Invalid) as error:
        with force_locale(LOCALE):
            _note(webhook.id, str(error))
        if isinstance(error, Invalid):
            raise Permanent("the address of the robot is not allowed (any more)") from None
        raise
    answer = _without_secrets(robots.answer(webhook.kind, status, content), webhook)
    _note(webhook.id, "" if answer.fate is Fate.TAKEN else str(answer))
    return answer


def _without_secrets(answer: Answer, webhook: Webhook) -> Answer:
    """A robot may repeat what it was sent."""
    words = one_line(answer.words)
    token = re.split("[/=]", webhook.url)[-1]
    for secret in filter(None, (webhook.url, webhook.secret, token)):
        words = words.replace(secret, "…")
    return Answer(answer.fate, answer.code, words[:200])


def _note(webhook_id: int, error: str) -> None:
    """Keep how the last try went; this is no change of the webhook, so its version stays."""
    values: dict[str, Any] = {"last_error": error[:300]} if error else {"last_error": "", "last_ok_at": now()}
    with transaction() as session:
        session.execute(update(Webhook).where(Webhook.id == webhook_id).values(**values))


def all_webhooks(actor: Actor) -> Sequence[Webhook]:
    """Every webhook by name; needs notifications:webhook:manage."""
    actor.require(Permission.NOTIFICATIONS_WEBHOOK_MANAGE)
    return db.session.scalars(select(Webhook).order_by(Webhook.name, Webhook.id)).all()


def webhook(actor: Actor, webhook_id: int) -> Webhook:
    """One webhook; needs notifications:webhook:manage. Raises NotFound."""
    actor.require(Permission.NOTIFICATIONS_WEBHOOK_MANAGE)
    found = db.session.get(Webhook, webhook_id)
    if found is None:
        raise NotFound(lazy("没有这个机器人，可能已经删掉了。"))
    return found


def add(actor: Actor, command: SaveWebhook) -> Webhook:
    """Add one; needs notifications:webhook:manage. Raises Invalid."""
    actor.require(Permission.NOTIFICATIONS_WEBHOOK_MANAGE)
    if not command.url:
        raise Invalid({"url": lazy("请填写机器人的 Webhook 地址。")})
    _check(command, command.url)
    new = Webhook(url=command.url, secret=command.secret, created_at=now())
    _fill(new, command)
    db.session.add(new)
    db.session.flush()
    _record(actor, "webhook.added", new, after=_shown(new))
    return new


def change(actor: Actor, webhook_id: int, command: SaveWebhook) -> Webhook:
    """Change one; an empty address or secret stays as it was.

    Needs notifications:webhook:manage. Raises Invalid, NotFound, Conflict when somebody changed it meanwhile.
    """
    found = webhook(actor, webhook_id)
    if command.version != found.version:
        raise Conflict(lazy("刚刚有人改过这个机器人，请看过现在的内容再改。"))
    _check(command, command.url or found.url)
    before = _shown(found)
    renewed = [name for name in ("url", "secret") if getattr(command, name)]
    found.url = command.url or found.url
    found.secret = "" if command.forget_secret else command.secret or found.secret
    _fill(found, command)
    db.session.flush()
    _record(actor, "webhook.changed", found, before=before, after=_shown(found) | {"renewed": renewed})
    return found


def set_active(actor: Actor, webhook_id: int, active: bool) -> None:
    """Switch one on or off; needs notifications:webhook:manage. Raises NotFound."""
    found = webhook(actor, webhook_id)
    if found.active != active:
        found.active = active
        db.session.flush()
        _record(actor, "webhook.switched", found, after={"active": active})


def delete(actor: Actor, webhook_id: int) -> None:
    """Forget one with its address and secret; needs notifications:webhook:manage. Raises NotFound."""
    found = webhook(actor, webhook_id)
    _record(actor, "webhook.deleted", found, before=_shown(found))
    db.session.execute(sql_delete(Webhook).where(Webhook.id == webhook_id))


def try_out(actor: Actor, webhook_id: int) -> tuple[bool, str]:
    """Let a robot say a test sentence now; returns whether it took it, and what came of it in words.

    Opens its own transactions, as it waits for the robot. Needs notifications:webhook:manage. Raises NotFound.
    """
    found = webhook(actor, webhook_id)
    kind = found.kind
    with force_locale(LOCALE):
        title, text = _("测试消息"), _("看到这一条，说明机器人已经接好。由 %(name)s 发出。", name=actor.name)
    try:
        answer = _say(found, title, text, "/")
    except outward.Unreachable as error:
        return False, _("没有连上：%(why)s。请核对地址，再看看服务器能不能访问外网。", why=error.why)
    except Permanent:
        return False, _("这个地址不在允许的范围里，请重新填写。")
    if answer.fate is Fate.TAKEN:
        return True, _("%(kind)s收下了，请到群里看看。", kind=kind.label)
    return False, explained(kind, answer.code, str(answer))


def explained(kind: robots.Robot, code: int, said: str) -> str:
    """A refusal in words: what to do where we know it, and what the robot said."""
    known = robots.advice(kind, code) or _("这条消息没有发出去。")
    return _("%(known)s%(kind)s的原话：%(said)s", known=known, kind=kind.label, said=said)


def trouble(webhook: Webhook) -> str:
    """What was wrong the last time, in words; empty when nothing was."""
    code = webhook.last_error.partition(" ")[0]
    if not code.lstrip("-").isdecimal():
        return webhook.last_error
    return explained(webhook.kind, int(code), webhook.last_error)


def _check(command: SaveWebhook, url: str) -> None:
    outward.check(command.kind, url)
    if unknown := sorted(set(command.events) - set(EVENTS)):
        raise Invalid({"events": lazy("没有叫 %(code)s 的消息。", code=unknown[0])})
    if command.department and db.session.get(Department, command.department) is None:
        raise Invalid({"department": lazy("没有这个部门。")})


def _fill(row: Webhook, command: SaveWebhook) -> None:
    row.name, row.kind = command.name, command.kind
    row.department_code = command.department or None
    row.events = sorted(set(command.events))


def _shown(row: Webhook) -> dict[str, Any]:
    """What others may know of it: neither address nor secret."""
    return {
        "name": row.name,
        "kind": row.kind.value,
        "department": row.department_code,
        "events": list(row.events),
    }


def _record(actor: Actor, action: str, row: Webhook, **sides: Any) -> None:
    audit.record(actor, action, obj_type="webhook", obj_id=row.id, **sides)
