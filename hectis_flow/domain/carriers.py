"""Between two carriers: when the first is passed over, and how it gets its share back.

`services.carriers` asks for each text. Pure: what stands comes in as an argument, so does a draw from 0 to 99. After
some failures in a row everything goes to the other; then 1, 10, 50 and 100 in a hundred go back, a step at a time.
A step lasts its time and ends only after the first has carried something in it: at least one text of each step is
sent by it, however few there are. One failure on the way ends it.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

#: In a hundred, what goes to the first carrier at each step.
SHARES: Final = (0, 1, 10, 50, 100)
WHOLE: Final = len(SHARES) - 1
#: Failures in a row after which one that has everything is passed over.
MOST_FAILURES: Final = 3


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the first carrier stands: its step since when, failures in a row, and what it carried in this step.

    `not_before` is when it asked to be left alone until, if it did.
    """

    step: int = WHOLE
    since: datetime | None = None
    failures: int = 0
    carried: int = 0
    not_before: datetime | None = None


SOUND: Final = Standing()


def first_is_asked(now: Standing, draw: int) -> bool:
    """Whether the first carrier is asked first for a text with this draw (0 to 99)."""
    trying = 0 < now.step < WHOLE and now.carried == 0
    return trying or draw < SHARES[now.step]


def failed(was: Standing, at: datetime, wait: timedelta) -> Standing:
    """The first carrier was in trouble, and asked to be left alone for so long."""
    asked = max(filter(None, (was.not_before, at + wait))) if wait else was.not_before
    failures = was.failures + 1
    if was.step < WHOLE or failures >= MOST_FAILURES or wait:
        return Standing(0, at, failures, 0, asked)
    return replace(was, failures=failures)


def carried(was: Standing) -> Standing:
    """The first carrier took a text."""
    if was.step == WHOLE:
        return SOUND
    return replace(was, failures=0, carried=was.carried + 1)


def now_standing(was: Standing, at: datetime, step: timedelta) -> Standing:
    """Where it stands at a moment, once what is due has come back: one step at most."""
    if was.step == WHOLE or was.since is None or at < was.since + step:
        return was
    if was.not_before is not None and at < was.not_before:
        return was
    if was.step > 0 and was.carried == 0:
        return was
    return SOUND if was.step + 1 == WHOLE else Standing(was.step + 1, at)
