"""Before a day in court: asked, answered, red, climbed and cured, whatever happens to the day meanwhile."""

import json
from datetime import date
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, text

from bench.clock_rows import load
from hectis_flow.cli import cli
from hectis_flow.commands import countdown as command
from hectis_flow.domain.countdown import BY_WHEN, NO, NOT_NEEDED, YES, Answered, AnswerRefused
from hectis_flow.domain.errors import NotVisible
from hectis_flow.services import (
    auditor,
    countdown,
    countdown_answers,
    countdown_lists,
    escalation,
    item_notes,
    sealing,
    tokens,
    undo,
)
from hectis_flow.services.countdown import LeadTimes, Prepared
from hectis_flow.services.docket_notes import NoteRefused
from hectis_flow.services.house import House
from hectis_flow.services.once import Writing
from hectis_flow.storage import cases
from tests.notices import delivered, line, planned, reaching, staffed
from tests.road import OTHER_COURT, PROSECUTOR, STATION, Road, roads
from tests.sinks import Calls, Mails, options_for
from tests.tables import one, rows

NPA = "khayelitsha-npa"
DAY = "2026-12-10"  # a Thursday
GONE = {"reason": "docket_not_at_court", "attributable_to": "SAPS"}
POLICES = (
    "docket_not_at_court",
    "investigation_incomplete",
    "accused_not_brought",
    "forensic_report_outstanding",
    "police_witness_absent",
)
PROSECUTORS = ("witnesses_not_subpoenaed", "defective_service")
OPEN = "SELECT kind, code FROM item WHERE settled_at IS NULL AND kind LIKE 'countdown%' ORDER BY 1, 2"
ENDED = (
    "SELECT kind, code, ending FROM item WHERE settled_at IS NOT NULL AND kind LIKE 'countdown%' ORDER BY id"
)
BOTH = [("countdown_npa", DAY), ("countdown_saps", DAY)]
# Of what runs beside the stage before a day in court: names, steps to come, levels that were told.
RUNNING = """
    SELECT k.name, (SELECT min(s.step) FROM clock_step s WHERE s.clock_id = k.id
                    AND num_nonnulls(s.done_at, s.cancelled_at, s.parked_at) = 0),
           (SELECT count(*) FROM task t WHERE t.item_id = k.item_id AND t.done_at IS NULL)
    FROM clock k WHERE k.stopped_at IS NULL AND k.name LIKE 'countdown%' ORDER BY 1
"""
RAISED = """
    SELECT e.level, e.role, e.cleared_at IS NOT NULL FROM escalation e JOIN clock k ON k.id = e.clock_id
    WHERE k.name = :clock ORDER BY e.id
"""


def at(engine: Engine, moment: str) -> None:
    """The road's clock goes to this moment of South African time."""
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM practice_clock"))
        connection.execute(
            text(
                "INSERT INTO practice_clock (shift) "
                "SELECT CAST(:at AS timestamp) AT TIME ZONE 'Africa/Johannesburg' - clock_timestamp()"
            ),
            {"at": moment},
        )


@pytest.fixture
def road(house: House, clean: Engine) -> Road:
    """A case on the roll for that Thursday; the first appearance was the day before yesterday."""
    at(clean, "2026-11-23T10:00")
    (road,) = roads(house, clean)
    road.investigated().enrolled()
    at(clean, "2026-11-25T10:00")
    road.go("place_on_roll", next_date=DAY)
    return road


@pytest.fixture
def asked(road: Road, clean: Engine) -> Road:
    """The same once both sides are asked."""
    at(clean, "2026-12-01T09:30")
    countdown.prepare(road.house)
    return road


class Side:
    """A side that answers, with a token of its own."""

    def __init__(self, road: Road, role: str, office: str) -> None:
        self.road = road
        self.token = tokens.create(road.house, role, office, f"{role}-1", 300).secret

    def says(self, answer: str, *causes: str, by_when: str | None = None, day: str | None = None) -> Any:
        """Answer these checks; what the case then shows."""
        by = date.fromisoformat(by_when) if by_when else None
        said = [Answered(cause, answer, by) for cause in causes]
        writing = Writing(self.token, "r-1")
        roll_date = date.fromisoformat(day) if day else None
        done = countdown_answers.answer(self.road.house, writing, self.road.ref, said, roll_date)
        return json.loads(done.body)

    def refused(self, code: str, answer: str, *causes: str, **more: str) -> None:
        with pytest.raises(AnswerRefused) as refusal:
            self.says(answer, *causes, **more)
        assert refusal.value.code == code


