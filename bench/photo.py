"""The photo pipeline beside plain Pillow, on one generated 12-megapixel photo: `python bench/photo.py [--json]`.

Each way runs in a process of its own, in turn, several rounds; the median round counts. The ratios in one run
are what to compare; milliseconds belong to the machine.
"""

from __future__ import annotations

import argparse
import io
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from PIL import Image, ImageChops, ImageOps

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from campus_service.media import decoder, pipeline

SIZES = (2048, 960, 320)
RUNS = 5


def photo(width: int = 4000, height: int = 3000) -> bytes:
    """A JPEG with the detail and noise of a phone's photo, EXIF and GPS, lying on its side."""
    rough = Image.effect_noise((width // 8, height // 8), 60).resize(
        (width, height), Image.Resampling.BICUBIC
    )
    grain = Image.effect_noise((width, height), 18)
    slopes = [make("L").resize((width, height)) for make in (Image.linear_gradient, Image.radial_gradient)]
    bands = [ImageChops.blend(ImageChops.add(slope, grain, 2), rough, 0.4) for slope in (*slopes, rough)]
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8825)[2] = (30.0, 31.0, 2.0)
    out = io.BytesIO()
    Image.merge("RGB", bands).save(out, "JPEG", quality=92, exif=exif)
    return out.getvalue()


def naive(data: bytes) -> None:
    """Decode, turn, then three resizes from the full size."""
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB")
    for size in SIZES:
        copy = image.copy()
        copy.thumbnail((size, size), Image.Resampling.LANCZOS, reducing_gap=None)
        copy.save(io.BytesIO(), "JPEG", quality=82)


def chain(data: bytes) -> None:
    """The best plain-Pillow way: shrink, turn, then each size from the one before, Pillow's own defaults."""
    image: Image.Image = Image.open(io.BytesIO(data))
    image.thumbnail((SIZES[0], SIZES[0]))
    image = ImageOps.exif_transpose(image)
    for size in SIZES:
        image.thumbnail((size, size))
        image.save(io.BytesIO(), "JPEG", quality=82)


def ours(data: bytes) -> None:
    """The pipeline as the child runs it."""
    pipeline.clean(data)


def child(data: bytes) -> None:
    """The pipeline through its child process, as an upload takes it."""
    decoder.clean(data)


WAYS: dict[str, Callable[[bytes], None]] = {"naive": naive, "chain": chain, "ours": ours, "child": child}


def measure(way: str, path: Path) -> dict[str, float]:
    """Processor and wall milliseconds of the median run, and peak memory in MB of the process."""
    data = path.read_bytes()
    WAYS[way](data)
    cpu, wall = [], []
    for _ in range(RUNS):
        started = time.process_time(), time.perf_counter()
        WAYS[way](data)
        cpu.append(1000 * (time.process_time() - started[0]))
        wall.append(1000 * (time.perf_counter() - started[1]))
    return {"cpu_ms": statistics.median(cpu), "wall_ms": statistics.median(wall), "peak_mb": _peak_mb()}


def _peak_mb() -> float:
    # Not getrusage: its figure survives exec, so it would tell of the parent that made the photo.
    line = next(
        line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")
    )
    return int(line.split()[1]) / 1024


def run(rounds: int = 3) -> dict[str, dict[str, float]]:
    """Every way, `rounds` times in turn; medians, and ratios to the plain-Pillow chain."""
    samples: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "photo.jpg"
        path.write_bytes(photo())
        for _ in range(rounds):
            for way in WAYS:
                command = [sys.executable, __file__, "--way", way, "--photo", str(path)]
                answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
                samples[way].append(json.loads(answer))
    table = {way: _medians(rows) for way, rows in samples.items()}
    for row in table.values():
        row["cpu_ratio"] = row["cpu_ms"] / table["chain"]["cpu_ms"]
        row["wall_ratio"] = row["wall_ms"] / table["chain"]["wall_ms"]
    return table


def _medians(rows: list[dict[str, float]]) -> dict[str, float]:
    return {name: statistics.median(row[name] for row in rows) for name in rows[0]}


def _print(table: dict[str, dict[str, float]]) -> None:
    print(
        f"{'12 MP JPEG':<12}{'CPU ms':>9}{'wall ms':>9}{'peak MB':>9}{'CPU ÷ chain':>13}{'wall ÷ chain':>14}"
    )
    for way, row in table.items():
        # "child" spends its processor time and memory in another process: only its wall time says something.
        own = ("–", "–", "–")
        if way != "child":
            own = (f"{row['cpu_ms']:.0f}", f"{row['peak_mb']:.0f}", f"{row['cpu_ratio']:.2f}")
        print(f"{way:<12}{own[0]:>9}{row['wall_ms']:>9.0f}{own[1]:>9}{own[2]:>13}{row['wall_ratio']:>14.2f}")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print the table as JSON")
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--photo", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.way:
        print(json.dumps(measure(arguments.way, arguments.photo)))
    elif arguments.json:
        print(json.dumps(run(), indent=2))
    else:
        _print(run())


if __name__ == "__main__":
    main()
