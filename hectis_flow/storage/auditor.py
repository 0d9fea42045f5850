"""What ought to have happened and did not: found by asking the rows, and kept while it lasts.

`services.auditor` calls it. It is written apart from the sweep and shares nothing with it: what is wrong is
asked anew, from the other side. Looks over cases go by ranges of ids, so that no statement runs long however
many there are; what is due is found by the indexes of what is due. It must not mend anything.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import Double, ForeignKey, Integer, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from hectis_flow.storage.audit_checks import CHECKS
from hectis_flow.storage.base import Base


class AuditFinding(Base):
    """One duty that was not done; `subject_id` is the row that it is about. Open until it is mended."""

    __tablename__ = "audit_finding"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    subject_id: Mapped[int]
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case.id"))
    found_at: Mapped[datetime]
    cleared_at: Mapped[datetime | None]


class AuditRun(Base):
    """One look at everything: how long it took, and what is open after it."""

    __tablename__ = "audit_run"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    took_ms: Mapped[float] = mapped_column(Double)
    open_findings: Mapped[int] = mapped_column(Integer)


class Standing(NamedTuple):
    """How old the last look is, in seconds of the machine's clock (None: there was none), and what is open."""

    age_seconds: float | None
    open_findings: int


class OpenFinding(NamedTuple):
    """One open finding, as a list shows it; `subject_id` is the row of its kind, `ref` the case it touches."""

    id: int
    kind: str
    subject_id: int
    ref: str | None
    found_at: datetime


CASE_RANGE: Final = "{column} BETWEEN :first AND :last"


def largest_case(session: Session) -> int:
    """The largest id of a case; 0 where there is none."""
    return int(session.execute(text('SELECT coalesce(max(id), 0) FROM "case"')).scalar_one())


def since(session: Session) -> tuple[datetime, datetime]:
    """From when to when finished steps are looked at: the last day, or as long as nobody looked."""
    statement = text(
        """
        SELECT hectis_now() - greatest(interval '1 day', interval '1 hour' + hectis_machine_now()
               - (SELECT at FROM audit_run ORDER BY id DESC LIMIT 1)), hectis_now()
        """
    )
    first, now = session.execute(statement).one()
    return first, now


def hops(session: Session, patience: timedelta) -> bool:
    """Whether the clock of a practice database has hopped just now, so that what was in time looks late."""
    statement = text(
        "SELECT EXISTS (SELECT FROM practice_clock WHERE moved_at > hectis_machine_now() - :patience)"
    )
    return bool(session.scalar(statement, {"patience": patience}))


def find(session: Session, kind: str, values: Mapping[str, Any]) -> int:
    """Write down what is newly wrong, of one kind; how many. By cases: of those from `first` to `last`."""
    check = CHECKS[kind]
    scope = CASE_RANGE.format(column=check.case) if check.case else "true"
    statement = text(
        f"""
        INSERT INTO audit_finding (kind, subject_id, case_id)
        SELECT :kind, wrong.subject_id, wrong.case_id FROM ({check.query.format(scope=scope)})
            AS wrong (subject_id, case_id)
        ON CONFLICT (kind, subject_id) WHERE cleared_at IS NULL DO NOTHING
        RETURNING id
        """  # noqa: S608  (constants of this module)
    )
    return len(session.execute(statement, _used(statement.text, {"kind": kind, **values})).all())


def clear(session: Session, kind: str, values: Mapping[str, Any]) -> int:
    """Close what is no longer wrong, of one kind; how many. However long ago it went wrong."""
    check = CHECKS[kind]
    query = (
        check.query.format(scope=f"{check.subject} = f.subject_id")
        .replace(":since", "'-infinity'")
        .replace(":until", "'infinity'")
    )
    statement = text(
        f"""
        UPDATE audit_finding f SET cleared_at = hectis_machine_now()
        WHERE f.kind = :kind AND f.cleared_at IS NULL AND NOT EXISTS ({query}) RETURNING id
        """  # noqa: S608
    )
    return len(session.execute(statement, _used(statement.text, {"kind": kind, **values})).all())


def open_kinds(session: Session) -> dict[str, int]:
    """How many findings are open, of each kind that has any."""
    rows = session.execute(
        text(
            "SELECT kind, count(*) AS found FROM audit_finding WHERE cleared_at IS NULL GROUP BY 1 ORDER BY 1"
        )
    )
    return {row.kind: row.found for row in rows}


def open_ones(session: Session, after: int | None, limit: int) -> list[OpenFinding]:
    """Open findings, oldest first, beyond the id `after`."""
    statement = text(
        """
        SELECT f.id, f.kind, f.subject_id, c.ref, f.found_at
        FROM audit_finding f LEFT JOIN "case" c ON c.id = f.case_id
        WHERE f.cleared_at IS NULL AND f.id > :after ORDER BY f.id LIMIT :limit
        """
    )
    return [OpenFinding(*row) for row in session.execute(statement, {"after": after or 0, "limit": limit})]


def record_run(session: Session, took_ms: float, open_findings: int) -> None:
    """Write down that everything was looked at; looks older than a week are forgotten."""
    values = {"took_ms": took_ms, "open": open_findings}
    session.execute(text("INSERT INTO audit_run (took_ms, open_findings) VALUES (:took_ms, :open)"), values)
    session.execute(text("DELETE FROM audit_run WHERE at < hectis_machine_now() - interval '7 days'"))


def standing(session: Session) -> Standing:
    """When everything was last looked at, and how much was open then."""
    statement = text(
        """
        SELECT extract(epoch FROM hectis_machine_now() - at)::float, open_findings
        FROM audit_run ORDER BY id DESC LIMIT 1
        """
    )
    row = session.execute(statement).first()
    return Standing(*row) if row else Standing(None, 0)


def _used(statement: str, values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if f":{name}" in statement}
