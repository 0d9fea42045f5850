"""A case is moved, settled and taken back by indexes alone, however much there is of everything."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, Engine, event

from hectis_flow.services.house import House
from tests.road import COURT, PROSECUTOR, Road, roads
from tests.services.test_undo import back

# How often each table was read from end to end, as this connection counts. Small ones may be, of a few rows each.
READ = """
    SELECT relname, seq_scan FROM pg_stat_xact_user_tables WHERE relname <> ALL(:small)
"""
SMALL = [
    "office",
    "legal_basis",
    "charge_edge",
    "workflow_edge",
    "reference_version",
    "practice_clock",
    "deployment",
]


@contextmanager
def whole_readings(engine: Engine, found: dict[str, str]) -> Iterator[None]:
    """Make reading a table whole the last resort of every plan, and keep which statement still did it.

    On connections of its own: the plans of foreign keys stay with a connection, and older ones were made when
    reading whole was allowed.
    """

    def counted(connection: Connection) -> dict[str, int]:
        rows = connection.connection.cursor().execute(READ.replace(":small", "%s"), [SMALL]).fetchall()
        return {name: scans or 0 for name, scans in rows}

    def before(connection: Connection, *_: object) -> None:
        connection.connection.cursor().execute("SET LOCAL enable_seqscan = off")
        connection.info["scans"] = counted(connection)

    def after(connection: Connection, _cursor: object, statement: str, *_: object) -> None:
        then = connection.info["scans"]
        found.update(
            {name: statement for name, now in counted(connection).items() if now > then.get(name, 0)}
        )

    engine.dispose()
    event.listen(engine, "before_cursor_execute", before)
    event.listen(engine, "after_cursor_execute", after)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", before)
        event.remove(engine, "after_cursor_execute", after)


@pytest.fixture
def road(house: House, clean: Engine) -> Road:
    return roads(house, clean)[0]


@pytest.mark.target("P2")
def test_no_move_reads_a_whole_table(road: Road) -> None:
    found: dict[str, str] = {}
    with road.house.transaction() as session:
        engine = session.get_bind().engine
    with whole_readings(engine, found):
        road.investigated().go("submit_docket", court=COURT)
        road.go(
            "enrol", court=COURT, court_case_no="B1/2026", next_date=road.day(2), charges="1=murder;2=murder"
        )
        road.go("place_on_roll", next_date=road.day(14))
        road.go("strike_342a", of="2", reason="docket_not_at_court", attributable_to="SAPS")
        road.go("request_reenrolment", reason="all_cured")
        road.go("plead", plea="not_guilty", next_date=road.day(20))
        back(road, PROSECUTOR)
    assert found == {}
