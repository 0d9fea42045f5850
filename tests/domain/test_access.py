"""The policy table is whole, closed where nothing is said, and refuses lines that make no sense."""

from dataclasses import replace

import pytest

from hectis_flow.domain.access import ACTIONS, FIELDS, LINES, NAMED_GROUPS, OFFICE_KINDS, PUBLIC, Line
from hectis_flow.domain.access_rules import action, grant, is_known, opened, record_fields, token_roles
from hectis_flow.domain.access_work import NPA
from hectis_flow.domain.errors import DeclarationError
from hectis_flow.domain.workflow import TRANSITIONS
from hectis_flow.domain.workflow_rules import staff_roles

NAMED_FIELDS = {
    name for groups in FIELDS.values() for group in NAMED_GROUPS for name in groups.get(group, ())
}
LINE = Line("auditor", ("cases.list",), "province", ("road",), "a reason")


def test_every_role_has_a_decision_on_every_action() -> None:
    said = {(line.role, name) for line in LINES for name in line.actions}
    assert said == {(role, one.name) for role in token_roles() for one in ACTIONS}


def test_only_a_system_hands_messages_in_and_it_reads_nothing() -> None:
    open_to = {(role, one.name) for role in token_roles() for one in ACTIONS if grant(role, one.name).fields}
    assert {role for role, name in open_to if name == "messages.send"} == {"feed_sender"}
    assert {name for role, name in open_to if role == "feed_sender"} == {"messages.send"}


def test_every_line_says_why() -> None:
    assert all(line.purpose for line in LINES)
    assert all(PUBLIC.values())


@pytest.mark.parametrize(
    ("role", "name"),
    [("nobody", "cases.list"), ("", "cases.list"), ("rule", "cases.list"), ("auditor", "cases.burn")],
)
def test_what_the_table_does_not_name_gets_nothing(role: str, name: str) -> None:
    given = grant(role, name)
    assert (given.scope, given.fields, given.named) == ("none", (), False)


def test_only_the_own_facility_is_shown_who_a_patient_is() -> None:
    shown = {(role, one.name) for role in staff_roles() for one in ACTIONS if grant(role, one.name).named}
    assert shown == {("facility_liaison", "incidents.read")}
    assert grant("facility_liaison", "incidents.read").scope == "own_facility"
    for role in staff_roles():
        for one in ACTIONS:
            given = grant(role, one.name)
            assert given.named == bool(NAMED_FIELDS & set(given.fields))


def test_no_list_shows_a_patient_or_a_history() -> None:
    for role in staff_roles():
        for noun in ("messages", "incidents", "cases"):
            fields = grant(role, f"{noun}.list").fields
            assert not [name for name in fields if name.startswith("patients.") or name == "history"]


def test_raw_bytes_are_no_field() -> None:
    assert not [name for record in FIELDS for name in record_fields(record) if "raw" in name]


def test_roles_outside_health_see_nothing_of_the_hospital_phase() -> None:
    health = {"facility_liaison", "health_data_steward", "information_officer", "administrator"}
    for role in set(staff_roles()) - health:
        # What the head of a facility confirms is no more than a number and codes.
        asked = [one for one in ACTIONS if one.record in {"case", "referral"}]
        scopes = {grant(role, one.name).scope for one in asked if role != "facility_manager"}
        # The committee sees of what came to it a number, a stage and a code; the Anti-Gang Unit opened dockets.
        seen = {"none", "own_station_referred", "own_court", "own_courts", "watched", "docketed", "committee"}
        assert scopes <= seen


def test_who_prosecutes_or_watches_sees_no_field_of_a_hospital() -> None:
    of_hospital = {
        name
        for group in ("origin", "source", "what", "when", "where", "history")
        for name in FIELDS["case"][group]
    }
    for role in (*NPA, "watching_brief_official"):
        shown = {name for one in ACTIONS if one.record == "case" for name in grant(role, one.name).fields}
        assert shown
        assert not shown & of_hospital
        assert ("j88" in shown) == (role != "watching_brief_official")


