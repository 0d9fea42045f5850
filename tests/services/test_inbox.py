"""The parked inbox: an owner for each message, an alarm after a day, a look without its content, replay."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine, text

from hectis_flow.commands import messages as command
from hectis_flow.domain.errors import NotVisible
from hectis_flow.services import inbox, intake, readiness
from hectis_flow.services.house import House, Sender
from tests.segments import CODED, REGISTERED, adt
from tests.tables import one, rows, take_in, work_off

SECRET = "Canaryname"


@pytest.fixture
def parked(house: House, clean: Engine) -> House:
    """Three messages nobody can tell a patient of: 1 of a facility, 2 and 3 of no facility; 4 is ignored."""
    take_in(
        house,
        adt("A04", "c-1", REGISTERED, pid={3: "", 5: f"{SECRET}^X"}),
        adt("A04", "c-2", REGISTERED, pid={3: "", 5: SECRET}, msh={3: "LAB", 4: "Somewhere else"}),
        adt("A08", "c-3", CODED, pid={3: ""}, msh={3: "LAB", 4: "Somewhere else"}),
        adt("A28", "c-4", REGISTERED),
    )
    return house


@pytest.fixture
def a_day_later(clean: Engine) -> Iterator[None]:
    with clean.begin() as connection:
        connection.execute(text("INSERT INTO practice_clock (shift) VALUES ('25 hours')"))
    return


def typed(house: House, monkeypatch: pytest.MonkeyPatch, *words: str) -> Result:
    monkeypatch.setattr(command, "house", lambda: house)
    return CliRunner().invoke(command.messages, words)


def test_every_parked_message_has_an_owner_and_a_time_of_alarm(parked: House, clean: Engine) -> None:
    owned = rows(
        clean,
        """SELECT p.message_id, o.code, p.alarm_at - p.parked_at = interval '24 hours'
           FROM parked_message p JOIN office o ON o.id = p.owner_office_id ORDER BY 1""",
    )

    assert owned == [
        (1, "khayelitsha-hospital", True),
        (2, "wc-health-data", True),
        (3, "wc-health-data", True),
    ]


def test_nothing_is_an_alarm_on_the_first_day(parked: House) -> None:
    assert inbox.overdue(parked) == []
    assert sum(late.messages for late in readiness.figures(parked, 5).overdue) == 0


def test_after_a_day_the_alarm_names_owner_and_number(parked: House, a_day_later: None) -> None:
    assert [(late.owner, late.messages, round(late.oldest_hours)) for late in inbox.overdue(parked)] == [
        ("khayelitsha-hospital", 1, 25),
        ("wc-health-data", 2, 25),
    ]
    assert sum(late.messages for late in readiness.figures(parked, 5).overdue) == 3


def test_readiness_counts_what_nobody_looked_at_and_names_no_office(
    parked: House, clean: Engine, a_day_later: None
) -> None:
    schema = one(clean, "SELECT version_num FROM alembic_version")

    said = readiness.look(parked, schema, 60).parts["inbox"]

    assert said.startswith("3 parked messages have waited for more than 24 hours")
    assert "hospital" not in said


def test_the_list_is_filtered_and_goes_on_by_key(parked: House) -> None:
    def ids(limit: int = 10, **filters: object) -> list[int]:
        return [row.id for row in inbox.listing(parked, filters, limit)]

    assert ids() == [4, 3, 2, 1]
    assert ids(state="parked") == [3, 2, 1]
    assert ids(reason="event_not_supported") == [4]
    assert ids(source="LAB") == ids(source="Somewhere else") == [3, 2]
    assert ids(2, state="parked") == [3, 2]
    assert ids(2, state="parked", after=2) == [1]
    assert ids(since="2026-01-01") == [4, 3, 2, 1]
    assert ids(since="2999-01-01") == []


def test_a_look_at_a_message_names_its_fields_and_shows_no_value(parked: House) -> None:
    shown = inbox.show(parked, 1)

    assert shown.envelope["source_facility"] == "Khayelitsha Hospital"
    assert "PID-3" in shown.means
    assert shown.fields is not None
    assert shown.fields["PID"] == [1, 5, 7, 8]
    assert SECRET not in repr(shown)


def test_lines_of_no_known_name_are_not_named(house: House, clean: Engine) -> None:
    torn = adt("A04", "c-1", REGISTERED, pid={3: ""}, more=[f"{SECRET.upper()[:3]}|x", "ZVI|1||x", "PID"])
    take_in(house, torn)

    fields = inbox.show(house, 1).fields

    assert fields is not None
    assert list(fields) == ["EVN", "PID", "PV1", "other lines", "ZVI"]
    assert fields["ZVI"] == [1, 3]


def test_a_message_whose_key_is_gone_is_shown_without_its_fields(parked: House, clean: Engine) -> None:
    with clean.begin() as connection:
        connection.execute(text("UPDATE inbound_message SET key_id = 'gone' WHERE id = 1"))

    assert inbox.show(parked, 1).fields is None


def test_there_is_no_looking_at_what_is_not_there(parked: House) -> None:
    with pytest.raises(NotVisible):
        inbox.show(parked, 99)


def test_replayed_messages_have_no_owner_until_they_are_parked_again(parked: House, clean: Engine) -> None:
    assert inbox.replay(parked, inbox.waiting(parked, None)) == 3
    assert one(clean, "SELECT count(*) FROM parked_message") == 0

    work_off(parked)

    assert one(clean, "SELECT count(*) FROM parked_message") == 3
    assert inbox.waiting(parked, "event_not_supported") == [4]
    assert inbox.waiting(parked, "no_patient_number") == [1, 2, 3]


def test_replay_asks_for_exactly_one_way_of_naming(parked: House, monkeypatch: pytest.MonkeyPatch) -> None:
    for words in ([], ["--all", "1"], ["--reason", "x", "--all"]):
        assert typed(parked, monkeypatch, "replay", *words).exit_code == 2
    assert "3 of 3 wait" in typed(parked, monkeypatch, "replay", "--all").output
    assert "1 of 1 wait" in typed(parked, monkeypatch, "replay", "--reason", "event_not_supported").output
    assert "0 of 2 wait" in typed(parked, monkeypatch, "replay", "4", "99").output


def test_accepted_messages_are_read_anew_when_a_mapping_was_mended(house: House, clean: Engine) -> None:
    take_in(
        house,
        adt("A04", "c-1", REGISTERED),
        adt("A08", "c-2", CODED, codes=["STAB"]),
        adt("A08", "c-3", CODED, codes=["STAB"], folder="F2", visit="V2"),
    )
    assert one(clean, 'SELECT count(*) FROM "case"') == 0
    mended = replace(house, senders=(Sender("kh", "", frozenset({"PAS"}), {}, codes={"stab": "X99.4"}),))

    assert intake.reread(mended, [1]) == {"accepted": 2}
    assert one(clean, 'SELECT count(*) FROM "case"') == 1
    assert list(inbox.rereading(mended, inbox.accepted_of(mended, "PAS"))) == [3]
    assert one(clean, 'SELECT count(*) FROM "case"') == 2
    assert one(clean, "SELECT count(*) FROM inbound_message WHERE state = 'accepted'") == 3


def test_reading_anew_what_says_the_same_changes_nothing(house: House, clean: Engine) -> None:
    take_in(house, adt("A04", "c-1", REGISTERED), adt("A08", "c-2", CODED, codes=["S21.1", "X99.4"]))
    cases = 'SELECT ref, stage, version, ledger_seq FROM "case"'
    before = rows(clean, cases), one(clean, "SELECT count(*) FROM outbox")

    assert intake.reread(house, [2, 99]) == {"accepted": 2}

    assert (rows(clean, cases), one(clean, "SELECT count(*) FROM outbox")) == before
    assert one(clean, "SELECT count(*) FROM encounter") == 1
    assert intake.reread(house, [99]) == {}


@pytest.mark.target("S9")
def test_no_command_prints_what_a_message_says(
    parked: House, a_day_later: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = [
        typed(parked, monkeypatch, *words)
        for words in (
            ["summary"],
            ["list", "--state", "parked", "--limit", "2"],
            ["show", "1"],
            ["show", "2"],
        )
    ]

    assert [result.exit_code for result in said] == [0, 0, 0, 0]
    assert "ALARM: khayelitsha-hospital has left 1 parked" in said[0].output
    assert "The next: add --after 2" in said[1].output
    assert "no_patient_number, ALARM" in said[2].output
    assert SECRET not in "".join(result.output for result in said)
