"""From an opened CAS to the roll, off it and back, over the API: by whom each step is made, seen and refused."""

import json
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from hectis_flow.api.schemas import Case, CasePage
from hectis_flow.api.schemas_work import Standing
from hectis_flow.services import sealing
from hectis_flow.services.house import House
from tests.api.people import COURT_STAFF, STAFF, People, hire
from tests.api.province import COURT, NPA, OTHER_NPA, Province
from tests.api.test_errors import error_of
from tests.tables import one, rows

CHARGES = "1=attempted_murder,firearm_possession;2=attempted_murder"
GONE = {"reason": "docket_not_at_court", "attributable_to": "SAPS"}
# What no prosecutor and no official of the watching brief may ever read of this province's patient.
OF_HOSPITAL = ("tygerberg", "X99", "assault", "sharp", "incident", "Canary")


class Walk:
    """One case over HTTP; each call says who asks."""

    def __init__(self, client: FlaskClient, people: People, engine: Engine, ref: str) -> None:
        self.client, self.people, self.engine, self.ref = client, people, engine, ref

    def go(self, code: str, move: str, **details: str) -> Any:
        """Where the case then stands, or the code of the refusal."""
        answer = self.post(code, "/moves", {"move": move, "details": details})
        return answer.json["stage"] if answer.status_code == 200 else answer.json["error"]["code"]

    def post(self, code: str, below: str, body: Any) -> TestResponse:
        return self.people.post(self.client, code, f"cases/{self.ref}{below}", body)

    def get(self, code: str, below: str = "") -> TestResponse:
        return self.people.get(self.client, code, f"cases/{self.ref}{below}")

    def record(self, code: str) -> dict[str, Any]:
        """The whole case as this person sees it."""
        found: dict[str, Any] = self.get(code).json
        assert not Case().validate(found)
        return found

    def moves(self, code: str) -> dict[str, dict[str, Any]]:
        """What this person may do now, by move."""
        shown = self.get(code, "/moves").json
        assert not Standing().validate(shown)
        return {one["move"]: one for one in shown["moves"]}

    def item(self, code: str, kind: str) -> int:
        """The number of something awaited, as this person sees it."""
        return next(int(one["id"]) for one in self.record(code)["awaited"] if one["kind"] == kind)

    def task(self, code: str, kind: str) -> int:
        tasks = self.people.get(self.client, code, "tasks").json["items"]
        return next(int(task["id"]) for task in tasks if task["kind"] == kind)

    def done(self, code: str, kind: str) -> TestResponse:
        return self.people.post(self.client, code, f"tasks/{self.task(code, kind)}/complete")

    def day(self, ahead: int) -> str:
        today = one(self.engine, "SELECT (hectis_now() AT TIME ZONE 'Africa/Johannesburg')::date")
        return str(today + timedelta(days=ahead))

    def notes(self) -> list[dict[str, Any]]:
        """What the ledger keeps of what was noted."""
        found = rows(self.engine, "SELECT body FROM ledger_entry WHERE kind = 'note' ORDER BY id")
        return [json.loads(row[0]) for row in found]

    # --- stretches ---

    def cas_opened(self) -> "Walk":
        month = one(self.engine, "SELECT to_char(hectis_now() AT TIME ZONE 'Africa/Johannesburg', 'MM/YYYY')")
        assert self.go("ks-1", "acknowledge") == "acknowledged"
        assert self.go("ks-1", "open_cas", cas_number=f"41/{month}") == "case_opened"
        return self

    def submitted(self) -> "Walk":
        self.cas_opened()
        assert self.go("kd-1", "investigate", officer="kh-io-1") == "under_investigation"
        assert self.go("kd-1", "submit_docket", court=COURT) == "to_prosecutor"
        return self

    def on_roll(self) -> "Walk":
        self.submitted()
        details = {"court": COURT, "court_case_no": "B77/2026", "next_date": self.day(2), "charges": CHARGES}
        assert self.go("kp-1", "enrol", **details) == "enrolled"
        assert self.go("kp-1", "place_on_roll", next_date=self.day(14)) == "on_roll"
        return self


@pytest.fixture
def walk(client: FlaskClient, province: Province, house: House, engine: Engine) -> Walk:
    people = hire(house, engine, (*STAFF, *COURT_STAFF))
    return Walk(client, people, engine, province.told["R"].ref)


