"""The documents are complete and true: what is not documented, or documented and gone, fails here."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from campus_service import __version__
from campus_service.cli import main
from campus_service.config import NOT_SETTINGS, PREFIX, Settings
from campus_service.core.permissions import ROLE_PERMISSIONS, Permission, Role, permissions_of
from campus_service.jobs.registry import DAILY, JOBS

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def read(name: str) -> str:
    """A file of the tree."""
    return (ROOT / name).read_text("utf-8")


def rows(name: str) -> dict[str, str]:
    """The tables of a document: the words in backticks in the first cell, and the whole line."""
    found = {}
    for line in read(name).splitlines():
        if line.startswith("| `"):
            for word in re.findall(r"`([^`]+)`", line.split("|")[1]):
                found[word] = line
    return found


def commands(group: click.Group, path: str) -> Iterator[tuple[str, click.Command]]:
    """Every command with its full name."""
    context = click.Context(group, info_name=path)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


def tracked() -> list[Path]:
    """The files of the repository, or of the unpacked source package."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    names = listed.stdout.split("\0") if listed.returncode == 0 else []
    assert names, "the tests of the house run in a checkout"
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


# --- settings, commands, permissions, jobs, targets ---------------------------------------------------------------


def test_every_setting_is_documented_with_its_default_and_no_other() -> None:
    documented = rows("docs/settings.md")
    assert set(documented) == {PREFIX + name.upper() for name in Settings.model_fields}
    for name, field in Settings.model_fields.items():
        shown = documented[PREFIX + name.upper()].split("|")[2]
        if not field.is_required() and field.default != "":
            default = str(field.default).lower() if isinstance(field.default, bool) else str(field.default)
            assert f"`{default}`" in shown, name
    for name in NOT_SETTINGS:
        assert f"`{name}`" in read("docs/settings.md")


def test_every_command_is_documented_and_no_other() -> None:
    documented = {name for name in rows("docs/cli.md") if name.startswith("campus-service")}
    assert documented == {name for name, _command in commands(main, "campus-service")}


def test_every_command_says_what_it_does() -> None:
    assert [name for name, command in commands(main, "campus-service") if not command.help] == []


def test_every_permission_is_documented_and_no_other() -> None:
    documented = {name for name in rows("docs/permissions.md") if ":" in name}
    assert documented == {permission.value for permission in Permission}


def test_every_role_is_documented_with_what_it_carries() -> None:
    documented = rows("docs/permissions.md")
    said: dict[Role, set[str]] = {}
    for role in Role:
        words = documented[role.value].split("|")[3]
        said[role] = set(re.findall(r"`([^`]+)`", words))
        # The roles stand in such an order that what one builds on is known already.
        for other in re.findall(r"what an? (\w+) may", words):
            said[role] |= said[Role(other)]
    assert said == {role: {str(p) for p in permissions_of(frozenset({role}))} for role in ROLE_PERMISSIONS}


@pytest.mark.usefixtures("app")  # building it registers the jobs
def test_every_job_is_documented_and_no_other() -> None:
    documented = rows("docs/jobs.md")
    assert set(documented) == set(JOBS)
    assert {name: f"{hour}:00" for name, hour in DAILY.items()} == {
        name: line.split("|")[3].strip().removeprefix("daily, ")
        for name, line in documented.items()
        if "daily" in line
    }


def targets() -> set[str]:
    """What can be made."""
    return set(re.findall(r"^([a-z-]+):.*##", read("Makefile"), re.MULTILINE))


def test_every_make_target_is_documented_and_every_documented_one_exists() -> None:
    assert set(re.findall(r"\bmake ([a-z]+(?:-[a-z]+)*)", code_of(DOCUMENTS))) == targets() - {"help"}


def code_of(paths: list[Path]) -> str:
    """What stands in backticks and code blocks."""
    text = "\n".join(path.read_text("utf-8") for path in paths)
    return "\n".join([*re.findall(r"```sh\n(.*?)```", text, re.DOTALL), *re.findall(r"`([^`\n]+)`", text)])


# --- words that must be true ---------------------------------------------------------------------------------------


def test_the_changelog_begins_with_this_version() -> None:
    (newest, *_older) = re.findall(r"^## (\S+)", read("CHANGELOG.md"), re.MULTILINE)
    assert newest == __version__


def test_every_command_in_the_documents_exists() -> None:
    known = {name.removeprefix("campus-service ") for name, _command in commands(main, "campus-service")}
    known |= {name.split()[0] for name in known} | {"COMMAND"}
    for line in code_of(DOCUMENTS).splitlines():
        for words in re.findall(r"campus-service ((?:[a-zA-Z-]+)(?: [a-z]+)?)", line):
            assert words in known or words.split()[0] in known, line


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_inside_the_tree_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", document.read_text("utf-8"))
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_every_guide_is_there_in_both_languages() -> None:
    names = {path.name for path in (ROOT / "docs" / "guide").iterdir()}
    assert {name.removesuffix(".md") + ".en.md" for name in names if not name.endswith(".en.md")} == {
        name for name in names if name.endswith(".en.md")
    }


# --- what no file may hold -----------------------------------------------------------------------------------------

# Put together here, so that this file does not hold them.
_HOSTS = [
    ".".join(parts)
    for parts in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("deb", "debian", "org"))
]
_PATHS = [
    "/".join(("", *parts, ""))
    for parts in (("work", "main"), ("tmp", "w"), ("root", ".pyenv"), ("home", "user"))
]


def texts() -> Iterator[tuple[Path, str]]:
    """The text files of the repository."""
    for path in tracked():
        try:
            yield path, path.read_text("utf-8")
        except UnicodeDecodeError:
            continue


def test_no_file_names_a_package_index_or_a_place_on_somebodys_machine() -> None:
    found = [(path.name, word) for path, text in texts() for word in (*_HOSTS, *_PATHS) if word in text]
    assert found == []


def test_the_locks_carry_hashes_and_no_index() -> None:
    for name in ("base", "build", "dev"):
        text = read(f"requirements/{name}.txt")
        pinned = re.findall(r"^[a-z0-9][^ \n]*==\S+.*\\\n    --hash=sha256:[0-9a-f]{64}", text, re.MULTILINE)
        assert len(pinned) == len(re.findall(r"^[a-z0-9]", text, re.MULTILINE)) > 0
        assert "://" not in text
        assert "--index" not in text
        assert "--find-links" not in text


def test_what_the_project_needs_is_what_the_lock_pins() -> None:
    import tomllib

    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    wanted = [Requirement(line) for line in tomllib.loads(read("pyproject.toml"))["project"]["dependencies"]]
    lines = re.findall(r"^([a-z0-9-]+)==([^ \n]+)", read("requirements/base.txt"), re.MULTILINE)
    pinned = {canonicalize_name(name): version for name, version in lines}
    assert [
        str(need) for need in wanted if pinned.get(canonicalize_name(need.name), "0") not in need.specifier
    ] == []
