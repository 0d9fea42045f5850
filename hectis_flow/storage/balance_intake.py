"""The balance of what comes in: messages, what was turned away, people, visits, incidents."""

from collections.abc import Mapping
from typing import Final

from hectis_flow.storage.balance_sides import GRACE, LATE, Side

# What we know how to read, written down here a second time: what a later version learns to read is told to both.
KNOWN: Final = """
    (m.message_type = 'ADT' AND m.event IN ('A01', 'A02', 'A03', 'A04', 'A08', 'A11', 'A13', 'A31', 'A40')
     OR m.message_type = 'ORU' AND m.event = 'R01')
"""
INTAKE: Final[Mapping[str, Side]] = {
    "messages": Side(
        ("accepted", "ignored", "parked", "waiting"),
        f"""
        SELECT m.id, CASE
            WHEN m.state = 'accepted' AND e.id IS NULL AND m.encounter_id IS NOT NULL THEN 'visit_gone'
            WHEN m.state = 'accepted' AND e.id IS NULL AND p.message_id IS NULL THEN 'accepted_without_effect'
            WHEN m.state = 'parked' AND w.message_id IS NULL THEN 'parked_unseen'
            WHEN m.state = 'parked' AND o.id IS NULL THEN 'parked_without_owner'
            WHEN m.state <> 'parked' AND w.message_id IS NOT NULL THEN 'owned_but_not_parked'
            WHEN m.state = 'ignored' AND {KNOWN} THEN 'ignored_though_known'
            WHEN m.state = 'received' AND {LATE} AND coalesce(m.lease_until + {GRACE} < hectis_machine_now(),
                 m.received_at + {GRACE} < hectis_now()) THEN 'message_left_waiting'
            WHEN m.state = 'received' THEN 'waiting'
            ELSE m.state END AS verdict
        FROM inbound_message m
        LEFT JOIN encounter e ON e.id = m.encounter_id
        LEFT JOIN person_message p ON p.message_id = m.id
        LEFT JOIN parked_message w ON w.message_id = m.id
        LEFT JOIN office o ON o.id = w.owner_office_id
        """,  # noqa: S608  (constants)
    ),
    # They have no number of their own; the moment stands for it.
    "refusals": Side(
        ("refused",),
        """
        SELECT (extract(epoch FROM at) * 1000000)::bigint AS id,
               CASE WHEN reason = '' OR size < 0 THEN 'refused_without_reason' ELSE 'refused' END AS verdict
        FROM message_refusal
        """,
    ),
    "patients": Side(
        ("standing", "merged"),
        """
        SELECT p.id, CASE
            WHEN p.merged_into_id IS NOT NULL AND into_.id IS NULL THEN 'merged_into_nobody'
            WHEN into_.merged_into_id IS NOT NULL THEN 'merged_into_merged'
            WHEN p.merged_into_id IS NOT NULL THEN 'merged'
            WHEN n.patient_id IS NULL THEN 'patient_without_number'
            ELSE 'standing' END AS verdict
        FROM patient p
        LEFT JOIN patient into_ ON into_.id = p.merged_into_id
        LEFT JOIN (SELECT DISTINCT patient_id FROM patient_number WHERE folder) n ON n.patient_id = p.id
        """,
    ),
    # A visit of violence is an incident; one that is none any more may still have the incident that it was.
    "visits": Side(
        ("violent", "peaceful", "cancelled", "joined"),
        """
        SELECT e.id, CASE
            WHEN p.id IS NULL THEN 'visit_of_nobody'
            WHEN s.merged_into_id IS NOT NULL AND into_.id IS NULL THEN 'joined_to_nothing'
            WHEN s.merged_into_id IS NOT NULL THEN 'joined'
            WHEN m.encounter_id IS NULL THEN 'visit_without_message'
            WHEN s.cancelled THEN 'cancelled'
            WHEN e.violence IN ('yes', 'undetermined') AND i.id IS NULL THEN 'violence_without_incident'
            WHEN e.violence IN ('yes', 'undetermined') THEN 'violent'
            WHEN i.intent = 'assault' AND i.voided_at IS NULL AND c.id IS NOT NULL AND x.case_id IS NULL
                THEN 'incident_without_violence'
            ELSE 'peaceful' END AS verdict
        FROM encounter e
        LEFT JOIN patient p ON p.id = e.patient_id
        LEFT JOIN encounter_story s ON s.encounter_id = e.id
        LEFT JOIN encounter into_ ON into_.id = s.merged_into_id
        LEFT JOIN (SELECT DISTINCT encounter_id FROM inbound_message WHERE encounter_id IS NOT NULL) m
            ON m.encounter_id = e.id
        LEFT JOIN incident_patient ip ON ip.encounter_id = e.id
        LEFT JOIN incident i ON i.id = ip.incident_id
        LEFT JOIN "case" c ON c.incident_id = i.id
        LEFT JOIN (SELECT DISTINCT case_id FROM case_conflict) x ON x.case_id = c.id
        """,
    ),
    "incidents": Side(
        ("with_a_case", "counted_only", "voided"),
        """
        SELECT i.id, CASE
            WHEN ip.incident_id IS NULL THEN 'incident_without_visit'
            WHEN i.voided_at IS NOT NULL AND NOT c.stage = ANY(CAST(:ends AS text[])) AND r.case_id IS NULL
                THEN 'voided_though_open'
            WHEN i.voided_at IS NOT NULL THEN 'voided'
            WHEN c.id IS NOT NULL THEN 'with_a_case'
            WHEN i.intent = 'assault' THEN 'incident_without_case'
            ELSE 'counted_only' END AS verdict
        FROM incident i
        LEFT JOIN (SELECT DISTINCT incident_id FROM incident_patient) ip ON ip.incident_id = i.id
        LEFT JOIN "case" c ON c.incident_id = i.id
        LEFT JOIN (SELECT DISTINCT case_id FROM stage_transition
                   WHERE transition IN ('reopen_violence', 'restore_visit', 'undo', 'correct')) r ON r.case_id = c.id
        """,
    ),
}
