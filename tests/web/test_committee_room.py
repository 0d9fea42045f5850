"""The committee's room: what comes first, a decision in a meeting, its report and its answer, minutes, what is tabled."""

import re
from collections.abc import Callable
from itertools import pairwise

import pytest
from flask import Flask
from sqlalchemy import Engine

from hectis_flow.domain import access_rules
from hectis_flow.domain.access import PAGES
from hectis_flow.domain.committee import DECISIONS, NOT_POSSIBLE, OUTCOMES, STATES
from hectis_flow.domain.workflow import DECLARATION
from hectis_flow.render import missing, page_words
from hectis_flow.services.house import House
from tests.api.committee import Table, at_table
from tests.api.province import DPP, STATION_S, Province, canaries
from tests.tables import one
from tests.web.conftest import Browser

Browsers = Callable[[], Browser]
pytestmark = pytest.mark.target("S1")


@pytest.fixture
def table(app: Flask, province: Province, house: House, engine: Engine) -> Table:
    return at_table(app.test_client(), province, house, engine)


def addresses(number: int) -> dict[str, str]:
    """Every page of the room that is read, of one meeting and one decision."""
    at = f"/committee/meetings/{number}"
    return {
        "committee": "/committee",
        "agenda_page": "/committee/agenda",
        "agenda_pack": "/committee/agenda.pdf",
        "matter": "/committee/matters",
        "meetings_page": "/committee/meetings",
        "meeting": at,
        "meeting_minutes": f"{at}/minutes",
        "meeting_paper": f"{at}/minutes.pdf",
        "decide": "/committee/decide",
        "decisions_page": "/decisions",
        "decision": f"/decisions/{number}",
    }


def test_the_chair_decides_and_it_comes_back_done(table: Table, browser: Browsers) -> None:
    chair, owner = browser().practise("cc-1"), browser().practise("ks-9")
    assert chair.get("/home").location == "/committee"
    front = chair.get("/committee").text
    assert f"/committee/decide?case={table.ref}" in front
    assert "nobody stands above the committee" in front
    assert "none is open" in chair.get(f"/committee/decide?case={table.ref}").text

    planned = chair.post("/committee/meetings", held_on=table.day(0))
    at = re.fullmatch(r"(/committee/meetings/([0-9]+))\?did=plan", planned.location)
    assert at
    meeting, number = at.groups()
    assert "The meeting is planned." in chair.get(planned.location).text
    assert chair.post(f"{meeting}/open").status_code == 303
    assert chair.post(f"{meeting}/attendance", seats="saps").location == f"{meeting}?did=attend"
    assert "1 of 10 seats are there." in chair.get(meeting).text

    form = chair.get(f"/committee/decide?case={table.ref}").text
    offered = re.findall(r'name="post" value="([^"]+)"( checked)?', form)
    assert offered[0] == (f"{STATION_S}|station_commander", " checked")
    assert ("wc-committee|committee_secretary", "") in offered
    key = re.search(r'name="key" value="([^"]+)"', form)
    assert key
    typed = {"case": table.ref, "kind": "assign_people", "post": offered[0][0], "when": "two", "day": ""}
    for _ in range(2):  # pressed twice: recorded once
        assert chair.post("/committee/decide", **typed, key=key.group(1)).location == f"{meeting}?did=decide"
    assert one(table.engine, "SELECT count(*) FROM committee_decision") == 1
    assert f"/committee/decide?case={table.ref}" not in chair.get("/committee").text

    decision = "/decisions/1"
    owed = owner.get("/late").text
    assert "What the committee has decided that you do" in owed
    assert decision in owed
    reported = owner.post(f"{decision}/report", outcome="done", paper_ref="SC/12")
    assert reported.location == f"{decision}?did=report"
    assert "accepts it or sends it back" in owner.get(reported.location).text

    assert "paper SC/12" in chair.get("/committee").text
    assert chair.post(f"{meeting}/close").status_code == 303
    assert chair.post(f"{decision}/accept", next="/committee").location == "/committee?did=accept"
    assert "Decided 1: 1 done." in chair.get("/committee?did=accept").text

    minutes = chair.get(f"{meeting}/minutes").text
    for said in (table.ref, "assign people", "South African Police Service", "SHA-256"):
        assert said in minutes
    printed, served = chair.get(f"{meeting}/minutes.pdf"), table.get("cc-1", f"meetings/{number}/minutes.pdf")
    assert (printed.status_code, printed.content_type) == (200, "application/pdf")
    assert printed.data == served.data
    assert printed.headers["X-Content-SHA256"] == served.headers["X-Content-SHA256"]


