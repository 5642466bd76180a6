"""Local storage writes whole files or none, under names of ours only."""

from __future__ import annotations

import errno
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from campus_service.media.errors import StorageFull
from campus_service.media.storage import LocalStorage, MissingFile

NAME = "0123456789abcdef0123456789abcdef-320.jpg"


@pytest.fixture
def storage(tmp_path: Path) -> LocalStorage:
    return LocalStorage(tmp_path / "uploads")


def files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_what_was_put_can_be_got(storage: LocalStorage) -> None:
    storage.put(NAME, b"picture")
    assert storage.exists(NAME)
    assert storage.get(NAME) == b"picture"


def test_files_are_spread_over_folders_and_closed_to_strangers(storage: LocalStorage, tmp_path: Path) -> None:
    storage.put(NAME, b"picture")
    path = tmp_path / "uploads" / "01" / "23" / NAME
    assert path.stat().st_mode & 0o007 == 0


def test_a_missing_file_is_said_to_be_missing(storage: LocalStorage) -> None:
    assert not storage.exists(NAME)
    with pytest.raises(MissingFile):
        storage.get(NAME)


def test_deleting_twice_is_no_error(storage: LocalStorage) -> None:
    storage.put(NAME, b"picture")
    storage.delete(NAME)
    storage.delete(NAME)
    assert not storage.exists(NAME)


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/etc/passwd", "a.jpg", NAME + "/..", NAME.upper(), "", "\x00"]
)
def test_a_name_that_is_not_ours_is_refused(storage: LocalStorage, name: str) -> None:
    for use in (storage.get, storage.delete, storage.exists):
        with pytest.raises(ValueError, match="not a name of ours"):
            use(name)


@pytest.mark.parametrize("call", ["fsync", "open", "mkdir"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS])
def test_a_full_disk_leaves_nothing_behind(
    storage: LocalStorage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, call, full)
    with pytest.raises(StorageFull):
        storage.put(NAME, b"picture")
    monkeypatch.undo()
    assert files_below(tmp_path) == []
    storage.put(NAME, b"picture")
    assert storage.exists(NAME)


def test_another_error_of_the_disk_is_not_called_full(storage: LocalStorage, tmp_path: Path) -> None:
    (tmp_path / "uploads").write_text("a file where a folder should be")
    with pytest.raises(NotADirectoryError):
        storage.put(NAME, b"picture")


def test_the_list_of_names_has_whole_files_only(storage: LocalStorage, tmp_path: Path) -> None:
    storage.put(NAME, b"picture")
    half = tmp_path / "uploads" / ".parts" / "half"
    half.write_bytes(b"pic")
    assert [name for name, _ in storage.names()] == [NAME]
    assert half.exists()


def test_tidying_removes_old_halves_only(storage: LocalStorage, tmp_path: Path) -> None:
    storage.put(NAME, b"picture")
    old, fresh = (tmp_path / "uploads" / ".parts" / name for name in ("old", "fresh"))
    for path in (old, fresh):
        path.write_bytes(b"pic")
    os.utime(old, (1_000_000, 1_000_000))
    storage.tidy(datetime.now(UTC) - timedelta(days=1))
    assert (old.exists(), fresh.exists(), storage.exists(NAME)) == (False, True, True)
