"""What the drills share: messages kept in flight, and how long what was interrupted took to be done."""

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

from sqlalchemy import Connection

from tests.drills.stack import Stack
from tests.drills.watch import undone
from tests.hospital import Visit, visits
from tests.waiting import until


@dataclass(frozen=True, slots=True)
class Scale:
    """How large a drill is. Times in seconds; `bar` is the longest an interrupted message may take.

    `blows` is how often the drill strikes, `longest_pause` the longest random pause before each.
    """

    blows: int
    workers: int
    in_flight: int
    bar: float
    longest_pause: float
    fast: dict[str, str]


@dataclass
class Kills:
    """At which step each kill fell, how much was held then, and how long that took afterwards."""

    steps: Counter[str] = field(default_factory=Counter)
    held: list[int] = field(default_factory=list)
    longest: float = 0.0

    def told(self, over: str, seen: str = "") -> str:
        """In words: the kills `over` so much, and what else was `seen`."""
        steps = ", ".join(f"{step}: {times}" for step, times in self.steps.most_common())
        return (
            f"{self.steps.total()} kills over {over}, {sum(self.held)} of them held; {seen}"
            f"longest recovery {self.longest:.1f} s; fell {steps}"
        )


class Traffic:
    """Visits sent over the wire, so that about so many messages are always in flight."""

    def __init__(self, stack: Stack, run: str, in_flight: int) -> None:
        self._stack = stack
        self._run = run
        self._in_flight = in_flight
        self.visits: list[Visit] = []
        self.sent = 0

    def keep_up(self) -> None:
        """Send more when less than half is left."""
        missing = self._in_flight - self._stack.undone()
        if missing * 2 > self._in_flight:
            fresh = visits(missing // 2 + 1, run=self._run, start=len(self.visits) + 1)
            self.sent += self._stack.send(fresh)
            self.visits += fresh

    def drain(self, within: float) -> None:
        """Wait until everything that was sent is done."""
        until(lambda: not self._stack.undone(), "every message is done", within=within)


class Recoveries:
    """Messages whose work was interrupted, and the seconds until the last of each lot was done.

    A message that is struck again counts from then on: the bar is for one blow. The drill fails as soon
    as a lot takes longer than the bar, or when nothing could be struck for that long.
    """

    def __init__(
        self,
        connection: Connection,
        bar: float,
        left: Callable[[Connection, Collection[int]], int] = undone,
    ) -> None:
        self._connection = connection
        self._undone = left
        self._bar = bar
        self._struck = time.monotonic()
        self._open: list[tuple[float, set[int]]] = []
        self.seconds: list[float] = []

    def begin(self, held: Iterable[int]) -> None:
        """These were interrupted just now."""
        struck = set(held)
        self._struck = time.monotonic()
        self._open = [(begun, lot - struck) for begun, lot in self._open if lot - struck]
        self._open.append((self._struck, struck))

    def note(self) -> bool:
        """Look again; True when none is open any more."""
        now = time.monotonic()
        assert now - self._struck <= self._bar, f"Nothing to strike for {self._bar:g} s: is anything at work?"
        for one in list(self._open):
            begun, lot = one
            left = self._undone(self._connection, lot)
            assert not left or now - begun <= self._bar, f"{left} not done {self._bar:g} s after a blow."
            if not left:
                self.seconds.append(now - begun)
                self._open.remove(one)
        return not self._open
