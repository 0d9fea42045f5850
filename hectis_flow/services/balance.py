"""The balance certificate: drawn once a morning, sealed with the ledger, and each difference given an owner.

The clock calls `draw_due`, `hectis balance` and the tests `draw`; the digest, the page and the API read `latest`,
`of_day` and `standing`. It counts in one snapshot that writes nothing, and keeps the certificate, its differences and
their tasks in one transaction of its own. It must not mend what it finds.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

import structlog
from sqlalchemy.orm import Session

from hectis_flow.domain.balance import Certificate, Line, body_of, certificate_hash, lines_of, weigh
from hectis_flow.domain.calendar import ALWAYS, add
from hectis_flow.domain.ledger import GENESIS
from hectis_flow.domain.moments import SAST
from hectis_flow.domain.notification import Errand
from hectis_flow.domain.workflow import DECLARATION
from hectis_flow.services.house import House
from hectis_flow.services.reference import FALLBACK_OFFICE
from hectis_flow.storage import balance, database, ledger, notices, offices, work
from hectis_flow.storage.balance import Kept, OpenDifference

log = structlog.get_logger(__name__)

#: When the day's certificate is drawn, in local time: before anybody is sent a digest.
DRAWN_AT: Final = time(6, 0)
#: What is due and not done is left behind after this; whatever works at all works within a minute.
GRACE: Final = timedelta(minutes=15)
JOB: Final = "balance"
OWNER_ROLE: Final = "health_data_steward"  # at the office that looks after what nobody else can
MICROSECOND: Final = timedelta(microseconds=1)
EPOCH: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


@dataclass(frozen=True, slots=True)
class Standing:
    """The newest certificate, None before the first, and the differences that are open with their owners."""

    certificate: Certificate | None
    open: tuple[OpenDifference, ...]


@dataclass(frozen=True, slots=True)
class Weighed:
    """What one look gave: the certificate it follows on, the moment, and the lines."""

    before: Kept | None
    at: datetime
    lines: tuple[Line, ...]


def draw_due(house: House, holder: str) -> Certificate | None:
    """Draw the certificate of the day that is due, once, whichever leader asks; None where it is drawn already.

    While the clock of a practice database hops nothing can be called late, so it waits until the clock stands.
    """
    with house.transaction() as session:
        window = window_of(database.now(session))
        if work.is_claimed(session, JOB, window) or balance.hopped(session):
            return None
    return _draw(house, holder, window)


def draw(house: House) -> Certificate | None:
    """Draw a certificate now; None where somebody else has drawn one meanwhile, which stands for both."""
    return _draw(house, "", None)


def window_of(now: datetime) -> datetime:
    """The newest moment at which a certificate was due."""
    local = now.astimezone(SAST)
    due = datetime.combine(local.date(), DRAWN_AT, SAST)
    return due if due <= local else due - timedelta(days=1)


def latest(session: Session) -> Certificate | None:
    """The newest certificate; None before the first."""
    found = balance.newest(session)
    return _certificate(found) if found else None


def of_day(session: Session, day: date) -> Certificate | None:
    """The newest certificate of a day; None where none was drawn."""
    found = balance.newest(session, day)
    return _certificate(found) if found else None


def standing(house: House) -> Standing:
    """How the balance stands."""
    with house.transaction() as session:
        return Standing(latest(session), tuple(balance.open_ones(session)))


def _draw(house: House, holder: str, window: datetime | None) -> Certificate | None:
    with house.transaction() as session:
        ledger.seal(session)  # so that what waits for a seal has had its chance
    with house.snapshot() as session:
        counted = count(session)
    return kept(house, counted, holder, window)


def kept(house: House, counted: Weighed, holder: str, window: datetime | None) -> Certificate | None:
    """Keep what was counted, and seal it; None where another certificate came between, or the window is claimed."""
    with house.transaction() as session:
        balance.hold(session)
        before = balance.newest(session)
        if (before and before.number) != (counted.before and counted.before.number):
            return None
        if window is not None and not work.claim(session, JOB, window, holder):
            return None
        drawn = keep(house, session, counted)
        ledger.seal(session)
    for line, fault in drawn.differences:
        log.error("balance.differs", number=drawn.number, line=line, fault=fault.name, rows=fault.rows)
    return drawn


def count(session: Session) -> Weighed:
    """Every line, as this transaction sees the rows: of one moment where it is a snapshot."""
    balance.widen(session)
    before, at = balance.newest(session), database.now(session)
    marks = {line.name: line.mark for line in _certificate(before).lines} if before else {}
    answered = balance.written_off(session)
    values = {**_declared(), "late": not balance.hopped(session), "grace": GRACE}

    def weighed(name: str) -> Line:
        mark = marks.get(name)
        counted = balance.count(session, name, mark.last if mark else 0, values)
        return weigh(name, balance.SIDES[name].parts, counted, mark, written_off=name in answered)

    return Weighed(before, at, tuple(weighed(name) for name in balance.SIDES))


def keep(house: House, session: Session, counted: Weighed) -> Certificate:
    """Write the certificate of what was counted, and let its differences open, last or close."""
    number = counted.before.number + 1 if counted.before else 1
    day = counted.at.astimezone(SAST).date()
    body = body_of(day, counted.lines)
    prev = counted.before.hash if counted.before else GENESIS
    hash_ = certificate_hash(prev, number, (counted.at - EPOCH) // MICROSECOND, body)
    balance.write(session, number, day, counted.at, body, hash_)
    drawn = Certificate(number, day, counted.at, counted.lines, hash_)
    found = [(line, fault.name, fault.rows) for line, fault in drawn.differences]
    _ask(house, session, balance.open_and_close(session, number, counted.at, found))
    return drawn


def _ask(house: House, session: Session, open_: list[int]) -> None:
    """Give each open difference its task, and say so to whoever has it."""
    office_id = offices.id_of(session, FALLBACK_OFFICE)
    if not open_ or office_id is None:
        return
    at = database.now(session)
    due = add(ALWAYS, at, house.policy.in_force(at).errand_due)
    notices.ask(session, [Errand(balance.TASK, None, id_, office_id, OWNER_ROLE) for id_ in open_], due)
    balance.tell(session)


def _certificate(row: Kept) -> Certificate:
    return Certificate(row.number, row.day, row.drawn_at, lines_of(json.loads(row.body)), row.hash)


def _declared() -> Mapping[str, Any]:
    """What the declaration says that must stand at each stage."""
    stages = DECLARATION.stages
    return {
        "stages": [one.name for one in stages],
        "phases": [one.phase for one in stages],
        "are_ends": [one.end for one in stages],
        "ends": [one.name for one in stages if one.end],
        "clocked": [bool(one.clock) for one in stages],
        "tasks": [one.task.kind if one.task else None for one in stages],
        "unless": [one.task.unless if one.task else None for one in stages],
        "telling": [one.name for one in stages if one.tells and one.task],
    }
