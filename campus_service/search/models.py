"""The documents that the index is built from (the database is the truth, tokens included), and the words staff add."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import DDL, Float, Index, String, Text, event
from sqlalchemy.orm import Mapped, mapped_column

from campus_service.core.db import Base, UtcDateTime


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


# On PostgreSQL the words are looked up in columns of their own (table_engine.py); the migration makes the same.
_WORDS = "array_to_tsvector(array_remove(string_to_array({0}, ' '), ''))"
for _field in ("text", "title", "grams"):
    _column = f"ADD COLUMN {_field}_words tsvector GENERATED ALWAYS AS ({_WORDS.format(_field)}) STORED"
    event.listen(
        SearchDocument.__table__,
        "after_create",
        DDL(f"ALTER TABLE search_documents {_column}").execute_if(dialect="postgresql"),  # type: ignore[no-untyped-call]
    )
for _field in ("text", "grams"):
    _index = f"ix_search_documents_{_field}_words ON search_documents USING gin ({_field}_words)"
    event.listen(
        SearchDocument.__table__,
        "after_create",
        DDL(f"CREATE INDEX {_index}").execute_if(dialect="postgresql"),  # type: ignore[no-untyped-call]
    )


class SearchWords(Base):
    """A line of campus words that staff added; who wrote it stands in the audit log."""

    __tablename__ = "search_words"

    id: Mapped[int] = mapped_column(primary_key=True)
    line: Mapped[str] = mapped_column(String(200))
    note: Mapped[str] = mapped_column(String(80), default="")
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}
