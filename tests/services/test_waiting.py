"""The clock and the task of each stage: begun with it, ended with it, and never two at once."""

from datetime import date, datetime

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from hectis_flow.domain.casework import Actor
from hectis_flow.domain.errors import TransitionRefused
from hectis_flow.services import casework
from hectis_flow.services.house import House
from hectis_flow.services.precinct_import import SuburbLine, take_suburbs
from tests.segments import CODED, LEFT, adt
from tests.tables import one, rows, take_in

LIAISON = Actor("facility_liaison", None, "kh-liaison-1")
STATION = Actor("saps_liaison", None, "kh-saps-liaison-1")
CONSENT = {"disclosure_basis": "consent_written", "document_ref": "CONSENT/2026-14"}
HARARE = {11: "1 Nowhere^Harare^Harare^WC^^ZA"}
RUNNING = """
    SELECT c.name, c.stage, o.code FROM clock c JOIN office o ON o.id = c.office_id
    WHERE c.stopped_at IS NULL
"""
LADDER = """
    SELECT CAST(s ->> 'level' AS int), s ->> 'role', o.code
    FROM clock c, jsonb_array_elements(c.ladder) WITH ORDINALITY AS planned (s, step)
    LEFT JOIN office o ON o.id = CAST(s ->> 'office_id' AS bigint)
    WHERE c.stopped_at IS NULL ORDER BY step
"""
WAITING_STEPS = """
    SELECT s.step, s.level, s.role, o.code FROM clock_step s JOIN office o ON o.id = s.office_id
    WHERE s.done_at IS NULL AND s.cancelled_at IS NULL
"""
TASKS = """
    SELECT t.kind, t.role, o.code FROM task t JOIN office o ON o.id = t.office_id WHERE t.done_at IS NULL
"""


@pytest.fixture
def house(house: House, clean: Engine) -> House:
    """A house whose suburb table knows one suburb."""
    line = SuburbLine(1, "Harare", "Harare", date(1900, 1, 1), None, "a list")
    take_suburbs(house, [line], check=False)
    return house


def opened(house: House, engine: Engine, *, born: str = "19900101", control_id: str = "c-1") -> str:
    """An assault coded in Harare; the number of its case."""
    pid = {7: born, 11: "2 Nowhere^Harare^Harare^WC^^ZA^H"}
    take_in(house, adt("A08", control_id, CODED, codes=["X99.4"], pid=pid, accident=HARARE))
    ref: str = one(engine, 'SELECT ref FROM "case"')
    return ref


def test_a_case_that_waits_for_a_basis_has_one_clock_its_ladder_and_one_task(
    house: House, clean: Engine
) -> None:
    opened(house, clean)

    assert rows(clean, RUNNING) == [("referral_decision", "awaiting_basis", "khayelitsha-hospital")]
    assert rows(clean, TASKS) == [("record_basis", "facility_liaison", "khayelitsha-hospital")]
    steps = rows(clean, LADDER)
    assert [level for level, _, _ in steps] == [0, 1, 2, 3, 4]
    assert steps[0][1:] == ("facility_liaison", "khayelitsha-hospital")
    assert rows(clean, WAITING_STEPS) == [(1, *steps[0])]
    assert steps[-1][1] == "committee_chair"
    assert all(code for _, _, code in steps)
    assert one(clean, "SELECT count(*) FROM clock") == 1


def test_a_basis_sends_the_case_to_its_station_in_the_same_call(house: House, clean: Engine) -> None:
    ref = opened(house, clean)

    moved = casework.move(house, ref, "basis_recorded", LIAISON, CONSENT)

    assert moved.stage == "referred"
    assert rows(clean, RUNNING) == [("saps_acknowledge", "referred", "harare-saps")]
    assert rows(clean, TASKS) == [("acknowledge_referral", "saps_liaison", "harare-saps")]
    told = [(level, role) for level, role, _ in rows(clean, LADDER)]
    assert told[0] == (0, "saps_liaison")
    assert told[1] == (1, "station_commander")
    assert one(clean, "SELECT count(*) FROM clock_step WHERE cancelled_at IS NOT NULL") == 1
    assert rows(clean, WAITING_STEPS) == [(1, 0, "saps_liaison", "harare-saps")]
    assert one(clean, "SELECT basis FROM disclosure") == "consent_written"


def test_a_child_is_reported_at_once_and_the_stations_clock_runs_through_the_night(
    house: House, clean: Engine
) -> None:
    opened(house, clean, born="20140301")

    assert rows(clean, 'SELECT stage FROM "case"') == [("referred",)]
    assert rows(clean, "SELECT basis FROM legal_basis") == [("s110",)]
    urgent, started, due = rows(
        clean, "SELECT urgent, started_at, due_at FROM clock WHERE stopped_at IS NULL"
    )[0]
    assert urgent
    assert (due - started).total_seconds() == 2 * 3600


