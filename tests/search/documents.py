"""Documents for the tests, and the slow but obvious answer that every engine is compared with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hypothesis import strategies as st

from campus_service.search import service
from campus_service.search.engine import Filters, IndexDoc, SearchDoc
from campus_service.search.synonyms import plan
from campus_service.search.whoosh_engine import WhooshEngine

# No two Latin words are one typo apart: forgiven typos have tests of their own.
WORDS = [
    "黑色",
    "钱包",
    "校园卡",
    "一卡通",
    "耳机",
    "AirPods",
    "水杯",
    "雨伞",
    "伞",
    "图书馆",
    "iPhone",
    "15",
    "东湖",
    "操场",
    "书包",
    "书",
    "钥匙",
    "蓝牙",
    "圖書館",
    "ＵＳＢ",
    "5208",
]
KINDS = ("found", "lost")
PLACES = ("library", "gym", "gate")
DAYS = (20261001, 20261015, 20261031)


def doc(id: str, title: str, body: str = "", **other: Any) -> SearchDoc:
    """A found thing at the library, unless ``other`` says otherwise."""
    fields = {
        "kind": "found",
        "category": "other",
        "status": "held",
        "place": "library",
        "day": 20261015,
        "sort": 1.0,
    }
    return SearchDoc(**{"id": id, "title": title, "body": body, **fields, **other})


def indexed(document: SearchDoc) -> IndexDoc:
    """The document as it is handed to an engine."""
    return IndexDoc(**service._columns(document))


def fill(engine: WhooshEngine, *documents: SearchDoc) -> None:
    """Put documents into the index in one commit."""
    engine.upsert([indexed(document) for document in documents])
    engine.commit()


def titles(engine: WhooshEngine, *names: str) -> None:
    """Put one document per title into the index; the first one is "found:0"."""
    fill(engine, *(doc(f"found:{n}", name, sort=float(n)) for n, name in enumerate(names)))


def ids(engine: WhooshEngine, text: str, filters: Filters | None = None, *, loose: bool = False) -> set[str]:
    """Everything that the engine finds."""
    hits = engine.search(plan(text), filters or Filters(), sort="newest", offset=0, limit=10_000, loose=loose)
    assert len(hits.ids) == hits.total
    return set(hits.ids)


def expected(documents: Iterable[SearchDoc], text: str, filters: Filters, *, loose: bool = False) -> set[str]:
    """What must be found, by looking at one document after the other."""
    return {one.id for one in documents if _passes(one, filters) and _says(indexed(one), text, loose)}


def _passes(one: SearchDoc, filters: Filters) -> bool:
    chosen = all(getattr(one, name) in values for name, values in filters.choices().items())
    return chosen and (filters.day_from or 0) <= one.day <= (filters.day_to or 99_999_999)


def _says(one: IndexDoc, text: str, loose: bool) -> bool:
    wanted, words = plan(text), set(one.text.split())
    if loose:
        return bool(wanted.loose) and set(wanted.loose) <= set(one.grams.split())
    return all(
        any(set(choice) <= words for choice in group)
        or (group[0] == (wanted.prefix,) and any(word.startswith(wanted.prefix) for word in words))
        for group in wanted.groups
    )


phrases = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map("，".join)
queries = st.lists(st.sampled_from(WORDS), min_size=1, max_size=2).map(" ".join)


def documents(max_size: int = 12) -> st.SearchStrategy[list[SearchDoc]]:
    """Documents with ids from a small set, so that some replace others."""
    one = st.builds(
        SearchDoc,
        id=st.integers(0, 14).map("found:{}".format),
        kind=st.sampled_from(KINDS),
        category=st.sampled_from(("keys", "cup_bottle")),
        status=st.sampled_from(("held", "checking")),
        place=st.sampled_from(PLACES),
        day=st.sampled_from(DAYS),
        sort=st.integers(0, 9).map(float),
        title=phrases,
        body=phrases,
    )
    return st.lists(one, max_size=max_size)


filters = st.builds(
    Filters,
    kind=st.none() | st.sampled_from(KINDS),
    place=st.none() | st.sampled_from(PLACES) | st.lists(st.sampled_from(PLACES), max_size=2),
    status=st.none() | st.just("held"),
    day_from=st.none() | st.sampled_from(DAYS),
    day_to=st.none() | st.sampled_from(DAYS),
)
