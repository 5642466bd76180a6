"""The engine in the box: Whoosh keeps the postings (whoosh_files.py), bit sets per segment answer (segment.py).

Whoosh's own And/Or queries are not used: with a limit they under-report totals.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from threading import RLock, local
from typing import Any

from whoosh import fields, formats, index
from whoosh.columns import NumericColumn
from whoosh.filedb.filestore import FileStorage
from whoosh.reading import SegmentReader

from campus_service.search.engine import EngineUnavailable, Filters, Hits, IndexDoc, Sort
from campus_service.search.segment import Segment, Snapshot
from campus_service.search.synonyms import Plan
from campus_service.search.whoosh_files import Folder, Writer


class Words(fields.FieldType):  # type: ignore[misc]
    """Words that stand between blanks, each once: there is nothing to analyse and nothing to count."""

    def __init__(self) -> None:
        super().__init__(formats.Existence(), analyzer=None)

    def index(self, value: str, **_options: Any) -> list[tuple[bytes, int, float, bytes]]:
        """(word, how often, weight, payload) as Whoosh's writer takes them."""
        return [(word.encode(), 1, 1.0, b"") for word in value.split()]


SCHEMA = fields.Schema(
    id=fields.ID(unique=True, stored=True),
    title=Words(),
    text=Words(),
    grams=Words(),
    kind=fields.ID,
    category=fields.ID,
    status=fields.ID,
    place=fields.ID,
    day=fields.COLUMN(NumericColumn("I")),
    sort=fields.COLUMN(NumericColumn("d")),
)
# How long a writer waits for another one, in seconds.
WAIT = 10.0
# Postings that a rebuild keeps in memory before it writes them aside, in megabytes as Whoosh counts them.
REBUILD_MB = 64


class _Pending(local):
    """Changes before their commit; every thread has its own, so that no commit takes along half of another's."""

    def __init__(self) -> None:
        self.upserts: dict[str, IndexDoc] = {}
        self.deletes: set[str] = set()


