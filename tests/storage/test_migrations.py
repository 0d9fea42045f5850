"""Every migration on filled tables, up and down; two deployments at once; models beside the schema."""

import importlib
import os
import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from threading import Event, Thread
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, inspect, pool, text
from sqlalchemy.exc import OperationalError

from config.settings import ROOT, Settings, _psycopg
from hectis_flow import storage
from hectis_flow.app import create_app, house_of
from hectis_flow.commands.database import MIGRATIONS, alembic_config, current_revision, found_deployment
from hectis_flow.commands.reference import OFFICES, TREE, read_offices, read_tree
from hectis_flow.domain.casework import Actor
from hectis_flow.domain.moments import SAST
from hectis_flow.domain.staffing import StaffLine
from hectis_flow.services import casework, reading, reencryption, sealing, staff, tokens, work
from hectis_flow.services.house import House
from hectis_flow.services.reading import Asking
from hectis_flow.services.reference import load
from hectis_flow.services.staff_import import take
from hectis_flow.storage.base import Base, db
from tests.segments import CODED, REGISTERED, adt
from tests.tables import dump, one, rows, take_in
from workers.local_services import LocalServices

REVISIONS = sorted(path.name[:4] for path in (MIGRATIONS / "versions").glob("*.py"))
BELOW = dict(zip(REVISIONS, ["base", *REVISIONS], strict=False))
LONGEST_LOCK = "2s"  # what R27 allows; the migrations' own limit must not be longer
# Tables that no service of the fill below writes. Whoever adds a table adds it here or there.
FILLED_BY_HAND = {
    "credential": """
        INSERT INTO credential (staff_id, password_hash, key_id, totp_enc, totp_step, set_at)
        SELECT min(id), 'hash', 'k1', 'sealed', 1, hectis_machine_now() FROM staff
    """,
    "enrolment": """
        INSERT INTO enrolment (staff_id, token_hash, key_id, totp_enc, made_at, expires_at)
        SELECT min(id), 'digest', 'k1', 'sealed', hectis_machine_now(), hectis_machine_now() FROM staff
    """,
    "sign_in_try": "INSERT INTO sign_in_try (subject, at) VALUES ('who', hectis_machine_now())",
    "suburb_precinct": """
        INSERT INTO suburb_precinct (suburb, station_id, source, valid_from)
        SELECT 'site b', min(id), 'a list', '2026-01-01' FROM office WHERE kind = 'station'
    """,
    "practice_clock": "INSERT INTO practice_clock (shift) VALUES ('1 day')",
    "person_message": """
        INSERT INTO person_message (message_id, patient_id)
        SELECT (SELECT min(id) FROM inbound_message), (SELECT min(id) FROM patient)
    """,
    "case_conflict": """
        INSERT INTO case_conflict (case_id, reason, message_id)
        SELECT (SELECT min(id) FROM "case"), 'visit_cancelled', (SELECT min(id) FROM inbound_message)
    """,
    "precinct": """
        INSERT INTO precinct (station_id, source, digest, valid_from)
        SELECT min(id), 'a map', sha256('a map'), '2026-01-01' FROM office WHERE kind = 'station'
    """,
    "rota_gap": """
        INSERT INTO rota_gap (office_id, role, starts_at)
        SELECT min(id), 'saps_liaison', hectis_now() FROM office WHERE kind = 'station'
    """,
    "legal_basis": """
        INSERT INTO legal_basis (case_id, basis, document_ref, scope, recorded_by)
        SELECT min(id), 'consent_written', 'C/1', '{scene}', 'facility_liaison:kh-1' FROM "case"
    """,
    "disclosure": """
        INSERT INTO disclosure (case_id, version, office_id, basis, fields, grounds, withheld, actor)
        SELECT c.id, c.version, o.id, 'consent_written', '{sex,facility}', '{none,consent_written}', '{codes}',
            'rule:workflow'
        FROM "case" c, office o WHERE o.kind = 'station' ORDER BY c.id, o.id LIMIT 1
    """,
    "cas_number": """
        INSERT INTO cas_number (case_id, station_id, serial, month, year)
        SELECT (SELECT min(id) FROM "case"), min(id), 636, 6, 2010 FROM office WHERE kind = 'station'
    """,
    "digest": """
        INSERT INTO digest (staff_id, office_id, role, offices, window_on, window_at, late)
        SELECT s.id, o.id, 'station_commander', ARRAY[o.id], '2026-11-23', hectis_now(), false
        FROM staff s, office o WHERE s.code = 'kh-2' AND o.code = 'khayelitsha-saps'
    """,
    "digest_line": "INSERT INTO digest_line SELECT id, 'escalation', 1, 1 FROM digest",
    "digest_preference": """
        INSERT INTO digest_preference (staff_id, send_at, every, language) SELECT id, '07:00', 'week', 'xh' FROM staff
        WHERE code = 'kh-2'
    """,
    "precinct_choice": """
        INSERT INTO precinct_choice (incident_id, station_id, chosen_by)
        SELECT (SELECT min(id) FROM incident), min(id), 'facility_liaison:kh-1' FROM office WHERE kind = 'station'
    """,
    "delivery": """
        INSERT INTO delivery (event_id, case_id, kind, staff_id, office_id, role, channel, contact_point_id)
        SELECT e.id, e.case_id, 'task', p.staff_id, c.owner_office_id, 'saps_liaison', p.channel, p.id
        FROM outbox e JOIN "case" c ON c.id = e.case_id, contact_point p ORDER BY e.id, p.id LIMIT 1
    """,
    "contact_change": """
        INSERT INTO contact_change (contact_point_id, staff_id, what, reason, by)
        SELECT id, staff_id, 'parked', 'smtp_550', 'rule:channels' FROM contact_point ORDER BY id LIMIT 1
    """,
    "bundle": "INSERT INTO bundle (staff_id, channel, due_at) SELECT min(id), 'email', hectis_now() FROM staff",
    "told_lately": """
        INSERT INTO told_lately (staff_id, channel, since, told) SELECT min(id), 'email', hectis_now(), 6 FROM staff
    """,
    "further_way": """
        INSERT INTO further_way (delivery_id, step, contact_point_id, channel, due_at)
        SELECT id, 2, contact_point_id, 'webhook', hectis_now() FROM delivery
    """,
    "delivery_report": """
        INSERT INTO delivery_report (channel, provider_id, said, said_at) VALUES ('sms', 'p-1', 'delivered', hectis_now())
    """,
    "relay": "INSERT INTO relay (channel, name, share, troubles) VALUES ('email', 'first', 0, 2)",
    "chat_card": """
        INSERT INTO chat_card (delivery_id, key_id, conversation_enc, mark) SELECT id, 'k1', 'sealed', '1.2' FROM delivery
    """,
    "chat_press": """
        INSERT INTO chat_press (digest, message_key, who_blind, done_at, outcome)
        SELECT sha256('a press'), message_key, sha256('who'), hectis_machine_now(), 'not_bound' FROM delivery
    """,
    "action_link": """
        INSERT INTO action_link (delivery_id, case_id, staff_id, office_id, role, purpose, expires_at)
        SELECT id, case_id, staff_id, office_id, role, 'acknowledge', hectis_machine_now() FROM delivery
    """,
    "practice_mail": """
        INSERT INTO practice_mail (message_id, recipient, subject, text_part, html_part)
        VALUES ('<1@practice.invalid>', 'kh-1@practice.invalid', 'A notice', 'In words', '')
    """,
    "escalation": """
        INSERT INTO escalation (case_id, clock_id, level, office_id, role)
        SELECT case_id, id, 0, office_id, 'facility_liaison' FROM clock ORDER BY id LIMIT 1
    """,
    "audit_finding": """
        INSERT INTO audit_finding (kind, subject_id, case_id) SELECT 'step_overdue', 1, min(id) FROM "case"
    """,
    "balance": """
        INSERT INTO balance (number, day, drawn_at, body, hash)
        VALUES (1, '2026-11-22', hectis_now(), '{"day":"2026-11-22","lines":[]}', sha256('a certificate'))
    """,
    "balance_difference": """
        INSERT INTO balance_difference (line, fault, found_number, last_number, rows, found_at)
        VALUES ('messages', 'rows_lost', 1, 1, 3, hectis_now())
    """,
    "audit_run": "INSERT INTO audit_run (took_ms, open_findings) VALUES (1.5, 1)",
    "precinct_ring": """
        INSERT INTO precinct_ring (precinct_id, part, place, outline)
        SELECT id, 0, 0, '((18.6,-34.0),(18.7,-34.0),(18.7,-34.1))' FROM precinct
    """,
    "acknowledgement": """
        INSERT INTO acknowledgement (case_id, version, staff_id, link_id)
        SELECT t.case_id, t.version, (SELECT min(id) FROM staff), (SELECT min(id) FROM action_link)
        FROM stage_transition t ORDER BY t.id LIMIT 1
    """,
    "reply_call": "INSERT INTO reply_call (call_digest) VALUES ('a digest')",
    "idempotency": """
        INSERT INTO idempotency (token_id, key, digest, status, body)
        SELECT min(id), 'a-key-of-8', sha256('a request'), 200, '{}' FROM api_token
    """,
    "docket": """
        INSERT INTO docket (case_id, officer, j88_completed_at) SELECT min(id), 'kh-io-1', hectis_now() FROM "case"
    """,
    "arrest": """
        INSERT INTO arrest (case_id, arrested_at, how, recorded_by)
        SELECT min(id), hectis_now(), 'arrest', 'saps_liaison:kh-1' FROM "case"
    """,
    "court_matter": """
        INSERT INTO court_matter (case_id, case_version, court_id, number)
        SELECT min(id), 1, (SELECT min(id) FROM office WHERE kind = 'court'), 'B1/2026' FROM "case"
    """,
    "removal": """
        INSERT INTO removal (case_id, case_version, way_out, cause, attributable_to, stage)
        SELECT min(id), 1, 'struck_342a', 'docket_not_at_court', 'SAPS', 'struck_342a' FROM "case"
    """,
    "charge": """
        INSERT INTO charge (case_id, accused, count, offence, stage, child, removal_id)
        SELECT min(id), 1, 1, 'murder', 'struck_342a', false, (SELECT min(id) FROM removal) FROM "case"
    """,
    "charge_transition": """
        INSERT INTO charge_transition (charge_id, case_id, case_version, transition, from_stage, to_stage, before)
        SELECT id, case_id, 1, 'strike_342a', 'on_roll', 'struck_342a', '{}' FROM charge
    """,
    "removal_transition": """
        INSERT INTO removal_transition (removal_id, case_id, case_version, before)
        SELECT id, case_id, 1, '{}' FROM removal
    """,
    "item": """
        INSERT INTO item (case_id, kind, removal_id, office_id, role, opened_version)
        SELECT case_id, 'removal_saps', id, (SELECT min(id) FROM office WHERE kind = 'station'),
               'detective_commander', 1 FROM removal
    """,
    "court_check": """
        INSERT INTO court_check (item_id, case_id, roll_date, cause, red_from)
        SELECT id, case_id, '2026-12-01', 'docket_not_at_court', hectis_now() FROM item
    """,
    "load": "INSERT INTO load (office_id, officer, open) SELECT min(id), 'kh-io-9', 3 FROM office ON CONFLICT DO NOTHING",
    "snooze": """
        INSERT INTO snooze (case_id, clock_id, number, reason, until, days, role, put_by, was)
        SELECT case_id, id, 1, 'awaiting_lab', '2026-12-09', 3, 'facility_liaison', 'facility_liaison:kh-1', '{}'
        FROM clock WHERE stopped_at IS NULL AND NOT urgent ORDER BY id LIMIT 1
    """,
    "watching_brief": """
        INSERT INTO watching_brief (case_id, office_id, triggers, opened_by, opened_version)
        SELECT min(id), (SELECT min(id) FROM office WHERE kind = 'pocs'), '{gbv,by_hand}', 'rule:briefs', 1 FROM "case"
    """,
    "brief_trigger": """
        INSERT INTO brief_trigger (brief_id, trigger, added_at, added_by, added_version)
        SELECT id, 'gbv', opened_at, opened_by, 1 FROM watching_brief
    """,
    "brief_seat": """
        INSERT INTO brief_seat (brief_id, side, kind, office_id, role, asked_at)
        SELECT id, 'pocs', 'watching_brief', office_id, 'watching_brief_official', opened_at FROM watching_brief
    """,
    "brief_observation": """
        INSERT INTO brief_observation (brief_id, court_date, outcome, docket_at_court, recommendation, observed_by)
        SELECT id, '2026-01-05', 'postponed', 'yes', 'none', 'watching_brief_official:cwb-1' FROM watching_brief
    """,
    "brief_letter": """
        INSERT INTO brief_letter (brief_id, side, office_id, role, item_id, says, sent_at, sent_by, respond_by)
        SELECT b.id, 'saps', i.office_id, 'station_commander', i.id, '{}', b.opened_at, 'watching_brief_official:cwb-1',
               b.opened_at
        FROM watching_brief b, item i
    """,
    "proposal": """
        INSERT INTO proposal (case_id, case_version, transition, details, role, proposed_by)
        SELECT min(id), 1, 'lapse', '{}', 'senior_public_prosecutor', 'npa-1' FROM "case"
    """,
    "committee_seat": "INSERT INTO committee_seat (code, agency, chairs) VALUES ('pocs', 'Oversight', true)",
    "meeting": """
        INSERT INTO meeting (office_id, held_on, planned_by, opened_at, opened_by, follow_up)
        SELECT id, '2026-11-30', 'cs-1', hectis_now(), 'cc-1', '{}' FROM office WHERE kind = 'committee'
    """,
    "attendance": """
        INSERT INTO attendance (meeting_id, seat_id, noted_by)
        SELECT (SELECT min(id) FROM meeting), min(id), 'cs-1' FROM committee_seat
    """,
    "tabled_matter": """
        INSERT INTO tabled_matter (case_id, reason, role, office_id, tabled_by, meeting_id)
        SELECT (SELECT min(id) FROM "case"), 'no_answer', 'committee_chair', office_id, 'cc-1', id FROM meeting
    """,
    "agenda_line": """
        INSERT INTO agenda_line (meeting_id, place, kind, case_id, matter_id, stage, office_id, reason, since)
        SELECT meeting_id, 1, 'tabled', case_id, id, 'referred', office_id, reason, tabled_at FROM tabled_matter
    """,
    "committee_decision": """
        INSERT INTO committee_decision (meeting_id, kind, case_id, office_id, role, due_on, recorded_by, confirmed_by,
                                        confirmed_at)
        SELECT (SELECT min(id) FROM meeting), 'assign_people', (SELECT min(id) FROM "case"), min(id),
               'station_commander', '2026-12-30', 'cs-1', 'cc-1', hectis_now() FROM office WHERE kind = 'station'
    """,
    "decision_report": """
        INSERT INTO decision_report (decision_id, outcome, paper_ref, reported_by)
        SELECT id, 'done', 'SC/7', 'kh-2' FROM committee_decision
    """,
    "gang_flag": """
        INSERT INTO gang_flag (case_id, source, set_role, office_id, set_by, expires_at)
        SELECT (SELECT min(id) FROM "case"), 'agu_assessment', 'anti_gang_unit', id, 'agu-1',
               hectis_now() + interval '90 days' FROM office WHERE kind = 'anti_gang_unit'
    """,
}

