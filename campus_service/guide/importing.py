"""Bringing in guides from JSON lines: every line checked, good lines stored together or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from campus_service.core import audit
from campus_service.core.actor import Actor
from campus_service.core.db import transaction
from campus_service.core.errors import Invalid
from campus_service.core.http import field_messages
from campus_service.core.i18n import _
from campus_service.core.importing import Progress, Refusals, json_lines
from campus_service.guide import queries, service
from campus_service.guide.commands import AddGuide


@dataclass(slots=True)
class Report(Refusals):
    """What an import did, or would do."""

    taken: int = 0


def import_file(
    path: Path, *, dry_run: bool = False, progress: Progress = lambda _bytes: None, actor: Actor | None = None
) -> Report:
    """Import ``path`` (.jsonl; UTF-8 with or without BOM, or GBK); commits once, at the end, unless ``dry_run``.

    ``progress`` is called with the number of bytes read since the last call. A guide that is there already is
    refused, not doubled. Raises Invalid for another kind of file.
    """
    report, good = Report(), []
    seen, departments = queries.known_titles(), queries.department_codes()
    for number, values in json_lines(path, progress):
        try:
            command = _check(values, seen, departments)
        except Invalid as error:
            report.refuse(number, str(error))
            continue
        seen.add((command.department, command.title))
        good.append(command)
    report.taken = len(good)
    if good and not dry_run:
        _store(actor or Actor.system(), good, path.name)
    return report


def _check(values: Any, seen: set[tuple[str, str]], departments: set[str]) -> AddGuide:
    """A line as a command; raises Invalid naming the field and what is wrong."""
    if not isinstance(values, dict):
        raise Invalid({"line": _("这一行不是一个 JSON 对象。")})
    try:
        command = AddGuide.model_validate(values)
    except ValidationError as error:
        raise Invalid(field_messages(error)) from None
    if command.department not in departments:
        raise Invalid({"department": _("没有代码为 %(code)s 的部门。", code=command.department)})
    if (command.department, command.title) in seen:
        raise Invalid({"title": _("“%(title)s”已经导入过，或在文件里出现了两次。", title=command.title)})
    return command


def _store(actor: Actor, commands: list[AddGuide], name: str) -> None:
    with transaction():
        for command in commands:
            service.add(command)
        after = {"file": name, "guides": len(commands)}
        audit.record(actor, "guide.imported", obj_type="import", obj_id=None, after=after)
