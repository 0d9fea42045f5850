"""The committee at its table, for tests over the API: its people, and a case that nobody answered."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from hectis_flow.commands.reference import SEATS, read_seats
from hectis_flow.services import committee, escalation, practice
from hectis_flow.services.house import House
from tests.api.people import COURT_STAFF, STAFF, People, hire
from tests.api.province import STATION_S, Province
from tests.tables import one

COMMITTEE_STAFF = (
    ("cc-1", "committee_chair", "wc-committee"),
    ("cs-1", "committee_secretary", "wc-committee"),
    ("ps-1", "provincial_saps", "wc-saps"),
    ("agu-1", "anti_gang_unit", "wc-agu"),
    ("agu-2", "anti_gang_unit", "wc-agu"),
    ("kp-2", "prosecutor", "khayelitsha-npa"),
    ("st-1", "facility_manager", "groote-schuur-hospital"),
)


@dataclass
class Table:
    """The committee; each call says who asks."""

    client: FlaskClient
    people: People
    engine: Engine
    house: House
    ref: str

    def post(self, code: str, path: str, body: Any = None, key: str | None = None) -> TestResponse:
        return self.people.post(self.client, code, path, body, key)

    def get(self, code: str, path: str) -> TestResponse:
        return self.people.get(self.client, code, path)

    def done(self, code: str, path: str, body: Any = None) -> dict[str, Any]:
        answer = self.post(code, path, body)
        assert answer.status_code in {200, 201}, answer.text
        found: dict[str, Any] = answer.json
        return found

    def refused(self, code: str, path: str, body: Any = None) -> str:
        answer = self.post(code, path, body)
        assert answer.status_code >= 400, answer.text
        return str(answer.json["error"]["code"])

    def day(self, ahead: int) -> str:
        today: date = one(self.engine, "SELECT (hectis_now() AT TIME ZONE 'Africa/Johannesburg')::date")
        return (today + timedelta(days=ahead)).isoformat()

    def agenda(self) -> dict[str, Any]:
        answer = self.get("cs-1", "agenda")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json
        return found

    def meets(self, ahead: int = 0) -> int:
        """A meeting that is open."""
        number = int(self.done("cs-1", "meetings", {"held_on": self.day(ahead)})["id"])
        self.done("cs-1", f"meetings/{number}/open")
        return number

    def decides(self, by: str = "cc-1", **changed: Any) -> int:
        """A decision about the case, of the station's commander, unless it says otherwise."""
        body = {"kind": "assign_people", "case": self.ref, "office": STATION_S, "due_on": self.day(10)}
        wanted = {name: value for name, value in (body | changed).items() if value is not None}
        return int(self.done(by, "decisions", wanted)["id"])

    def tasks(self, code: str) -> list[str]:
        return [task["kind"] for task in self.get(code, "tasks").json["items"]]

    def state(self, number: int) -> str:
        return str(self.get("cs-1", f"decisions/{number}").json["state"])


def at_table(client: FlaskClient, province: Province, house: House, engine: Engine) -> Table:
    """Everybody of the province and the committee with its seats; nobody has answered the referral for months."""
    people = hire(house, engine, (*STAFF, *COURT_STAFF, *COMMITTEE_STAFF))
    committee.load_seats(house, read_seats(SEATS))
    ref = province.told["R"].ref
    practice.age(house, ref, timedelta(days=90))
    escalation.sweep(house)
    return Table(client, people, engine, house, ref)
