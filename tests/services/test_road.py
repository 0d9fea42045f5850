"""The funnel: what it counts is what the raw moves say, and it says what it means."""

import json
from collections import Counter
from datetime import timedelta

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine, text

from hectis_flow.commands import road as command
from hectis_flow.domain.casework import Actor
from hectis_flow.domain.errors import NotVisible
from hectis_flow.services import casework, escalation, practice, road
from hectis_flow.services.house import House
from tests.notices import LIAISON, STATION, referred
from tests.road import PROSECUTOR, roads
from tests.segments import CODED, adt
from tests.services.test_undo import back
from tests.tables import rows, take_in

SAPS = Actor("saps_liaison", None, "hr-1")
KEPT = {"reason": "consent_refused"}
GONE = {"reason": "docket_not_at_court", "attributable_to": "SAPS"}
CONSENT = {"disclosure_basis": "consent_written"}


@pytest.fixture
def busy(house: House, clean: Engine) -> House:
    """Nine cases: two wait for a basis, three are referred, two acknowledged, one anonymous, one back from its end."""
    refs = referred(house, clean, 5)
    for ref in refs[:2]:
        casework.move(house, ref, "acknowledge", SAPS)
    for number in range(4):
        raw = adt("A08", f"w-{number}", CODED, codes=["X99.4"], folder=f"WF{number}", visit=f"WV{number}")
        take_in(house, raw)
    waiting = [
        ref for (ref,) in rows(clean, "SELECT ref FROM \"case\" WHERE stage = 'awaiting_basis' ORDER BY id")
    ]
    for ref in waiting[:2]:
        casework.move(house, ref, "keep_anonymous", LIAISON, KEPT)
    practice.age(house, waiting[0], timedelta(days=400))
    while escalation.sweep(house):
        pass
    casework.move(house, waiting[0], "reopen_anonymous", LIAISON, CONSENT)
    return house


def seen(house: House, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> Result:
    monkeypatch.setattr(command, "house", lambda: house)
    return CliRunner().invoke(command.road, arguments)


def test_it_counts_what_the_raw_moves_say(busy: House, clean: Engine) -> None:
    raw = rows(clean, "SELECT case_id, from_stage, to_stage FROM stage_transition ORDER BY case_id, version")

    found = road.look(busy)

    assert {stop.stage.name: stop.now.cases for stop in found.stops if stop.now.cases} == Counter(
        {case: to for case, _, to in raw}.values()
    )
    assert {stop.stage.name: stop.reached for stop in found.stops if stop.reached} == Counter(
        to for _, to in {(case, to) for case, _, to in raw}
    )
    ends = {stop.stage.name for stop in found.stops if stop.stage.end}
    assert found.back.moves == sum(source in ends for _, source, _ in raw) == 1
    assert (found.cases, found.at_an_end, found.back.cases) == (9, 0, 1)


def test_it_says_who_is_late_and_how_long_they_stand(busy: House, clean: Engine) -> None:
    ref = rows(clean, "SELECT ref FROM \"case\" WHERE stage = 'referred' ORDER BY id")[0][0]
    practice.age(busy, ref, timedelta(days=20))
    while escalation.sweep(busy):
        pass

    now = next(stop.now for stop in road.look(busy).stops if stop.stage.name == "referred")

    assert (now.cases, now.overdue, now.climbed) == (3, 1, 1)
    assert 0 < now.median_seconds <= now.longest_seconds


def test_one_hospital_or_one_station_has_a_road_of_its_own(busy: House) -> None:
    station = road.look(busy, station=STATION)
    assert station.cases == 5
    assert road.look(busy, station="mitchells-plain-saps").cases == 0
    assert road.look(busy, facility="khayelitsha-hospital").cases == 9
    with pytest.raises(NotVisible):
        road.look(busy, station="nowhere")


@pytest.mark.parametrize(
    ("facility", "station"), [(STATION, None), (None, "khayelitsha-hospital"), ("nowhere", None)]
)
def test_an_office_of_another_kind_has_no_road(
    house: House, clean: Engine, facility: str | None, station: str | None
) -> None:
    with pytest.raises(NotVisible):
        road.look(house, facility, station)


def test_the_command_draws_the_stages_that_cases_reached_and_what_came_back(
    busy: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = seen(busy, monkeypatch)

    assert said.exit_code == 0, said.output
    lines = said.output.splitlines()
    assert "9 cases, 9 on the road, 0 at an end" in lines[0]
    table = {line.strip().partition("  ")[0]: line.split() for line in lines if line.startswith("  ")}
    assert table["Awaiting a legal basis"][4:6] == ["9", "2"]
    assert "Voided" not in said.output
    assert "Back from an end: 1 case, once" in lines[-1]
    assert max(map(len, lines)) <= 100


def test_what_was_taken_back_was_not_reached_and_did_not_come_back(house: House, clean: Engine) -> None:
    (tried,) = roads(house, clean)
    tried.on_roll().go("plead", plea="not_guilty")
    tried.go("begin_trial", next_date=tried.day(20))
    tried.go("discharge_174", reason="no_evidence")
    back(tried, PROSECUTOR)

    found = road.look(house)
    reached = {stop.stage.name: stop.reached for stop in found.stops}
    assert (reached["trial"], reached["discharged_174"]) == (1, 0)
    assert found.back.moves == 0
    tried.go("discharge_174", reason="no_evidence")
    assert {stop.stage.name: stop.reached for stop in road.look(house).stops}["discharged_174"] == 1


def test_removals_are_counted_by_cause_and_by_what_came_of_them(
    house: House, clean: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    back, off, mixed = roads(house, clean, 3)
    for one in (back, off, mixed):
        one.on_roll()
    back.go("withdraw_6a", reason="complainant_withdrew", attributable_to="witness")
    off.go("strike_informal", **GONE)
    mixed.go("strike_informal", of="1.1", **GONE)
    with clean.begin() as connection:
        connection.execute(text("UPDATE removal SET removed_at = removed_at - interval '30 days'"))
    back.go("request_reenrolment", reason="all_cured")
    back.go("reenrol", court_case_no="B9/2026", next_date=back.day(3))
    practice.age(house, mixed.ref, timedelta(days=60))

    found = road.look(house)

    assert [(one.cause, one.removed, one.back, one.open) for one in found.by_cause] == [
        ("docket_not_at_court", 2, 0, 2),
        ("complainant_withdrew", 1, 1, 0),
    ]
    assert (found.removed.removed, found.removed.back, found.removed.ended, found.removed.open) == (
        3,
        1,
        0,
        2,
    )
    assert 30 <= (found.removed.median_seconds or 0) / 86_400 < 31
    # Several clocks of one case are late, and it counts once.
    late = {stop.stage.name: stop.now.overdue for stop in found.stops if stop.now.overdue}
    assert late == {"on_roll": 1}

    said = seen(house, monkeypatch)
    lines = {line.strip().partition("  ")[0]: line.split() for line in said.output.splitlines()}
    assert lines["complainant_withdrew"] == ["complainant_withdrew", "1", "1", "30", "d", "0", "0"]
    assert "Voided" in seen(house, monkeypatch, "--all").output
    assert json.loads(seen(house, monkeypatch, "--json").output)["removed"]["open"] == 2


def test_a_program_gets_seconds_and_a_new_province_a_sentence(
    house: House, clean: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "No case yet" in seen(house, monkeypatch).output
    referred(house, clean)

    figures = json.loads(seen(house, monkeypatch, "--json").output)

    assert figures["stages"]["referred"]["cases"] == 1
    assert figures["back"]["moves"] == 0
