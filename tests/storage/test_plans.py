"""A case is moved, settled, taken back and read by indexes alone, however much there is of everything.

Each statement's own plan is looked at, those of triggers included, with the reading of whole tables made the last
resort of every plan: where one still is, no index could serve it.
"""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event, text

from hectis_flow.channels.null import NullChannel
from hectis_flow.domain import access_rules
from hectis_flow.domain.access import ACTIONS
from hectis_flow.domain.access_log import KINDS
from hectis_flow.services import pacing, receipts, timeline, waiting
from hectis_flow.services.house import House
from hectis_flow.services.tasks import USUAL
from hectis_flow.storage import (
    agenda_lines,
    brief_lists,
    case_log,
    cases,
    court_checks,
    deliveries,
    proposals,
    reading,
    rolls,
    snoozes,
    task_queue,
)
from hectis_flow.storage import pacing as pacing_rows
from hectis_flow.storage.proposals import Whose
from hectis_flow.storage.reading import Wanted
from hectis_flow.storage.reading_sources import SOURCES
from hectis_flow.storage.reports import Report
from hectis_flow.storage.task_queue import EVERYTHING, Sought
from tests.notices import delivered, line, planned, reaching, staffed
from tests.plain_policy import reaching_by
from tests.road import COURT, PROSECUTOR, Road, roads
from tests.segments import CODED, LEFT, REGISTERED, TRIAGED, adt, oru
from tests.services.test_stories import merge
from tests.services.test_undo import back
from tests.sinks import options_for
from tests.tables import take_in

SETTINGS = (
    "LOAD 'auto_explain'",
    "SET enable_seqscan = off",
    "SET auto_explain.log_nested_statements = on",
    "SET auto_explain.log_format = json",
    "SET auto_explain.log_level = notice",
    "SET auto_explain.log_min_duration = 0",
)
# Of a few rows each, in any province.
SMALL = {
    *("office", "office_parent", "staff", "staff_post", "meeting", "committee_seat"),
    *("tabled_matter", "agenda_line", "committee_decision"),
    *("legal_basis", "charge_edge", "workflow_edge", "reference_version", "practice_clock", "deployment"),
}
# As if nobody had counted the rows of any table yet, which PostgreSQL does whenever it finds time. Of what was counted
# of three rows a plan may rather read them all than look for one by its key.
UNCOUNTED = (
    """
    DELETE FROM pg_statistic USING pg_class c WHERE c.oid = starelid AND c.relnamespace = 'public'::regnamespace
    """,
    """
    UPDATE pg_class SET reltuples = -1, relpages = 0
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND reltuples <> -1
    """,
)
READS = {"Seq Scan", "Index Scan", "Index Only Scan", "Bitmap Index Scan"}
# One value of each filter.
ASKED: Mapping[str, Any] = {
    "since": datetime(2026, 1, 1, tzinfo=UTC),
    "until": datetime(2027, 1, 1, tzinfo=UTC),
    "cas": "1/01/2026",
    "gang_flag": True,
    "sits": "2026-01-05",
    "meeting": 1,
    "after": 1,
    "beyond": 1,
}
# Asked for now and then: an index of its own would cost every message that comes in.
UNSERVED = {("inbound_message", "control_id"), ("incident", "station_id"), ("incident", "facility_id")}
# What is looked for by a number that people know it by. Other words, such as a stage, only narrow what was found.
NUMBERS = {"serial", "number", "ref", "code", "token_hash"}
KEYS = {"r.ref": "WC-2026-000001", "r.code": COURT}
NO_VALUE = {"open", "closed", "cleared", "mine", "here", "below", "above", "for_chair", "owed"}


# Each index, its table, and the column that it begins with.
LEADS = """
    SELECT i.relname, c.relname, a.attname FROM pg_index x
    JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class c ON c.oid = x.indrelid
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = x.indkey[0]
    WHERE c.relnamespace = 'public'::regnamespace
"""
EQUAL = re.compile(r"\b([a-z_]+)\)?(?:::[a-z]+)? = ")


@contextmanager
def whole_readings(house: House) -> Iterator[set[str]]:
    """What every statement of this house reads whole: a table, or all of an index. It is known afterwards."""
    with house.transaction() as session:
        engine = session.get_bind().engine
    found: set[str] = set()
    said: list[str] = []

    def connected(driver: Any, _record: object) -> None:
        driver.add_notice_handler(lambda told: said.append(told.message_primary))
        for setting in SETTINGS:
            driver.execute(setting)
        driver.commit()

    with engine.begin() as connection:
        for statement in UNCOUNTED:
            connection.execute(text(statement))
    engine.dispose()
    event.listen(engine, "connect", connected)
    try:
        yield found
    finally:
        event.remove(engine, "connect", connected)
        engine.dispose()  # with the connections goes what was set on them
    leads = leads_of(engine)
    for plan in (told.partition("plan:")[2] for told in said):
        found.update(read_whole(json.loads(plan), leads) if plan else ())


