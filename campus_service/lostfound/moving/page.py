"""What the page of an import shows: the mapper's fields, words to be matched, mapped examples, how far it is."""

from __future__ import annotations

from collections.abc import Mapping as Map
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from campus_service.core.clock import now
from campus_service.core.errors import Invalid, Text
from campus_service.core.i18n import lazy
from campus_service.lostfound import queries as registry
from campus_service.lostfound.labels import labels
from campus_service.lostfound.models import Import
from campus_service.lostfound.moving import queries
from campus_service.lostfound.moving.judging import Judge, Judged
from campus_service.lostfound.moving.mapping import CHOICES, FIELDS, NEEDED, Mapping, Source, folded, lookup
from campus_service.lostfound.moving.reading import Row
from campus_service.lostfound.moving.ready import NAMES, our_words, ready
from campus_service.lostfound.states import ImportState
from campus_service.lostfound.story import desk_name

#: Fields whose text may come from two columns.
TWO_COLUMNS = ("title", "description", "place", "private_marks")
EXAMPLES, WORDS = 5, 60
ENCODINGS = {
    "utf-8-sig": "UTF-8",
    "gb18030": lazy("GBK / GB18030（中文）"),
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16 LE",
    "utf-16-be": "UTF-16 BE",
    "cp949": lazy("EUC-KR（韩文）"),
    "cp1252": lazy("Windows-1252（西文）"),
}
DELIMITERS = {",": lazy("逗号"), ";": lazy("分号"), "\t": lazy("制表符"), "|": lazy("竖线")}


class Form(Protocol):
    """What a browser sends."""

    def get(self, name: str, default: str, /) -> str:
        """The first value of ``name``."""


@dataclass(slots=True)
class Word:
    """One of their words: how often it stands in the file, and ours for it, "" when not known."""

    theirs: str
    count: int
    ours: str


@dataclass(slots=True)
class FieldRow:
    """One of our fields in the mapper, and what became of the example lines."""

    name: str
    label: str
    needed: bool
    columns: list[str]
    constant: str
    otherwise: str
    choices: list[tuple[str, str]] = field(default_factory=list)
    words: list[Word] = field(default_factory=list)
    known: int = 0
    examples: list[tuple[str, str]] = field(default_factory=list)
    error: str = ""

    @property
    def two(self) -> bool:
        """Whether a second column may be joined."""
        return self.name in TWO_COLUMNS


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is: percent, and seconds that are left, None when nobody can know yet."""

    percent: int
    left_s: int | None


def progress(row: Import) -> Progress:
    """Of an import that is being tried or run."""
    percent = min(99, row.position * 100 // row.total) if row.total else 0
    if not percent or row.started_at is None:
        return Progress(percent, None)
    seconds = (now() - row.started_at).total_seconds()
    return Progress(percent, int(seconds * (100 - percent) / percent))


# --- the mapper ---------------------------------------------------------------------------------------------------


def field_rows(row: Import, mapping: Mapping, missing: Map[str, Text]) -> list[FieldRow]:
    """The mapper's lines with the examples that the mapping makes of the first lines."""
    judged = _examples(row, mapping)
    return [_field_row(name, row, mapping, missing, judged) for name in FIELDS]


def _field_row(
    name: str, row: Import, mapping: Mapping, missing: Map[str, Text], judged: Sequence[Judged]
) -> FieldRow:
    source = mapping.fields.get(name) or Source()
    there = {folded(heading): heading for heading in row.sample.get("headings", [])}
    columns = [there[key] for column in source.columns if (key := folded(column)) in there]
    shown = FieldRow(
        name,
        str(FIELDS[name]),
        name in NEEDED,
        columns,
        source.constant or source.default,
        source.otherwise,
        choices=_choices(name),
        error=str(missing.get(name, "")),
    )
    shown.examples = [_example(name, each) for each in judged]
    if name in CHOICES and columns:
        words = _words(name, source, row.sample.get("words", {}).get(columns[-1], {}))
        shown.known = sum(1 for word in words if word.ours)
        shown.words = sorted(words, key=lambda word: (bool(word.ours), -word.count))[:WORDS]
    return shown


