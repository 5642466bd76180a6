"""Where renditions lie: the Storage protocol and its local-disk form."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Protocol

from campus_service.media.errors import StorageFull

#: Errors of a disk that takes no more: full, over quota, read-only.
_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS})
_NAME: Final = re.compile(r"[0-9a-f]{32}-[0-9]{1,5}\.jpg")


class MissingFile(Exception):
    """A file that should be there is not, or cannot be read."""


class Storage(Protocol):
    """Keeps files under flat names ("<32 hex>-<size>.jpg"); a name is written once and never changed."""

    def put(self, name: str, data: bytes) -> None:
        """Keep ``data`` durably; raises StorageFull, and then leaves nothing behind."""

    def get(self, name: str) -> bytes:
        """The file's bytes; raises MissingFile."""

    def delete(self, name: str) -> None:
        """Remove the file; one that is not there is no error."""

    def exists(self, name: str) -> bool:
        """Whether the file is there."""

    def names(self) -> Iterator[tuple[str, datetime]]:
        """Every file's name and when it was written, in no order."""

    def tidy(self, before: datetime) -> None:
        """Remove what processes that died before then left half-written."""


class LocalStorage:
    """Files below one folder, spread over 65,536 subfolders by the first four hex digits of their names."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._parts = root / ".parts"

    def put(self, name: str, data: bytes) -> None:
        """Write beside, flush to the disk, then rename: a reader sees the whole file or none."""
        path = self._path(name)
        temporary = self._parts / secrets.token_hex(16)
        try:
            for folder in (self._parts, path.parent):
                folder.mkdir(parents=True, exist_ok=True)
            _write_durably(temporary, data)
            temporary.replace(path)
            _flush_folder(path.parent)
        except OSError as error:
            for left in (temporary, path):
                with contextlib.suppress(OSError):
                    left.unlink(missing_ok=True)
            if error.errno in _NO_ROOM:
                raise StorageFull() from error
            raise

    def get(self, name: str) -> bytes:
        """The file's bytes; raises MissingFile, also for a file that the disk cannot read."""
        try:
            return self._path(name).read_bytes()
        except OSError as error:
            raise MissingFile(name) from error

    def delete(self, name: str) -> None:
        """Remove the file if it is there."""
        self._path(name).unlink(missing_ok=True)

    def exists(self, name: str) -> bool:
        """Whether the file is there."""
        return self._path(name).is_file()

    def names(self) -> Iterator[tuple[str, datetime]]:
        """Every whole file."""
        for path in self._root.glob("??/??/*.jpg"):
            with contextlib.suppress(FileNotFoundError):
                yield path.name, datetime.fromtimestamp(path.stat().st_mtime, UTC)

    def tidy(self, before: datetime) -> None:
        """Remove half-written files older than ``before``."""
        for path in self._parts.glob("*"):
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_mtime < before.timestamp():
                    path.unlink()

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise ValueError(f"not a name of ours: {name!r}")
        return self._root / name[:2] / name[2:4] / name


def _write_durably(path: Path, data: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _flush_folder(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
