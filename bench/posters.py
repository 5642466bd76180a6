"""Posters in a process of its own: the first one, those after it, one from the disk, and memory.

`python -m bench.posters [--json]`. Every poster has other words, so that nothing is taken from Typst's memory but the
fonts and the drawing; the preflight is part of each.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from bench.photo import _peak_mb

RUNS = 9


def measure() -> dict[str, dict[str, float]]:
    """Of each kind: milliseconds of the first and of the median later one, kB, and peak memory in MB so far."""
    with tempfile.TemporaryDirectory(prefix="campus-posters-") as folder:
        os.environ |= {
            "CAMPUS_SECRET_KEY": "only for the measurement, thirty-two+",
            "CAMPUS_DATA_DIR": folder,
        }
        from campus_service.app import create_app

        with create_app().app_context():
            return _figures()


def _figures() -> dict[str, dict[str, float]]:
    from campus_service.bulletin import longpicture, posters

    before = _peak_mb()
    found = {}
    for look in posters.CHOICES:
        for paper in posters.PAPERS:
            name = f"{look}, {paper.upper()}"

            def printed(n: int, look: str = look, paper: str = paper) -> bytes:
                return posters.poster(sheet(n), look, paper).pdf

            found[name] = _row(printed)
    found["from the disk"] = _row(lambda _n: posters.poster(sheet(0), "cover", "a3").pdf)
    found["long picture"] = _row(lambda n: longpicture.draw(sheet(n)).png)
    found["before the first"] = {"first_ms": 0, "ms": 0, "kb": 0, "peak_mb": before}
    return found


def sheet(n: int) -> Any:
    """What a poster with eight articles and two events says; ``n`` makes its words new."""
    from campus_service.bulletin.posters import Day, Item, Sheet

    lede = "社团招新连摆两天，先想清楚三件事再扫码交会费；一百二十个摊位怎么逛才不累。"
    return Sheet(
        100 + n,
        f"夜归与灯（{n}）",
        "我们在夜里走了十二公里，数了二百三十一盏灯。",
        (f"第 {100 + n} 期", "2026年10月26日 周一"),
        tuple(Item("调研报告", f"夜归调查之{at}-{n}：哪段路最黑", lede) for at in range(8)),
        (Day("10月29日", "合唱比赛", "大礼堂"), Day("11月7日", "跳蚤集市", "活动中心门前")),
        f"https://campus.example/compass/{100 + n}",
        datetime(2026, 10, 26, tzinfo=UTC),
    )


def _row(make: Callable[[int], bytes]) -> dict[str, float]:
    times, size = [], 0
    for n in range(RUNS):
        started = time.perf_counter()
        size = len(make(n))
        times.append(1000 * (time.perf_counter() - started))
    return {
        "first_ms": times[0],
        "ms": statistics.median(times[1:]),
        "kb": size / 1000,
        "peak_mb": _peak_mb(),
    }


def table(figures: dict[str, dict[str, float]], what: str = "poster") -> str:
    """The figures of each ``what`` as Markdown."""
    lines = [
        f"| {what} with its preflight | first, ms | then, ms | kB | peak MB so far |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {name} | {row['first_ms']:.0f} | {row['ms']:.0f} | {row['kb']:.0f} | {row['peak_mb']:.0f} |"
        for name, row in figures.items()
    ]
    return "\n".join(lines)


def command(
    measure: Callable[[], dict[str, dict[str, float]]], says: str | None, what: str = "poster"
) -> None:
    """The command line of a measurement."""
    parser = argparse.ArgumentParser(description=says)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    arguments = parser.parse_args()
    figures = measure()
    print(json.dumps(figures) if arguments.json else table(figures, what))


if __name__ == "__main__":
    command(measure, __doc__)
