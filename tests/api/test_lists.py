"""Lists go from the newest backwards, page by page, and filter as they say."""

from urllib.parse import urlencode

import marshmallow
from flask.testing import FlaskClient
from sqlalchemy import Engine, text

from hectis_flow.api import schemas
from tests.api.province import FACILITY_A, FACILITY_B, STATION_S, STATION_T, Province

STEWARD = ("health_data_steward", None)
PAGES = {
    "messages": (schemas.MessagePage, schemas.Message),
    "incidents": (schemas.IncidentPage, schemas.Incident),
    "cases": (schemas.CasePage, schemas.Case),
}


def pages(client: FlaskClient, province: Province, path: str) -> list[list[int]]:
    """The ids on every page, following the links."""
    found: list[list[int]] = []
    while path:
        answer = province.get(client, STEWARD, path)
        found.append([item["id"] for item in answer.json["items"]])
        link = answer.headers.get("Link", "")
        assert bool(link) == (answer.json["next_cursor"] is not None)
        path = link.partition(">")[0].removeprefix("<")
    return found


def test_pages_follow_each_other_without_gap_or_double(client: FlaskClient, province: Province) -> None:
    everything = pages(client, province, "/api/v1/messages")[0]
    assert everything == sorted(everything, reverse=True)
    for limit in (1, 2, 3, 4):
        found = pages(client, province, f"/api/v1/messages?limit={limit}")
        assert [one for page in found for one in page] == everything
        assert {len(page) for page in found[:-1]} <= {limit}
        assert found[-1]


def test_a_page_goes_on_where_it_ended_when_newer_records_come_in(
    client: FlaskClient, province: Province, engine: Engine
) -> None:
    first = province.get(client, STEWARD, "/api/v1/messages?limit=2").json
    with engine.begin() as connection:
        connection.execute(
            text(
                """
                INSERT INTO inbound_message (channel, peer, source_app, source_facility, control_id, digest,
                    message_type, event, size, key_id, raw_enc, ack_code)
                VALUES ('file', '', '', '', 'new', '\\x01', 'ADT', 'A08', 1, 'k1', '\\x01', 'AA')
                """
            )
        )
    query = urlencode({"limit": 2, "cursor": first["next_cursor"]})
    second = province.get(client, STEWARD, f"/api/v1/messages?{query}").json
    seen = [item["control_id"] for page in (first, second) for item in page["items"]]
    assert seen == ["P", "R", "B", "A"]


def test_the_link_keeps_the_filters(client: FlaskClient, province: Province) -> None:
    found = pages(client, province, f"/api/v1/incidents?facility={FACILITY_B}&limit=1")
    told = province.told
    assert found == [[told["R"].incident_id], [told["B"].incident_id]]


FILTERED = (
    ("messages", {"state": "parked"}, "P"),
    ("messages", {"state": "parked", "reason": "unknown_facility"}, "P"),
    ("messages", {"reason": "nothing"}, ""),
    ("messages", {"facility": FACILITY_A}, "A"),
    ("messages", {"facility": "no-such-place"}, ""),
    ("messages", {"from": "2100-01-01"}, ""),
    ("messages", {"from": "2020-01-01", "to": "2100-01-01T00:00:00+02:00"}, "ABPR"),
    ("incidents", {"intent": "assault", "mechanism": "sharp_object"}, "ABR"),
    ("incidents", {"intent": "undetermined"}, ""),
    ("incidents", {"station": STATION_T}, "B"),
    # Happened on 1 March at 20:00 in South Africa: a date begins and ends at midnight there.
    ("incidents", {"from": "2026-03-01", "to": "2026-03-02"}, "ABR"),
    ("incidents", {"from": "2026-03-01T18:00:00Z"}, "ABR"),
    ("incidents", {"from": "2026-03-01T18:00:01Z"}, ""),
    ("incidents", {"to": "2026-03-01T20:00:00+02:00"}, ""),
    ("cases", {"stage": "recorded"}, "AB"),
    ("cases", {"stage": "referred"}, "R"),
    ("cases", {"stage": "voided"}, ""),
    ("cases", {"phase": "hospital", "station": STATION_S}, "A"),
    ("cases", {"phase": "saps"}, "R"),
    ("cases", {"facility": FACILITY_B, "to": "2100-01-01"}, "BR"),
)


def test_a_filter_keeps_what_fits_it(client: FlaskClient, province: Province) -> None:
    for noun, query, letters in FILTERED:
        by_key: dict[int | str, str] = {province.parked_id: "P"} if noun == "messages" else {}
        for letter, told in province.told.items():
            keys = {"messages": told.message_id, "incidents": told.incident_id, "cases": told.ref}
            by_key[keys[noun]] = letter
        items = province.get(client, STEWARD, f"/api/v1/{noun}?{urlencode(query)}").json["items"]
        found = {by_key[item["ref" if noun == "cases" else "id"]] for item in items}
        assert found == set(letters), (noun, query)


def test_what_is_served_is_what_the_documentation_says(client: FlaskClient, province: Province) -> None:
    for noun, (page, record) in PAGES.items():
        for caller in (STEWARD, ("facility_liaison", FACILITY_A)):
            answer = province.get(client, caller, f"/api/v1/{noun}").json
            page(unknown=marshmallow.RAISE).load(answer)
            item = answer["items"][-1]
            single = province.get(
                client, caller, f"/api/v1/{noun}/{item['ref' if noun == 'cases' else 'id']}"
            )
            record(unknown=marshmallow.RAISE).load(single.json)


