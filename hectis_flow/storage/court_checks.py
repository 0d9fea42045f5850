"""What was asked before a day in court, check by check: read, answered, and counted afterwards.

`services.countdown_answers`, `services.countdown_lists` and `services.countdown` call it; the lists themselves begin
and end in `storage.countdown`. A check keeps its answer as it stands and since when it first was red; every answer
is in the ledger. It must not decide what is red: `red_from` was reckoned when it was answered.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from hectis_flow.domain import countdown
from hectis_flow.storage.driver import Statement
from hectis_flow.storage.reading_countdown import CHECKS, DONE, DUE, FIRST_RED, OF_CASE, STANDS
from hectis_flow.storage.reading_sources import SOURCES

SHOW: Final = text(f'SELECT {OF_CASE} FROM "case" r WHERE r.id = :id')  # noqa: S608
NEWEST: Final = Statement(
    f"""
    SELECT i.id, i.kind, i.code, i.settled_at IS NOT NULL, {DUE},
           ARRAY(SELECT k.cause FROM court_check k WHERE k.item_id = i.id ORDER BY k.id)
    FROM item i WHERE i.case_id = :case_id AND i.office_id = :office_id AND i.role = :role AND {STANDS}
    ORDER BY i.id DESC LIMIT 1
    """  # noqa: S608
)
# What was red under the answer before is kept.
ANSWER: Final = Statement(
    f"""
    WITH said AS (
        SELECT * FROM jsonb_to_recordset(CAST(:said AS jsonb))
            AS s (cause text, answer text, by_when date, red_from timestamptz)
    ),
    now AS MATERIALIZED (SELECT CAST(:at AS timestamptz) AS at),
    answered AS (
        UPDATE court_check k SET answer = s.answer, by_when = s.by_when, answered_at = now.at, answered_by = :by,
            red_from = s.red_from,
            red_at = coalesce(k.red_at, CASE WHEN k.red_from <= now.at THEN k.red_from END)
        FROM said s, now WHERE k.item_id = :item_id AND k.cause = s.cause
    )
    SELECT count(*) FILTER (WHERE coalesce(s.answer, k.answer, '') NOT IN ({DONE}))
    FROM court_check k LEFT JOIN said s USING (cause) WHERE k.item_id = :item_id
    """  # noqa: S608
)
REOPEN: Final = text("UPDATE item SET ending = :ending WHERE id = :id AND settled_at IS NOT NULL")
# Each removal of a matter that had a day in court set, and when a check of one of its causes was first red before it.
LEADS: Final = text(
    f"""
    SELECT d.day, s.kind, s.first_red FROM removal m
    CROSS JOIN LATERAL (
        SELECT min(CAST(t.before ->> 'next_date' AS date)) AS day FROM charge_transition t
        WHERE t.case_id = m.case_id AND t.case_version = m.case_version
    ) d
    LEFT JOIN LATERAL (
        SELECT i.kind, {FIRST_RED} AS first_red FROM court_check k JOIN item i ON i.id = k.item_id
        WHERE k.case_id = m.case_id AND k.roll_date = d.day AND k.cause = ANY(m.more_causes || m.cause)
          AND i.ending IS DISTINCT FROM 'undone'
        ORDER BY 2 NULLS LAST LIMIT 1
    ) s ON true
    WHERE d.day IS NOT NULL AND m.ending IS DISTINCT FROM 'undone' ORDER BY m.id
    """  # noqa: S608
)


class Listed(NamedTuple):
    """What one side is asked for its next day in court. `ready`: everything is there. `breach`: red from then on."""

    item_id: int
    side: str
    code: str
    ready: bool
    breach: datetime
    causes: Sequence[str]

    @property
    def day(self) -> date:
        """The day in court."""
        return date.fromisoformat(self.code)


class Lead(NamedTuple):
    """A removal of a matter that had a day in court: the side that was asked (None: nobody), and the first sign."""

    day: date
    side: str | None
    first_red: datetime | None


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose lists: of an office and within a scope of cases, or of all.

    `station` and `court` narrow it, by code.
    """

    scope: str = "province"
    office_id: int | None = None
    station: str | None = None
    court: str | None = None


class Ahead(NamedTuple):
    """One side of one case before a day in court."""

    id: int
    ref: str
    code: str
    side: str
    office: str
    role: str
    court: str | None
    court_case_no: str | None
    ready: bool
    breach: datetime
    level: int | None
    checks: list[dict[str, Any]]


def of_case(session: Session, case_id: int) -> list[dict[str, Any]]:
    """What is asked of a case for its next day in court, side by side."""
    found: list[dict[str, Any]] = session.execute(SHOW, {"id": case_id}).scalar_one()
    return found


def newest(session: Session, case_id: int, office_id: int | None, role: str) -> Listed | None:
    """What this office and role is asked of a case for its next day in court; None where that is nothing."""
    row = NEWEST.run(session, {"case_id": case_id, "office_id": office_id, "role": role}).first()
    return Listed(*row) if row else None


def answer(session: Session, item_id: int, said: Sequence[Mapping[str, Any]], by: str, at: datetime) -> int:
    """Write answers on a list: of each its cause, answer, day and `red_from`; how many of its checks are not done."""
    values = {"item_id": item_id, "said": json.dumps(list(said)), "by": by, "at": at}
    return int(ANSWER.run(session, values).scalar_one())


def ask_again(session: Session, item_id: int) -> None:
    """Let a list that was answered make room for another one."""
    session.execute(REOPEN, {"id": item_id, "ending": countdown.REOPENED})


def leads(session: Session) -> list[Lead]:
    """Every removal of a matter that had a day in court set, but for those that were taken back."""
    return [Lead(*row) for row in session.execute(LEADS)]


def page(session: Session, whose: Whose, after: tuple[str, int] | None, limit: int) -> list[Ahead]:
    """The days in court ahead, soonest first, beyond one by its day and number."""
    statement = text(
        f"""
        SELECT i.id, r.ref, i.code, i.kind, w.code, i.role, v.code, m.number, i.settled_at IS NOT NULL,
               {DUE},
               (SELECT max(e.level) FROM escalation e JOIN clock q ON q.id = e.clock_id
                WHERE q.case_id = i.case_id AND q.item_id = i.id AND e.cleared_at IS NULL), {CHECKS}
        FROM item i JOIN "case" r ON r.id = i.case_id JOIN office w ON w.id = i.office_id
        LEFT JOIN office v ON v.id = r.court_id
        LEFT JOIN court_matter m ON m.case_id = r.id AND m.closed_at IS NULL
        WHERE {STANDS} AND {SOURCES["case"].scopes[whose.scope]}
          AND (CAST(:office_id AS bigint) IS NULL OR i.office_id = :office_id)
          AND (CAST(:station AS text) IS NULL OR r.station_id = (SELECT id FROM office WHERE code = :station))
          AND (CAST(:court AS text) IS NULL OR r.court_id = (SELECT id FROM office WHERE code = :court))
          AND (i.code, i.id) > (:day, :after)
        ORDER BY i.code, i.id LIMIT :limit
        """  # noqa: S608  (constants, chosen by name)
    )
    day, last = after or ("", 0)
    values = {"office_id": whose.office_id, "station": whose.station, "court": whose.court}
    rows = session.execute(statement, {**values, "day": day, "after": last, "limit": limit})
    return [Ahead(*row) for row in rows]