def test_what_is_missing_or_wrong_is_said_and_what_was_typed_stays(table: Table, browser: Browsers) -> None:
    chair = browser().practise("cc-1")
    number = table.meets()
    whole = {
        "kind": "obtain_report",
        "post": f"{STATION_S}|station_commander",
        "when": "day",
        "day": table.day(9),
    }
    wrong = (
        ({"kind": ""}, "Choose what is to be done."),
        ({"kind": "nonsense"}, "Choose what is to be done."),
        ({"post": ""}, "Choose who must do it."),
        ({"post": f"{STATION_S}|nobody"}, "Choose who must do it."),
        ({"post": "no-office|station_commander"}, "has a queue for that"),
        ({"post": f"{STATION_S}|\x00"}, "Choose who must do it."),
        ({"when": ""}, "Choose by when"),
        ({"day": ""}, "Name a day."),
        ({"day": "yesterday"}, "Name a day."),
        ({"day": table.day(0)}, "must lie ahead"),
        ({"day": table.day(800)}, "within a year"),
        ({"case": "WC-1"}, "This is no number of a case"),
        ({"case": "WC-2026-999999"}, "nothing that you may see"),
    )
    for changed, said in wrong:
        answer = chair.post("/committee/decide", **(whole | changed))
        assert answer.status_code in {404, 409, 422}, changed
        assert 'role="alert"' in answer.text
        assert said in answer.text
        if "kind" not in changed:
            assert 'value="obtain_report" selected' in answer.text
    assert one(table.engine, "SELECT count(*) FROM committee_decision") == 0
    assert chair.post("/committee/meetings", held_on="soon").status_code == 422
    assert chair.post("/committee/meetings", held_on=table.day(-3)).status_code == 409
    again = chair.post(f"/committee/meetings/{number}/open")
    assert "open already" in again.text


def test_another_office_is_found_by_a_part_of_its_name(table: Table, browser: Browsers) -> None:
    secretary = browser().practise("cs-1")
    number = table.meets()
    shown = secretary.post(
        "/committee/decide", look="1", part="prosecutions", kind="mend_the_process", case=""
    ).text
    assert f'value="{DPP}|dpp_office"' in shown
    assert 'value="mend_the_process" selected' in shown
    assert "No office" in secretary.post("/committee/decide", look="1", part="%", case="").text
    typed = {"kind": "mend_the_process", "post": f"{DPP}|dpp_office", "when": "month", "case": ""}
    assert secretary.post("/committee/decide", **typed).location == f"/committee/meetings/{number}?did=record"

    chair, owner = browser().practise("cc-1"), browser().practise("dpp-1")
    assert owner.get("/decisions/1").status_code == 404
    assert "/decisions/1" in chair.get("/queue").text
    assert "the meeting cannot close" in chair.get("/committee").text
    assert chair.post(f"/committee/meetings/{number}/close").status_code == 409
    assert secretary.post("/decisions/1/confirm").status_code == 404
    assert chair.post("/decisions/1/confirm").location == "/decisions/1?did=confirm"
    assert "/decisions/1" in owner.get("/queue").text

    for typed, said in (
        ({}, "Say whether it was done."),
        ({"outcome": "done", "reason": "no_means"}, "Give a reason"),
        ({"outcome": "not_possible"}, "Give a reason"),
        ({"outcome": "done", "paper_ref": "8001015009087"}, "no ten digits"),
    ):
        answer = owner.post("/decisions/1/report", **typed)
        assert (answer.status_code, said in answer.text) == (422, True), typed
    assert owner.post("/decisions/1/report", outcome="not_possible", reason="no_means").status_code == 303
    assert chair.post("/decisions/1/send-back").status_code == 422
    assert (
        chair.post("/decisions/1/send-back", reason="still_possible").location == "/decisions/1?did=send_back"
    )
    assert "Say what became of it" in owner.get("/decisions/1").text


