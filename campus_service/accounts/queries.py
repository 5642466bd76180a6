"""Every SELECT on people: who a cookie or token belongs to, a person's devices and tokens, the list for admins."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, or_, select

from campus_service.accounts.models import ApiToken, Department, RoleGrant, SignIn, User
from campus_service.accounts.passwords import token_hash
from campus_service.core.actor import Actor
from campus_service.core.clock import now
from campus_service.core.db import db
from campus_service.core.permissions import ROLE_PERMISSIONS, Permission, Role
from campus_service.core.settings import settings

# How stale "last used" may be: a write on every request would cost more than it tells.
SEEN_EVERY = timedelta(minutes=10)
PAGE = 50


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The person of this request, for Flask-Login; ``session`` says which row to keep up to date afterwards.

    ``alive`` is False for a session that ran out: it is to be ended, and nobody is signed in.
    """

    user_id: int
    actor: Actor
    locale: str
    session_id: int | None = None
    api_token_id: int | None = None
    cookie_token: str = ""
    stale: bool = False
    alive: bool = True

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def get_id(self) -> str:
        """What Flask-Login keeps in the cookie: the random session token."""
        return self.cookie_token


_PERSON = (User.id.label("user_id"), User.name, User.locale, RoleGrant.role, RoleGrant.department_code)


def by_session(token: str) -> SignedIn | None:
    """Whose cookie this is, with roles, in one query; None when it was ended or the account is closed."""
    rows = db.session.execute(
        select(SignIn.id, SignIn.last_seen_at, SignIn.expires_at, *_PERSON)
        .join(User, User.id == SignIn.user_id)
        .outerjoin(RoleGrant, RoleGrant.user_id == User.id)
        .where(SignIn.token_hash == token_hash(token), SignIn.ended_at.is_(None), User.active)
    ).all()
    if not rows:
        return None
    first, moment = rows[0], now()
    idle = first.last_seen_at + timedelta(hours=settings().session_idle_hours)
    return SignedIn(
        first.user_id,
        _actor(rows),
        first.locale,
        session_id=first.id,
        cookie_token=token,
        stale=moment - first.last_seen_at >= SEEN_EVERY,
        alive=moment < min(idle, first.expires_at),
    )


def by_api_token(token: str) -> SignedIn | None:
    """Whose API token this is, with roles, in one query; None when it is unknown, revoked or has run out."""
    moment = now()
    rows = db.session.execute(
        select(ApiToken.id, ApiToken.last_used_at, *_PERSON)
        .join(User, User.id == ApiToken.user_id)
        .outerjoin(RoleGrant, RoleGrant.user_id == User.id)
        .where(
            ApiToken.token_hash == token_hash(token),
            ApiToken.revoked_at.is_(None),
            ApiToken.expires_at > moment,
            User.active,
        )
    ).all()
    if not rows:
        return None
    used: datetime | None = rows[0].last_used_at
    stale = used is None or moment - used >= SEEN_EVERY
    return SignedIn(rows[0].user_id, _actor(rows), rows[0].locale, api_token_id=rows[0].id, stale=stale)


def _actor(rows: Sequence[Any]) -> Actor:
    roles = frozenset(row.role for row in rows if row.role is not None)
    departments = frozenset(row.department_code for row in rows if row.department_code is not None)
    return Actor.with_roles(rows[0].user_id, rows[0].name, roles, departments)


def user(user_id: int) -> User | None:
    """One person."""
    return db.session.get(User, user_id)


def name_of(user_id: int) -> str:
    """A person's name; "" when there is no such person (any more)."""
    return db.session.scalar(select(User.name).where(User.id == user_id)) or ""


def email_of(user_id: int) -> str:
    """A person's mail address."""
    return db.session.scalar(select(User.email).where(User.id == user_id)) or ""


def names_of(user_ids: Iterable[int | None]) -> dict[int, str]:
    """The names of several people by their ids, in one query; nobody is no person."""
    known = {user_id for user_id in user_ids if user_id is not None}
    if not known:
        return {}
    rows = db.session.execute(select(User.id, User.name).where(User.id.in_(known)))
    return {row.id: row.name for row in rows}


