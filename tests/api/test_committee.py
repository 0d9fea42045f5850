"""The committee over the API: from a case that nobody answered to a decision, its report, and the next agenda."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from hectis_flow.api.schemas_committee import Agenda, Decision, DecisionPage, Meeting, MeetingPage
from hectis_flow.commands import committee as command
from hectis_flow.domain.errors import NotVisible
from hectis_flow.services import committee, escalation, sealing, terms
from hectis_flow.services.house import House
from hectis_flow.storage.seats import Seat
from tests.api.committee import Table, at_table
from tests.api.province import DPP, NPA, STATION_S, Province, canaries
from tests.services.test_undo import later
from tests.tables import one, rows
from tests.waiting import PATIENCE, until


@pytest.fixture
def table(client: FlaskClient, province: Province, house: House, engine: Engine) -> Table:
    return at_table(client, province, house, engine)


def test_what_nobody_answered_comes_to_the_table_is_decided_done_and_told_at_the_next_meeting(
    table: Table, engine: Engine, house: House
) -> None:
    agenda = table.agenda()
    assert not Agenda().validate(agenda)
    (line,) = agenda["lines"]
    assert (line["kind"], line["case_ref"], line["office"], line["reason"]) == (
        *("escalated", table.ref),
        *(STATION_S, "saps_acknowledge"),
    )
    assert agenda["said"] == "Nothing was decided before that is still to be followed up."
    first = table.meets()
    assert table.refused("cs-1", "meetings", {"held_on": table.day(0)}) == "already_planned"
    meeting = table.done("cs-1", f"meetings/{first}/attendance", {"seats": ["pocs", "saps", "npa"]})
    assert not Meeting().validate(meeting)
    assert [seat["seat"] for seat in meeting["attendance"] if seat["present"]] == ["pocs", "npa", "saps"]
    assert meeting["attendance"][0]["chairs"] is True

    number = table.decides("cs-1")
    assert (table.state(number), table.tasks("cc-1")) == ("recorded", ["confirm_decision"])
    assert "answer_decision" not in table.tasks("ks-9")
    assert table.get("ks-9", f"decisions/{number}").status_code == 404
    assert table.refused("cs-1", f"meetings/{first}/close") == "unconfirmed"
    assert table.refused("cs-1", f"decisions/{number}/confirm") == "not_found"
    assert not Decision().validate(table.done("cc-1", f"decisions/{number}/confirm"))
    assert table.refused("cc-1", f"decisions/{number}/confirm") == "already_confirmed"
    assert (table.state(number), table.tasks("cc-1")) == ("open", [])
    (task,) = [one_ for one_ in table.get("ks-9", "tasks").json["items"] if one_["kind"] == "answer_decision"]
    assert task["case_ref"] == table.ref
    assert table.refused("ks-9", f"tasks/{task['id']}/complete") == "ends_by_move"
    awaited = table.get("ks-1", f"cases/{table.ref}").json["awaited"]
    assert [(one_["kind"], one_["code"], one_["office"]) for one_ in awaited] == [
        ("committee_decision", str(number), STATION_S)
    ]

    closed = table.done("cc-1", f"meetings/{first}/close")
    text_ = table.get("cs-1", f"meetings/{first}/minutes")
    assert (
        hashlib.sha256(text_.data).hexdigest() == closed["minutes_hash"] == text_.headers["X-Content-SHA256"]
    )
    for said in (table.ref, "assign people", "South African Police Service", "saps acknowledge"):
        assert said in text_.text
    printed = table.get("cc-1", f"meetings/{first}/minutes.pdf")
    assert printed.data.startswith(b"%PDF-")
    assert printed.headers["Content-Type"] == "application/pdf"

    assert table.refused("ks-1", f"decisions/{number}/report", {"outcome": "done"}) == "not_found"
    report = table.done("ks-9", f"decisions/{number}/report", {"outcome": "done", "paper_ref": "SC/12"})
    assert (report["state"], report["reports"][0]["paper_ref"]) == ("reported", "SC/12")
    assert "answer_decision" not in table.tasks("ks-9")
    assert table.tasks("cc-1") == ["accept_report"]
    assert table.refused("ks-9", f"decisions/{number}/report", {"outcome": "done"}) == "already_reported"
    assert table.agenda()["said"] == "Decided 1: 1 reported."
    assert table.done("cc-1", f"decisions/{number}/accept")["state"] == "done"
    assert table.refused("cc-1", f"decisions/{number}/accept") == "nothing_reported"
    assert table.refused("ks-9", f"decisions/{number}/report", {"outcome": "done"}) == "already_ended"

    assert table.agenda()["said"] == "Decided 1: 1 done."
    assert table.get("cs-1", f"meetings/{first}/minutes").data == text_.data
    assert one(engine, 'SELECT stage FROM "case" WHERE ref = :ref', ref=table.ref) == "referred"
    notes = "SELECT body::jsonb ->> 'state' FROM ledger_entry WHERE kind = 'note' ORDER BY id"
    assert [row[0] for row in rows(engine, notes)] == ["recorded", "confirmed", "reported", "accepted"]
    assert not list(sealing.verify(house))


def test_a_decision_that_goes_late_climbs_to_the_table_where_it_was_made(
    table: Table, engine: Engine, house: House
) -> None:
    first = table.meets()
    number = table.decides()
    table.done("cc-1", f"meetings/{first}/close")
    later(engine, "90 days")
    assert table.state(number) == "late"
    assert table.agenda()["said"] == "Decided 1: 1 late."
    climbed = """
        SELECT s.level, s.role FROM clock_step s JOIN clock k ON k.id = s.clock_id
        WHERE k.name = 'committee_decision' AND s.done_at IS NOT NULL ORDER BY s.step
    """
    while escalation.sweep(house):
        pass
    assert rows(engine, climbed) == [
        (0, "station_commander"),
        (1, "cluster_commander"),
        (2, "provincial_saps"),
        (4, "committee_chair"),
    ]
    reasons = {line["reason"] for line in table.agenda()["lines"]}
    assert "committee_decision" in reasons
    table.done("ks-9", f"decisions/{number}/report", {"outcome": "not_possible", "reason": "no_means"})
    assert one(engine, "SELECT count(*) FROM escalation WHERE cleared_at IS NULL") == 1
    table.done("cc-1", f"decisions/{number}/accept")
    assert table.agenda()["said"] == "Decided 1: 1 not possible."
    settled = [line["reason"] for line in table.agenda()["lines"] if line["kind"] == "settled_meanwhile"]
    assert settled == ["committee_decision"]


def test_a_reminder_of_the_secretary_has_not_climbed(table: Table, engine: Engine, house: House) -> None:
    table.meets()
    table.decides(office="wc-committee", due_on=table.day(30))
    level = """
        SELECT e.level FROM escalation e JOIN clock k ON k.id = e.clock_id WHERE k.name = 'committee_decision'
    """
    for ahead, reached in (("29 days", 0), ("90 days", 4)):
        later(engine, ahead)
        while escalation.sweep(house):
            pass
        assert one(engine, level) == reached
        reasons = {line["reason"] for line in table.agenda()["lines"]}
        assert ("committee_decision" in reasons) == (reached > 0)


def test_a_decision_about_no_case_is_a_task_with_a_clock_and_a_ladder_of_its_own(
    table: Table, engine: Engine, house: House
) -> None:
    table.meets()
    number = table.decides(case=None, kind="mend_the_process", office=DPP, role="dpp_office")
    (task,) = table.get("dpp-1", "tasks").json["items"]
    assert (task["kind"], task["subject_id"], task["case_ref"]) == ("answer_decision", number, None)
    assert table.refused("dpp-1", f"tasks/{task['id']}/complete") == "ends_by_move"
    assert terms.keep(house) == 0
    later(engine, "90 days")
    told = []
    while terms.keep(house):
        told += rows(engine, "SELECT role FROM task WHERE kind = 'chase_decision' AND done_at IS NULL")
    assert [role for (role,) in told] == ["dpp_office", "committee_chair"]
    assert one(engine, "SELECT count(*) FROM outbox WHERE event = 'task.opened' AND case_id IS NULL") >= 3
    table.done("dpp-1", f"decisions/{number}/report", {"outcome": "done"})
    open_ = "SELECT kind FROM task WHERE subject_id = :id AND case_id IS NULL AND done_at IS NULL"
    assert rows(engine, open_, id=number) == [("accept_report",)]
    assert terms.keep(house) == 0


def test_a_report_is_sent_back_and_the_decision_is_owed_again(table: Table, engine: Engine) -> None:
    table.meets()
    for case in (table.ref, None):
        number = table.decides(case=case)
        body = {"outcome": "done"}
        table.done("ks-9", f"decisions/{number}/report", body)
        back = {"reason": "paper_missing", "due_on": table.day(20)}
        assert (
            table.refused("cc-1", f"decisions/{number}/send-back", back | {"due_on": table.day(0)})
            == "due_not_ahead"
        )
        found = table.done("cc-1", f"decisions/{number}/send-back", back)
        assert (found["state"], found["due_on"], found["reports"][0]["answer"]) == (
            "open",
            table.day(20),
            "sent_back",
        )
        assert "answer_decision" in table.tasks("ks-9")
        assert table.tasks("cc-1") == []
        table.done("ks-9", f"decisions/{number}/report", body | {"paper_ref": "X-1"})
        assert table.done("cc-1", f"decisions/{number}/accept")["state"] == "done"
    number = table.decides()
    table.done("ks-9", f"decisions/{number}/report", {"outcome": "done"})
    assert table.done("cc-1", f"decisions/{number}/send-back", {"reason": "not_enough"})[
        "due_on"
    ] > table.day(15)


def test_what_the_chair_confirms_has_its_day_still_ahead(table: Table, engine: Engine) -> None:
    first = table.meets()
    number = table.decides("cs-1", due_on=table.day(2))
    later(engine, "3 days")
    assert table.refused("cc-1", f"decisions/{number}/confirm") == "due_not_ahead"
    assert one(engine, "SELECT count(*) FROM clock WHERE name = 'committee_decision'") == 0
    assert table.done("cc-1", f"decisions/{number}/drop")["state"] == "dropped"
    number = table.decides("cs-1", due_on=table.day(2))
    assert table.done("cc-1", f"decisions/{number}/confirm")["state"] == "open"
    assert table.done("cc-1", f"meetings/{first}/close")["state"] == "closed"


def test_a_case_is_tabled_by_those_who_may_and_waits_until_the_meeting_opens(
    table: Table, province: Province
) -> None:
    matter = {"case": table.ref, "reason": "two_sides_disagree"}
    # Nobody has opened a CAS: the case is no docket yet, and not theirs to see.
    for code in ("cs-1", "ps-1", "cwb-1", "dpp-1"):
        assert table.refused(code, "agenda/matters", matter) == "not_found"
    for code in ("ks-1", "kd-1", "kp-1", "gsh-1", "agu-1", "st-1"):
        assert table.refused(code, "agenda/matters", matter) == "not_allowed"
    month = one(table.engine, "SELECT to_char(hectis_now() AT TIME ZONE 'Africa/Johannesburg', 'MM/YYYY')")
    for move, details in (("acknowledge", {}), ("open_cas", {"cas_number": f"41/{month}"})):
        table.done("ks-1", f"cases/{table.ref}/moves", {"move": move, "details": details})
    assert table.refused("ps-1", "agenda/matters", {**matter, "reason": "gossip"}) == "invalid"
    number = table.done("ps-1", "agenda/matters", matter)["id"]
    assert table.refused("cs-1", "agenda/matters", matter) == "already_tabled"
    kinds = [(line["kind"], line["reason"]) for line in table.agenda()["lines"]]
    assert kinds == [("tabled", "two_sides_disagree"), ("settled_meanwhile", "saps_acknowledge")]
    assert table.refused("cs-1", f"agenda/{number}/take-back") == "not_found"
    table.done("ps-1", f"agenda/{number}/take-back")
    assert table.refused("ps-1", f"agenda/{number}/take-back") == "already_done"
    number = table.done("cs-1", "agenda/matters", matter)["id"]
    meeting = table.meets()
    assert table.refused("cs-1", f"agenda/{number}/take-back") == "on_an_agenda"
    found = table.get("cs-1", f"meetings/{meeting}").json
    assert [line["kind"] for line in found["lines"]] == ["tabled", "settled_meanwhile"]
    assert table.agenda()["lines"] == []
    assert table.get("cc-1", f"cases/{table.ref}").json["ref"] == table.ref


def test_between_meetings_the_chair_decides_and_the_next_minutes_have_it(table: Table) -> None:
    planned = table.done("cs-1", "meetings", {"held_on": table.day(0)})["id"]
    number = table.decides()
    assert table.state(number) == "open"
    assert table.agenda()["said"] == "Decided 1: 1 open."
    table.done("cs-1", f"meetings/{planned}/open")
    table.done("cc-1", f"meetings/{planned}/close")
    found = table.get("cs-1", f"meetings/{planned}").json
    assert [one["id"] for one in found["decisions"]] == [number]


def test_what_cannot_be_is_refused_with_a_code(table: Table) -> None:
    body = {"kind": "assign_people", "case": table.ref, "office": STATION_S, "due_on": table.day(5)}
    assert table.refused("cc-1", "decisions", body) == "no_meeting_open"
    assert table.refused("cs-1", "meetings", {"held_on": table.day(-1)}) == "day_past"
    planned = table.done("cs-1", "meetings", {"held_on": table.day(1)})["id"]
    assert table.refused("cs-1", "decisions", body) == "no_meeting_open"
    assert table.refused("cs-1", f"meetings/{planned}/attendance", {"seats": []}) == "not_open"
    first = table.meets()
    assert table.refused("cc-1", f"meetings/{planned}/open") == "other_is_open"
    assert table.refused("cc-1", f"meetings/{first}/open") == "already_open"
    assert (
        table.refused("cs-1", f"meetings/{first}/attendance", {"seats": ["no-such-seat"]}) == "seat_unknown"
    )
    for changed, code in (
        ({"office": "leap"}, "owner_unknown"),
        ({"office": "no-such-office"}, "owner_unknown"),
        ({"role": "prosecutor"}, "owner_unknown"),
        ({"due_on": table.day(0)}, "due_not_ahead"),
        ({"due_on": table.day(400)}, "due_too_far"),
        ({"case": "WC-2026-999999"}, "not_found"),
        ({"kind": "punish"}, "invalid"),
    ):
        assert table.refused("cc-1", "decisions", body | changed) == code
    number = table.decides("cs-1")
    assert table.refused("ks-9", f"decisions/{number}/report", {"outcome": "done"}) == "not_found"
    assert table.done("cc-1", f"decisions/{number}/drop")["state"] == "dropped"
    assert table.refused("cc-1", f"decisions/{number}/confirm") == "already_dropped"
    number = table.decides()
    report = f"decisions/{number}/report"
    assert table.refused("ks-9", report, {"outcome": "not_possible"}) == "invalid"
    assert table.refused("ks-9", report, {"outcome": "done", "reason": "no_means"}) == "invalid"
    for ref in ("9001015000081", "a name of somebody", "x" * 41):
        assert table.refused("ks-9", report, {"outcome": "done", "paper_ref": ref}) == "invalid"
    table.done("cc-1", f"meetings/{first}/close")
    assert table.refused("cc-1", f"meetings/{first}/close") == "already_closed"
    assert table.refused("cc-1", f"meetings/{planned}/close") == "not_open"
    assert table.get("cc-1", f"meetings/{planned}/minutes").status_code == 404


def test_an_office_that_is_no_more_owes_nothing(table: Table, engine: Engine) -> None:
    table.meets()
    body = {"kind": "assign_people", "office": "gone-saps", "due_on": table.day(5)}
    with engine.begin() as connection:
        statement = "INSERT INTO office (code, kind, name, valid_to) VALUES ('gone-saps', 'station', 'Gone', '2020-01-01')"
        connection.execute(text(statement))
    try:
        assert table.refused("cc-1", "decisions", body) == "owner_unknown"
    finally:
        with engine.begin() as connection:
            connection.execute(text("DELETE FROM office WHERE code = 'gone-saps'"))


def test_of_two_meetings_that_are_opened_at_once_one_opens(table: Table, engine: Engine) -> None:
    first, second = (table.done("cs-1", "meetings", {"held_on": table.day(ahead)})["id"] for ahead in (0, 1))
    opening = text(
        "UPDATE meeting SET opened_at = hectis_now(), opened_by = 'cc-1', follow_up = '{}' WHERE id = :id"
    )
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    with ThreadPoolExecutor(1) as pool:
        with engine.begin() as connection:
            connection.execute(opening, {"id": first})
            answer = pool.submit(table.refused, "cs-1", f"meetings/{second}/open")
            until(lambda: one(engine, waiting) > 0, "the second waits for the first")
        assert answer.result(PATIENCE) == "other_is_open"


def test_a_decision_is_recorded_once_a_key(table: Table, engine: Engine) -> None:
    table.meets()
    body = {"kind": "assign_people", "office": NPA, "due_on": table.day(5)}
    answers = [table.post("cc-1", "decisions", body, key="once-and-for-all") for _ in range(2)]
    assert answers[0].json == answers[1].json
    assert answers[1].headers["Idempotency-Replayed"] == "true"
    assert one(engine, "SELECT count(*) FROM committee_decision") == 1
    assert "answer_decision" in table.tasks("kspp-1")


def test_the_database_keeps_closed_minutes_and_two_persons(table: Table, engine: Engine) -> None:
    first = table.meets()
    number = table.decides()
    table.done("ks-9", f"decisions/{number}/report", {"outcome": "done"})
    with pytest.raises(IntegrityError, match="two_people"), engine.begin() as connection:
        connection.execute(
            text("UPDATE decision_report SET answer = 'accepted', answered_by = 'ks-9', answered_at = now()")
        )
    table.done("cc-1", f"meetings/{first}/close")
    for change in (
        "UPDATE meeting SET minutes = 'another'",
        "DELETE FROM meeting",
        "INSERT INTO attendance (meeting_id, seat_id, noted_by) SELECT m.id, s.id, 'x' FROM meeting m, committee_seat s",
        "UPDATE agenda_line SET reason = 'another'",
        """
        INSERT INTO committee_decision (meeting_id, kind, office_id, role, due_on, recorded_by)
        SELECT id, 'assign_people', office_id, 'committee_secretary', '2199-01-01', 'x' FROM meeting
        """,
    ):
        with pytest.raises(DBAPIError), engine.begin() as connection:
            connection.execute(text(change))


def test_the_committee_reads_nothing_of_a_person_or_of_a_hospital(table: Table) -> None:
    first = table.meets()
    number = table.decides()
    table.done("cc-1", f"meetings/{first}/close")
    paths = (
        "agenda",
        "meetings",
        f"meetings/{first}",
        f"meetings/{first}/minutes",
        "decisions",
        f"decisions/{number}",
    )
    for code in ("cc-1", "cs-1"):
        said = "".join(table.get(code, path).text for path in (*paths, "cases", f"cases/{table.ref}"))
        assert not [mark for mark in canaries("R").values() if mark in said]
        assert not [
            word for word in ("tygerberg", "X99", "sharp", "incident") if word.lower() in said.lower()
        ]
    assert not MeetingPage().validate(table.get("cc-1", "meetings").json)
    assert not DecisionPage().validate(table.get("ks-9", "decisions").json)
    case = table.get("cc-1", f"cases/{table.ref}").json
    assert set(case) == {"ref", "stage", "phase", "version", "since", "owner_office", "gang_flag"}
    assert table.get("cc-1", f"cases/{table.ref}/moves").status_code == 404
    assert [one_["id"] for one_ in table.get("cs-1", f"decisions?meeting={first}").json["items"]] == [number]


def test_seats_are_loaded_as_the_table_says_and_again_change_nothing(house: House, clean: Engine) -> None:
    first, second = Seat("pocs", "Oversight", True, None), Seat("npa", "Prosecutors", False, "kp-1")
    assert committee.load_seats(house, [first, second]) == 2
    assert committee.load_seats(house, [first, second]) == 0
    passed = [first._replace(chairs=False), second._replace(chairs=True)]
    assert committee.load_seats(house, passed) == 2
    assert committee.load_seats(house, passed[1:]) == 1
    standing = rows(clean, "SELECT code, chairs FROM committee_seat WHERE valid_to IS NULL")
    assert standing == [("npa", True)]


def test_whoever_runs_the_system_sees_agenda_minutes_and_decisions(
    table: Table, house: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(command, "house", lambda: house)

    def said(*words: str) -> str:
        done = CliRunner().invoke(command.committee, words, catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.output

    with pytest.raises(NotVisible):
        said("minutes")
    assert "No meeting is planned." in said("agenda")
    assert f"{table.ref}  not answered: saps_acknowledge" in said("agenda")
    assert "Nothing is decided" in said("decisions")
    first = table.meets()
    table.decides()
    table.decides(case=None)
    table.done("cc-1", f"meetings/{first}/close")
    assert f"assign_people, {table.ref}: station_commander at {STATION_S}" in said("decisions")
    assert "about no case" in said("decisions", "--all")
    assert "Minutes of the committee" in said("minutes")
    path = tmp_path / "minutes.pdf"
    assert f"written: {path}" in said("minutes", str(first), "--pdf", str(path))
    assert path.read_bytes().startswith(b"%PDF-")
    assert "Decided 2: 2 open." in said("agenda")
