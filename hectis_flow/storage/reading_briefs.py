"""What can be read of a watching brief: each a JSON value or a column of a brief `r`, by codes, numbers and days.

Part of `reading_sources`. It knows the case by its number, its court and the numbers at station and court; no
table and no column of a hospital is named here, and a test holds it to that.
"""

from typing import Final

from hectis_flow.domain.workflow import STAGES

# Where a charge waits for a day in court; one that left the roll keeps the day that it had.
ON_DATE: Final = ", ".join(f"'{stage.name}'" for stage in STAGES if stage.on_date)

# Whatever an office was asked about or written to, or had watched itself.
ASKED: Final = """r.id IN (
    SELECT s.brief_id FROM brief_seat s WHERE s.office_id = :office_id
    UNION SELECT l.brief_id FROM brief_letter l WHERE l.office_id = :office_id
    UNION SELECT b.id FROM watching_brief b WHERE b.opened_office_id = :office_id)"""
WATCHED: Final = "r.office_id = :office_id"
# A case has the brief that is open, else its newest one.
OF_CASE: Final = """(
    SELECT json_build_object('id', b.id, 'triggers', b.triggers, 'opened_at', b.opened_at,
        'taken_up_at', b.taken_up_at, 'acknowledged_at', b.acknowledged_at, 'closed_at', b.closed_at,
        'closed_reason', b.closed_reason)
    FROM watching_brief b WHERE b.case_id = r.id ORDER BY b.closed_at IS NOT NULL, b.id DESC LIMIT 1)"""

SEATS: Final = """(
    SELECT coalesce(json_agg(json_build_object('side', s.side, 'office', w.code, 'role', s.role,
        'asked_at', s.asked_at, 'due_at', k.due_at, 'answer', s.answer, 'reason', s.reason,
        'answered_at', s.answered_at, 'answered_by', s.answered_by) ORDER BY s.id), '[]')
    FROM brief_seat s JOIN office w ON w.id = s.office_id
    LEFT JOIN clock k ON k.item_id = s.item_id AND k.stopped_at IS NULL
    WHERE s.brief_id = r.id)"""
OBSERVATIONS: Final = """(
    SELECT coalesce(json_agg(json_build_object('id', o.id, 'court_date', o.court_date, 'outcome', o.outcome,
        'docket_at_court', o.docket_at_court, 'causes', o.causes, 'attributable_to', o.attributable_to,
        'recommendation', o.recommendation, 'corrects', o.corrects_id, 'corrected_by', x.id,
        'observed_at', o.observed_at, 'observed_by', o.observed_by) ORDER BY o.court_date, o.id), '[]')
    FROM brief_observation o LEFT JOIN brief_observation x ON x.corrects_id = o.id
    WHERE o.brief_id = r.id)"""
# Of letters only the unit's own, and those that the reader's office was sent.
LETTERS: Final = """(
    SELECT coalesce(json_agg(json_build_object('id', l.id, 'side', l.side, 'office', w.code, 'role', l.role,
        'causes', l.says -> 'causes', 'recommendation', l.says ->> 'recommendation', 'sent_at', l.sent_at,
        'respond_by', l.respond_by, 'answer', l.answer, 'answer_ref', l.answer_ref,
        'answer_date', l.answer_date, 'answered_at', l.answered_at) ORDER BY l.id), '[]')
    FROM brief_letter l JOIN office w ON w.id = l.office_id
    WHERE l.brief_id = r.id AND (l.office_id = :office_id OR r.office_id = :office_id))"""
CAS_NUMBER: Final = """(
    SELECT concat_ws('/', n.serial, lpad(n.month::text, 2, '0'), n.year) FROM cas_number n
    WHERE n.case_id = r.case_id)"""
MATTER: Final = """(
    SELECT m.number FROM court_matter m WHERE m.case_id = r.case_id AND m.closed_at IS NULL)"""
NEXT_DATE: Final = f"""(
    SELECT min(g.next_date) FROM charge g WHERE g.case_id = r.case_id AND g.voided_at IS NULL
      AND g.stage IN ({ON_DATE}) AND g.next_date >= (hectis_now() AT TIME ZONE 'Africa/Johannesburg')::date)"""  # noqa: S608
# Since when charges of the case are off the roll, and by when the unit looks whether they are back.
OFF_ROLL: Final = """(
    SELECT min(m.removed_at) FROM removal m WHERE m.case_id = r.case_id AND m.ended_at IS NULL)"""
LOOK_DUE: Final = """(
    SELECT min(k.due_at) FROM item i JOIN clock k ON k.item_id = i.id AND k.stopped_at IS NULL
    WHERE i.case_id = r.case_id AND i.kind = 'brief_monitor' AND i.settled_at IS NULL)"""

JOINS: Final = """
    JOIN "case" c ON c.id = r.case_id
    LEFT JOIN office h ON h.id = c.court_id
    JOIN office u ON u.id = r.office_id
"""
COLUMNS: Final = {
    "case_ref": "c.ref",
    "stage": "c.stage",
    "court": "h.code",
    "unit": "u.code",
    "cas_number": CAS_NUMBER,
    "court_case_no": MATTER,
    "next_date": NEXT_DATE,
    "off_roll_since": OFF_ROLL,
    "look_due_at": LOOK_DUE,
    "seats": SEATS,
    "observations": OBSERVATIONS,
    "letters": LETTERS,
}
FILTERS: Final = {
    "open": "r.closed_at IS NULL",
    "closed": "r.closed_at IS NOT NULL",
    "trigger": ":trigger = ANY(r.triggers)",
    "court": 'r.case_id IN (SELECT k.id FROM "case" k JOIN office w ON w.id = k.court_id WHERE w.code = :court)',
    # In court on a day of which nothing is noted yet.
    "sits": f"""EXISTS (SELECT FROM charge g WHERE g.case_id = r.case_id AND g.voided_at IS NULL
                        AND g.stage IN ({ON_DATE}) AND g.next_date = CAST(:sits AS date))
               AND NOT EXISTS (SELECT FROM brief_observation o
                               WHERE o.brief_id = r.id AND o.court_date = CAST(:sits AS date))""",  # noqa: S608
    "mine": """EXISTS (SELECT FROM brief_seat s WHERE s.brief_id = r.id AND s.answered_at IS NULL
                       AND s.office_id = :office_id)""",
}


def of_court(condition: str) -> str:
    """A scope of cases as one of their briefs, with what the office itself was asked."""
    within = condition.replace("r.", "k.")
    return f'(r.case_id IN (SELECT k.id FROM "case" k WHERE {within}) OR {ASKED})'  # noqa: S608  (constants)