# What the unit was told of a removal before it had briefs, and how it took that up.
WATCHED_ITEM = """
    INSERT INTO item (case_id, kind, removal_id, office_id, role, opened_version)
    SELECT case_id, 'watching_brief', id, (SELECT min(id) FROM office WHERE kind = 'pocs'),
           'watching_brief_official', 1 FROM removal
"""
TAKEN_UP = """
    UPDATE item SET settled_at = hectis_now(), settled_by = 'watching_brief_official:cwb-1', ending = 'noted'
    WHERE kind = 'watching_brief'
"""

# Where a step down takes columns or rows from a table that stays: what comes and goes, and which rows stay.
RESHAPED = {
    "0030": {"ledger_seal": (["balance_number", "balance_hash"], "true")},
    "0028": {"reencryption": ([], "subject <> 'chat_card'")},
    "0026": {
        "api_token": (["kind", "idle_ends_at", "graded"], "true"),
        "reencryption": ([], "subject NOT IN ('credential', 'enrolment')"),
    },
    "0011": {
        "office": ([], "kind IN ('facility', 'station', 'province_health')"),
        "api_token": (["staff_id"], "true"),
        "reencryption": ([], "subject NOT IN ('staff', 'contact_point')"),
    },
    "0012": {"outbox": (["subject_id", "history_id", "parked_at", "reason"], "case_id IS NOT NULL")},
    "0015": {"practice_clock": (["moved_at"], "true")},
    # What a step down adds are the steps still to come, as the ladder that it drops held them.
    "0018": {
        "clock": (["ladder"], "true"),
        "clock_step": (
            [],
            """NOT EXISTS (SELECT FROM clock_step b WHERE b.clock_id = t.clock_id AND b.step < t.step
               AND num_nonnulls(b.done_at, b.cancelled_at, b.parked_at) = 0)""",
        ),
    },
    "0019": {
        "case": (["court_id", "charged"], "true"),
        "clock": (["item_id"], "true"),
        "task": (["item_id"], "true"),
    },
    "0022": {
        "escalation": (["carries", "carried_by", "benchmark", "capacity"], "true"),
    },
    # An answer that made no move is let go below.
    "0029": {
        "acknowledgement": (["item_id", "step_id", "reason", "trace"], "version IS NOT NULL"),
        "action_link": (["revoked_by"], "true"),
    },
    # Below, the Anti-Gang Unit is another office of the province's SAPS; that counts as a change of the tree.
    "0032": {
        "staff": (["quiet_from", "quiet_to"], "true"),
        "contact_point": (["wait_minutes", "parked_at", "parked_reason"], "true"),
        "delivery": (
            [
                *("urgent", "cause", "held_until", "held_for", "bundle_id", "provider_id"),
                *("delivered_at", "opened_at", "bounced_at"),
            ],
            "true",
        ),
    },
    "0023": {"office": (["kind"], "true"), "reference_version": (["version"], "true")},
}


