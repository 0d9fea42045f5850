"""Digests: exactly one a person and window, composed from what stands, sent as a notice, opened or climbing."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from hectis_flow.domain.moments import SAST
from hectis_flow.services import digest, practice
from hectis_flow.services.house import House
from hectis_flow.storage.vault import CONTACT
from tests.api.committee import Table, at_table
from tests.api.province import Province
from tests.tables import one, rows

Clock = Callable[[str], None]


@pytest.fixture
def table(app: Flask, province: Province, house: House, engine: Engine) -> Table:
    found = at_table(app.test_client(), province, house, engine)
    with engine.begin() as connection:
        for number, code in enumerate(("cc-1", "ks-9", "cs-1"), 1):
            key_id, sealed = house.vault.seal(CONTACT, f"{code}@practice.invalid".encode())
            connection.execute(
                text(
                    "INSERT INTO contact_point (staff_id, channel, rank, address_blind, key_id, address_enc, valid_from) "
                    "SELECT id, 'email', 1, :blind, :key, :sealed, '2020-01-01' FROM staff WHERE code = :code"
                ),
                {"blind": bytes([number]), "key": key_id, "sealed": sealed, "code": code},
            )
    return found


def now(engine: Engine) -> datetime:
    found: datetime = one(engine, "SELECT hectis_now()")
    return found


@pytest.fixture
def tomorrow(table: Table) -> Callable[[str], datetime]:
    """Goes on to the next day at this time in South Africa."""

    def go(clock: str) -> datetime:
        day = now(table.engine).astimezone(SAST).date() + timedelta(days=1)
        at = datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=SAST)
        return practice.advance(table.house, at)

    return go


def content(engine: Engine, code: str = "cc-1") -> dict[str, Any]:
    """What the last digest of somebody showed."""
    asked = """
        SELECT content FROM digest d JOIN staff s ON s.id = d.staff_id WHERE s.code = :code
        ORDER BY window_on DESC LIMIT 1
    """
    found: dict[str, Any] = one(engine, asked, code=code)
    return found


def served(house: House) -> int:
    return digest.compose(house, digest.plan(house))


def test_the_chair_gets_what_nobody_answered_with_its_choices(
    table: Table, tomorrow: Callable[[str], datetime]
) -> None:
    tomorrow("06:30")
    assert served(table.house) >= 1
    told = content(table.engine)
    assert told["figures"]["standing"] == 1
    assert told["figures"]["to_decide"] == 1
    assert [(one["sort"], one["ref"]) for one in told["decide"]] == [("escalated", table.ref)]
    assert rows(
        table.engine,
        "SELECT s.code, e.kind, e.channel FROM delivery e JOIN staff s ON s.id = e.staff_id "
        "WHERE e.kind = 'digest' AND s.code = 'cc-1'",
    ) == [("cc-1", "digest", "email")]