class WhooshEngine:
    """An index in a folder: one writer at a time, any number of reading processes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._files = Folder(folder)
        self._lock = RLock()
        self._snapshot: Snapshot | None = None
        self._segments: dict[str, Segment] = {}
        # What "current" said when the snapshot was made.
        self._shown = b""
        self._pending = _Pending()

    # --- writing ------------------------------------------------------------------------------------------------

    def ensure_schema(self) -> None:
        """Create an empty index where there is none."""
        if not self._files.current.exists():
            self.rebuild(())

    def writing(self, wait_s: float = WAIT) -> AbstractContextManager[None]:
        """Be the only writer inside the block, or raise EngineBusy after ``wait_s`` seconds.

        Rows read inside the block are the newest: nobody can have indexed newer ones meanwhile.
        """
        return self._files.writing(wait_s)

    def busy(self) -> bool:
        """Whether somebody, perhaps a rebuild, is writing at this moment."""
        return self._files.busy()

    def upsert(self, docs: Iterable[IndexDoc]) -> None:
        """Add or replace documents, to be seen after commit()."""
        for doc in docs:
            self._pending.upserts[doc.id] = doc
            self._pending.deletes.discard(doc.id)

    def delete(self, ids: Iterable[str]) -> None:
        """Remove documents, to be seen after commit()."""
        for id in ids:
            self._pending.upserts.pop(id, None)
            self._pending.deletes.add(id)

    def commit(self) -> None:
        """Publish what was added and removed. Raises EngineUnavailable when the index cannot be written."""
        upserts, deletes = self._pending.upserts, self._pending.deletes
        self._pending.upserts, self._pending.deletes = {}, set()
        if not upserts and not deletes:
            return
        with _translated(), self.writing():
            _raw, place, toc = self._files.verified()
            _drop_unnamed(place, toc)
            with Writer(place, self._files.publish, REBUILD_MB) as writer:
                for id in (*deletes, *upserts):
                    writer.delete_by_term("id", id)
                for doc in upserts.values():
                    writer.add_document(**_fields(doc))

    def rebuild(self, docs: Iterable[IndexDoc], progress: Callable[[int], None] = lambda _done: None) -> int:
        """Build a new index aside and swap it in; returns how many documents it holds."""
        with _translated(), self.writing():
            if self._files.current.is_dir():
                shutil.rmtree(self._files.current)
            place = Path(tempfile.mkdtemp(prefix="build-", dir=self.folder))
            try:
                count = self._build(place, docs, progress)
            except BaseException:
                shutil.rmtree(place, ignore_errors=True)
                raise
            self._sweep(place)
        return count

    def _build(self, place: Path, docs: Iterable[IndexDoc], progress: Callable[[int], None]) -> int:
        index.create_in(str(place), SCHEMA)
        count = 0
        with Writer(place, self._files.publish, REBUILD_MB) as writer:
            # A document that is read is half of the work, its words in the index are the other half.
            writer.pool.tell = lambda share: progress(int(count * (1 + share) / 2))
            for count, doc in enumerate(docs, 1):
                writer.add_document(**_fields(doc))
                if count % 1000 == 0:
                    progress(count // 2)
        progress(count)
        return count

    def _sweep(self, keep: Path) -> None:
        for path in (*self.folder.glob("build-*"), *self.folder.glob("current-*")):
            if path.is_dir() and path != keep:
                shutil.rmtree(path, ignore_errors=True)
            elif path.is_file():
                path.unlink(missing_ok=True)

    # --- reading ------------------------------------------------------------------------------------------------

    def search(
        self, plan: Plan, filters: Filters, *, sort: Sort, offset: int, limit: int, loose: bool = False
    ) -> Hits:
        """One page. ``score``: the words as typed in the title, then anywhere, then synonyms; newest first in each."""
        with self._reading() as snapshot:
            return snapshot.search(plan, filters, sort=sort, offset=offset, limit=limit, loose=loose)

    def facets(self, plan: Plan, filters: Filters, fields: Sequence[str]) -> Mapping[str, Mapping[str, int]]:
        """Counts per value of each field, under the other filters."""
        with self._reading() as snapshot:
            return snapshot.facets(plan, filters, fields)

    def suggest(self, prefix: str, limit: int = 8) -> list[str]:
        """Indexed words that begin with ``prefix``, by how many documents hold them."""
        with self._reading() as snapshot:
            return snapshot.suggest(prefix, limit)

    def health(self) -> bool:
        """Whether the index is there and every file is as it was written."""
        try:
            with _translated():
                self._files.verified()
        except EngineUnavailable:
            return False
        return True

    def count(self) -> int:
        """How many documents the index holds."""
        with self._reading() as snapshot:
            return snapshot.count()

    def close(self) -> None:
        """Let go of open files."""
        with self._lock:
            self._snapshot, self._segments, self._shown = None, {}, b""

    @contextmanager
    def _reading(self) -> Iterator[Snapshot]:
        with self._lock, _translated():
            yield self._fresh()

    def _fresh(self) -> Snapshot:
        """The newest generation; looking for it costs a few stat() calls."""
        for _attempt in range(10):
            raw, place, toc = self._files.verified()
            if self._snapshot is not None and raw == self._shown:
                return self._snapshot
            try:
                self._snapshot, self._shown = self._opened(place, toc), raw
            except FileNotFoundError:
                # The next commit deleted what we were opening.
                continue
            return self._snapshot
        raise EngineUnavailable("the index changes faster than it can be read")

    def _opened(self, place: Path, toc: str) -> Snapshot:
        storage = FileStorage(str(place), readonly=True)
        listed = index.TOC.read(storage, "MAIN", gen=int(toc[len("_MAIN_") : -len(".toc")]), schema=SCHEMA)
        known, self._segments = self._segments, {}
        parts = []
        for listed_segment in listed.segments:
            # Builds keep apart what they call their segments.
            id = f"{place.name}/{listed_segment.segment_id()}"
            segment = known.get(id) or Segment(SegmentReader(storage, SCHEMA, listed_segment))
            self._segments[id] = segment
            parts.append((segment, segment.alive(listed_segment.deleted_docs())))
        return Snapshot(parts)


def _fields(doc: IndexDoc) -> dict[str, Any]:
    return {name: getattr(doc, name) for name in IndexDoc.__slots__}


def _drop_unnamed(place: Path, toc: str) -> None:
    """Delete newer tables of contents than the current one: their writer died before it could name them."""
    for path in place.glob("_MAIN_*.toc"):
        if path.name != toc:
            path.unlink()


@contextmanager
def _translated() -> Iterator[None]:
    """Whatever Whoosh or the file system throws means the same to callers: no answer from here."""
    try:
        yield
    except EngineUnavailable:
        raise
    except Exception as error:
        raise EngineUnavailable(repr(error)) from error