@dataclass(frozen=True)
class Ground:
    """A database of its own for one test."""

    url: str
    engine: Engine
    config: Config

    def up(self, target: str = "head") -> None:
        command.upgrade(self.config, target)

    def down(self, target: str) -> None:
        command.downgrade(self.config, target)


@pytest.fixture
def ground(services: LocalServices) -> Iterator[Ground]:
    url = _psycopg(services.create_database("ground"))
    engine = create_engine(url, poolclass=pool.NullPool)
    yield Ground(url, engine, alembic_config(url))
    services.drop_database("ground")


@contextmanager
def house_on(ground: Ground, settings: Settings) -> Iterator[House]:
    app = create_app(replace(settings, database_url=ground.url))
    house = house_of(app)
    try:
        yield house
    finally:
        with app.app_context():
            db.engine.dispose()
        house.direct.close()


def fill(ground: Ground, settings: Settings) -> None:
    """At least one row in every table, made by the services wherever they make one."""
    found_deployment(ground.url, practice=True)
    with house_on(ground, settings) as house:
        load(house, read_offices(OFFICES), read_tree(TREE))
        take_on_staff(house)
        take_in(
            house,
            *(adt("A08", f"c-{n}", CODED, folder=f"F{n}", codes=["S21.1", "X99.4"]) for n in range(3)),
            adt("A08", "c-9", CODED, folder="F9", codes=["S21.1"]),
            adt("A28", "c-10", REGISTERED),
            adt("A04", "c-11", REGISTERED, folder=""),
            adt("A04", "c-11", REGISTERED, pid={3: ""}),
            b"no header",
        )
        (ref,) = rows(ground.engine, 'SELECT ref FROM "case" ORDER BY id LIMIT 1')[0]
        refused = {"reason": "consent_refused"}
        casework.move(house, ref, "keep_anonymous", Actor("facility_liaison", None, "kh-1"), refused)
        sealing.seal(house)
        assert work.lead(house, "clock-1", 600) == 1
        assert work.seal_window(house, 600, "clock-1")
        work.beat(house, "clock", "clock-1", {"leading": True})
        work.measure_queues(house)
        reencryption.begin(house)
        office = "khayelitsha-hospital"
        token = tokens.create(house, "facility_liaison", office, "kh-1", 30)
        reading.read_record(house, Asking(token.secret, "r-1"), "cases.read", ref)
    with ground.engine.begin() as connection:
        for name, statement in FILLED_BY_HAND.items():
            if connection.scalar(text("SELECT to_regclass(:name)"), {"name": name}):
                connection.execute(text(statement))


