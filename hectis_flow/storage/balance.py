"""The balance: every row of every line counted in one moment, the certificates that were drawn, and the differences.

`services.balance` calls it. It counts from the raw rows alone, each line in one statement of one snapshot, and keeps
what was drawn. It must not mend what it finds, nor believe a row that says of itself how it stands.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import BigInteger, ForeignKey, Text, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from hectis_flow.domain.balance import Counted
from hectis_flow.storage.balance_cases import CASES
from hectis_flow.storage.balance_clocks import CLOCKS
from hectis_flow.storage.balance_intake import INTAKE
from hectis_flow.storage.balance_sides import Side
from hectis_flow.storage.balance_told import TOLD
from hectis_flow.storage.base import Base

#: Every line, in the order in which they are shown: what comes in, what becomes of it, what falls due, what is said.
SIDES: Final[Mapping[str, Side]] = {**INTAKE, **CASES, **CLOCKS, **TOLD}
#: What a line may use while it counts, so that large tables are joined in memory.
WORK_MEM: Final = "64MB"
TASK: Final = "balance_difference"
BY: Final = "rule:balance"


class Balance(Base):
    """One certificate, as it was drawn; never changed."""

    __tablename__ = "balance"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    day: Mapped[date]
    drawn_at: Mapped[datetime]
    counted_at: Mapped[datetime]
    body: Mapped[str] = mapped_column(Text)
    hash: Mapped[bytes]


class BalanceDifference(Base):
    """Rows of one line that one fault explains, from the certificate that found them to the one that was clean."""

    __tablename__ = "balance_difference"

    id: Mapped[int] = mapped_column(primary_key=True)
    line: Mapped[str]
    fault: Mapped[str]
    found_number: Mapped[int] = mapped_column(ForeignKey("balance.number"))
    last_number: Mapped[int] = mapped_column(ForeignKey("balance.number"))
    rows: Mapped[int] = mapped_column(BigInteger)
    found_at: Mapped[datetime]
    closed_number: Mapped[int | None] = mapped_column(ForeignKey("balance.number"))


class Kept(NamedTuple):
    """A certificate as its row holds it; `at_micros` is `drawn_at` in microseconds since 1970."""

    number: int
    day: date
    drawn_at: datetime
    at_micros: int
    body: str
    hash: bytes


class OpenDifference(NamedTuple):
    """A difference that the newest certificate still had; `owner` is the office whose task it is."""

    id: int
    line: str
    fault: str
    rows: int
    found_number: int
    found_at: datetime
    owner: str | None
    claimed: bool


COLUMNS: Final = (
    "number, day, drawn_at, (extract(epoch FROM drawn_at) * 1000000)::bigint AS at_micros, body, hash"
)


def widen(session: Session) -> None:
    """Let this transaction count large tables in memory."""
    session.execute(text(f"SET LOCAL work_mem = '{WORK_MEM}'"))


def hopped(session: Session) -> bool:
    """Whether the clock of a practice database has hopped within the minute: what was in time looks late then."""
    statement = text(
        "SELECT EXISTS (SELECT FROM practice_clock WHERE moved_at > hectis_machine_now() - interval '1 minute')"
    )
    return bool(session.scalar(statement))


def count(session: Session, name: str, mark: int, values: Mapping[str, Any]) -> list[Counted]:
    """How many rows of a line have which verdict, and how many of those have an id up to `mark`."""
    statement = text(
        f"""
        SELECT verdict, count(*), count(*) FILTER (WHERE id <= :mark), min(id), max(id)
        FROM ({SIDES[name].query}) AS row_ GROUP BY verdict
        """  # noqa: S608  (constants of the files beside this one)
    )
    used = {key: value for key, value in values.items() if f":{key}" in statement.text}
    return [Counted(*row) for row in session.execute(statement, {"mark": mark, **used})]


def hold(session: Session) -> None:
    """One certificate is written at a time."""
    session.execute(text("SELECT pg_advisory_xact_lock(hashtext('balance'))"))


def newest(session: Session, day: date | None = None) -> Kept | None:
    """The newest certificate, or the newest of a day; None where there is none."""
    statement = text(
        f"""
        SELECT {COLUMNS} FROM balance WHERE CAST(:day AS date) IS NULL OR day = :day
        ORDER BY number DESC LIMIT 1
        """  # noqa: S608  (a constant)
    )
    row = session.execute(statement, {"day": day}).first()
    return Kept(*row) if row else None


def every(session: Session) -> list[Kept]:
    """All certificates in their order: one a day, so a decade is a few thousand."""
    return [Kept(*row) for row in session.execute(text(f"SELECT {COLUMNS} FROM balance ORDER BY number"))]  # noqa: S608


def write(session: Session, number: int, day: date, at: datetime, body: str, hash_: bytes) -> None:
    """Keep a certificate."""
    statement = text(
        "INSERT INTO balance (number, day, drawn_at, body, hash) VALUES (:number, :day, :at, :body, :hash)"
    )
    session.execute(statement, {"number": number, "day": day, "at": at, "body": body, "hash": hash_})


def written_off(session: Session) -> frozenset[str]:
    """Lines whose lost rows somebody has answered for: the difference's task was done while it was open."""
    statement = text(
        """
        SELECT d.line FROM balance_difference d
        WHERE d.closed_number IS NULL AND d.fault = 'rows_lost'
          AND EXISTS (SELECT FROM task t WHERE t.kind = :task AND t.subject_id = d.id)
          AND NOT EXISTS (SELECT FROM task t WHERE t.kind = :task AND t.subject_id = d.id AND t.done_at IS NULL)
        """
    )
    return frozenset(session.scalars(statement, {"task": TASK}))


