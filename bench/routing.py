"""`python -m bench.routing`: what the model that names a department costs: to load once, to ask for each message.

CPU milliseconds, the best of several runs, beside the size of the model and the yardstick of the machine.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from bench.run import yardstick

RUNS = 20


def main() -> None:
    """Command line."""
    from campus_service.feedback.routing import examples
    from campus_service.feedback.routing.classifier import Model, shipped

    model = shipped()
    data = model.dumps()
    longest = max(examples.shipped(), key=lambda one: len(one.body))
    print(f"size {len(data) / 1e6:.2f} MB")
    print(f"load {_best(lambda: Model.loads(data)):.1f} ms")
    print(
        f"{len(longest.body)} characters {_best(lambda: model.candidates(longest.title, longest.body)):.2f} ms"
    )
    print(f"a million steps of Python {yardstick():.0f} ms")


def _best(work: Callable[[], object]) -> float:
    times = []
    for _run in range(RUNS):
        begun = time.process_time()
        work()
        times.append(time.process_time() - begun)
    return 1000 * min(times)


if __name__ == "__main__":
    main()