def take_on_staff(house: House) -> None:
    station, deputy = "khayelitsha-saps", "kh-2"
    take(
        house,
        [
            StaffLine("kh-1", "Alfa Voorbeeld", "xh", station, "saps_liaison", "kh-1@practice.invalid"),
            StaffLine(
                deputy, "Bravola Umboniso", "en", station, "station_commander", "kh-2@practice.invalid"
            ),
        ],
    )
    staff.deputy(house, "kh-1", deputy)
    staff.leave(house, "kh-1", datetime(2026, 12, 1, tzinfo=SAST), datetime(2026, 12, 5, tzinfo=SAST))


def schema(engine: Engine) -> dict[str, list[str]]:
    """Everything that a migration can make: columns, constraints, indexes, triggers, functions, sequences."""
    queries = {
        "columns": """
            SELECT concat_ws(' ', table_name, row_number() OVER (PARTITION BY table_name ORDER BY ordinal_position),
                column_name, data_type, collation_name, is_nullable, column_default, is_identity,
                generation_expression)
            FROM information_schema.columns WHERE table_schema = 'public'""",
        "constraints": """
            SELECT concat_ws(' ', conrelid::regclass, conname, pg_get_constraintdef(oid))
            FROM pg_constraint WHERE connamespace = 'public'::regnamespace""",
        "indexes": "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'",
        "triggers": "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
        "functions": "SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
        "sequences": "SELECT sequencename::text FROM pg_sequences WHERE schemaname = 'public'",
        "storage": """
            SELECT concat_ws(' ', attrelid::regclass, attname, attstorage, reloptions) FROM pg_attribute a
            JOIN pg_class c ON c.oid = a.attrelid
            WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND attnum > 0 AND NOT attisdropped""",
    }
    with engine.connect() as connection:
        return {name: sorted(connection.scalars(text(query))) for name, query in queries.items()}


