"""What officers and offices carry is counted with every move, and a climb reads beside it as too much or as no answer."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from hectis_flow.commands import load as command
from hectis_flow.domain import load as rules
from hectis_flow.domain.errors import NotVisible
from hectis_flow.domain.workflow import STAGES
from hectis_flow.services import escalation, load
from hectis_flow.services.house import House
from tests.ladders import make_due
from tests.notices import delivered, line, planned, reaching, staffed
from tests.road import COURT, STATION, roads
from tests.sinks import Calls, Mails, options_for
from tests.tables import one, rows

COUNTED = "SELECT o.code, l.officer, l.open FROM load l JOIN office o ON o.id = l.office_id WHERE l.open > 0 ORDER BY 1, 2"
# The same, asked of the dockets and cases themselves.
TRUE = """
    SELECT o.code, d.officer, count(*) FROM docket d JOIN "case" c ON c.id = d.case_id
    JOIN office o ON o.id = c.station_id WHERE docket_is_open(c.stage) GROUP BY 1, 2
    UNION ALL
    SELECT o.code, '', count(*) FROM "case" c JOIN office o ON o.id = c.court_id WHERE matter_is_open(c.stage)
    GROUP BY 1 ORDER BY 1, 2
"""
WEIGHED = "SELECT level, carries, carried_by, benchmark, capacity FROM escalation WHERE cleared_at IS NULL ORDER BY id"


def carries(engine: Engine, officer: str, how_many: int, office: str = STATION) -> None:
    """As if the officer had so many more dockets."""
    statement = """
        INSERT INTO load (office_id, officer, open) SELECT id, :officer, :n FROM office WHERE code = :office
        ON CONFLICT (office_id, officer) DO UPDATE SET open = load.open + excluded.open
    """
    with engine.begin() as connection:
        connection.execute(text(statement), {"officer": officer, "n": how_many, "office": office})


def test_the_database_counts_the_stages_that_the_declaration_says(clean: Engine) -> None:
    for stage in STAGES:
        (counted,) = rows(clean, "SELECT docket_is_open(:s), matter_is_open(:s)", s=stage.name)
        assert tuple(counted) == (rules.docket_is_open(stage), rules.matter_is_open(stage)), stage.name


def test_every_step_of_the_road_keeps_the_counts_true(house: House, clean: Engine) -> None:
    first, second = roads(house, clean, 2)

    def counted() -> list[tuple[str, str, int]]:
        found = [tuple(row) for row in rows(clean, COUNTED)]
        assert found == [tuple(row) for row in rows(clean, TRUE)]
        return found

    for road in (first, second):
        road.investigated()
    assert counted() == [(STATION, "kh-io-1", 2)]
    first.go("note_progress", reason="statements_taken", officer="kh-io-2")
    assert counted() == [(STATION, "kh-io-1", 1), (STATION, "kh-io-2", 1)]
    second.go("close_undetected", reason="no_suspect")
    assert counted() == [(STATION, "kh-io-2", 1)]
    second.go("reopen_docket", reason="new_witness")
    first.enrolled()
    assert counted() == [(COURT, "", 1), (STATION, "kh-io-1", 1), (STATION, "kh-io-2", 1)]
    first.go("place_on_roll", next_date=first.day(14))
    first.go("strike_342a", reason="docket_not_at_court", attributable_to="SAPS")
    assert counted() == [(STATION, "kh-io-1", 1), (STATION, "kh-io-2", 1)]
    ended = {"reason": "decided_in_other_matter", "court_case_no": "B9/2026"}
    first.go("finalise_elsewhere", second="kh-other-1", **ended)
    assert counted() == [(STATION, "kh-io-1", 1)]


def test_moves_at_once_wait_for_each_other_in_one_order_and_lose_no_count(
    house: House, clean: Engine
) -> None:
    found = roads(house, clean, 6)
    for road in found:
        road.investigated()

    def walk(place: int) -> None:
        """Change hands there and back, and go to court and be sent back."""
        road, officers = found[place], ("kh-io-1", "kh-io-2") if place % 2 else ("kh-io-2", "kh-io-1")
        for officer in officers * 2:
            road.go("note_progress", reason="statements_taken", officer=officer)
        road.go("submit_docket", court=COURT)
        if place < 3:
            road.go("decline_to_prosecute", reason="insufficient_evidence")
        else:
            road.go("return_docket", reason="investigation_incomplete", items="ballistic_report")

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(walk, range(6)))

    counted = [tuple(row) for row in rows(clean, COUNTED)]
    assert counted == [tuple(row) for row in rows(clean, TRUE)]
    assert sum(count for _, _, count in counted) == 3


def test_a_count_that_was_lost_stops_no_move(house: House, clean: Engine) -> None:
    road = roads(house, clean)[0].investigated()
    with clean.begin() as connection:
        connection.execute(text("UPDATE load SET open = 0"))
    road.go("close_undetected", reason="no_suspect")
    assert one(clean, "SELECT open FROM load") == 0


def test_above_the_benchmark_a_climb_reads_as_capacity_and_below_it_as_an_answer_that_is_due(
    house: House, clean: Engine
) -> None:
    busy, free = roads(house, clean, 2)
    busy.investigated()
    free.investigated()
    free.go("note_progress", reason="statements_taken", officer="kh-io-2")
    carries(clean, "kh-io-1", 110)
    make_due(clean, 1, where="name = 'investigation_progress'")
    escalation.sweep(house)
    assert rows(clean, WEIGHED) == [(0, None, None, None, None)] * 2

    make_due(clean, 2, where="name = 'investigation_progress'")
    escalation.sweep(house)

    assert sorted(tuple(row) for row in rows(clean, WEIGHED)) == [
        (1, 1, "officer", 60, "response"),
        (1, 111, "officer", 60, "overload"),
    ]


def test_without_an_officer_the_mean_of_the_station_counts_and_in_court_that_of_the_prosecutors(
    house: House, clean: Engine
) -> None:
    referred, enrolled = roads(house, clean, 2)
    referred.go("basis_recorded", disclosure_basis="consent_written")
    referred.go("acknowledge")
    enrolled.investigated().go("submit_docket", court=COURT)
    carries(clean, "kh-io-1", 120)
    carries(clean, "kh-io-2", 3)
    carries(clean, "", 130, COURT)
    staffed(
        house,
        line("np-1", "prosecutor", "khayelitsha-npa"),
        line("np-2", "senior_public_prosecutor", "khayelitsha-npa"),
    )
    make_due(clean, 2, where="item_id IS NULL")
    escalation.sweep(house)

    # 124 dockets on two officers; 131 matters on two prosecutors.
    assert sorted(tuple(row) for row in rows(clean, WEIGHED)) == [
        (1, 62, "station", 60, "overload"),
        (1, 66, "npa_office", 60, "overload"),
    ]
    with pytest.raises(IntegrityError, match="capacity"), clean.begin() as connection:
        connection.execute(text("UPDATE escalation SET capacity = 'response'"))


def test_who_carries_neither_dockets_nor_matters_is_weighed_by_nothing(house: House, clean: Engine) -> None:
    roads(house, clean)
    make_due(clean, 2)
    escalation.sweep(house)
    assert rows(clean, WEIGHED) == [(1, None, None, None, None)]


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (110, "Capacity: open dockets of the officer: 111, beside a benchmark of 60; please hand some on."),
        (0, "Within capacity: open dockets of the officer: 1, beside a benchmark of 60; an answer is due."),
    ],
)
def test_the_mail_of_a_climb_says_which_it_is_in_one_sentence_of_numbers(
    more: int, sentence: str, house: House, clean: Engine, mails: Mails, calls: Calls
) -> None:
    post = reaching(house, options_for(mails, calls))
    staffed(post, line("kc-1", "station_commander", STATION), line("kd-1", "detective_commander", STATION))
    (road,) = roads(post, clean)
    road.investigated()
    carries(clean, "kh-io-1", more)
    make_due(clean, 2, where="name = 'investigation_progress'")
    escalation.sweep(post)
    carries(clean, "kh-io-1", 500)  # what is said is what was counted when it climbed

    planned(post)
    delivered(post)

    said = {
        letter["To"]: " ".join(str(letter.get_body(("plain",)).get_content()).split())
        for letter in mails.letters
    }
    (climbed,) = [words for words in said.values() if "benchmark" in words]
    assert sentence in climbed


def test_it_is_told_in_the_terminal(house: House, clean: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "house", lambda: house)

    def said(*words: str) -> str:
        done = CliRunner().invoke(command.load, words)
        assert done.exit_code == 0, done.output
        return done.output

    assert "Nobody carries" in said()
    carries(clean, "kh-io-2", 70)
    carries(clean, "kh-io-1", 2)
    lines = said("--station", STATION).splitlines()
    assert lines[1].split() == [STATION, "72", "2", "36"]
    assert lines[2].split() == ["kh-io-2", "70", "above", "it"]
    with pytest.raises(NotVisible):
        load.look(house, "no-such-station")


def test_the_load_of_a_station_is_listed_with_its_officers(house: House, clean: Engine) -> None:
    roads(house, clean)[0].investigated()
    carries(clean, "kh-io-2", 70)
    (found,) = load.look(house, STATION)
    assert found == {
        "office": STATION,
        "kind": "station",
        "open": 71,
        "heads": 2,
        "each": 36,
        "benchmark": 60,
        "capacity": "response",
        "officers": [
            {"officer": "kh-io-2", "open": 70, "capacity": "overload"},
            {"officer": "kh-io-1", "open": 1, "capacity": "response"},
        ],
    }
    assert load.look(house)[0] == found
    assert json.dumps(found)
