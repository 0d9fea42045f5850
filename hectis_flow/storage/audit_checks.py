"""The kinds of finding: for each, the query that names the rows where something ought to have happened.

Read by `storage.auditor` alone. Written from what must hold, never from how the sweep does its work.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple


class Check(NamedTuple):
    """A kind of finding: a query of (subject, case) over `{scope}`; `subject` is the column of the first.

    `case` is the column whose ranges the looks go by; None where an index finds what is due.
    """

    query: str
    subject: str
    case: str | None = None


# OFFSET 0 keeps a look-up a look-up by its index, one a row: statistics that lag behind a burst must not turn
# it into a join of everything with everything.
# A clock that runs is one that nothing has stopped; a step waits that is neither done, cancelled nor parked. Of a
# clock that runs one step waits, until its ladder has been climbed to the top.
CHECKS: Final[Mapping[str, Check]] = {
    "clock_missing": Check(
        """
        SELECT c.id, c.id FROM "case" c
        WHERE c.stage = ANY(:clocked) AND {scope}
          AND NOT EXISTS (
              SELECT FROM clock k WHERE k.case_id = c.id AND k.stopped_at IS NULL AND k.item_id IS NULL)
        """,
        "c.id",
        "c.id",
    ),
    "clock_left_behind": Check(
        """
        SELECT k.id, k.case_id FROM clock k JOIN "case" c ON c.id = k.case_id
        WHERE k.stopped_at IS NULL AND k.item_id IS NULL AND k.stage <> c.stage AND {scope}
        """,
        "k.id",
        "k.case_id",
    ),
    "ladder_missing": Check(
        """
        SELECT k.id, k.case_id FROM clock k
        WHERE k.stopped_at IS NULL AND {scope}
          AND CASE WHEN EXISTS (
              SELECT FROM clock_step s WHERE s.clock_id = k.id
                AND s.done_at IS NULL AND s.cancelled_at IS NULL AND s.parked_at IS NULL OFFSET 0) THEN false
              ELSE coalesce((SELECT max(s.step) FROM clock_step s WHERE s.clock_id = k.id), 0)
                   < greatest(jsonb_array_length(k.ladder), 1) END
        """,
        "k.id",
        "k.case_id",
    ),
    # A clock is put off whole, by a snooze: its breach with its ladder, whose second step is never before it, and the
    # step that waits with its own.
    "clock_put_off": Check(
        """
        SELECT k.id, k.case_id FROM clock k
        WHERE k.stopped_at IS NULL AND {scope}
          AND (k.due_at > CAST(k.ladder -> 1 ->> 'due_at' AS timestamptz)
               OR EXISTS (
                   SELECT FROM clock_step s WHERE s.clock_id = k.id
                     AND s.done_at IS NULL AND s.cancelled_at IS NULL AND s.parked_at IS NULL
                     AND s.due_at > CAST(k.ladder -> s.step - 1 ->> 'due_at' AS timestamptz) OFFSET 0))
        """,
        "k.id",
        "k.case_id",
    ),
    "task_missing": Check(
        """
        SELECT c.id, c.id FROM "case" c
        JOIN unnest(CAST(:tasked AS text[]), CAST(:tasks AS text[]), CAST(:unless AS text[]))
            AS w (stage, kind, unless) ON w.stage = c.stage
        WHERE {scope} AND (w.unless = 'station' AND c.station_id IS NOT NULL) IS NOT TRUE AND NOT EXISTS (
            SELECT FROM task t WHERE t.case_id = c.id AND t.kind = w.kind AND t.done_at IS NULL)
        """,
        "c.id",
        "c.id",
    ),
    "item_unwatched": Check(
        """
        SELECT i.id, i.case_id FROM item i
        WHERE i.settled_at IS NULL AND {scope}
          AND NOT (EXISTS (SELECT FROM clock k WHERE k.item_id = i.id AND k.stopped_at IS NULL OFFSET 0)
                   AND EXISTS (SELECT FROM task t WHERE t.item_id = i.id AND t.done_at IS NULL OFFSET 0))
        """,
        "i.id",
        "i.case_id",
    ),
    # Off the roll, and nobody is waited for.
    "removal_unowned": Check(
        """
        SELECT r.id, r.case_id FROM removal r
        WHERE r.ended_at IS NULL AND {scope} AND NOT EXISTS (
            SELECT FROM item i WHERE i.case_id = r.case_id AND i.removal_id = r.id AND i.settled_at IS NULL
              AND i.kind IN ('removal_saps', 'removal_npa', 'reenrolment', 'refusal'))
        """,
        "r.id",
        "r.case_id",
    ),
    "owner_gone": Check(
        """
        SELECT c.id, c.id FROM "case" c JOIN office o ON o.id = c.owner_office_id
        WHERE c.stage = ANY(:clocked) AND {scope}
          AND o.valid_to <= CAST(hectis_now() AT TIME ZONE 'Africa/Johannesburg' AS date)
        """,
        "c.id",
        "c.id",
    ),
    "step_overdue": Check(
        """
        SELECT s.id, s.case_id FROM clock_step s JOIN clock k ON k.id = s.clock_id
        WHERE s.due_at < hectis_now() - CAST(:grace AS interval) AND {scope}
          AND s.done_at IS NULL AND s.cancelled_at IS NULL AND s.parked_at IS NULL AND k.stopped_at IS NULL
        """,
        "s.id",
    ),
    "escalation_missing": Check(
        """
        SELECT s.id, s.case_id FROM clock_step s
        WHERE s.done_at >= :since AND s.done_at < :until AND s.level IS NOT NULL AND {scope} AND NOT EXISTS (
            SELECT FROM escalation e WHERE e.clock_id = s.clock_id AND e.level >= s.level OFFSET 0)
        """,
        "s.id",
    ),
    "event_missing": Check(
        """
        SELECT s.id, s.case_id FROM clock_step s
        WHERE s.done_at >= :since AND s.done_at < :until AND s.level IS NOT NULL AND {scope} AND NOT EXISTS (
            SELECT FROM outbox o WHERE o.event = 'case.escalated' AND o.subject_id = s.id OFFSET 0)
        """,
        "s.id",
    ),
    # Only while the clock runs: an answer that came first leaves nobody to tell.
    "nobody_told": Check(
        """
        SELECT s.id, s.case_id FROM clock_step s, LATERAL (
            SELECT o.id FROM outbox o WHERE o.event = 'case.escalated' AND o.subject_id = s.id
              AND o.done_at IS NOT NULL AND o.parked_at IS NULL OFFSET 0) AS told
        WHERE s.done_at >= :since AND s.done_at < :until
          AND s.done_at < hectis_now() - CAST(:patience AS interval)
          AND s.level IS NOT NULL AND {scope}
          AND EXISTS (SELECT FROM clock k WHERE k.id = s.clock_id AND k.stopped_at IS NULL OFFSET 0)
          AND NOT EXISTS (SELECT FROM delivery d WHERE d.event_id = told.id OFFSET 0)
        """,
        "s.id",
    ),
    "event_waiting": Check(
        """
        SELECT o.id, o.case_id FROM outbox o
        WHERE o.done_at IS NULL AND o.parked_at IS NULL AND o.at < hectis_now() - CAST(:patience AS interval)
          AND (o.lease_until IS NULL OR o.lease_until <= hectis_machine_now()) AND {scope}
        """,
        "o.id",
    ),
    "delivery_waiting": Check(
        """
        SELECT d.id, d.case_id FROM delivery d
        WHERE d.sent_at IS NULL AND d.cancelled_at IS NULL AND d.gave_up_at IS NULL
          AND (d.next_attempt_at < hectis_machine_now() - CAST(:patience AS interval)
               OR d.held_for = 'quiet' AND d.held_until < hectis_now() - CAST(:patience AS interval))
          AND (d.lease_until IS NULL OR d.lease_until <= hectis_machine_now()) AND {scope}
        """,
        "d.id",
    ),
    # A difference of the balance stays wrong until a later certificate is clean of it.
    "balance_differs": Check(
        "SELECT d.id, CAST(NULL AS bigint) FROM balance_difference d WHERE d.closed_number IS NULL AND {scope}",
        "d.id",
    ),
    "balance_missing": Check(
        """
        SELECT b.number, CAST(NULL AS bigint) FROM (
            SELECT coalesce(max(number), 0) AS number,
                   coalesce(max(counted_at), (SELECT created_at FROM deployment)) AS at FROM balance) b
        WHERE b.at < hectis_machine_now() - interval '25 hours' AND {scope}
        """,
        "b.number",
    ),
}
