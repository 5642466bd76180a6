"""Imports every table, so that migrations and tests see one complete metadata."""

from __future__ import annotations

from campus_service.accounts import models as accounts
from campus_service.bulletin import models as bulletin
from campus_service.core import audit, calendar, numbers, once
from campus_service.feedback import models as feedback
from campus_service.following import models as following
from campus_service.guide import models as guide
from campus_service.jobs import models as jobs
from campus_service.lostfound import models as lostfound
from campus_service.media import models as media
from campus_service.notifications import models as notifications
from campus_service.privacy import models as privacy
from campus_service.search import models as search

__all__ = [
    "accounts",
    "audit",
    "bulletin",
    "calendar",
    "feedback",
    "following",
    "guide",
    "jobs",
    "lostfound",
    "media",
    "notifications",
    "numbers",
    "once",
    "privacy",
    "search",
]
