"""Who was told of a case and who looked at it, over the API: page by page, and no more than the policy opens."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, text

from hectis_flow.api.schemas_log import NoticePage, ReadPage
from tests.api.people import People
from tests.api.province import Province
from tests.tables import one

pytestmark = pytest.mark.target("S1")


def test_the_log_of_reads_comes_page_by_page_and_grows_by_every_look(
    client: FlaskClient, people: People, province: Province, engine: Engine
) -> None:
    path = f"cases/{province.told['R'].ref}"
    for code in ("ks-1", "tbh-1", "ks-2"):
        assert people.get(client, code, path).status_code == 200
    first = people.get(client, "tbh-1", f"{path}/reads?limit=2").json
    assert not ReadPage().validate(first)
    assert [item["action"] for item in first["items"]] == ["cases.reads", "cases.read"]
    second = people.get(client, "tbh-1", f"{path}/reads?limit=2&cursor={first['next_cursor']}").json
    assert [item["role"] for item in second["items"]] == ["facility_liaison", "saps_liaison"]
    # The station is not told which hospital it was.
    own = people.get(client, "ks-1", f"{path}/reads").json["items"]
    assert {item["office"] for item in own} == {"khayelitsha-saps"}
    assert one(engine, "SELECT count(*) FROM read_log WHERE action = 'cases.reads'") == 3


def test_a_brief_and_an_incident_that_were_read_are_reads_of_their_case(
    client: FlaskClient, people: People, province: Province, engine: Engine
) -> None:
    told = province.told["R"]
    assert people.get(client, "tbh-1", f"incidents/{told.incident_id}").status_code == 200
    read = people.get(client, "tbh-1", f"cases/{told.ref}/reads").json["items"]
    assert [item["action"] for item in read] == ["cases.reads", "incidents.read"]


def test_a_notice_has_no_address_and_no_person(
    client: FlaskClient, people: People, province: Province, engine: Engine
) -> None:
    ref = province.told["R"].ref
    with engine.begin() as connection:
        connection.execute(
            text("""
            WITH point AS (
                INSERT INTO contact_point (staff_id, channel, rank, key_id, address_enc, address_blind)
                SELECT min(id), 'email', 1, 'k1', 'canary@station.invalid', 'b' FROM staff RETURNING id, staff_id
            )
            INSERT INTO delivery (event_id, case_id, kind, staff_id, office_id, role, channel, contact_point_id,
                sent_at, attempts)
            SELECT (SELECT min(id) FROM outbox WHERE case_id = c.id), c.id, 'task', point.staff_id, o.id,
                'saps_liaison', 'email', point.id, hectis_now(), 1
            FROM point, "case" c, office o WHERE c.ref = :ref AND o.code = 'khayelitsha-saps'
            """),
            {"ref": ref},
        )
    answer = people.get(client, "tbh-1", f"cases/{ref}/notices")
    assert not NoticePage().validate(answer.json)
    (notice,) = answer.json["items"]
    assert (notice["state"], notice["office"], notice["channel"]) == ("sent", "khayelitsha-saps", "email")
    assert set(notice) == {
        *("id", "office", "office_name", "role", "level", "channel", "attempts", "state", "queued_at"),
        *(
            "sent_at",
            "failed_at",
            "cancelled_at",
            "acknowledged_at",
            "held_until",
            "delivered_at",
            "opened_at",
        ),
        *("grade", "proof", "doubted"),
    }
    assert "canary" not in answer.text