def _choices(name: str) -> list[tuple[str, str]]:
    """What a field of CHOICES can be."""
    names = labels()
    match name:
        case "kind":
            return list(names.kind.items())
        case "category":
            return list(names.category.items())
        case "desk":
            return [(desk.code, desk_name(desk.code)) for desk in registry.desks()]
        case _:
            return []


def _words(name: str, source: Source, counts: Map[str, int]) -> list[Word]:
    known = _known(name) | {folded(theirs): ours for theirs, ours in source.values.items()}
    return [Word(theirs, count, lookup(known, theirs)) for theirs, count in counts.items()]


def _known(name: str) -> dict[str, str]:
    if name == "desk":
        return {folded(word): code for word, code in queries.desk_words().items()}
    return our_words()[name]


def _examples(row: Import, mapping: Mapping) -> list[Judged]:
    try:
        judge = Judge(mapping, row.sample.get("headings", []))
    except Invalid:
        return []
    rows = row.sample.get("rows", [])[:EXAMPLES]
    return [judge.judge(Row(line, cells)) for line, cells in rows]


def _example(name: str, judged: Judged) -> tuple[str, str]:
    """What a field became in one example, or what is wrong with it."""
    if name in judged.wrong:
        return "", str(judged.wrong[name])
    if judged.values is None:
        return "", ""
    if name == "id":
        return judged.ref, ""
    value = str(judged.values.get(name) or "")
    return dict(_choices(name)).get(value, value), ""


def mapping_from(form: Form, base: Mapping) -> Mapping:
    """The mapping that the form describes; what the page does not show stays as in ``base``."""
    fields = {}
    for name in FIELDS:
        source = _source(name, form, base.fields.get(name) or Source())
        if source.columns or source.filled:
            fields[name] = source
    return base.model_copy(update={"fields": fields, "signature": []})


def _source(name: str, form: Form, old: Source) -> Source:
    columns = [
        column for column in (form.get(f"column-{name}", ""), form.get(f"column2-{name}", "")) if column
    ]
    if columns and [folded(column) for column in columns] == [folded(column) for column in old.columns][:2]:
        columns = old.columns
    said = form.get(f"constant-{name}", "").strip()[:200]
    changes: dict[str, Any] = {
        "columns": [column[:80] for column in columns],
        "constant": "" if columns else said,
        "default": said if columns else "",
    }
    if name in CHOICES:
        words = [(form.get(f"word-{name}-{n}", ""), form.get(f"ours-{name}-{n}", "")) for n in range(WORDS)]
        known = {word.strip()[:200]: ours[:20] for word, ours in words if word.strip()}
        kept = {theirs: ours for theirs, ours in old.values.items() if theirs not in known}
        changes["values"] = kept | {word: ours for word, ours in known.items() if ours}
        changes["otherwise"] = form.get(f"otherwise-{name}", "")[:20]
    return old.model_copy(update=changes)


def named_mappings() -> list[tuple[str, str]]:
    """What can be applied to a file: shipped mappings, and those kept on the site."""
    shipped = [(name, str(label)) for name, label in NAMES.items()]
    return shipped + [(f"kept:{kept.name}", kept.name) for kept in queries.kept_mappings()]


def named(name: str) -> Mapping:
    """The mapping that ``named_mappings`` offered as ``name``; raises Invalid for another one."""
    if not name.startswith("kept:"):
        return ready(name)
    kept = queries.kept_mapping(name.removeprefix("kept:"))
    if kept is None:
        raise Invalid({"mapping": lazy("没有这种对应关系，请从列表里选。")})
    return Mapping.model_validate(kept.mapping)


def editable(row: Import) -> bool:
    """Whether columns may still be changed."""
    return row.state in (ImportState.MAPPING, ImportState.TRIED, ImportState.FAILED) and bool(row.file)
