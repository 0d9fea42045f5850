"""A bearer's queue in one statement: whose token it is, and a page of the open tasks of that role and office.

`services.tasks` calls it with the fields that the policy table grants, and the roles it grants exactly these: a
token of another role gets no row here, nor does one that does not live. So nothing is read for an ended token, and
role and office come from the token's own row. A page goes from what is due first forwards by (due, id): no OFFSET,
no COUNT of the queue. Statements are put together from constants; what a caller says is always bound.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from hectis_flow.storage.snoozes import OF_TASK
from hectis_flow.storage.threads import Row, ThreadConnections
from hectis_flow.storage.tokens import BEARERS, LIVES


class Sought(NamedTuple):
    """Which tasks of a queue: of these kinds (none: of any), and whether only what is overdue."""

    kinds: tuple[str, ...] = ()
    late: bool = False


EVERYTHING = Sought()


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which page: of whose token (its digest), behind which (due, id), how many tasks at most, and which.

    `fallback` is the office of a role that has none of its own.
    """

    token_hash: bytes
    fallback: str
    after: tuple[str, int] | None
    limit: int
    sought: Sought = EVERYTHING


class QueuePage(NamedTuple):
    """A JSON array as text, due first, and where the next page goes on (None: the end)."""

    items: str
    next_due: str | None
    next_id: int | None


class Standing(NamedTuple):
    """How a queue stands, in numbers: open tasks, overdue ones, those that somebody opened, the newest's number.

    `fresh` are those that are newer than the one that was named.
    """

    waiting: int
    late: int
    held: int
    newest: int
    fresh: int = 0


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
LATE = "AND t.due_at <= (SELECT hectis_now())"


def page(
    reads: ThreadConnections, wanted: Wanted, fields: tuple[str, ...], roles: tuple[str, ...]
) -> QueuePage | None:
    """A page of the queue of a living token of one of these roles; None where the token is no such."""
    found = _asked_for(reads, wanted, _statement(fields, roles, _which(wanted)))
    return _page(*found[0]) if found else None


def page_and_standing(
    reads: ThreadConnections, wanted: Wanted, fields: tuple[str, ...], roles: tuple[str, ...], counted: int
) -> tuple[QueuePage, Standing] | None:
    """A page, and how the whole queue stands beside it, of which no more than `counted` are counted: one question."""
    found = _asked_for(reads, wanted, _statement(fields, roles, _which(wanted), counted))
    return (_page(*found[0][:3]), _standing(found[0][3:])) if found else None


def _asked_for(reads: ThreadConnections, wanted: Wanted, statement: bytes) -> list[Row]:
    values = [wanted.token_hash.hex(), wanted.fallback, wanted.limit, *(wanted.after or ())]
    values += [",".join(wanted.sought.kinds)] if wanted.sought.kinds else []
    return reads.rows(statement, [str(value) for value in values])


def _page(items: str | None, next_due: str | None, next_id: str | None) -> QueuePage:
    return QueuePage(items or "[]", next_due, None if next_id is None else int(next_id))


def _standing(row: Sequence[str | None]) -> Standing:
    return Standing(*(int(value or 0) for value in row))


def _which(wanted: Wanted) -> str:
    """What narrows a page; the kinds are the last of its values."""
    sought, going_on = wanted.sought, wanted.after is not None
    kinds = f"AND t.kind = ANY(string_to_array(${6 if going_on else 4}, ','))" if sought.kinds else ""
    return " ".join((BEYOND if going_on else "", kinds, LATE if sought.late else ""))


def standing(reads: ThreadConnections, wanted: Wanted, roles: tuple[str, ...], since: int) -> Standing | None:
    """How the queue of a living token of one of these roles stands; None where the token is no such.

    No more than the limit are counted, the first ones due, so that no queue is too long to be asked about.
    """
    values = [wanted.token_hash.hex(), wanted.fallback, str(wanted.limit), str(since)]
    found = reads.rows(_counting(roles), values)
    return _standing(found[0]) if found else None


@lru_cache(maxsize=8)
def _counting(roles: tuple[str, ...]) -> bytes:
    return f"""
        WITH {_asked(roles)}
        SELECT s.* FROM asked CROSS JOIN LATERAL ({_counted(LIMIT, "CAST($4 AS bigint)")}) s
    """.encode()  # noqa: S608  (constants, chosen by name)


def _counted(limit: str, since: str) -> str:
    """How the queue of `asked` stands, by the first of its tasks."""
    return f"""
        SELECT count(*), count(*) FILTER (WHERE due_at <= (SELECT hectis_now())), count(claimed_by), max(id),
               count(*) FILTER (WHERE id > {since})
        FROM (SELECT t.id, t.due_at, t.claimed_by FROM task t
              WHERE t.office_id = asked.office_id AND t.role = asked.role AND t.done_at IS NULL
              ORDER BY t.due_at, t.id LIMIT {limit}) soonest
    """  # noqa: S608


def _asked(roles: tuple[str, ...]) -> str:
    """Role and office of a living token of one of these roles."""
    names = ", ".join(f"'{role}'" for role in roles)
    return f"""asked AS MATERIALIZED (
            SELECT t.role, coalesce(t.office_id, (SELECT id FROM office WHERE code = {FALLBACK})) AS office_id
            FROM {BEARERS} WHERE t.token_hash = {DIGEST} AND t.role IN ({names}) AND {LIVES}
        )"""  # noqa: S608


@lru_cache(maxsize=64)
def _statement(fields: tuple[str, ...], roles: tuple[str, ...], which: str, counted: int = 0) -> bytes:
    """The statement of a page. One row more than asked for tells whether there is a next page.

    With `counted` it also says how the queue stands, of which no more than so many tasks are counted.
    """
    standing = f"CROSS JOIN LATERAL ({_counted(str(int(counted)), '0')}) s" if counted else ""
    columns = ", ".join(f"{COLUMNS.get(name, f'r.{name}')} AS {name}" for name in fields)
    return f"""
        WITH {_asked(roles)},
        found AS MATERIALIZED (
            SELECT t.* FROM task t
            WHERE t.office_id = (SELECT office_id FROM asked) AND t.role = (SELECT role FROM asked)
              AND t.done_at IS NULL {which}
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
               (SELECT due_at::text FROM last), (SELECT id FROM last){", s.*" if counted else ""}
        FROM asked {standing}
    """.encode()  # noqa: S608  (constants, chosen by name)
