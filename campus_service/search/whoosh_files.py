"""An index on disk: builds in folders of their own, and a file "current" that names one and the sum of every file.

Segments never change once written, so a sum is checked once and again only when the file looks touched. Nothing is
synced to disk: the database is the truth, and what a power cut leaves behind has other sums.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import marshal
import secrets
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from threading import local
from time import monotonic, sleep
from typing import Any

from whoosh import index
from whoosh.codec.whoosh3 import W3Codec, W3PerDocReader, W3Segment
from whoosh.writing import PostingPool, SegmentWriter

from campus_service.search.engine import EngineBusy, EngineUnavailable

# After so many postings the writer says how far it is.
TOLD = 50_000
# Size, time of change (ns) and inode.
Stamp = tuple[int, int, int]


class _Lengths(W3PerDocReader):  # type: ignore[misc]
    """Whoosh scores no field here, so no document has a length worth a look at the disk."""

    def doc_field_length(self, _docnum: int, _fieldname: str, default: int = 0) -> int:
        """None is kept."""
        return default


class Codec(W3Codec):  # type: ignore[misc]
    """Whoosh's codec without field lengths: with them it asks the file system once for every posting it writes.

    Its segments have names that never come twice: Whoosh draws them from ``random``, and where somebody seeds that,
    a commit wrote over a segment in use, and readers took a new build's segment for one they knew.
    """

    length_stats = False

    def new_segment(self, _storage: Any, indexname: str) -> W3Segment:
        """The segment that a writer is about to write."""
        return W3Segment(self, indexname, segid=secrets.token_hex(8))

    def per_document_reader(self, storage: Any, segment: Any) -> W3PerDocReader:
        """What merging asks for lengths."""
        return _Lengths(storage, segment)


class _Pool(PostingPool):  # type: ignore[misc]
    """Postings written aside in lumps: Whoosh pickles each by itself, a third of all the work of a rebuild.

    ``tell`` hears which share of them is in the index; writing them takes longer than reading the documents.
    """

    tell: Callable[[float], None] = staticmethod(lambda _share: None)
    _aside = 0

    def save(self) -> None:
        """Write aside what is in memory."""
        self._aside += len(self.current)
        super().save()

    def items(self, maxfiles: int = 128) -> Iterator[tuple[Any, ...]]:
        """All postings in order."""
        total = self._aside + len(self.current)
        for done, item in enumerate(super().items(maxfiles)):
            if done % TOLD == 0:
                self.tell(done / total)
            yield item

    def _write_run(self, run: Any, items: Iterable[tuple[Any, ...]]) -> None:
        rest = iter(items)
        while lump := list(islice(rest, 2000)):
            marshal.dump(lump, run)
        run.close()

    def _read_run(self, path: str) -> Iterator[tuple[Any, ...]]:
        with self._open_run(path) as run:
            while True:
                try:
                    lump = marshal.load(run)  # noqa: S302  # written by this very process a moment ago
                except EOFError:
                    break
                yield from lump
        self._remove_run(path)


class Writer(SegmentWriter):  # type: ignore[misc]
    """Names a commit's files as current before Whoosh deletes those that readers of the last one may be opening."""

    def __init__(self, place: Path, publish: Callable[[Path, Sequence[str]], None], limitmb: int) -> None:
        self._place, self._tell = place, publish
        super().__init__(index.open_dir(str(place)), _lk=False, codec=Codec())
        self.pool = _Pool(self.temp_storage(), self.newsegment, limitmb=limitmb)

    def _commit_toc(self, segments: list[Any]) -> None:
        toc = index.TOC(self.schema, segments, self.generation)
        toc.write(self.storage, self.indexname)
        names = [segment.make_filename(segment.COMPOUND_EXT) for segment in segments]
        self._tell(self._place, [*names, f"_{self.indexname}_{self.generation}.toc"])
        index.clean_files(self.storage, self.indexname, self.generation, segments)


class Folder:
    """The files of one index."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.current = path / "current"
        self._known: dict[Path, tuple[Stamp, str]] = {}
        self._turn = local()

    # --- one writer -------------------------------------------------------------------------------------------------

    @contextmanager
    def writing(self, wait_s: float) -> Iterator[None]:
        """Be the only writer on this machine inside the block; the lock goes with its process.

        Waits up to ``wait_s`` seconds, then raises EngineBusy. May be nested in one thread.
        """
        if getattr(self._turn, "mine", False):
            yield
            return
        self.path.mkdir(parents=True, exist_ok=True)
        with (self.path / "lock").open("w") as lock:
            _wait_for(lock, wait_s)
            self._turn.mine = True
            try:
                yield
            finally:
                self._turn.mine = False

    def busy(self) -> bool:
        """Whether somebody is writing at this moment."""
        try:
            with (self.path / "lock").open() as lock:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    def publish(self, place: Path, names: Sequence[str]) -> None:
        """Name ``place`` as the current build together with the sums of its files, in one rename."""
        text = json.dumps({"place": place.name, "files": {name: self._sum(place / name) for name in names}})
        with tempfile.NamedTemporaryFile("w", dir=self.path, prefix="current-", delete=False) as out:
            out.write(text)
        Path(out.name).replace(self.current)
        named = {place / name for name in names}
        self._known = {path: known for path, known in list(self._known.items()) if path in named}

    # --- readers ----------------------------------------------------------------------------------------------------

    def verified(self) -> tuple[bytes, Path, str]:
        """(what "current" says, the build's folder, the name of its table of contents), every file checked.

        Raises EngineUnavailable for a missing or damaged file.
        """
        for attempt in range(20):
            raw, place, files = self._listed()
            wrong = next(
                (name for name, expected in files.items() if not self._is(place / name, expected)), None
            )
            if wrong is None:
                return raw, place, next(name for name in files if name.endswith(".toc"))
            if self._listed()[0] == raw:
                raise EngineUnavailable(f"{wrong} is missing or damaged")
            # A commit was named in between; the files of the last one may be gone already.
            sleep(0.005 * attempt)
        raise EngineUnavailable("the index changes faster than it can be read")

    def _listed(self) -> tuple[bytes, Path, dict[str, str]]:
        try:
            raw = self.current.read_bytes()
            said = json.loads(raw)
            place, files = said["place"], dict(said["files"])
            if any(name.endswith(".toc") for name in files):
                return raw, self.path / place, files
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            pass
        raise EngineUnavailable("there is no index yet, or its list of files is damaged")

    def _is(self, path: Path, expected: str) -> bool:
        try:
            return self._sum(path) == expected
        except OSError:
            return False

    def _sum(self, path: Path) -> str:
        """The file's sum; read anew only when the file looks touched."""
        stat = path.stat()
        stamp = stat.st_size, stat.st_mtime_ns, stat.st_ino
        known = self._known.get(path)
        if known is None or known[0] != stamp:
            with path.open("rb") as file:
                known = stamp, hashlib.file_digest(file, "sha256").hexdigest()
            self._known[path] = known
        return known[1]


def _wait_for(lock: Any, wait_s: float) -> None:
    give_up = monotonic() + wait_s
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if monotonic() >= give_up:
                raise EngineBusy("another process is writing the index") from None
            sleep(0.05)
