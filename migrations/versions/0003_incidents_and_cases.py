"""Incidents, cases and their history, tied so that the database refuses what the declaration does not know.

* `workflow_edge` holds the declared moves; a history row that is no declared move cannot be stored.
* `"case"` points at its own newest history row by (id, version, stage): a stage that was changed
  without its history, or beside it, fails at commit.
* each history row points at the one before it by (case, version - 1, stage): no stage is skipped.
* a case's version rises one by one, and no history runs ahead of it: two triggers, because a foreign
  key would be content with an older row.
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

UP = """
CREATE TABLE incident (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    created_at timestamptz NOT NULL DEFAULT hectis_now(),
    updated_at timestamptz NOT NULL DEFAULT hectis_now(),
    facility_id bigint,
    intent text NOT NULL,
    mechanism text,
    weapon_class text,
    place_type text,
    activity text,
    happened_at timestamptz,
    happened_precision text,
    time_basis text,
    location_basis text NOT NULL,
    station_id bigint,
    precinct_basis text NOT NULL DEFAULT 'unresolved',
    voided_at timestamptz,
    CONSTRAINT fk_incident_facility_id_office FOREIGN KEY (facility_id) REFERENCES office (id),
    CONSTRAINT fk_incident_station_id_office FOREIGN KEY (station_id) REFERENCES office (id),
    CONSTRAINT ck_incident_intent CHECK (intent IN ('assault', 'undetermined', 'legal_intervention')),
    CONSTRAINT ck_incident_location_basis
        CHECK (location_basis IN ('incident', 'residence', 'facility')),
    CONSTRAINT ck_incident_time_basis CHECK (time_basis IN ('assault', 'arrival')),
    CONSTRAINT ck_incident_precinct_basis
        CHECK (precinct_basis IN ('station_code', 'polygon', 'suburb', 'unresolved')),
    CONSTRAINT ck_incident_precinct CHECK ((station_id IS NULL) = (precinct_basis = 'unresolved'))
);
CREATE INDEX ix_incident_facility_id ON incident (facility_id, id);

CREATE TABLE incident_patient (
    incident_id bigint NOT NULL,
    encounter_id bigint NOT NULL,
    patient_id bigint NOT NULL,
    patient_role text NOT NULL DEFAULT 'unknown',
    CONSTRAINT pk_incident_patient PRIMARY KEY (incident_id, encounter_id),
    CONSTRAINT uq_incident_patient_encounter_id UNIQUE (encounter_id),
    CONSTRAINT fk_incident_patient_incident_id_incident
        FOREIGN KEY (incident_id) REFERENCES incident (id),
    CONSTRAINT fk_incident_patient_encounter_id_encounter
        FOREIGN KEY (encounter_id) REFERENCES encounter (id),
    CONSTRAINT fk_incident_patient_patient_id_patient FOREIGN KEY (patient_id) REFERENCES patient (id),
    CONSTRAINT ck_incident_patient_role
        CHECK (patient_role IN ('victim', 'perpetrator', 'bystander', 'unknown'))
);

CREATE TABLE workflow_edge (
    transition text NOT NULL,
    from_stage text NOT NULL,
    to_stage text NOT NULL,
    CONSTRAINT pk_workflow_edge PRIMARY KEY (transition, from_stage, to_stage)
);

CREATE SEQUENCE case_number;

