"""Drawing lots: weighted choices and random numbers of events, always from a generator that is handed in.

Everything in `practice` draws through here or through the `random.Random` it was given, never from the
module's own generator: the same seed must give the same province, byte for byte.
"""

import math
from collections.abc import Mapping
from itertools import accumulate
from random import Random
from typing import Generic, TypeVar

T = TypeVar("T")
_MANY = 60.0  # from here on the bell curve is close enough, and quicker


class Odds(Generic[T]):
    """A choice among things of unequal weight; the weights need not add up to anything."""

    def __init__(self, weights: Mapping[T, float]) -> None:
        self._things = list(weights)
        self._sums = list(accumulate(weights.values()))

    def draw(self, rng: Random) -> T:
        """One of the things."""
        return rng.choices(self._things, cum_weights=self._sums)[0]


def how_many(rng: Random, mean: float) -> int:
    """A Poisson number: how many independent events fall into a span that has `mean` of them on average."""
    if mean > _MANY:
        return max(0, round(rng.gauss(mean, math.sqrt(mean))))
    count, left, limit = 0, rng.random(), math.exp(-mean)
    while left > limit:
        count += 1
        left *= rng.random()
    return count


def happens(rng: Random, share: float) -> bool:
    """True in that share of cases."""
    return rng.random() < share
