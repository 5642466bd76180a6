"""The documents that the index is built from: the database is the truth, tokens included."""

from __future__ import annotations

from sqlalchemy import Float, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from campus_service.core.db import Base


class SearchDocument(Base):
    """One public document. Its tokens stand between blanks, so that SQL finds just what the index finds."""

    __tablename__ = "search_documents"
    __table_args__ = (Index("ix_search_documents_kind_sort", "kind", "sort"),)

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    category: Mapped[str] = mapped_column(String(40))
    status: Mapped[str] = mapped_column(String(16))
    place: Mapped[str] = mapped_column(String(20))
    day: Mapped[int]
    sort: Mapped[float] = mapped_column(Float)
    title: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    grams: Mapped[str] = mapped_column(Text)
