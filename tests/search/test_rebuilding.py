"""One engine that is rebuilt again and again answers from the newest build, here and in other processes."""

from __future__ import annotations

import json
import random
import subprocess
import sys

from campus_service.search.whoosh_engine import WhooshEngine
from tests.search.documents import doc, fill, ids, indexed
from tests.search.test_processes import ROOT

WORDS = ("雨伞", "钱包", "水杯", "书包", "钥匙")
ASKING = """
import json, sys
from pathlib import Path
from campus_service.search.whoosh_engine import WhooshEngine
from tests.search.documents import ids
engine = WhooshEngine(Path(sys.argv[1]))
for line in sys.stdin:
    print(json.dumps(sorted(ids(engine, line.strip()))), flush=True)
"""


def rebuilt(index: WhooshEngine, number: int) -> set[str]:
    """Rebuild with documents that no other ``number`` has, all of the same lengths; returns their ids."""
    there = {f"found:{number}{at:02}" for at in range(3 + number % 2)}
    index.rebuild(indexed(doc(id, WORDS[number % len(WORDS)], sort=float(id[-2:]))) for id in sorted(there))
    return there


def everything(index: WhooshEngine) -> set[str]:
    return set().union(*(ids(index, word) for word in WORDS))


def test_a_search_right_after_each_rebuild_finds_the_new_documents_and_no_old_one(
    index: WhooshEngine,
) -> None:
    for number in range(10, 30):
        there = rebuilt(index, number)
        assert ids(index, WORDS[number % len(WORDS)]) == everything(index) == there


def test_chance_that_repeats_itself_does_not_bring_an_old_build_back(index: WhooshEngine) -> None:
    for number in range(10, 20):
        random.seed(1)
        there = rebuilt(index, number)
        assert everything(index) == there
        assert index.count() == len(there)


def test_two_engines_on_one_folder_see_each_others_rebuilds(index: WhooshEngine) -> None:
    other = WhooshEngine(index.folder)
    for number in range(10, 20):
        random.seed(1)
        mine, theirs = (index, other) if number % 3 else (other, index)
        there = rebuilt(mine, number)
        assert everything(theirs) == everything(mine) == there
    other.close()


def test_commits_between_rebuilds_are_seen_and_gone_again(index: WhooshEngine) -> None:
    for number in range(10, 20):
        random.seed(1)
        there = rebuilt(index, number)
        assert everything(index) == there
        random.seed(1)
        fill(index, doc("found:999", "黑色手套"))
        assert ids(index, "手套") == {"found:999"}
        assert everything(index) == there
        index.delete(["found:999", *sorted(there)[:1]])
        index.commit()
        assert ids(index, "手套") == set()
        assert everything(index) == there - {min(there)}


def test_another_process_sees_each_rebuild_at_once(index: WhooshEngine) -> None:
    command = [sys.executable, "-c", ASKING, str(index.folder)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for number in range(10, 20):
            random.seed(1)
            there = rebuilt(index, number)
            print(WORDS[number % len(WORDS)], file=process.stdin, flush=True)
            assert set(json.loads(process.stdout.readline())) == there
        process.stdin.close()
