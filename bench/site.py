"""A site for measuring: generated reports, gunicorn, a worker; and the bare page that everything is compared to."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).parent.parent
DEMO = ROOT / "campus_service/lostfound/data/demo.jsonl"
SECRET = "only for measuring, nothing is kept of this"


def generate(path: Path, count: int) -> None:
    """Write ``count`` reports made from the demo's words, days spread over half a year."""
    lines = [json.loads(line) for line in DEMO.read_text(encoding="utf-8").splitlines()]
    rng = random.Random(count)
    with path.open("w", encoding="utf-8") as out:
        for n in range(count):
            one, other = rng.choice(lines), rng.choice(lines)
            day = datetime.now(UTC).date() - timedelta(days=rng.randrange(180))
            line = one | {
                "id": f"G{n}",
                "title": f"{one['title'][:20]} {other['place'][:6]}",
                "place": other["place"],
                "occurred_on": day.isoformat(),
            }
            out.write(json.dumps(line, ensure_ascii=False) + "\n")


class Site:
    """Settings of one measured site in a folder of its own."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port
        self.base = f"http://127.0.0.1:{port}"
        self.env = {name: value for name, value in os.environ.items() if not name.startswith("CAMPUS_")} | {
            "CAMPUS_SECRET_KEY": SECRET,
            "CAMPUS_DATA_DIR": str(folder),
            "CAMPUS_BASE_URL": self.base,
            "CAMPUS_RATE_LIMITS": "false",
            "CAMPUS_LOG_LEVEL": "error",
        }

    def command(self, *words: str) -> tuple[float, float]:
        """Run `campus-service …`; returns seconds and peak memory in MB."""
        started = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "campus_service.cli", *words],
            env=self.env,
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
        )
        _pid, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"campus-service {' '.join(words)} ended with {process.returncode}")
        return time.perf_counter() - started, usage.ru_maxrss / 1024

    @contextmanager
    def serving(self) -> Iterator[Server]:
        """Gunicorn gthread 2×4 on this site."""
        with serve("campus_service.wsgi:app", self.port, self.env) as server:
            yield server


class Server:
    """A running gunicorn and its worker processes."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self.process, self.port = process, port

    def workers(self) -> list[int]:
        """Process ids of the workers."""
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in path.read_text().split()]

    def cpu_seconds(self) -> float:
        """CPU that the workers have used so far."""
        ticks = 0
        for pid in self.workers():
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def memory_mb(self) -> float:
        """Proportional memory (PSS) of all its processes, in MB."""
        return sum(pss_mb(pid) for pid in [self.process.pid, *self.workers()])


def pss_mb(pid: int) -> float:
    """Proportional memory of a process in MB."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0


@contextmanager
def serve(target: str, port: int, env: dict[str, str]) -> Iterator[Server]:
    """Run gunicorn until the block ends."""
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "gunicorn", "-k", "gthread", "-w", "2", "--threads", "4", "--preload"),
            *("-b", f"127.0.0.1:{port}", "--log-level", "error", "--no-control-socket", target),
        ],
        env=env,
        cwd=ROOT,
    )
    try:
        _wait_for(port)
        yield Server(process, port)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def _wait_for(port: int) -> None:
    for _attempt in range(300):
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=20).close()
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"nothing answers on port {port}")
