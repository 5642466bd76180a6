"""The order of what is suggested: by what it would find, then by the campus's own words."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from campus_service.core.db import transaction
from campus_service.search import service, suggesting
from campus_service.search.engine import SearchDoc

Work = Callable[[], int]


def public(number: int, title: str) -> None:
    """Something everybody may find."""
    with transaction():
        service.put(
            SearchDoc(f"found:{number}", "found", "other", "held", "gym", 20261001, number, title, "")
        )


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize(
    ("typed", "first"), [("xyk", "校园卡"), ("tsg", "图书馆"), ("yst", "一食堂"), ("校", "校园卡")]
)
def test_without_documents_the_campus_s_own_order_decides(typed: str, first: str) -> None:
    assert suggesting.words(typed)[0] == first


@pytest.mark.usefixtures("app")
def test_what_finds_most_comes_first(work: Work) -> None:
    word = "香烟"
    assert suggesting.words("xy")[0] != word
    for number in range(3):
        public(number, f"一个{word}")
    work()
    assert suggesting.words("xy")[0] == word


@pytest.mark.usefixtures("app")
def test_nothing_typed_suggests_nothing() -> None:
    assert suggesting.words(" ' ") == []