@contextmanager
def readers(engine: Engine) -> Iterator[list[BaseException]]:
    """Somebody reads whatever stands, all the time, and counts a wait for a lock beyond the limit as a fault."""
    done, faults = Event(), []

    def read() -> None:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(f"SET lock_timeout = '{LONGEST_LOCK}'"))
            while not done.wait(0.02):
                try:
                    names = connection.scalars(
                        text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
                    )
                    for name in names.all():
                        if connection.scalar(text("SELECT to_regclass(:name)"), {"name": f'"{name}"'}):
                            connection.execute(text(f'SELECT count(*) FROM "{name}"'))  # noqa: S608
                except OperationalError as fault:
                    faults.append(fault)
                    return
                except Exception as fault:  # noqa: BLE001
                    # A table that a step has just dropped is no fault; anything else is.
                    if "does not exist" not in str(fault) and "could not open relation" not in str(fault):
                        faults.append(fault)
                        return

    thread = Thread(target=read)
    thread.start()
    try:
        yield faults
    finally:
        done.set()
        thread.join()


@pytest.mark.target("R27")
def test_every_migration_goes_down_and_up_on_filled_tables_and_loses_no_row(
    ground: Ground, settings: Settings
) -> None:
    ground.up()
    fill(ground, settings)
    whole = schema(ground.engine)
    empty = [name for name, its_rows in dump(ground.engine).items() if not its_rows]
    assert empty == [], "fill() puts no row into these tables"

    with readers(ground.engine) as faults:
        for revision in reversed(REVISIONS):
            step_and_back(ground, revision)
    assert faults == []

    left = [line for lines in schema(ground.engine).values() for line in lines]
    assert [line for line in left if "alembic_version" not in line] == []
    ground.up()
    assert schema(ground.engine) == whole


