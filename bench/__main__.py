"""`python -m bench`: measure everything; --write puts the table into docs/performance.md."""

from __future__ import annotations

from bench.run import main

main()