def test_a_case_goes_from_the_cas_to_the_roll_and_is_seen_by_those_whose_it_is(walk: Walk) -> None:
    walk.cas_opened()
    assert walk.get("kp-1").status_code == 404
    for stranger in ("dd-1", "bp-1", "cwb-1"):
        assert walk.get(stranger).status_code == 404
    assert walk.go("kd-1", "investigate", officer="kh-io-1") == "under_investigation"
    assert walk.go("kd-1", "submit_docket", court=COURT) == "to_prosecutor"
    assert walk.get("kp-1").status_code == 200
    for stranger in ("bp-1", "cwb-1", "dd-1"):
        error_of(walk.get(stranger), 404, "not_found")
        error_of(walk.post(stranger, "/moves", {"move": "enrol"}), 404, "not_found")
    assert "enrol" in walk.moves("kp-1")

    details = {"court": COURT, "court_case_no": "B77/2026", "next_date": walk.day(2), "charges": CHARGES}
    assert walk.go("kd-1", "enrol", **details) == "role_not_allowed"
    assert walk.go("kp-1", "enrol", **details) == "enrolled"
    case = walk.record("kp-1")
    assert case["docket"]["cas_station"] == "khayelitsha-saps"
    assert case["court"] == {"court": COURT, "court_case_no": "B77/2026", "next_date": walk.day(2)}
    assert [(each["accused"], each["count"], each["offence"]) for each in case["charges"]] == [
        (1, 1, "attempted_murder"),
        (1, 2, "firearm_possession"),
        (2, 1, "attempted_murder"),
    ]


def test_a_strike_off_is_seen_by_the_watching_brief_without_a_word_of_the_hospital(
    walk: Walk, engine: Engine, house: House
) -> None:
    walk.on_roll()
    assert walk.get("cwb-1").status_code == 404
    assert walk.go("kp-1", "strike_342a", **GONE) == "struck_342a"

    case = walk.record("cwb-1")
    (removal,) = case["removals"]
    assert (removal["way_out"], removal["cause"], removal["attributable_to"]) == (
        *("struck_342a", "docket_not_at_court", "SAPS"),
    )
    assert {each["kind"] for each in case["awaited"]} == {
        *("removal_saps", "removal_heard_npa", "watching_brief", "brief_prosecutor"),
    }
    for code in ("cwb-1", "kp-1"):
        said = walk.get(code).text + walk.people.get(walk.client, code, "cases").text
        assert not [word for word in OF_HOSPITAL if word.lower() in said.lower().replace("attempted", "")]
    assert not {"j88", "opened_at", "conflict", "station", "facility", "history"} & set(case)
    error_of(walk.get("cwb-1", "/moves"), 404, "not_found")
    listed = walk.people.get(walk.client, "cwb-1", "cases").json
    assert not CasePage().validate(listed)
    assert [each["ref"] for each in listed["items"]] == [walk.ref]
    assert one(engine, "SELECT count(*) FROM read_log WHERE role = 'watching_brief_official'") == 2
    assert not list(sealing.verify(house))


