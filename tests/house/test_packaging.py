"""The source package holds what it should and nothing else; the installed wheel serves pages from its own files."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.house.test_docs import ROOT, tracked

# What a checkout gathers beside the files of the repository.
LITTER = (
    "instance/secret",
    "uploads/somebody.jpg",
    ".venv/bin/python",
    "campus_service/__pycache__/app.cpython-311.pyc",
    "campus_service/core/left.pyc",
    "tests/__pycache__/conftest.cpython-311.pyc",
    "dist/campus_service-0.0.0.tar.gz",
)
SERVE = """
import sys
from campus_service import __file__ as where, assets
from campus_service.app import create_app

app = create_app()
client = app.test_client()
print(where)
print(assets.folder("templates"))
page = client.get("/")
print(page.status_code, "失物招领" in page.get_data(as_text=True))
sheet = client.get("/static/css/site.css")
print(sheet.status_code, sheet.content_length > 1000)
"""


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the source package and the wheel built from it, made in a checkout full of litter."""
    checkout, out = tmp_path_factory.mktemp("checkout"), tmp_path_factory.mktemp("dist")
    for path in tracked():
        target = checkout / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    for name in LITTER:
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        (checkout / name).write_text("litter")
    build = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(checkout)]
    done = subprocess.run(build, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return out


def test_the_source_package_holds_the_tree_and_no_litter(packages: Path) -> None:
    (sdist,) = packages.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert names & set(LITTER) == set()
    assert not [
        name for name in names if name.endswith(".pyc") or name.startswith(("instance", "uploads", ".venv"))
    ]
    expected = {
        path.relative_to(ROOT).as_posix() for path in tracked() if path.parts[len(ROOT.parts)] in _TOPS
    }
    assert expected - names == set()


_TOPS = (
    "campus_service",
    "templates",
    "static",
    "tests",
    "docs",
    "README.md",
    "LICENSE",
    "pyproject.toml",
    "Makefile",
)


def test_the_wheel_carries_templates_static_files_and_data(packages: Path) -> None:
    (wheel,) = packages.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    for folder in ("templates", "static"):
        files = [path for path in tracked() if path.is_relative_to(ROOT / folder)]
        assert {
            f"campus_service/_assets/{path.relative_to(ROOT).as_posix()}" for path in files
        } - names == set()
    inside = [path for path in tracked() if path.is_relative_to(ROOT / "campus_service")]
    assert {path.relative_to(ROOT).as_posix() for path in inside} - names == set()
    tops = {name.partition("/")[0] for name in names if ".dist-info/" not in name}
    assert tops == {"campus_service"}


def test_an_installed_wheel_serves_pages_from_its_own_files(packages: Path, tmp_path: Path) -> None:
    python = install(packages, tmp_path / "venv")
    environ = {
        name: value for name, value in os.environ.items() if not name.startswith(("CAMPUS_", "PYTHONPATH"))
    }
    environ |= {"CAMPUS_SECRET_KEY": "x" * 40, "CAMPUS_DATA_DIR": str(tmp_path / "data")}

    def run(*command: str) -> str:
        done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    assert "The database is at" in run(str(python.with_name("campus-service")), "db", "upgrade")
    where, templates, page, sheet = run(str(python), "-c", SERVE).splitlines()
    assert Path(where).is_relative_to(tmp_path / "venv")
    assert Path(templates) == Path(where).parent / "_assets" / "templates"
    assert page == "200 True"
    assert sheet == "200 True"


def install(packages: Path, venv: Path) -> Path:
    """A clean environment with the wheel; what it depends on is lent by this one. Returns its Python."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
    python = venv / "bin" / "python"
    (wheel,) = packages.glob("*.whl")
    pip = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        str(python),
        "--disable-pip-version-check",
        "install",
        "--quiet",
    ]
    subprocess.run([*pip, "--no-deps", "--no-index", str(wheel)], check=True)
    (site,) = venv.glob("lib/python*/site-packages")
    lent = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    # A line in a .pth file is only a path: what is installed there "editable" does not come with it.
    (site / "lent.pth").write_text("\n".join(sorted(lent)) + "\n")
    return python
