"""The balance as people and programs see it: equal to the digit, by day, and what is open with its owner."""

from collections.abc import Callable

from flask import Flask
from sqlalchemy import Engine, text

from hectis_flow.render import page_words
from hectis_flow.services import balance
from hectis_flow.services.house import House
from hectis_flow.storage.balance import SIDES
from tests.api.committee import at_table
from tests.api.province import Province
from tests.web.conftest import Browser

Browsers = Callable[[], Browser]
OFFICER = ("information_officer", None)


def test_every_line_has_its_word() -> None:
    for name in SIDES:
        assert page_words.ENGLISH[f"balance.line.{name}"]


def test_page_and_api_say_the_same_of_the_newest_and_of_a_day(
    app: Flask, province: Province, house: House, engine: Engine, browser: Browsers
) -> None:
    client = app.test_client()
    at_table(client, province, house, engine)
    mine = browser().practise("cc-1")
    assert province.get(client, OFFICER, "/api/v1/balance").json["number"] is None
    assert "No balance was drawn yet" in mine.get("/balance").text

    balance.draw(house)
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text("DELETE FROM encounter WHERE id = (SELECT max(id) FROM encounter)"))
    balance.draw(house)

    said = province.get(client, OFFICER, "/api/v1/balance").json
    lines = {line["name"]: line for line in said["lines"]}
    assert (said["number"], said["clean"], len(lines)) == (2, False, len(SIDES))
    lost = {"name": "rows_lost", "rows": 1, "first": None}
    assert lost in lines["visits"]["faults"]
    for line in lines.values():
        assert line["in"] == sum(part["rows"] for part in line["parts"]) + line["difference"]
    (visits,) = [one for one in said["open"] if (one["line"], one["fault"]) == ("visits", "rows_lost")]
    assert (visits["rows"], visits["since"], visits["owner"], visits["claimed"]) == (
        1,
        2,
        "wc-health-data",
        False,
    )
    same = province.get(client, OFFICER, f"/api/v1/balance?date={said['date']}").json
    assert same == said
    assert province.get(client, OFFICER, "/api/v1/balance?date=2020-01-01").status_code == 404
    assert province.get(client, OFFICER, "/api/v1/balance?date=soon").status_code == 422

    page = mine.get("/balance").text
    assert "Something is not accounted for." in page
    assert "Visits: Rows lost, 1" in page
    for line in lines.values():
        assert f'<td class="number">{line["in"]:,}</td>' in page
        assert f'<td class="number">{line["difference"]:,}</td>' in page
    assert said["hash"] in page
    assert "Something is not accounted for." in mine.get(f"/balance?date={said['date']}").text
    for day in ("2020-01-01", "soon"):
        assert "No balance was drawn on that day." in mine.get(f"/balance?date={day}").text
    assert 'href="/balance"' in page
    refused = browser().practise("ks-1").get("/balance")
    assert (refused.status_code, "Something is not" in refused.text) == (403, False)
