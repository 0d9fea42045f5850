"""Watching briefs over the API: the whole journey of one, by whom each step is made, and what the unit never sees."""

import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine

from hectis_flow.api.schemas_briefs import Brief, BriefPage, Imported, LetterText
from hectis_flow.domain.access import FIELDS
from hectis_flow.services import sealing
from hectis_flow.services.house import House
from tests.api.people import COURT_STAFF, STAFF, hire
from tests.api.province import CHIEF, COURT, POCS, STATION_S, Province, canaries
from tests.api.test_court import GONE, Walk
from tests.api.test_errors import error_of
from tests.tables import one

MORE = (
    ("cwb-2", "watching_brief_official", POCS),
    ("chief-1", "chief_prosecutor", CHIEF),
    ("chair-1", "committee_chair", "wc-committee"),
    ("sec-1", "committee_secretary", "wc-committee"),
)
# Every table of what a hospital knows, and every field that only it can have told.
OF_HOSPITAL = {
    *("incident", "incident_patient", "encounter", "patient", "inbound_message", "person_message"),
    *("disclosure", "legal_basis", "quality_item", "case_conflict", "precinct_choice", "suburb_precinct"),
}
HOSPITAL_FIELDS = {
    name.rpartition(".")[2]
    for record, groups in (("incident", FIELDS["incident"]), ("message", FIELDS["message"]))
    for names in groups.values()
    for name in names
} - {"id", "case_ref", "state", "reason", "role", "station"}


@pytest.fixture
def walk(client: FlaskClient, province: Province, house: House, engine: Engine) -> Walk:
    people = hire(house, engine, (*STAFF, *COURT_STAFF, *MORE))
    return Walk(client, people, engine, province.told["R"].ref)


class Desk:
    """The brief of the walk's case over HTTP; each call says who asks."""

    def __init__(self, walk: Walk) -> None:
        self.walk = walk
        self.id = one(walk.engine, "SELECT max(id) FROM watching_brief")

    def post(self, code: str, below: str, body: Any = None, key: str | None = None) -> Any:
        return self.walk.people.post(self.walk.client, code, f"briefs/{self.id}{below}", body, key)

    def get(self, code: str, below: str = "") -> Any:
        return self.walk.people.get(self.walk.client, code, f"briefs/{self.id}{below}")

    def brief(self, code: str) -> dict[str, Any]:
        answer = self.get(code)
        assert answer.status_code == 200
        found: dict[str, Any] = answer.json
        assert not Brief().validate(found)
        return found

    def seen(self, ahead: int = 0, **other: Any) -> dict[str, Any]:
        return {
            "court_date": self.walk.day(ahead),
            "outcome": "struck_off",
            "docket_at_court": "no",
            "causes": ["docket_not_at_court"],
            "attributable_to": "SAPS",
            "recommendation": "docket_to_court",
            **other,
        }


def test_a_brief_from_the_removal_to_the_return_to_the_roll(walk: Walk, house: House) -> None:
    walk.on_roll().go("kp-1", "strike_informal", **GONE)
    desk = Desk(walk)
    assert [each["id"] for each in walk.people.get(walk.client, "cwb-1", "briefs").json["items"]] == [desk.id]
    mine = walk.people.get(walk.client, "kp-1", "briefs?state=open&mine=true&trigger=removal").json
    assert not BriefPage().validate(mine)
    assert [each["case_ref"] for each in mine["items"]] == [walk.ref]
    assert walk.record("kd-1")["brief"]["id"] == desk.id
    for stranger in ("bp-1", "ks-9", "sec-1", "dd-1"):
        error_of(desk.get(stranger), 404, "not_found")
        error_of(desk.post(stranger, "/acknowledge"), 404, "not_found")

    # The official takes it; the prosecutor declines with one reason, and the senior one is asked at once.
    assert desk.post("cwb-1", "/acknowledge").json["official"] == "cwb-1"
    error_of(desk.post("kp-1", "/decline", {"reason": "I am tired"}), 422, "invalid")
    declined = desk.post("kp-1", "/decline", {"reason": "conflict_of_interest"}, key="key-of-decline")
    assert [each["role"] for each in declined.json["seats"]][1:] == ["prosecutor", "senior_public_prosecutor"]
    again = desk.post("kp-1", "/decline", {"reason": "conflict_of_interest"}, key="key-of-decline")
    assert (again.json, again.headers["Idempotency-Replayed"]) == (declined.json, "true")
    # A task of the queue says the same as the address of the brief.
    assert walk.done("kspp-1", "acknowledge_brief_senior").json["status"] == "done"
    assert desk.brief("kspp-1")["acknowledged_at"] is not None
    error_of(desk.post("kspp-1", "/acknowledge"), 409, "not_asked")

    # What was seen, and the letter to the station's commander.
    error_of(desk.post("cwb-1", "/observations", desk.seen(causes=["bad mood"])), 422, "invalid")
    error_of(desk.post("cwb-1", "/observations", desk.seen(attributable_to="nobody")), 422, "invalid")
    noted = desk.post("cwb-1", "/observations", desk.seen())
    assert noted.status_code == 201
    letter = desk.post("cwb-1", "/letters", {"to": "saps", "recommendation": "reenrol"}).json["letters"][0]
    assert (letter["role"], letter["office"], letter["causes"]) == (
        *("station_commander", STATION_S, ["docket_not_at_court"]),
    )
    path = f"/letters/{letter['id']}"
    assert not LetterText().validate(desk.get("ks-9", path).json)
    assert desk.get("ks-9", f"{path}/pdf").mimetype == "application/pdf"
    error_of(desk.get("kp-1", path), 404, "not_found")
    assert "triggers" not in desk.brief("ks-9")
    by_reason = walk.people.get(walk.client, "ks-9", "briefs?trigger=removal")
    error_of(by_reason, 403, "not_allowed")
    assert desk.brief("kp-1")["letters"] == []
    answer = {"answer": "done", "ref": "SAPS/14/2026", "date": walk.day(0)}
    error_of(desk.post("ks-9", f"{path}/reply", {"answer": "done", "ref": "SAPS/14/2026"}), 422, "invalid")
    error_of(desk.post("ks-9", f"{path}/reply", {**answer, "ref": "0821234567"}), 422, "invalid")
    error_of(desk.post("kd-1", f"{path}/reply", answer), 409, "not_addressed")
    assert desk.post("ks-9", f"{path}/reply", answer).json["letters"][0]["answer"] == "done"

    assert walk.go("kd-1", "request_reenrolment", reason="all_cured") == "reenrolment_requested"
    assert walk.go("kspp-1", "reenrol", court_case_no="B78/2026", next_date=walk.day(9)) == "reenrolled"
    brief = desk.brief("cwb-1")
    assert brief["closed_reason"] == "back_on_roll"
    error_of(desk.post("cwb-1", "/close", {"reason": "finalised"}), 409, "brief_closed")
    assert not list(sealing.verify(house))


