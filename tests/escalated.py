"""Thousands of cases that nobody answered and that stand with the committee, put into a database in a few statements."""

from sqlalchemy import Engine, text

STATEMENTS = (
    """
    INSERT INTO incident (id, intent, location_basis, precinct_basis) OVERRIDING SYSTEM VALUE
    SELECT 100000 + n, 'assault', 'incident', 'unresolved' FROM generate_series(1, :cases) n
    """,
    """
    INSERT INTO "case" (id, ref, incident_id, opened_at, stage_entered_at, stage, phase, version, workflow_version,
                        owner_office_id, station_id, ledger_seq, ledger_head, sealed_seq)
    OVERRIDING SYSTEM VALUE
    SELECT 100000 + n, 'WC-2026-' || 100000 + n, 100000 + n, t.at, t.at, 'referred', 'saps', 1, 3,
           s.ids[1 + n % s.many], s.ids[1 + n % s.many], 1, decode(repeat('00', 32), 'hex'), 1
    FROM generate_series(1, :cases) n,
         (SELECT array_agg(id ORDER BY id) AS ids, count(*)::int AS many FROM office WHERE kind = 'station') s,
         (SELECT hectis_now() AS at) t
    """,
    """
    INSERT INTO clock (id, case_id, name, stage, office_id, policy_version, workflow_version, started_at, due_at,
                       ladder)
    OVERRIDING SYSTEM VALUE
    SELECT c.id, c.id, (ARRAY['saps_acknowledge', 'cas_opening', 'docket_to_prosecutor', 'npa_decision',
               'j88_collection', 'item_cured', 'reenrolment_review', 'first_appearance'])[1 + (c.id % 29) % 8],
           c.stage, c.owner_office_id, 'test', 3, t.now, t.now, '[]'
    FROM "case" c, (SELECT hectis_now() AS now) t WHERE c.id > 100000
    """,
    """
    INSERT INTO escalation (case_id, clock_id, level, office_id, role, opened_at, raised_at)
    SELECT k.case_id, k.id, 4, o.id, 'committee_chair', t.now, t.now - (k.id * 7919 % 130) * interval '1 day'
    FROM clock k, office o, (SELECT hectis_now() AS now) t
    WHERE k.id > 100000 AND o.kind = 'committee'
    """,
)


def escalate(engine: Engine, cases: int) -> None:
    """So many cases more that stand with the committee, of up to 130 days, for eight reasons."""
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        for statement in STATEMENTS:
            connection.execute(text(statement), {"cases": cases} if ":cases" in statement else {})
