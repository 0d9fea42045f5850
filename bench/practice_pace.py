"""Where a play's time goes: the practice province read, planned and mailed in this one process, part by part.

`python -m bench.practice_pace` starts servers of its own and plays days through the services as their processes
would, hop by hop, but without wire, queue and waiting: what is left is our own work and PostgreSQL's. Prints the
seconds of each part; `--profile PART` adds the functions in which that part spends them. What the whole system
makes of it, `bench.practice_month` says. Its last line is JSON.

Options: --days 20 --scale 0.1 --seed 1 --hop 6 --letters 2000 --profile generate|receive|work|sweep|plan|send
"""

import argparse
import cProfile
import json
import pstats
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from bench.web_servers import ROOT, START_SECONDS, found, product_environ
from config.settings import load
from hectis_flow.app import create_app, house_of
from hectis_flow.commands.reference import OFFICES, read_offices
from hectis_flow.domain.moments import SAST
from hectis_flow.feeds.mllp import Arrival
from hectis_flow.practice.ground import settle
from hectis_flow.practice.places import Places
from hectis_flow.practice.province import Province, Sending
from hectis_flow.practice.visits import World
from hectis_flow.services import escalation, intake, notification, pacing, practice, work
from hectis_flow.services.house import House
from workers.handover import TOLD
from workers.local_services import temporary_services
from workers.machine import port_is_free, wait_for
from workers.plan import caught_mail

SINCE = date(2026, 3, 2)
BATCH = 64  # what a listener stores at once
JOB = 200
PARTS = ("generate", "receive", "work", "sweep", "plan", "send")
T = TypeVar("T")


class Parts:
    """The seconds of each part, those of this process's processor among them, and the profile of one."""

    def __init__(self, profiled: str | None) -> None:
        self.seconds: Counter[str] = Counter()
        self.own: Counter[str] = Counter()
        self.counts: Counter[str] = Counter()
        self._profiled = profiled
        self._profile = cProfile.Profile(time.process_time)  # a busy machine must not colour it

    def run(self, part: str, act: Callable[[], T]) -> T:
        """Act, and take its time."""
        begun, own = time.perf_counter(), time.process_time()
        if part == self._profiled:
            self._profile.enable()
        try:
            return act()
        finally:
            self._profile.disable()
            self.seconds[part] += time.perf_counter() - begun
            self.own[part] += time.process_time() - own

    def tell(self) -> None:
        """Print them."""
        if self._profiled:
            pstats.Stats(self._profile).sort_stats("tottime").print_stats(45)
            pstats.Stats(self._profile).sort_stats("cumulative").print_stats(60)
        for part, seconds in self.seconds.items():
            count = self.counts[part]
            own, pace = self.own[part], count / seconds
            print(
                f"{part:<9} {seconds:8.2f} s, {own:8.2f} of our own processor, {count:>8,} {pace:>8,.0f} a second"
            )


def main() -> int:
    """Play, and say where the time went."""
    options = _options()
    parts = Parts(options.profile)
    with temporary_services() as (services, addresses):
        environ = product_environ(services.create_database("pace"), addresses.redis_url) | caught_mail({})
        environ |= {"HECTIS_PROCESSING_IDS": "P,T", "HECTIS_LOG_LEVEL": "warning"}
        found(environ, practice=True)
        house = house_of(create_app(load(environ)))
        settle(house, [row["name"] for row in read_offices(OFFICES) if row["kind"] == "station"])
        with _catcher(environ):
            play(house, parts, options)
            print(practice.totals(house), file=sys.stderr)
    parts.tell()
    print(json.dumps({"seconds": parts.seconds, "own": parts.own, "counts": parts.counts}))
    return 0


def play(house: House, parts: Parts, options: argparse.Namespace) -> None:
    """Hop by hop, as `practice.play` does."""
    start = datetime.combine(SINCE, datetime.min.time(), SAST)
    end = start + timedelta(days=options.days)
    practice.advance(house, start)
    world = World(options.seed, options.scale, Places(read_offices(OFFICES)))
    sendings = parts.run("generate", lambda: list(Province(world, SINCE).sendings(start, end)))
    parts.counts["generate"] += len(sendings)
    for number, hop in enumerate(_hops(sendings, start, timedelta(hours=options.hop)), start=1):
        raws = [one.raw for one in sorted(hop, key=lambda one: one.row.visit)]
        parts.run("receive", partial(receive, house, raws))
        parts.run("work", partial(work_off, house))
        practice.advance(house, start + number * timedelta(hours=options.hop))
        parts.counts["sweep"] += parts.run("sweep", partial(escalation.sweep, house))
        parts.counts["receive"] += len(raws)
        parts.counts["work"] += len(raws)
        if parts.counts["send"] < options.letters:
            tell_all(house, parts)


def receive(house: House, raws: list[bytes]) -> None:
    """As the listener stores them."""
    for first in range(0, len(raws), BATCH):
        intake.receive(house, [Arrival("127.0.0.1:1", raw) for raw in raws[first : first + BATCH]])


def work_off(house: House) -> None:
    """As workers read them."""
    ids = work.lease_messages(house, 100_000)
    for first in range(0, len(ids), JOB):
        intake.process(house, ids[first : first + JOB])


def tell_all(house: House, parts: Parts) -> None:
    """As workers plan and send notices."""
    while events := notification.lease_events(house, TOLD, JOB):
        parts.run("plan", partial(notification.plan, house, events))
        parts.counts["plan"] += len(events)
    parts.run("plan", partial(pacing.keep, house))
    while due := notification.lease_deliveries(house, JOB):
        parts.counts["send"] += parts.run("send", partial(notification.deliver, house, due))


def _hops(sendings: list[Sending], start: datetime, hop: timedelta) -> Iterator[list[Sending]]:
    held: list[Sending] = []
    end = start + hop
    for one in sendings:
        while one.at >= end:
            yield held
            held, end = [], end + hop
        held.append(one)
    yield held


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench.practice_pace")
    parser.add_argument("--days", type=int, default=20)
    parser.add_argument("--scale", type=float, default=0.1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--hop", type=float, default=6.0)
    parser.add_argument("--letters", type=int, default=2000)
    parser.add_argument("--profile", choices=PARTS)
    return parser.parse_args()


@contextmanager
def _catcher(environ: dict[str, Any]) -> Iterator[None]:
    """The practice mail catcher, in a process of its own."""
    process = subprocess.Popen([sys.executable, "-m", "workers.mailbox"], cwd=ROOT, env=environ)
    port = int(environ["HECTIS_MAILBOX_PORT"])
    try:
        if not wait_for(lambda: not port_is_free(port), seconds=START_SECONDS):
            raise SystemExit("the mail catcher did not start")
        yield
    finally:
        process.terminate()
        process.wait(timeout=40)


if __name__ == "__main__":
    sys.exit(main())