def test_what_was_struck_under_s342a_comes_back_on_a_paper_that_is_given_once(
    walk: Walk, house: House, engine: Engine
) -> None:
    walk.on_roll().go("kp-1", "strike_342a", **GONE)
    assert walk.go("kd-1", "request_reenrolment", reason="all_cured") == "reenrolment_requested"
    back = {
        "court_case_no": "B78/2026",
        "next_date": walk.day(30),
    }  # far enough that nothing is asked before it yet
    assert walk.go("kspp-1", "reenrol", **back) == "dpp_instruction_missing"

    item = walk.item("dpp-1", "dpp_instruction")
    path, paper = f"/items/{item}", {"dpp_ref": "DPP/7", "dpp_date": walk.day(0)}
    error_of(
        walk.people.post(walk.client, "dpp-1", f"tasks/{walk.task('dpp-1', 'instruct_342a')}/complete"),
        409,
        "reference_needed",
    )
    error_of(walk.post("dpp-1", path, {"ending": "instructed"}), 409, "reference_needed")
    error_of(walk.post("dpp-1", path, {"ending": "instructed", "dpp_ref": "DPP/7"}), 422, "invalid")
    error_of(
        walk.post("dpp-1", path, {"ending": "instructed", **paper, "dpp_date": walk.day(1)}),
        409,
        "dpp_date_ahead",
    )
    error_of(walk.post("dpp-1", path, {"ending": "cured", **paper}), 409, "other_ending")
    error_of(walk.post("kspp-1", path, {"ending": "instructed", **paper}), 404, "not_found")
    assert walk.post("dpp-1", path, {"ending": "instructed", **paper}).status_code == 200
    error_of(walk.post("dpp-1", path, {"ending": "instructed", **paper}), 409, "already_done")

    assert walk.go("kspp-1", "reenrol", **back) == "reenrolled"
    (told,) = rows(engine, "SELECT details FROM stage_transition WHERE transition = 'reenrol'")[0]
    assert (told["dpp_ref"], told["dpp_date"]) == ("DPP/7", paper["dpp_date"])
    assert [note for note in walk.notes() if note["note"] == "item"][-1] == {
        "note": "item",
        "item": item,
        "kind": "dpp_instruction",
        "code": None,
        "ending": "instructed",
        **paper,
    }
    assert not list(sealing.verify(house))
    # The watching brief hears that it is back, and settles both by its tasks.
    for kind in ("acknowledge_brief", "note_back_on_roll"):
        assert walk.done("cwb-1", kind).json["status"] == "done"
    assert walk.record("cwb-1")["awaited"] == []


def test_a_task_that_a_move_ends_names_the_move(walk: Walk) -> None:
    walk.on_roll().go("kp-1", "strike_342a", **GONE)
    error = error_of(walk.done("kd-1", "cure_removal"), 409, "ends_by_move")
    assert "request_reenrolment" in str(error["message"])
    assert walk.done("kspp-1", "read_removal_npa").json["status"] == "done"
    assert walk.go("kd-1", "request_reenrolment", reason="all_cured") == "reenrolment_requested"
    error = error_of(walk.done("kspp-1", "decide_reenrolment"), 409, "ends_by_move")
    assert "refuse_reenrolment" in str(error["message"])


def test_a_docket_that_lacks_something_comes_again_when_each_item_is_cured(walk: Walk) -> None:
    walk.submitted()
    details = {"reason": "report_outstanding", "items": "ballistic_report,witness_statement"}
    assert walk.go("kp-1", "return_docket", **details) == "returned_to_saps"
    assert walk.moves("kd-1")["resubmit_docket"]["lacks"] == ["items_cured"]
    assert walk.go("kd-1", "resubmit_docket") == "items_outstanding"

    first, second = (
        each["id"] for each in walk.record("kd-1")["awaited"] if each["kind"] == "outstanding_item"
    )
    error_of(walk.post("kd-1", f"/items/{first}", {"ending": "noted"}), 409, "other_ending")
    error_of(walk.post("ks-1", f"/items/{first}", {"ending": "cured"}), 404, "not_found")
    body = {"ending": "cured", "dpp_ref": "X1", "dpp_date": walk.day(0)}
    error_of(walk.post("kd-1", f"/items/{first}", body), 409, "reference_not_taken")
    assert walk.post("kd-1", f"/items/{first}", {"ending": "cured"}).status_code == 200
    assert walk.moves("kd-1")["resubmit_docket"]["lacks"] == ["items_cured"]
    shown = walk.post("kd-1", f"/items/{second}", {"ending": "cured"}).json
    assert {each["move"]: each["lacks"] for each in shown["moves"]}["resubmit_docket"] == []
    assert walk.go("kd-1", "resubmit_docket") == "to_prosecutor"


def test_twenty_accused_are_enrolled_together(walk: Walk) -> None:
    walk.submitted()
    laid = ";".join(f"{accused}=murder,firearm_possession" for accused in range(1, 21))
    details = {"court": COURT, "court_case_no": "B77/2026", "next_date": walk.day(2), "charges": laid}
    assert walk.go("kp-1", "enrol", **details) == "enrolled"
    assert len(walk.record("kp-1")["charges"]) == 40


def test_charges_laid_in_error_are_shown_no_more(walk: Walk) -> None:
    walk.submitted()
    details = {"court": COURT, "court_case_no": "B77/2026", "next_date": walk.day(2), "charges": CHARGES}
    walk.go("kp-1", "enrol", **details)
    assert walk.record("kp-1")["charges"]
    assert walk.people.post(walk.client, "kp-1", f"cases/{walk.ref}/undo").status_code == 200

    assert walk.record("kp-1")["charges"] == []
    assert "decline_to_prosecute" in walk.moves("kp-1")


