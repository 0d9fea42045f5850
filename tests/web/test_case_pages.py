"""The pages of one case: what each role may note and see of it, and that nothing is shown that is not theirs."""

import re
from collections.abc import Callable

import pytest
from sqlalchemy import Engine

from hectis_flow.services.house import House
from tests.api.people import COURT_STAFF, STAFF, People, hire
from tests.api.province import STATION_S, Province, canaries
from tests.road import Road, roads
from tests.tables import one, rows
from tests.web.conftest import Browser

Browsers = Callable[[], Browser]
HOSPITAL = "khayelitsha-hospital"  # of every case of `roads`
CREW = (
    *STAFF,
    *COURT_STAFF,
    ("kh-1", "facility_liaison", HOSPITAL),
    ("kh-2", "facility_liaison", HOSPITAL),
    ("io-1", "information_officer", "wc-health-data"),
    ("au-1", "auditor", "wc-health-data"),
)


@pytest.fixture
def crew(house: House, clean: Engine) -> People:
    return hire(house, clean, CREW)


@pytest.fixture
def road(house: House, clean: Engine, crew: People) -> Road:
    """A case that waits for a legal basis."""
    return roads(house, clean)[0]


def test_the_docket_is_kept_from_the_page_of_its_case(road: Road, browser: Browsers, clean: Engine) -> None:
    road.investigated()
    mine, path = browser().practise("ks-1"), f"/cases/{road.ref}"
    assert "not looked up in CAS yet" in mine.get(path).text
    assert mine.post(f"{path}/cas", verified="yes").location == f"{path}?did=cas"
    page = mine.get(f"{path}?did=cas").text
    assert "found in CAS" in page
    assert "Noted in the docket." in page
    for sent in (
        {"how": "arrest"},
        {"how": "arrest", "at": "soon"},
        {"how": "theft", "at": "2026-01-02T10:00"},
    ):
        assert mine.post(f"{path}/arrests", **sent).status_code == 422
    ahead = mine.post(f"{path}/arrests", how="arrest", at="2199-01-02T10:00")
    assert ahead.status_code == 409
    assert 'role="alert"' in ahead.text
    at = f"{road.day(-1)}T10:00"
    assert mine.post(f"{path}/arrests", how="arrest", at=at).location == f"{path}?did=arrest"
    assert one(clean, "SELECT count(*) FROM arrest") == 1
    assert "Bring a case to its first appearance" in mine.get(path).text


def test_a_j88_goes_from_the_hospital_to_the_station(road: Road, browser: Browsers, clean: Engine) -> None:
    hospital, station = browser().practise("kh-1"), browser().practise("ks-1")
    path = f"/cases/{road.ref}"
    assert "J88" not in hospital.get(path).text.split("<main", 1)[1]
    road.investigated()
    assert "The J88 is ready to be collected" in hospital.get(path).text
    assert "The J88 is collected" not in station.get(path).text
    assert station.post(f"{path}/j88", state="collected").status_code == 409
    assert hospital.post(f"{path}/j88", state="completed").location == f"{path}?did=j88_completed"
    assert "waits to be collected" in station.get(path).text
    assert station.post(f"{path}/j88", state="collected").location == f"{path}?did=j88_collected"
    assert one(clean, "SELECT j88_collected_at IS NOT NULL FROM docket")
    assert station.post(f"{path}/j88", state="nonsense").status_code == 422


def test_what_came_back_has_an_owner_a_day_and_a_button_for_whoever_owes_it(
    road: Road, browser: Browsers, clean: Engine
) -> None:
    road.investigated().go("submit_docket", court="khayelitsha-court")
    road.go("return_docket", items=f"j88:{road.day(5)}", reason="report_outstanding")
    item = one(clean, "SELECT id FROM item WHERE kind = 'outstanding_item' AND settled_at IS NULL")
    detective, liaison = browser().practise("kd-1"), browser().practise("ks-1")
    path = f"/cases/{road.ref}"
    page = detective.get(path).text
    assert "Complete an item of a docket: J88" in page
    assert "Detective commander" in page
    assert f"{path}/items/{item}" in page
    assert f"{path}/items/{item}" not in liaison.get(path).text
    assert liaison.post(f"{path}/items/{item}", ending="cured").status_code == 404
    assert detective.post(f"{path}/items/{item}", ending="noted").status_code == 409
    assert detective.post(f"{path}/items/{item}", ending="cured").location == f"{path}?did=settled"
    assert one(clean, "SELECT ending FROM item WHERE id = :id", id=item) == "cured"


