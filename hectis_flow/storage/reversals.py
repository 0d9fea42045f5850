"""Taking a move back: the history of a case as rows, and the clocks and tasks that a move had ended, going on.

`services.undo` calls it with the case held; whatever counts moves leaves out those of `taken_back`. It must not decide
what is taken back.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from hectis_flow.domain.undoing import Past
from hectis_flow.domain.workflow_rules import REVERSALS
from hectis_flow.storage.clocks import next_step

CONFIRMING: Final = "confirm_proposal"
#: As SQL lists them.
WORDS: Final = ", ".join(f"'{name}'" for name in REVERSALS)
HISTORY = text(
    """
    SELECT version, transition, from_stage, to_stage, actor_role, actor, details, at
    FROM stage_transition WHERE case_id = :id ORDER BY version
    """
)
# A clock that ended stays ended, and so does its escalation: another one goes on from where it stood. It starts
# when the first one did, so no time is won; it has climbed as high, and whoever was told last hears it again. What
# was put off stays so, and counts as often as it did.
RESUME = text(
    f"""
    WITH old AS (
        SELECT k.*, coalesce((SELECT max(s.step) FROM clock_step s WHERE s.clock_id = k.id
                              AND (s.done_at IS NOT NULL OR s.parked_at IS NOT NULL)), 0) AS climbed
        FROM clock k
        WHERE k.case_id = :case_id AND (
            k.item_id IS NULL AND k.stopped_at = :at AND k.stopped_by = :transition
            OR k.id IN (SELECT max(id) FROM clock WHERE case_id = :case_id AND item_id = ANY(:items) GROUP BY item_id))
    ),
    begun AS (
        INSERT INTO clock (case_id, item_id, name, stage, office_id, urgent, policy_version, workflow_version,
                           started_at, due_at, ladder)
        SELECT case_id, item_id, name, stage, office_id, urgent, policy_version, workflow_version, started_at,
               due_at, ladder
        FROM old RETURNING id, case_id, item_id, ladder
    ),
    pairs AS (
        SELECT b.id AS clock_id, b.case_id, b.ladder, o.climbed AS step, o.id AS old_id
        FROM begun b JOIN old o ON o.item_id IS NOT DISTINCT FROM b.item_id
    ),
    stood AS (
        INSERT INTO clock_step (clock_id, step, case_id, level, office_id, role, transition, due_at, done_at, parked_at)
        SELECT p.clock_id, s.step, s.case_id, s.level, s.office_id, s.role, s.transition, s.due_at,
               CASE WHEN s.done_at IS NOT NULL THEN CAST(:now AS timestamptz) END,
               CASE WHEN s.done_at IS NULL THEN s.parked_at END
        FROM pairs p JOIN clock_step s ON s.clock_id = p.old_id AND s.step = p.step
        RETURNING id, case_id, level, done_at
    ),
    waiting AS ({next_step("pairs")}),
    raised AS (
        INSERT INTO escalation (case_id, clock_id, level, office_id, role, opened_at, raised_at,
                                carries, carried_by, benchmark, capacity)
        SELECT e.case_id, p.clock_id, e.level, e.office_id, e.role, e.opened_at, e.raised_at,
               e.carries, e.carried_by, e.benchmark, e.capacity
        FROM pairs p JOIN escalation e ON e.clock_id = p.old_id
    ),
    put_off AS (
        UPDATE snooze z SET clock_id = p.clock_id FROM pairs p WHERE z.clock_id = p.old_id
    ),
    asked AS (
        INSERT INTO task (kind, case_id, item_id, office_id, role, by_stage, opened_at, due_at, claimed_by, claimed_at)
        SELECT kind, case_id, item_id, office_id, role, by_stage, opened_at, due_at, claimed_by, claimed_at
        FROM task
        WHERE case_id = :case_id AND (
            by_stage AND done_at = :at AND kind <> '{CONFIRMING}'
            OR id IN (SELECT max(id) FROM task WHERE case_id = :case_id AND item_id = ANY(:items) GROUP BY item_id))
        RETURNING id, case_id, item_id
    )
    INSERT INTO outbox (event, case_id, subject_id, at)
    SELECT 'case.escalated', case_id, id, done_at FROM stood WHERE level IS NOT NULL AND done_at IS NOT NULL
    UNION ALL
    SELECT 'task.opened', case_id, id, CAST(:now AS timestamptz) FROM asked WHERE item_id = ANY(:tells)
    """  # noqa: S608  (constants)
)


def taken_back(cases: str) -> str:
    """The moves that hold no more (case_id, version), as a query; `cases` is a condition on the history `h`.

    As `domain.undoing.standing_moves` has it: a move holds while the stack of moves never falls below it again.
    """
    return f"""
        SELECT case_id, version FROM (
            SELECT case_id, version, depth, min(depth) OVER (
                PARTITION BY case_id ORDER BY version ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS lowest
            FROM (
                SELECT h.case_id, h.version, sum(CASE WHEN h.transition IN ({WORDS}) THEN -1 ELSE 1 END)
                    OVER (PARTITION BY h.case_id ORDER BY h.version) AS depth
                FROM stage_transition h WHERE {cases}
            ) h
        ) h WHERE lowest < depth
    """  # noqa: S608  (constants)


def history(session: Session, case_id: int) -> list[Past]:
    """Every move of a case, the oldest first."""
    return [Past(*row) for row in session.execute(HISTORY, {"id": case_id})]


def resume(
    session: Session, case_id: int, past: Past, now: datetime, items: Sequence[int], tells: Sequence[int]
) -> None:
    """Let go on what a move ended: the clock and task of the stage before it, and those of these items.

    `tells` are the items whose owners are told that they are awaited again.
    """
    values = {"case_id": case_id, "at": past.at, "transition": past.transition, "now": now}
    session.execute(RESUME, {**values, "items": list(items), "tells": list(tells)})
