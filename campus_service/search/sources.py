"""What the search over everything is made of: every feature adds what it has in one place, by register()."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from campus_service.core.actor import Actor
from campus_service.core.i18n import LazyString
from campus_service.search.engine import SearchDoc


@dataclass(frozen=True, slots=True)
class Hit:
    """One result: ``line`` says where, when, who; ``picture`` is an address, else ``drawing`` a drawn illustration."""

    url: str
    title: str | Markup
    line: str
    picture: str = ""
    drawing: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """One kind of thing that can be found.

    ``show`` answers for those of the numbers that ``actor`` may see now: the database decides, not the index.
    ``documents`` gives all that should be in the index, for the nightly comparison. ``beside`` are kinds of others that
    its tab shows too: an event is an article as well.
    """

    kind: str
    label: LazyString
    position: int
    show: Callable[[Actor, Sequence[int], str], dict[int, Hit]]
    documents: Callable[[], Iterable[SearchDoc]]
    beside: tuple[str, ...] = ()

    @property
    def kinds(self) -> tuple[str, ...]:
        """All that its tab shows."""
        return (self.kind, *self.beside)


_SOURCES: dict[str, Source] = {}


def register(source: Source) -> None:
    """Add a source, or put a new one in its place."""
    _SOURCES[source.kind] = source


def sources() -> list[Source]:
    """All sources in the order of their tabs."""
    return sorted(_SOURCES.values(), key=lambda source: source.position)


def show(actor: Actor, ids: Sequence[str], q: str) -> Iterator[tuple[Source, Hit]]:
    """The hits behind ``ids`` ("found:12") in their order; what is gone or hidden is left out."""
    numbers: dict[str, list[int]] = {}
    for id in ids:
        kind, _sign, number = id.partition(":")
        numbers.setdefault(kind, []).append(int(number))
    shown = {
        kind: _SOURCES[kind].show(actor, wanted, q) for kind, wanted in numbers.items() if kind in _SOURCES
    }
    for id in ids:
        kind, _sign, number = id.partition(":")
        hit = shown.get(kind, {}).get(int(number))
        if hit is not None:
            yield _SOURCES[kind], hit