def test_an_unresolved_precinct_is_a_task_of_the_hospital_and_the_case_waits(
    house: House, clean: Engine
) -> None:
    take_in(house, adt("A08", "c-1", CODED, codes=["X99.4"]))
    ref = one(clean, 'SELECT ref FROM "case"')

    casework.move(house, ref, "basis_recorded", LIAISON, CONSENT)

    assert rows(clean, RUNNING) == [("referral_sending", "referral_ready", "khayelitsha-hospital")]
    assert rows(clean, TASKS) == [("choose_precinct", "facility_liaison", "khayelitsha-hospital")]
    with pytest.raises(TransitionRefused) as caught:
        casework.move(house, ref, "refer", LIAISON)
    assert caught.value.code == "precinct_unresolved"


def test_a_message_that_names_the_place_sends_what_waited_for_it(house: House, clean: Engine) -> None:
    take_in(house, adt("A08", "c-1", CODED, codes=["X99.4"]))
    ref = one(clean, 'SELECT ref FROM "case"')
    casework.move(house, ref, "basis_recorded", LIAISON, CONSENT)

    take_in(house, adt("A08", "c-2", "20260301220000", codes=["X99.4"], accident=HARARE))

    assert rows(clean, RUNNING) == [("saps_acknowledge", "referred", "harare-saps")]


def test_the_end_of_a_stage_ends_its_clock_its_steps_its_escalation_and_its_task(
    house: House, clean: Engine
) -> None:
    ref = opened(house, clean, born="20140301")
    with clean.begin() as connection:
        connection.execute(
            text(
                """INSERT INTO escalation (case_id, clock_id, level, office_id, role)
                   SELECT case_id, id, 1, office_id, 'station_commander' FROM clock WHERE stopped_at IS NULL"""
            )
        )

    casework.move(house, ref, "acknowledge", STATION)
    casework.move(house, ref, "refuse_case", STATION, {"reason": "no_offence"})

    assert rows(clean, RUNNING) == [("no_case_appeal", "no_case", "khayelitsha-hospital")]
    assert one(clean, "SELECT count(*) FROM escalation WHERE cleared_at IS NULL") == 0
    assert one(clean, "SELECT count(*) FROM task WHERE done_at IS NULL") == 1
    assert (
        one(
            clean,
            """SELECT count(*) FROM clock_step s JOIN clock c ON c.id = s.clock_id
               WHERE c.stopped_at IS NOT NULL AND s.cancelled_at IS NULL""",
        )
        == 0
    )


def test_the_decision_clock_begins_anew_when_the_patient_goes_home(house: House, clean: Engine) -> None:
    opened(house, clean)
    before: datetime = one(clean, "SELECT due_at FROM clock WHERE stopped_at IS NULL")
    with clean.begin() as connection:
        connection.execute(text("UPDATE clock SET started_at = '2026-03-01T22:00Z'"))

    take_in(house, adt("A03", "c-2", LEFT, codes=["X99.4"], accident=HARARE, pv1={45: LEFT}))

    assert rows(clean, "SELECT stopped_by FROM clock WHERE stopped_at IS NOT NULL") == [("discharge",)]
    started, due = rows(clean, "SELECT started_at, due_at FROM clock WHERE stopped_at IS NULL")[0]
    assert started == datetime.fromisoformat("2026-03-02T04:00:00+02:00")
    assert due < before
    assert rows(clean, TASKS) == [("record_basis", "facility_liaison", "khayelitsha-hospital")]


def test_the_database_lets_no_case_have_two_running_clocks(house: House, clean: Engine) -> None:
    opened(house, clean)

    def second() -> None:
        with clean.begin() as connection:
            connection.execute(
                text(
                    """INSERT INTO clock (case_id, name, stage, office_id, policy_version, workflow_version,
                                          started_at, due_at)
                       SELECT case_id, name, stage, office_id, policy_version, workflow_version, started_at,
                              due_at FROM clock"""
                )
            )

    with pytest.raises(IntegrityError, match="uq_clock_running"):
        second()


def test_a_message_that_names_another_place_does_not_take_the_case_from_its_station(
    house: House, clean: Engine
) -> None:
    opened(house, clean, born="20140301")
    line = SuburbLine(1, "Delft", "Delft", date(1900, 1, 1), None, "a list")
    take_suburbs(house, [line], check=False)

    elsewhere = {11: "1 Nowhere^Delft^Delft^WC^^ZA"}
    take_in(house, adt("A08", "c-2", "20260301220000", codes=["X99.4"], accident=elsewhere))

    station = 'SELECT o.code FROM "case" c JOIN office o ON o.id = c.station_id'
    assert rows(clean, station) == [("harare-saps",)]


def test_a_consent_may_be_for_a_part_only(house: House, clean: Engine) -> None:
    ref = opened(house, clean)

    casework.move(house, ref, "basis_recorded", LIAISON, CONSENT | {"consent_scope": "identity,scene"})

    fields = set(one(clean, "SELECT fields FROM disclosure"))
    assert "name" in fields
    assert "residence" not in fields