def test_a_clock_is_put_off_and_goes_on(road: Road, browser: Browsers, clean: Engine) -> None:
    road.go("basis_recorded", disclosure_basis="consent_written")
    road.go("acknowledge")
    mine, path = browser().practise("ks-1"), f"/cases/{road.ref}"
    page = mine.get(path).text
    clock = re.search(r'name="clock" value="([a-z_]+)"', page)
    assert clock
    sent = {"clock": clock.group(1), "reason": "awaiting_hospital", "until": road.day(7)}
    assert mine.post(f"{path}/put-off", **(sent | {"until": ""})).status_code == 422
    assert mine.post(f"{path}/put-off", **(sent | {"until": road.day(200)})).status_code == 409
    assert mine.post(f"{path}/put-off", **sent).location == f"{path}?did=put_off"
    page = mine.get(path).text
    assert "Awaiting hospital" in page
    assert f'action="{path}/put-off"' not in page
    assert mine.post(f"{path}/go-on", clock=clock.group(1)).location == f"{path}?did=go_on"
    assert one(clean, "SELECT ended_at IS NOT NULL FROM snooze")


def test_what_takes_two_people_waits_for_the_second_and_is_done_by_them(
    road: Road, browser: Browsers
) -> None:
    first, second, path = browser().practise("kh-1"), browser().practise("kh-2"), f"/cases/{road.ref}"
    first.get(path)
    made = first.post(
        f"{path}/moves", move="basis_recorded", with_disclosure_basis="court_order", with_document_ref="CO/1"
    )
    assert made.location == f"{path}?did=proposed"
    assert road.stage == "awaiting_basis"
    number = re.search(rf"{path}/proposals/([0-9]+)/take_back", first.get(path).text)
    assert number
    confirm = f"{path}/proposals/{number.group(1)}/confirm"
    assert confirm not in first.get(path).text
    assert first.post(confirm).status_code == 409
    assert confirm in second.get(path).text
    assert road.ref in second.get("/facility").text
    assert second.post(confirm).location == f"{path}?did=confirm"
    assert road.stage == "referred"


def test_the_referral_shows_the_station_what_was_sent_and_is_logged(
    people: People, province: Province, browser: Browsers, engine: Engine
) -> None:
    ref = province.told["R"].ref
    station, hospital = browser().practise("ks-1"), browser().practise("tbh-1")
    page = station.get(f"/cases/{ref}/referral").text
    assert canaries("R")["family"] in page
    assert canaries("R")["number"] not in page
    assert canaries("R")["family"] not in page.split("<main", 1)[0]
    assert "stays with you" not in page
    assert "What stays with you" in hospital.get(f"/cases/{ref}/referral").text
    assert [row[0] for row in rows(engine, "SELECT role FROM read_log WHERE action = 'cases.referral'")] == [
        "saps_liaison",
        "facility_liaison",
    ]
    for other in (browser().practise("df-1"), browser().practise("gsh-1")):
        assert other.get(f"/cases/{ref}/referral").status_code == 404
    assert "Written consent" in hospital.get(f"/cases/{ref}/disclosures").text.replace(
        "The patient&#39;s written consent", "Written consent"
    )
    assert station.get(f"/cases/{ref}/disclosures").status_code == 404
    assert one(engine, "SELECT count(*) FROM read_log WHERE action = 'cases.disclosures'") == 1


def test_the_patient_is_named_to_the_own_hospital_alone(
    people: People, province: Province, browser: Browsers, engine: Engine
) -> None:
    ref = province.told["R"].ref
    page = browser().practise("tbh-1").get(f"/cases/{ref}/patient").text
    assert canaries("R")["family"] in page
    assert one(engine, "SELECT count(*) FROM read_log WHERE action = 'incidents.read'") == 1
    for code in ("ks-1", "gsh-1"):
        shown = browser().practise(code).get(f"/cases/{ref}/patient")
        assert shown.status_code == 404
        assert canaries("R")["family"] not in shown.text


