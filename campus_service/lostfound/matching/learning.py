"""Weights re-weighed by what people said: near the prior while few pairs were decided, nearer to them with more."""

from __future__ import annotations

import math
from collections.abc import Mapping

from campus_service.lostfound.matching.scoring import PRIOR

# So many decided pairs with a piece of evidence weigh as much as what was assumed of it.
TRUST = 20
# No weight changes by more than this, in log odds: a few hasty clicks must not turn the order around.
MOST = 2.0
ALL = "*"

Counts = Mapping[str, tuple[int, int]]


def weights(counts: Counts) -> dict[str, float]:
    """Evidence → weight. Agreement never counts against a pair, contradiction never for it."""
    whole = counts.get(ALL, (0, 0))
    return {key: _weight(key, prior, counts.get(key, (0, 0)), whole) for key, prior in PRIOR.items()}


def _weight(key: str, prior: float, seen: tuple[int, int], whole: tuple[int, int]) -> float:
    number = sum(seen)
    if not number:
        return prior
    # How much more often it stands beside confirmed pairs than beside dismissed ones; one of each to begin with.
    observed = math.log((seen[0] + 1) / (whole[0] + 2)) - math.log((seen[1] + 1) / (whole[1] + 2))
    learned = prior + max(-MOST, min(MOST, observed)) * number / (number + TRUST)
    return max(0.0, learned) if key.endswith("+") else min(0.0, learned)
