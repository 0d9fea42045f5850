"""What must be true after any drill: every message was worked, and every visit had its effect once.

Counted from what was sent and from the tables, without any code of the service.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, text

from tests.hospital import Visit

#: Opened by the message, classified by its code, put to wait for a legal basis by rule.
MOVES_OF_A_CASE = ["open", "classify", "await_basis"]

COUNTS = text(
    """
    SELECT (SELECT count(*) FROM inbound_message) AS messages,
           (SELECT count(*) FROM inbound_message WHERE state = 'accepted') AS accepted,
           (SELECT count(*) FROM patient) AS patients,
           (SELECT count(*) FROM encounter) AS visits,
           (SELECT count(*) FROM incident) AS incidents,
           (SELECT count(*) FROM "case") AS cases,
           (SELECT count(DISTINCT incident_id) FROM "case") AS incidents_with_a_case,
           (SELECT count(*) FROM stage_transition) AS moves,
           (SELECT count(*) FROM ledger_entry) AS ledger_entries,
           (SELECT count(*) FROM outbox WHERE event = 'case.opened') AS openings_told
    """
)


def counted(connection: Connection) -> dict[str, int]:
    """The tables as they stand."""
    return dict(connection.execute(COUNTS).one()._mapping)


def expected(visits: Sequence[Visit]) -> dict[str, int]:
    """The tables as they must stand: nothing lost, nothing twice."""
    messages = sum(len(visit.messages) for visit in visits)
    violent = sum(visit.kind == "stabbed" for visit in visits)
    return {
        "messages": messages,
        "accepted": messages,
        "patients": len(visits),
        "visits": len(visits),
        "incidents": violent,
        "cases": violent,
        "incidents_with_a_case": violent,
        "moves": violent * len(MOVES_OF_A_CASE),
        "ledger_entries": violent * len(MOVES_OF_A_CASE),
        "openings_told": violent,
    }


def roads(connection: Connection) -> set[tuple[str, ...]]:
    """The different series of moves that cases have made."""
    statement = text("SELECT array_agg(transition ORDER BY version) FROM stage_transition GROUP BY case_id")
    return {tuple(road) for road in connection.scalars(statement)}


def assert_each_effected_once(connection: Connection, visits: Sequence[Visit]) -> None:
    assert counted(connection) == expected(visits)
    assert roads(connection) == {tuple(MOVES_OF_A_CASE)}
