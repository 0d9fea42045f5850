"""Whoever was not told is found, whatever the sweep believes; and the watcher outside hears only of a clean house."""

from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from sqlalchemy import Engine, text

from bench.clock_rows import load
from hectis_flow.domain.casework import Actor
from hectis_flow.services import auditor, casework, escalation, practice
from hectis_flow.services.house import House
from hectis_flow.storage.audit_checks import CHECKS
from tests.drills.misses import KINDS, an_ended_office, careless_sweep, plant
from tests.ladders import make_due
from tests.ports import kept_port
from tests.segments import CODED, adt
from tests.tables import one, rows, take_in

CASES = 3_000
FOUND = 3 * len(KINDS) - 2  # three of each kind; that no balance was drawn is found once
OPEN = (
    "SELECT kind, count(*), count(DISTINCT subject_id) FROM audit_finding WHERE cleared_at IS NULL GROUP BY 1"
)


def settle_events(engine: Engine) -> None:
    """As if everybody had been told of everything."""
    with engine.begin() as connection:
        connection.execute(text("UPDATE outbox SET done_at = hectis_now() WHERE done_at IS NULL"))


def test_a_house_where_everything_happened_is_clean(house: House, clean: Engine) -> None:
    take_in(house, adt("A08", "c-1", CODED, codes=["X99.4"]))
    ref = one(clean, 'SELECT ref FROM "case"')
    casework.move(
        house, ref, "keep_anonymous", Actor("facility_liaison", None, "kh-1"), {"reason": "consent_refused"}
    )
    assert auditor.standing(house).age_seconds is None

    seen = auditor.audit(house)

    assert seen.clean
    assert rows(clean, "SELECT open_findings, took_ms > 0 FROM audit_run") == [(0, True)]
    stands = auditor.standing(house)
    assert stands.age_seconds is not None
    assert stands.open_findings == 0


def test_every_kind_of_finding_has_its_planted_miss() -> None:
    assert set(KINDS) == set(CHECKS)


@pytest.mark.target("R18")
def test_every_kind_of_miss_is_found_once_and_closed_when_it_is_mended(house: House, clean: Engine) -> None:
    load(clean, 200)
    assert auditor.audit(house).clean
    with an_ended_office(clean):
        for place, kind in enumerate(KINDS):
            plant(clean, kind, range(10 * place + 1, 10 * place + 4))

        seen = auditor.audit(house)
        again = auditor.audit(house)

        assert seen.open == dict.fromkeys(sorted(KINDS), 3) | {"balance_missing": 1}
        assert (seen.found, again.found, again.cleared) == (FOUND, 0, 0)
        assert again.open == seen.open
        assert one(clean, "SELECT count(*) FROM audit_finding") == FOUND
        found = auditor.listing(house, limit=FOUND)
        assert len(found) == FOUND
        assert auditor.listing(house, after=found[-1].id) == []
        with clean.begin() as connection:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            told = ("delivery", "task", "clock_step", "clock", "item", "removal", "outbox", '"case"')
            for table in (*told, "balance_difference", "balance"):
                connection.execute(text(f"DELETE FROM {table}"))  # noqa: S608

    after = auditor.audit(house)

    assert (after.clean, after.cleared) == (True, FOUND)
    assert auditor.standing(house).open_findings == 0


@pytest.mark.target("R18")
def test_a_hundred_misses_of_six_kinds_are_all_found(house: House, clean: Engine) -> None:
    load(clean, CASES)
    kinds = (
        "clock_missing",
        "step_overdue",
        "event_missing",
        "nobody_told",
        "task_missing",
        "clock_left_behind",
    )
    seeded = dict(zip(kinds, (17, 17, 17, 17, 16, 16), strict=True))
    for place, (kind, how_many) in enumerate(seeded.items()):
        plant(clean, kind, range(400 * place + 7, 400 * place + 7 + how_many))

    assert auditor.audit(house).open == dict(sorted(seeded.items()))

    assert sorted(rows(clean, OPEN)) == sorted((kind, count, count) for kind, count in seeded.items())


@pytest.mark.target("R18")
def test_a_sweep_that_leaves_out_one_in_a_hundred_is_found_out(house: House, clean: Engine) -> None:
    load(clean, CASES)
    with clean.begin() as connection:
        connection.execute(
            text("UPDATE clock_step SET due_at = hectis_now() - interval '5 minutes' WHERE step = 1")
        )

    left_out = careless_sweep(clean)
    settle_events(clean)
    seen = auditor.audit(house)

    assert left_out == CASES // 100
    assert seen.open == {"step_overdue": left_out}
    assert escalation.sweep(house) == left_out
    settle_events(clean)
    assert auditor.audit(house).clean


@pytest.mark.target("R18")
def test_a_ladder_that_stops_short_of_its_top_is_found(house: House, clean: Engine) -> None:
    load(clean, 20)
    make_due(clean, 5, where="case_id <= 10")
    while escalation.sweep(house):
        pass
    settle_events(clean)
    assert "ladder_missing" not in auditor.audit(house).open
    with clean.begin() as connection:
        connection.execute(text("DELETE FROM clock_step WHERE step = 5 AND case_id = 3"))
        connection.execute(text("UPDATE clock_step SET done_at = hectis_now() WHERE case_id = 13"))

    assert auditor.audit(house).open["ladder_missing"] == 2


def test_while_the_clock_of_practice_hops_nothing_is_called_late(house: House, clean: Engine) -> None:
    load(clean, 20)
    practice.advance(house, practice.standing(house).now + timedelta(days=30))

    assert auditor.audit(house).clean

    with clean.begin() as connection:
        connection.execute(text("UPDATE practice_clock SET moved_at = moved_at - interval '2 minutes'"))
    assert auditor.audit(house).open == {"step_overdue": 20}


class Watcher(BaseHTTPRequestHandler):
    """Answers with the number that its path names."""

    def do_GET(self) -> None:
        self.send_response(int(self.path.rpartition("/")[2]))
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def watcher() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Watcher)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_watcher_outside_hears_or_it_is_said_that_it_did_not(watcher: str) -> None:
    assert auditor.beat_outside(f"{watcher}/200")
    assert not auditor.beat_outside(f"{watcher}/302")
    assert not auditor.beat_outside(f"{watcher}/500")
    with kept_port() as nobody:
        assert not auditor.beat_outside(f"http://127.0.0.1:{nobody}/200")
