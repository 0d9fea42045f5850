"""What is asked of the database itself: its clock, its schema, and how it treats this transaction.

Services call it; no table of ours is read here.
"""

from datetime import date, datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from hectis_flow.storage.driver import Statement

NOW = Statement("SELECT hectis_now()")
MACHINE_NOW = Statement("SELECT hectis_machine_now()")
#: The day it is in South Africa, by the one clock.
DAY: Final = "(hectis_now() AT TIME ZONE 'Africa/Johannesburg')::date"
TODAY = Statement(f"SELECT {DAY}")


def now(session: Session) -> datetime:
    """The one clock of the road."""
    moment: datetime = NOW.run(session, {}).scalar_one()
    return moment


def machine_now(session: Session) -> datetime:
    """The clock of machines, which no practice moves."""
    moment: datetime = MACHINE_NOW.run(session, {}).scalar_one()
    return moment


def today(session: Session) -> date:
    """The day it is in South Africa, by the one clock."""
    day: date = TODAY.run(session, {}).scalar_one()
    return day


def schema(session: Session) -> str | None:
    """The migration that the schema stands at; None where there is none."""
    if not session.scalar(text("SELECT to_regclass('alembic_version') IS NOT NULL")):
        return None
    version: str | None = session.scalar(text("SELECT version_num FROM alembic_version"))
    return version


def limit_statements(session: Session, seconds: float) -> None:
    """Give each statement of this transaction so many seconds; 0: as long as it takes."""
    session.execute(text(f"SET LOCAL statement_timeout = '{seconds:.0f}s'"))


def read_one_moment(session: Session) -> None:
    """Let this transaction, before it reads anything, see no later commit and write nothing."""
    session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
