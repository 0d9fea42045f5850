"""Somebody has to answer: from a hospital's message to the station's notice, up the ladder, to an opened CAS.

The whole system as processes, over MLLP, SMTP and HTTP; in the middle the worker is killed and Redis emptied.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
import redis
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, text

from hectis_flow.feeds.mllp_client import send_all
from hectis_flow.practice.ground import settle
from hectis_flow.services import practice, sealing, tokens
from hectis_flow.services.house import House
from tests.drills.fixtures import StackMaker
from tests.drills.stack import FAST, Stack
from tests.ports import kept_port
from tests.segments import adt
from tests.tables import one, rows
from tests.waiting import until

HOME = "1 Nowhere^Harare^Harare^WC^^ZA"
CHILD, ADULT = "20140301", "19900101"
LIAISON, COMMANDER = "harare-saps.liaison", "harare-saps.commander"
STEPS_FIRED = "SELECT id FROM clock_step WHERE done_at IS NOT NULL"
UNTOLD = (
    "SELECT count(*) FROM outbox WHERE done_at IS NULL AND event LIKE 'case.%'",
    "SELECT count(*) FROM delivery WHERE sent_at IS NULL AND cancelled_at IS NULL AND gave_up_at IS NULL",
)
DISTRICT = {"cape-town-saps-district.commander", "cape-town-saps-district.second"}


@dataclass
class Town:
    """The running system, and what people see of it."""

    stack: Stack
    house: House
    engine: Engine
    client: FlaskClient
    worked: list[str] = field(default_factory=list)

    def hurt(self, number: str, born: str) -> None:
        """A coded assault in Harare arrives over the wire."""
        pid = {7: born, 11: f"{HOME}^H"}
        raw = adt("A08", f"m-{number}", "20260301213000", codes=["X99.4"], folder=f"F{number}",
                  visit=f"V{number}", pid=pid, accident={11: HOME})  # fmt: skip
        report = send_all([raw], "127.0.0.1", self.stack.port())
        assert report.codes["AA"] == 1

    def case_of(self, number: str) -> str:
        """The case of this message, once there is one."""
        query = """
            SELECT c.ref FROM "case" c JOIN incident_patient p ON p.incident_id = c.incident_id
            JOIN inbound_message m ON m.encounter_id = p.encounter_id WHERE m.control_id = :id
        """
        found = until(lambda: rows(self.engine, query, id=f"m-{number}"), "the case", within=30)
        return str(found[0][0])

    def letters(self, ref: str) -> list[tuple[str, str]]:
        """Who got which notice of a case, as the mail server took them.

        A worker that dies between sending and recording sends once more, under the same Message-ID.
        """
        query = """
            SELECT recipient, subject FROM practice_mail WHERE subject LIKE :ref || '%'
            GROUP BY message_id, recipient, subject ORDER BY min(id)
        """
        return [(to.partition("@")[0], subject) for to, subject in rows(self.engine, query, ref=ref)]

    def told(self, ref: str, *people: str) -> None:
        """Wait until exactly these people have got a letter each of this case, in this order."""
        wanted = sorted(people)
        until(lambda: len(self.letters(ref)) >= len(wanted), f"letters to {wanted}", within=30)
        self.settled()
        assert sorted(to for to, _ in self.letters(ref)) == wanted

    def settled(self) -> None:
        """Wait until all that was to be told of a case has been: who has no letter now gets none."""
        until(lambda: not any(one(self.engine, query) for query in UNTOLD), "everybody is told", within=30)

    def post(self, token: str, path: str, **body: Any) -> Any:
        headers = {"Authorization": f"Bearer {token}"}
        answer = self.client.post(f"/api/v1/{path}", headers=headers, json=body)
        assert answer.status_code == 200, answer.text
        return answer.json

    def token(self, role: str, office: str, staff: str) -> str:
        return tokens.create(self.house, role, office, staff, 1, staff).secret


@pytest.fixture
def town(
    make_stack: StackMaker, house: House, clean: Engine, broker: "redis.Redis", app: Flask
) -> Iterator[Town]:
    """The system running, with staff in the offices that matter here."""
    assert broker.ping()
    settle(house, ["Harare"])
    with kept_port() as port:
        mail = {
            "HECTIS_SMTP_HOST": "127.0.0.1",
            "HECTIS_SMTP_PORT": str(port),
            "HECTIS_SMTP_STARTTLS": "no",
            "HECTIS_MAILBOX_PORT": str(port),
            "HECTIS_RETRY_SECONDS": "0.2",
        }
        stack = make_stack({**FAST, **mail})
        for part in ("mailbox", "mllp", "worker", "clock"):
            stack.start(part)
        yield Town(stack, house, clean, app.test_client())


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
    assert town.client.post(address).status_code == 200
    assert rows(town.engine, 'SELECT stage FROM "case"') == [("acknowledged",)]
    assert rows(town.engine, "SELECT grade FROM acknowledgement") == [("ungraded",)]

    month = one(town.engine, "SELECT to_char(hectis_now() AT TIME ZONE 'Africa/Johannesburg', 'MM/YYYY')")
    liaison = town.token("saps_liaison", "harare-saps", LIAISON)
    number = {"cas_number": f"Harare CAS 95/{month}"}
    assert town.post(liaison, f"cases/{ref}/moves", move="open_cas", details=number)["stage"] == "case_opened"
    assert one(town.engine, "SELECT count(*) FROM clock WHERE stopped_at IS NULL") == 0
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
