"""R4: Redis is stopped, frozen, emptied, full, or asks for another password, while messages come in.

Nobody may notice but `/readyz`, which must say what is wrong; afterwards everything is worked off.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import text

from tests.drills.breakable import Servers
from tests.drills.sender import Sender
from tests.drills.stack import Stack
from tests.drills.watcher import Watcher, start_web
from tests.waiting import until

MIB = 1 << 20
BAR = 2.0  # seconds that any request may take
#: Two tries of five seconds each until a frozen Redis is given up, and a heartbeat to say so.
TOLD_WITHIN = 25.0
#: A sender that never rests leaves one worker a backlog of minutes; how long that takes is no bar of R4.
DRAINED_WITHIN = 900.0


@dataclass
class Trouble:
    """One way of failing: what /readyz must say of it, and how long it lasts (seconds)."""

    name: str
    says: str
    lasts: float


@dataclass
class Report:
    """What each trouble cost: messages answered AA meanwhile, the longest request of any kind (seconds)."""

    accepted: dict[str, int] = field(default_factory=dict)
    longest_answer: float = 0.0
    longest_look: float = 0.0
    told: dict[str, float] = field(default_factory=dict)
    mended: dict[str, float] = field(default_factory=dict)
    backlog: int = 0
    drained: float = 0.0

    def __str__(self) -> str:
        each = "; ".join(
            f"{name}: {self.accepted[name]} AA, amber after {self.told[name]:.1f} s, "
            f"green {self.mended[name]:.1f} s after its end"
            for name in self.accepted
        )
        return (
            f"{each}; longest answer {self.longest_answer:.2f} s, longest /readyz {self.longest_look:.2f} s; "
            f"a backlog of {self.backlog} was worked off in {self.drained:.0f} s"
        )


def trouble_redis(stack: Stack, servers: Servers, troubles: list[Trouble]) -> Report:
    """Run one trouble after the other on a stack that has just been made."""
    report = Report()
    for part in ("mllp", "clock", "worker"):
        stack.start(part)
    web = start_web(stack)
    with Watcher(web) as watcher:
        until(lambda: watcher.last.status == "ready", "everything is well", within=30.0)
        for number, trouble in enumerate(troubles):
            _one(stack, servers, trouble, Sender(stack.port(), f"R{number}"), watcher, report)
        assert watcher.faults == []
    report.backlog, begun = stack.undone(), time.monotonic()
    until(lambda: not stack.undone(), "every message is done", within=DRAINED_WITHIN)
    report.drained = time.monotonic() - begun
    _nothing_lost(stack, report)
    return report


def _one(
    stack: Stack, servers: Servers, trouble: Trouble, sender: Sender, watcher: Watcher, report: Report
) -> None:
    watcher.forget()
    with sender:
        with WAYS[trouble.name](servers):
            begun, before = time.monotonic(), len(sender.book.accepted)
            if trouble.says:
                until(
                    lambda: trouble.says in watcher.last.parts["redis"],
                    f"/readyz says {trouble.says!r}",
                    within=TOLD_WITHIN,
                )
            report.told[trouble.name] = time.monotonic() - begun
            _last(begun, trouble, watcher)
            report.accepted[trouble.name] = len(sender.book.accepted) - before
        begun = time.monotonic()
        until(lambda: watcher.last.parts["redis"] == "ok", "Redis is seen again", within=TOLD_WITHIN)
        report.mended[trouble.name] = time.monotonic() - begun
    book = sender.book
    assert set(book.codes) == {"AA"}, (trouble.name, book.codes)
    assert book.closed == 0, trouble.name
    report.longest_answer = max(report.longest_answer, book.longest)
    report.longest_look = max(report.longest_look, watcher.longest)


def _last(begun: float, trouble: Trouble, watcher: Watcher) -> None:
    """Let it last; what /readyz says must not change meanwhile."""
    while time.monotonic() < begun + trouble.lasts:
        look = watcher.last
        if trouble.says:
            assert (look.status, look.code) == ("degraded", 200), look
            assert trouble.says in look.parts["redis"], look
        time.sleep(0.1)  # the trouble itself, not a wait


@contextmanager
def _stopped(servers: Servers) -> Iterator[None]:
    servers.stop_valkey()
    try:
        yield
    finally:
        servers.valkey.start()


@contextmanager
def _restarted_empty(servers: Servers) -> Iterator[None]:
    servers.stop_valkey()
    servers.valkey.start()
    yield


WAYS: dict[str, Callable[[Servers], object]] = {
    "stopped": _stopped,
    "frozen": Servers.frozen_valkey,
    "restarted empty": _restarted_empty,
    "full at 8 MB": lambda servers: servers.full_valkey(8 * MIB),
    "another password": Servers.other_password,
}


def _nothing_lost(stack: Stack, report: Report) -> None:
    statement = text("SELECT count(*), count(*) FILTER (WHERE state = 'accepted') FROM inbound_message")
    with stack.look() as connection:
        stored, accepted = connection.execute(statement).one()
    assert stored == accepted >= sum(report.accepted.values())


def troubles(*, stopped: float, frozen: float, others: float) -> list[Trouble]:
    return [
        Trouble("stopped", "Redis does not answer", stopped),
        Trouble("restarted empty", "", others),
        Trouble("full at 8 MB", "Redis is full", others),
        Trouble("another password", "refuses the password", others),
        Trouble("frozen", "Redis does not answer", frozen),
    ]