def leads_of(engine: Engine) -> dict[str, tuple[str, str]]:
    with engine.connect() as connection:
        return {index: (table, column) for index, table, column in connection.execute(text(LEADS))}


def read_whole(told: Mapping[str, Any], leads: Mapping[str, tuple[str, str]]) -> Iterator[str]:
    """What a statement reads that no index could serve, and the statement.

    That is a table read whole, or through all of an index although its rows are looked for by columns with none of
    which an index begins. In tables as small as a test's a plan does the second with an index at hand as well.
    """
    for node in nodes(told["Plan"]):
        table, column = leads.get(node.get("Index Name", ""), (node.get("Relation Name"), None))
        by_index = node.get("Index Cond", "")
        if table is None or table in SMALL or node["Node Type"] not in READS or f"({column} " in by_index:
            continue
        sought = {
            one
            for one in EQUAL.findall(f"{by_index} {node.get('Filter', '')}")
            if one.endswith("_id") or one in NUMBERS
        }
        sought -= {one for known, one in UNSERVED if known == table}
        unserved = sought and not any((table, one) in leads.values() for one in sought)
        listed = node.get("Alias") in {"r", "p"} and node.get("Scan Direction") == "Backward"
        if node["Node Type"] == "Seq Scan" or (unserved and not listed):
            yield f"{table} by {sorted(sought)}: {' '.join(told.get('Query Text', '').split())}"


def nodes(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)


@pytest.fixture
def road(house: House, clean: Engine) -> Road:
    return roads(house, clean)[0]


def to_court(road: Road) -> None:
    """To a day in court, with one accused off the roll and asked for again."""
    road.investigated().go("submit_docket", court=COURT)
    road.go("enrol", court=COURT, court_case_no="B1/2026", next_date=road.day(2), charges="1=murder;2=murder")
    road.go("place_on_roll", next_date=road.day(14))
    road.go("strike_342a", of="2", reason="docket_not_at_court", attributable_to="SAPS")
    road.go("request_reenrolment", reason="all_cured")


@pytest.mark.target("P2")
def test_no_move_reads_a_whole_table(road: Road) -> None:
    with whole_readings(road.house) as found:
        to_court(road)
        road.go("plead", plea="not_guilty", next_date=road.day(20))
        back(road, PROSECUTOR)
        road.go("strike_informal", of="1", reason="docket_not_at_court", attributable_to="SAPS")
        back(road, PROSECUTOR)
    assert sorted(found) == []


def lists_and_records() -> Iterator[tuple[Wanted, tuple[str, ...]]]:
    """What the policy table lets anybody read: each record alone, and its list by each filter."""
    seen = set()
    for action in ACTIONS:
        record, _, kind = action.record, *action.name.partition(".")[1:]
        if record not in SOURCES or kind not in ("list", "read"):
            continue
        for role in access_rules.token_roles():
            given = access_rules.grant(role, action.name)
            own = tuple(one for one in given.fields if not one.startswith("patients.") and one != "on_duty")
            if given.scope == "none" or (action.name, given.scope, own) in seen:
                continue
            seen.add((action.name, given.scope, own))
            filters = SOURCES[record].filters if kind == "list" else ()
            yield Wanted(record, own, given.scope, 1), tuple(filters)


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
    assert sorted(found) == []


def test_a_table_that_is_read_whole_is_noticed(house: House, clean: Engine) -> None:
    """By a statement that goes past SQLAlchemy as those of the hot path do."""
    with whole_readings(house) as found, house.transaction() as session:
        session.connection().connection.cursor().execute("SELECT count(*) FROM ledger_entry WHERE body <> ''")
    assert [one.partition(" ")[0] for one in found] == ["ledger_entry"]


@pytest.mark.target("P2")
def test_no_page_and_no_record_reads_a_whole_table(road: Road) -> None:
    to_court(road)
    with whole_readings(road.house) as found, road.house.transaction() as session:
        for wanted, filters in lists_and_records():
            reading.one(session, wanted, KEYS.get(SOURCES[wanted.record].key, 1))
            for name in filters:
                values = {} if name in NO_VALUE else {name: ASKED.get(name, "x")}
                after, oldest = values.pop("after", None), values.pop("beyond", None)
                told = values or dict.fromkeys(NO_VALUE & {name}, True)
                reading.page(session, wanted, told, after or oldest, 50, oldest=oldest is not None)
    assert sorted(found) == []


