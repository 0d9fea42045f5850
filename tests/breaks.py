"""Ways to break a house in which everything happened once (`tests.filled_house`), and what each must be called.

Rows lost, doubled, orphaned, put into a wrong state; effects without a cause and causes without an effect. Triggers
sleep while the damage is done, as they would for whoever owns the database.
"""

# ruff: noqa: S608  (statements put together from constants of this module)
from typing import NamedTuple

from hectis_flow.domain.balance import ROWS_LOST

PAST = "hectis_now() - interval '2 hours'"
AHEAD = "hectis_now() + interval '9 days'"
WAITING = "num_nonnulls(done_at, cancelled_at, parked_at) = 0"
ACCEPTED = "(SELECT min(id) FROM inbound_message WHERE state = 'accepted' AND encounter_id IS NOT NULL)"
VIOLENT = "(SELECT min(encounter_id) FROM incident_patient)"
OPEN_CASE = "(SELECT min(id) FROM \"case\" WHERE stage = 'awaiting_basis' OR stage = 'anonymous_only')"
REFERRED = "(SELECT min(id) FROM \"case\" WHERE stage = 'referred')"
TOLD = "(SELECT min(event_id) FROM delivery WHERE sent_at IS NOT NULL)"
FIRED = "(SELECT min(id) FROM clock_step WHERE done_at IS NOT NULL)"
LONG = "(SELECT min(case_id) FROM stage_transition WHERE version = 5)"


class Break(NamedTuple):
    """One statement that does damage, and the line and the fault by which the next balance must name it."""

    statement: str
    line: str
    fault: str