def step_and_back(ground: Ground, revision: str) -> None:
    """Down one step, up again, down again: what survives keeps every row and its shape."""
    shape, before = schema(ground.engine), kept(ground.engine, revision)
    ground.down(BELOW[revision])
    below = kept(ground.engine, revision)
    for name in below.keys() - {"alembic_version", "workflow_edge", "charge_edge"}:
        assert below[name] == before[name], revision
    # The moves are the migration's own rows: it takes back those that no history needs.
    assert set(below.get("workflow_edge", ())) <= set(before.get("workflow_edge", ()))

    ground.up(revision)
    again = kept(ground.engine, revision)
    assert schema(ground.engine) == shape, revision
    for name in below.keys() - {"alembic_version"}:
        assert again[name] == before[name], revision

    ground.down(BELOW[revision])


def kept(engine: Engine, revision: str) -> dict[str, list[str]]:
    """Every row of every table, without what this migration alone holds."""
    found = dump(engine)
    for name, (columns, stays) in RESHAPED.get(revision, {}).items():
        if name in found:
            query = f'SELECT (to_jsonb(t) - CAST(:columns AS text[]))::text FROM "{name}" t WHERE {stays} ORDER BY 1'  # noqa: S608
            found[name] = [row[0] for row in rows(engine, query, columns=columns)]
    return found


