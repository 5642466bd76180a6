"""Accounts: signing up, confirming, proving who one is, forgotten and changed passwords."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from campus_service.accounts import arrivals, links, queries, sessions
from campus_service.accounts.commands import (
    ChangePassword,
    ForgotPassword,
    Profile,
    ResetPassword,
    SignIn,
    SignUp,
)
from campus_service.accounts.models import Purpose, RoleGrant, User
from campus_service.accounts.password_rules import why_refused
from campus_service.accounts.passwords import hash_password, needs_rehash, verify_password
from campus_service.accounts.sessions import start_session
from campus_service.core import audit
from campus_service.core.actor import Actor
from campus_service.core.clock import now
from campus_service.core.db import db
from campus_service.core.errors import Forbidden, Invalid
from campus_service.core.i18n import lazy
from campus_service.core.permissions import Role

__all__ = [
    "NotConfirmed",
    "Proof",
    "authenticate",
    "change_password",
    "confirm_email",
    "forgot",
    "new_person",
    "reset",
    "send_confirmation",
    "set_profile",
    "sign_in",
    "sign_up",
    "start_session",
]
log = structlog.get_logger(__name__)


class NotConfirmed(Invalid):
    """The password is right, but the mail address was never confirmed."""

    def __init__(self, user_id: int) -> None:
        super().__init__({"account": lazy("邮箱还没有确认。刚刚又发了一封确认邮件，请打开里面的链接。")})
        self.user_id = user_id


@dataclass(frozen=True, slots=True)
class Proof:
    """Somebody has shown who he is; ``new_hash`` replaces a password hash of older parameters."""

    user_id: int
    new_hash: str | None = None


def new_person(
    student_no: str | None,
    name: str,
    email: str,
    *,
    password_hash: str,
    roles: list[tuple[Role, str | None]],
    locale: str = "zh_CN",
    confirmed: bool = True,
) -> User:
    """Add an active person with ``roles`` (role, department code); checks no permission.

    ``confirmed``: that the person is who he says is known; else he cannot sign in yet. For the command line, the demo and tests. Raises IntegrityError, which transaction() turns into Invalid,
    when the mail or the number is taken.
    """
    user = User(
        student_no=student_no.strip().upper() if student_no else None,
        name=name.strip(),
        email=email.strip().lower(),
        password_hash=password_hash,
        locale=locale,
        active=True,
        created_at=now(),
        email_confirmed_at=now() if confirmed else None,
    )
    db.session.add(user)
    db.session.flush()
    for role, department in roles:
        db.session.add(RoleGrant(user_id=user.id, role=role, department_code=department))
    db.session.flush()
    if confirmed:
        arrivals.arrived(user)
    return user


def sign_up(command: SignUp, locale: str = "zh_CN") -> None:
    """Begin a student's account and mail a link to confirm the address.

    Tells nobody whether the mail or the number is known: its owner gets a mail instead. An account that
    was never confirmed belongs to nobody, so a new sign-up with its mail or number takes its place.
    Raises Invalid for a password made of the person's own number, name or mail.
    """
    _refuse_personal(command.password.get_secret_value(), command.student_no, command.name, command.email)
    password_hash = hash_password(command.password.get_secret_value())
    known = queries.users_like(command.email, command.student_no)
    owners = [user for user in known if user.email_confirmed_at is not None]
    for user in owners:
        links.mail(user, "known", name=user.name, email=user.email)
    if owners:
        return
    for user in known:
        db.session.delete(user)
    db.session.flush()
    roles: list[tuple[Role, str | None]] = [(Role.STUDENT, None)]
    user = new_person(
        command.student_no,
        command.name,
        command.email,
        password_hash=password_hash,
        roles=roles,
        locale=locale,
        confirmed=False,
    )
    audit.record(Actor.visitor(), "user.signed_up", obj_type="user", obj_id=user.id)
    _mail_confirmation(user)


def send_confirmation(user_id: int) -> None:
    """Mail a new confirmation link to somebody who has shown the password of an unconfirmed account."""
    user = queries.user(user_id)
    if user is not None and user.email_confirmed_at is None:
        _mail_confirmation(user)


def confirm_email(token: str) -> User:
    """Use a confirmation link. Raises NotFound when it does not work (any more)."""
    user = links.take(token, Purpose.CONFIRM)
    _confirm(user)
    audit.record(Actor.visitor(), "user.confirmed", obj_type="user", obj_id=user.id)
    return user


def authenticate(command: SignIn) -> Proof:
    """Check account and password; reads only, so it runs before the transaction that begins the session.

    Takes the same time for an unknown account. Raises Invalid, which tells a closed account from a wrong
    password only to somebody who knows the password, and NotConfirmed.
    """
    user = queries.user_by_account(command.account)
    password = command.password.get_secret_value()
    right = verify_password(user.password_hash if user else None, password)
    if user is None or not right:
        log.warning("sign-in refused", user_id=user.id if user else None)
        raise Invalid({"password": lazy("账号或密码不对。请检查大小写；忘了密码可以重设。")})
    if not user.active:
        log.warning("sign-in to a closed account", user_id=user.id)
        raise Invalid({"account": lazy("这个账号已停用。请带学工证到大学生事务服务中心办理。")})
    if user.email_confirmed_at is None:
        raise NotConfirmed(user.id)
    return Proof(user.id, hash_password(password) if needs_rehash(user.password_hash) else None)


def sign_in(proof: Proof, device: str = "") -> str:
    """Begin the session of somebody who has shown who he is; returns the token for the cookie."""
    user = _present(proof.user_id)
    if proof.new_hash:
        user.password_hash = proof.new_hash
    audit.record(_self(user), "user.signed_in", obj_type="user", obj_id=user.id, after={"device": device})
    return start_session(user.id, device)


def forgot(command: ForgotPassword) -> None:
    """Mail a link to set a new password, if there is such an account; tells nobody whether there is."""
    user = queries.user_by_account(command.email)
    if user is not None and user.active:
        links.mail(user, "reset", name=user.name, link=links.make(user, Purpose.RESET))
        audit.record(Actor.visitor(), "password.forgotten", obj_type="user", obj_id=user.id)


def reset(token: str, command: ResetPassword) -> User:
    """Set a new password by a mailed link; ends all sessions and API tokens, and proves the address.

    Raises NotFound when the link does not work, Invalid for a password made of the person's own data.
    """
    user = links.take(token, Purpose.RESET)
    _set_password(user, command.password.get_secret_value())
    _confirm(user)
    sessions.end_all(user.id)
    sessions.revoke_all(user.id)
    audit.record(Actor.visitor(), "password.reset", obj_type="user", obj_id=user.id)
    links.mail(user, "password_changed", name=user.name)
    return user


def change_password(actor: Actor, command: ChangePassword, keep: str) -> None:
    """Set a new password; ends the actor's sessions but the one with the token ``keep``.

    Raises Invalid when the present password is wrong or the new one is made of the person's own data.
    """
    user = _present(actor.person_id())
    if not verify_password(user.password_hash, command.current.get_secret_value()):
        raise Invalid({"current": lazy("现在的密码不对。")})
    _set_password(user, command.password.get_secret_value())
    links.use_up(user.id, Purpose.RESET)
    sessions.end_all(user.id, keep=keep)
    audit.record(actor, "password.changed", obj_type="user", obj_id=user.id)
    links.mail(user, "password_changed", name=user.name)


def set_profile(actor: Actor, command: Profile) -> None:
    """Set the actor's language for pages and mails."""
    user = _present(actor.person_id())
    before, user.locale = user.locale, command.locale
    if before != command.locale:
        after = {"locale": command.locale}
        audit.record(
            actor, "user.profile", obj_type="user", obj_id=user.id, before={"locale": before}, after=after
        )


def _confirm(user: User) -> None:
    """The address is proved; the first time the account has come."""
    if user.email_confirmed_at is None:
        user.email_confirmed_at = now()
        db.session.flush()
        arrivals.arrived(user)


def _mail_confirmation(user: User) -> None:
    # Without the name: whoever signs up with another's address must not choose words for that mail.
    links.mail(user, "confirm", link=links.make(user, Purpose.CONFIRM), student_no=user.student_no)


def _present(user_id: int) -> User:
    user = queries.user(user_id)
    if user is None or not user.active:
        raise Forbidden()
    return user


def _self(user: User) -> Actor:
    # The log finds a person's name by his id, as long as he has one.
    return Actor(user.id, "")


def _set_password(user: User, password: str) -> None:
    _refuse_personal(password, user.student_no or "", user.name, user.email)
    user.password_hash = hash_password(password)


def _refuse_personal(password: str, student_no: str, name: str, email: str) -> None:
    reason = why_refused(password, (student_no, name, email, email.partition("@")[0]))
    if reason is not None:
        raise Invalid({"password": reason})
