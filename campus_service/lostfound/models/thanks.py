"""Finders who agreed to be thanked by name (拾金不昧)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from campus_service.core.db import Base, StrEnumColumn, UtcDateTime
from campus_service.lostfound.states import AgreedVia


class Commendation(Base):
    """A finder's agreement for one thing: the name as he wants it read, never more than that (PIPL 6, 13)."""

    __tablename__ = "commendations"

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("found_items.id"), unique=True)
    # Whose account it is, when he posted the thing himself: an account that is erased takes its agreements along.
    person_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    shown_as: Mapped[str] = mapped_column(String(40))
    agreed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    agreed_via: Mapped[AgreedVia] = mapped_column(StrEnumColumn(AgreedVia))
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