@pytest.fixture
def detectives(asked: Road) -> Side:
    return Side(asked, "detective_commander", STATION)


@pytest.fixture
def prosecutors(asked: Road) -> Side:
    return Side(asked, "prosecutor", NPA)


def states(shown: Any, side: str) -> dict[str, str]:
    """How the checks of a side stand."""
    (one_side,) = (each for each in shown["countdown"] if each["side"] == side)
    return {check["cause"]: check["state"] for check in one_side["checks"]}


def notes(engine: Engine) -> list[dict[str, Any]]:
    """What the ledger keeps beside the moves, with who wrote it."""
    found = rows(engine, "SELECT actor, body FROM ledger_entry WHERE kind = 'note' ORDER BY id")
    return [{"by": actor, **json.loads(body)} for actor, body in found]


def taken_back(road: Road) -> None:
    """The prosecutor's newest move is taken back."""
    with road.house.transaction() as session:
        case = cases.lock_by_ref(session, road.ref)
        assert case is not None
        undo.take_back(road.house, session, case, PROSECUTOR, "undo", {})


# --- opening ------------------------------------------------------------------------------------------


def test_a_day_is_asked_for_when_it_is_near_once_however_often_the_clock_asks(
    road: Road, clean: Engine
) -> None:
    at(clean, "2026-12-01T08:59")
    assert countdown.prepare(road.house) == Prepared(0, 0, 0)
    at(clean, "2026-12-01T09:01")
    assert countdown.prepare(road.house) == Prepared(1, 2, 0)
    assert countdown.prepare(road.house) == Prepared(0, 0, 0)

    assert rows(clean, OPEN) == BOTH
    assert rows(clean, RUNNING) == [("countdown_npa", 1, 1), ("countdown_saps", 1, 1)]
    owners = """
        SELECT i.kind, o.code, i.role, t.kind FROM item i JOIN office o ON o.id = i.office_id
        JOIN task t ON t.item_id = i.id WHERE i.code = :day ORDER BY 1
    """
    assert rows(clean, owners, day=DAY) == [
        ("countdown_npa", NPA, "prosecutor", "prepare_court_npa"),
        ("countdown_saps", STATION, "detective_commander", "prepare_court_saps"),
    ]
    checks = (
        "SELECT c.cause FROM court_check c JOIN item i ON i.id = c.item_id WHERE i.code = :day ORDER BY c.id"
    )
    assert sorted(row[0] for row in rows(clean, checks, day=DAY)) == sorted((*POLICES, *PROSECUTORS))
    events = "SELECT count(*) FROM outbox o JOIN task t ON t.id = o.subject_id WHERE o.event = 'task.opened' AND t.kind LIKE 'prepare%'"
    assert one(clean, events) == 4  # two of them for the first appearance
    assert notes(clean) == [{"by": "rule:countdown", "note": "countdown", "code": DAY, "state": "opened"}]
    assert not list(sealing.verify(road.house))


def test_a_near_day_is_asked_for_with_the_move_that_sets_it_and_let_go_with_the_next(
    house: House, clean: Engine
) -> None:
    at(clean, "2026-11-23T10:00")
    (road,) = roads(house, clean)
    road.investigated().enrolled()
    assert rows(clean, OPEN) == [("countdown_npa", "2026-11-25"), ("countdown_saps", "2026-11-25")]
    assert one(clean, "SELECT count(*) FROM court_check WHERE cause = 'not_within_48h'") == 1
    assert countdown.prepare(house) == Prepared(0, 0, 0)
    # It began late, so the owner has half a working day before it climbs, and the case's own entry says enough.
    due = "SELECT DISTINCT to_char(due_at AT TIME ZONE 'Africa/Johannesburg', 'DD HH24:MI') FROM clock WHERE name LIKE 'countdown%'"
    assert one(clean, due) == "23 14:00"
    assert notes(clean) == []

    at(clean, "2026-11-25T11:00")
    road.go("place_on_roll", next_date="2026-12-10")
    assert rows(clean, OPEN) == []
    assert [row[2] for row in rows(clean, ENDED)] == ["court_day", "court_day"]


def test_the_day_itself_and_days_of_closed_evidence_are_not_asked_for(asked: Road, clean: Engine) -> None:
    at(clean, "2026-12-10T11:00")
    asked.go("plead", plea="not_guilty")
    asked.go("begin_trial", next_date="2026-12-11")
    assert {code for _, code in rows(clean, OPEN)} == {"2026-12-11"}
    at(clean, "2026-12-11T11:00")
    asked.go("reserve_judgment", next_date="2026-12-15")
    countdown.prepare(asked.house)
    assert rows(clean, OPEN) == []


