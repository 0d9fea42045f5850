"""The lists of what a day in court needs: opened for as many cases as one likes in one statement, and let go in one.

`services.countdown` calls it with the cases held: the clock for all at once, a move for its own. Which day a case
waits for is asked of its charges here, in the same statement; times and offices come in. A list is an item, with
its clock, ladder, task and notice, and one `court_check` for each thing that is asked.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from hectis_flow.domain import countdown
from hectis_flow.storage.clocks import next_step
from hectis_flow.storage.driver import Statement, array
from hectis_flow.storage.items import ENDED


def _words(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)


#: By whom lists begin and end: the clock, or whoever made the move that brought it about, whom history names.
BY: Final = "rule:countdown"
#: The conditions of the index: what is asked still, or is answered for a day to come.
KINDS: Final = _words(countdown.SIDES)
STAGES: Final = _words(countdown.PREPARED)
LIVING: Final = f"(i.settled_at IS NULL OR i.ending = '{countdown.READY}')"
#: What is not asked twice: a list that stands, that was answered, or whose day came.
ASKED: Final = f"(i.settled_at IS NULL OR i.ending IN ({_words((countdown.READY, countdown.CAME))}))"
#: The place of those who are asked where a case has no station, or no court.
NOWHERE: Final = 0
#: The day as an item's code has it; so written, days compare as texts.
DAY: Final = "to_char({}, 'YYYY-MM-DD')"
#: The next day of each case that something can be prepared for, and whether it is a first appearance.
NEXT_DAYS: Final = f"""
    days AS (
        SELECT DISTINCT ON (g.case_id) g.case_id, g.next_date AS day, {DAY.format("g.next_date")} AS code,
               bool_or(g.stage = '{countdown.FIRST_STAGE}') AS first
        FROM charge g
        WHERE g.case_id = ANY(CAST(:ids AS bigint[])) AND g.voided_at IS NULL AND g.stage IN ({STAGES}) AND g.next_date >= :today
        GROUP BY g.case_id, g.next_date ORDER BY g.case_id, g.next_date
    )
