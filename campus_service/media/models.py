"""The table of photos. The pictures themselves are files, see storage.py."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, false, text
from sqlalchemy.orm import Mapped, mapped_column

from campus_service.core.db import Base, UtcDateTime
from campus_service.media.cleaned import SIZES

#: Photos that one owner (an item, a claim) may have; positions run from 0.
MAX_PER_OWNER = 6
_UNATTACHED = text("owner_type IS NULL")


class Photo(Base):
    """One photo: unattached after the upload, then part of an owner (a found item, a claim) at a position."""

    __tablename__ = "photos"
    __table_args__ = (
        # Unique, so that two forms sent at once cannot give an owner more photos than positions.
        Index("uq_photos_owner", "owner_type", "owner_id", "position", unique=True),
        Index("ix_photos_unattached", "created_at", sqlite_where=_UNATTACHED, postgresql_where=_UNATTACHED),
        CheckConstraint(f"position BETWEEN 0 AND {MAX_PER_OWNER - 1}", name="position"),
        CheckConstraint("(owner_type IS NULL) = (owner_id IS NULL)", name="owner"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    # 128 random bits in hex: the public name, and the first part of the files' names.
    key: Mapped[str] = mapped_column(String(32), unique=True)
    # Of the 960 rendition, in pixels; the other two behind them.
    width: Mapped[int]
    height: Mapped[int]
    w320: Mapped[int]
    h320: Mapped[int]
    w2048: Mapped[int]
    h2048: Mapped[int]
    # The average colour, "#rrggbb": shown until the photo has come.
    colour: Mapped[str] = mapped_column(String(7))
    # None: the system stored it (import, demo data).
    uploaded_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    owner_type: Mapped[str | None] = mapped_column(String(40))
    owner_id: Mapped[int | None]
    position: Mapped[int] = mapped_column(default=0, server_default="0")
    private: Mapped[bool] = mapped_column(default=False, server_default=false())

    @property
    def attached(self) -> bool:
        """Whether the photo belongs to an owner already."""
        return self.owner_type is not None

    def url(self, size: int) -> str:
        """The address of a rendition (320, 960 or 2048); a plain string, because lists ask for many."""
        return photo_url(self.key, size)


def photo_url(key: str, size: int) -> str:
    """The address of a rendition, for callers that keep only the key."""
    return f"/photos/{key}/{size}.jpg"


def file_name(key: str, size: int) -> str:
    """The name of a rendition's file in the storage."""
    return f"{key}-{size}.jpg"


def file_names(key: str) -> list[str]:
    """The names of all files of a photo."""
    return [file_name(key, size) for size in SIZES]