def running_ladders(engine: Engine) -> list[tuple[int, list[dict[str, Any]]]]:
    """The ladder of every running clock; a time is a time, however many zeros it is written with."""
    found = rows(engine, "SELECT id, ladder FROM clock WHERE stopped_at IS NULL ORDER BY id")
    return [
        (id_, [{**rung, "due_at": datetime.fromisoformat(rung["due_at"])} for rung in ladder])
        for id_, ladder in found
    ]


@pytest.mark.target("R27")
def test_the_steps_still_to_come_are_rows_again_below_the_ladder_and_the_ladder_again_above(
    ground: Ground, settings: Settings
) -> None:
    ground.up()
    fill(ground, settings)
    ladders = running_ladders(ground.engine)
    steps = dump(ground.engine)["clock_step"]
    assert any(len(ladder) > 1 for _, ladder in ladders)

    ground.down("0017")
    laid_out = """
        SELECT count(*) FROM clock_step s JOIN clock k ON k.id = s.clock_id
        WHERE k.stopped_at IS NULL AND s.done_at IS NULL
    """
    assert one(ground.engine, laid_out) == sum(len(ladder) for _, ladder in ladders)
    ground.up()

    assert running_ladders(ground.engine) == ladders
    assert dump(ground.engine)["clock_step"] == steps


@pytest.mark.target("R27")
def test_what_was_watched_before_has_its_brief_with_whoever_took_it_up(
    ground: Ground, settings: Settings
) -> None:
    ground.up()
    fill(ground, settings)
    with ground.engine.begin() as connection:
        connection.execute(text(WATCHED_ITEM))
    ground.down("0019")
    ground.up()

    briefs = "SELECT triggers, official, closed_at FROM watching_brief"
    assert rows(ground.engine, briefs) == [(["removal"], None, None)]
    seats = "SELECT side, role, answer FROM brief_seat"
    assert rows(ground.engine, seats) == [("pocs", "watching_brief_official", None)]
    with ground.engine.begin() as connection:
        connection.execute(text("UPDATE removal SET ended_at = hectis_now(), ending = 're_enrolled'"))
        connection.execute(text(TAKEN_UP))
    ground.down("0019")
    ground.up()

    assert rows(ground.engine, "SELECT official, closed_reason FROM watching_brief") == [
        ("cwb-1", "back_on_roll")
    ]
    assert rows(ground.engine, "SELECT answer, answered_by FROM brief_seat") == [
        ("acknowledged", "watching_brief_official:cwb-1")
    ]


@pytest.mark.target("R27")
def test_a_migration_that_meets_a_lock_gives_up_within_the_limit_and_changes_nothing(ground: Ground) -> None:
    ground.up()
    shape = schema(ground.engine)

    with ground.engine.connect() as reader:
        reader.execute(text("SELECT count(*) FROM ledger_entry"))
        with pytest.raises(OperationalError, match="lock timeout"):
            ground.down("0003")

    assert current_revision(ground.url) == REVISIONS[3]
    assert len(schema(ground.engine)["columns"]) < len(shape["columns"])
    ground.up()
    assert schema(ground.engine) == shape


def test_the_migrations_limits_are_those_that_were_promised() -> None:
    said = (MIGRATIONS / "env.py").read_text()

    assert f'LOCK_TIMEOUT = "{LONGEST_LOCK}"' in said


