"""Moves of two people: one proposes, somebody else confirms, and whatever comes between is said."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from hectis_flow.domain.casework import Actor
from hectis_flow.domain.errors import HectisError, NotVisible
from hectis_flow.services import proposals, proposed, sealing, tokens
from hectis_flow.services.house import House
from hectis_flow.services.once import Answer, Writing
from hectis_flow.services.proposals import Held
from hectis_flow.storage import cases
from hectis_flow.storage import proposals as stored
from hectis_flow.storage.tokens import Bearer
from tests.notices import line, staffed
from tests.road import STATION, Road, roads
from tests.services.test_undo import later
from tests.tables import one, rows

OTHER = {"other_case": "WC-2026-000999", "reason": "same_incident"}


@dataclass
class Station:
    """A case that a station has acknowledged, and the station's people."""

    road: Road
    house: House
    secrets: Mapping[str, str]

    def writing(self, code: str, key: str | None = None) -> Writing:
        return Writing(self.secrets[code], "r-1", key)

    def propose(self, code: str, move: str = "link_existing", **details: str) -> int:
        answer = proposals.propose(
            self.house,
            self.writing(code),
            self.road.ref,
            move,
            details or (OTHER if move != "correct" else {}),
        )
        assert answer.status == 201
        return int(json.loads(answer.body)["id"])

    def listed(self, code: str) -> list[tuple[int, bool]]:
        found = proposed.listing(self.house, self.writing(code), None, 50)
        return [(one_["id"], one_["mine"]) for one_ in found]


@pytest.fixture
def station(house: House, clean: Engine) -> Station:
    staffed(
        house, line("kh-7", office=STATION), line("kh-8", office=STATION), line("hr-1", office="harare-saps")
    )
    (road,) = roads(house, clean)
    road.go("basis_recorded", disclosure_basis="consent_written")
    road.go("acknowledge", Actor("saps_liaison", None, "kh-7"))
    secrets = {code: tokens.create_for_staff(house, code, 1).secret for code in ("kh-7", "kh-8", "hr-1")}
    secrets["system"] = tokens.create(house, "saps_liaison", STATION, "a-system", 1).secret
    return Station(road, house, secrets)


def refused(code: str, act: Callable[[], Answer | int]) -> None:
    with pytest.raises(HectisError) as refusal:
        act()
    assert refusal.value.code == code


def open_tasks(engine: Engine) -> int:
    return int(one(engine, "SELECT count(*) FROM task WHERE kind = 'confirm_proposal' AND done_at IS NULL"))


def test_one_proposes_and_another_confirms(station: Station, clean: Engine) -> None:
    refused(
        "second_person_needed",
        lambda: station.road.go("link_existing", Actor("saps_liaison", None, "kh-7"), **OTHER),
    )
    number = station.propose("kh-7")
    assert station.road.stage == "acknowledged"
    assert open_tasks(clean) == 1
    assert station.listed("kh-7") == [(number, True)]
    assert station.listed("kh-8") == [(number, False)]
    assert station.listed("hr-1") == []
    with pytest.raises(NotVisible):
        proposals.confirm(station.house, station.writing("hr-1"), number)
    refused("same_person", lambda: proposals.confirm(station.house, station.writing("kh-7"), number))
    refused("same_person", lambda: proposals.refuse(station.house, station.writing("kh-7"), number))
    refused("no_person", lambda: proposals.confirm(station.house, station.writing("system"), number))

    answer = proposals.confirm(station.house, station.writing("kh-8"), number)

    assert json.loads(answer.body)["stage"] == "linked_existing"
    newest = rows(
        clean, "SELECT actor_role, actor, details FROM stage_transition ORDER BY version DESC LIMIT 1"
    )
    assert newest == [("saps_liaison", "kh-7", {**OTHER, "second": "kh-8"})]
    assert rows(clean, "SELECT decision, decided_by FROM proposal") == [("confirmed", "kh-8")]
    assert (open_tasks(clean), station.listed("kh-8")) == (0, [])
    refused("already_decided", lambda: proposals.confirm(station.house, station.writing("kh-8"), number))
    assert not list(sealing.verify(station.house))


def test_a_confirmation_that_is_asked_for_twice_happens_once(station: Station) -> None:
    number = station.propose("kh-7")
    writing = station.writing("kh-8", "a-key-of-mine")
    first = proposals.confirm(station.house, writing, number)
    again = proposals.confirm(station.house, writing, number)
    assert (first.body, first.replayed, again.replayed) == (again.body, False, True)


