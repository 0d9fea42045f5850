"""A message is read, and a case moved, settled and taken back, by indexes alone, however much there is of everything."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, Engine, event, text

from hectis_flow.services.house import House
from tests.road import COURT, PROSECUTOR, Road, roads
from tests.segments import CODED, LEFT, REGISTERED, TRIAGED, adt, oru
from tests.services.test_stories import merge
from tests.services.test_undo import back
from tests.tables import take_in

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
def whole_readings(house: House) -> Iterator[set[str]]:
    """The tables that are read whole meanwhile, where every plan does so as its last resort alone.

    Transactions are watched and not statements: those of the hot path go past SQLAlchemy. Their connections are fresh, so
    that no plan was made before.
    """
    found: set[str] = set()
    with house.transaction() as session:
        engine = session.get_bind().engine

    def counted(connection: Connection) -> dict[str, int]:
        rows = connection.connection.cursor().execute(READ.replace(":small", "%s"), [SMALL]).fetchall()
        return {name: scans or 0 for name, scans in rows}

    def begins(connection: Connection) -> None:
        connection.connection.cursor().execute("SET LOCAL enable_seqscan = off")
        connection.info["scans"] = counted(connection)

    def ends(connection: Connection) -> None:
        before = connection.info["scans"]
        found.update(name for name, now in counted(connection).items() if now > before.get(name, 0))

    engine.dispose()
    event.listen(engine, "begin", begins)
    event.listen(engine, "commit", ends)
    try:
        yield found
    finally:
        event.remove(engine, "begin", begins)
        event.remove(engine, "commit", ends)
        engine.dispose()


@pytest.fixture
def road(house: House, clean: Engine) -> Road:
    return roads(house, clean)[0]


@pytest.mark.target("P2")
def test_no_move_reads_a_whole_table(road: Road) -> None:
    with whole_readings(road.house) as found:
        road.investigated().go("submit_docket", court=COURT)
        road.go(
            "enrol", court=COURT, court_case_no="B1/2026", next_date=road.day(2), charges="1=murder;2=murder"
        )
        road.go("place_on_roll", next_date=road.day(14))
        road.go("strike_342a", of="2", reason="docket_not_at_court", attributable_to="SAPS")
        road.go("request_reenrolment", reason="all_cured")
        road.go("plead", plea="not_guilty", next_date=road.day(20))
        back(road, PROSECUTOR)
    assert found == set()


def test_no_message_makes_a_whole_table_be_read(house: House, clean: Engine) -> None:
    take_in(house, adt("A04", "p-1", REGISTERED, folder="F8", visit="V8"))
    with whole_readings(house) as found:
        take_in(
            house,
            adt("A04", "p-2", REGISTERED),
            oru("p-3", TRIAGED, {"SATS": "Orange"}),
            adt("A08", "p-4", CODED, codes=["X99.4", "S21.1"]),
            adt("A08", "p-5", CODED, folder="F9", visit="V9", codes=["S21.1"]),
        )
        take_in(house, adt("A03", "p-6", LEFT, pv1={36: "01", 45: LEFT}), adt("A31", "p-7", LEFT, visit=""))
        take_in(house, adt("A11", "p-8", LEFT, folder="F9", visit="V9"))
        take_in(house, merge("p-9", "F8", "F1"))
    assert found == set()


def test_a_table_that_is_read_whole_is_noticed(house: House, clean: Engine) -> None:
    """By a statement that goes past SQLAlchemy as those of the hot path do."""
    with whole_readings(house) as found, house.transaction() as session:
        session.connection().connection.cursor().execute("SELECT count(*) FROM ledger_entry WHERE body <> ''")
        session.execute(text("SELECT 1"))
    assert found == {"ledger_entry"}
