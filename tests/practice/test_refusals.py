"""Practice never meets people: whatever is tried on a database for real work is refused, and changes nothing."""

import base64
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from config.settings import Settings, _psycopg
from hectis_flow.app import create_app, house_of
from hectis_flow.commands.database import alembic_config, found_deployment
from hectis_flow.practice.staff import staff_the_province
from hectis_flow.services import practice, practice_moves, practice_road
from hectis_flow.services.house import House
from hectis_flow.services.practice import NotPractice
from hectis_flow.storage import practice as clock_row
from hectis_flow.storage.base import db
from hectis_flow.storage.practice_road import Asked
from tests.tables import dump
from workers.local_services import LocalServices

ROOT = Path(__file__).resolve().parents[2]
LATER = datetime(2090, 1, 1, tzinfo=UTC)
REF = "WC-2026-000001"
ASKED = Asked(1, "docket_inspection", None, REF, 1, "detective_commander", LATER, LATER, [])


@pytest.fixture(scope="module")
def real(services: LocalServices) -> Iterator[str]:
    """A database for real work."""
    url = _psycopg(services.create_database("for_real_work"))
    command.upgrade(alembic_config(url), "head")
    found_deployment(url, practice=False)
    yield url
    services.drop_database("for_real_work")


@pytest.fixture
def engine_of_real(real: str) -> Iterator[Engine]:
    made = create_engine(real)
    yield made
    made.dispose()


@pytest.mark.parametrize("arguments", [["play", "--days", "1"], ["status"], ["move", REF, "acknowledge"]])
def test_a_command_refuses_with_a_sentence_and_writes_nothing(
    engine_of_real: Engine, settings: Settings, real: str, tmp_path: Path, arguments: list[str]
) -> None:
    before = dump(engine_of_real)
    keys = settings.keys
    environ = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": real,
        "REDIS_URL": settings.redis_url,
        "HECTIS_DATA_DIR": str(tmp_path),
        "HECTIS_DATA_KEYS": f"k1:{base64.b64encode(keys.data_keys['k1']).decode()}",
        "HECTIS_INDEX_KEY": base64.b64encode(keys.index_key).decode(),
        "HECTIS_SECRET_KEY": keys.secret_key,
    }
    done = subprocess.run(
        [sys.executable, "-m", "hectis_flow.cli", "practice", *arguments],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2, done.stdout + done.stderr
    assert "This database is for real work" in done.stderr
    assert "Traceback" not in done.stderr
    assert dump(engine_of_real) == before
    assert list(tmp_path.iterdir()) == []


def deeds(house: House) -> list[Callable[[], object]]:
    """All that practice does to a database."""
    return [
        partial(practice.advance, house, LATER),
        partial(practice.age, house, REF, timedelta(days=1)),
        partial(staff_the_province, house),
        partial(practice_moves.make, house, REF, "acknowledge", {}),
        partial(practice_road.news, house, 0, 0),
        partial(practice_road.go, house, REF, 1, "acknowledge", {}),
        partial(practice_road.locate, house, REF, "khayelitsha-saps"),
        partial(practice_road.arrest, house, REF),
        partial(practice_road.answer, house, ASKED, LATER),
        partial(practice_road.prepare, house, ASKED, ()),
    ]


def test_no_service_of_practice_answers_on_a_database_for_real_work(
    engine_of_real: Engine, settings: Settings, real: str
) -> None:
    before = dump(engine_of_real)
    with _house(settings, real) as house:
        for ask in (practice.standing, practice.unworked, practice.in_hand, practice.totals):
            with pytest.raises(NotPractice):
                ask(house)
        for act in deeds(house):
            with pytest.raises(NotPractice):
                act()
    assert dump(engine_of_real) == before


def test_the_database_itself_refuses_a_clock_that_moves(engine_of_real: Engine) -> None:
    with (
        Session(engine_of_real) as session,
        pytest.raises(IntegrityError, match="only in a practice database"),
    ):
        clock_row.set_clock(session, LATER)


def test_a_database_of_which_nothing_was_said_is_taken_for_real(
    services: LocalServices, settings: Settings
) -> None:
    url = _psycopg(services.create_database("nothing_said"))
    command.upgrade(alembic_config(url), "head")
    with _house(settings, url) as house, pytest.raises(NotPractice):
        practice.standing(house)
    services.drop_database("nothing_said")


def test_the_clock_goes_forward_only_once_a_message_is_stored(clean: Engine, house: House) -> None:
    past = datetime(2026, 3, 1, tzinfo=UTC)
    assert practice.advance(house, past).date() == past.date(), "an empty database may begin in the past"
    with clean.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO inbound_message (channel, peer, source_app, source_facility, control_id, digest,"
                " message_type, event, size, key_id, raw_enc, ack_code)"
                " VALUES ('mllp', '', '', '', '1', '', '', '', 0, 'k1', '', 'AA')"
            )
        )
    assert practice.advance(house, datetime(2026, 2, 1, tzinfo=UTC)).date() == past.date()
    assert practice.advance(house, LATER).date() == LATER.date()


@contextmanager
def _house(settings: Settings, url: str) -> Iterator[House]:
    app = create_app(replace(settings, database_url=url))
    yield house_of(app)
    with app.app_context():
        db.engine.dispose()
