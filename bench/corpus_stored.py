"""What stands in the database after messages were worked through: read as an owner would, with the keys.

`bench.corpus` and its fellows use it. It reads tables and the vault alone, without the services.
"""

import hashlib
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import psycopg
from psycopg.sql import SQL, Identifier

from config.settings import load
from hectis_flow.storage.vault import IDENTITY, PRIVATE, Vault
from hectis_flow.wiring import make_vault

SETTLE_SECONDS = 120.0
POLL_SECONDS = 0.1
# Signs of life, measures and seals: they tell of the passing of time, not of messages.
MOVING = (
    "heartbeat",
    "queue_depth",
    "clock_leader",
    "clock_run",
    "audit_run",
    "ledger_seal",
    "ledger_seal_head",
)
WAITING = """
    SELECT (SELECT count(*) FROM inbound_message WHERE done_at IS NULL)
         + (SELECT count(*) FROM outbox WHERE done_at IS NULL)
         + (SELECT count(*) FROM "case" WHERE ledger_seq > sealed_seq)
"""
MESSAGES = """
    SELECT m.digest, m.state, coalesce(m.reason, ''), m.encounter_id, coalesce(e.patient_id, p.patient_id)
    FROM inbound_message m
    LEFT JOIN encounter e ON e.id = m.encounter_id LEFT JOIN person_message p ON p.message_id = m.id
"""
VISITS = "SELECT id, arrived_at, left_at, key_id, private_enc FROM encounter"
PATIENTS = "SELECT id, key_id, identity_enc FROM patient"
CASE_OF = """
    SELECT c.ref FROM inbound_message m
    JOIN incident_patient i USING (encounter_id) JOIN "case" c USING (incident_id)
    WHERE m.digest = %s
"""
UNDERSTOOD = """
    SELECT i.intent, array(SELECT code FROM quality_item q
                           WHERE q.encounter_id = m.encounter_id AND q.closed_at IS NULL)
    FROM inbound_message m
    LEFT JOIN incident_patient p USING (encounter_id)
    LEFT JOIN incident i ON i.id = p.incident_id AND i.voided_at IS NULL
    WHERE m.digest = %s
"""


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """What became of one message; no visit for one that speaks of a person alone."""

    state: str
    reason: str
    visit_id: int | None
    patient_id: int | None


@dataclass(frozen=True, slots=True)
class StoredVisit:
    """A visit, deciphered."""

    arrived_at: datetime | None
    left_at: datetime | None
    number: str


@dataclass(frozen=True, slots=True)
class StoredPatient:
    """A patient, deciphered."""

    numbers: frozenset[str]
    born: str | None


class Store:
    """A look into the database of a running system."""

    def __init__(self, connection: "psycopg.Connection", vault: Vault) -> None:
        self._connection = connection
        self._vault = vault

    def settle(self) -> float:
        """Wait until nothing waits for work, a consequence or a seal; the seconds that took."""
        begun = time.monotonic()
        while self._one(WAITING):
            if time.monotonic() - begun > SETTLE_SECONDS:
                raise TimeoutError(f"Something still waits for work after {SETTLE_SECONDS:g} s.")
            time.sleep(POLL_SECONDS)
        return time.monotonic() - begun

    def counts(self) -> Counter[tuple[str, str]]:
        """Messages by state and reason, with those that were refused."""
        rows = self._connection.execute(
            "SELECT state, coalesce(reason, ''), count(*) FROM inbound_message GROUP BY 1, 2 "
            "UNION ALL SELECT 'refused', reason, count(*) FROM message_refusal GROUP BY 2"
        )
        return Counter({(state, reason): count for state, reason, count in rows})

    def messages(self) -> dict[bytes, StoredMessage]:
        """What became of each message, by the digest of its bytes."""
        return {digest: StoredMessage(*rest) for digest, *rest in self._connection.execute(MESSAGES)}

    def visits(self) -> dict[int, StoredVisit]:
        """Every visit."""
        found = {}
        for visit_id, arrived_at, left_at, key_id, sealed in self._connection.execute(VISITS):
            number = self._vault.open_json(PRIVATE, key_id, sealed)["visit_number"] or ""
            found[visit_id] = StoredVisit(_in_utc(arrived_at), _in_utc(left_at), number)
        return found

    def patients(self) -> dict[int, StoredPatient]:
        """Every patient."""
        found = {}
        for patient_id, key_id, sealed in self._connection.execute(PATIENTS):
            who = self._vault.open_json(IDENTITY, key_id, sealed)
            numbers = frozenset(number["value"] for number in who.get("numbers", ()))
            found[patient_id] = StoredPatient(numbers, who.get("born"))
        return found

    def cases(self) -> int:
        """How many cases there are."""
        return int(self._one('SELECT count(*) FROM "case"'))

    def cases_of(self, digest: bytes) -> list[str]:
        """The cases of the visit that a message belongs to."""
        return [ref for (ref,) in self._connection.execute(CASE_OF, (digest,))]

    def understood(self, digest: bytes) -> tuple[str | None, list[str]]:
        """The intent of the incident that a message tells of, if it is one, and what is wrong with its data."""
        intent, wrong = next(iter(self._connection.execute(UNDERSTOOD, (digest,))))
        return intent, wrong

    def dump(self) -> dict[str, tuple[int, str]]:
        """Every table but the moving ones: how many rows, and the digest of them all as text."""
        names = self._connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
        )
        return {name: self._digest(name) for (name,) in names if name not in MOVING}

    def _digest(self, table: str) -> tuple[int, str]:
        digest, count = hashlib.sha256(), 0
        query = SQL("SELECT t::text FROM {} t ORDER BY 1").format(Identifier(table))
        for (row,) in self._connection.execute(query):
            digest.update(row.encode() + b"\n")
            count += 1
        return count, digest.hexdigest()

    def _one(self, query: str) -> int:
        row = self._connection.execute(query).fetchone()
        assert row is not None
        return int(row[0])


def _in_utc(at: datetime | None) -> datetime | None:
    return at.astimezone(UTC) if at else None


@contextmanager
def store_of(environ: dict[str, str]) -> Iterator[Store]:
    """Look into the database of the system that this environment names."""
    settings = load(environ)
    url = settings.database_url.replace("+psycopg", "", 1)
    with psycopg.connect(url, autocommit=True) as connection:
        yield Store(connection, make_vault(settings))