def test_two_thousand_cases_are_opened_together(house: House, clean: Engine) -> None:
    at(clean, "2026-12-01T09:30")
    load(clean, 2_000)
    with clean.begin() as connection:
        connection.execute(
            text(
                """
                INSERT INTO charge (case_id, accused, count, offence, stage, child, next_date)
                SELECT id, 1, 1, 'murder', 'on_roll', false, DATE '2026-12-02' + CAST(id % 9 AS integer) FROM "case"
                """
            )
        )
    done = countdown.prepare(house, limit=2_000)

    # No court sits on Saturday or Sunday, but a day that was set is asked for all the same.
    assert done == Prepared(2_000, 4_000, 0)
    assert one(clean, "SELECT count(*) FROM court_check") == 2_000 * 7
    assert (
        one(
            clean,
            "SELECT count(DISTINCT case_id) FROM clock_step WHERE clock_id IN (SELECT id FROM clock WHERE item_id IS NOT NULL)",
        )
        == 2_000
    )
    assert countdown.prepare(house) == Prepared(0, 0, 0)
    assert countdown.prepare(house, limit=100) == Prepared(0, 0, 0)
    assert not list(sealing.verify(house))


def test_what_somebody_moves_just_now_is_left_to_the_move(road: Road, clean: Engine) -> None:
    at(clean, "2026-12-01T09:30")
    with road.house.transaction() as session:
        assert cases.lock_by_ref(session, road.ref)
        assert countdown.prepare(road.house) == Prepared(0, 0, 0)
    assert countdown.prepare(road.house).opened == 2


# --- answering ------------------------------------------------------------------------------------------


def test_silence_reaches_the_station_commander_and_is_cured_before_court(
    detectives: Side, clean: Engine
) -> None:
    house = detectives.road.house
    detectives.says(YES, *POLICES[1:])
    at(clean, "2026-12-07T09:01")
    for _ in range(2):
        escalation.sweep(house)
    assert rows(clean, RAISED, clock="countdown_saps") == [(1, "station_commander", False)]
    told = "SELECT count(*) FROM ledger_entry WHERE kind = 'escalation' AND body LIKE '%countdown_saps%'"
    assert one(clean, told) == 2  # the reminder, and the station commander
    assert not {"item_unwatched", "ladder_missing", "clock_missing"} & set(auditor.audit(house).open)

    at(clean, "2026-12-08T10:00")
    shown = detectives.says(YES, "docket_not_at_court")
    assert set(states(shown, "saps").values()) == {"ready"}
    assert rows(clean, RAISED, clock="countdown_saps") == [(1, "station_commander", True)]
    assert rows(clean, OPEN) == [("countdown_npa", DAY)]

    # The prosecutors said nothing: theirs goes on alone.
    at(clean, "2026-12-09T09:01")
    escalation.sweep(house)
    assert [row[0] for row in rows(clean, RAISED, clock="countdown_saps")] == [1]
    assert rows(clean, RAISED, clock="countdown_npa") == [(2, "chief_prosecutor", False)]
    at(clean, "2026-12-10T09:30")
    assert countdown.prepare(house) == Prepared(1, 0, 1)
    assert [row[2] for row in rows(clean, ENDED)][2:] == ["ready", "court_day"]
    assert not list(sealing.verify(house))


def test_the_station_commander_reads_what_is_missing_and_no_link_answers_it(
    asked: Road, clean: Engine, mails: Mails, calls: Calls
) -> None:
    post = reaching(asked.house, options_for(mails, calls))
    staffed(post, line("kh-8", "detective_commander", STATION), line("kh-9", "station_commander", STATION))
    at(clean, "2026-12-07T09:01")
    escalation.sweep(post)
    planned(post)
    delivered(post)

    letters = [letter for letter in mails.letters if "kh-9" in str(letter["To"])]
    body = letters[-1].get_body(("plain",))
    assert body is not None
    said = " ".join(f"{letters[-1]['Subject']} {body.get_content()}".split())
    assert f"{asked.ref} · No answer yet: prepare a day in court" in said
    assert "Khayelitsha has not yet said that everything is ready for the next day in court" in said
    assert "/a/" not in said
    assert "docket_not_at_court" not in said


