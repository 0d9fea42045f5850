"""The office tree of every agency, and who works where: posts, contact points, deputies and leave.

Everything here is effective-dated: nothing that was true is overwritten. What staff are called and where
they can be reached is ciphertext, as it is for patients. `reference_version` rises with every change of
the tree, so that a process may keep the tree until it does.
"""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

UP = """
ALTER TABLE office DROP CONSTRAINT ck_office_kind;
ALTER TABLE office ADD CONSTRAINT ck_office_kind CHECK (kind IN (
    'facility', 'health_district', 'province_health',
    'station', 'cluster', 'saps_province',
    'court', 'npa_office', 'chief_prosecutor', 'dpp',
    'pocs', 'committee', 'city_safety', 'metro_police', 'leap'));

CREATE TABLE office_parent (
    office_id bigint NOT NULL,
    parent_id bigint NOT NULL,
    valid_from date NOT NULL DEFAULT '1900-01-01',
    valid_to date,
    CONSTRAINT pk_office_parent PRIMARY KEY (office_id, valid_from),
    CONSTRAINT fk_office_parent_office_id_office FOREIGN KEY (office_id) REFERENCES office (id),
    CONSTRAINT fk_office_parent_parent_id_office FOREIGN KEY (parent_id) REFERENCES office (id),
    CONSTRAINT ck_office_parent_other CHECK (office_id <> parent_id),
    CONSTRAINT ck_office_parent_dates CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE UNIQUE INDEX uq_office_parent_open ON office_parent (office_id) WHERE valid_to IS NULL;

CREATE TABLE reference_version (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    version bigint NOT NULL
);
INSERT INTO reference_version (version) VALUES (1);
CREATE FUNCTION raise_reference_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE reference_version SET version = version + 1;
    RETURN NULL;
END $$;
CREATE TRIGGER office_raises_version AFTER INSERT OR UPDATE OR DELETE ON office
    FOR EACH STATEMENT EXECUTE FUNCTION raise_reference_version();
CREATE TRIGGER office_parent_raises_version AFTER INSERT OR UPDATE OR DELETE ON office_parent
    FOR EACH STATEMENT EXECUTE FUNCTION raise_reference_version();

CREATE TABLE staff (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code text NOT NULL,
    language text NOT NULL DEFAULT 'en',
    valid_from date NOT NULL DEFAULT '1900-01-01',
    valid_to date,
    key_id text NOT NULL,
    person_enc bytea NOT NULL,
    CONSTRAINT uq_staff_code UNIQUE (code),
    CONSTRAINT ck_staff_code CHECK (code ~ '^[a-z0-9][a-z0-9.-]{0,79}$'),
    CONSTRAINT ck_staff_language CHECK (language IN ('en', 'af', 'xh')),
    CONSTRAINT ck_staff_dates CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE TABLE staff_post (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    staff_id bigint NOT NULL,
    office_id bigint NOT NULL,
    role text NOT NULL,
    valid_from date NOT NULL DEFAULT '1900-01-01',
    valid_to date,
    CONSTRAINT fk_staff_post_staff_id_staff FOREIGN KEY (staff_id) REFERENCES staff (id),
    CONSTRAINT fk_staff_post_office_id_office FOREIGN KEY (office_id) REFERENCES office (id),
    CONSTRAINT uq_staff_post_staff_id_office_id_role_valid_from UNIQUE (staff_id, office_id, role, valid_from),
    CONSTRAINT ck_staff_post_dates CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE INDEX ix_staff_post_office_id_role ON staff_post (office_id, role);
CREATE TABLE staff_deputy (
    staff_id bigint NOT NULL,
    deputy_id bigint NOT NULL,
    rank smallint NOT NULL DEFAULT 1,
    CONSTRAINT pk_staff_deputy PRIMARY KEY (staff_id, deputy_id),
    CONSTRAINT fk_staff_deputy_staff_id_staff FOREIGN KEY (staff_id) REFERENCES staff (id),
    CONSTRAINT fk_staff_deputy_deputy_id_staff FOREIGN KEY (deputy_id) REFERENCES staff (id),
    CONSTRAINT ck_staff_deputy_other CHECK (staff_id <> deputy_id)
);
CREATE TABLE staff_leave (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    staff_id bigint NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    reason text NOT NULL DEFAULT 'leave',
    recorded_at timestamptz NOT NULL DEFAULT hectis_now(),
    CONSTRAINT fk_staff_leave_staff_id_staff FOREIGN KEY (staff_id) REFERENCES staff (id),
    CONSTRAINT uq_staff_leave_staff_id_starts_at UNIQUE (staff_id, starts_at),
    CONSTRAINT ck_staff_leave_reason CHECK (reason IN ('leave', 'sick', 'training', 'court', 'other')),
    CONSTRAINT ck_staff_leave_span CHECK (ends_at > starts_at)
);
CREATE TABLE contact_point (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    staff_id bigint NOT NULL,
    channel text NOT NULL,
    rank smallint NOT NULL DEFAULT 1,
    address_blind bytea NOT NULL,
    key_id text NOT NULL,
    address_enc bytea NOT NULL,
    valid_from date NOT NULL DEFAULT '1900-01-01',
    valid_to date,
    CONSTRAINT fk_contact_point_staff_id_staff FOREIGN KEY (staff_id) REFERENCES staff (id),
    CONSTRAINT uq_contact_point_staff_id_channel_address_blind UNIQUE (staff_id, channel, address_blind),
    CONSTRAINT ck_contact_point_channel CHECK (channel IN ('email', 'webhook')),
    CONSTRAINT ck_contact_point_dates CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE TABLE rota_gap (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    office_id bigint NOT NULL,
    role text NOT NULL,
    starts_at timestamptz NOT NULL,
    found_at timestamptz NOT NULL DEFAULT hectis_now(),
    closed_at timestamptz,
    CONSTRAINT fk_rota_gap_office_id_office FOREIGN KEY (office_id) REFERENCES office (id)
);
CREATE UNIQUE INDEX uq_rota_gap_open ON rota_gap (office_id, role) WHERE closed_at IS NULL;

ALTER TABLE api_token ADD COLUMN staff_id bigint;
ALTER TABLE api_token ADD CONSTRAINT fk_api_token_staff_id_staff FOREIGN KEY (staff_id) REFERENCES staff (id);

ALTER TABLE reencryption DROP CONSTRAINT ck_reencryption_subject;
ALTER TABLE reencryption ADD CONSTRAINT ck_reencryption_subject
    CHECK (subject IN ('inbound_message', 'patient', 'encounter', 'staff', 'contact_point'));
"""