def test_what_could_not_be_made_is_not_proposed(station: Station) -> None:
    def propose(move: str, **details: str) -> Callable[[], int]:
        return lambda: station.propose("kh-7", move, **details)

    refused("second_not_needed", propose("open_cas", cas_number="77/01/2026"))
    refused("unknown_transition", propose("burn"))
    refused("role_not_allowed", propose("close_no_case", reason="no_appeal"))
    refused("missing_detail", propose("link_existing", reason="same_incident"))
    refused("unknown_reason", propose("link_existing", reason="other", other_case="WC-2026-000999"))
    refused("unknown_detail", propose("link_existing", **OTHER, second="kh-8"))
    refused("unknown_detail", propose("correct", reason="wrong_case", undoes="acknowledge"))
    refused("unknown_detail", propose("correct", reason="wrong_case", second="kh-8"))
    refused("no_person", lambda: station.propose("system"))
    with pytest.raises(NotVisible):
        station.propose("hr-1")


def test_a_case_that_moves_on_overtakes_what_was_proposed(station: Station, clean: Engine) -> None:
    number = station.propose("kh-7")
    station.road.go("return_for_info", Actor("saps_liaison", None, "kh-8"), reason="place_unclear")
    assert (station.listed("kh-8"), open_tasks(clean)) == ([], 0)

    refused("overtaken", lambda: proposals.confirm(station.house, station.writing("kh-8"), number))
    assert rows(clean, "SELECT decision FROM proposal") == [("overtaken",)]
    refused("overtaken", lambda: proposals.confirm(station.house, station.writing("kh-8"), number))
    assert station.road.stage == "returned_for_info"


def test_a_new_proposal_takes_the_place_of_one_that_was_overtaken(station: Station, clean: Engine) -> None:
    station.propose("kh-7")
    refused("already_proposed", lambda: station.propose("kh-8"))
    station.road.go("return_for_info", Actor("saps_liaison", None, "kh-8"), reason="place_unclear")
    station.propose("kh-7", "correct", reason="wrong_case")
    assert rows(clean, "SELECT decision FROM proposal ORDER BY id") == [("overtaken",), (None,)]


def test_a_proposal_is_refused_or_taken_back_and_the_case_stays(station: Station, clean: Engine) -> None:
    first = station.propose("kh-7")
    answer = proposals.refuse(station.house, station.writing("kh-8"), first)
    assert json.loads(answer.body)["decision"] == "refused"
    second = station.propose("kh-7")
    refused("not_yours", lambda: proposals.take_back(station.house, station.writing("kh-8"), second))
    proposals.take_back(station.house, station.writing("kh-7"), second)
    assert rows(clean, "SELECT decision, decided_by FROM proposal ORDER BY id") == [
        ("refused", "kh-8"),
        ("taken_back", "kh-7"),
    ]
    assert (station.road.stage, open_tasks(clean)) == ("acknowledged", 0)


def test_a_correction_is_proposed_and_confirmed_and_puts_the_case_back(
    station: Station, clean: Engine
) -> None:
    later(clean, "2 days")
    number = station.propose("kh-8", "correct", reason="wrong_case")
    assert station.listed("kh-7") == [(number, False)]
    proposals.confirm(station.house, station.writing("kh-7"), number)

    assert station.road.stage == "referred"
    newest = one(clean, "SELECT details FROM stage_transition ORDER BY version DESC LIMIT 1")
    assert newest == {"reason": "wrong_case", "second": "kh-7", "undoes": "acknowledge"}
    assert open_tasks(clean) == 0
    assert not list(sealing.verify(station.house))


def bearer(code: str, role: str, number: int = 1) -> Bearer:
    return Bearer(number, code, role, None, number, code)


def test_a_matter_lapses_by_two(house: House, clean: Engine) -> None:
    (road,) = roads(house, clean)
    road.on_roll().go("withdraw_6a", reason="docket_not_at_court", attributable_to="SAPS")
    reason = {"reason": "not_cured"}
    with house.transaction() as session:
        case = cases.lock_by_ref(session, road.ref)
        assert case is not None
        with pytest.raises(HectisError) as refusal:
            proposals.put(house, session, case, bearer("spp-1", "senior_public_prosecutor"), "lapse", reason)
    assert refusal.value.code == "too_early"
    later(clean, "600 days")
    with house.transaction() as session:
        case = cases.lock_by_ref(session, road.ref)
        assert case is not None
        made = proposals.put(
            house, session, case, bearer("spp-1", "senior_public_prosecutor"), "lapse", reason
        )
        proposal = stored.one(session, made["id"])
        assert proposal is not None
        chief = bearer("cp-1", "chief_prosecutor", 2)
        assert proposals.settle(house, session, Held(proposal, case), chief).stage == "lapsed"
    newest = rows(clean, "SELECT actor, details FROM stage_transition ORDER BY version DESC LIMIT 1")
    assert newest == [("spp-1", {**reason, "second": "cp-1"})]
    road.go("reopen_lapsed", reason="new_evidence")


def test_the_database_itself_asks_for_two_people(station: Station, clean: Engine) -> None:
    station.propose("kh-7")
    with pytest.raises(IntegrityError, match="two_people"), clean.begin() as connection:
        connection.execute(
            text("UPDATE proposal SET decided_at = now(), decided_by = 'kh-7', decision = 'confirmed'")
        )
