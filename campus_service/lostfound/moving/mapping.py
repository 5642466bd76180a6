"""A mapping is data: which columns of a file of others become which of our fields, and which of their words which of ours."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping as Map
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from campus_service.core.errors import Invalid, Text
from campus_service.core.i18n import LazyString, lazy
from campus_service.lostfound.categories import Category, suggest
from campus_service.lostfound.moving import days

Name = Annotated[str, StringConstraints(max_length=80)]
Word = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]

#: Our fields in the order of the page, with their names.
FIELDS: dict[str, LazyString] = {
    "id": lazy("编号"),
    "kind": lazy("类型"),
    "title": lazy("标题"),
    "category": lazy("类别"),
    "place": lazy("地点"),
    "occurred_on": lazy("日期"),
    "description": lazy("描述"),
    "private_marks": lazy("核对特征"),
    "contact": lazy("联系方式"),
    "desk": lazy("招领点"),
    "shelf": lazy("架位"),
    "finder_name": lazy("拾到者"),
    "returned_on": lazy("归还日期"),
}
NEEDED = ("kind", "title", "category", "place", "occurred_on")
#: Fields whose words are ours: a file's words are looked up.
CHOICES = ("kind", "category", "desk")
DAYS = ("occurred_on", "returned_on")


class Source(BaseModel):
    """Where one field comes from.

    ``columns``: text is joined with ``join``, of CHOICES the first that is known counts. ``constant``: the same for every
    line. ``values``: their word → ours. ``otherwise``: what a word that is not known becomes; "auto" lets the words
    of the title decide; empty refuses the line. ``default``: for empty cells. ``before``: a text before a column's.
    ``cut``: longer texts are cut to so many letters.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    columns: list[Name] = Field(default_factory=list, max_length=6)
    join: Annotated[str, StringConstraints(max_length=10)] = " "
    pick: Literal["all", "first"] = "all"
    constant: Word = ""
    values: dict[Word, Word] = Field(default_factory=dict, max_length=1000)
    otherwise: Word = ""
    default: Word = ""
    before: dict[Name, Word] = Field(default_factory=dict)
    prefix: Annotated[str, StringConstraints(max_length=20)] = ""
    cut: int = Field(default=0, ge=0, le=2000)

    @property
    def filled(self) -> bool:
        """Whether a line without such a column has a value all the same."""
        return bool(self.constant or self.default or self.otherwise == "auto")


