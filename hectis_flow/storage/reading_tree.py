"""Which offices stand above and below which today, as conditions of a query: of the bearer's office `:office_id`.

Part of `reading_sources`; whoever asks for more than one office's records uses the same words.
"""

from hectis_flow.storage.database import DAY

STANDING = f"p.valid_from <= {DAY} AND (p.valid_to IS NULL OR p.valid_to > {DAY})"
# The bearer's office and all below it today. UNION, not UNION ALL: it ends even in a tree with a ring.
BELOW = f"""
    WITH RECURSIVE below AS (
        SELECT CAST(:office_id AS bigint) AS id
        UNION
        SELECT p.office_id FROM office_parent p JOIN below b ON b.id = p.parent_id WHERE {STANDING}
    )
    SELECT id FROM below
"""  # noqa: S608  (constants of this module)
# Every office above the bearer's today.
ABOVE = f"""
    WITH RECURSIVE above AS (
        SELECT p.parent_id AS id FROM office_parent p WHERE p.office_id = :office_id AND {STANDING}
        UNION
        SELECT p.parent_id FROM office_parent p JOIN above a ON a.id = p.office_id WHERE {STANDING}
    )
    SELECT id FROM above
"""  # noqa: S608
# Whoever is above an office today, nearest first.
PARENTS = f"""(
    WITH RECURSIVE up AS (
        SELECT p.parent_id AS id, 1 AS step FROM office_parent p WHERE p.office_id = r.id AND {STANDING}
        UNION ALL
        SELECT p.parent_id, up.step + 1 FROM office_parent p JOIN up ON up.id = p.office_id
        WHERE {STANDING} AND up.step < 10
    )
    SELECT coalesce(json_agg(json_build_object('code', a.code, 'kind', a.kind, 'name', a.name)
                    ORDER BY up.step), '[]')
    FROM up JOIN office a ON a.id = up.id)
"""  # noqa: S608
