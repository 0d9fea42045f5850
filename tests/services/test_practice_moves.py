"""Moves of practice cases, made as whoever is on duty: the same door, the same refusals."""

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine

from hectis_flow.commands import practice as command
from hectis_flow.domain.errors import NotVisible, TransitionRefused
from hectis_flow.practice.staff import staff_the_province
from hectis_flow.services import practice_moves
from hectis_flow.services.house import House
from tests.road import COURT, Road, roads


@pytest.fixture
def road(house: House, clean: Engine) -> Road:
    staff_the_province(house)
    return roads(house, clean)[0]


def test_whoever_is_on_duty_makes_the_move(road: Road) -> None:
    road.go("basis_recorded", disclosure_basis="consent_written")

    moved = practice_moves.make(road.house, road.ref, "acknowledge", {})

    assert moved == ("khayelitsha-saps.liaison", None, "acknowledged")


def test_what_takes_two_is_made_by_two(road: Road) -> None:
    road.go("basis_recorded", disclosure_basis="consent_written")
    practice_moves.make(road.house, road.ref, "acknowledge", {})

    details = {"other_case": "WC-2026-000999", "reason": "same_incident"}
    moved = practice_moves.make(road.house, road.ref, "link_existing", details)

    assert (moved.by, moved.stage) == ("khayelitsha-saps.liaison", "linked_existing")
    assert moved.second in {"khayelitsha-saps.commander", "khayelitsha-saps.detectives"}


def test_the_prosecutors_are_those_of_the_court(road: Road) -> None:
    road.investigated().go("submit_docket", court=COURT)
    details = {"court": COURT, "court_case_no": "B1/2026", "next_date": road.day(5), "charges": "1=murder"}

    assert practice_moves.make(road.house, road.ref, "enrol", details).by == "khayelitsha-npa.prosecutor"


def test_it_is_refused_as_for_anybody(road: Road) -> None:
    with pytest.raises(TransitionRefused):
        practice_moves.make(road.house, road.ref, "enrol", {})
    with pytest.raises(NotVisible):
        practice_moves.make(road.house, "WC-2026-999999", "acknowledge", {})


def test_the_command_says_who_made_it_and_where_the_case_stands(
    road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "house", lambda: road.house)
    road.go("basis_recorded", disclosure_basis="consent_written")
    runner = CliRunner()

    said = runner.invoke(command.practice, ["move", road.ref, "acknowledge"])
    assert (said.exit_code, said.output.count(road.ref)) == (0, 1)
    assert "khayelitsha-saps.liaison made the move" in said.output
    wrong = runner.invoke(command.practice, ["move", road.ref, "open_cas", "95/1/2026"])
    assert (wrong.exit_code, "name=value" in wrong.output) == (2, True)