def test_what_is_shown_are_moves_that_some_charge_can_make(walk: Walk) -> None:
    walk.submitted()
    shown = walk.moves("kp-1")
    assert {"enrol", "return_docket", "decline_to_prosecute", "divert", "abate"} == set(shown)
    assert "murder" in shown["enrol"]["codes"]["charges"]
    assert shown["enrol"]["forms"]["charges"]
    details = {"court": COURT, "court_case_no": "B77/2026", "next_date": walk.day(2), "charges": CHARGES}
    walk.go("kp-1", "enrol", **details)
    walk.go("kp-1", "place_on_roll", next_date=walk.day(14))
    shown = walk.moves("kp-1")
    assert {"withdraw_6a", "strike_342a", "plead", "abate"} <= set(shown)
    assert (shown["abate"]["second"], shown["plead"]["second"]) == (True, False)
    assert "SAPS" in shown["strike_342a"]["codes"]["attributable_to"]
    assert walk.go("kp-1", "abate", reason="accused_deceased") == "second_person_needed"

    # One pleads, the other matter is struck off: each charge can make its own moves.
    assert walk.go("kp-1", "plead", plea="not_guilty", of="1") == "pleaded"
    assert walk.go("kp-1", "strike_342a", of="2", **GONE) == "pleaded"
    shown = walk.moves("kp-1")
    assert "begin_trial" in shown
    assert not {"withdraw_6a", "plead", "reenrol"} & set(shown)
    assert walk.go("kp-1", "strike_342a", of="1", **GONE) == "wrong_stage"
    assert walk.go("kp-1", "postpone", reason="witness_absent", next_date=walk.day(20)) == "postponed"
    assert walk.moves("kp-1")["call_again"]["to_stages"] == ["on_roll", "pleaded", "trial", "judgment"]
    assert walk.moves("kspp-1")["lapse"]["lacks"] == ["lapse_due"]
    assert walk.record("kp-1")["postponements"]["days_lost"] == 20


def test_an_arrest_sets_the_forty_eight_hours_from_when_it_was(walk: Walk, engine: Engine) -> None:
    at = one(engine, "SELECT hectis_now() - interval '10 hours'").isoformat()
    body = {"at": at, "how": "arrest"}
    error_of(walk.post("ks-1", "/arrests", body), 409, "no_cas_number")
    error_of(walk.post("ks-1", "/cas-verification", {"verified": True}), 409, "no_cas_number")
    walk.cas_opened()
    assert walk.post("ks-1", "/cas-verification", {"verified": True}).status_code == 200
    error_of(walk.post("kd-1", "/arrests", {**body, "at": "2199-01-01"}), 409, "date_ahead")
    error_of(walk.post("kd-1", "/arrests", {**body, "at": "2019-01-01"}), 409, "too_long_ago")
    error_of(walk.post("kd-1", "/arrests", {**body, "how": "stroll"}), 422, "invalid")
    for each in (body, {**body, "how": "summons"}):
        assert walk.post("kd-1", "/arrests", each).status_code == 200
    case = walk.record("ks-1")
    (item,) = case["awaited"]
    assert (item["kind"], item["role"]) == ("first_appearance", "detective_commander")
    assert one(
        engine, "SELECT due_at - started_at FROM clock WHERE item_id = :id", id=item["id"]
    ) == timedelta(hours=48)
    assert one(engine, "SELECT started_at FROM clock WHERE item_id = :id", id=item["id"]).isoformat() == at
    assert (case["docket"]["arrests"], case["docket"]["verified_by_saps"]) == (2, True)
    assert [note["note"] for note in walk.notes()] == ["cas_verified", "arrest", "arrest"]
    walk.go("kd-1", "investigate", officer="kh-io-1")
    walk.go("kd-1", "submit_docket", court=COURT)
    details = {"court": COURT, "court_case_no": "B1/2026", "next_date": walk.day(0), "charges": "1=arson"}
    assert walk.go("kp-1", "enrol", **details) == "enrolled"
    assert walk.record("kp-1")["awaited"] == []


