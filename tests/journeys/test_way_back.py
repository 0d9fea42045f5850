"""The way back: a case struck off the roll is told to both sides and to the watching brief, and told again when it is back."""

from typing import Any

import pytest

from hectis_flow.services import sealing
from tests.journeys.town import ADULT, LIAISON, Town
from tests.tables import one, rows

DETECTIVE, SENIOR, BRIEFS = (
    "harare-saps.detectives",
    "khayelitsha-npa.senior",
    "wc-pocs.briefs",
)
COURT = "khayelitsha-court"
# How long after the move each letter of a kind was taken by the mail server.
SECONDS = """
    SELECT max(extract(epoch FROM d.sent_at - t.at))
    FROM delivery d JOIN outbox o ON o.id = d.event_id JOIN task k ON k.id = o.subject_id
    JOIN stage_transition t ON t.case_id = d.case_id AND t.transition = :move
    WHERE o.event = 'task.opened' AND k.kind = ANY(:kinds)
"""
HEARD = """
    SELECT s.code FROM delivery d JOIN staff s ON s.id = d.staff_id JOIN outbox o ON o.id = d.event_id
    JOIN task k ON k.id = o.subject_id
    WHERE o.event = 'task.opened' AND k.kind = ANY(:kinds) AND d.sent_at IS NOT NULL
"""


class People:
    """Everybody who moves one case, with a token each."""

    def __init__(self, town: Town, ref: str) -> None:
        self.town, self.ref = town, ref
        self.tokens = {
            "facility_liaison": town.token(
                "facility_liaison", "khayelitsha-hospital", "khayelitsha-hospital.liaison"
            ),
            "saps_liaison": town.token("saps_liaison", "harare-saps", LIAISON),
            "detective_commander": town.token("detective_commander", "harare-saps", DETECTIVE),
            "prosecutor": town.token("prosecutor", "khayelitsha-npa", "khayelitsha-npa.prosecutor"),
            "senior_public_prosecutor": town.token("senior_public_prosecutor", "khayelitsha-npa", SENIOR),
        }

    def move(self, role: str, move: str, **details: str) -> Any:
        """One move, over HTTP; where the case then stands."""
        body = {"move": move, "details": details}
        return self.town.post(self.tokens[role], f"cases/{self.ref}/moves", **body)["stage"]


@pytest.fixture
def people(town: Town) -> People:
    town.hurt("1", ADULT)
    return People(town, town.case_of("1"))


def day(town: Town, ahead: int) -> str:
    query = "SELECT ((hectis_now() AT TIME ZONE 'Africa/Johannesburg')::date + :ahead)::text"
    return str(one(town.engine, query, ahead=ahead))


def test_a_strike_off_and_a_return_to_the_roll_are_told_within_a_minute(town: Town, people: People) -> None:
    number = one(town.engine, "SELECT to_char(hectis_now() AT TIME ZONE 'Africa/Johannesburg', 'MM/YYYY')")
    people.move("facility_liaison", "basis_recorded", disclosure_basis="consent_written")
    people.move("saps_liaison", "acknowledge")
    people.move("saps_liaison", "open_cas", cas_number=f"95/{number}")
    people.move("detective_commander", "investigate", officer="harare-io-1")
    people.move("detective_commander", "submit_docket", court=COURT)
    people.move(
        *("prosecutor", "enrol"),
        court=COURT,
        court_case_no="B12/2026",
        next_date=day(town, 2),
        charges="1=attempted_murder,firearm_possession",
    )
    people.move("prosecutor", "place_on_roll", next_date=day(town, 14))
    struck = {"reason": "docket_not_at_court", "attributable_to": "SAPS"}
    assert people.move("prosecutor", "strike_informal", **struck) == "struck_informal"
    town.settled()

    kinds = ["cure_removal", "read_removal_npa", "acknowledge_brief"]
    assert {row[0] for row in rows(town.engine, HEARD, kinds=kinds)} == {DETECTIVE, SENIOR, BRIEFS}
    assert {DETECTIVE, SENIOR, BRIEFS} <= {to for to, _ in town.letters(people.ref)}
    assert one(town.engine, SECONDS, move="strike_informal", kinds=kinds) <= 60

    people.move("detective_commander", "request_reenrolment", reason="all_cured")
    again = {"court_case_no": "B12/2026", "next_date": day(town, 9)}
    assert people.move("senior_public_prosecutor", "reenrol", **again) == "reenrolled"
    town.settled()
    assert one(town.engine, SECONDS, move="reenrol", kinds=["note_back_on_roll"]) <= 60
    assert rows(town.engine, "SELECT ending, requests FROM removal") == [("re_enrolled", 1)]
    assert not list(sealing.verify(town.house))