def test_notices_say_whom_they_reached_and_nobodys_address(
    road: Road, browser: Browsers, house: House, clean: Engine
) -> None:
    mine, path = browser().practise("ks-1"), f"/cases/{road.ref}/notices"
    road.go("basis_recorded", disclosure_basis="consent_written")
    assert "Nobody was told of this case yet." in mine.get(path).text
    told(road, clean, STATION_S, "saps_liaison", "sent_at = hectis_now(), attempts = 2")
    told(road, clean, STATION_S, "station_commander", "gave_up_at = hectis_now(), attempts = 5, level = 1")
    told(road, clean, "khayelitsha-npa", "prosecutor", "attempts = 0")
    told(road, clean, HOSPITAL, "facility_liaison", "cancelled_at = hectis_now()")
    page = mine.get(path).text.split("<main", 1)[1]
    for words in (
        "Sent",
        "tried 2 times",
        "Did not reach them",
        "About to be sent",
        "because of silence, level 1",
    ):
        assert words in page
    assert "Khayelitsha Hospital" not in page
    assert "@" not in page
    hospital = browser().practise("kh-1").get(path).text
    assert "Khayelitsha Hospital" in hospital.split("<main", 1)[1]
    assert "prosecutor" not in hospital.split("<main", 1)[1].lower()
    assert browser().practise("df-1").get(path).status_code == 404
    assert browser().practise("au-1").get(path).status_code == 404


def test_who_looked_at_a_case_is_seen_by_whose_it_is_and_to_look_is_logged(
    road: Road, browser: Browsers, clean: Engine
) -> None:
    path = f"/cases/{road.ref}"
    hospital, station = browser().practise("kh-1"), browser().practise("ks-1")
    hospital.get(path)
    assert station.get(f"{path}/reads").status_code == 404  # not referred yet
    road.go("basis_recorded", disclosure_basis="consent_written")
    station.get(path)
    seen = station.get(f"{path}/reads").text.split("<main", 1)[1]
    assert "SAPS liaison" in seen
    assert "Facility liaison" not in seen
    seen = hospital.get(f"{path}/reads").text.split("<main", 1)[1]
    assert "Facility liaison" in seen
    assert "SAPS liaison" in seen
    assert "ks-1" not in seen
    for code in ("io-1", "au-1"):
        assert "Facility liaison" in browser().practise(code).get(f"{path}/reads").text
    assert one(clean, "SELECT count(*) FROM read_log WHERE action = 'cases.reads'") == 4
    assert browser().practise("df-1").get(f"{path}/reads").status_code == 404


def test_a_long_log_is_read_page_by_page(road: Road, browser: Browsers) -> None:
    mine = browser().practise("kh-1")
    for _ in range(27):
        mine.get(f"/cases/{road.ref}")
    first = mine.get(f"/cases/{road.ref}/reads").text
    assert first.count("<time") == 25
    further = re.search(r'href="(/cases/[^"]+after=[^"]+)"', first)
    assert further
    assert mine.get(further.group(1)).text.count("<time") == 3


def told(road: Road, engine: Engine, office: str, role: str, ends: str) -> None:
    """A notice of the case to somebody of an office, as it then stood."""
    with engine.begin() as connection:
        values = {"ref": road.ref, "office": office, "role": role}
        staff = connection.exec_driver_sql("SELECT min(id) FROM staff").scalar_one()
        point = connection.exec_driver_sql(
            "INSERT INTO contact_point (staff_id, channel, rank, key_id, address_enc, address_blind) "
            "VALUES (%s, 'email', (SELECT 1 + count(*) FROM contact_point), 'k1', '\\x00', %s) RETURNING id",
            (staff, office.encode() + role.encode()),
        ).scalar_one()
        connection.exec_driver_sql(
            "INSERT INTO outbox (event, case_id, subject_id) SELECT 'case.escalated', id, (SELECT 1 + count(*) FROM outbox) FROM \"case\" WHERE ref = %s",
            (values["ref"],),
        )
        made = connection.exec_driver_sql(
            "INSERT INTO delivery (event_id, case_id, kind, staff_id, office_id, role, channel, contact_point_id) "
            "SELECT (SELECT max(id) FROM outbox), c.id, 'task', %s, o.id, %s, 'email', %s "
            'FROM "case" c, office o WHERE c.ref = %s AND o.code = %s RETURNING id',
            (staff, role, point, values["ref"], office),
        ).scalar_one()
        connection.exec_driver_sql(f"UPDATE delivery SET {ends} WHERE id = %s", (made,))  # noqa: S608
