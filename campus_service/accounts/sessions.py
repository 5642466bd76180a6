"""What keeps a person signed in: sessions of browsers and personal API tokens."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import ColumnElement, update

from campus_service.accounts import queries
from campus_service.accounts.commands import NewToken
from campus_service.accounts.models import ApiToken, SignIn
from campus_service.accounts.passwords import new_token, token_hash
from campus_service.core import audit
from campus_service.core.actor import Actor
from campus_service.core.clock import now
from campus_service.core.db import db
from campus_service.core.errors import Invalid, NotFound
from campus_service.core.i18n import lazy
from campus_service.core.settings import settings

TOKEN_PREFIX = "cs_"  # makes a leaked token recognisable
MOST_TOKENS = 20


def start_session(user_id: int, device: str = "") -> str:
    """Begin a signed-in session; returns the random token for the cookie, which is kept nowhere else."""
    token, moment = new_token(), now()
    db.session.add(
        SignIn(
            token_hash=token_hash(token),
            user_id=user_id,
            created_at=moment,
            last_seen_at=moment,
            expires_at=moment + timedelta(days=settings().session_days),
            device=device[:60],
        )
    )
    db.session.flush()
    return token


def end_session(token: str) -> None:
    """End the session of this cookie if it is still on; a copy of the cookie is worth nothing from now on."""
    _end(SignIn.token_hash == token_hash(token))


def end_device(actor: Actor, session_id: int) -> None:
    """End one of the actor's own sessions. Raises NotFound when it is not his."""
    person, row = actor.person_id(), db.session.get(SignIn, session_id)
    if row is None or row.user_id != person:
        raise NotFound()
    if row.ended_at is None:
        row.ended_at = now()
        audit.record(actor, "session.ended", obj_type="session", obj_id=row.id, after={"device": row.device})


def end_others(actor: Actor, keep: str) -> None:
    """End all the actor's sessions but the one with the token ``keep``."""
    end_all(actor.person_id(), keep=keep)
    audit.record(actor, "session.others_ended", obj_type="user", obj_id=actor.id)


def end_all(user_id: int, keep: str = "") -> None:
    """End a person's sessions, all or all but one; for changed passwords and closed accounts."""
    _end(SignIn.user_id == user_id, SignIn.token_hash != token_hash(keep))


def _end(*which: ColumnElement[bool]) -> None:
    statement = update(SignIn).where(SignIn.ended_at.is_(None), *which).values(ended_at=now())
    db.session.execute(statement.execution_options(synchronize_session="fetch"))


def note_use(
    *, session_id: int | None = None, api_token_id: int | None = None, ran_out: bool = False
) -> None:
    """Write down that a session or token was used just now, or that the session was found to have run out.

    The end is written, so that a clock set back does not revive it.
    """
    if session_id is not None:
        values = {"ended_at": now()} if ran_out else {"last_seen_at": now()}
        db.session.execute(update(SignIn).where(SignIn.id == session_id).values(values))
    if api_token_id is not None:
        db.session.execute(update(ApiToken).where(ApiToken.id == api_token_id).values(last_used_at=now()))


def issue_token(actor: Actor, command: NewToken) -> str:
    """Give the actor a new API token; it is returned once and kept as a hash.

    Raises Invalid when the actor holds MOST_TOKENS already.
    """
    if len(queries.api_tokens(actor.person_id())) >= MOST_TOKENS:
        raise Invalid({"name": lazy("最多 %(n)s 个令牌，请先撤销不用的。", n=MOST_TOKENS)})
    token, moment = TOKEN_PREFIX + new_token(), now()
    row = ApiToken(
        token_hash=token_hash(token),
        user_id=actor.person_id(),
        name=command.name,
        created_at=moment,
        expires_at=moment + timedelta(days=command.days),
    )
    db.session.add(row)
    db.session.flush()
    audit.record(actor, "token.issued", obj_type="token", obj_id=row.id, after={"days": command.days})
    return token


def revoke_token(actor: Actor, token_id: int) -> None:
    """End one of the actor's own API tokens. Raises NotFound when it is not his."""
    person, row = actor.person_id(), db.session.get(ApiToken, token_id)
    if row is None or row.user_id != person:
        raise NotFound()
    if row.revoked_at is None:
        row.revoked_at = now()
        audit.record(actor, "token.revoked", obj_type="token", obj_id=row.id)


def revoke_all(user_id: int) -> None:
    """End all API tokens of a person."""
    statement = update(ApiToken).where(ApiToken.user_id == user_id, ApiToken.revoked_at.is_(None))
    db.session.execute(statement.values(revoked_at=now()).execution_options(synchronize_session="fetch"))