def test_a_j88_is_completed_by_its_facility_and_collected_by_the_station(walk: Walk) -> None:
    walk.cas_opened()
    error_of(walk.post("tbh-1", "/j88", {"state": "completed"}), 409, "no_docket")
    walk.go("kd-1", "investigate", officer="kh-io-1")
    error_of(walk.post("ks-1", "/j88", {"state": "collected"}), 409, "not_completed")
    error_of(walk.post("ks-1", "/j88", {"state": "completed"}), 409, "role_not_allowed")
    error_of(walk.post("gsh-1", "/j88", {"state": "completed"}), 404, "not_found")
    assert walk.post("tbh-1", "/j88", {"state": "completed"}).status_code == 200
    error_of(walk.post("tbh-1", "/j88", {"state": "completed"}), 409, "already_done")
    state = walk.record("ks-1")["j88"]
    assert state["completed_at"]
    assert state["collect_by"]
    assert walk.done("ks-1", "collect_j88").json["status"] == "done"
    state = walk.record("tbh-1")["j88"]
    assert state["collected_at"]
    assert state["collect_by"] is None
    error_of(walk.post("ks-1", "/j88", {"state": "collected"}), 409, "not_completed")


def test_a_note_is_written_once_a_key(walk: Walk, engine: Engine) -> None:
    walk.cas_opened()
    path, body = f"cases/{walk.ref}/arrests", {"at": "2026-01-01T10:00:00Z", "how": "warrant"}
    body["at"] = one(engine, "SELECT hectis_now()").isoformat()
    first, second = (
        walk.people.post(walk.client, "kd-1", path, body, key="once-and-for-all") for _ in range(2)
    )
    assert first.json == second.json
    assert second.headers["Idempotency-Replayed"] == "true"
    assert one(engine, "SELECT count(*) FROM arrest") == 1


def test_a_case_is_found_by_its_numbers(walk: Walk) -> None:
    walk.on_roll()
    number = walk.record("kp-1")["docket"]["cas_number"]

    def found(code: str, query: str) -> list[str]:
        answer = walk.people.get(walk.client, code, f"cases?{query}")
        assert answer.status_code == 200, answer.text
        return [each["ref"] for each in answer.json["items"]]

    for query in (f"cas={number}", "court_case_no=B77/2026", f"court={COURT}", "stage=on_roll"):
        assert found("kp-1", query) == [walk.ref]
        assert found("bp-1", query) == []
    for query in ("cas=42/01/2026", "court_case_no=B78/2026", "court=bellville-court", "stage=trial"):
        assert found("kp-1", query) == []
    for query in ("cas=1", "cas=1/13/2026", "court_case_no=a%20b"):
        error_of(walk.people.get(walk.client, "kp-1", f"cases?{query}"), 422, "invalid")


def test_a_hospital_reads_the_stages_of_a_docket_and_none_of_its_details(walk: Walk) -> None:
    walk.on_roll().go("kp-1", "strike_342a", **GONE)
    history = {move["transition"]: move for move in walk.record("tbh-1")["history"]}
    assert history["basis_recorded"]["details"] == {"disclosure_basis": "consent_written"}
    assert history["open_cas"]["details"]["cas_number"]
    assert (history["strike_342a"]["to_stage"], history["strike_342a"]["details"]) == ("struck_342a", {})
    assert history["enrol"]["details"] == {}


def test_moves_that_take_two_people_are_refused_to_one(walk: Walk) -> None:
    assert walk.go("ks-1", "acknowledge") == "acknowledged"
    assert walk.moves("ks-1")["link_existing"]["second"] is True
    details = {"other_case": "WC-2026-000001", "reason": "same_incident"}
    assert walk.go("ks-1", "link_existing", **details) == "second_person_needed"


def test_the_offices_of_the_npa_have_escalations_and_people_on_duty(walk: Walk) -> None:
    walk.submitted()
    assert walk.people.get(walk.client, "kp-1", "escalations").status_code == 200
    office = walk.people.get(walk.client, "kp-1", f"offices/{NPA}").json
    assert {post["role"] for post in office["on_duty"]} == {"prosecutor", "senior_public_prosecutor"}
    assert walk.people.get(walk.client, "kp-1", f"offices/{OTHER_NPA}").status_code == 200
    assert walk.task("kp-1", "decide_docket")
