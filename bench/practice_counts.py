"""Holds what the product made of a practice province against the generator's own record, count by count.

bench.practice_month and tests/practice use it. The record goes into a temporary table, and both sides are
counted by SQL that shares nothing: one reads what was meant, the other what the product's tables say. It
must be given a database that holds nothing but the province.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

TABLE = """
    CREATE TEMPORARY TABLE practice_record (control_id text, facility text, event text, sent timestamptz,
        spoken timestamptz, resend boolean, visit text, numbered boolean, identified boolean, folder text,
        prior text, speaks boolean, intent text, mechanism text, place text, colour text, violent boolean,
        role text)
"""
# What was meant: each message once; a merged number is its survivor's; a visit's newest word counts.
MEANT = """
    WITH message AS (
        SELECT DISTINCT ON (facility, control_id) * FROM practice_record
        ORDER BY facility, control_id
    ), understood AS (
        SELECT * FROM message WHERE event = ANY(:events) AND identified
    ), survivor AS (
        SELECT facility, prior, folder FROM understood WHERE event = 'A40'
    ), told AS (
        SELECT u.*, coalesce(s.folder, u.folder) AS whose
        FROM understood u LEFT JOIN survivor s ON s.facility = u.facility AND s.prior = u.folder
        WHERE event NOT IN ('A31', 'A40')
    ), visit AS (
        SELECT DISTINCT facility, whose, visit FROM told
    ), coded AS (
        SELECT DISTINCT ON (facility, whose, visit) * FROM told WHERE speaks
        ORDER BY facility, whose, visit, spoken DESC
    ), cancelled AS (
        SELECT DISTINCT facility, whose, visit FROM told WHERE event = 'A11'
    ), standing AS (
        SELECT * FROM coded WHERE intent <> '' AND (facility, whose, visit) NOT IN (SELECT * FROM cancelled)
    ), ending AS (
        SELECT DISTINCT ON (facility, whose, visit) * FROM told WHERE event IN ('A03', 'A13')
        ORDER BY facility, whose, visit, spoken DESC
    ), triaged AS (
        SELECT DISTINCT ON (facility, whose, visit) * FROM told WHERE colour <> ''
        ORDER BY facility, whose, visit, spoken DESC
    )
"""
# What was found. A row that turned out to be another visit counts for nothing: a late merge joined the two. An
# incident whose case lies with the police already is not taken back by a hospital's change of mind: a conflict
# is raised for a person to settle, and until then it counts among the conflicts.
FOUND = """
    WITH own_visit AS (
        SELECT e.* FROM encounter e LEFT JOIN encounter_story s ON s.encounter_id = e.id
        WHERE s.merged_into_id IS NULL
    ), in_conflict AS (
        SELECT c.id, c.incident_id FROM "case" c JOIN case_conflict k ON k.case_id = c.id
        WHERE k.resolved_at IS NULL
    )
"""
# What is counted: what was meant, and what the product's tables say.
PAIRS: dict[str, tuple[str, str]] = {
    "messages by state": (
        """SELECT CASE WHEN NOT event = ANY(:events) THEN 'ignored' WHEN identified THEN 'accepted'
                  ELSE 'parked' END, count(*) FROM message GROUP BY 1""",
        "SELECT state, count(*) FROM inbound_message GROUP BY 1",
    ),
    "visits": ("SELECT 'all', count(*) FROM visit", "SELECT 'all', count(*) FROM own_visit"),
    "visits by facility": (
        "SELECT facility, count(*) FROM visit GROUP BY 1",
        "SELECT source_facility, count(*) FROM own_visit GROUP BY 1",
    ),
    "visits ended": (
        "SELECT 'all', count(*) FROM ending WHERE event = 'A03'",
        "SELECT 'all', count(*) FROM own_visit WHERE closed",
    ),
    "visits by colour": (
        "SELECT colour, count(*) FROM triaged GROUP BY 1",
        "SELECT sats_colour, count(*) FROM own_visit WHERE sats_colour IS NOT NULL GROUP BY 1",
    ),
    "incidents that stand": (
        "SELECT intent || ' ' || mechanism || ' ' || place, count(*) FROM standing GROUP BY 1",
        """SELECT intent || ' ' || mechanism || ' ' || coalesce(place_type, ''), count(*)
           FROM incident WHERE voided_at IS NULL AND id NOT IN (SELECT incident_id FROM in_conflict)
           GROUP BY 1""",
    ),
    "cases that stand": (
        "SELECT 'all', count(*) FROM standing WHERE intent = 'assault'",
        """SELECT 'all', count(*) FROM "case"
           WHERE stage NOT IN ('voided', 'closed_no_violence') AND id NOT IN (SELECT id FROM in_conflict)""",
    ),
    "patients": (
        "SELECT 'all', count(*) FROM (SELECT DISTINCT facility, whose FROM told) AS one",
        "SELECT 'all', count(DISTINCT patient_id) FROM own_visit",
    ),
}


def load(connection: Connection, record: Path) -> int:
    """Put the generator's record into a temporary table of this connection; how many sendings it holds."""
    connection.execute(text("DROP TABLE IF EXISTS practice_record"))
    connection.execute(text(TABLE))
    insert = text(
        "INSERT INTO practice_record SELECT * FROM jsonb_populate_recordset(NULL::practice_record, CAST(:rows AS jsonb))"
    )
    with record.open(encoding="utf-8") as file:
        for lines in _batches(file, 5000):
            connection.execute(insert, {"rows": f"[{','.join(lines)}]"})
    return int(connection.execute(text("SELECT count(*) FROM practice_record")).scalar_one())


def compare(connection: Connection, events: Iterable[str]) -> dict[str, tuple[Any, Any]]:
    """Each count that was made, as (meant, found); equal where all is well. `events` are those understood."""
    values = {"events": sorted(events)}
    return {
        name: (
            _counts(connection, MEANT + meant, values),
            _counts(connection, FOUND + found, {}),
        )
        for name, (meant, found) in PAIRS.items()
    }


def truth(connection: Connection) -> dict[str, int]:
    """What really happened in the province, coded or not."""
    statement = text(
        """
        SELECT count(DISTINCT visit) AS visits, count(DISTINCT visit) FILTER (WHERE violent) AS violent,
               count(*) FILTER (WHERE resend) AS resent,
               count(DISTINCT visit) FILTER (WHERE event = 'A11') AS cancelled,
               count(DISTINCT visit) FILTER (WHERE event = 'A40') AS merged,
               count(*) AS sendings
        FROM practice_record
        """
    )
    return dict(connection.execute(statement).mappings().one())


def _counts(connection: Connection, statement: str, values: dict[str, Any]) -> dict[str, int]:
    return {str(name): count for name, count in connection.execute(text(statement), values)}


def _batches(lines: Iterable[str], size: int) -> Iterator[list[str]]:
    batch: list[str] = []
    for line in lines:
        batch.append(line)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
