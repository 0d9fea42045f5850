"""Which of several providers of one channel is asked first, and how trust that was lost comes back: the pure rule.

`services.relays` asks `order` before a batch and keeps what `judged` says after it. A provider that fails twice in a row
is asked last at once; after a rest it gets a tenth of the batches, then a quarter, a half, and all of them again. It must
not know what a provider is, nor draw lots: the draw comes in.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

#: Batches that fail one after another before a provider is rested: one may be chance.
TROUBLES: Final = 2
#: Percent of the batches on the way back; each step is held for `STEP` before the next.
STEPS: Final = (10, 25, 50, 100)
STEP: Final = timedelta(minutes=2)
#: The rest after trouble doubles with each failed try to come back.
SHORTEST_REST: Final = timedelta(seconds=60)
LONGEST_REST: Final = timedelta(minutes=15)
WHOLE: Final = 100


@dataclass(frozen=True, slots=True)
class Standing:
    """How one provider stands: `share` percent of the batches are its to try first, since `since`.

    `troubles` are the batches that failed one after another; `since` is None where nothing ever failed.
    """

    name: str
    share: int = WHOLE
    troubles: int = 0
    since: datetime | None = None


def order(standings: Sequence[Standing], at: datetime, draw: float) -> tuple[str, ...]:
    """Whom to ask, one after another. `standings` come in the order of preference, `draw` lies in [0, 1).

    Nobody is left out: where every provider is in trouble, the one that failed longest ago is asked first.
    """
    ready = [one for one in standings if draw * WHOLE < share(one, at)]
    rest = [one for one in standings if one not in ready]
    rest.sort(key=lambda one: (-share(one, at), one.since or at))
    return tuple(one.name for one in (*ready, *rest))


def share(one: Standing, at: datetime) -> int:
    """Percent of the batches that a provider is asked first for, now: rested long enough, it is tried again."""
    if one.share or one.since is None:
        return one.share
    return STEPS[0] if at - one.since >= rest_of(one) else 0


def rest_of(one: Standing) -> timedelta:
    """How long a provider in trouble is left alone."""
    doubled = SHORTEST_REST * (1 << min(max(one.troubles - TROUBLES, 0), 10))
    return min(doubled, LONGEST_REST)


def judged(one: Standing, carried: int, failed: int, at: datetime) -> Standing:
    """How a provider stands after a batch of which it carried so many, and at so many of which it failed itself.

    Whatever it carried shows that it works; a batch of which nothing went through is trouble.
    """
    if carried:
        return _trusted(one, at)
    if not failed:
        return one
    troubles = one.troubles + 1
    # On the way back one failure is enough.
    if troubles >= TROUBLES or one.share < WHOLE:
        return replace(one, share=0, troubles=max(troubles, TROUBLES), since=at)
    return replace(one, troubles=troubles, since=at)


def _trusted(one: Standing, at: datetime) -> Standing:
    """The next step back, where this one was held long enough; trouble is forgotten only at the end of the way."""
    if one.share == WHOLE:
        return replace(one, troubles=0) if one.troubles else one
    if one.share == 0:
        return replace(one, share=STEPS[0], since=at)
    if one.since is not None and at - one.since < STEP:
        return one
    further = next((step for step in STEPS if step > one.share), WHOLE)
    return replace(one, share=further, since=at, troubles=0 if further == WHOLE else one.troubles)