DOWN = """
DELETE FROM reencryption WHERE subject IN ('staff', 'contact_point');
ALTER TABLE reencryption DROP CONSTRAINT ck_reencryption_subject;
ALTER TABLE reencryption ADD CONSTRAINT ck_reencryption_subject
    CHECK (subject IN ('inbound_message', 'patient', 'encounter'));
ALTER TABLE api_token DROP COLUMN staff_id;
DROP TABLE rota_gap, contact_point, staff_leave, staff_deputy, staff_post, staff;
DROP TRIGGER office_raises_version ON office;
DROP TABLE office_parent, reference_version;
DROP FUNCTION raise_reference_version();
-- Older releases know three kinds of office, and nothing of theirs points at another one but a token, which ends.
UPDATE api_token SET revoked_at = coalesce(revoked_at, hectis_machine_now()), office_id = NULL
    WHERE office_id IN (SELECT id FROM office WHERE kind NOT IN ('facility', 'station', 'province_health'));
DELETE FROM office_alias WHERE office_id IN
    (SELECT id FROM office WHERE kind NOT IN ('facility', 'station', 'province_health'));
DELETE FROM office WHERE kind NOT IN ('facility', 'station', 'province_health');
ALTER TABLE office DROP CONSTRAINT ck_office_kind;
ALTER TABLE office ADD CONSTRAINT ck_office_kind CHECK (kind IN ('facility', 'station', 'province_health'));
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
