"""`make perf`: measures everything in one run; with --write the table goes into docs/performance.md."""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from bench import bulletin, inbox, mailing, pages, posters
from bench.pages import Figure
from bench.site import ROOT, Site, generate, pss_mb, serve

DOC = ROOT / "docs/performance.md"
AIMS = {"list": 0.30, "item": 0.30, "search": 0.15, "home": 0.25, "inbox": 0.20, "article": 0.35}
SIZES = (1_000, 100_000)
CASES = 100_000


def main() -> None:
    """Measure, print, and write the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--sizes", default=",".join(map(str, SIZES)), help="numbers of reports, by comma")
    options.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    chosen = options.parse_args()
    results: dict[str, Any] = {
        "when": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "machine": _machine(),
        "sizes": {},
    }
    with tempfile.TemporaryDirectory(prefix="campus-perf-") as folder:
        for size in map(int, chosen.sizes.split(",")):
            results["sizes"][size] = _measure_size(Path(folder) / str(size), size)
            print(json.dumps({size: results["sizes"][size]}), flush=True)  # a long run shows what it has
        results["inbox"] = [asdict(figure) for figure in inbox.measure(Path(folder) / "inbox", CASES)]
        results["bulletin"] = [asdict(figure) for figure in bulletin.measure(Path(folder) / "bulletin")]
        results["posting"] = _posting(Path(folder) / "posting")
    for name in ("photo", "posters", "papers", "mailing"):
        results[name] = _apart(f"bench.{name}")
    table = render(results)
    print(table)
    if chosen.write:
        old = DOC.read_text(encoding="utf-8")
        DOC.write_text(
            re.sub(
                r"(<!-- figures -->\n).*(<!-- end -->)", lambda m: m[1] + table + m[2], old, flags=re.DOTALL
            ),
            encoding="utf-8",
        )


def _apart(module: str) -> Any:
    """What a module measures in a process of its own."""
    command = [sys.executable, "-m", module, "--json"]
    return json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout)


def _machine() -> str:
    model = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    cores = f"{os.cpu_count()} cores ({model[1] if model else platform.machine()})"
    return f"{cores}, Python {platform.python_version()}, a million steps of it in {yardstick():.0f} ms"


def yardstick() -> float:
    """CPU milliseconds of a million steps of Python: the same machine is not always as fast, figures are compared by this."""
    begun = time.process_time()
    for _step in range(1_000_000):
        pass
    return 1000 * (time.process_time() - begun)


def _measure_size(folder: Path, size: int) -> dict[str, Any]:
    folder.mkdir()
    site = Site(folder, 8731)
    site.command("db", "upgrade")
    reports = folder / "reports.jsonl"
    generate(reports, size)
    import_s, import_mb = site.command("import", "lostfound", str(reports))
    index_s, index_mb = site.command("search", "rebuild")
    pages.give_covers(site)
    cookie = pages.sign_in(site)
    paths = {
        "list": "/lost-found",
        "list, a category": "/lost-found?category=umbrella",
        "item": pages.an_item_with_photo(site),
        "search": f"/lost-found?q={quote('黑色雨伞')}",
        "search, many hits": f"/lost-found?q={quote('图书馆')}",
        "home": "/",
    }
    with site.serving() as server, serve("bench.bare:app", 8732, site.env) as bare:
        figures = [pages.bare_figure(bare), *pages.measure(site, server, bare, cookie, paths)]
        web_mb = server.memory_mb()
    with _worker(site) as worker_pid:
        worker_mb = pss_mb(worker_pid)
    return {
        "figures": [asdict(figure) for figure in figures],
        "import": {"seconds": import_s, "peak_mb": import_mb},
        "index": {"seconds": index_s, "peak_mb": index_mb},
        "memory": {"web_mb": web_mb, "worker_mb": worker_mb},
    }


@contextmanager
def _worker(site: Site) -> Iterator[int]:
    process = subprocess.Popen([sys.executable, "-m", "campus_service.cli", "worker"], env=site.env, cwd=ROOT)
    try:
        time.sleep(8)  # started, and busy with the rebuild that the import promised
        yield process.pid
    finally:
        # A rebuild in progress may take a minute; nothing of this site is kept.
        process.kill()
        process.wait(20)


def _posting(folder: Path) -> dict[str, float]:
    """Post a report with a 12 MP photo, from upload to stored report, in one process; medians of 8, in ms."""
    import statistics

    from bench.photo import photo as sample_photo
    from campus_service.accounts.service import new_person
    from campus_service.core.actor import Actor
    from campus_service.core.db import db, transaction
    from campus_service.core.permissions import Role
    from campus_service.lostfound import service
    from campus_service.lostfound.commands import PostFound
    from campus_service.media import decoder
    from campus_service.media import service as media

    folder.mkdir()
    site = Site(folder, 8733)
    site.command("db", "upgrade")
    app = pages.application(site)
    photo = sample_photo()
    with app.app_context():
        with transaction():
            person = new_person(
                "P1", "周同学", "p@campus.test", password_hash="-", roles=[(Role.STUDENT, None)]
            )
        actor = Actor.with_roles(person.id, "周同学", frozenset({Role.STUDENT}), frozenset())
        decode, post = [], []
        for _time in range(8):
            started = time.perf_counter()
            cleaned = decoder.clean(photo)
            decoded = time.perf_counter()
            with transaction():
                stored = media.store(actor, cleaned)
                command = PostFound.model_validate(
                    {
                        "title": "黑色折叠伞",
                        "category": "umbrella",
                        "place": "图书馆一楼",
                        "photos": [stored.key],
                        "request_key": secrets.token_hex(8),
                    }
                )
                service.post_found(actor, command)
            post.append((time.perf_counter() - decoded) * 1000)
            decode.append((decoded - started) * 1000)
        db.session.remove()
        db.engine.dispose()
    return {"decode_ms": statistics.median(decode), "store_ms": statistics.median(post)}


def render(results: dict[str, Any]) -> str:
    """The results as Markdown."""
    lines = [
        f"Measured {results['when']}, {results['machine']}, by `make perf`; one connection, signed in,",
        "",
    ]
    lines[0] += (
        " gunicorn gthread 2×4, SQLite and Whoosh. Ratio = requests/s ÷ the bare page's in the same seconds."
    )
    for size, part in results["sizes"].items():
        lines += [f"### {int(size):,} reports", "", *_table(part["figures"])]
        done, index, memory = part["import"], part["index"], part["memory"]
        lines += [
            f"Import of {int(size):,} reports: {done['seconds']:.1f} s, peak {done['peak_mb']:.0f} MB. "
            f"Index built: {index['seconds']:.1f} s, peak {index['peak_mb']:.0f} MB. "
            f"Memory (PSS): web {memory['web_mb']:.0f} MB (2 processes and their parent), worker {memory['worker_mb']:.0f} MB.",
            "",
        ]
    lines += [f"### {CASES:,} cases of feedback", "", *_table(results["inbox"])]
    lines += [f"### {bulletin.ISSUES:,} issues of the bulletin", "", *_table(results["bulletin"])]
    posting = results["posting"]
    lines += [
        "### Photos",
        "",
        f"A report with a 12 MP photo: {posting['decode_ms']:.0f} ms for three clean renditions in the child, "
        f"{posting['store_ms']:.0f} ms to store files, report, search document and jobs (medians of 8).",
        "",
        _photo_table(results["photo"]),
        "",
        "### Posters",
        "",
        posters.table(results["posters"]),
        "",
        posters.table(results["papers"], "paper"),
        "",
        "### Mail",
        "",
        mailing.line(results["mailing"]),
        "",
    ]
    return "\n".join(lines)


def _table(figures: list[dict[str, Any]]) -> list[str]:
    head = [
        "| page | ratio | aim | CPU ms | queries | p50 ms | p95 ms | kB |",
        "|---|---|---|---|---|---|---|---|",
    ]
    return [*head, *(_row(Figure(**figure)) for figure in figures), ""]


def _row(figure: Figure) -> str:
    aim = AIMS.get(figure.page)
    return (
        f"| {figure.page} | {figure.ratio:.2f} | {f'≥ {aim:.2f}' if aim else ''} | {figure.cpu_ms:.1f} "
        f"| {figure.queries} | {figure.p50_ms:.1f} | {figure.p95_ms:.1f} | {figure.kilobytes:.0f} |"
    )


def _photo_table(photo: Any) -> str:
    lines = [
        "| 12 MP JPEG to 2048/960/320 | CPU ms | CPU ÷ best plain-Pillow chain | wall ÷ chain | peak MB |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {way} | {row['cpu_ms']:.0f} | {row['cpu_ratio']:.2f} | {row['wall_ratio']:.2f} | {row['peak_mb']:.0f} |"
        for way, row in photo.items()
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
