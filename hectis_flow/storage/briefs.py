"""Watching briefs: opened with the first seats that are asked, and closed whole, each in one statement.

`services.briefs` and the services beside it call it with the case held. It knows a case by its number, its court
and what is on record there; no table of a hospital is named here. It must not decide who is asked.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from hectis_flow.domain.briefs import UNIT_SEAT
from hectis_flow.storage.clocks import next_step
from hectis_flow.storage.driver import Statement, array
from hectis_flow.storage.items import ENDED
from hectis_flow.storage.ledger import noted
from hectis_flow.storage.reversals import taken_back


class Brief(NamedTuple):
    """What is asked of a brief before something is done with it."""

    id: int
    office_id: int
    taken_up_at: datetime | None
    closed_at: datetime | None


class Opened(NamedTuple):
    """The open brief of a case, and whether it was opened just now."""

    id: int
    fresh: bool


GIVEN: Final = """
    jsonb_to_recordset(CAST(:items AS jsonb)) AS g (
        side text, kind text, removal_id bigint, office_id bigint, role text, clock text, policy_version text,
        started_at timestamptz, due_at timestamptz, ladder jsonb, task text, tells boolean, always boolean)
"""
# What is awaited with a brief that is open already: that of a removal, and that of a side nobody was asked for yet.
OPEN = Statement(
    f"""
    WITH before AS (SELECT id, triggers FROM watching_brief WHERE case_id = :case_id AND closed_at IS NULL),
    grown AS (
        UPDATE watching_brief b SET triggers = b.triggers || ARRAY(
            SELECT t FROM unnest(CAST(:triggers AS text[])) t WHERE t <> ALL(b.triggers))
        FROM before WHERE b.id = before.id AND NOT before.triggers @> CAST(:triggers AS text[]) RETURNING b.id
    ),
    fresh AS (
        INSERT INTO watching_brief (case_id, court_id, office_id, triggers, opened_at, opened_by, opened_version,
                                    opened_office_id)
        SELECT :case_id, :court_id, :office_id, CAST(:triggers AS text[]), :at, :actor, :version, :opened_office_id
        WHERE NOT EXISTS (SELECT FROM before)
        RETURNING id
    ),
    found AS (SELECT id FROM fresh UNION ALL SELECT id FROM before),
    why AS (
        INSERT INTO brief_trigger (brief_id, trigger, added_at, added_by, added_version)
        SELECT f.id, t, :at, :actor, :version FROM found f, unnest(CAST(:triggers AS text[])) t
    ),
    given AS (
        SELECT g.*, f.id AS brief_id,
               NOT EXISTS (SELECT FROM brief_seat s WHERE s.brief_id = f.id AND s.side = g.side) AS unasked
        FROM found f, {GIVEN}
    ),
    opened AS (
        INSERT INTO item (case_id, kind, removal_id, office_id, role, opened_at, opened_version)
        SELECT :case_id, kind, removal_id, office_id, role, :at, :version FROM given WHERE always OR unasked
        ON CONFLICT DO NOTHING RETURNING id, case_id, kind, office_id, role, opened_at
    ),
    seated AS (
        INSERT INTO brief_seat (brief_id, side, kind, office_id, role, item_id, asked_at)
        SELECT g.brief_id, g.side, o.kind, o.office_id, o.role, o.id, o.opened_at
        FROM opened o JOIN given g USING (kind) WHERE g.unasked
    ),
    started AS (
        INSERT INTO clock (case_id, item_id, name, stage, office_id, urgent, policy_version, workflow_version,
                           started_at, due_at, ladder)
        SELECT c.id, o.id, g.clock, c.stage, o.office_id, false, g.policy_version, c.workflow_version,
               g.started_at, g.due_at, g.ladder
        FROM opened o JOIN given g USING (kind) JOIN "case" c ON c.id = o.case_id
        RETURNING id AS clock_id, case_id, ladder, 0 AS step
    ),
    first_step AS ({next_step("started")}),
    asked AS (
        INSERT INTO task (kind, case_id, item_id, office_id, role, opened_at, due_at)
        SELECT g.task, o.case_id, o.id, o.office_id, o.role, o.opened_at, g.due_at
        FROM opened o JOIN given g USING (kind)
        RETURNING id, case_id, item_id, opened_at
    ),
    said AS (
        INSERT INTO outbox (event, case_id, subject_id, at)
        SELECT 'task.opened', a.case_id, a.id, a.opened_at
        FROM asked a JOIN opened o ON o.id = a.item_id JOIN given g USING (kind) WHERE g.tells
    ),
    news AS (
        SELECT CAST(:case_id AS bigint) AS case_id
        WHERE EXISTS (SELECT FROM fresh) OR EXISTS (SELECT FROM grown)
    ),
    {noted("news")}
    SELECT id, EXISTS (SELECT FROM fresh) FROM found
    """  # noqa: S608  (constants)
)
# A rule closes by what the case's removals have come to, so it is asked here, where they stand.
CLOSE = Statement(
    f"""
    WITH closed AS (
        UPDATE watching_brief b SET closed_at = :at, closed_by = :by, closed_reason = :ending,
            closed_version = c.version
        FROM "case" c
        WHERE b.case_id = :case_id AND c.id = b.case_id AND b.closed_at IS NULL
          AND (CAST(:unless AS text[]) IS NULL OR NOT b.triggers && CAST(:unless AS text[])
              AND NOT EXISTS (SELECT FROM removal r WHERE r.case_id = b.case_id AND r.ended_at IS NULL)
              AND EXISTS (SELECT FROM item i WHERE i.case_id = b.case_id AND i.kind = 'back_on_roll'
                          AND i.opened_at >= b.opened_at AND i.ending IS DISTINCT FROM 'undone'))
        RETURNING b.id, b.case_id, b.closed_at, b.closed_version
    ),
    over AS (
        UPDATE brief_seat s SET answer = 'over', answered_at = c.closed_at, answered_by = :by FROM closed c
        WHERE s.brief_id = c.id AND s.answered_at IS NULL
    ),
    settled AS (
        UPDATE item i SET settled_at = c.closed_at, settled_by = :by, ending = :ending, says = '{{}}',
            settled_version = c.closed_version
        FROM closed c
        WHERE i.case_id = c.case_id AND i.settled_at IS NULL
          AND (i.kind = ANY(CAST(:kinds AS text[])) OR i.kind = '{UNIT_SEAT.kind}' AND i.removal_id IS NULL)
        RETURNING i.id, i.settled_at, i.settled_by, i.ending
    ),
    {ENDED},
    {noted("closed")}
    SELECT id FROM closed
    """  # noqa: S608
)
# As often as the case's own page says: one that was taken back was none.
POSTPONED = Statement(
    f"""
    SELECT count(*) FILTER (WHERE t.details ->> 'reason' = :cause), count(*) FROM stage_transition t
    WHERE t.case_id = :case_id AND t.transition = 'postpone'
      AND (t.case_id, t.version) NOT IN ({taken_back("h.case_id = :case_id")})
    """  # noqa: S608  (constants)
)
BRIEF: Final = "id, office_id, taken_up_at, closed_at"


def open_one(session: Session, values: Mapping[str, Any], items: Sequence[Mapping[str, Any]]) -> Opened:
    """The open brief of a case with these triggers added to it; opened if there is none, with whoever is asked."""
    sent = {**values, "triggers": array(values["triggers"]), "items": json.dumps(items)}
    return Opened(*OPEN.run(session, sent).one())


def close(
    session: Session, values: Mapping[str, Any], kinds: Sequence[str], unless: Sequence[str] | None
) -> None:
    """Close the open brief of a case, if it has one, with what it awaits.

    With `unless` only one without these triggers, of a case of which something came back since, and nothing is off the
    roll any more.
    """
    sent = {**values, "kinds": array(kinds), "unless": array(unless) if unless is not None else None}
    CLOSE.run(session, sent)


def postponed(session: Session, case_id: int, cause: str) -> tuple[int, int]:
    """How often a case was postponed for this cause, and in all."""
    same, every = POSTPONED.run(session, {"case_id": case_id, "cause": cause}).one()
    return same, every


def one(session: Session, brief_id: int) -> Brief | None:
    """A brief by its number."""
    query = text(f"SELECT {BRIEF} FROM watching_brief WHERE id = :id")  # noqa: S608  (a constant)
    row = session.execute(query, {"id": brief_id}).first()
    return Brief(*row) if row else None


def open_of(session: Session, case_id: int) -> Brief | None:
    """The open brief of a case."""
    query = text(f"SELECT {BRIEF} FROM watching_brief WHERE case_id = :id AND closed_at IS NULL")  # noqa: S608
    row = session.execute(query, {"id": case_id}).first()
    return Brief(*row) if row else None


def take_up(session: Session, brief_id: int, official: str) -> None:
    """The unit's official who has the brief now."""
    statement = text(
        "UPDATE watching_brief SET official = :official, taken_up_at = hectis_now() WHERE id = :id"
    )
    session.execute(statement, {"id": brief_id, "official": official})


def acknowledge(session: Session, brief_id: int, by: str) -> None:
    """The prosecution knows that its matter is watched."""
    statement = text(
        "UPDATE watching_brief SET acknowledged_at = hectis_now(), acknowledged_by = :by WHERE id = :id"
    )
    session.execute(statement, {"id": brief_id, "by": by})
