"""What can be read of the committee's work, and of a gang flag, as JSON of codes, days and references.

Part of `reading_sources`; `storage.meetings` and `storage.follow_up` use the same words. `r` is the record's own
table. Nothing here names a person: attendance is by seat.
"""

from hectis_flow.storage.database import DAY

# The committee whose bearer asks, and whatever came to it: by the ladder, on an agenda, or tabled. Few cases of many:
# asked so, they are found by what came, and not by a look at every case.
OWN = "r.office_id = :office_id"
CAME = """r.id IN (
    SELECT e.case_id FROM escalation e WHERE e.office_id = :office_id AND e.cleared_at IS NULL
    UNION ALL SELECT e.case_id FROM escalation e WHERE e.office_id = :office_id AND e.cleared_at IS NOT NULL
    UNION ALL SELECT a.case_id FROM agenda_line a
    UNION ALL SELECT m.case_id FROM tabled_matter m WHERE m.taken_back_at IS NULL)
"""
# From the day on which its CAS was opened.
DOCKETED = "EXISTS (SELECT FROM cas_number n WHERE n.case_id = r.id)"

# A flag that stands. One that has run out, or whose docket was taken back, is gone at its moment, whenever the clock
# writes that down.
STANDING = f"g.case_id = r.id AND g.ended_at IS NULL AND g.expires_at > hectis_now() AND {DOCKETED}"
GANG_FLAG = f"""(
    SELECT json_build_object('source', g.source, 'set_at', g.set_at, 'role', g.set_role, 'office', o.code,
        'expires_at', g.expires_at, 'reviewed_at', g.reviewed_at)
    FROM gang_flag g JOIN office o ON o.id = g.office_id WHERE {STANDING})"""  # noqa: S608  (a constant)
FLAGGED = f"EXISTS (SELECT FROM gang_flag g WHERE {STANDING}) = :gang_flag"


def state(decision: str) -> str:
    """Where a decision stands, in the words of `domain.committee.STATES`."""
    return f"""
        CASE WHEN {decision}.dropped_at IS NOT NULL THEN 'dropped'
             WHEN {decision}.confirmed_at IS NULL THEN 'recorded'
             WHEN {decision}.ended_at IS NOT NULL THEN {decision}.ending
             WHEN EXISTS (SELECT FROM decision_report p
                          WHERE p.decision_id = {decision}.id AND p.answered_at IS NULL) THEN 'reported'
             WHEN {decision}.due_on < {DAY} THEN 'late' ELSE 'open' END"""


DECISION_JOINS = """
    JOIN meeting m ON m.id = r.meeting_id
    JOIN office o ON o.id = r.office_id
    LEFT JOIN "case" c ON c.id = r.case_id
"""
DECISION = {
    "meeting": "r.meeting_id",
    "held_on": "m.held_on",
    "case_ref": "c.ref",
    "office": "o.code",
    "state": state("r"),
    "reports": """(
        SELECT coalesce(json_agg(json_build_object(
            'outcome', p.outcome, 'reason', p.reason, 'paper_ref', p.paper_ref, 'reported_at', p.reported_at,
            'answer', p.answer, 'answer_reason', p.answer_reason, 'answered_at', p.answered_at) ORDER BY p.id), '[]')
        FROM decision_report p WHERE p.decision_id = r.id)""",
}
# Those that wait for the chair: to be confirmed, or for an answer to what was reported. Those that are owed still, and
# those of the bearer's own office.
DECISION_FILTERS = {
    "for_chair": """r.dropped_at IS NULL AND r.ended_at IS NULL AND (r.confirmed_at IS NULL OR EXISTS (
        SELECT FROM decision_report p WHERE p.decision_id = r.id AND p.answered_at IS NULL))""",
    "owed": "r.confirmed_at IS NOT NULL AND r.ended_at IS NULL",
    "here": "r.office_id = :office_id",
}
MEETING = {
    "state": """
        CASE WHEN r.closed_at IS NOT NULL THEN 'closed' WHEN r.opened_at IS NOT NULL THEN 'open'
             ELSE 'planned' END""",
    "minutes_hash": "encode(r.minutes_hash, 'hex')",
    "attendance": """(
        SELECT coalesce(json_agg(json_build_object(
            'seat', s.code, 'agency', s.agency, 'chairs', s.chairs, 'present', a.seat_id IS NOT NULL)
            ORDER BY s.chairs DESC, s.code), '[]')
        FROM committee_seat s LEFT JOIN attendance a ON a.seat_id = s.id AND a.meeting_id = r.id
        WHERE a.seat_id IS NOT NULL OR s.valid_to IS NULL OR s.valid_to > r.held_on)""",
    "lines": """(
        SELECT coalesce(json_agg(json_build_object(
            'kind', l.kind, 'case_ref', c.ref, 'stage', l.stage, 'office', o.code, 'reason', l.reason,
            'since', l.since, 'days', floor(extract(epoch FROM r.opened_at - l.since) / 86400)::integer)
            ORDER BY l.place), '[]')
        FROM agenda_line l JOIN "case" c ON c.id = l.case_id JOIN office o ON o.id = l.office_id
        WHERE l.meeting_id = r.id)""",
    "decisions": f"""(
        SELECT coalesce(json_agg(json_build_object(
            'id', d.id, 'kind', d.kind, 'case_ref', c.ref, 'office', o.code, 'role', d.role,
            'due_on', d.due_on, 'state', {state("d")}) ORDER BY d.id), '[]')
        FROM committee_decision d JOIN office o ON o.id = d.office_id LEFT JOIN "case" c ON c.id = d.case_id
        WHERE d.meeting_id = r.id)""",  # noqa: S608
}
