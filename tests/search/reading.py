"""A reading process for the tests: asks again and again until a file appears, and prints every total it saw."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from campus_service.search.engine import EngineUnavailable, Filters
from campus_service.search.synonyms import plan
from campus_service.search.whoosh_engine import WhooshEngine


def main(folder: Path, done: Path) -> None:
    """Read until ``done`` exists, and once more."""
    engine = WhooshEngine(folder)
    totals: list[int] = []
    refused: list[str] = []
    wanted = plan("雨伞")
    last = False
    print("reading", flush=True)  # noqa: T201
    while True:
        try:
            hits = engine.search(wanted, Filters(), sort="newest", offset=0, limit=5)
            if not totals or totals[-1] != hits.total:
                totals.append(hits.total)
        except EngineUnavailable as error:
            refused.append(str(error))
        if last:
            break
        last = done.exists()
    print(json.dumps({"totals": totals, "refused": refused}))  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
