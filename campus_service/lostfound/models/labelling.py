"""Which things have a printed label."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from campus_service.core.db import Base, UtcDateTime


class PrintedLabel(Base):
    """When a thing's label was last printed. Beside the item, so that printing makes nobody's form stale."""

    __tablename__ = "printed_labels"

    item_id: Mapped[int] = mapped_column(ForeignKey("found_items.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
