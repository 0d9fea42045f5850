"""Connections for reads that are one statement: each thread of the web process keeps one of its own.

Made by the composition root, used by `storage.task_queue`. No pool, no BEGIN and no COMMIT: a statement is one
round trip, planned once a connection and handed to libpq as it is, for the driver's own way there costs as much
as a third of the statement. Each commits itself, so it must be safe to run twice: on a connection that the
server has closed it is tried once more on a fresh one. A thread's connection ends with its thread.
"""

import threading
from collections.abc import Callable, Sequence

from psycopg import OperationalError
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, ExecStatus
from psycopg.pq.abc import PGconn, PGresult
from sqlalchemy.pool import PoolProxiedConnection

Row = tuple[str | None, ...]
DONE = (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK)


class ThreadConnections:
    """Runs statements, each on the connection of the thread that asks; `make` gives one in autocommit."""

    def __init__(self, make: Callable[[], PoolProxiedConnection]) -> None:
        self._make = make
        self._own = threading.local()

    def rows(self, statement: bytes, values: Sequence[str]) -> list[Row]:
        """All rows of a statement with $1, $2 ...; values go and come as PostgreSQL writes them.

        Raises what the driver raises; then nothing was written.
        """
        own: _Kept | None = getattr(self._own, "kept", None)
        if own is not None:
            try:
                return own.rows(statement, values)
            except OperationalError:
                if not own.is_lost():
                    raise
                self.close()
        own = self._own.kept = _Kept(self._make())
        return own.rows(statement, values)

    def close(self) -> None:
        """Let this thread's connection go; its next statement makes a new one."""
        own: _Kept | None = getattr(self._own, "kept", None)
        self._own.kept = None
        if own is not None:
            own.close()


class _Kept:
    """A connection, and the names of the statements that are prepared on it."""

    def __init__(self, held: PoolProxiedConnection) -> None:
        self._held = held
        self._libpq: PGconn = held.driver_connection.pgconn  # type: ignore[union-attr]
        self._names: dict[bytes, bytes] = {}

    def is_lost(self) -> bool:
        """Whether the server is gone from the other end."""
        return self._libpq.status != ConnStatus.OK

    def close(self) -> None:
        """Nobody else gets this connection."""
        self._held.invalidate()

    def rows(self, statement: bytes, values: Sequence[str]) -> list[Row]:
        """The rows of one statement, which is prepared at its first run."""
        name = self._names.get(statement)
        if name is None:
            name = f"read_{len(self._names)}".encode()
            self._done(self._libpq.prepare(name, statement))
            self._names[statement] = name
        found = self._done(self._libpq.exec_prepared(name, [value.encode() for value in values]))
        return [
            tuple(_text(found.get_value(row, column)) for column in range(found.nfields))
            for row in range(found.ntuples)
        ]

    def _done(self, result: PGresult) -> PGresult:
        """The result of what was done. Raises what the server says else, or that it is gone."""
        if result.status in DONE:
            return result
        if self.is_lost():
            raise OperationalError("The server closed the connection.")
        raise error_from_result(result)


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode()
