"""What can be read of escalations: what ran out, who was told last, and what its owner carried as it climbed.

Part of `reading_sources`. `r` is the record's own table. A list of what is open is narrowed by who was told last, so
that the index of what is open at an office serves it.
"""

from hectis_flow.storage.reading_tree import ABOVE, BELOW
from hectis_flow.storage.snoozes import HOLDS

JOINS = """
    JOIN "case" c ON c.id = r.case_id
    JOIN clock k ON k.id = r.clock_id
    JOIN office o ON o.id = r.office_id
    JOIN office w ON w.id = k.office_id
"""
COLUMNS = {
    "case_ref": "c.ref",
    "stage": "k.stage",
    "clock": "k.name",
    "office": "o.code",
    "owner_office": "w.code",
    "due_at": "k.due_at",
    "snoozed": "(SELECT count(*) FROM snooze z WHERE z.clock_id = k.id AND z.ended_at IS NULL)",
    "snoozed_until": f"(SELECT z.until FROM snooze z WHERE z.clock_id = k.id AND {HOLDS})",  # noqa: S608
}
FILTERS = {
    "open": "r.cleared_at IS NULL",
    "cleared": "r.cleared_at IS NOT NULL",
    # Who was told last: the bearer's own office, one below it, or one above it.
    "here": "r.office_id = :office_id",
    "below": f"r.office_id <> :office_id AND r.office_id IN ({BELOW})",
    "above": f"r.office_id IN ({ABOVE})",
}
SCOPES = {
    "none": "false",
    "raised_to_own": "r.office_id = :office_id",
    "own_tree": f"""(r.office_id = :office_id
        OR (SELECT k.office_id FROM clock k WHERE k.id = r.clock_id) IN ({BELOW}))""",  # noqa: S608
}