def open_and_close(
    session: Session, number: int, at: datetime, found: Sequence[tuple[str, str, int]]
) -> list[int]:
    """Open a difference for each fault that is new, carry on those that last, and close the others with their tasks.

    `found` are line, fault and rows. The ids of all that are open then.
    """
    lines, faults, rows = ([one[place] for one in found] for place in range(3))
    values = {
        "number": number,
        "at": at,
        "lines": lines,
        "faults": faults,
        "rows": rows,
        "task": TASK,
        "by": BY,
    }
    for statement in (CLOSE, CARRY):
        session.execute(statement, values)
    return list(
        session.scalars(text("SELECT id FROM balance_difference WHERE closed_number IS NULL ORDER BY id"))
    )


FOUND: Final = """
    unnest(CAST(:lines AS text[]), CAST(:faults AS text[]), CAST(:rows AS bigint[])) AS f (line, fault, rows)
"""
CLOSE: Final = text(
    f"""
    WITH closed AS (
        UPDATE balance_difference d SET closed_number = :number
        WHERE closed_number IS NULL AND NOT EXISTS (
            SELECT FROM {FOUND} WHERE f.line = d.line AND f.fault = d.fault)
        RETURNING id
    )
    UPDATE task t SET done_at = :at, done_by = :by FROM closed
    WHERE t.kind = :task AND t.subject_id = closed.id AND t.done_at IS NULL
    """  # noqa: S608  (a constant)
)
CARRY: Final = text(
    f"""
    INSERT INTO balance_difference AS d (line, fault, found_number, last_number, rows, found_at)
    SELECT line, fault, :number, :number, rows, :at FROM {FOUND}
    ON CONFLICT (line, fault) WHERE closed_number IS NULL
    DO UPDATE SET last_number = excluded.last_number, rows = excluded.rows
    """  # noqa: S608
)


def tell(session: Session) -> None:
    """Say of every open task about a difference that it is there, once."""
    statement = text(
        """
        INSERT INTO outbox (event, subject_id)
        SELECT 'task.opened', id FROM task WHERE kind = :task AND done_at IS NULL ORDER BY id
        ON CONFLICT DO NOTHING
        """
    )
    session.execute(statement, {"task": TASK})


def open_ones(session: Session) -> list[OpenDifference]:
    """What the newest certificate could not explain, the oldest first."""
    statement = text(
        """
        SELECT d.id, d.line, d.fault, d.rows, d.found_number, d.found_at, o.code, t.claimed_by IS NOT NULL
        FROM balance_difference d
        LEFT JOIN task t ON t.kind = :task AND t.subject_id = d.id AND t.done_at IS NULL
        LEFT JOIN office o ON o.id = t.office_id
        WHERE d.closed_number IS NULL ORDER BY d.id
        """
    )
    return [OpenDifference(*row) for row in session.execute(statement, {"task": TASK})]


def days(session: Session, limit: int) -> list[date]:
    """The days of which there is a certificate, the newest first."""
    statement = text("SELECT DISTINCT day FROM balance ORDER BY day DESC LIMIT :limit")
    return list(session.scalars(statement, {"limit": limit}))
