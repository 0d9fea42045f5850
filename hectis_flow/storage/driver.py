"""Statements that are run at every move: handed to the driver as they are, past SQLAlchemy's own machinery.

Used by the storage modules of the hot path; all others use `sqlalchemy.text`, which costs some tenths of a
millisecond more a statement. A `Statement` runs inside the caller's transaction, like any other, and raises
what SQLAlchemy raises.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

import psycopg
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, NoResultFound
from sqlalchemy.orm import Session

Row = tuple[Any, ...]

# A name after one colon; `::` is a cast.
_NAMED: Final = re.compile(r"(?<![:\w]):([a-z_]+)")


def array(values: Iterable[str | bytes | int | datetime | None]) -> str:
    """An array as PostgreSQL writes it: the driver takes several times as long to make one of a list."""
    return "{" + ",".join(map(_item, values)) + "}"


def _item(value: str | bytes | int | datetime | None) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        return f'"\\\\x{value.hex()}"'
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return value.isoformat() if isinstance(value, datetime) else str(value)


class Rows(list[Row]):
    """All rows that a statement gave."""

    def first(self) -> Row | None:
        """The first row, if there is one."""
        return self[0] if self else None

    def one(self) -> Row:
        """The row. Raises `NoResultFound` where there is none."""
        if not self:
            raise NoResultFound("No row was found when one was required")
        return self[0]

    def scalar_one(self) -> Any:
        """The first value of the row. Raises `NoResultFound` where there is none."""
        return self.one()[0]


class Statement:
    """One SQL statement with named values, written as for `sqlalchemy.text`: `:name`."""

    def __init__(self, sql: str) -> None:
        #: The statement as the driver takes it.
        self.sent: Final = _NAMED.sub(r"%(\1)s", sql.replace("%", "%%")).encode()

    def run(self, session: Session, values: Mapping[str, Any]) -> Rows:
        """Run it; raises what SQLAlchemy raises."""
        connection = session.connection()
        driver: psycopg.Connection[Row] = connection.connection.driver_connection  # type: ignore[assignment]
        try:
            cursor = driver.execute(self.sent, values, prepare=True)
            result = cursor.pgresult  # asking for the description would have it made, column by column
            return Rows(cursor.fetchall() if result is not None and result.nfields else ())
        except psycopg.Error as fault:
            raise _as_sqlalchemy(connection, driver, fault) from fault


def _as_sqlalchemy(
    connection: Connection, driver: "psycopg.Connection[Row]", fault: psycopg.Error
) -> BaseException:
    """The fault as SQLAlchemy tells of it; a connection that is gone takes its pool along, as there."""
    gone = driver.closed
    if gone:
        connection.invalidate(fault)
        connection.engine.dispose()
    return DBAPIError.instance(
        None,
        None,
        fault,
        psycopg.Error,
        hide_parameters=True,
        connection_invalidated=gone,
        dialect=connection.dialect,
    )
