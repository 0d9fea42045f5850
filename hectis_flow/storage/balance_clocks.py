"""The balance of what falls due: clocks, the steps of their ladders, escalations, and what is awaited."""

from collections.abc import Mapping
from typing import Final

from hectis_flow.storage.balance_sides import GRACE, LATE, Side

CLOCKS: Final[Mapping[str, Side]] = {
    "clocks": Side(
        ("running", "stopped"),
        """
        SELECT k.id, CASE
            WHEN c.id IS NULL THEN 'clock_of_no_case'
            WHEN k.item_id IS NOT NULL AND i.id IS NULL THEN 'clock_of_no_item'
            WHEN k.stopped_at IS NOT NULL AND s.waiting > 0 THEN 'stopped_but_a_step_waits'
            WHEN k.stopped_at IS NOT NULL AND e.clock_id IS NOT NULL THEN 'stopped_but_escalated'
            WHEN k.stopped_at IS NOT NULL THEN 'stopped'
            WHEN k.item_id IS NULL AND k.stage <> c.stage THEN 'clock_left_behind'
            WHEN i.settled_at IS NOT NULL THEN 'clock_of_settled_item'
            WHEN s.waiting > 1 THEN 'two_steps_wait'
            WHEN coalesce(s.waiting, 0) = 0
                 AND coalesce(s.climbed, 0) < greatest(jsonb_array_length(k.ladder), 1) THEN 'ladder_broken'
            ELSE 'running' END AS verdict
        FROM clock k
        LEFT JOIN "case" c ON c.id = k.case_id
        LEFT JOIN item i ON i.id = k.item_id
        LEFT JOIN (SELECT clock_id, max(step) AS climbed,
                          count(*) FILTER (WHERE num_nonnulls(done_at, cancelled_at, parked_at) = 0) AS waiting
                   FROM clock_step GROUP BY 1) s ON s.clock_id = k.id
        LEFT JOIN (SELECT clock_id FROM escalation WHERE cleared_at IS NULL) e ON e.clock_id = k.id
        """,
    ),
    # A step fires, with its escalation and its event; or a rule moves; or its clock stops first; or a person mends it.
    "steps": Side(
        ("fired", "moved_by_rule", "cancelled", "parked_with_a_task", "still_to_come"),
        f"""
        SELECT s.id, CASE
            WHEN k.id IS NULL THEN 'step_of_no_clock'
            WHEN s.step > 1 AND s.level IS NOT NULL AND d.level > s.level THEN 'ladder_falls'
            WHEN s.done_at IS NOT NULL AND s.cancelled_at IS NOT NULL THEN 'fired_and_cancelled'
            WHEN (k.ladder -> s.step - 1 ->> 'level')::int IS DISTINCT FROM s.level::int
                THEN 'step_of_another_ladder'
            WHEN s.done_at IS NOT NULL AND s.level IS NULL AND t.case_id IS NULL THEN 'rule_without_move'
            WHEN s.done_at IS NOT NULL AND s.level IS NULL THEN 'moved_by_rule'
            WHEN s.done_at IS NOT NULL AND s.done_at + {GRACE} < s.due_at THEN 'fired_too_soon'
            WHEN s.done_at IS NOT NULL AND coalesce(e.level, -1) < s.level THEN 'fired_without_escalation'
            WHEN s.done_at IS NOT NULL AND o.subject_id IS NULL THEN 'fired_without_event'
            WHEN s.done_at IS NOT NULL THEN 'fired'
            WHEN s.parked_at IS NOT NULL AND a.case_id IS NULL THEN 'parked_without_a_task'
            WHEN s.parked_at IS NOT NULL THEN 'parked_with_a_task'
            WHEN s.cancelled_at IS NOT NULL AND k.stopped_at IS NULL THEN 'cancelled_though_it_runs'
            WHEN s.cancelled_at IS NOT NULL THEN 'cancelled'
            WHEN k.stopped_at IS NOT NULL THEN 'waits_for_a_stopped_clock'
            WHEN s.due_at > CAST(k.ladder -> s.step - 1 ->> 'due_at' AS timestamptz) THEN 'step_put_off'
            WHEN {LATE} AND s.due_at + {GRACE} < hectis_now() THEN 'step_left_waiting'
            ELSE 'still_to_come' END AS verdict
        FROM clock_step s
        LEFT JOIN clock k ON k.id = s.clock_id
        LEFT JOIN clock_step d ON d.clock_id = s.clock_id AND d.step = s.step - 1
        LEFT JOIN escalation e ON e.clock_id = s.clock_id
        LEFT JOIN outbox o ON o.event = 'case.escalated' AND o.subject_id = s.id
        LEFT JOIN (SELECT DISTINCT case_id FROM task WHERE kind = 'mend_escalation') a ON a.case_id = s.case_id
        LEFT JOIN (SELECT DISTINCT m.case_id, m.transition FROM clock_step r
                   JOIN stage_transition m ON m.case_id = r.case_id AND m.transition = r.transition
                   WHERE r.transition IS NOT NULL) t ON t.case_id = s.case_id AND t.transition = s.transition
        """,  # noqa: S608  (constants)
    ),
    "escalations": Side(
        ("open", "cleared"),
        """
        SELECT e.id, CASE
            WHEN k.id IS NULL THEN 'escalation_of_no_clock'
            WHEN k.case_id <> e.case_id THEN 'escalation_of_another_case'
            WHEN s.level IS DISTINCT FROM e.level THEN 'escalation_not_climbed'
            WHEN e.raised_at < e.opened_at THEN 'raised_before_opened'
            WHEN e.cleared_at IS NULL AND k.stopped_at IS NOT NULL THEN 'open_on_a_stopped_clock'
            WHEN e.cleared_at IS NOT NULL AND k.stopped_at IS NULL THEN 'cleared_though_it_runs'
            WHEN e.cleared_at IS NOT NULL THEN 'cleared'
            ELSE 'open' END AS verdict
        FROM escalation e
        LEFT JOIN clock k ON k.id = e.clock_id
        LEFT JOIN (SELECT clock_id, max(level) AS level FROM clock_step WHERE done_at IS NOT NULL GROUP BY 1) s
            ON s.clock_id = e.clock_id
        """,
    ),
    "items": Side(
        ("awaited", "settled"),
        """
        SELECT i.id, CASE
            WHEN c.id IS NULL THEN 'item_of_no_case'
            WHEN i.settled_at IS NOT NULL AND k.item_id IS NOT NULL THEN 'settled_but_the_clock_runs'
            WHEN i.settled_at IS NOT NULL THEN 'settled'
            WHEN k.item_id IS NULL THEN 'item_without_clock'
            WHEN a.item_id IS NULL THEN 'item_without_task'
            ELSE 'awaited' END AS verdict
        FROM item i
        LEFT JOIN "case" c ON c.id = i.case_id
        LEFT JOIN (SELECT DISTINCT item_id FROM clock WHERE stopped_at IS NULL) k ON k.item_id = i.id
        LEFT JOIN (SELECT DISTINCT item_id FROM task WHERE done_at IS NULL) a ON a.item_id = i.id
        """,
    ),
    "tasks": Side(
        ("open", "done"),
        """
        SELECT t.id, CASE
            WHEN t.case_id IS NOT NULL AND c.id IS NULL THEN 'task_of_no_case'
            WHEN t.item_id IS NOT NULL AND i.id IS NULL THEN 'task_of_no_item'
            WHEN o.id IS NULL THEN 'task_of_no_office'
            WHEN t.claimed_by IS NOT NULL AND f.id IS NULL THEN 'task_held_by_nobody'
            WHEN t.done_at < t.opened_at THEN 'done_before_opened'
            WHEN t.done_at IS NOT NULL THEN 'done'
            WHEN i.settled_at IS NOT NULL THEN 'task_of_settled_item'
            WHEN t.by_stage AND t.case_id IS NOT NULL AND t.subject_id IS NULL AND t.kind IS DISTINCT FROM w.task
                THEN 'task_left_behind'
            ELSE 'open' END AS verdict
        FROM task t
        LEFT JOIN "case" c ON c.id = t.case_id
        LEFT JOIN item i ON i.id = t.item_id
        LEFT JOIN office o ON o.id = t.office_id
        LEFT JOIN staff f ON f.id = t.claimed_by
        LEFT JOIN unnest(CAST(:stages AS text[]), CAST(:tasks AS text[])) AS w (stage, task) ON w.stage = c.stage
        """,
    ),
}