def test_each_answer_stands_as_it_is_in_time_or_not(detectives: Side, clean: Engine) -> None:
    detectives.says(NO, "accused_not_brought")
    detectives.says(BY_WHEN, "forensic_report_outstanding", by_when="2026-12-03")
    detectives.says(BY_WHEN, "police_witness_absent", by_when=DAY)
    shown = detectives.says(NOT_NEEDED, "investigation_incomplete")
    assert states(shown, "saps") == {
        "docket_not_at_court": "open",
        "investigation_incomplete": "ready",
        "accused_not_brought": "red",
        "forensic_report_outstanding": "coming",
        "police_witness_absent": "red",
    }
    assert notes(clean)[-1] == {
        "by": "detective_commander:detective_commander-1",
        "note": "countdown",
        "code": DAY,
        "state": "answered",
        "answers": {"investigation_incomplete": "not_needed"},
    }
    assert notes(clean)[-2]["answers"] == {"police_witness_absent": DAY}

    at(clean, "2026-12-04T08:00")  # the day is over, and the report is not there
    shown = detectives.says(YES, "accused_not_brought")
    assert states(shown, "saps")["forensic_report_outstanding"] == "red"
    assert states(shown, "saps")["accused_not_brought"] == "ready"
    at(clean, "2026-12-07T09:01")
    (found,) = (
        each for each in countdown_lists.coming(detectives.road.house) if each.side == "countdown_saps"
    )
    assert {check["cause"]: check["state"] for check in found.checks}["docket_not_at_court"] == "red"
    firsts = {check["cause"]: check["first_red_at"] for check in found.checks}
    # What was red once is known for good, though it is there by now.
    assert firsts["accused_not_brought"].startswith("2026-12-01T07:30")
    assert firsts["docket_not_at_court"].startswith("2026-12-07T07:00")
    assert firsts["investigation_incomplete"] is None


def test_what_turns_out_otherwise_is_asked_again_with_what_was_said(detectives: Side, clean: Engine) -> None:
    detectives.says(YES, *POLICES)
    assert rows(clean, OPEN) == [("countdown_npa", DAY)]
    assert countdown.prepare(detectives.road.house) == Prepared(0, 0, 0)
    at(clean, "2026-12-08T10:00")
    shown = detectives.says(NO, "police_witness_absent")

    assert states(shown, "saps") == dict.fromkeys(POLICES, "ready") | {"police_witness_absent": "red"}
    assert rows(clean, OPEN) == BOTH
    assert ("countdown_saps", DAY, "reopened") in rows(clean, ENDED)
    escalation.sweep(detectives.road.house)
    assert rows(clean, RAISED, clock="countdown_saps") == []
    at(clean, "2026-12-08T14:01")  # half a working day later
    escalation.sweep(detectives.road.house)
    assert rows(clean, RAISED, clock="countdown_saps") == [(1, "station_commander", False)]
    detectives.says(YES, "police_witness_absent")
    assert rows(clean, OPEN) == [("countdown_npa", DAY)]
    assert not list(sealing.verify(detectives.road.house))


def test_a_side_answers_what_it_is_asked_and_nothing_else(
    detectives: Side, prosecutors: Side, clean: Engine
) -> None:
    detectives.refused("not_asked", YES, "defective_service")
    detectives.refused("not_asked", YES, "not_within_48h")
    prosecutors.refused("not_asked", YES, "docket_not_at_court")
    detectives.refused("date_moved", YES, "docket_not_at_court", day="2026-12-11")
    detectives.refused("date_not_ahead", BY_WHEN, "docket_not_at_court", by_when="2026-11-30")
    with pytest.raises(NotVisible):
        Side(detectives.road, "detective_commander", "harare-saps").says(YES, "docket_not_at_court")
    for role, office in (("senior_public_prosecutor", NPA), ("saps_liaison", STATION)):
        with pytest.raises(NotVisible):
            Side(detectives.road, role, office).says(YES, "docket_not_at_court")
    assert one(clean, "SELECT count(*) FROM court_check WHERE answer IS NOT NULL") == 0
    detectives.road.go("strike_342a", **GONE)
    detectives.refused("nothing_asked", YES, "docket_not_at_court")


def test_a_list_is_closed_by_its_answers_and_by_no_task(
    detectives: Side, house: House, clean: Engine
) -> None:
    item = one(clean, "SELECT id FROM item WHERE kind = 'countdown_saps' AND settled_at IS NULL")
    writing = Writing(detectives.token, "r-1")
    with pytest.raises(NoteRefused) as refusal:
        item_notes.settle(house, writing, detectives.road.ref, item, "cured")
    assert refusal.value.code == "ends_by_answers"