"""  # noqa: S608  (constants)


def _noted(source: str, state: str) -> str:
    """An entry of the ledger for each case of `source` (case_id, code), where no move says the same."""
    body = f'{{"code":"%s","note":"countdown","state":"{state}"}}'
    return f"""
        told AS (
            UPDATE "case" c SET ledger_seq = c.ledger_seq + 1,
                ledger_head = ledger_hash(c.ledger_head, c.id, c.ledger_seq + 1, n.at, 'note', '{BY}', n.body)
            FROM (SELECT case_id, format('{body}', min(code)) AS body, hectis_now() AS at
                  FROM {source} WHERE CAST(:noted AS boolean) GROUP BY case_id) n
            WHERE c.id = n.case_id RETURNING c.id, c.ledger_seq, c.ledger_head, n.body, n.at
        ),
        entry AS (
            INSERT INTO ledger_entry (case_id, seq, at, kind, actor, body, hash)
            SELECT id, ledger_seq, at, 'note', '{BY}', body, ledger_head FROM told
        )
    """  # noqa: S608


# What was said for the same day on a list that was let go is said still on the new one.
OPEN = Statement(
    f"""
    WITH {NEXT_DAYS},
    plan AS (
        SELECT * FROM jsonb_to_recordset(CAST(:plans AS jsonb)) AS p (
            kind text, day date, clock text, role text, task text, policy_version text, due_at timestamptz, rungs jsonb)
    ),
    owner AS (
        SELECT * FROM jsonb_to_recordset(CAST(:owners AS jsonb))
            AS o (kind text, under bigint, office_id bigint, above jsonb)
    ),
    asked_of AS (
        SELECT * FROM jsonb_to_recordset(CAST(:checks AS jsonb)) AS k (place smallint, kind text, cause text, first boolean)
    ),
    due AS (
        SELECT d.*, p.kind, p.clock, p.role, p.task, p.policy_version, p.due_at, p.rungs, c.version, c.stage,
               c.workflow_version, coalesce(o.office_id, c.owner_office_id) AS office_id, o.above
        FROM days d JOIN plan p USING (day) JOIN "case" c ON c.id = d.case_id
        LEFT JOIN owner o ON o.kind = p.kind AND o.under = coalesce(
            CASE p.kind WHEN '{countdown.SAPS}' THEN c.station_id ELSE c.court_id END, {NOWHERE})
        WHERE d.day > :today
    ),
    begun AS MATERIALIZED (
        SELECT nextval(pg_get_serial_sequence('item', 'id')) AS id,
               coalesce(CAST(:at AS timestamptz), hectis_now()) AS opened_at, d.*, (
            SELECT jsonb_agg(jsonb_build_object(
                'level', r.level, 'role', r.role, 'transition', NULL, 'due_at', r.due_at, 'office_id',
                CASE WHEN r.office IS NULL THEN d.office_id ELSE CAST(d.above ->> r.office AS bigint) END)
                ORDER BY r.step)
            FROM jsonb_to_recordset(d.rungs)
                AS r (step smallint, level smallint, role text, office text, due_at text)) AS ladder
        FROM due d WHERE NOT EXISTS (
            SELECT FROM court_check k JOIN item i ON i.id = k.item_id
            WHERE k.case_id = d.case_id AND k.roll_date = d.day AND i.kind = d.kind
              AND (i.settled_at IS NULL OR i.office_id = d.office_id AND {ASKED}))
    ),
    opened AS (
        INSERT INTO item (id, case_id, kind, code, office_id, role, opened_at, opened_version)
        OVERRIDING SYSTEM VALUE
        SELECT id, case_id, kind, code, office_id, role, opened_at, version FROM begun
    ),
    started AS (
        INSERT INTO clock (case_id, item_id, name, stage, office_id, urgent, policy_version, workflow_version,
                           started_at, due_at, ladder)
        SELECT case_id, id, clock, stage, office_id, false, policy_version, workflow_version, opened_at, due_at, ladder
        FROM begun RETURNING id AS clock_id, case_id, ladder, 0 AS step
    ),
    first_step AS ({next_step("started")}),
    asked AS (
        INSERT INTO task (kind, case_id, item_id, office_id, role, opened_at, due_at)
        SELECT task, case_id, id, office_id, role, opened_at, due_at FROM begun RETURNING id, case_id, opened_at
    ),
    said AS (
        INSERT INTO outbox (event, case_id, subject_id, at)
        SELECT 'task.opened', case_id, id, opened_at FROM asked
    ),
    checked AS (
        INSERT INTO court_check (item_id, case_id, roll_date, cause, answer, by_when, answered_at, answered_by,
                                 red_from, red_at)
        SELECT b.id, b.case_id, b.day, k.cause, w.answer, w.by_when, w.answered_at, w.answered_by,
               CASE WHEN w.answer IS NULL THEN b.due_at ELSE w.red_from END, w.red_at
        FROM begun b JOIN asked_of k ON k.kind = b.kind AND (b.first OR NOT k.first)
        LEFT JOIN LATERAL (
            SELECT p.answer, p.by_when, p.answered_at, p.answered_by, p.red_from,
                   least(p.red_at, CASE WHEN p.red_from <= i.settled_at THEN p.red_from END) AS red_at
            FROM court_check p JOIN item i ON i.id = p.item_id
            WHERE p.case_id = b.case_id AND p.roll_date = b.day AND p.cause = k.cause AND i.office_id = b.office_id
            ORDER BY p.id DESC LIMIT 1
        ) w ON true
        ORDER BY b.id, k.place
    ),
    {_noted("begun", "opened")}
    SELECT count(*) FROM begun
    """  # noqa: S608  (constants)
)
LET_GO = Statement(
    f"""
    WITH {NEXT_DAYS},
    settled AS (
        UPDATE item i SET settled_at = coalesce(CAST(:at AS timestamptz), hectis_now()), settled_by = :by,
            ending = CASE WHEN i.code <= {DAY.format("CAST(:today AS date)")} THEN '{countdown.CAME}'
                          ELSE '{countdown.OVERTAKEN}' END,
            settled_version = (SELECT version FROM "case" WHERE id = i.case_id)
        WHERE i.case_id = ANY(CAST(:ids AS bigint[])) AND i.kind IN ({KINDS}) AND i.settled_at IS NULL
          AND (i.code <= {DAY.format("CAST(:over AS date)")}
               OR CAST(:elsewhere AS boolean) AND i.kind = '{countdown.NPA}'
               OR NOT EXISTS (SELECT FROM days d WHERE d.case_id = i.case_id AND d.code = i.code))
        RETURNING i.id, i.case_id, i.code, i.settled_at, i.settled_by, i.ending
    ),
    {ENDED},
    {_noted("settled", "over")}
    SELECT count(*) FROM settled
    """  # noqa: S608
)
# Of a case that somebody moves just now, the move does it, or the next turn.
HOLD = text(
    f"""
    SELECT c.id FROM "case" c
    WHERE c.id > :after AND c.id IN (
        SELECT g.case_id FROM charge g
        JOIN unnest(CAST(:sides AS text[]), CAST(:until AS date[])) AS s (kind, day) ON g.next_date <= s.day
        WHERE g.voided_at IS NULL AND g.next_date > :today AND g.stage IN ({STAGES}) AND NOT EXISTS (
            SELECT FROM court_check k JOIN item i ON i.id = k.item_id
            WHERE k.case_id = g.case_id AND k.roll_date = g.next_date AND i.kind = s.kind AND {ASKED})
        UNION
        SELECT i.case_id FROM item i
        WHERE i.kind IN ({KINDS}) AND {LIVING} AND i.settled_at IS NULL
          AND (i.code <= {DAY.format("CAST(:over AS date)")} OR NOT EXISTS (
              SELECT FROM charge g WHERE g.case_id = i.case_id AND g.voided_at IS NULL AND g.stage IN ({STAGES})
                AND {DAY.format("g.next_date")} = i.code)))
    ORDER BY c.id LIMIT :limit FOR NO KEY UPDATE OF c SKIP LOCKED
    """  # noqa: S608
)
CHECKS: Final = json.dumps(
    [
        {"place": place, "kind": check.side, "cause": check.cause, "first": check.first}
        for place, check in enumerate(countdown.CHECKS)
    ]
)


class Times(NamedTuple):
    """The days that matter now: today, and the last one on which the court has begun."""

    today: date
    over: date


def hold(session: Session, until: Mapping[str, date], times: Times, after: int, limit: int) -> list[int]:
    """Hold cases beyond the id `after` that may lack a list, or have one too many, until the transaction ends.

    `until` is the last day that each side is asked for by now.
    """
    values = {"sides": list(until), "until": list(until.values()), "after": after, "limit": limit}
    return list(session.scalars(HOLD, values | times._asdict()))


def open_lists(
    session: Session, ids: Sequence[int], opening: Mapping[str, Any], times: Times, at: datetime | None
) -> int:
    """Open the lists that these cases lack, each whole; how many. `opening` as `services.countdown_plans` has it.

    `at` as for `let_go`.
    """
    values = {"ids": array(ids), "today": times.today, "checks": CHECKS, "at": at, "noted": at is None}
    return int(OPEN.run(session, {**values, **opening}).scalar_one())


def let_go(
    session: Session, ids: Sequence[int], times: Times, at: datetime | None, *, elsewhere: bool
) -> int:
    """End the open lists of these cases whose day has come or is no longer theirs; how many.

    `elsewhere`: they are heard at another court now, so what its prosecutors are asked begins anew. `at` is the
    moment of the move that does it; where the clock does (None), the ledger says so.
    """
    values = {"ids": array(ids), "by": BY, "at": at, "noted": at is None, "elsewhere": elsewhere}
    return int(LET_GO.run(session, values | times._asdict()).scalar_one())
