"""What can be read of the countdown before a day in court: which lists stand, and their checks as they are now.

Part of `reading_sources` and of `court_checks`: SQL of a list `i` (an item), and one JSON value of a case `r`. By
codes, days and moments alone.
"""

from typing import Final

from hectis_flow.domain import countdown
from hectis_flow.storage.countdown import DAY, KINDS, LIVING, STAGES

#: What a list `i` still is about: a day, from today on, that its case waits for.
STANDS: Final = f"""
    i.kind IN ({KINDS}) AND {LIVING} AND i.code >= {DAY.format("hectis_now() AT TIME ZONE 'Africa/Johannesburg'")}
    AND EXISTS (SELECT FROM charge g WHERE g.case_id = i.case_id AND g.voided_at IS NULL AND g.stage IN ({STAGES})
                AND {DAY.format("g.next_date")} = i.code)
"""
DONE: Final = ", ".join(f"'{answer}'" for answer in sorted(countdown.DONE))
#: When a list `i` is due; its clocks are found by its case.
DUE: Final = "(SELECT max(q.due_at) FROM clock q WHERE q.case_id = i.case_id AND q.item_id = i.id)"
#: When a check `k` of a list `i` was first red; what would have been red after the list was over never was.
FIRST_RED: Final = """
    least(k.red_at, CASE WHEN k.red_from <= coalesce(i.settled_at, hectis_now()) THEN k.red_from END)
"""
#: The checks of a list `i`, as they stand, in the order in which they are asked.
CHECKS: Final = f"""(
    SELECT json_agg(json_build_object(
        'cause', k.cause, 'answer', k.answer, 'by_when', k.by_when, 'answered_at', k.answered_at,
        'state', CASE WHEN k.red_from <= hectis_now() THEN 'red' WHEN k.answer IN ({DONE}) THEN 'ready'
                      WHEN k.answer IS NOT NULL THEN 'coming' ELSE 'open' END,
        'first_red_at', {FIRST_RED}) ORDER BY k.id)
    FROM court_check k WHERE k.item_id = i.id)"""  # noqa: S608
#: The lists of a case `r` for its next day in court, as one JSON value.
OF_CASE: Final = f"""(
    SELECT coalesce(json_agg(json_build_object(
        'roll_date', i.code, 'side', CASE i.kind WHEN '{countdown.SAPS}' THEN 'saps' ELSE 'npa' END,
        'office', w.code, 'role', i.role, 'ready', i.settled_at IS NOT NULL,
        'red_unless_done_by', {DUE}, 'checks', {CHECKS})
        ORDER BY i.code, i.kind DESC), '[]')
    FROM item i JOIN office w ON w.id = i.office_id WHERE i.case_id = r.id AND {STANDS})"""  # noqa: S608
