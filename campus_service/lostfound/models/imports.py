"""Files that staff bring in: how far each is, which lines it made, which it refused, and mappings kept for next time."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from campus_service.core.db import Base, StrEnumColumn, UtcDateTime
from campus_service.lostfound.states import ImportState


class Import(Base):
    """One file on its way into the registry."""

    __tablename__ = "imports"
    __table_args__ = (Index("ix_imports_changed", "changed_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    # The last step of anybody: seven days after it the file and what was copied from it are removed.
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[ImportState] = mapped_column(StrEnumColumn(ImportState), default=ImportState.MAPPING)
    # What the person called the file, and its private name on the disk; "" once it was removed.
    name: Mapped[str] = mapped_column(String(120))
    file: Mapped[str] = mapped_column(String(32))
    size: Mapped[int]
    # How the file is read: format, encoding, delimiter, sheet (reading.Format), its headings and first lines.
    how: Mapped[dict[str, Any]] = mapped_column(JSON)
    sample: Mapped[dict[str, Any]] = mapped_column(JSON)
    mapping: Mapped[dict[str, Any]] = mapped_column(JSON)
    # The language that refusals are written in.
    locale: Mapped[str] = mapped_column(String(8))
    # Lines read so far of ``total`` (known after the dry run), good ones, refused ones.
    position: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    found: Mapped[int] = mapped_column(default=0)
    lost: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    trouble: Mapped[str] = mapped_column(String(300), default="")


class ImportedLine(Base):
    """Which report a line became; exactly these are taken away when the import is undone."""

    __tablename__ = "imported_lines"
    __table_args__ = (Index("ix_imported_lines_import", "import_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("imports.id"))
    line: Mapped[int]
    item_id: Mapped[int | None] = mapped_column(ForeignKey("found_items.id"), unique=True)
    report_id: Mapped[int | None] = mapped_column(ForeignKey("lost_reports.id"), unique=True)


class ImportRefusal(Base):
    """A line that was not taken: its number, why, and what stood there."""

    __tablename__ = "import_refusals"
    __table_args__ = (Index("ix_import_refusals_import", "import_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("imports.id"))
    line: Mapped[int]
    reason: Mapped[str] = mapped_column(Text)
    cells: Mapped[list[str]] = mapped_column(JSON)


class ImportMapping(Base):
    """A mapping under a name, for the next file of the same kind."""

    __tablename__ = "import_mappings"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40), unique=True)
    mapping: Mapped[dict[str, Any]] = mapped_column(JSON)
    by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
