"""Who sees what officers and offices carry: their commanders, each their own tree, the fullest first."""

import marshmallow
import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from hectis_flow.api.schemas import Case
from hectis_flow.api.schemas_hands import LoadPage
from hectis_flow.api.schemas_work import EscalationPage
from hectis_flow.services import escalation
from hectis_flow.services.house import House
from tests.api.people import COURT_STAFF, STAFF, People, hire
from tests.api.province import COURT, STATION_S, STATION_T
from tests.api.test_errors import error_of
from tests.ladders import make_due
from tests.road import roads
from tests.services.test_load import carries

ABOVE = (
    ("cl-1", "cluster_commander", "cape-town-saps-district"),
    ("pr-1", "provincial_saps", "wc-saps"),
    ("ch-1", "chief_prosecutor", "cape-town-chief-prosecutor"),
)


@pytest.fixture
def crew(house: House, clean: Engine) -> People:
    carries(clean, "kh-io-1", 110, STATION_S)
    carries(clean, "df-io-1", 40, STATION_T)
    carries(clean, "", 30, COURT)
    return hire(house, clean, (*STAFF, *COURT_STAFF, *ABOVE))


def listed(client: FlaskClient, crew: People, code: str, query: str = "") -> list[tuple[str, int, str]]:
    answer = crew.get(client, code, f"load{query}").json
    LoadPage(unknown=marshmallow.RAISE).load(answer)
    return [(one["office"], one["each"], one["capacity"]) for one in answer["items"] if one["open"]]


def test_each_commander_sees_the_own_tree(client: FlaskClient, crew: People) -> None:
    own = [(STATION_S, 110, "overload")]
    assert listed(client, crew, "kd-1") == listed(client, crew, "ks-9") == own
    assert listed(client, crew, "pr-1") == [*own, (STATION_T, 40, "response")]
    # Two prosecutors have a post there.
    assert (
        listed(client, crew, "kspp-1")
        == listed(client, crew, "ch-1")
        == [("khayelitsha-npa", 15, "response")]
    )
    for code in ("ks-1", "kp-1", "tbh-1", "cwb-1"):
        error_of(crew.get(client, code, "load"), 403, "not_allowed")


def test_pages_go_from_the_fullest_on(client: FlaskClient, crew: People) -> None:
    path, found = "load?limit=1", []
    for _ in range(3):
        answer = crew.get(client, "pr-1", path)
        found += [one["office"] for one in answer.json["items"]]
        path = answer.headers["Link"].partition(">")[0].removeprefix("</api/v1/")
    assert found[:2] == [STATION_S, STATION_T]
    assert len(set(found)) == 3
    error_of(crew.get(client, "pr-1", "load?cursor=x"), 400, "bad_cursor")


def test_a_climb_says_on_the_list_and_on_the_case_how_it_reads(
    client: FlaskClient, crew: People, house: House, clean: Engine
) -> None:
    road = roads(house, clean)[0].investigated()
    make_due(clean, 2, where="name = 'investigation_progress'")
    escalation.sweep(house)

    page = crew.get(client, "ks-9", "escalations").json
    EscalationPage(unknown=marshmallow.RAISE).load(page)
    (climbed,) = page["items"]
    figures = {"capacity": "overload", "carries": 111, "carried_by": "officer", "benchmark": 60}
    assert figures.items() <= climbed.items()
    case = crew.get(client, "kd-1", f"cases/{road.ref}").json
    Case(unknown=marshmallow.RAISE).load(case)
    (shown,) = case["climbed"]
    assert figures.items() <= shown.items()
    assert (shown["clock"], shown["level"]) == ("investigation_progress", 1)
    assert "climbed" not in crew.get(client, "ks-1", f"cases/{road.ref}").json