def test_times_carry_their_offset(client: FlaskClient, province: Province) -> None:
    case = province.get(client, STEWARD, f"/api/v1/cases/{province.told['A'].ref}").json
    assert case["incident"]["happened_at"] == "2026-03-01T18:00:00+00:00"
    assert case["opened_at"].endswith("+00:00")


def test_a_case_tells_how_it_came_to_stand_where_it_stands(client: FlaskClient, province: Province) -> None:
    case = province.get(
        client, ("facility_liaison", FACILITY_A), f"/api/v1/cases/{province.told['A'].ref}"
    ).json
    assert (case["stage"], case["phase"], case["version"]) == ("recorded", "hospital", 1)
    assert case["owner_office"] == FACILITY_A
    assert [(move["transition"], move["from_stage"]) for move in case["history"]] == [("open", None)]
    assert len(bytes.fromhex(case["ledger_head"])) == 32
    assert case["sealed"] is False


def test_a_patient_is_named_to_the_own_facility(client: FlaskClient, province: Province) -> None:
    path = f"/api/v1/incidents/{province.told['A'].incident_id}"
    patient = province.get(client, ("facility_liaison", FACILITY_A), path).json["patients"][0]
    assert patient["name"] == {"family": "CanaryAfamily", "given": "CanaryAgiven", "middle": ""}
    assert patient["residence"] == {"street": "1 CanaryA Street", "suburb": "Mitchells Plain"}
    assert patient["codes"] == ["X99.4"]
    assert patient["quality"] == ["no_assault_time"]
    assert patient["place_address"] is None


BRIEF, LETTER = "/api/v1/briefs/{brief_id}", "/{letter_id}"
CREATED = {
    *("/api/v1/cases/{ref}/proposals", "/api/v1/briefs"),
    *(f"{BRIEF}/observations", f"{BRIEF}/letters"),
}


def test_the_description_of_the_api_is_openapi_3_1(client: FlaskClient) -> None:
    described = client.get("/api/openapi.json").json
    assert described["openapi"].startswith("3.1")
    assert set(described["paths"]) == {
        *("/api/v1/messages", "/api/v1/messages/{message_id}"),
        *("/api/v1/incidents", "/api/v1/incidents/{incident_id}"),
        *("/api/v1/cases", "/api/v1/cases/{ref}", "/api/v1/cases/{ref}/moves"),
        *(f"/api/v1/cases/{{ref}}/{part}" for part in ("precinct", "referral", "disclosures")),
        *(f"/api/v1/cases/{{ref}}/{part}" for part in ("notices", "reads")),
        *(f"/api/v1/cases/{{ref}}/{note}" for note in ("cas-verification", "arrests", "j88", "countdown")),
        *("/api/v1/cases/{ref}/items/{item_id}", "/api/v1/cases/{ref}/undo", "/api/v1/cases/{ref}/proposals"),
        "/api/v1/proposals",
        "/api/v1/countdown",
        *(f"/api/v1/proposals/{{proposal_id}}/{what}" for what in ("confirm", "refuse", "take-back")),
        *("/api/v1/cases/{ref}/snooze", "/api/v1/cases/{ref}/unsnooze", "/api/v1/bulk", "/api/v1/load"),
        *(
            "/api/v1/cases/{ref}/gang-flag",
            *(f"/api/v1/cases/{{ref}}/gang-flag/{what}" for what in ("renew", "lift")),
        ),
        *("/api/v1/balance", "/api/v1/links", "/api/v1/staff/{code}/ways", "/api/v1/staff/{code}/unpark"),
        *(
            "/api/v1/digests",
            *(f"/api/v1/digests/{{digest_id}}{more}" for more in ("", "/acknowledge", "/pack.pdf")),
        ),
        *("/api/v1/agenda", "/api/v1/agenda/matters", "/api/v1/agenda/{matter_id}/take-back"),
        *(
            "/api/v1/meetings",
            "/api/v1/meetings/{meeting_id}",
            "/api/v1/decisions",
            "/api/v1/decisions/{decision_id}",
        ),
        *(
            f"/api/v1/meetings/{{meeting_id}}/{what}"
            for what in ("open", "attendance", "close", "minutes", "minutes.pdf")
        ),
        *(
            f"/api/v1/decisions/{{decision_id}}/{what}"
            for what in ("confirm", "drop", "report", "accept", "send-back")
        ),
        *("/api/v1/tasks", "/api/v1/escalations", "/api/v1/offices", "/api/v1/offices/{code}"),
        *(f"/api/v1/tasks/{{task_id}}/{what}" for what in ("claim", "release", "reassign", "complete")),
        *("/api/v1/briefs", "/api/v1/briefs/import", BRIEF),
        *(f"{BRIEF}/{what}" for what in ("acknowledge", "decline", "redirect", "observations", "close")),
        *(f"{BRIEF}/letters{what}" for what in ("", LETTER, f"{LETTER}/pdf", f"{LETTER}/reply")),
    }
    made = ("{ref}/proposals", "{ref}/gang-flag", "/meetings", "/decisions", "/agenda/matters")
    for name, path in described["paths"].items():
        for method in {"get", "post"} & set(path):
            done = "201" if method == "post" and (name.endswith(made) or name in CREATED) else "200"
            assert {done, "401", "503"} <= set(path[method]["responses"])
        if "post" in path and name != "/api/v1/messages":
            assert "Idempotency-Key" in {one.get("name") for one in path["post"]["parameters"]}
            assert {"404", "409", "422"} <= set(path["post"]["responses"])
    assert described["components"]["schemas"]["Error"]["properties"]["error"]
