"""A million messages, visits, incidents and cases, each with its clock, its task, its event and its notice, by SQL.

`bench.clock_rows` loads the cases; this adds what comes before and after them, so that a balance over all of it comes
out even. Triggers sleep while the rows are loaded.
"""

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from bench.clock_rows import load, settle
from hectis_flow.storage import ledger

MORE = (
    "INSERT INTO workflow_edge VALUES ('open', '', 'referred') ON CONFLICT DO NOTHING",
    """
    INSERT INTO patient (id, key_id, identity_enc) OVERRIDING SYSTEM VALUE
    SELECT id, 'k1', sha256(id::text::bytea) FROM incident
    """,
    """
    INSERT INTO patient_number (patient_id, kind, blind, folder)
    SELECT id, 'MR', sha256(id::text::bytea), true FROM patient
    """,
    """
    INSERT INTO encounter (id, source_facility, patient_id, visit_blind, visit_basis, violence, key_id, private_enc)
    OVERRIDING SYSTEM VALUE
    SELECT id, 'KH', id, sha256(id::text::bytea), 'visit_number', 'yes', 'k1', sha256(id::text::bytea) FROM patient
    """,
    "INSERT INTO incident_patient (incident_id, encounter_id, patient_id) SELECT id, id, id FROM encounter",
    """
    INSERT INTO inbound_message (channel, peer, source_app, source_facility, control_id, digest, message_type, event,
                                 size, key_id, raw_enc, ack_code, state, encounter_id, done_at)
    SELECT 'mllp', '127.0.0.1:1', 'PAS', 'KH', id, sha256(id::text::bytea), 'ADT', 'A08',
           32, 'k1', sha256(id::text::bytea), 'AA', 'accepted', id, hectis_now() FROM encounter
    """,
    """
    INSERT INTO outbox (event, case_id, subject_id, done_at)
    SELECT 'case.opened', case_id, id, hectis_now() FROM stage_transition
    """,
    "INSERT INTO staff (id, code, key_id, person_enc) OVERRIDING SYSTEM VALUE VALUES (1, 'kh-1', 'k1', '')",
    """
    INSERT INTO contact_point (id, staff_id, channel, address_blind, key_id, address_enc) OVERRIDING SYSTEM VALUE
    VALUES (1, 1, 'email', '', 'k1', '')
    """,
    """
    INSERT INTO delivery (event_id, case_id, kind, staff_id, office_id, role, channel, contact_point_id, attempts,
                          sent_at)
    SELECT o.id, o.case_id, 'task', 1, c.owner_office_id, 'saps_liaison', 'email', 1, 1, hectis_now()
    FROM outbox o JOIN "case" c ON c.id = o.case_id WHERE o.event = 'case.stage_entered'
    """,
    'UPDATE "case" SET sealed_seq = 0',
)
TABLES = (
    "patient",
    "patient_number",
    "encounter",
    "incident_patient",
    "inbound_message",
    "delivery",
    "case",
    "outbox",
)


def fill(engine: Engine, rows: int) -> None:
    """So many of everything, sealed."""
    load(engine, rows)
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        for statement in MORE:
            connection.execute(text(statement))
    with Session(engine) as session, session.begin():
        session.execute(text("SET LOCAL statement_timeout = 0"))
        ledger.seal(session)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SET statement_timeout = 0"))
        for table in TABLES:
            connection.execute(text(f'VACUUM ANALYZE "{table}"'))
    settle(engine)
