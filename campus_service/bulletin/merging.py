"""Two people changed one text: what each of them changed is joined, line by line, or both are kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from merge3 import Merge3

from campus_service.bulletin.texts import ArticleText


@dataclass(frozen=True, slots=True)
class Merged:
    """The joined text; ``conflicts``: the fields that both changed differently (there the newest stands)."""

    text: ArticleText
    conflicts: tuple[str, ...] = ()


_FIELDS = ("section", "title", "lede", "byline", "event")


def merge(base: ArticleText, newest: ArticleText, mine: ArticleText) -> Merged:
    """Join ``mine`` into ``newest``, both grown from ``base``."""
    conflicts = []
    changes: dict[str, object] = {}
    for name in _FIELDS:
        was, theirs, ours = (getattr(text, name) for text in (base, newest, mine))
        if ours in (was, theirs):
            continue
        if theirs == was:
            changes[name] = ours
        else:
            conflicts.append(name)
    body = _merged_body(base.body, newest.body, mine.body)
    if body is None:
        conflicts.append("body")
        body = newest.body
    return Merged(replace(newest, **changes, body=body), tuple(conflicts))  # type: ignore[arg-type]


def _merged_body(base: str, newest: str, mine: str) -> str | None:
    """The joined body, or None where both changed the same lines differently."""
    merged = Merge3(base.splitlines(True), newest.splitlines(True), mine.splitlines(True))
    if any(kind[0] == "conflict" for kind in merged.merge_regions()):
        return None
    return "".join(merged.merge_lines())


@dataclass(frozen=True, slots=True)
class Region:
    """A piece of a joined body; where both changed the same lines, ``mine`` and ``theirs`` differ."""

    theirs: str
    mine: str

    @property
    def conflict(self) -> bool:
        """Whether somebody has to choose."""
        return self.theirs != self.mine


def regions(base: str, newest: str, mine: str) -> list[Region]:
    """The joined body piece by piece, for choosing where both changed the same lines."""
    z, a, b = (text.splitlines(True) for text in (base, newest, mine))
    found = []
    for kind, *at in Merge3(z, a, b).merge_regions():
        if kind == "conflict":
            found.append(Region("".join(a[at[2] : at[3]]), "".join(b[at[4] : at[5]])))
            continue
        lines = {"unchanged": z, "same": a, "a": a, "b": b}[kind][at[0] : at[1]]
        found.append(Region("".join(lines), "".join(lines)))
    return found


@dataclass(frozen=True, slots=True)
class Line:
    """One row of two texts side by side; ``kind``: "same", "changed", "gone" or "new"."""

    kind: str
    left: str
    right: str


def side_by_side(left: str, right: str) -> Iterator[Line]:
    """The two texts line by line, for looking at both."""
    a, b = left.split("\n"), right.split("\n")
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if tag == "equal":
            yield from (Line("same", x, y) for x, y in zip(a[i1:i2], b[j1:j2], strict=True))
            continue
        for n in range(max(i2 - i1, j2 - j1)):
            x = a[i1 + n] if i1 + n < i2 else None
            y = b[j1 + n] if j1 + n < j2 else None
            kind = "changed" if x is not None and y is not None else "gone" if y is None else "new"
            yield Line(kind, x or "", y or "")
