"""One process writes, others read: each sees whole commits only, in their order, and always has an answer."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

from campus_service.search.whoosh_engine import WhooshEngine
from tests.search.documents import doc, fill, ids, indexed, titles

ROOT = Path(__file__).parents[2]
Seen = dict[str, list[int]]


@contextmanager
def a_reading_process(index: WhooshEngine, done: Path) -> Iterator[Seen]:
    """What another process saw while the block ran is in the dictionary after it."""
    command = [sys.executable, "-m", "tests.search.reading", str(index.folder), str(done)]
    seen: Seen = {}
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "reading\n"
        try:
            yield seen
        finally:
            done.touch()
            answer, _ = process.communicate(timeout=60)
        assert process.returncode == 0
        seen.update(json.loads(answer))


def test_a_reader_sees_whole_commits_of_another_process(index: WhooshEngine, tmp_path: Path) -> None:
    with a_reading_process(index, tmp_path / "done") as seen:
        for commit in range(25):
            fill(index, *(doc(f"found:{commit}-{n}", "雨伞") for n in range(10)))
    assert seen["refused"] == []
    assert seen["totals"] == sorted(seen["totals"])
    assert all(total % 10 == 0 for total in seen["totals"])
    assert seen["totals"][-1] == 250


def test_a_reader_sees_the_old_or_the_new_index_during_rebuilds(index: WhooshEngine, tmp_path: Path) -> None:
    titles(index, *["雨伞"] * 7)
    with a_reading_process(index, tmp_path / "done") as seen:
        for size in (30, 7, 30, 7, 30):
            index.rebuild(indexed(doc(f"found:{n}", "雨伞")) for n in range(size))
    assert seen["refused"] == []
    assert set(seen["totals"]) <= {7, 30}
    assert seen["totals"][-1] == 30


def test_threads_read_while_another_commits(index: WhooshEngine) -> None:
    done, wrong = Event(), []

    def read() -> None:
        while not done.is_set():
            found = len(ids(index, "雨伞"))
            if found % 5:
                wrong.append(found)

    readers = [Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for commit in range(15):
        fill(index, *(doc(f"found:{commit}-{n}", "雨伞") for n in range(5)))
    done.set()
    for reader in readers:
        reader.join()
    assert wrong == []
    assert len(ids(index, "雨伞")) == 75
