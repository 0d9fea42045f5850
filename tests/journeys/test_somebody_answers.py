"""Somebody has to answer: from a hospital's message to the station's notice, up the ladder, to an opened CAS.

In the middle the worker is killed and Redis emptied.
"""

import re
from datetime import datetime, timedelta

import pytest
import redis
from sqlalchemy import Engine, text

from hectis_flow.services import practice, sealing
from tests.answers import press
from tests.journeys.town import ADULT, CHILD, COMMANDER, LIAISON, Town
from tests.tables import one, rows

STEPS_FIRED = "SELECT id FROM clock_step WHERE done_at IS NOT NULL"
DISTRICT = {"cape-town-saps-district.commander", "cape-town-saps-district.second"}


def link_in(engine: Engine, ref: str) -> str:
    """The address in the newest letter of a case, without its host."""
    query = "SELECT text_part FROM practice_mail WHERE subject LIKE :ref || '%' ORDER BY id DESC LIMIT 1"
    found = re.search(r"http://[^/\s]+(/a/\S+)", one(engine, query, ref=ref))
    assert found is not None
    return found[1]


def test_a_childs_station_is_told_at_once_and_an_adults_only_on_consent(town: Town) -> None:
    town.hurt("1", CHILD)
    town.hurt("2", ADULT)
    child, adult = town.case_of("1"), town.case_of("2")

    town.told(child, LIAISON)
    assert rows(town.engine, STEPS_FIRED) == [], "at once, and not because nobody had answered"
    assert town.letters(adult) == []

    liaison = town.token("facility_liaison", "khayelitsha-hospital", "khayelitsha-hospital.liaison")
    basis = {"disclosure_basis": "consent_written", "document_ref": "C/14"}
    assert (
        town.post(liaison, f"cases/{adult}/moves", move="basis_recorded", details=basis)["stage"]
        == "referred"
    )
    town.told(adult, LIAISON)

    whole = " ".join(body for (body,) in rows(town.engine, "SELECT text_part FROM practice_mail"))
    assert not re.search(r"Testcase|Number|X99|F1|sharp|Nowhere", whole)


def test_the_link_acknowledges_and_an_opened_cas_ends_the_waiting(town: Town) -> None:
    town.hurt("1", CHILD)
    ref = town.case_of("1")
    town.told(ref, LIAISON)
    address = link_in(town.engine, ref)

    assert town.client.get(address).status_code == 200
    assert town.client.head(address).status_code == 200
    assert rows(town.engine, 'SELECT stage FROM "case"') == [("referred",)]
    assert "Acknowledged" in press(town.client, town.house, address.removeprefix("/a/")).text
    assert rows(town.engine, 'SELECT stage FROM "case"') == [("acknowledged",)]
    assert rows(town.engine, "SELECT grade FROM acknowledgement") == [("B",)]

    month = one(town.engine, "SELECT to_char(hectis_now() AT TIME ZONE 'Africa/Johannesburg', 'MM/YYYY')")
    liaison = town.token("saps_liaison", "harare-saps", LIAISON)
    number = {"cas_number": f"Harare CAS 95/{month}"}
    assert town.post(liaison, f"cases/{ref}/moves", move="open_cas", details=number)["stage"] == "case_opened"
    # Nobody is asked for that any more; what comes next has a clock of its own.
    assert rows(town.engine, "SELECT name FROM clock WHERE stopped_at IS NULL") == [("docket_assignment",)]
    assert one(town.engine, "SELECT count(*) FROM escalation WHERE cleared_at IS NULL") == 0
    assert not list(sealing.verify(town.house))


@pytest.mark.target("R1")
@pytest.mark.target("R3")
def test_silence_climbs_once_a_rung_though_the_worker_dies_and_redis_is_emptied(
    town: Town, broker: "redis.Redis"
) -> None:
    town.hurt("1", CHILD)
    ref = town.case_of("1")
    town.stack.of("worker")[0].kill()
    broker.flushall()
    town.stack.start("worker")
    town.told(ref, LIAISON)

    practice.age(town.house, ref, timedelta(minutes=61))
    town.told(ref, LIAISON, LIAISON)
    broker.flushall()
    practice.age(town.house, ref, timedelta(hours=1))
    town.told(ref, LIAISON, LIAISON, COMMANDER)
    town.stack.of("worker")[0].kill()
    town.stack.start("worker")
    practice.age(town.house, ref, timedelta(days=12))
    town.told(ref, LIAISON, LIAISON, COMMANDER, *DISTRICT)

    levels = "SELECT level, cleared_at IS NULL FROM escalation"
    assert rows(town.engine, levels) == [(2, True)]
    assert [
        row[0] for row in rows(town.engine, "SELECT event FROM outbox WHERE event = 'case.escalated'")
    ] == ["case.escalated"] * 3
    liaison = town.token("saps_liaison", "harare-saps", LIAISON)
    town.post(liaison, f"cases/{ref}/moves", move="acknowledge")
    assert rows(town.engine, levels) == [(2, False)]
    assert stamps_in_order(town.engine)
    assert not list(sealing.verify(town.house))


def stamps_in_order(engine: Engine) -> bool:
    """Whether each case's ledger tells its story forward in time."""
    with engine.connect() as connection:
        told: list[tuple[int, datetime]] = [
            (row[0], row[1])
            for row in connection.execute(text("SELECT case_id, at FROM ledger_entry ORDER BY case_id, seq"))
        ]
    return told == sorted(told)
