"""Benchmarks: figures as ratios within one run, written into docs/performance.md by `make perf`."""
