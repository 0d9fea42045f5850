"""Escalations: who sees which, the longest first, who was told last, what offices carry; page by page, by key."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from hectis_flow.services import escalation, practice
from hectis_flow.services.house import House
from hectis_flow.web import late
from tests.api.committee import Table, at_table
from tests.api.people import hire
from tests.api.province import CHIEF, CLUSTER_OTHER, CLUSTER_ST, Province, canaries, docketed
from tests.ladders import make_due
from tests.tables import rows
from tests.web.conftest import Browser

Browsers = Callable[[], Browser]
pytestmark = pytest.mark.target("S1")

TOLD = (
    ("cl-1", "cluster_commander", CLUSTER_ST),
    ("cl-2", "cluster_commander", CLUSTER_OTHER),
    ("ch-1", "chief_prosecutor", CHIEF),
    ("hd-1", "health_district_manager", "cape-town-health"),
    ("hp-1", "health_province_manager", "wc-health-data"),
)


@pytest.fixture
def table(app: Flask, province: Province, house: House, engine: Engine) -> Table:
    found = at_table(app.test_client(), province, house, engine)
    hire(house, engine, TOLD)
    return found


def test_each_sees_what_was_told_to_them_what_is_below_and_what_went_on(
    table: Table, browser: Browsers
) -> None:
    """The referral went unanswered all the way to the committee."""
    seen = {"cc-1": "here", "ps-1": "above", "cl-1": "above", "ks-9": "above", "ks-1": "above"}
    for code, view in seen.items():
        mine = browser().practise(code)
        for other in ("here", "below", "above"):
            answer = mine.get(f"/late?told={other}")
            if code == "cc-1" and other != "here":
                assert answer.status_code == 404
            else:
                assert (table.ref in answer.text) == (other == view), (code, other)
            assert not [word for word in canaries("R").values() if word in answer.text]
    for code in ("cl-2", "df-1"):
        mine = browser().practise(code)
        for view in ("here", "below", "above"):
            assert table.ref not in mine.get(f"/late?told={view}").text, code
    shown = browser().practise("cl-1").get("/late?told=above").text
    for said in (
        "Khayelitsha has not acknowledged the referral of this case.",
        "was due ",
        "Committee chair, Provincial priority committee, was told",
        "beside a benchmark of 60",
    ):
        assert said in shown
    assert f"/cases/{table.ref}" not in shown  # who commands is told, and reads no case
    assert browser().practise("cl-1").get("/late?told=nonsense").status_code == 404


def test_what_one_is_reminded_of_before_it_is_due_is_not_called_late(
    province: Province, house: House, engine: Engine, browser: Browsers
) -> None:
    hire(house, engine)
    ref = province.told["R"].ref
    make_due(engine, 1, where='case_id = (SELECT id FROM "case" WHERE ref = :ref)', ref=ref)
    escalation.sweep(house)
    mine = browser().practise("ks-1")
    (row,) = [one for one in mine.get("/late").text.split("<li") if ref in one]
    assert "due in" not in row
    assert ", in " in row
    assert "▲" not in row
    assert 'class="late"' not in row
    with engine.begin() as connection:
        connection.execute(text("UPDATE clock SET due_at = hectis_now() - interval '1 day'"))
    (row,) = [one for one in mine.get("/late").text.split("<li") if ref in one]
    assert row.startswith(' class="late"')
    assert "▲</span> was due " in row


def test_whoever_answers_for_others_is_led_there_first(table: Table, browser: Browsers) -> None:
    for code in ("ks-9", "cl-1", "ps-1", "ch-1", "dpp-1", "hd-1", "hp-1", "st-1"):
        mine = browser().practise(code)
        assert mine.get("/home").location == "/late", code
        assert mine.get("/late").status_code == 200
    assert browser().practise("ks-1").get("/home").location == "/queue"


def test_what_offices_carry_is_for_who_can_hand_work_on(table: Table, browser: Browsers) -> None:
    with table.engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO load (office_id, officer, open) SELECT id, 'ks-io-1', 71 FROM office WHERE code = %s",
            ("khayelitsha-saps",),
        )
    for code in ("ks-9", "cl-1", "ps-1"):
        mine = browser().practise(code)
        assert "Overload beside neglect" in mine.get("/late").text
        shown = mine.get("/load").text
        assert "ks-io-1 71" in shown
        assert "above: hand some on" in shown
    for code in ("ks-1", "cc-1", "hd-1"):
        mine = browser().practise(code)
        assert "Overload beside neglect" not in mine.get("/late").text
        assert mine.get("/load").status_code == 403
    assert "ks-io-1" not in browser().practise("cl-2").get("/load").text


def test_the_list_goes_on_by_key_the_longest_open_first(
    table: Table, province: Province, browser: Browsers, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a case off the roll awaits climbs as well; one a page."""
    monkeypatch.setattr(late, "PAGE", 1)
    docketed(house, province)
    practice.age(house, province.told["D"].ref, timedelta(days=300))
    while escalation.sweep(house):
        pass
    query = """
        SELECT c.ref FROM escalation e JOIN "case" c ON c.id = e.case_id JOIN office o ON o.id = e.office_id
        WHERE e.cleared_at IS NULL AND o.code = 'wc-committee' ORDER BY e.id
    """
    wanted = [row[0] for row in rows(table.engine, query)]
    chair, path, seen = browser().practise("cc-1"), "/late", []
    while path:
        shown = chair.get(path).text
        seen += re.findall('<span class="ref">([^<]+)</span>', shown)
        further = re.search(r'href="(/late\?told=here&amp;after=[^"]+)"', shown)
        path = further.group(1).replace("&amp;", "&") if further else ""
    assert len(wanted) > 2
    assert seen == wanted
    assert chair.get("/late?after=nonsense").status_code == 200  # what is none of ours begins anew
