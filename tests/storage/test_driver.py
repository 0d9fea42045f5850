"""Statements handed to the driver as they are: what goes in comes out, and a fault is told as SQLAlchemy tells it."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, NoResultFound
from sqlalchemy.orm import Session

from hectis_flow.storage.driver import Statement

ECHO = Statement(
    """
    SELECT CAST(:text AS text), CAST(:number AS bigint), CAST(:flag AS boolean), CAST(:at AS timestamptz),
           CAST(:day AS date), CAST(:raw AS bytea), CAST(:words AS text[]), CAST(:nothing AS text), :text::text
    """
)
VALUES = {
    "text": "a 'word' \\ with %s and :name",
    "number": 2**62,
    "flag": True,
    "at": datetime(2026, 3, 1, 21, 30, tzinfo=UTC),
    "day": date(2026, 2, 28),
    "raw": b"\0\\x",
    "words": ["a,b", 'c"d', "e\\f", "", "NULL"],
    "nothing": None,
}


def test_every_kind_of_value_comes_back_as_it_went_in(clean: Engine) -> None:
    with Session(clean) as session:
        row = ECHO.run(session, VALUES).one()

        assert row == (*VALUES.values(), VALUES["text"])
        assert ECHO.run(session, {**VALUES, "number": None, "words": None}).one()[1] is None


def test_a_statement_runs_in_the_transaction_of_its_session(clean: Engine) -> None:
    moved = Statement("UPDATE practice_clock SET moved_at = moved_at")
    kept = Statement("INSERT INTO ledger_seal (number, at, hash) VALUES (:number, hectis_now(), sha256('a'))")
    count = Statement("SELECT count(*) FROM ledger_seal WHERE number = 77")
    with Session(clean) as session:
        kept.run(session, {"number": 77})
        assert moved.run(session, {}) == []
        assert count.run(session, {}).scalar_one() == 1
        session.rollback()
        assert count.run(session, {}).scalar_one() == 0


def test_a_fault_is_told_as_any_other_and_leaves_the_connection_of_use(clean: Engine) -> None:
    broken = Statement("INSERT INTO ledger_seal_head VALUES (99, 1, 1, sha256('a'))")
    with Session(clean) as session:
        with pytest.raises(IntegrityError, match="ledger_seal"):
            broken.run(session, {})
        session.rollback()
        with pytest.raises(DataError, match="0x00"):
            ECHO.run(session, {**VALUES, "text": "a\0b"})
        session.rollback()
        assert ECHO.run(session, VALUES).first() is not None


def test_a_connection_that_the_server_ended_is_told_as_gone_and_not_used_again(clean: Engine) -> None:
    own = Statement("SELECT pg_backend_pid()")
    engine = create_engine(clean.url)
    with Session(engine) as session:
        pid = own.run(session, {}).scalar_one()
        end_session(clean, pid)
        with pytest.raises(DBAPIError) as caught:
            own.run(session, {})
        assert caught.value.connection_invalidated
        session.rollback()
        assert own.run(session, {}).scalar_one() != pid
    engine.dispose()


def end_session(engine: Engine, pid: int) -> None:
    """As an administrator would, and only once the server has ended it."""
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:pid, 10000)"), {"pid": pid})


def test_no_row_where_one_is_needed_is_said(clean: Engine) -> None:
    with Session(clean) as session, pytest.raises(NoResultFound):
        Statement("SELECT 1 WHERE false").run(session, {}).one()