CREATE TABLE "case" (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ref text NOT NULL,
    incident_id bigint NOT NULL,
    opened_at timestamptz NOT NULL DEFAULT hectis_now(),
    stage text NOT NULL,
    phase text NOT NULL,
    version integer NOT NULL,
    stage_entered_at timestamptz NOT NULL DEFAULT hectis_now(),
    workflow_version integer NOT NULL,
    owner_office_id bigint NOT NULL,
    facility_id bigint,
    station_id bigint,
    ledger_seq bigint NOT NULL DEFAULT 0,
    ledger_head bytea NOT NULL DEFAULT decode(repeat('00', 32), 'hex'),
    sealed_seq bigint NOT NULL DEFAULT 0,
    CONSTRAINT uq_case_ref UNIQUE (ref),
    CONSTRAINT uq_case_incident_id UNIQUE (incident_id),
    CONSTRAINT ck_case_ref CHECK (ref ~ '^WC-[0-9]{4}-[0-9]{6,}$'),
    CONSTRAINT fk_case_incident_id_incident FOREIGN KEY (incident_id) REFERENCES incident (id),
    CONSTRAINT fk_case_owner_office_id_office FOREIGN KEY (owner_office_id) REFERENCES office (id),
    CONSTRAINT fk_case_facility_id_office FOREIGN KEY (facility_id) REFERENCES office (id),
    CONSTRAINT fk_case_station_id_office FOREIGN KEY (station_id) REFERENCES office (id)
);
CREATE INDEX ix_case_stage ON "case" (stage, id);
CREATE INDEX ix_case_facility_id ON "case" (facility_id, id);
CREATE INDEX ix_case_station_id ON "case" (station_id, id) WHERE phase <> 'hospital';
CREATE INDEX ix_case_unsealed ON "case" (id) WHERE ledger_seq > sealed_seq;

CREATE TABLE stage_transition (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_id bigint NOT NULL,
    version integer NOT NULL,
    previous_version integer GENERATED ALWAYS AS (nullif(version - 1, 0)) STORED,
    transition text NOT NULL,
    from_stage text NOT NULL,
    to_stage text NOT NULL,
    actor_role text NOT NULL,
    actor text NOT NULL,
    details jsonb NOT NULL DEFAULT '{}',
    at timestamptz NOT NULL DEFAULT hectis_now(),
    CONSTRAINT uq_stage_transition_case_id_version_to_stage UNIQUE (case_id, version, to_stage),
    CONSTRAINT uq_stage_transition_case_id_version UNIQUE (case_id, version),
    CONSTRAINT ck_stage_transition_first CHECK ((version = 1) = (from_stage = '')),
    CONSTRAINT fk_stage_transition_case_id_case FOREIGN KEY (case_id) REFERENCES "case" (id),
    CONSTRAINT fk_stage_transition_edge FOREIGN KEY (transition, from_stage, to_stage)
        REFERENCES workflow_edge (transition, from_stage, to_stage),
    CONSTRAINT fk_stage_transition_previous FOREIGN KEY (case_id, previous_version, from_stage)
        REFERENCES stage_transition (case_id, version, to_stage)
);
ALTER TABLE "case" ADD CONSTRAINT fk_case_newest_transition FOREIGN KEY (id, version, stage)
    REFERENCES stage_transition (case_id, version, to_stage) DEFERRABLE INITIALLY DEFERRED;

CREATE FUNCTION refuse_way_back() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a case moves from one version to the next, never back and never past one'
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER case_goes_forward BEFORE UPDATE ON "case" FOR EACH ROW
    WHEN (NEW.version <> OLD.version AND NEW.version <> OLD.version + 1)
    EXECUTE FUNCTION refuse_way_back();
CREATE FUNCTION refuse_history_ahead() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM "case" WHERE id = NEW.case_id AND version >= NEW.version) THEN
        RAISE EXCEPTION 'a move is written only together with its case'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER stage_transition_is_reached AFTER INSERT ON stage_transition
    FOR EACH ROW EXECUTE FUNCTION refuse_history_ahead();

CREATE TRIGGER stage_transition_is_fixed BEFORE UPDATE OR DELETE ON stage_transition
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER stage_transition_stays BEFORE TRUNCATE ON stage_transition
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""

DOWN = """
ALTER TABLE "case" DROP CONSTRAINT fk_case_newest_transition;
DROP TABLE stage_transition, "case";
DROP SEQUENCE case_number;
DROP FUNCTION refuse_history_ahead();
DROP FUNCTION refuse_way_back();
DROP TABLE workflow_edge, incident_patient, incident;
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
