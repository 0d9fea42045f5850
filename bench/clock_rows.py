"""Cases that wait with running clocks, as many as one likes, put into an empty database by set-based SQL.

`bench.p4_sweep` and the auditor's drill use it. The rows are what the moves of so many cases would have
left: history, ledger and event of each, a clock and its ladder. Triggers sleep while they are loaded.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from alembic import command
from sqlalchemy import Engine, text

from bench.web_servers import product_environ
from config.settings import load as load_settings
from hectis_flow.app import create_app, house_of
from hectis_flow.commands.database import alembic_config, found_deployment
from hectis_flow.commands.reference import OFFICES, read_offices
from hectis_flow.domain.history_proof import move_body
from hectis_flow.services.house import House
from hectis_flow.services.reference import load_offices
from hectis_flow.storage.base import db

STEPS = 5  # a ladder from the reminder to the province; the first is due in a day or later
LOAD = (
    """
    INSERT INTO incident (id, intent, location_basis, precinct_basis) OVERRIDING SYSTEM VALUE
    SELECT n, 'assault', 'incident', 'unresolved' FROM generate_series(1, :cases) n
    """,
    """
    INSERT INTO "case" (id, ref, incident_id, opened_at, stage_entered_at, stage, phase, version, workflow_version, owner_office_id,
                        station_id, ledger_seq, ledger_head, sealed_seq)
    OVERRIDING SYSTEM VALUE
    SELECT n, 'WC-2026-' || lpad(n::text, greatest(6, length(n::text)), '0'), n, t.at, t.at, 'referred', 'saps', 1, 3,
           s.ids[1 + n % s.many], s.ids[1 + n % s.many], 1,
           ledger_hash(decode(repeat('00', 32), 'hex'), n, 1, t.at, 'stage', 'rule:bench', CAST(:body AS text)), 1
    FROM generate_series(1, :cases) n,
         (SELECT array_agg(id) AS ids, count(*)::int AS many FROM office WHERE kind = 'station') s,
         (SELECT hectis_now() AS at) t
    """,
    """
    INSERT INTO stage_transition (case_id, version, transition, from_stage, to_stage, actor_role, actor, at)
    SELECT id, 1, 'open', '', stage, 'rule', 'bench', opened_at FROM "case"
    """,
    """
    INSERT INTO ledger_entry (case_id, seq, at, kind, actor, body, hash)
    SELECT id, 1, opened_at, 'stage', 'rule:bench', :body, ledger_head FROM "case"
    """,
    """
    INSERT INTO outbox (event, case_id, subject_id, done_at)
    SELECT 'case.stage_entered', case_id, id, hectis_now() FROM stage_transition
    """,
    """
    INSERT INTO clock (id, case_id, name, stage, office_id, policy_version, workflow_version, started_at, due_at,
                       ladder)
    OVERRIDING SYSTEM VALUE
    SELECT c.id, c.id, 'saps_acknowledge', c.stage, c.owner_office_id, 'bench', 3, t.now, t.now + interval '2 days',
           (SELECT jsonb_agg(jsonb_build_object('level', s - 1, 'office_id', c.owner_office_id, 'role', 'saps_liaison',
                'transition', NULL,
                'due_at', t.now + interval '2 days' + s * interval '1 day' + c.id % 100000 * interval '1 second')
                ORDER BY s) FROM generate_series(1, :steps) s)
    FROM "case" c, (SELECT hectis_now() AS now) t
    """,
    """
    INSERT INTO clock_step (clock_id, step, case_id, level, office_id, role, due_at)
    SELECT id, 1, case_id, 0, office_id, 'saps_liaison', CAST(ladder -> 0 ->> 'due_at' AS timestamptz) FROM clock
    """,
    """
    INSERT INTO task (kind, case_id, office_id, role, by_stage, due_at)
    SELECT 'acknowledge_referral', case_id, office_id, 'saps_liaison', true, due_at FROM clock
    """,
    "SELECT setval(pg_get_serial_sequence('clock', 'id'), :cases)",
    "SELECT setval(pg_get_serial_sequence('\"case\"', 'id'), :cases)",
    "SELECT setval(pg_get_serial_sequence('incident', 'id'), :cases)",
)
TABLES = (
    "incident",
    "case",
    "stage_transition",
    "ledger_entry",
    "outbox",
    "clock",
    "clock_step",
    "task",
    "escalation",
)


def load(engine: Engine, cases: int) -> None:
    """Fill an empty database that has its offices with so many waiting cases; none of their steps is due."""
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        for statement in LOAD:
            names = {"cases": cases, "steps": STEPS, "body": move_body("open", "", "referred", 1, {})}
            used = {name: value for name, value in names.items() if f":{name}" in statement}
            connection.execute(text(statement), used)
    settle(engine)


def settle(engine: Engine) -> None:
    """What the database does for itself within minutes: statistics, dead rows, dirty pages."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SET statement_timeout = 0"))
        for table in TABLES:
            connection.execute(text(f'VACUUM ANALYZE "{table}"'))
        connection.execute(text("CHECKPOINT"))


@contextmanager
def house_on(url: str, redis_url: str) -> Iterator[House]:
    """The parts of the product on a migrated database with its offices."""
    environ = product_environ(url, redis_url) | {"HECTIS_LOG_LEVEL": "error"}
    command.upgrade(alembic_config(url), "head")
    found_deployment(url, practice=True)
    app = create_app(load_settings(environ))
    house = house_of(app)
    load_offices(house, read_offices(OFFICES))
    try:
        yield house
    finally:
        house.direct.close()
        with app.app_context():
            db.engine.dispose()