#: The table of each line, for one row of it to be lost.
TABLES = {
    "messages": "inbound_message",
    "patients": "patient",
    "visits": "encounter",
    "incidents": "incident",
    "cases": '"case"',
    "moves": "stage_transition",
    "entries": "ledger_entry",
    "disclosures": "disclosure",
    "acknowledgements": "acknowledgement",
    "clocks": "clock",
    "steps": "clock_step",
    "escalations": "escalation",
    "items": "item",
    "tasks": "task",
    "events": "outbox",
    "deliveries": "delivery",
    "links": "action_link",
}
LOST = tuple(
    Break(f"DELETE FROM {table} WHERE id = (SELECT max(id) FROM {table})", line, ROWS_LOST)
    for line, table in TABLES.items()
)
INTAKE = (
    Break("DELETE FROM message_refusal", "refusals", ROWS_LOST),
    Break(
        f"UPDATE inbound_message SET encounter_id = NULL WHERE id = {ACCEPTED}",
        "messages",
        "accepted_without_effect",
    ),
    Break("DELETE FROM person_message", "messages", "accepted_without_effect"),
    Break(f"DELETE FROM encounter WHERE id = {VIOLENT}", "messages", "visit_gone"),
    Break("DELETE FROM parked_message", "messages", "parked_unseen"),
    Break("UPDATE parked_message SET owner_office_id = NULL", "messages", "parked_without_owner"),
    Break(
        f"""INSERT INTO parked_message (message_id, owner_office_id, parked_at, alarm_at)
            SELECT {ACCEPTED}, owner_office_id, parked_at, alarm_at FROM parked_message""",
        "messages",
        "owned_but_not_parked",
    ),
    Break(
        f"UPDATE inbound_message SET state = 'ignored', reason = 'x' WHERE id = {ACCEPTED}",
        "messages",
        "ignored_though_known",
    ),
    Break(
        f"""UPDATE inbound_message SET state = 'received', done_at = NULL, received_at = {PAST}
            WHERE id = {ACCEPTED}""",
        "messages",
        "message_left_waiting",
    ),
    Break("UPDATE message_refusal SET reason = ''", "refusals", "refused_without_reason"),
    Break("DELETE FROM patient_number WHERE patient_id = 1", "patients", "patient_without_number"),
    Break("UPDATE patient SET merged_into_id = -1 WHERE id = 1", "patients", "merged_into_nobody"),
    Break(f"UPDATE encounter SET patient_id = -1 WHERE id = {VIOLENT}", "visits", "visit_of_nobody"),
    Break(
        f"""UPDATE inbound_message SET encounter_id = (SELECT max(id) FROM encounter)
            WHERE encounter_id = {VIOLENT}""",
        "visits",
        "visit_without_message",
    ),
    Break(
        f"DELETE FROM incident_patient WHERE encounter_id = {VIOLENT}", "visits", "violence_without_incident"
    ),
    Break(
        f"DELETE FROM incident_patient WHERE encounter_id = {VIOLENT}", "incidents", "incident_without_visit"
    ),
    Break(
        f"UPDATE encounter SET violence = 'no' WHERE id = {VIOLENT}", "visits", "incident_without_violence"
    ),
    Break(
        """INSERT INTO incident (intent, location_basis) SELECT intent, location_basis FROM incident
           WHERE id = 1""",
        "incidents",
        "incident_without_visit",
    ),
    Break(f'DELETE FROM "case" WHERE id = {OPEN_CASE}', "incidents", "incident_without_case"),
    Break(
        f"""UPDATE incident SET voided_at = hectis_now()
            WHERE id = (SELECT incident_id FROM "case" WHERE id = {OPEN_CASE})""",
        "incidents",
        "voided_though_open",
    ),
)
CASES = (
    Break(f'UPDATE "case" SET incident_id = -1 WHERE id = {OPEN_CASE}', "cases", "case_without_incident"),
    Break(f'UPDATE "case" SET owner_office_id = -1 WHERE id = {OPEN_CASE}', "cases", "case_without_owner"),
    Break(f"UPDATE \"case\" SET stage = 'voided' WHERE id = {OPEN_CASE}", "cases", "stage_without_move"),
    Break(f"UPDATE \"case\" SET phase = 'court' WHERE id = {OPEN_CASE}", "cases", "stage_of_another_phase"),
    Break(f'UPDATE "case" SET version = version + 1 WHERE id = {OPEN_CASE}', "cases", "history_broken"),
    Break(f"DELETE FROM stage_transition WHERE case_id = {OPEN_CASE}", "cases", "history_gone"),
    Break(
        f"DELETE FROM stage_transition WHERE case_id = {LONG} AND version = 3", "moves", "move_before_gone"
    ),
    Break(
        f"""INSERT INTO stage_transition (case_id, version, transition, from_stage, to_stage, actor_role, actor)
            SELECT case_id, version + 1, transition, from_stage, to_stage, actor_role, actor
            FROM stage_transition WHERE case_id = {LONG} ORDER BY version DESC LIMIT 1""",
        "moves",
        "road_broken",
    ),
    Break("UPDATE stage_transition SET transition = 'leap' WHERE id = 2", "moves", "move_undeclared"),
    Break("UPDATE stage_transition SET case_id = -1 WHERE id = 2", "moves", "move_of_no_case"),
    Break("UPDATE stage_transition SET actor = 'else' WHERE id = 2", "moves", "move_without_entry"),
    Break("DELETE FROM outbox WHERE event = 'case.opened'", "moves", "opening_not_said"),
    Break(
        "DELETE FROM outbox WHERE id = (SELECT max(id) FROM outbox WHERE event = 'case.stage_entered')",
        "moves",
        "move_not_said",
    ),
    Break(f"DELETE FROM ledger_entry WHERE case_id = {LONG} AND seq = 2", "entries", "entry_before_gone"),
    Break(f"DELETE FROM ledger_entry WHERE case_id = {LONG} AND seq = 1", "cases", "ledger_broken"),
    Break("UPDATE ledger_entry SET case_id = -1 WHERE id = 1", "entries", "entry_of_no_case"),
    Break(
        f"""INSERT INTO ledger_entry (case_id, seq, at, kind, actor, body, hash)
            SELECT case_id, seq + 1, at, kind, actor, body, hash FROM ledger_entry
            WHERE case_id = {LONG} ORDER BY seq DESC LIMIT 1""",
        "entries",
        "entry_past_the_head",
    ),
    Break(
        f"UPDATE \"case\" SET ledger_head = sha256('x') WHERE id = {OPEN_CASE}",
        "cases",
        "ledger_head_differs",
    ),
    Break(
        f"UPDATE ledger_entry SET kind = 'note' WHERE case_id = {LONG} AND seq = 2",
        "cases",
        "ledger_tells_otherwise",
    ),
    Break(f'UPDATE "case" SET sealed_seq = 0 WHERE id = {OPEN_CASE}', "cases", "seal_tells_otherwise"),
    Break("DELETE FROM ledger_seal_head", "seals", "seal_of_nothing"),
    Break("DELETE FROM ledger_seal WHERE number = 1", "seals", "seal_before_gone"),
    Break("UPDATE balance SET hash = sha256('x')", "seals", "sealed_balance_differs"),
    Break("UPDATE disclosure SET version = 99 WHERE id = 1", "disclosures", "disclosure_of_no_move"),
    Break("UPDATE disclosure SET version = 1 WHERE id = 1", "disclosures", "disclosure_without_referral"),
    Break(
        "UPDATE acknowledgement SET version = 99 WHERE version IS NOT NULL",
        "acknowledgements",
        "acknowledged_without_move",
    ),
)
DUE = (
    Break(f"DELETE FROM clock WHERE case_id = {REFERRED} AND stopped_at IS NULL", "cases", "clock_missing"),
    Break(f"DELETE FROM task WHERE case_id = {REFERRED} AND done_at IS NULL", "cases", "task_missing"),
    Break(
        f"UPDATE clock SET stage = 'recorded' WHERE case_id = {REFERRED} AND stopped_at IS NULL",
        "clocks",
        "clock_left_behind",
    ),
    Break(
        f"UPDATE clock SET stopped_at = hectis_now(), stopped_by = 'x' WHERE case_id = {REFERRED}",
        "clocks",
        "stopped_but_a_step_waits",
    ),
    Break(
        "UPDATE item SET settled_at = hectis_now(), settled_by = 'x', ending = 'x'",
        "clocks",
        "clock_of_settled_item",
    ),
    Break(f"DELETE FROM clock_step WHERE case_id = {REFERRED} AND {WAITING}", "clocks", "ladder_broken"),
    Break(
        f"""INSERT INTO clock_step (clock_id, step, case_id, level, office_id, role, due_at)
            SELECT clock_id, step + 1, case_id, level + 1, office_id, role, due_at FROM clock_step
            WHERE {WAITING} AND case_id = {REFERRED}""",
        "clocks",
        "two_steps_wait",
    ),
    # A clock that fired twice: the same rung once more.
    Break(
        f"""INSERT INTO clock_step (clock_id, step, case_id, level, office_id, role, due_at, done_at)
            SELECT clock_id, 9, case_id, level, office_id, role, due_at, done_at FROM clock_step
            WHERE id = {FIRED}""",
        "steps",
        "step_of_another_ladder",
    ),
    Break(
        f"UPDATE clock_step SET done_at = {PAST} WHERE cancelled_at IS NOT NULL",
        "steps",
        "fired_and_cancelled",
    ),
    Break("DELETE FROM escalation", "steps", "fired_without_escalation"),
    Break("DELETE FROM outbox WHERE event = 'case.escalated'", "steps", "fired_without_event"),
    Break(f"UPDATE clock_step SET due_at = {AHEAD} WHERE id = {FIRED}", "steps", "fired_too_soon"),
    Break(
        f"UPDATE clock_step SET due_at = {PAST} WHERE {WAITING} AND case_id = {REFERRED}",
        "steps",
        "step_left_waiting",
    ),
    Break(
        f"UPDATE clock_step SET due_at = due_at + interval '9 days' WHERE {WAITING}", "steps", "step_put_off"
    ),
    Break(
        f"UPDATE clock_step SET cancelled_at = hectis_now() WHERE {WAITING} AND case_id = {REFERRED}",
        "steps",
        "cancelled_though_it_runs",
    ),
    Break(
        f"UPDATE clock_step SET parked_at = hectis_now() WHERE {WAITING} AND case_id = {REFERRED}",
        "steps",
        "parked_without_a_task",
    ),
    Break("UPDATE escalation SET level = 4", "escalations", "escalation_not_climbed"),
    Break("UPDATE escalation SET cleared_at = hectis_now()", "escalations", "cleared_though_it_runs"),
    Break("UPDATE escalation SET clock_id = -1", "escalations", "escalation_of_no_clock"),
    Break(
        "UPDATE clock SET stopped_at = hectis_now(), stopped_by = 'x' WHERE item_id IS NOT NULL",
        "items",
        "item_without_clock",
    ),
    Break("DELETE FROM task WHERE item_id IS NOT NULL", "items", "item_without_task"),
    Break(
        "UPDATE task SET case_id = -1 WHERE id = (SELECT max(id) FROM task WHERE case_id IS NOT NULL)",
        "tasks",
        "task_of_no_case",
    ),
    Break("UPDATE task SET item_id = -1 WHERE item_id = 1", "tasks", "task_of_no_item"),
    Break(
        "UPDATE task SET claimed_by = -1, claimed_at = hectis_now() WHERE id = 1",
        "tasks",
        "task_held_by_nobody",
    ),
    Break(
        """UPDATE task SET done_at = NULL, done_by = NULL
           WHERE id = (SELECT max(id) FROM task WHERE by_stage AND done_at IS NOT NULL)""",
        "tasks",
        "task_left_behind",
    ),
)
TELLING = (
    Break("UPDATE outbox SET subject_id = -1 WHERE id = 1", "events", "event_about_nothing"),
    Break(f"DELETE FROM delivery WHERE event_id = {TOLD}", "events", "told_nobody"),
    Break(
        f"UPDATE outbox SET done_at = NULL, lease_until = NULL, at = {PAST} WHERE id = {TOLD}",
        "events",
        "event_left_waiting",
    ),
    Break(
        f"UPDATE outbox SET done_at = NULL, parked_at = hectis_now() WHERE id = {TOLD}",
        "events",
        "parked_without_a_task",
    ),
    Break("DELETE FROM task WHERE kind = 'event_parked'", "events", "parked_without_a_task"),
    Break("DELETE FROM task WHERE kind = 'nobody_on_duty'", "events", "told_nobody"),
    Break("DELETE FROM task WHERE kind = 'call_by_phone'", "deliveries", "failed_without_a_task"),
    Break("UPDATE delivery SET attempts = 0 WHERE sent_at IS NOT NULL", "deliveries", "sent_without_attempt"),
    Break(
        f"UPDATE delivery SET sent_at = NULL, cancelled_at = {PAST} WHERE sent_at IS NOT NULL",
        "deliveries",
        "cancelled_though_wanted",
    ),
    Break(
        f"UPDATE delivery SET sent_at = NULL, next_attempt_at = {PAST} WHERE sent_at IS NOT NULL",
        "deliveries",
        "delivery_left_waiting",
    ),
    Break("UPDATE delivery SET event_id = -event_id", "deliveries", "delivery_of_no_event"),
    Break("DELETE FROM contact_point", "deliveries", "delivery_to_nobody"),
    Break("UPDATE delivery SET staff_id = -1 WHERE id = 1", "deliveries", "delivery_to_another"),
    Break("UPDATE action_link SET delivery_id = -1 WHERE id = 1", "links", "link_of_no_delivery"),
    Break("UPDATE action_link SET staff_id = -1 WHERE id = 1", "links", "link_of_another_delivery"),
)
BREAKS = (*LOST, *INTAKE, *CASES, *DUE, *TELLING)
