"""The role that the service runs as: it can do all its work, and neither change nor remove what is written for good."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import Engine, create_engine, make_url, pool, text
from sqlalchemy.exc import ProgrammingError

from config.settings import Settings
from hectis_flow.commands.database import FIXED, grant_role
from hectis_flow.services import balance, sealing
from hectis_flow.services.house import House
from hectis_flow.wiring import make_house
from tests.filled_house import fill

pytestmark = pytest.mark.target("S10")
ROLE = "hectis_app_of_the_suite"
FOR_GOOD = {
    *(
        "stage_transition",
        "ledger_entry",
        "ledger_seal",
        "ledger_seal_head",
        "balance",
        "disclosure",
        "read_log",
    ),
    *(
        "acknowledgement",
        "agenda_line",
        "brief_observation",
        "charge_transition",
        "removal_transition",
        "deployment",
    ),
    *("contact_change", "delivery_report", "digest_line"),
}


@pytest.fixture
def app_url(clean: Engine, database_url: str) -> Iterator[str]:
    """The address of a role that may run the service and no more."""
    with clean.begin() as connection:
        connection.execute(text(f"CREATE ROLE {ROLE} LOGIN PASSWORD 'of the suite'"))
    assert set(grant_role(database_url, ROLE)) == FOR_GOOD
    yield (
        make_url(database_url)
        .set(username=ROLE, password="of the suite")
        .render_as_string(hide_password=False)
    )
    with clean.begin() as connection:
        connection.execute(text(f"DROP OWNED BY {ROLE}"))
        connection.execute(text(f"DROP ROLE {ROLE}"))


@pytest.fixture
def as_app(app_url: str, settings: Settings) -> Iterator[tuple[House, Engine]]:
    """A house that works as this role, and its engine."""
    engine = create_engine(app_url, poolclass=pool.NullPool)
    house = make_house(engine, replace(settings, database_url=app_url))
    yield house, engine
    house.direct.close()


def test_the_service_does_all_its_work_as_that_role(as_app: tuple[House, Engine], clean: Engine) -> None:
    house, _ = as_app
    fill(house, clean)
    drawn = balance.draw(house)
    assert drawn is not None
    assert drawn.differences == ()
    assert list(sealing.verify(house)) == []


def test_that_role_neither_changes_nor_removes_nor_wakes_what_is_written_for_good(
    as_app: tuple[House, Engine], clean: Engine
) -> None:
    _, engine = as_app
    with clean.connect() as connection:
        tables = list(connection.scalars(text(FIXED)))
        column = dict(
            connection.execute(
                text(
                    """
                    SELECT table_name, min(column_name) FROM information_schema.columns
                    WHERE table_schema = 'public' AND is_generated = 'NEVER' GROUP BY 1
                    """
                )
            ).all()
        )
    refused = [
        *(f'UPDATE "{table}" SET {column[table]} = {column[table]}' for table in tables),  # noqa: S608
        *(f'DELETE FROM "{table}"' for table in tables),  # noqa: S608
        *(f'TRUNCATE "{table}"' for table in tables),
        *(f'ALTER TABLE "{table}" DISABLE TRIGGER ALL' for table in tables),
        "SET session_replication_role = replica",
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    ]
    for statement in refused:
        with (
            engine.connect() as connection,
            pytest.raises(ProgrammingError, match=r"permission denied|must be owner"),
        ):
            connection.execute(text(statement))
