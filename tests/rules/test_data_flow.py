"""docs/data-flow.md against the running service: each step writes the tables that its row names, and no other."""

import importlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text

from config.settings import ROOT
from hectis_flow.domain.casework import Actor
from hectis_flow.domain.events import EVENT_TYPES
from hectis_flow.practice.ground import settle
from hectis_flow.services import (
    acknowledgement,
    auditor,
    balance,
    casework,
    countdown,
    escalation,
    intake,
    notification,
    practice,
    rota,
    work,
)
from hectis_flow.services.house import House
from tests.answers import pressed
from tests.notices import reaching
from tests.segments import CODED, adt
from tests.sinks import Mails, mail_sink, options_for
from tests.tables import dump, one, receive
from workers import jobs, routes
from workers.clock import TIMETABLE
from workers.handover import TOLD
from workers.queues import JOB_KINDS

PAGE = ROOT / "docs" / "data-flow.md"
HARARE = "1 Nowhere^Harare^Harare^WC^^ZA"
LIAISON = Actor("facility_liaison", None, "khayelitsha-hospital.liaison")
# Written by the clock's own processes, and by what prepares a deployment: no step of the road.
ASIDE = {"alembic_version"}


@dataclass(frozen=True)
class Step:
    """One row of the page."""

    name: str
    services: tuple[str, ...]
    decisions: tuple[str, ...]
    tables: frozenset[str]


def codes(cell: str) -> tuple[str, ...]:
    return tuple(re.findall(r"`([^`]+)`", cell))


def table(title: str) -> list[list[str]]:
    """The cells of the rows of one table of the page."""
    part = PAGE.read_text(encoding="utf-8").split(f"## {title}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in part.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


STEPS = {
    row[0]: Step(row[0], codes(row[2]), codes(row[3]), frozenset(codes(row[4]))) for row in table("The road")
}


def resolves(layer: str, name: str) -> bool:
    module, _, attribute = name.rpartition(".")
    return callable(getattr(importlib.import_module(f"hectis_flow.{layer}.{module}"), attribute, None))


@pytest.mark.parametrize("step", STEPS.values(), ids=lambda step: step.name)
def test_what_a_step_names_exists(step: Step) -> None:
    assert step.services
    assert all(resolves("services", name) for name in step.services)
    assert all(resolves("domain", name) for name in step.decisions)


def test_every_event_every_job_and_every_turn_of_the_clock_is_on_the_page() -> None:
    events = {codes(row[0])[0]: codes(row[2]) for row in table("Events")}
    assert events.keys() == {kind.name for kind in EVENT_TYPES}
    for name, heard in events.items():
        kind = routes.ROUTES[name]
        assert heard == ((kind.name,) if kind else ())
    told_jobs = {codes(row[0])[0]: codes(row[1])[0] for row in table("Jobs")}
    assert told_jobs.keys() == {kind.name for kind in JOB_KINDS}
    assert all(resolves("services", service) and hasattr(jobs, job) for job, service in told_jobs.items())
    assert {codes(row[0])[0] for row in table("The clock")} == {entry.name for entry in TIMETABLE}


@pytest.fixture
def road(house: House, clean: Engine) -> Iterator[tuple[House, Engine, Mails]]:
    settle(house, ["Harare"])
    with mail_sink() as sink:
        yield reaching(house, options_for(sink)), clean, sink


def told(engine: Engine, act: Callable[[], Any]) -> set[str]:
    """The tables that an act changes."""
    before = dump(engine)
    act()
    after = dump(engine)
    return {name for name in after if after[name] != before[name]} - ASIDE


def test_each_step_writes_exactly_the_tables_of_its_row(road: tuple[House, Engine, Mails]) -> None:
    house, engine, mails = road
    ids: list[int] = []

    def case() -> str:
        return str(one(engine, 'SELECT ref FROM "case"'))

    def lease(of: Callable[[], list[int]]) -> None:
        ids[:] = of()

    raw = adt("A08", "m-1", CODED, codes=["X99.4"], pid={11: f"{HARARE}^H"}, accident={11: HARARE})
    found = {"1 message arrives": told(engine, lambda: receive(house, raw))}
    found["5a message → job"] = told(engine, lambda: lease(lambda: work.lease_messages(house, 10)))
    found["2 becomes an incident"] = told(engine, lambda: intake.process(house, ids))
    basis = {"disclosure_basis": "consent_written", "document_ref": "C/14"}
    found["3 moves a stage"] = told(
        engine, lambda: casework.move(house, case(), "basis_recorded", LIAISON, basis)
    )
    found["5b event → job"] = told(engine, lambda: lease(lambda: notification.lease_events(house, TOLD, 50)))
    found["6 who must hear"] = told(engine, lambda: notification.plan(house, ids))
    found["5c delivery → job"] = told(engine, lambda: lease(lambda: notification.lease_deliveries(house, 50)))
    found["7 say it"] = told(engine, lambda: notification.deliver(house, ids))
    practice.age(house, case(), timedelta(days=9))
    found["4 nothing happened"] = told(engine, lambda: escalation.sweep(house))
    token = re.search(r"/a/([\w-]+)", str(mails.letters[0].get_body(("plain",))))
    assert token is not None
    given = pressed(house, token[1])
    found["8 it is answered"] = told(engine, lambda: acknowledgement.record(house, token[1], given))
    found["9 history is sealed"] = told(engine, lambda: work.seal_window(house, 1.0, "test"))
    found["13 the morning is balanced"] = told(engine, lambda: balance.draw_due(house, "test"))
    found["10 duties are audited"] = told(engine, lambda: auditor.audit(house))
    with engine.begin() as connection:
        connection.execute(
            text(
                """UPDATE staff_post SET valid_to = '2026-01-01'
                   WHERE office_id = (SELECT id FROM office WHERE code = 'harare-saps')"""
            )
        )
    found["11 posts are watched"] = told(engine, lambda: rota.watch(house))
    with engine.begin() as connection:
        connection.execute(
            text(
                """INSERT INTO charge (case_id, accused, count, offence, stage, child, next_date)
                   SELECT id, 1, 1, 'murder', 'on_roll', false, hectis_now()::date + 3 FROM "case" """
            )
        )
    found["12 a day in court is near"] = told(engine, lambda: countdown.prepare(house))
    assert found == {name: set(step.tables) for name, step in STEPS.items()}
