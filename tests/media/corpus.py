"""Real pictures, fetched when the tests run and kept in the user's cache: never part of the repository.

Pillow's source package holds a thousand pictures, many of them broken on purpose; scikit-image's wheel photographs.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import PIL

# Whatever version is current: its photographs have not changed for years.
_PACKAGES = {
    "pillow": ["--no-binary=pillow", f"pillow=={PIL.__version__}"],
    "scikit-image": ["--only-binary=:all:", "scikit-image"],
}


class Unreachable(Exception):
    """The package could not be fetched."""


def pillow_images() -> list[tuple[str, bytes]]:
    """Name and bytes of every file among the test images of Pillow's source package."""
    with tarfile.open(_fetched("pillow")) as archive:
        wanted = [each for each in archive if each.isfile() and "/Tests/images/" in each.name]
        return [(each.name.partition("/Tests/images/")[2], _bytes(archive, each)) for each in wanted]


def _bytes(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(member)
    return file.read() if file else b""


def photographs() -> list[tuple[str, bytes]]:
    """Name and bytes of scikit-image's photographs (JPEG and PNG)."""
    with zipfile.ZipFile(_fetched("scikit-image")) as archive:
        names = [name for name in archive.namelist() if "/data/" in name and name.endswith((".jpg", ".png"))]
        return [(name.rpartition("/")[2], archive.read(name)) for name in names]


def _fetched(package: str) -> Path:
    """The package's file; several test processes fetch it once."""
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = root / "campus-service-tests" / f"{package}-{PIL.__version__}"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for found in _archives(folder):
            return found
        return _download(_PACKAGES[package], folder)


def _archives(folder: Path) -> Iterator[Path]:
    return (path for path in folder.iterdir() if path.name.endswith((".tar.gz", ".whl")))


def _download(wanted: list[str], folder: Path) -> Path:
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--disable-pip-version-check"]
        try:
            subprocess.run(
                [*command, "--dest", scratch, *wanted],
                check=True,
                capture_output=True,
                text=True,
                timeout=300,
            )
        except subprocess.CalledProcessError as error:
            raise Unreachable(error.stderr.strip().splitlines()[-1] if error.stderr else str(error)) from None
        except subprocess.TimeoutExpired:
            raise Unreachable("no answer within 300 s") from None
        archive = next(_archives(Path(scratch)))
        return archive.rename(folder / archive.name)
