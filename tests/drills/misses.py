"""Misses planted among waiting cases, each of a kind the auditor must find; used by its tests and its drill.

`KINDS` says of each kind how somebody's silence, a lost row or a broken part would leave the tables. The
cases are those of `bench.clock_rows`; triggers sleep while the damage is done.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy import Engine, event, text

from hectis_flow.storage import firing
from hectis_flow.storage.clocks import next_step
from tests.tables import rows

LONG_AGO = "hectis_now() - interval '10 minutes'"
FIRE = f"""
    WITH fired AS (
        UPDATE clock_step SET done_at = {LONG_AGO} WHERE step = 1 AND case_id = :case
        RETURNING id, case_id, clock_id, level, office_id, role, step
    ),
    next AS ({next_step("(SELECT f.*, k.ladder FROM fired f JOIN clock k ON k.id = f.clock_id)")}),
    raised AS (
        INSERT INTO escalation (case_id, clock_id, level, office_id, role)
        SELECT case_id, clock_id, level, office_id, role FROM fired
    )
    INSERT INTO outbox (event, case_id, subject_id, at, done_at)
    SELECT 'case.escalated', case_id, id, {LONG_AGO}, {LONG_AGO} FROM fired
"""  # noqa: S608
TELL = """
    INSERT INTO delivery (event_id, case_id, kind, staff_id, office_id, role, channel, contact_point_id, sent_at)
    SELECT id, case_id, 'escalation', 1, 1, 'saps_liaison', 'email', 1, hectis_now()
    FROM outbox WHERE event = 'case.escalated' AND case_id = :case
"""
STAGE_EVENT = "event = 'case.stage_entered' AND case_id = :case"
KINDS: Mapping[str, tuple[str, ...]] = {
    "clock_missing": ("UPDATE clock SET stopped_at = hectis_now(), stopped_by = 'x' WHERE case_id = :case",),
    "clock_left_behind": ("UPDATE clock SET stage = 'awaiting_basis' WHERE case_id = :case",),
    "ladder_missing": ("DELETE FROM clock_step WHERE case_id = :case",),
    # The next step alone, as somebody would who wants peace until Monday.
    "clock_put_off": (
        "UPDATE clock_step SET due_at = due_at + interval '3 days' WHERE step = 1 AND case_id = :case",
    ),
    "task_missing": ("DELETE FROM task WHERE case_id = :case",),
    "item_unwatched": (
        """
        INSERT INTO item (case_id, kind, office_id, role, opened_version)
        VALUES (:case, 'docket_inspection', 1, 'detective_commander', 1)
        """,
    ),
    "removal_unowned": (
        """
        INSERT INTO removal (case_id, case_version, way_out, cause, attributable_to, stage)
        VALUES (:case, 1, 'struck_342a', 'docket_not_at_court', 'SAPS', 'struck_342a')
        """,
    ),
    "owner_gone": (
        "UPDATE \"case\" SET owner_office_id = (SELECT id FROM office WHERE code = 'gone') WHERE id = :case",
    ),
    "step_overdue": (f"UPDATE clock_step SET due_at = {LONG_AGO} WHERE step = 1 AND case_id = :case",),  # noqa: S608
    "escalation_missing": (FIRE, TELL, "DELETE FROM escalation WHERE case_id = :case"),
    "event_missing": (FIRE, "DELETE FROM outbox WHERE event = 'case.escalated' AND case_id = :case"),
    "nobody_told": (FIRE,),
    "event_waiting": (f"UPDATE outbox SET at = {LONG_AGO}, done_at = NULL WHERE {STAGE_EVENT}",),  # noqa: S608
    "delivery_waiting": (
        FIRE,
        TELL,
        f"UPDATE delivery SET sent_at = NULL, next_attempt_at = {LONG_AGO} WHERE case_id = :case",  # noqa: S608
    ),
    "balance_differs": (
        """
        INSERT INTO balance_difference (line, fault, found_number, last_number, rows, found_at)
        VALUES ('messages', 'fault ' || :case, 1, 1, 1, hectis_now())
        """,
    ),
    # However many are too old, it is one finding that no new one was drawn.
    "balance_missing": (
        """
        INSERT INTO balance (number, day, drawn_at, counted_at, body, hash)
        VALUES (:case, '2026-01-01', hectis_now(), hectis_machine_now() - interval '2 days', '{}', '')
        """,
    ),
}


def plant(engine: Engine, kind: str, cases: range) -> None:
    """Let one duty be missed on each of these cases."""
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        for case in cases:
            for statement in KINDS[kind]:
                assert connection.execute(text(statement), {"case": case}).rowcount > 0, kind


@contextmanager
def an_ended_office(engine: Engine) -> Iterator[None]:
    """An office that is no more, as long as the test looks at it: the tests share their offices."""
    with engine.begin() as connection:
        statement = (
            "INSERT INTO office (code, kind, name, valid_to) VALUES ('gone', 'station', 'Gone', '2020-01-01')"
        )
        connection.execute(text(statement))
    try:
        yield
    finally:
        with engine.begin() as connection:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            connection.execute(text("DELETE FROM office WHERE code = 'gone'"))


def careless_sweep(engine: Engine) -> int:
    """Let everything due fire but one case in a hundred; how many were left out. As a faulty sweep would."""
    careless = firing.NEXT_DUE.replace("ORDER BY", "AND s.case_id % 100 <> 0 ORDER BY")
    statement = text(firing.firing(careless))
    with engine.begin() as connection:
        values = {"limit": 1000, "fallback": "wc-health-data", "benchmark": 60}
        while connection.execute(statement, values).one()[0]:
            pass
    left = "SELECT count(*) FROM clock_step WHERE due_at <= hectis_now() AND done_at IS NULL"
    return int(rows(engine, left)[0][0])


@contextmanager
def timed(engine: Engine) -> Iterator[dict[str, float]]:
    """The slowest statement of this engine meanwhile: its milliseconds and its words."""
    slowest = {"ms": 0.0}

    def before(connection: object, cursor: object, statement: str, *_: object) -> None:
        slowest["begun"] = time.perf_counter()

    def after(connection: object, cursor: object, statement: str, *_: object) -> None:
        took = (time.perf_counter() - slowest["begun"]) * 1000
        if took > slowest["ms"]:
            slowest.update(ms=took, words=statement)

    event.listen(engine, "before_cursor_execute", before)
    event.listen(engine, "after_cursor_execute", after)
    try:
        yield slowest
    finally:
        event.remove(engine, "before_cursor_execute", before)
        event.remove(engine, "after_cursor_execute", after)