@pytest.mark.target("R27")
def test_two_deployments_at_once_build_one_schema(ground: Ground, settings: Settings) -> None:
    environ = os.environ | {
        "DATABASE_URL": ground.url,
        "REDIS_URL": settings.redis_url,
        "HECTIS_DATA_KEYS": "k1:" + "A" * 43 + "=",
        "HECTIS_INDEX_KEY": "A" * 43 + "=",
        "HECTIS_SECRET_KEY": "a secret",  # pragma: allowlist secret
    }
    order = [sys.executable, "-m", "hectis_flow.cli", "database", "upgrade", "--practice"]
    both = [
        subprocess.Popen(
            order, cwd=ROOT, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        for _ in range(2)
    ]
    said = [process.communicate()[0] for process in both]

    assert [process.returncode for process in both] == [0, 0], said
    assert all(f"database: at {REVISIONS[-1]}" in words for words in said)
    assert one(ground.engine, "SELECT count(*) FROM alembic_version") == 1
    assert rows(ground.engine, "SELECT practice FROM deployment") == [(True,)]


def test_a_database_for_real_work_never_becomes_one_for_practice(ground: Ground) -> None:
    ground.up()
    found_deployment(ground.url, practice=False)
    found_deployment(ground.url, practice=False)

    with pytest.raises(Exception, match="can never hold practice data"):
        found_deployment(ground.url, practice=True)
    with (
        pytest.raises(Exception, match="only in a practice database"),
        ground.engine.begin() as connection,
    ):
        connection.execute(text("INSERT INTO practice_clock (shift) VALUES ('1 day')"))


def test_migrations_are_numbered_without_a_gap_and_have_one_head() -> None:
    scripts = ScriptDirectory(str(MIGRATIONS))
    line = list(scripts.walk_revisions())[::-1]

    assert [script.revision for script in line] == [f"{place:04}" for place in range(1, len(line) + 1)]
    assert scripts.get_heads() == [REVISIONS[-1]]
    names = [path.name for path in sorted((MIGRATIONS / "versions").glob("*.py"))]
    assert all(re.fullmatch(r"[0-9]{4}_[a-z][a-z_]*\.py", name) for name in names)
    assert [script.revision for script in line] == REVISIONS


def test_migrations_know_no_models() -> None:
    for path in [MIGRATIONS / "env.py", *(MIGRATIONS / "versions").glob("*.py")]:
        assert "hectis_flow" not in re.sub(r'""".*?"""', "", path.read_text(), count=1, flags=re.DOTALL)


def test_every_model_has_the_columns_types_and_keys_of_its_table(
    clean: Engine, subtests: pytest.Subtests
) -> None:
    for module in pkgutil.iter_modules(storage.__path__):
        importlib.import_module(f"hectis_flow.storage.{module.name}")
    seen = inspect(clean)
    unmodelled = {"previous_version"}  # generated, for a foreign key alone
    for table in Base.metadata.sorted_tables:
        with subtests.test(str(table.name)):
            stored = {column["name"]: column for column in seen.get_columns(table.name)}
            assert set(table.columns.keys()) == set(stored) - unmodelled
            for column in table.columns:
                there = stored[column.name]
                types = [each.compile(clean.dialect) for each in (column.type, there["type"])]
                assert canonical_type(clean, types[0]) == canonical_type(clean, types[1]), column.name
                assert column.nullable == there["nullable"], column.name
            assert [column.name for column in table.primary_key] == (
                seen.get_pk_constraint(table.name)["constrained_columns"]
            )
            ours = {(key.parent.name, key.column.table.name, key.column.name) for key in table.foreign_keys}
            theirs = {
                (key["constrained_columns"][0], key["referred_table"], key["referred_columns"][0])
                for key in seen.get_foreign_keys(table.name)
                if len(key["constrained_columns"]) == 1
            }
            assert ours == theirs


def test_every_foreign_key_is_named_after_its_table_and_its_column(clean: Engine) -> None:
    seen = inspect(clean)
    named = {
        str(key["name"]): f"fk_{table}_{key['constrained_columns'][0]}"
        for table in seen.get_table_names()
        for key in seen.get_foreign_keys(table)
        if len(key["constrained_columns"]) == 1
    }
    assert {name: begins for name, begins in named.items() if not name.startswith(begins)} == {}


def canonical_type(engine: Engine, name: str) -> str:
    """PostgreSQL's own name of a type: FLOAT and DOUBLE PRECISION are one."""
    found: str = one(engine, "SELECT CAST(:name AS regtype)::text", name=name.partition(" COLLATE")[0])
    return found