# --- what happens to the day --------------------------------------------------------------------------------


def test_a_day_that_moves_takes_its_lists_along_and_brings_them_back_when_that_is_undone(
    detectives: Side, clean: Engine
) -> None:
    road = detectives.road
    detectives.says(NO, "accused_not_brought")
    at(clean, "2026-12-02T10:00")
    before = rows(clean, RUNNING)
    road.go("postpone", reason="docket_not_at_court", next_date="2027-01-20")
    assert rows(clean, OPEN) == []
    assert [row[2] for row in rows(clean, ENDED)][2:] == ["overtaken", "overtaken"]
    assert countdown.prepare(road.house) == Prepared(0, 0, 0)

    taken_back(road)
    assert rows(clean, OPEN) == BOTH
    assert rows(clean, RUNNING) == before
    assert countdown.prepare(road.house) == Prepared(0, 0, 0)
    assert states(detectives.says(YES, "docket_not_at_court"), "saps")["accused_not_brought"] == "red"


def test_a_near_day_that_was_set_by_mistake_is_asked_for_no_more(asked: Road, clean: Engine) -> None:
    at(clean, "2026-12-02T10:00")
    asked.go("postpone", reason="witness_absent", next_date="2026-12-09")
    assert {code for _, code in rows(clean, OPEN)} == {"2026-12-09"}
    taken_back(asked)
    assert rows(clean, OPEN) == BOTH
    assert {row[2] for row in rows(clean, ENDED)[2:]} == {"undone"}


def test_what_a_move_left_wrong_the_next_turn_of_the_clock_puts_right(road: Road, clean: Engine) -> None:
    at(clean, "2026-12-01T08:55")
    road.go("postpone", reason="witness_absent", next_date="2026-12-11")
    at(clean, "2026-12-02T09:01")
    assert countdown.prepare(road.house).opened == 2
    with clean.begin() as connection:  # as a move does that is taken back after the clock asked
        connection.execute(text("UPDATE charge SET next_date = '2026-12-10'"))
    assert countdown.prepare(road.house) == Prepared(1, 2, 2)
    assert rows(clean, OPEN) == BOTH
    assert [note["state"] for note in notes(clean)] == ["opened", "over", "opened"]
    assert not list(sealing.verify(road.house))


def test_a_day_that_comes_back_keeps_what_was_said_for_it(detectives: Side, clean: Engine) -> None:
    detectives.says(NO, "accused_not_brought")
    detectives.says(YES, "docket_not_at_court")
    road = detectives.road
    at(clean, "2026-12-02T10:00")
    road.go("postpone", reason="witness_absent", next_date="2027-01-20")
    road.go("call_again", next_date=DAY)

    assert rows(clean, OPEN) == BOTH
    shown = states(detectives.says(YES, "investigation_incomplete"), "saps")
    assert (shown["accused_not_brought"], shown["docket_not_at_court"]) == ("red", "ready")


def test_a_matter_that_goes_to_another_court_on_the_same_day_is_asked_of_its_prosecutors(
    prosecutors: Side, clean: Engine
) -> None:
    prosecutors.says(YES, *PROSECUTORS)
    prosecutors.road.go("transfer", court=OTHER_COURT, court_case_no="C1/2026", next_date=DAY)

    assert rows(clean, OPEN) == BOTH
    asked_of = "SELECT o.code FROM item i JOIN office o ON o.id = i.office_id WHERE i.settled_at IS NULL AND i.kind = 'countdown_npa'"
    assert one(clean, asked_of) == "bellville-npa"
    assert (
        one(
            clean,
            "SELECT count(*) FROM court_check c JOIN item i ON i.id = c.item_id WHERE i.settled_at IS NULL AND i.kind = 'countdown_npa' AND c.answer IS NULL",
        )
        == 2
    )


def test_an_accused_whose_day_is_later_is_asked_for_next(house: House, clean: Engine) -> None:
    at(clean, "2026-11-30T10:00")
    (road,) = roads(house, clean)
    road.on_roll(charges="1=murder;2=murder")
    road.go("postpone", reason="witness_absent", next_date="2026-12-07", of="1")
    road.go("postpone", reason="witness_absent", next_date="2026-12-09", of="2")
    at(clean, "2026-12-03T10:00")
    countdown.prepare(house)
    assert {code for _, code in rows(clean, OPEN)} == {"2026-12-07"}
    at(clean, "2026-12-07T11:00")
    road.go("call_again", of="1", next_date="2026-12-22")
    assert {code for _, code in rows(clean, OPEN)} == {"2026-12-09"}
    # A day that nobody recorded holds nothing up.
    at(clean, "2026-12-09T18:00")
    countdown.prepare(house)
    assert rows(clean, OPEN) == []
    at(clean, "2026-12-11T10:00")
    countdown.prepare(house)
    assert {code for _, code in rows(clean, OPEN)} == {"2026-12-22"}


