"""A bearer's queue in one statement: whose token it is, and a page of the open tasks of that role and office.

`services.tasks` calls it with the fields that the policy table grants, and the roles it grants exactly these: a
token of another role gets no row here, nor does one that does not live. So nothing is read for an ended token, and
role and office come from the token's own row. A page goes from what is due first forwards by (due, id): no OFFSET,
no COUNT of the queue. Statements are put together from constants; what a caller says is always bound.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from hectis_flow.storage.snoozes import OF_TASK
from hectis_flow.storage.threads import ThreadConnections
from hectis_flow.storage.tokens import BEARERS, LIVES


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which page: of whose token (its digest), behind which (due, id), and how many tasks at most.

    `fallback` is the office of a role that has none of its own.
    """

    token_hash: bytes
    fallback: str
    after: tuple[str, int] | None
    limit: int


class QueuePage(NamedTuple):
    """A JSON array as text, due first, and where the next page goes on (None: the end)."""

    items: str
    next_due: str | None
    next_id: int | None


# Fields that no column of the task holds. Each is a look-up by key, and only for the rows of the page.
COLUMNS = {
    # A task is in trouble where the hospital says otherwise than its case: a person must look first.
    "status": """
        CASE WHEN (SELECT true FROM case_conflict x WHERE x.case_id = r.case_id AND x.resolved_at IS NULL)
                 THEN 'problem'
             WHEN r.claimed_by IS NOT NULL THEN 'opened' ELSE 'not_opened' END""",
    "opened_by": "(SELECT h.code FROM staff h WHERE h.id = r.claimed_by)",
    "office": "(SELECT o.code FROM office o, asked WHERE o.id = asked.office_id)",
    "overdue": "r.due_at <= (SELECT hectis_now())",
    "snoozed_until": OF_TASK,
    "case_ref": "c.ref",
    "stage": "c.stage",
    "station": "(SELECT s.code FROM office s WHERE s.id = c.station_id)",
}
# The values of every page: the digest of a token in hexadecimal, the office of a role without one, how many tasks.
DIGEST, FALLBACK, LIMIT = "decode($1, 'hex')", "CAST($2 AS text)", "CAST($3 AS bigint)"
BEYOND = "AND (t.due_at, t.id) > (CAST($4 AS timestamptz), CAST($5 AS bigint))"


def page(
    reads: ThreadConnections, wanted: Wanted, fields: tuple[str, ...], roles: tuple[str, ...]
) -> QueuePage | None:
    """A page of the queue of a living token of one of these roles; None where the token is no such."""
    values = [wanted.token_hash.hex(), wanted.fallback, wanted.limit, *(wanted.after or ())]
    statement = _statement(fields, roles, going_on=wanted.after is not None)
    found = reads.rows(statement, [str(value) for value in values])
    if not found:
        return None
    items, next_due, next_id = found[0]
    return QueuePage(items or "[]", next_due, None if next_id is None else int(next_id))


@lru_cache(maxsize=64)
def _statement(fields: tuple[str, ...], roles: tuple[str, ...], *, going_on: bool) -> bytes:
    """The statement of a page. One row more than asked for tells whether there is a next page."""
    names = ", ".join(f"'{role}'" for role in roles)
    columns = ", ".join(f"{COLUMNS.get(name, f'r.{name}')} AS {name}" for name in fields)
    return f"""
        WITH asked AS MATERIALIZED (
            SELECT t.role, coalesce(t.office_id, (SELECT id FROM office WHERE code = {FALLBACK})) AS office_id
            FROM {BEARERS} WHERE t.token_hash = {DIGEST} AND t.role IN ({names}) AND {LIVES}
        ),
        found AS MATERIALIZED (
            SELECT t.* FROM task t
            WHERE t.office_id = (SELECT office_id FROM asked) AND t.role = (SELECT role FROM asked)
              AND t.done_at IS NULL {BEYOND if going_on else ""}
            ORDER BY t.due_at, t.id LIMIT {LIMIT} + 1
        ),
        last AS (
            SELECT due_at, id FROM found WHERE (SELECT count(*) FROM found) > {LIMIT}
            ORDER BY due_at, id LIMIT 1 OFFSET {LIMIT} - 1
        )
        SELECT (
                   SELECT json_agg(item)::text
                   FROM (SELECT {columns}
                         FROM (SELECT * FROM found ORDER BY due_at, id LIMIT {LIMIT}) r
                         LEFT JOIN "case" c ON c.id = r.case_id
                         ORDER BY r.due_at, r.id) item
               ),
               (SELECT due_at::text FROM last), (SELECT id FROM last)
        FROM asked
    """.encode()  # noqa: S608  (constants, chosen by name)
