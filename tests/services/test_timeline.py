"""One case in the terminal: where it stands, what it waits for, its story; and nothing of the patient."""

import re
from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine

from hectis_flow.commands import case as command
from hectis_flow.domain.casework import Actor
from hectis_flow.domain.errors import NotVisible
from hectis_flow.services import casework, escalation, practice, timeline
from hectis_flow.services.house import House
from hectis_flow.storage.offices import id_of
from tests.notices import STATION, delivered, line, planned, reaching, referred, staffed
from tests.road import roads
from tests.sinks import Calls, Mails, options_for
from tests.tables import rows


@pytest.fixture
def post(house: House, clean: Engine, mails: Mails, calls: Calls) -> House:
    return reaching(house, options_for(mails, calls))


def shown(house: House, ref: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(command, "house", lambda: house)
    said = CliRunner().invoke(command.case, ["show", ref])
    assert said.exit_code == 0, said.output
    return said.output


def test_it_tells_where_the_case_stands_and_all_that_happened_in_order(
    post: House, clean: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    staffed(post, line("hr-1"), line("hr-9", "station_commander"))
    (ref,) = referred(post, clean)
    planned(post)
    delivered(post)
    practice.age(post, ref, timedelta(days=3))
    while escalation.sweep(post):
        pass

    said = shown(post, ref.lower(), monkeypatch)

    assert f"{ref}  Referred (SAPS referral)" in said
    assert "precinct   Harare" in said
    assert ", overdue" in said
    assert re.search(r"next       cluster_commander at .+ is told", said)
    assert "task       acknowledge_referral for saps_liaison, not opened" in said
    assert "may come   acknowledge, by saps_liaison" in said
    story = said.split("\n\n")[1]
    order = [
        "Recorded",
        "Classified",
        "Awaiting a legal basis",
        "Ready to refer",
        "Referred",
        "fields sent to",
        "L0",
        "L1",
    ]
    places = [story.index(word) for word in order]
    assert places == sorted(places)
    assert "notice to saps_liaison at harare-saps, email: sent" in story
    assert not re.search(r"X99|sharp|Person|invalid|assault", said)


def test_it_follows_the_case_to_its_end(post: House, clean: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    (ref,) = referred(post, clean)
    with post.transaction() as session:
        station = id_of(session, STATION)
    saps = Actor("saps_liaison", station, "hr-1")
    casework.move(post, ref, "acknowledge", saps)
    month = rows(clean, "SELECT to_char(hectis_now() AT TIME ZONE 'Africa/Johannesburg', 'MM/YYYY')")[0][0]
    casework.move(post, ref, "open_cas", saps, {"cas_number": f"7/{month}"})

    said = shown(post, ref, monkeypatch)

    assert "clock      docket_assignment" in said
    assert "may come   investigate, by saps_liaison or detective_commander (needs officer)" in said
    assert "Harare CAS 7/" in said
    told = timeline.tell(post, ref)
    moves = [one.what for one in told.story if one.kind == "move"]
    assert moves == [to for (to,) in rows(clean, "SELECT to_stage FROM stage_transition ORDER BY version")]


def test_it_tells_of_docket_court_charges_and_what_is_awaited_beside_them(
    house: House, clean: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    (walked,) = roads(house, clean)
    walked.on_roll()
    walked.go("plead", plea="not_guilty", of="1.1")
    walked.go("strike_342a", of="1.2", reason="docket_not_at_court", attributable_to="SAPS")

    said = shown(house, walked.ref, monkeypatch)

    assert f"court      Khayelitsha Magistrate's Court, matter B{walked.ref[-6:]}/2026" in said
    assert re.search(r"docket     kh-io-1 since .+, not yet verified", said)
    assert re.search(r"charge     1\.1 attempted_murder: Pleaded, pleaded not_guilty .+, in court", said)
    assert "charge     1.2 firearm_possession: Struck off (s342A(3)(c))" in said
    assert re.search(r"removed    Struck off .+: docket_not_at_court \(SAPS\); open", said)
    assert "awaited    Removed from the roll: SAPS to cure: detective_commander at Khayelitsha, due" in said
    assert "may come   begin_trial" in said
    assert "may come   reinvestigate" in said
    story = said.split("\n\n")[1]
    assert "    charges 1.1, 1.2: Enrolled → On the roll" in story
    assert story.index("charge 1.1: On the roll → Pleaded") < story.index("charge 1.2: On the roll → Struck")


def test_a_case_without_an_accused_is_said_to_be_enrolled_or_to_end(
    house: House, clean: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    (walked,) = roads(house, clean)
    walked.investigated().go("submit_docket", court="khayelitsha-court")
    said = shown(house, walked.ref, monkeypatch)
    assert "may come   enrol" in said
    assert "may come   abate" in said  # whoever was to be charged may have died


def test_a_number_that_no_case_has_is_refused_with_a_sentence(house: House, clean: Engine) -> None:
    with pytest.raises(NotVisible, match="no such case"):
        timeline.tell(house, "WC-1999-000001")
