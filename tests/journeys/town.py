"""A town in which the whole system runs, as processes, over MLLP, SMTP and HTTP; for journeys."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import redis
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine

from hectis_flow.feeds.mllp_client import send_all
from hectis_flow.practice.ground import settle
from hectis_flow.services import tokens
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
UNTOLD = (
    "SELECT count(*) FROM outbox WHERE done_at IS NULL AND event LIKE 'case.%'",
    "SELECT count(*) FROM delivery WHERE sent_at IS NULL AND cancelled_at IS NULL AND gave_up_at IS NULL",
)


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