def ids_with(permission: Permission) -> list[int]:
    """The active people whose roles carry ``permission``."""
    roles = [role for role, carried in ROLE_PERMISSIONS.items() if permission in carried]
    holders = select(RoleGrant.user_id).where(RoleGrant.role.in_(roles))
    confirmed = (User.active, User.email_confirmed_at.is_not(None))
    return list(db.session.scalars(select(User.id).where(*confirmed, User.id.in_(holders)).order_by(User.id)))


def user_by_account(account: str) -> User | None:
    """The person with this mail address, or with this student or staff number."""
    account = account.strip()
    column, value = (User.email, account.lower()) if "@" in account else (User.student_no, account.upper())
    return db.session.scalar(select(User).where(column == value))


def users_like(email: str, student_no: str) -> Sequence[User]:
    """Everybody who has this address or this number: nobody, one, or two people."""
    return db.session.scalars(
        select(User).where(or_(User.email == email, User.student_no == student_no))
    ).all()


def person_with_number(student_no: str) -> int | None:
    """The id of the confirmed, active person with this student or staff number."""
    found = select(User.id).where(User.student_no == student_no, User.active)
    return db.session.scalar(found.where(User.email_confirmed_at.is_not(None)))


def people_with_numbers() -> Iterator[tuple[int, str]]:
    """Id and student or staff number of all confirmed, active people."""
    found = select(User.id, User.student_no).where(User.active, User.email_confirmed_at.is_not(None))
    for row in db.session.execute(
        found.where(User.student_no.is_not(None)).execution_options(yield_per=1000)
    ):
        yield row.id, row.student_no or ""


def sessions(user_id: int) -> Sequence[SignIn]:
    """A person's devices that are signed in, the latest used first."""
    moment = now()
    idle = moment - timedelta(hours=settings().session_idle_hours)
    return db.session.scalars(
        select(SignIn)
        .where(
            SignIn.user_id == user_id,
            SignIn.ended_at.is_(None),
            SignIn.expires_at > moment,
            SignIn.last_seen_at > idle,
        )
        .order_by(SignIn.last_seen_at.desc(), SignIn.id.desc())
    ).all()


def api_tokens(user_id: int) -> Sequence[ApiToken]:
    """A person's tokens that still work, newest first."""
    return db.session.scalars(
        select(ApiToken)
        .where(ApiToken.user_id == user_id, ApiToken.revoked_at.is_(None), ApiToken.expires_at > now())
        .order_by(ApiToken.id.desc())
    ).all()


def departments() -> Sequence[Department]:
    """All departments, by name."""
    return db.session.scalars(select(Department).order_by(Department.name)).all()


def grants(user_ids: Sequence[int]) -> Sequence[RoleGrant]:
    """The roles of these people."""
    return db.session.scalars(
        select(RoleGrant).where(RoleGrant.user_id.in_(user_ids)).order_by(RoleGrant.user_id, RoleGrant.id)
    ).all()


def find_users(actor: Actor, words: str = "", role: Role | None = None, after: int = 0) -> Sequence[User]:
    """Up to PAGE + 1 people with an id above ``after`` whose name, number or mail holds ``words``.

    Needs accounts:user:manage.
    """
    actor.require(Permission.ACCOUNTS_USER_MANAGE)
    chosen = _filtered(select(User), words, role).where(User.id > after).order_by(User.id)
    return db.session.scalars(chosen.limit(PAGE + 1)).all()


def _filtered(chosen: Select[User], words: str, role: Role | None) -> Select[User]:
    if words := words.strip().lower():
        columns = (func.lower(User.name), User.email, func.lower(User.student_no))
        chosen = chosen.where(or_(*(column.contains(words, autoescape=True) for column in columns)))
    if role is not None:
        chosen = chosen.where(User.id.in_(select(RoleGrant.user_id).where(RoleGrant.role == role)))
    return chosen


def actor_of(user_id: int) -> Actor:
    """A person with his present rights, for the demo and for jobs that act in his name."""
    rows = db.session.execute(
        select(*_PERSON)
        .select_from(User)
        .outerjoin(RoleGrant, RoleGrant.user_id == User.id)
        .where(User.id == user_id)
    ).all()
    return _actor(rows)