def test_notices_are_planned_held_bundled_and_reported_by_indexes_alone(road: Road) -> None:
    house = reaching(reaching_by(road.house, bundle_over=1), options_for(), email=NullChannel())
    staffed(
        house,
        *(line(f"kp-{n}", office="khayelitsha-saps", webhook="https://127.0.0.1:9/x") for n in range(2)),
    )
    road.go("basis_recorded", disclosure_basis="consent_written")
    with whole_readings(house) as found:
        assert planned(house)
        with house.transaction() as session:
            pacing_rows.replace(session, [1, 2])
            pacing_rows.gather(session, [1, 2], {1: datetime.now(UTC)}, ["email"], 0, timedelta(minutes=15))
        pacing.keep(house)
        delivered(house)
        receipts.numbered(house, [(1, "p-1")])
        receipts.record(house, [Report("email", "p-1", "delivered", datetime.now(UTC))])
        with house.transaction() as session:
            deliveries.of_bundle(session, 1, 1)
    assert sorted(found) == []


@pytest.mark.target("P2")
def test_no_other_list_reads_a_whole_table(road: Road) -> None:
    to_court(road)
    with whole_readings(road.house) as found:
        timeline.tell(road.house, road.ref)
        with road.house.transaction() as session:
            case = cases.lock_by_ref(session, road.ref)
            assert case is not None
            waiting.facts_asked(road.house, session, case, frozenset({"items_cured", "lapse_due"}))
            kinds = [kind for some in KINDS.values() for kind in some]
            for log in (case_log.notices, case_log.reads):
                log(session, case_log.Wanted(case.id, kinds, None, 50))
            for scope in ("own_court", "own_courts", "own_station_referred"):
                court_checks.page(session, court_checks.Whose(scope, 1, None, None), None, 50)
                proposals.page(session, Whose(scope, 1, ["lapse"], ["station"]), None, 50)
            for scope in ("watched", "own_court", "own_courts", "asked"):
                for name in brief_lists.LISTS:
                    fields = access_rules.grant("watching_brief_official", "briefs.list").fields
                    brief_lists.page(session, name, Wanted("brief", fields, scope, 1), "prosecutor", None, 50)
            for scope in ("own_court", "own_station_referred"):
                rolls.of_day(session, scope, 1, case.now.date(), None, 50)
                rolls.left_over(session, scope, 1, case.now.date(), 50)
                rolls.one(session, scope, 1, road.ref)
                rolls.entered(session, scope, 1, ["postpone"], case.now, 50)
                proposals.page(session, Whose(scope, 1, ["lapse"], ["station"]), None, 50, road.ref)
            snoozes.of_task(session, 1)
    assert sorted(found) == []


@pytest.mark.target("P1")
def test_no_queue_reads_a_whole_table(house: House, clean: Engine) -> None:
    values = ["00", "wc-health-data", "50", "2026-01-01T00:00:00Z", "1"]
    house.reads.rows(b"SET enable_seqscan = off", [])
    try:
        for sought, more in (
            (EVERYTHING, []),
            (Sought(("open_cas", "decide_docket"), late=True), ["open_cas"]),
        ):
            which = task_queue._which(task_queue.Wanted(b"", "", ("", 1), 50, sought))
            for counted in (0, 200):
                statement = task_queue._statement(USUAL.fields, USUAL.roles, which, counted)
                told = house.reads.rows(b"EXPLAIN (FORMAT JSON) " + statement, [*values, *more])
                assert list(read_whole(json.loads(told[0][0] or "")[0], leads_of(clean))) == []
    finally:
        house.reads.close()
    assert list(read_whole(json.loads(told[0][0] or "")[0], leads_of(clean))) == []


@pytest.mark.target("P2")
def test_the_agenda_reads_no_whole_table(road: Road) -> None:
    to_court(road)
    with whole_readings(road.house) as found, road.house.transaction() as session:
        place = agenda_lines.Place(1, "2026-01-01T00:00:00+00:00", 1)
        for after, undecided in ((None, True), (place, False)):
            agenda_lines.page(session, 1, after, 25, undecided=undecided)
        agenda_lines.page(session, 1, None, 1, ref=road.ref)
        agenda_lines.by_age(session, 1)
        escalated = Wanted("escalation", ("id",), "own_tree", 1)
        for told in ("here", "below", "above"):
            reading.page(session, escalated, {"open": True, told: True}, 1, 25, oldest=True)
    assert sorted(found) == []
