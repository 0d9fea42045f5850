"""A station with somebody on duty, and cases referred to it: what tests of notices begin with.

Every name and address here is invented.
"""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Engine, text

from hectis_flow.channels.base import Channel, ChannelOptions
from hectis_flow.domain.casework import Actor
from hectis_flow.domain.staffing import StaffLine
from hectis_flow.services import casework, notification, staff_import
from hectis_flow.services.house import House
from hectis_flow.services.outward import Outward
from tests.segments import CODED, adt
from tests.tables import one, rows, take_in
from tests.waiting import until

STATION = "harare-saps"
FACILITY = "khayelitsha-hospital"
LIAISON = Actor("facility_liaison", None, "kh-liaison")
EVENTS = ("case.stage_entered", "case.escalated", "task.opened", "rota.gap_found")
ALL = 100_000


def reaching(house: House, options: ChannelOptions, **channels: Channel) -> House:
    """The same house, sending by these options, or by these channels in place of its own."""
    made = Outward.of(options)
    return replace(house, outward=replace(made, channels={**made.channels, **channels}))


def line(code: str, role: str = "saps_liaison", office: str = STATION, **more: str) -> StaffLine:
    """One person at one post, reached by e-mail unless it says otherwise."""
    usual = {"name": f"Person {code}", "language": "en", "email": f"{code}@station.invalid"}
    return StaffLine(code=code, office=office, role=role, **(usual | more))  # type: ignore[arg-type]


def staffed(house: House, *lines: StaffLine) -> None:
    """Put these people on duty."""
    staff_import.take(house, lines)


def referred(house: House, engine: Engine, how_many: int = 1, run: str = "N") -> list[str]:
    """Cases that have been referred to the station; their numbers."""
    refs = unreferred(house, engine, how_many, run)
    for ref in refs:
        refer(house, ref)
    return refs


def unreferred(house: House, engine: Engine, how_many: int, run: str, within: float = 30.0) -> list[str]:
    """Cases that wait for a legal basis, with a station; their numbers.

    Where a clock runs beside the test, its workers may be the ones that open them.
    """
    before = one(engine, 'SELECT coalesce(max(id), 0) FROM "case"')
    take_in(
        house,
        *(
            adt("A08", f"{run}-{n}", CODED, folder=f"{run}F{n}", visit=f"{run}V{n}", codes=["X99.4"])
            for n in range(how_many)
        ),
    )
    opened = "SELECT ref FROM \"case\" WHERE id > :id AND stage = 'awaiting_basis' ORDER BY id"
    until(lambda: len(rows(engine, opened, id=before)) == how_many, "the cases are open", within=within)
    with engine.begin() as connection:
        connection.execute(
            text('UPDATE "case" SET station_id = (SELECT id FROM office WHERE code = :code) WHERE id > :id'),
            {"code": STATION, "id": before},
        )
    return [row[0] for row in rows(engine, opened, id=before)]


def refer(house: House, ref: str) -> None:
    """Record a consent, and send the referral if no rule has."""
    moved = casework.move(house, ref, "basis_recorded", LIAISON, {"disclosure_basis": "consent_written"})
    if moved.stage != "referred":
        casework.move(house, ref, "refer", LIAISON)


def planned(house: House) -> int:
    """Plan whatever waits; how many deliveries are new."""
    return notification.plan(house, notification.lease_events(house, EVENTS, ALL))


def delivered(house: House) -> int:
    """Send whatever is due; how many went out."""
    return notification.deliver(house, notification.lease_deliveries(house, ALL))


def ends(engine: Engine) -> list[str]:
    """How each delivery ended, by id: sent, cancelled, gave_up, or waiting."""
    query = """
        SELECT CASE WHEN sent_at IS NOT NULL THEN 'sent' WHEN cancelled_at IS NOT NULL THEN 'cancelled'
                    WHEN gave_up_at IS NOT NULL THEN 'gave_up' ELSE 'waiting' END
        FROM delivery ORDER BY id
    """
    return [row[0] for row in rows(engine, query)]


def tasks(engine: Engine, *kinds: str) -> Sequence[tuple[str, str, str]]:
    """Open tasks of these kinds: kind, office, role."""
    query = """
        SELECT t.kind, o.code, t.role FROM task t JOIN office o ON o.id = t.office_id
        WHERE t.done_at IS NULL AND t.kind = ANY(:kinds) ORDER BY t.id
    """
    return [tuple(row) for row in rows(engine, query, kinds=list(kinds))]


def make_due(engine: Engine) -> None:
    """Let every attempt that waits be due now."""
    with engine.begin() as connection:
        connection.execute(
            text(
                """UPDATE delivery SET next_attempt_at = hectis_machine_now(), lease_until = NULL
                   WHERE sent_at IS NULL AND cancelled_at IS NULL AND gave_up_at IS NULL"""
            )
        )