# --- figures and views ----------------------------------------------------------------------------------


def test_the_figure_tells_how_early_a_removal_could_be_seen_coming(
    detectives: Side, prosecutors: Side, clean: Engine
) -> None:
    house, road = detectives.road.house, detectives.road
    assert countdown.lead_times(house) == LeadTimes(0, 0, ())
    detectives.says(YES, *POLICES[1:])
    prosecutors.says(YES, *PROSECUTORS)
    at(clean, "2026-12-08T10:00")
    detectives.says(YES, "docket_not_at_court")
    at(clean, "2026-12-10T10:00")
    road.go("strike_342a", **GONE)

    found = countdown.lead_times(house)
    assert found == LeadTimes(1, 1, (3,))
    assert (found.signalled, found.early, found.median) == (1, 1, 3)
    taken_back(road)
    assert countdown.lead_times(house) == LeadTimes(0, 0, ())
    road.go("strike_342a", reason="investigation_incomplete", attributable_to="SAPS")
    assert countdown.lead_times(house) == LeadTimes(1, 1, ())


@pytest.mark.parametrize(
    ("said_at", "days"), [("2026-12-01T09:45", 6), ("2026-12-08T09:30", 1), ("2026-12-09T10:00", 0)]
)
def test_a_no_is_a_sign_from_when_it_was_said(
    detectives: Side, clean: Engine, said_at: str, days: int
) -> None:
    detectives.says(YES, *POLICES)
    at(clean, said_at)
    detectives.says(NO, "accused_not_brought")
    at(clean, "2026-12-10T10:00")
    detectives.road.go("strike_342a", reason="accused_not_brought", attributable_to="SAPS")
    assert countdown.lead_times(detectives.road.house).days == (days,)


def test_the_figure_names_what_was_never_asked_for(house: House, clean: Engine) -> None:
    at(clean, "2026-11-23T10:00")
    (road,) = roads(house, clean)
    road.on_roll().go("strike_342a", **GONE)
    # Removed long before its day: nothing was asked for that.
    assert countdown.lead_times(house) == LeadTimes(1, 0, ())


@pytest.fixture
def terminal(house: House, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setattr(command, "house", lambda: house)
    return CliRunner()


def test_the_terminal_shows_the_days_ahead_and_the_figures(
    detectives: Side, clean: Engine, terminal: CliRunner
) -> None:
    detectives.says(NO, "accused_not_brought")
    prosecutor = Side(detectives.road, "prosecutor", NPA)
    prosecutor.says(YES, *PROSECUTORS)
    lines = terminal.invoke(cli, ["countdown", "--station", STATION]).output.splitlines()
    number = f"B{detectives.road.ref[-6:]}/2026 at khayelitsha-court"
    assert sorted(lines) == sorted(
        [
            f"Thu 10 Dec 2026  {detectives.road.ref}  {number}  NPA ({NPA}): ready",
            (
                f"Thu 10 Dec 2026  {detectives.road.ref}  {number}  SAPS ({STATION}): red: accused_not_brought; "
                "open: docket_not_at_court, investigation_incomplete, forensic_report_outstanding, police_witness_absent"
            ),
        ]
    )
    assert "No day in court is near" in terminal.invoke(cli, ["countdown", "--station", "harare-saps"]).output
    assert isinstance(terminal.invoke(cli, ["countdown", "--court", "no-such"]).exception, NotVisible)

    at(clean, "2026-12-10T10:00")
    detectives.road.go("strike_342a", reason="accused_not_brought", attributable_to="SAPS")
    said = terminal.invoke(cli, ["countdown", "figures"]).output
    assert "3 working days or more before it: 1 (100 %); half of them 6 or more." in said
    figures = json.loads(terminal.invoke(cli, ["countdown", "figures", "--json"]).output)
    assert figures == {
        "removals": 1,
        "asked": 1,
        "signalled": 1,
        "early": 1,
        "early_days": 3,
        "median_days": 6,
    }