def test_the_room_is_the_committees_alone(app: Flask, table: Table, browser: Browsers) -> None:
    number = table.meets()
    table.decides()
    table.done("cc-1", f"meetings/{number}/close")
    roles = {
        "cc-1": "committee_chair",
        "cs-1": "committee_secretary",
        "ks-1": "saps_liaison",
        "df-1": "saps_liaison",
        "ks-9": "station_commander",
        "ps-1": "provincial_saps",
        "agu-1": "anti_gang_unit",
        "tbh-1": "facility_liaison",
    }
    for code, role in roles.items():
        mine = browser().practise(code)
        for endpoint, path in addresses(number).items():
            answer, scope = mine.get(path), access_rules.grant(role, PAGES[endpoint]).scope
            if scope == "none":
                assert answer.status_code in {403, 404}, (code, path)
                assert table.ref.encode() not in answer.data
            elif endpoint == "decision":
                assert answer.status_code == (404 if code in {"df-1", "agu-1", "tbh-1"} else 200), (
                    code,
                    path,
                )
            else:
                assert answer.status_code == 200, (code, path)
            assert not [word for word in canaries("R").values() if word.encode() in answer.data]


def test_no_page_of_the_room_is_heavy_or_runs_anything_foreign(table: Table, browser: Browsers) -> None:
    number = table.meets()
    table.decides()
    table.done("cc-1", f"meetings/{number}/close")
    chair = browser().practise("cc-1")
    for path in (*addresses(number).values(), "/late"):
        answer = chair.get(path)
        assert answer.status_code == 200, path
        assert answer.headers["Cache-Control"] == "no-store"
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert len(answer.data) < 50_000
        assert answer.data.startswith(b"%PDF-") == path.endswith(".pdf")
        if answer.content_type.startswith("text/html"):
            assert " style=" not in answer.text
            assert re.findall(r"(?:src|href|action)=\"(?!/|#)", answer.text) == []
            levels = [int(level) for level in re.findall(r"<h([1-6])", answer.text)]
            assert levels[0] == 1
            assert all(after - before <= 1 for before, after in pairwise(levels)), path
    assert chair.get(f"/committee/meetings/{2**63}").status_code == 404
    assert chair.get("/decisions/0").status_code == 404
    assert chair.get("/committee/agenda?after=nonsense").status_code == 200


def test_a_case_is_tabled_and_taken_back(table: Table, browser: Browsers) -> None:
    chair = browser().practise("cc-1")
    assert chair.post("/committee/matters", case="nonsense", reason="no_answer").status_code == 422
    assert chair.post("/committee/matters", case=table.ref, reason="boredom").status_code == 422
    assert chair.post("/committee/matters", case=table.ref, reason="no_answer").status_code == 404
    with table.engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO cas_number (case_id, station_id, serial, month, year) "
            'SELECT c.id, c.station_id, 7, 1, 2026 FROM "case" c WHERE c.ref = %s',
            (table.ref,),
        )
    done = chair.post("/committee/matters", case=table.ref.lower(), reason="two_sides_disagree")
    assert done.location == f"/committee/matters?tabled=1&case={table.ref}"
    assert "Take it back" in chair.get(done.location).text
    assert "was tabled: Two sides disagree" in chair.get("/committee/agenda").text
    assert chair.post("/committee/matters/1/take-back").location == "/committee/matters?did=taken_back"
    assert chair.post("/committee/matters/1/take-back").status_code == 409
    assert "was tabled" not in chair.get("/committee/agenda").text


def test_every_code_of_the_committee_and_every_clock_has_its_words() -> None:
    said = page_words.ENGLISH
    assert not [code for code in DECISIONS if f"decided.{code}" not in said]
    assert not [code for code in (*STATES, *OUTCOMES) if f"state.{code}" not in said]
    assert page_words.of_code(NOT_POSSIBLE[0]) == "Not ours"
    clocks = {stage.clock for stage in DECLARATION.stages if stage.clock and stage.task}
    clocks |= {thing.clock for thing in DECLARATION.awaited}
    for clock in clocks:
        assert "X" in missing.sentence("en", clock, "", "X"), clock
        assert missing.title("en", clock) != page_words.of_code(clock), clock