class Mapping(BaseModel):
    """``fields``: our field → its source; ``translate``: column → their word → ours, before anything else."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, StringConstraints(max_length=40)] = ""
    signature: list[Name] = Field(default_factory=list)
    fields: dict[str, Source] = Field(default_factory=dict)
    translate: dict[Name, dict[Word, Word]] = Field(default_factory=dict)

    def missing(self, headings: Sequence[str]) -> dict[str, Text]:
        """The needed fields that no column and no constant fills, and columns that the file does not have."""
        wrong: dict[str, Text] = {}
        known = {folded(heading) for heading in headings}
        for name in NEEDED:
            source = self.fields.get(name)
            if source is None or not (source.columns or source.filled):
                wrong[name] = lazy("“%(name)s”还没有对应的列。", name=FIELDS[name])
            elif not source.filled and not any(folded(column) in known for column in source.columns):
                wrong[name] = lazy("文件里没有“%(name)s”这一列。", name=source.columns[0])
        return wrong


@lru_cache(5000)
def folded(text: str) -> str:
    """Words are compared without regard to case, width and blanks."""
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text)).strip().casefold()


@dataclass(frozen=True, slots=True)
class _Column:
    """One column of a file, as one field takes it."""

    at: int
    words: Map[str, str]
    before: str

    def text(self, cells: Sequence[Any]) -> str:
        """Its cell, translated."""
        text = as_text(cells[self.at]) if self.at < len(cells) else ""
        if text and self.words:
            text = self.words.get(folded(text), text)
        return self.before + text if text else ""


class Applied:
    """A mapping applied to the rows of one file."""

    def __init__(self, mapping: Mapping, headings: Sequence[str], words: Map[str, Map[str, str]]) -> None:
        """``words``: what every mapping knows of CHOICES, field → (folded) word → ours."""
        self.mapping = mapping
        self._known = {
            name: {**words.get(name, {}), **{folded(theirs): ours for theirs, ours in source.values.items()}}
            for name, source in mapping.fields.items()
        }
        at = {folded(name): at for at, name in reversed(list(enumerate(headings))) if name}
        translate = {
            folded(column): {folded(theirs): ours for theirs, ours in words.items()}
            for column, words in mapping.translate.items()
        }
        self._columns = {
            name: [
                _Column(at[key], translate.get(key, {}), source.before.get(column, ""))
                for column in source.columns
                if (key := folded(column)) in at
            ]
            for name, source in mapping.fields.items()
        }

    def values(self, cells: Sequence[Any]) -> dict[str, Any]:
        """Our fields of one row; raises Invalid with every field that cannot be made of it."""
        values: dict[str, Any] = {}
        wrong: dict[str, Text] = {}
        for name in FIELDS:
            source = self.mapping.fields.get(name)
            if source is None:
                continue
            try:
                values[name] = self._field(name, source, cells, values)
            except Invalid as error:
                wrong |= error.fields
        empty = [name for name in NEEDED if not values.get(name) and name not in wrong]
        if wrong or empty:
            raise Invalid(wrong | dict.fromkeys(empty, lazy("这里要填。")))
        if not self._columns.get("id"):
            values["id"] = self._fingerprint(cells)
        return {name: value for name, value in values.items() if value != ""}

    def _field(self, name: str, source: Source, cells: Sequence[Any], values: Map[str, Any]) -> str:
        said = [text for column in self._columns[name] if (text := column.text(cells))]
        if name in CHOICES:
            return self._choice(name, source, said, values)
        if name == "title":
            said = _apart(said)
        text = source.join.join(said) if source.pick == "all" else next(iter(said), "")
        text = text or source.constant or source.default
        if name in DAYS:
            return days.day(name, text).isoformat() if text else ""
        if source.cut and len(text) > source.cut:
            text = text[: source.cut - 1] + "…"
        return source.prefix + text if text else ""

    def _choice(self, name: str, source: Source, said: Sequence[str], values: Map[str, Any]) -> str:
        for word in said:
            ours = lookup(self._known[name], word)
            if ours:
                return ours
        if not said and (source.constant or source.default):
            return source.constant or source.default
        if source.otherwise == "auto":
            guesses = suggest(str(values.get("title", "")))
            return guesses[0].value if guesses else Category.OTHER.value
        return (source.otherwise or said[0]) if said else ""

    def _fingerprint(self, cells: Sequence[Any]) -> str:
        """For files without numbers: the same line is the same thing."""
        whole = json.dumps([as_text(cell) for cell in cells], ensure_ascii=False).encode("utf-8", "replace")
        return f"{self.mapping.name or 'line'}-{hashlib.sha256(whole).hexdigest()[:24]}"[-60:]


def lookup(known: Map[str, str], word: str) -> str:
    """Our word for theirs: the whole of it, a part of "electronics > tablet" from the right, or how it begins."""
    whole = folded(word)
    if whole in known:
        return known[whole]
    parts = [part.strip() for part in re.split(r"[>＞›/]", whole)] if re.search(r"[>＞›]", whole) else []
    for part in reversed(parts):
        if part in known:
            return known[part]
    beginnings = [theirs for theirs in known if len(theirs) > 2 and whole.startswith(theirs)]
    return known[max(beginnings, key=len)] if beginnings else ""


def _apart(parts: list[str]) -> list[str]:
    """Texts to be joined, without those that another one says already: no "黑色 黑色折叠伞"."""
    if len(parts) < 2:
        return parts
    return [
        part
        for at, part in enumerate(parts)
        if not any(
            part in other and (part != other or before < at)
            for before, other in enumerate(parts)
            if before != at
        )
    ]


def as_text(value: Any) -> str:
    """A cell as text."""
    return "" if value is None else str(value).strip()
