"""Daily tidying: sign-ins, links and unconfirmed accounts that nobody needs any more."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import delete, func

from campus_service.accounts.models import OneTimeLink, SignIn, User
from campus_service.core.clock import now
from campus_service.core.db import db
from campus_service.jobs import daily, job

# The audit log keeps who signed in when; these rows only serve to recognise cookies and links.
KEEP_ENDED = timedelta(days=30)
KEEP_UNCONFIRMED = timedelta(days=7)

daily("accounts.tidy", hour=3)


@job("accounts.tidy")
def tidy(_payload: dict[str, Any]) -> None:
    """Delete what ended or ran out a month ago, and sign-ups that were not confirmed within a week."""
    moment = now()
    long_ago = moment - KEEP_ENDED
    db.session.execute(delete(SignIn).where(func.coalesce(SignIn.ended_at, SignIn.expires_at) < long_ago))
    db.session.execute(delete(OneTimeLink).where(OneTimeLink.expires_at < long_ago))
    unconfirmed = (User.email_confirmed_at.is_(None), User.created_at < moment - KEEP_UNCONFIRMED)
    db.session.execute(delete(User).where(*unconfirmed))
