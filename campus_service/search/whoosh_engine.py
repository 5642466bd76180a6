"""The engine in the box: Whoosh keeps the postings, bit sets per segment answer (see segment.py).

Whoosh's own And/Or queries are not used: with a limit they under-report totals. Files lie in one folder per build
beside a file "current" that names it and the sum of every file; swapping a rebuilt index in is one rename.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from time import monotonic, sleep
from typing import Any

import structlog
from whoosh import fields, index
from whoosh.columns import NumericColumn

from campus_service.search.engine import EngineUnavailable, Filters, Hits, IndexDoc, Sort
from campus_service.search.segment import Segment, Snapshot
from campus_service.search.synonyms import Plan

log = structlog.get_logger(__name__)

SCHEMA = fields.Schema(
    id=fields.ID(unique=True, stored=True),
    title=fields.KEYWORD,
    text=fields.KEYWORD,
    grams=fields.KEYWORD,
    kind=fields.ID,
    category=fields.ID,
    status=fields.ID,
    place=fields.ID,
    day=fields.COLUMN(NumericColumn("I")),
    sort=fields.COLUMN(NumericColumn("d")),
)
# Readers look for a new generation at most this often, in seconds.
REFRESH = 1.0
# How long a writer waits for another one, in seconds.
WAIT = 10.0


class WhooshEngine:
    """An index in a folder: one writer at a time, any number of reading processes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = RLock()
        self._snapshot: Snapshot | None = None
        self._segments: dict[str, Segment] = {}
        self._manifest = self._read_from = b""
        self._stamps: dict[str, tuple[int, int]] = {}
        self._looked = 0.0
        self._upserts: dict[str, IndexDoc] = {}
        self._deletes: set[str] = set()

    # --- writing ------------------------------------------------------------------------------------------------

    def ensure_schema(self) -> None:
        """Create an empty index where there is none."""
        if not self._current_file.exists():
            self.rebuild(())

    def upsert(self, docs: Iterable[IndexDoc]) -> None:
        """Add or replace documents, to be seen after commit()."""
        for doc in docs:
            self._upserts[doc.id] = doc
            self._deletes.discard(doc.id)

    def delete(self, ids: Iterable[str]) -> None:
        """Remove documents, to be seen after commit()."""
        for id in ids:
            self._upserts.pop(id, None)
            self._deletes.add(id)

    def commit(self) -> None:
        """Publish what was added and removed. Raises EngineUnavailable when the index cannot be written."""
        upserts, deletes = self._upserts, self._deletes
        self._upserts, self._deletes = {}, set()
        if not upserts and not deletes:
            return
        with self._writing(), _translated():
            place = self._verified_place()
            with _writer(index.open_dir(place), limitmb=64) as writer:
                for id in (*deletes, *upserts):
                    writer.delete_by_term("id", id)
                for doc in upserts.values():
                    writer.add_document(**_fields(doc))
            self._publish(place)

    def rebuild(self, docs: Iterable[IndexDoc], progress: Callable[[int], None] = lambda _done: None) -> int:
        """Build a new index aside and swap it in; returns how many documents it holds."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._writing(), _translated():
            place = tempfile.mkdtemp(prefix="build-", dir=self.folder)
            count = 0
            with _writer(index.create_in(place, SCHEMA), limitmb=128) as writer:
                for count, doc in enumerate(docs, 1):
                    writer.add_document(**_fields(doc))
                    if count % 1000 == 0:
                        progress(count)
            self._publish(place)
            self._sweep(Path(place))
        return count

    @property
    def _current_file(self) -> Path:
        return self.folder / "current"

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """One writer on this machine; the lock goes with its process."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("w") as lock:
            give_up = monotonic() + WAIT
            while True:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if monotonic() > give_up:
                        raise EngineUnavailable("another process is writing the index") from None
                    sleep(0.05)
            yield

    def _publish(self, place: str) -> None:
        """Name ``place`` as the current build together with the sums of its files, in one rename."""
        known = self._sums_known(place)
        sums = {path.name: known.get(_key(path)) or _sum(path) for path in _data_files(Path(place))}
        text = json.dumps({"place": Path(place).name, "files": sums})
        with tempfile.NamedTemporaryFile("w", dir=self.folder, delete=False) as out:
            out.write(text)
        Path(out.name).replace(self._current_file)
        self._looked = 0.0

    def _sums_known(self, place: str) -> dict[tuple[str, int], str]:
        """Sums of files that were verified before this commit: segments never change."""
        if self._manifest and json.loads(self._manifest)["place"] == Path(place).name:
            files = json.loads(self._manifest)["files"]
            return {
                _key(path): files[path.name]
                for path in _data_files(Path(place))
                if path.name in files and path.suffix == ".seg"
            }
        return {}

    def _sweep(self, keep: Path) -> None:
        for path in self.folder.glob("build-*"):
            if path != keep:
                shutil.rmtree(path, ignore_errors=True)

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
            self._manifest = b""
            self._stamps = {}
            self._verified_place()
            return True
        except EngineUnavailable:
            return False

    def count(self) -> int:
        """How many documents the index holds."""
        with self._reading() as snapshot:
            return snapshot.count()

    def close(self) -> None:
        """Let go of open files."""
        with self._lock:
            self._snapshot, self._segments, self._manifest, self._looked = None, {}, b"", 0.0

    @contextmanager
    def _reading(self) -> Iterator[Snapshot]:
        with self._lock, _translated():
            yield self._fresh()

    def _fresh(self) -> Snapshot:
        """The newest generation, looked for at most once in REFRESH seconds."""
        if self._snapshot is not None and monotonic() - self._looked < REFRESH:
            return self._snapshot
        for attempt in range(5):
            try:
                return self._refresh()
            except (FileNotFoundError, index.EmptyIndexError):
                # A commit replaced the file list while we opened it.
                if attempt == 4:
                    raise
                sleep(0.02 * (attempt + 1))
        raise EngineUnavailable("unreachable")

    def _refresh(self) -> Snapshot:
        place = self._verified_place()
        if self._snapshot is None or self._manifest != self._read_from:
            reader = index.open_dir(place).reader()
            # An empty index has one reader without a segment.
            leaves = [leaf for leaf, _offset in reader.leaf_readers() if leaf.segment() is not None]
            self._segments = {
                _leaf_id(leaf): self._segments.get(_leaf_id(leaf)) or Segment(leaf) for leaf in leaves
            }
            pairs = [(self._segments[_leaf_id(leaf)], leaf) for leaf in leaves]
            self._snapshot = Snapshot([(segment, segment.alive(leaf)) for segment, leaf in pairs])
            self._read_from = self._manifest
        self._looked = monotonic()
        return self._snapshot

    def _verified_place(self) -> str:
        """The current build's folder, after checking every file that is new or was touched."""
        try:
            raw = self._current_file.read_bytes()
            manifest = json.loads(raw)
            place, files = self.folder / manifest["place"], manifest["files"]
        except (OSError, ValueError, KeyError, TypeError):
            raise EngineUnavailable("there is no index yet, or its list of files is damaged") from None
        stamps = {}
        for name, expected in files.items():
            path = place / name
            try:
                stat = path.stat()
            except OSError:
                raise EngineUnavailable(f"{name} is missing") from None
            stamps[name] = (stat.st_size, stat.st_mtime_ns)
            if self._stamps.get(name) != stamps[name] and _sum(path) != expected:
                if self._current_file.read_bytes() != raw:
                    return self._verified_place()
                raise EngineUnavailable(f"{name} is damaged")
        self._manifest, self._stamps = raw, stamps
        return str(place)


@contextmanager
def _writer(into: Any, limitmb: int) -> Iterator[Any]:
    """A Whoosh writer that commits at the end, or closes its files and leaves all as it was."""
    writer = into.writer(timeout=WAIT, limitmb=limitmb)
    try:
        yield writer
    except BaseException:
        writer.cancel()
        raise
    writer.commit()


def _fields(doc: IndexDoc) -> dict[str, Any]:
    return {name: getattr(doc, name) for name in IndexDoc.__slots__}


def _leaf_id(leaf: Any) -> str:
    return str(leaf.segment().segment_id())


def _data_files(place: Path) -> list[Path]:
    return sorted(
        path for path in place.iterdir() if path.suffix in (".seg", ".toc") or path.name.startswith("_MAIN")
    )


def _key(path: Path) -> tuple[str, int]:
    return path.name, path.stat().st_size


def _sum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _translated() -> Iterator[None]:
    """Whatever Whoosh or the file system throws means the same to callers: no answer from here."""
    try:
        yield
    except EngineUnavailable:
        raise
    except Exception as error:
        raise EngineUnavailable(repr(error)) from error
