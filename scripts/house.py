"""Print how long files and functions are, beside what CONTRIBUTING.md aims at: a mirror, not a gate."""

from __future__ import annotations

import ast
from pathlib import Path
from statistics import median, quantiles

ROOT = Path(__file__).parent.parent
# (median, 90th percentile, longest): None where nothing is aimed at.
AIMS: dict[str, tuple[int | None, int, int]] = {"functions": (8, 25, 60), "files": (None, 250, 500)}


def main() -> None:
    """Measure the package and the tests."""
    for name in ("campus_service", "tests"):
        paths = [path for path in sorted((ROOT / name).rglob("*.py")) if "versions" not in path.parts]
        files = {
            path.relative_to(ROOT).as_posix(): len(path.read_text("utf-8").splitlines()) for path in paths
        }
        report(f"{name}: files", files, AIMS["files"])
        report(f"{name}: functions", functions(paths), AIMS["functions"])


def functions(paths: list[Path]) -> dict[str, int]:
    """Where each function stands, and its lines."""
    lengths = {}
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
                where = f"{path.relative_to(ROOT).as_posix()}:{node.lineno} {node.name}"
                lengths[where] = node.end_lineno - node.lineno + 1
    return lengths


def report(title: str, lengths: dict[str, int], aims: tuple[int | None, int, int]) -> None:
    """Print the figures of one kind, and what is longer than the longest should be."""
    values = list(lengths.values())
    figures = (round(median(values)), round(quantiles(values, n=10)[-1]), max(values))
    shown = [
        f"{figure}" + (f" (aim ≤ {aim})" if aim else "") for figure, aim in zip(figures, aims, strict=True)
    ]
    print(f"{title:26} {len(values):5}   median {shown[0]}   p90 {shown[1]}   longest {shown[2]}")
    for where in sorted(lengths, key=lambda key: -lengths[key]):
        if lengths[where] > aims[2]:
            print(f"    {lengths[where]:4}  {where}")


if __name__ == "__main__":
    main()
