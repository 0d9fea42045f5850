"""Plays the province into a running system, hop by hop: send, wait until it is worked, move the clock.

`hectis practice play` calls it, and through that `make run`; so do tests and benches. It speaks to the system
as hospitals do, over MLLP, and begins each play and each hop by `services.practice`, which refuses everything outside
a practice database; what falls due meanwhile is told by the services that the clock calls too. Between two hops everything
agrees: messages, clock, diary. It may be stopped there, and goes on from there.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import chain
from math import ceil
from typing import Final, NamedTuple

from hectis_flow.domain.errors import HectisError
from hectis_flow.domain.moments import SAST
from hectis_flow.feeds.mllp_client import ACCEPTED, SendReport
from hectis_flow.practice.diary import Diary, Played
from hectis_flow.practice.places import Places
from hectis_flow.practice.province import Province, Sending
from hectis_flow.practice.visits import World
from hectis_flow.services import countdown, escalation, practice, work
from hectis_flow.services.house import House
from hectis_flow.services.practice import Standing

FIRST_SEED: Final = 1
FIRST_SCALE: Final = 1.0
PATIENCE: Final = 60.0  # seconds in which at least one message or notice must be worked
POLL_SECONDS: Final = 0.1  # between two questions, at most
FIRST_POLL_SECONDS: Final = 0.005
SLOWER: Final = 1.25  # the longer it takes, the less often it is asked
HOUR: Final = timedelta(hours=1)
#: A hop costs some hundredths of a second however little falls into it, so a long play takes longer ones.
MOST_HOPS: Final = 1500

Send = Callable[[Sequence[bytes]], SendReport]
# What the people of the province do once the clock stands at a moment.
Act = Callable[[datetime], object]


class CannotPlay(HectisError):
    """The play was not begun or did not go on; everything up to the last whole hop stands."""

    code = "cannot_play"
    status = 409


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asked to be played. None leaves it to the diary, or to what is usual."""

    days: float
    seed: int | None = None
    scale: float | None = None
    start: datetime | None = None
    hop: timedelta | None = None


class Hop(NamedTuple):
    """One hop that was played. Times in seconds."""

    end: datetime
    messages: int
    sending: float
    working: float


@dataclass(frozen=True, slots=True)
class Score:
    """A play that is about to begin: the province and the span of it."""

    played: Played
    start: datetime
    end: datetime
    hop: timedelta

    @property
    def hops(self) -> int:
        """How many hops it takes."""
        return -(-(self.end - self.start) // self.hop)


def score(house: House, diary: Diary, wish: Wish) -> Score:
    """What the wish comes to on this database. Raises NotPractice, CannotPlay."""
    stands = practice.standing(house)
    before = diary.read()
    seed, scale = _choice(before, wish)
    start = (wish.start or (before.to if before else _first_start(stands, wish))).astimezone(UTC)
    first_day = start.astimezone(SAST).date()
    since = min(before.since, first_day) if before else first_day
    end = start + timedelta(days=wish.days)
    played = Played(seed, scale, since, before.to if before else start)
    return Score(played, start, end, wish.hop or usual_hop(wish.days))


def usual_hop(days: float) -> timedelta:
    """The hop of a play in which nobody asked for one: whole hours, and no more hops than `MOST_HOPS`.

    What falls due within a hop is told at its end, so a hop is how late the ladders of a play may be: an hour
    up to two months, six hours for a year.
    """
    return HOUR * max(1, ceil(timedelta(days=days) / HOUR / MOST_HOPS))


def play(
    house: House,
    diary: Diary,
    whole: Score,
    places: Places,
    send: Send,
    stop: Callable[[], bool] = lambda: False,
    act: Act = lambda _now: None,
) -> Iterator[Hop]:
    """Play it, giving each hop as it is done; ends early, between two hops, once `stop()` is true.

    Raises NotPractice, CannotPlay; and what `send` raises, such as NobodyListens.
    """
    practice.advance(house, whole.start)
    world = World(whole.played.seed, whole.played.scale, places)
    sendings = Province(world, whole.played.since).sendings(whole.start, whole.end)
    ahead: list[Sending] = []
    end = whole.start
    while end < whole.end and not stop():
        end = min(end + whole.hop, whole.end)
        done = _hop(house, diary, _due(sendings, end, ahead), end, send, act)
        diary.write(replace(whole.played, to=max(whole.played.to, end)))
        yield done


def _due(sendings: Iterator[Sending], end: datetime, ahead: list[Sending]) -> list[Sending]:
    """The sendings before `end`; the first one that is not is kept in `ahead` for the next hop."""
    come: list[Sending] = []
    for one in chain(ahead[:], sendings):
        if one.at >= end:
            ahead[:] = [one]
            return come
        come.append(one)
    ahead.clear()
    return come


def _hop(house: House, diary: Diary, hop: Sequence[Sending], end: datetime, send: Send, act: Act) -> Hop:
    begun = time.monotonic()
    diary.note(one.row for one in hop)
    if hop:
        # Visit by visit, each in the order of the wire: a worker then takes up most visits once a hop, not
        # once a message. Which visit comes first makes no difference to any of them.
        _check(send([one.raw for one in sorted(hop, key=lambda one: one.row.visit)]))
        work.ring(house)
    sent = time.monotonic()
    _await_worked(house)
    practice.advance(house, end)
    countdown.prepare(house)
    while escalation.sweep(house):
        pass  # what fell due in the hop climbs before the next one; the clock may help
    act(end)
    return Hop(end, len(hop), sent - begun, time.monotonic() - sent)


def _check(report: SendReport) -> None:
    if report.unanswered:
        raise CannotPlay(report.stopped)
    refused = sum(count for code, count in report.codes.items() if code not in ACCEPTED)
    if refused:
        reasons = ", ".join(sorted(report.reasons))
        raise CannotPlay(
            f"The listener refused {refused} messages ({reasons}). Practice messages are marked T (training) "
            "in MSH-11: HECTIS_PROCESSING_IDS must hold T, and the listener must be that of this database."
        )


def _await_worked(house: House) -> None:
    """Wait until no message is left; CannotPlay when nothing moves for `PATIENCE` seconds.

    Notices go before messages: while they are worked off, no message moves, and all is well.
    """
    before, moved, pause = practice.in_hand(house), time.monotonic(), FIRST_POLL_SECONDS
    while before[0]:
        time.sleep(min(pause, POLL_SECONDS))
        pause *= SLOWER
        now = practice.in_hand(house)
        if now != before:
            before, moved = now, time.monotonic()
        elif time.monotonic() - moved > PATIENCE:
            raise CannotPlay(
                f"{before[0]} messages have waited for {PATIENCE:g} s and nobody works on them: are a worker and the "
                "clock running? The clock of the database was not moved; playing again goes on from here."
            )


def _choice(before: Played | None, wish: Wish) -> tuple[int, float]:
    """The seed and the scale; a province that has begun keeps its own."""
    seed = before.seed if before else FIRST_SEED
    scale = before.scale if before else FIRST_SCALE
    asked = (seed if wish.seed is None else wish.seed, scale if wish.scale is None else wish.scale)
    if before and asked != (seed, scale):
        raise CannotPlay(
            f"This database holds the province of seed {seed} at scale {scale:g}: leave --seed and --scale out, "
            "or play another province into another practice database."
        )
    return asked


def _first_start(stands: Standing, wish: Wish) -> datetime:
    """So that the first play ends about now; where messages are stored already, from now on."""
    hour = stands.now.replace(minute=0, second=0, microsecond=0) + HOUR
    return hour - timedelta(days=wish.days) if stands.untouched else hour
