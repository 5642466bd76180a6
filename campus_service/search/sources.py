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

    @property
    def plain_title(self) -> str:
        """The title where no markup is read: in a notice, in JSON."""
        return self.title.striptags() if isinstance(self.title, Markup) else self.title


@dataclass(frozen=True, slots=True)
class Source:
    """One kind of thing that can be found, and so followed.

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


def source_of(kind: str) -> Source | None:
    """The source of this kind, if there is one."""
    return _SOURCES.get(kind)


def kinds_of(tab: str) -> tuple[str, ...]:
    """All that a tab shows; nothing where there is no such tab."""
    source = _SOURCES.get(tab)
    return source.kinds if source else ()


def tabs_with(kind: str) -> list[str]:
    """The kinds whose tabs show a document of this kind."""
    return [source.kind for source in sources() if kind in source.kinds]


def show(actor: Actor, ids: Sequence[str], q: str) -> Iterator[tuple[Source, Hit]]:
    """The hits behind ``ids`` ("found:12") in their order; what is gone or hidden is left out."""
    shown = hits(actor, ids, q)
    return ((_SOURCES[id.partition(":")[0]], shown[id]) for id in ids if id in shown)


def hits(actor: Actor, ids: Iterable[str], q: str = "") -> dict[str, Hit]:
    """The same by their ids; each source is asked once."""
    numbers: dict[str, list[int]] = {}
    for id in ids:
        kind, _sign, number = id.partition(":")
        numbers.setdefault(kind, []).append(int(number))
    return {
        f"{kind}:{number}": hit
        for kind, wanted in numbers.items()
        if kind in _SOURCES
        for number, hit in _SOURCES[kind].show(actor, wanted, q).items()
    }
