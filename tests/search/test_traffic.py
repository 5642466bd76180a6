"""Files of the index are harmed while people search and desks take things in: nobody sees an error, all is right again."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from flask import Flask

from campus_service.search import service
from campus_service.search.engine import Filters
from campus_service.search.whoosh_engine import WhooshEngine
from tests.conftest import Cast
from tests.lostfound.stories import held
from tests.search.test_damage import HARMS

READERS = 3


# A file that Whoosh refuses it leaves to the garbage collector, open.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore:unclosed file")
@pytest.mark.parametrize("harm", HARMS)
def test_nobody_sees_an_error_while_files_of_the_index_go(
    app: Flask, people: Cast, work: Callable[[], int], harm: str
) -> None:
    numbers = [held(people, title="黑色长柄雨伞", category="umbrella")]
    work()
    index = service.engine()
    assert isinstance(index, WhooshEngine)
    # The first start asked for a rebuild a moment ago; the harm comes later than ASK_AGAIN.
    app.extensions.pop(f"{service.KEY}_asked", None)
    done = Event()

    def read() -> list[int]:
        """The states of all answers, until the end; each must name the first umbrella."""
        states: list[int] = []
        client = app.test_client()
        while not done.is_set() or not states:
            answer = client.get("/search?q=雨伞")
            states.append(answer.status_code if numbers[0] in answer.text else 0)
        return states

    with ThreadPoolExecutor(READERS) as readers:
        reading = [readers.submit(read) for _ in range(READERS)]
        try:
            HARMS[harm](index.folder)
            for n in range(3):
                numbers.append(held(people, title=f"第{n}把雨伞", category="umbrella"))
                work()
        finally:
            done.set()
    assert {state for states in reading for state in states.result()} == {200}
    for _ in range(3):
        work()  # what was promised meanwhile: the rebuild, and what waited for it
    found = service.find("雨伞", Filters())
    assert (found.engine, found.total) == ("index", len(numbers))
