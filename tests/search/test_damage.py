"""Whatever happens to the files of an index, it answers rightly or says that it cannot; it never does anything else."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campus_service.search.engine import EngineUnavailable, Filters
from campus_service.search.synonyms import plan
from campus_service.search.whoosh_engine import WhooshEngine
from tests.search.documents import doc, fill, ids, indexed, titles

Harm = Callable[[Path], None]


def _segment(folder: Path) -> Path:
    return next(folder.glob("build-*/*.seg"))


def _toc(folder: Path) -> Path:
    return next(folder.glob("build-*/*.toc"))


def _shorten(path: Path, size: int) -> None:
    # A new file, as a disk check or a restored backup would leave it: what is mapped must not shrink underneath us.
    data = path.read_bytes()[:size]
    path.unlink()
    path.write_bytes(data)


HARMS: dict[str, Harm] = {
    "the folder is gone": shutil.rmtree,
    "the list of files is gone": lambda folder: (folder / "current").unlink(),
    "the list of files is empty": lambda folder: _shorten(folder / "current", 0),
    "the list of files is cut off": lambda folder: _shorten(folder / "current", 40),
    "the list of files is something else": lambda folder: _write(folder / "current", b"[1, 2]"),
    "the list of files is binary": lambda folder: _write(folder / "current", bytes(range(256))),
    "the list of files is a folder": lambda folder: _make_folder(folder / "current"),
    "the list of files lists nothing": lambda folder: _write(
        folder / "current", b'{"place": "build", "files": {}}'
    ),
    "the list of files has another shape": lambda folder: _write(
        folder / "current", b'{"place": "b", "files": [1]}'
    ),
    "a segment is a folder": lambda folder: _make_folder(_segment(folder)),
    "the list of files names another folder": lambda folder: _write(
        folder / "current", b'{"place": "build-other", "files": {"a.seg": "00"}}'
    ),
    "a segment is gone": lambda folder: _segment(folder).unlink(),
    "a segment is empty": lambda folder: _shorten(_segment(folder), 0),
    "a segment is cut off": lambda folder: _shorten(_segment(folder), 300),
    "a segment is another": lambda folder: _write(_segment(folder), b"not an index" * 100),
    "the table of contents is gone": lambda folder: _toc(folder).unlink(),
    "the table of contents is cut off": lambda folder: _shorten(_toc(folder), 60),
    "the build is gone": lambda folder: shutil.rmtree(_toc(folder).parent),
}


def _make_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _write(path: Path, data: bytes) -> None:
    path.unlink()
    path.write_bytes(data)


@pytest.fixture(params=list(HARMS))
def harmed(request: pytest.FixtureRequest, index: WhooshEngine) -> WhooshEngine:
    """An index that was open when its files were harmed."""
    titles(index, "黑色雨伞", "钱包")
    assert len(ids(index, "雨伞")) == 1
    HARMS[request.param](index.folder)
    return index


def _asks(engine: WhooshEngine) -> list[Callable[[], object]]:
    wanted = plan("雨伞")
    return [
        lambda: engine.search(wanted, Filters(), sort="score", offset=0, limit=20),
        lambda: engine.facets(wanted, Filters(), ("kind",)),
        lambda: engine.suggest("雨"),
        engine.count,
    ]


def test_a_reader_that_had_it_open_says_that_it_cannot_answer(harmed: WhooshEngine) -> None:
    for ask in _asks(harmed):
        with pytest.raises(EngineUnavailable):
            ask()
    assert not harmed.health()


def test_a_reader_that_opens_it_says_that_it_cannot_answer(harmed: WhooshEngine) -> None:
    fresh = WhooshEngine(harmed.folder)
    for ask in _asks(fresh):
        with pytest.raises(EngineUnavailable):
            ask()
    assert not fresh.health()


def test_a_writer_does_not_build_on_it(harmed: WhooshEngine) -> None:
    harmed.upsert([indexed(doc("found:7", "雨伞"))])
    with pytest.raises(EngineUnavailable):
        harmed.commit()


def test_a_rebuild_mends_it(harmed: WhooshEngine) -> None:
    harmed.rebuild([indexed(doc("found:7", "雨伞"))])
    assert harmed.health()
    assert ids(harmed, "雨伞") == {"found:7"}
    fill(harmed, doc("found:8", "雨伞"))
    assert ids(WhooshEngine(harmed.folder), "雨伞") == {"found:7", "found:8"}


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7), of=st.sampled_from((_segment, _toc)))
def test_any_flipped_bit_of_its_data_is_noticed(
    index: WhooshEngine, place: float, bit: int, of: Callable[[Path], Path]
) -> None:
    if index.count() == 0:
        titles(index, "黑色雨伞", "钱包", "水杯")
    path = of(index.folder)
    whole = path.read_bytes()
    broken = bytearray(whole)
    broken[int(place * len(whole))] ^= 1 << bit
    _write(path, bytes(broken))
    with pytest.raises(EngineUnavailable):
        ids(WhooshEngine(index.folder), "雨伞")
    _write(path, whole)
    assert ids(WhooshEngine(index.folder), "雨伞") == {"found:0"}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_a_flipped_bit_in_the_list_of_files_never_changes_an_answer(
    index: WhooshEngine, place: float, bit: int
) -> None:
    if index.count() == 0:
        titles(index, "黑色雨伞", "钱包", "水杯")
    path = index.folder / "current"
    whole = path.read_bytes()
    broken = bytearray(whole)
    broken[int(place * len(whole))] ^= 1 << bit
    _write(path, bytes(broken))
    # Not every bit means something, but none may mean something wrong.
    assert _answer(index.folder) in ({"found:0"}, None)
    _write(path, whole)
    assert _answer(index.folder) == {"found:0"}


def _answer(folder: Path) -> set[str] | None:
    try:
        return ids(WhooshEngine(folder), "雨伞")
    except EngineUnavailable:
        return None


def test_files_that_are_not_ours_do_no_harm(index: WhooshEngine) -> None:
    titles(index, "雨伞")
    (index.folder / "notes.txt").write_text("hello")
    (_toc(index.folder).parent / "_MAIN_99.toc.tmp").write_bytes(b"left by a crash")
    assert ids(WhooshEngine(index.folder), "雨伞") == {"found:0"}
    assert index.health()


def test_without_an_index_there_is_no_answer_until_one_is_made(tmp_path: Path) -> None:
    engine = WhooshEngine(tmp_path / "index")
    assert not engine.health()
    with pytest.raises(EngineUnavailable):
        ids(engine, "雨伞")
    engine.ensure_schema()
    assert engine.health()
    assert ids(engine, "雨伞") == set()
    engine.close()
