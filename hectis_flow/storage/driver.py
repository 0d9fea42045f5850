"""Statements that are run at every move: written once in the driver's own form, so that nothing is compiled again.

Used by the storage modules of the hot path; all others use `sqlalchemy.text`, which costs some tenths of a
millisecond more a statement. A `Statement` runs inside the caller's transaction, like any other.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import CursorResult
from sqlalchemy.orm import Session

# A name after one colon; `::` is a cast.
_NAMED: Final = re.compile(r"(?<![:\w]):([a-z_]+)(?!:)")


class Statement:
    """One SQL statement with named values, written as for `sqlalchemy.text`: `:name`."""

    def __init__(self, sql: str) -> None:
        self._sql: Final = _NAMED.sub(r"%(\1)s", sql.replace("%", "%%"))

    def run(self, session: Session, values: Mapping[str, Any]) -> CursorResult[*tuple[Any, ...]]:
        """Run it; raises what SQLAlchemy raises."""
        return session.connection().exec_driver_sql(self._sql, dict(values))