def test_a_matter_is_watched_by_hand_and_rows_of_the_form_are_taken_over(walk: Walk) -> None:
    walk.on_roll()
    for code in ("ks-1", "kd-1", "bp-1", "sec-1", "gsh-1"):
        error_of(walk.people.post(walk.client, code, "briefs", {"case": walk.ref}), 404, "not_found")
    made = walk.people.post(walk.client, "chair-1", "briefs", {"case": walk.ref})
    assert (made.status_code, made.json["triggers"]) == (201, ["by_hand"])
    assert "cas_number" in walk.people.get(walk.client, "chair-1", f"briefs/{made.json['id']}").json
    seen = {"court_date": walk.day(0), "outcome": "postponed", "docket_at_court": "yes"}
    body = {"rows": [{"court": COURT, "court_case_no": "B77/2026", **seen}, {"case_ref": "WC-1", **seen}]}
    for apply, verdict in ((False, "would_add"), (True, "added"), (True, "already_there")):
        answer = walk.people.post(walk.client, "cwb-2", "briefs/import", {**body, "apply": apply})
        assert not Imported().validate(answer.json)
        assert [each["verdict"] for each in answer.json["rows"]] == [verdict, "refused"]
    error_of(walk.people.post(walk.client, "kp-1", "briefs/import", body), 403, "not_allowed")
    too_many = {"rows": body["rows"] * 101}
    error_of(walk.people.post(walk.client, "cwb-1", "briefs/import", too_many), 422, "invalid")
    error_of(
        walk.people.post(walk.client, "cwb-1", "briefs/import", {"rows": [{"name": "x"}]}), 422, "invalid"
    )


def test_the_unit_sees_nothing_of_a_hospital_on_any_address(
    app: Flask, walk: Walk, province: Province, engine: Engine
) -> None:
    walk.on_roll().go("kp-1", "strike_342a", **GONE)
    desk = Desk(walk)
    desk.post("cwb-1", "/acknowledge")
    desk.post("cwb-1", "/observations", desk.seen())
    letter = desk.post("cwb-1", "/letters", {"to": "npa", "recommendation": "none"}).json["letters"][0]["id"]
    ids: dict[str, list[Any]] = {
        "cases": [walk.ref],
        "briefs": [desk.id],
        "incidents": [told.incident_id for told in province.told.values()],
        "messages": [told.message_id for told in province.told.values()],
        "tasks": [one(engine, "SELECT max(id) FROM task")],
        "proposals": [1],
    }
    walked = 0
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or not rule.rule.startswith("/api/v1/"):
            continue
        noun = rule.rule.split("/")[3]
        if noun == "offices":
            continue  # the directory, the same for everybody and of no case
        for key in ids.get(noun, [1]):
            path = re.sub("<.*?letter_id>", str(letter), rule.rule)
            path = re.sub("<[^>]*>", str(key), path)
            answer = walk.client.get(path, headers=walk.people.header("cwb-1"))
            said = answer.get_data().decode("utf-8", "replace")
            walked += 1
            assert not HOSPITAL_FIELDS & set(fields_of(answer.json if answer.is_json else {})), path
            for told in "ABR":
                assert not [mark for mark in canaries(told).values() if mark in said], path
            assert not re.search(r"tygerberg|groote-schuur|sharp_object|X99", said), path
    assert walked > 12


def fields_of(value: Any) -> list[str]:
    """Every name of a field in an answer, however deep."""
    if isinstance(value, dict):
        return [*value, *(name for inner in value.values() for name in fields_of(inner))]
    return [name for inner in value for name in fields_of(inner)] if isinstance(value, list) else []


def test_the_sql_of_briefs_names_no_table_of_a_hospital() -> None:
    storage = Path(__file__).resolve().parents[2] / "hectis_flow" / "storage"
    files = [*storage.glob("brief*.py"), storage / "reading_briefs.py"]
    assert len(files) >= 5
    for path in files:
        said = set(re.findall(r"\b(?:FROM|JOIN|INTO|UPDATE)\s+\"?([a-z_]+)", path.read_text()))
        assert not said & OF_HOSPITAL, path.name
        assert not re.search(r"facility|encounter|triage|mechanism|incident|patient", path.read_text()), (
            path.name
        )
