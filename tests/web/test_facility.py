"""The hospital's room: what waits there, one press from its case, and closed to everybody else."""

from collections.abc import Callable

import pytest
from sqlalchemy import Engine

from hectis_flow.services.house import House
from tests.api.people import COURT_STAFF, STAFF, People, hire
from tests.api.province import STATION_S
from tests.road import Road, roads
from tests.segments import CODED, adt
from tests.tables import one, take_in
from tests.web.conftest import Browser

Browsers = Callable[[], Browser]


@pytest.fixture
def crew(house: House, clean: Engine) -> People:
    more = (
        ("kh-1", "facility_liaison", "khayelitsha-hospital"),
        ("hs-1", "health_data_steward", "wc-health-data"),
    )
    return hire(house, clean, (*STAFF, *COURT_STAFF, *more))


def unplaced(house: House, engine: Engine, born: str = "19900101") -> Road:
    """A case of the same facility whose messages do not say where it happened."""
    take_in(house, adt("A08", "u-1", CODED, codes=["X99.4"], pid={7: born}))
    return Road(house, engine, str(one(engine, 'SELECT ref FROM "case"')))


def test_what_waits_stands_in_its_own_list_and_goes_when_it_is_done(
    crew: People, house: House, clean: Engine, browser: Browsers
) -> None:
    mine = browser().practise("kh-1")
    assert "Nothing waits for you." in mine.get("/facility").text
    waiting, investigated = roads(house, clean, 2)
    investigated.investigated()
    page = mine.get("/facility").text
    assert heads(page) == ["Consents waiting", "J88s to complete"]
    assert f'href="/cases/{waiting.ref}"' in page

    mine.get(f"/cases/{waiting.ref}")
    done = mine.post(
        f"/cases/{waiting.ref}/moves", move="basis_recorded", with_disclosure_basis="consent_written"
    )
    assert done.status_code == 303
    assert waiting.stage == "referred"
    mine.post(f"/cases/{investigated.ref}/j88", state="completed")
    assert heads(mine.get("/facility").text) == ["J88s ready to be collected"]


def test_a_precinct_is_chosen_on_the_page_of_the_case(
    crew: People, house: House, clean: Engine, browser: Browsers
) -> None:
    road = unplaced(house, clean)
    road.go("basis_recorded", disclosure_basis="consent_written")
    mine = browser().practise("kh-1")
    assert heads(mine.get("/facility").text) == ["Precincts to choose"]
    page = mine.get(f"/cases/{road.ref}").text
    assert f'<option value="{STATION_S}">Khayelitsha</option>' in page
    assert mine.post(f"/cases/{road.ref}/precinct", station="nowhere").status_code == 409
    assert mine.post(f"/cases/{road.ref}/precinct", station=STATION_S).status_code == 303
    assert road.stage == "referred"
    assert "In which precinct" not in mine.get(f"/cases/{road.ref}").text
    assert "Nothing waits for you." in mine.get("/facility").text


def test_what_the_law_obliges_comes_first_with_its_law(
    crew: People, house: House, clean: Engine, browser: Browsers
) -> None:
    road = unplaced(house, clean, born="20160301")
    assert road.stage == "referral_ready"
    page = browser().practise("kh-1").get("/facility").text
    assert heads(page)[0] == "Reports that the law obliges"
    assert "Children&#39;s Act" in page


def test_the_room_is_the_hospitals_and_the_stewards_alone(
    crew: People, house: House, clean: Engine, browser: Browsers
) -> None:
    road = unplaced(house, clean)
    road.go("basis_recorded", disclosure_basis="consent_written")
    assert road.ref in browser().practise("hs-1").get("/facility").text
    assert road.ref not in browser().practise("tbh-1").get("/facility").text
    for code in ("ks-1", "kp-1"):
        shown = browser().practise(code).get("/facility")
        assert shown.status_code == 403
        assert "hospitals’ own" in shown.text
        assert "/facility" not in browser().practise(code).get("/queue").text


def heads(page: str) -> list[str]:
    """The lists of the room, in their order."""
    return [
        part.partition("</h2>")[0].partition(">")[2]
        for part in page.partition("</main>")[0].split("<h2 ")[1:]
    ]
