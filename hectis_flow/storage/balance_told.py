"""The balance of what is said: every event has its effect or its reason, every delivery its end or its task."""

from collections.abc import Mapping
from typing import Final

from hectis_flow.storage.balance_sides import GRACE, LATE, Side

# What an event tells of was over at this moment: the case had moved, the clock had stopped, the task was done, the
# gap was closed.
OVER_AT: Final = """
    (o.event = 'case.stage_entered' AND n.at <= {moment}
     OR o.event = 'case.escalated' AND k.stopped_at <= {moment}
     OR o.event = 'task.opened' AND a.done_at <= {moment}
     OR o.event = 'rota.gap_found' AND g.closed_at <= {moment})
"""
ABOUT: Final = """
    LEFT JOIN stage_transition t ON o.event IN ('case.stage_entered', 'case.opened') AND t.id = o.subject_id
    LEFT JOIN stage_transition n ON n.case_id = t.case_id AND n.version = t.version + 1
    LEFT JOIN clock_step s ON o.event = 'case.escalated' AND s.id = o.subject_id
    LEFT JOIN clock k ON k.id = s.clock_id
    LEFT JOIN task a ON o.event = 'task.opened' AND a.id = o.subject_id
    LEFT JOIN rota_gap g ON o.event = 'rota.gap_found' AND g.id = o.subject_id
"""
ABOUT_NOTHING: Final = """
    CASE o.event WHEN 'case.stage_entered' THEN t.id IS NULL WHEN 'case.opened' THEN t.id IS NULL
         WHEN 'case.escalated' THEN s.id IS NULL WHEN 'task.opened' THEN a.id IS NULL
         WHEN 'rota.gap_found' THEN g.id IS NULL WHEN 'delivery.gave_up' THEN f.id IS NULL ELSE false END
"""
# Somebody must hear of it: a stage that tells nobody needs no delivery, nor has an event that nobody listens to.
HEARD: Final = """
    (o.event IN ('case.escalated', 'task.opened', 'rota.gap_found')
     OR o.event = 'case.stage_entered' AND t.to_stage = ANY(CAST(:telling AS text[])))
"""
TOLD: Final[Mapping[str, Side]] = {
    "events": Side(
        ("told", "nobody_to_tell", "over_before", "heard_by_none", "parked_with_a_task", "waiting"),
        f"""
        SELECT o.id, CASE
            WHEN {ABOUT_NOTHING} THEN 'event_about_nothing'
            WHEN o.done_at IS NOT NULL AND o.parked_at IS NOT NULL THEN 'parked_and_told'
            WHEN o.parked_at IS NOT NULL AND p.subject_id IS NULL AND q.case_id IS NULL THEN 'parked_without_a_task'
            WHEN o.parked_at IS NOT NULL THEN 'parked_with_a_task'
            WHEN o.done_at IS NULL AND {LATE} AND o.at + {GRACE} < hectis_now()
                 AND coalesce(o.lease_until + {GRACE} < hectis_machine_now(), true) THEN 'event_left_waiting'
            WHEN o.done_at IS NULL THEN 'waiting'
            WHEN NOT {HEARD} THEN 'heard_by_none'
            WHEN d.event_id IS NOT NULL THEN 'told'
            WHEN {OVER_AT.format(moment="o.done_at")} THEN 'over_before'
            WHEN y.subject_id IS NOT NULL OR z.case_id IS NOT NULL THEN 'nobody_to_tell'
            ELSE 'told_nobody' END AS verdict
        FROM outbox o
        {ABOUT}
        LEFT JOIN delivery f ON o.event = 'delivery.gave_up' AND f.id = o.subject_id
        LEFT JOIN (SELECT DISTINCT event_id FROM delivery) d ON d.event_id = o.id
        LEFT JOIN (SELECT DISTINCT subject_id FROM task WHERE kind = 'event_parked') p ON p.subject_id = o.id
        LEFT JOIN (SELECT DISTINCT case_id FROM task WHERE kind = 'event_parked') q ON q.case_id = o.case_id
        LEFT JOIN (SELECT DISTINCT subject_id FROM task WHERE kind = 'nobody_on_duty') y
            ON y.subject_id = o.subject_id
        LEFT JOIN (SELECT DISTINCT case_id FROM task WHERE kind = 'nobody_on_duty') z ON z.case_id = o.case_id
        """,  # noqa: S608  (constants)
    ),
    # One that failed is made good by another way to the same person, or by a task that somebody shall call.
    "deliveries": Side(
        ("sent", "acknowledged", "cancelled", "failed_other_way", "failed_with_a_task", "waiting"),
        f"""
        SELECT d.id, CASE
            WHEN o.id IS NULL THEN 'delivery_of_no_event'
            WHEN w.id IS NULL THEN 'delivery_to_nobody'
            WHEN w.staff_id <> d.staff_id THEN 'delivery_to_another'
            WHEN d.sent_at IS NOT NULL AND d.attempts < 1 THEN 'sent_without_attempt'
            WHEN d.sent_at IS NOT NULL AND l.used_at IS NOT NULL THEN 'acknowledged'
            WHEN d.sent_at IS NOT NULL THEN 'sent'
            WHEN d.cancelled_at IS NOT NULL AND coalesce(d.fault, 'moved_on') = 'moved_on'
                 AND {OVER_AT.format(moment="d.cancelled_at")} IS NOT TRUE THEN 'cancelled_though_wanted'
            WHEN d.cancelled_at IS NOT NULL THEN 'cancelled'
            WHEN d.gave_up_at IS NOT NULL AND d.attempts < 1 THEN 'given_up_without_attempt'
            WHEN d.gave_up_at IS NOT NULL AND x.living > 0 THEN 'failed_other_way'
            WHEN d.gave_up_at IS NOT NULL AND c.case_id IS NULL AND y.subject_id IS NULL
                THEN 'failed_without_a_task'
            WHEN d.gave_up_at IS NOT NULL THEN 'failed_with_a_task'
            WHEN d.next_attempt_at + {GRACE} < hectis_machine_now()
                 AND coalesce(d.lease_until + {GRACE} < hectis_machine_now(), true) THEN 'delivery_left_waiting'
            ELSE 'waiting' END AS verdict
        FROM delivery d
        LEFT JOIN outbox o ON o.id = d.event_id
        LEFT JOIN contact_point w ON w.id = d.contact_point_id
        LEFT JOIN action_link l ON l.delivery_id = d.id
        {ABOUT}
        LEFT JOIN (SELECT event_id, staff_id, count(*) FILTER (WHERE gave_up_at IS NULL) AS living
                   FROM delivery GROUP BY 1, 2) x ON x.event_id = d.event_id AND x.staff_id = d.staff_id
        LEFT JOIN (SELECT DISTINCT case_id FROM task WHERE kind = 'call_by_phone') c ON c.case_id = d.case_id
        LEFT JOIN (SELECT DISTINCT subject_id FROM task WHERE kind = 'call_by_phone') y ON y.subject_id = d.id
        """,  # noqa: S608  (constants)
    ),
    "links": Side(
        ("unused", "used", "revoked"),
        """
        SELECT l.id, CASE
            WHEN d.id IS NULL THEN 'link_of_no_delivery'
            WHEN d.staff_id <> l.staff_id OR d.case_id <> l.case_id THEN 'link_of_another_delivery'
            WHEN l.used_at IS NOT NULL THEN 'used'
            WHEN l.revoked_at IS NOT NULL THEN 'revoked'
            ELSE 'unused' END AS verdict
        FROM action_link l LEFT JOIN delivery d ON d.id = l.delivery_id
        """,
    ),
}