def test_whoever_is_told_that_an_office_is_late_reads_no_record() -> None:
    told = {"facility_manager", "health_district_manager", "health_province_manager", "station_commander"}
    told |= {"cluster_commander", "provincial_saps", "committee_chair"}
    for role in told:
        opened = [one for one in ACTIONS if grant(role, one.name).fields]
        # Whoever heads an office confirms what takes two people, and puts clocks off: the number of a case and codes.
        # So is what is tabled, and what the committee sees of what came to it.
        beside = ("proposals.", "cases.snooze", "cases.unsnooze", "agenda.")
        read = [one for one in opened if not one.name.startswith(beside)]
        if role == "committee_chair":
            cases = {name for one in read if one.record == "case" for name in grant(role, one.name).fields}
            assert cases == {*FIELDS["case"]["road"], "gang_flag"}
            read = [one for one in read if one.record != "case"]
        assert {one.record for one in read} <= {
            "task",
            "escalation",
            "office",
            "load",
            "balance",
            "bulk",
            "brief",
            "decision",
            "meeting",
            "digest",
        }
        # What the watching briefs wrote to them, or asked of them, is codes and days.


def test_a_case_is_moved_by_those_alone_whom_the_workflow_knows() -> None:
    movers = {role for role in staff_roles() if grant(role, "cases.move").fields}
    assert movers == {role for move in TRANSITIONS for role in move.roles} & set(staff_roles())
    for role in staff_roles():
        for name in ("cases.undo", "cases.propose"):
            assert grant(role, name).scope == grant(role, "cases.move").scope
    for role in movers:
        assert grant(role, "proposals.confirm").scope == grant(role, "cases.move").scope


def test_a_role_bound_to_an_office_sees_only_what_is_its_own() -> None:
    own = {"own_facility", "own_station_referred", "own_office", "own_tree", "raised_to_own"}
    own |= {"own_court", "own_courts", "watched", "committee", "docketed", "asked", "at_court"}
    for role in OFFICE_KINDS:
        assert {grant(role, one.name).scope for one in ACTIONS} <= {"none", "reference"} | own
    for role in set(staff_roles()) - set(OFFICE_KINDS):
        # A role without an office has its tasks at the office that owns what belongs nowhere.
        assert {grant(role, one.name).scope for one in ACTIONS if one.record != "task"} <= {
            *("none", "province", "reference"),
        }


def test_actions_are_known_by_their_names() -> None:
    assert is_known("cases.read")
    assert is_known("health")
    assert not is_known("cases.burn")
    assert action("incidents.read").logged
    with pytest.raises(DeclarationError):
        action("health")


def test_no_field_stands_in_two_groups() -> None:
    for record in FIELDS:
        assert len(set(record_fields(record))) == len(record_fields(record))


@pytest.mark.parametrize(
    "line",
    [
        replace(LINE, role="nobody"),
        replace(LINE, role="feed"),
        replace(LINE, actions=("cases.burn",)),
        replace(LINE, actions=("cases.list", "cases.list")),
        replace(LINE, groups=("identity",)),
        replace(LINE, groups=("road", "gossip")),
        replace(LINE, scope="everywhere"),
        replace(LINE, scope="none"),
        replace(LINE, groups=()),
        replace(LINE, purpose=""),
        replace(LINE, actions=("incidents.list",), groups=("road", "identity")),
    ],
)
def test_a_line_that_makes_no_sense_stops_the_start(line: Line) -> None:
    with pytest.raises(DeclarationError):
        opened((line,))


def test_a_sound_line_opens_what_it_says() -> None:
    assert opened((LINE,))["auditor", "cases.list"].fields == FIELDS["case"]["road"]


def test_a_brief_holds_nothing_of_a_hospital_and_health_has_no_part_in_it() -> None:
    of_hospital = {
        name for record in ("message", "incident") for names in FIELDS[record].values() for name in names
    } - {"id", "case_ref", "state"}
    assert not of_hospital & set(record_fields("brief"))
    health = {
        *("facility_liaison", "facility_manager", "health_district_manager", "health_province_manager"),
        *("health_data_steward", "information_officer"),
    }
    for role in health:
        assert not [one.name for one in ACTIONS if one.record == "brief" and grant(role, one.name).fields]
        assert "brief" not in grant(role, "cases.read").fields
