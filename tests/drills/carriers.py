"""R15 for texts: the first of two carriers fails, hangs, limits or takes half, while a stack sends texts and mails.

A text counts as carried only where a carrier said yes. None may be lost, none may be carried twice, each must be
carried within a minute of being planned, and no mail may wait for a text.
"""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Engine

from hectis_flow.services.house import House
from tests.drills.stack import Stack
from tests.notices import line, refer, staffed, unreferred
from tests.sinks import Call, Calls, Mails
from tests.tables import one, rows
from tests.vendors import BASIC, Answer, answered, sms_answer
from tests.waiting import until

PEOPLE = 6
BAR = 60.0
HANG = 30.0


@dataclass(frozen=True)
class Trouble:
    """One kind of trouble, for so many seconds, with a case referred every so often."""

    name: str
    answer: Callable[[Call], Answer]
    seconds: float = 0.0
    pause: float = 5.0


@dataclass
class Report:
    """What the carriers took, and how long texts and mails took under each trouble, in seconds."""

    carried: Counter[str] = field(default_factory=Counter)
    slowest: dict[str, tuple[float, float]] = field(default_factory=dict)
    asked: int = 0

    def __str__(self) -> str:
        waits = ", ".join(f"{name} {sms:.1f} s / {mail:.1f} s" for name, (sms, mail) in self.slowest.items())
        return f"{self.carried.total()} texts, first carrier asked {self.asked} times; slowest text / mail: {waits}"


def fails(_: Call) -> Answer:
    """Nothing but 503."""
    return answered(503, {})


def limits(_: Call) -> Answer:
    """Asks to be left alone for a while."""
    return answered(429, {}, **{"Retry-After": "20"})


def half(call: Call) -> Answer:
    """Takes every other text."""
    odd = int(json.loads(call.body)["reference"][-1], 16) % 2
    return answered(500, {}) if odd else sms_answer(call)


def hangs(_: Call) -> Answer:
    """Says nothing for half a minute, and then no."""
    threading.Event().wait(HANG)
    return answered(504, {})


def settings_for(mails: Mails, first: Calls, other: Calls) -> dict[str, str]:
    """The settings by which a stack's notices reach these sinks."""
    return {
        "HECTIS_SMTP_HOST": mails.host,
        "HECTIS_SMTP_PORT": str(mails.port),
        "HECTIS_SMTP_STARTTLS": "no",
        "HECTIS_PRIVATE_HOSTS": "yes",
        "HECTIS_SMS_URL": f"http://{first.host}/v1",
        "HECTIS_SMS_AUTHORIZATION": BASIC,
        "HECTIS_SMS_FROM": "HECTIS",
        "HECTIS_SMS_2_URL": f"http://{other.host}/v1",
        "HECTIS_SMS_2_AUTHORIZATION": BASIC,
        "HECTIS_SMS_2_FROM": "HECTIS",
    }


def go_wrong(stack: Stack, house: House, first: Calls, other: Calls, troubles: Sequence[Trouble]) -> Report:
    """Run the whole drill on a stack that has just been made."""
    report = Report()
    people = (line(f"hr-{n}", email="", sms=f"+2782000000{n}") for n in range(1, PEOPLE))
    staffed(house, line("hr-0"), *people)
    other.answer = noting(report, sms_answer)
    cases = [max(1, int(each.seconds / each.pause)) for each in troubles]
    ahead = unreferred(house, stack.engine, sum(cases), "C")
    for part in ("clock", "worker", "worker"):
        stack.start(part)
    for trouble, count in zip(troubles, cases, strict=True):
        first.answer = noting(report, trouble.answer)
        newest = one(stack.engine, "SELECT coalesce(max(id), 0) FROM delivery")
        for left in range(count, 0, -1):
            refer(house, ahead.pop())
            if left > 1:
                time.sleep(trouble.pause)  # the trouble itself lasts so long
        waiting = "SELECT count(*) FROM delivery WHERE id > :after AND sent_at IS NOT NULL"
        wanted = count * PEOPLE
        until(
            lambda: one(stack.engine, waiting, after=newest) >= wanted,  # noqa: B023
            f"all is sent while the first carrier {trouble.name}",
            within=BAR,
        )
        report.slowest[trouble.name] = (
            slowest(stack.engine, newest, "sms"),
            slowest(stack.engine, newest, "email"),
        )
    report.asked = len(first.calls)
    keys = {
        row[0] for row in rows(stack.engine, "SELECT message_key::text FROM delivery WHERE channel = 'sms'")
    }
    assert report.carried.keys() == keys, "a text was lost"
    assert set(report.carried.values()) == {1}, "a text was carried twice"
    return report


def noting(report: Report, answer: Callable[[Call], Answer]) -> Callable[[Call], Answer]:
    """Count what is answered with yes."""

    def noted(call: Call) -> Answer:
        said = answer(call)
        if said[0] < 300:
            report.carried[json.loads(call.body)["reference"]] += 1
        return said

    return noted


def slowest(engine: Engine, after: int, channel: str) -> float:
    """How long the slowest notice of a channel took from being planned to being sent."""
    query = """
        SELECT extract(epoch FROM max(sent_at - created_at))::float FROM delivery WHERE id > :after AND channel = :channel
    """
    return float(one(engine, query, after=after, channel=channel))
