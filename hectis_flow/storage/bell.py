"""The bell: whoever has just stored messages may ring, so that the clock hands them over at once.

`services.work` rings and listens. Nothing may rest on it: a ring that nobody hears costs the time until the
clock's next tick and no more. It carries no word, for any user of the database may hear it.
"""

from collections.abc import Callable
from typing import Any, Final

import psycopg
from sqlalchemy.pool import PoolProxiedConnection

from hectis_flow.storage.direct import Direct

RING: Final = b"SELECT pg_notify('hectis_due', '')"
LISTEN: Final = b"LISTEN hectis_due"


def ring(direct: Direct) -> None:
    """Let every ear hear that messages wait; raises what the driver raises."""
    direct.rows(RING, {})


class Ear:
    """Listens on a connection of its own, which `connect` makes in autocommit; for one thread."""

    def __init__(self, connect: Callable[[], PoolProxiedConnection]) -> None:
        self._connect = connect
        self._held: PoolProxiedConnection | None = None

    def hears(self, seconds: float) -> bool:
        """Whether somebody rings within that time, or has rung since it was last asked.

        Raises what the driver raises; the next call then listens on a fresh connection.
        """
        try:
            return any(True for _ in self._line().notifies(timeout=seconds, stop_after=1))
        except psycopg.Error:
            self.close()
            raise

    def close(self) -> None:
        """Let the connection go."""
        held, self._held = self._held, None
        if held is not None:
            held.invalidate()

    def _line(self) -> "psycopg.Connection[Any]":
        if self._held is None:
            self._held = self._connect()
            self._own(self._held).execute(LISTEN)
        return self._own(self._held)

    def _own(self, held: PoolProxiedConnection) -> "psycopg.Connection[Any]":
        connection: psycopg.Connection[Any] = held.driver_connection  # type: ignore[assignment]
        return connection
