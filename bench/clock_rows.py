"""Cases that wait with running clocks, as many as one likes, put into an empty database by set-based SQL.

`bench.p4_sweep` and the auditor's drill use it. The rows are what the moves of so many cases would have
left: history, ledger and event of each, a clock and its ladder. Triggers sleep while they are loaded.
"""

from sqlalchemy import Engine, text

from hectis_flow.domain.history_proof import move_body

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
    INSERT INTO clock (id, case_id, name, stage, office_id, policy_version, workflow_version, started_at, due_at)
    OVERRIDING SYSTEM VALUE
    SELECT id, id, 'saps_acknowledge', stage, owner_office_id, 'bench', 3, hectis_now(),
           hectis_now() + interval '2 days' FROM "case"
    """,
    """
    INSERT INTO clock_step (clock_id, step, case_id, level, office_id, role, due_at)
    SELECT c.id, s, c.case_id, s - 1, c.office_id, 'saps_liaison',
           c.due_at + s * interval '1 day' + c.id % 100000 * interval '1 second'
    FROM clock c, generate_series(1, :steps) s
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
