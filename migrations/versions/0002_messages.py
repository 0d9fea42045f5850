"""What hospitals send: messages as received, the patients and encounters read out of them.

A message row is its own due row: `done_at IS NULL` and no live lease means that it waits for work.
Names, numbers, addresses and the raw bytes are AES-GCM ciphertext (`*_enc`, with `key_id`);
identifiers are found again by an HMAC (`*_blind`).
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

UP = """
CREATE TABLE patient (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    created_at timestamptz NOT NULL DEFAULT hectis_now(),
    updated_at timestamptz NOT NULL DEFAULT hectis_now(),
    sex text,
    last_recorded_at timestamptz,
    key_id text NOT NULL,
    identity_enc bytea NOT NULL,
    merged_into_id bigint,
    CONSTRAINT fk_patient_merged_into_id_patient FOREIGN KEY (merged_into_id) REFERENCES patient (id)
);

CREATE TABLE patient_number (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    patient_id bigint NOT NULL,
    kind text NOT NULL,
    blind bytea NOT NULL,
    folder boolean NOT NULL,
    CONSTRAINT fk_patient_number_patient_id_patient FOREIGN KEY (patient_id) REFERENCES patient (id),
    CONSTRAINT uq_patient_number_patient_id_blind UNIQUE (patient_id, blind)
);
CREATE UNIQUE INDEX uq_patient_number_folder ON patient_number (blind) WHERE folder;
CREATE INDEX ix_patient_number_blind ON patient_number (blind);

CREATE TABLE encounter (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    created_at timestamptz NOT NULL DEFAULT hectis_now(),
    updated_at timestamptz NOT NULL DEFAULT hectis_now(),
    source_facility text NOT NULL,
    facility_id bigint,
    patient_id bigint NOT NULL,
    visit_blind bytea NOT NULL,
    visit_basis text NOT NULL,
    patient_class text,
    arrived_at timestamptz,
    arrival_precision text,
    arrival_basis text,
    left_at timestamptz,
    disposition text,
    admitted boolean NOT NULL DEFAULT false,
    closed boolean NOT NULL DEFAULT false,
    died boolean,
    sats_colour text,
    tews integer,
    age_years integer,
    sex text,
    codes text[] NOT NULL DEFAULT '{}',
    violence text NOT NULL DEFAULT 'unknown',
    police_notified boolean,
    last_recorded_at timestamptz,
    key_id text NOT NULL,
    private_enc bytea NOT NULL,
    CONSTRAINT fk_encounter_facility_id_office FOREIGN KEY (facility_id) REFERENCES office (id),
    CONSTRAINT fk_encounter_patient_id_patient FOREIGN KEY (patient_id) REFERENCES patient (id),
    CONSTRAINT uq_encounter_patient_id_visit_blind UNIQUE (patient_id, visit_blind),
    CONSTRAINT ck_encounter_visit_basis CHECK (visit_basis IN ('visit_number', 'derived')),
    CONSTRAINT ck_encounter_violence CHECK (violence IN ('yes', 'undetermined', 'no', 'unknown'))
);
CREATE INDEX ix_encounter_facility_id ON encounter (facility_id, id);

CREATE TABLE inbound_message (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    received_at timestamptz NOT NULL DEFAULT hectis_now(),
    channel text NOT NULL,
    peer text NOT NULL,
    source_app text COLLATE "C" NOT NULL,
    source_facility text COLLATE "C" NOT NULL,
    control_id text COLLATE "C" NOT NULL,
    digest bytea NOT NULL,
    message_type text NOT NULL,
    event text NOT NULL,
    size integer NOT NULL,
    key_id text NOT NULL,
    raw_enc bytea NOT NULL,
    ack_code text NOT NULL,
    state text NOT NULL DEFAULT 'received',
    reason text,
    control_id_reused boolean NOT NULL DEFAULT false,
    facility_id bigint,
    encounter_id bigint,
    lease_until timestamptz,
    attempts integer NOT NULL DEFAULT 0,
    done_at timestamptz,
    CONSTRAINT uq_inbound_message_sender_control_id_digest
        UNIQUE (source_app, source_facility, control_id, digest),
    CONSTRAINT fk_inbound_message_facility_id_office FOREIGN KEY (facility_id) REFERENCES office (id),
    CONSTRAINT fk_inbound_message_encounter_id_encounter
        FOREIGN KEY (encounter_id) REFERENCES encounter (id),
    CONSTRAINT ck_inbound_message_channel CHECK (channel IN ('mllp', 'http', 'file')),
    CONSTRAINT ck_inbound_message_state
        CHECK (state IN ('received', 'accepted', 'ignored', 'parked')),
    CONSTRAINT ck_inbound_message_reason CHECK (state IN ('received', 'accepted') OR reason IS NOT NULL),
    CONSTRAINT ck_inbound_message_done CHECK ((state = 'received') = (done_at IS NULL))
) WITH (fillfactor = 90);
-- Ciphertext does not compress: do not spend time trying.
ALTER TABLE inbound_message ALTER COLUMN raw_enc SET STORAGE EXTERNAL;
CREATE INDEX ix_inbound_message_due ON inbound_message (id) WHERE done_at IS NULL;
CREATE INDEX ix_inbound_message_encounter ON inbound_message (encounter_id)
    WHERE encounter_id IS NOT NULL;
CREATE INDEX ix_inbound_message_parked ON inbound_message (id) WHERE state = 'parked';
CREATE INDEX ix_inbound_message_facility ON inbound_message (facility_id, id)
    WHERE facility_id IS NOT NULL;

CREATE TABLE message_refusal (
    digest bytea NOT NULL,
    reason text NOT NULL,
    at timestamptz NOT NULL DEFAULT hectis_now(),
    peer text NOT NULL,
    size integer NOT NULL,
    CONSTRAINT pk_message_refusal PRIMARY KEY (digest, reason)
);

CREATE TABLE quality_item (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    encounter_id bigint NOT NULL,
    facility_id bigint,
    code text NOT NULL,
    opened_at timestamptz NOT NULL DEFAULT hectis_now(),
    closed_at timestamptz,
    CONSTRAINT fk_quality_item_encounter_id_encounter
        FOREIGN KEY (encounter_id) REFERENCES encounter (id),
    CONSTRAINT fk_quality_item_facility_id_office FOREIGN KEY (facility_id) REFERENCES office (id),
    CONSTRAINT uq_quality_item_encounter_id_code UNIQUE (encounter_id, code)
);
"""

DOWN = """
DROP TABLE quality_item, message_refusal, inbound_message, encounter, patient_number, patient;
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
