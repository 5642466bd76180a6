"""The files that are brought in, in a private folder of the data directory; nothing serves or runs them."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Final

from campus_service.core.errors import Invalid
from campus_service.core.i18n import lazy
from campus_service.core.settings import settings

MAX_BYTES: Final = 50_000_000
_CHUNK: Final = 1 << 20
_NAME: Final = re.compile(r"[0-9a-f]{32}")


def keep(stream: IO[bytes]) -> tuple[str, int]:
    """Copy an upload piece by piece to the disk; returns its private name and its size in bytes.

    Raises Invalid for more than MAX_BYTES.
    """
    name = secrets.token_hex(16)
    folder().mkdir(parents=True, exist_ok=True)
    try:
        with os.fdopen(os.open(path(name), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640), "wb") as file:
            while chunk := stream.read(_CHUNK):
                if file.tell() + len(chunk) > MAX_BYTES:
                    raise Invalid({"file": lazy("文件超过 50 MB，请分成几个再传。")})
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
            return name, file.tell()
    except BaseException:
        remove(name)
        raise


def folder() -> Path:
    """Where they lie."""
    return settings().data_dir / "imports"


def path(name: str) -> Path:
    """Where the file ``name`` lies; raises Invalid when it was removed."""
    if not _NAME.fullmatch(name):
        raise Invalid({"file": lazy("文件已经删掉了，请再传一次。")})
    return folder() / name


def remove(name: str) -> None:
    """Remove the file; one that is not there is no error."""
    with contextlib.suppress(FileNotFoundError):
        path(name).unlink()


def older_than(moment: datetime) -> Iterator[str]:
    """The names of files written before ``moment``."""
    for file in folder().glob("*"):
        with contextlib.suppress(FileNotFoundError):
            if datetime.fromtimestamp(file.stat().st_mtime, UTC) < moment:
                yield file.name
