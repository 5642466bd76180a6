"""The Whoosh engine gives exactly what looking at every document gives, however the index came about."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campus_service.search import whoosh_engine, whoosh_files
from campus_service.search.engine import EngineBusy, EngineUnavailable, Filters, SearchDoc, Sort
from campus_service.search.synonyms import plan
from campus_service.search.whoosh_engine import WhooshEngine
from tests.search.documents import doc, documents, expected, fill, filters, ids, indexed, queries, titles


@contextmanager
def an_index() -> Iterator[WhooshEngine]:
    with tempfile.TemporaryDirectory() as folder:
        engine = WhooshEngine(Path(folder) / "index")
        engine.ensure_schema()
        yield engine
        engine.close()


changes = st.lists(
    st.tuples(documents(max_size=6), st.sets(st.integers(0, 14).map("found:{}".format), max_size=4)),
    max_size=5,
)


def _apply(engine: WhooshEngine, steps: Sequence[tuple[list[SearchDoc], set[str]]]) -> dict[str, SearchDoc]:
    """Each step is one commit: some documents put in or replaced, then some taken out."""
    now: dict[str, SearchDoc] = {}
    for put, gone in steps:
        engine.upsert([indexed(one) for one in put])
        engine.delete(gone)
        engine.commit()
        now |= {one.id: one for one in put}
        now = {id: one for id, one in now.items() if id not in gone}
    return now


@settings(max_examples=60, deadline=None)
@given(steps=changes, asked=st.lists(st.tuples(queries, filters), min_size=1, max_size=4))
def test_after_any_commits_the_hits_are_those_of_looking_at_every_document(
    steps: list[tuple[list[SearchDoc], set[str]]], asked: list[tuple[str, Filters]]
) -> None:
    with an_index() as engine:
        now = _apply(engine, steps)
        assert engine.count() == len(now)
        for text, narrowed in asked:
            assert ids(engine, text, narrowed) == expected(now.values(), text, narrowed)
            loose = expected(now.values(), text, narrowed, loose=True)
            assert ids(engine, text, narrowed, loose=True) == loose


@settings(max_examples=30, deadline=None)
@given(there=documents(max_size=25), text=queries, narrowed=filters)
def test_a_rebuilt_index_answers_as_one_grown_by_commits(
    there: list[SearchDoc], text: str, narrowed: Filters
) -> None:
    last = {one.id: one for one in there}.values()
    with an_index() as grown, an_index() as rebuilt:
        for one in there:
            fill(grown, one)
        assert rebuilt.rebuild([indexed(one) for one in last]) == len(last)
        assert ids(grown, text, narrowed) == ids(rebuilt, text, narrowed)


@settings(max_examples=40, deadline=None)
@given(there=documents(max_size=25), text=queries, narrowed=filters)
def test_facets_count_what_a_search_with_that_value_finds(
    there: list[SearchDoc], text: str, narrowed: Filters
) -> None:
    now = {one.id: one for one in there}
    with an_index() as engine:
        fill(engine, *now.values())
        counts = engine.facets(plan(text), narrowed, ("kind", "place"))
        for field, values in (("kind", ("found", "lost")), ("place", ("library", "gym", "gate"))):
            for value in values:
                alone = Filters(**{**_as_dict(narrowed), field: value})
                assert counts[field].get(value, 0) == len(expected(now.values(), text, alone))


def _as_dict(narrowed: Filters) -> dict[str, Any]:
    return {name: getattr(narrowed, name) for name in Filters.__slots__}


@pytest.mark.parametrize("sort", ["newest", "score"])
@settings(max_examples=25, deadline=None)
@given(there=documents(max_size=25), text=queries, size=st.integers(1, 7))
def test_turning_the_pages_shows_every_hit_once(
    sort: Sort, there: list[SearchDoc], text: str, size: int
) -> None:
    now = {one.id: one for one in there}
    with an_index() as engine:
        fill(engine, *now.values())
        seen: list[str] = []
        for offset in range(0, len(now) + size, size):
            hits = engine.search(plan(text), Filters(), sort=sort, offset=offset, limit=size)
            assert len(hits.ids) <= size
            seen += hits.ids
        assert len(seen) == hits.total
        assert set(seen) == expected(now.values(), text, Filters())


# --- order ------------------------------------------------------------------------------------------------------


def test_the_newest_come_first_over_all_commits(index: WhooshEngine) -> None:
    for time in (3, 1, 5, 2, 4):
        fill(index, doc(f"found:{time}", "雨伞", sort=float(time)))
    hits = index.search(plan("雨伞"), Filters(), sort="newest", offset=1, limit=3)
    assert hits.ids == ["found:4", "found:3", "found:2"]
    assert hits.total == 5


def test_a_sort_by_score_puts_the_word_then_its_synonym_in_the_title_before_the_text(
    index: WhooshEngine,
) -> None:
    fill(
        index,
        doc("found:1", "钱包", sort=1.0),
        doc("found:2", "一个包", "里面有钱包", sort=2.0),
        doc("found:3", "皮夹", sort=3.0),
    )
    hits = index.search(plan("钱包"), Filters(), sort="score", offset=0, limit=10)
    assert hits.ids == ["found:1", "found:3", "found:2"]


def test_suggestions_are_the_commonest_words_that_begin_so(index: WhooshEngine) -> None:
    titles(index, "图书馆", "图书馆门口", "图钉")
    found = index.suggest("图")
    assert found.index("图书馆") < found.index("图钉")
    assert index.suggest("篮") == []


# --- commits ----------------------------------------------------------------------------------------------------


def test_nothing_is_seen_before_the_commit(index: WhooshEngine) -> None:
    index.upsert([indexed(doc("found:1", "雨伞"))])
    assert ids(index, "雨伞") == set()
    index.commit()
    assert ids(index, "雨伞") == {"found:1"}


def test_the_last_word_on_an_id_within_a_commit_counts(index: WhooshEngine) -> None:
    index.upsert([indexed(doc("found:1", "雨伞")), indexed(doc("found:1", "钱包"))])
    index.delete(["found:2"])
    index.upsert([indexed(doc("found:2", "雨伞"))])
    index.commit()
    assert ids(index, "雨伞") == {"found:2"}
    assert ids(index, "钱包") == {"found:1"}


def test_a_replaced_document_is_no_longer_found_by_its_old_words(index: WhooshEngine) -> None:
    fill(index, doc("found:1", "雨伞", place="gym"))
    fill(index, doc("found:1", "钱包", place="gate"))
    assert ids(index, "雨伞") == set()
    assert ids(index, "钱包", Filters(place="gym")) == set()
    assert ids(index, "钱包", Filters(place=["gate", "gym"])) == {"found:1"}


def test_a_rebuild_tells_how_far_it_is(index: WhooshEngine) -> None:
    heard: list[int] = []
    count = index.rebuild((indexed(doc(f"found:{n}", "雨伞")) for n in range(2500)), heard.append)
    assert count == 2500
    assert heard[:2] == [500, 1000]
    assert heard[-1] == 2500
    assert len(ids(index, "雨伞")) == 2500


def test_a_rebuild_tells_of_the_words_that_it_writes_too(
    index: WhooshEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whoosh_files, "TOLD", 500)
    monkeypatch.setattr(whoosh_engine, "REBUILD_MB", 1)
    heard: list[int] = []
    index.rebuild((indexed(doc(f"found:{n}", "雨伞", f"第{n}号")) for n in range(1000)), heard.append)
    assert heard == sorted(heard)
    assert len([done for done in heard if 500 < done < 1000]) > 5
    assert heard[-1] == 1000
    assert len(ids(index, "雨伞")) == 1000


def test_a_rebuild_that_fails_leaves_the_index_as_it_was(index: WhooshEngine) -> None:
    titles(index, "雨伞")

    def broken() -> Iterator[object]:
        yield indexed(doc("found:9", "钱包"))
        raise RuntimeError("the database went away")

    with pytest.raises(EngineUnavailable, match="the database went away"):
        index.rebuild(broken())  # type: ignore[arg-type]
    assert ids(index, "雨伞") == {"found:0"}
    assert ids(index, "钱包") == set()


def test_a_folder_holds_only_the_current_build_after_a_rebuild(index: WhooshEngine) -> None:
    for _ in range(3):
        index.rebuild([indexed(doc("found:1", "雨伞"))])
    assert len(list(index.folder.glob("build-*"))) == 1


def test_an_index_whose_last_document_was_taken_out_answers_that_there_is_nothing(
    index: WhooshEngine,
) -> None:
    titles(index, "雨伞")
    index.delete(["found:0"])
    index.commit()
    assert ids(index, "雨伞") == set()
    assert index.count() == 0
    assert index.suggest("雨") == []


# --- several readers and writers --------------------------------------------------------------------------------


def test_a_reader_sees_what_another_wrote_even_after_looking_at_its_health(index: WhooshEngine) -> None:
    reader = WhooshEngine(index.folder)
    assert ids(reader, "雨伞") == set()
    titles(index, "雨伞")
    assert reader.health()
    assert ids(reader, "雨伞") == {"found:0"}
    reader.close()


def test_a_commit_does_not_take_along_what_another_thread_has_gathered(index: WhooshEngine) -> None:
    index.upsert([indexed(doc("found:1", "雨伞"))])
    other = Thread(target=fill, args=(index, doc("found:2", "雨伞")))
    other.start()
    other.join()
    assert ids(index, "雨伞") == {"found:2"}
    index.commit()
    assert ids(index, "雨伞") == {"found:1", "found:2"}


def test_a_second_writer_is_told_that_the_first_is_not_done(index: WhooshEngine) -> None:
    other = WhooshEngine(index.folder)
    assert not other.busy()
    with index.writing():
        assert other.busy()
        with pytest.raises(EngineBusy), other.writing(wait_s=0):
            pytest.fail("two writers at once")
        fill(index, doc("found:1", "雨伞"))
    assert not other.busy()
    fill(other, doc("found:2", "雨伞"))
    assert ids(index, "雨伞") == {"found:1", "found:2"}
    other.close()


def test_what_a_writer_wrote_before_it_died_is_not_built_upon(
    index: WhooshEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    titles(index, "雨伞")

    def dies(*_args: object) -> None:
        raise OSError("killed before the commit was named")

    with monkeypatch.context() as patched:
        patched.setattr(index._files, "publish", dies)
        with pytest.raises(EngineUnavailable):
            fill(index, doc("found:1", "雨伞"))
    assert ids(index, "雨伞") == {"found:0"}
    fill(index, doc("found:2", "雨伞"))
    assert ids(index, "雨伞") == {"found:0", "found:2"}
