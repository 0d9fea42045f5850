"""The referral: its moves (workflow version 3), the legal basis, what was disclosed, CAS numbers, chosen precincts.

A test compares the moves with the declaration. What was disclosed is never changed: one row each time named
or de-identified fields are sent to an office, with the ground each stood on.
"""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

EDGES = (
    ("refer", "referral_ready", "referred"),
    ("acknowledge", "referred", "acknowledged"),
    ("return_for_info", "referred", "returned_for_info"),
    ("return_for_info", "acknowledged", "returned_for_info"),
    ("refer_again", "returned_for_info", "referred"),
    ("open_cas", "acknowledged", "case_opened"),
    ("link_existing", "acknowledged", "linked_existing"),
    ("refuse_case", "acknowledged", "no_case"),
    ("appeal", "no_case", "referred"),
    ("close_no_case", "no_case", "closed_no_case"),
)

UP = """
CREATE TABLE legal_basis (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_id bigint NOT NULL,
    basis text NOT NULL,
    document_ref text,
    scope text[],
    recorded_at timestamptz NOT NULL DEFAULT hectis_now(),
    recorded_by text NOT NULL,
    withdrawn_at timestamptz,
    CONSTRAINT fk_legal_basis_case_id_case FOREIGN KEY (case_id) REFERENCES "case" (id),
    CONSTRAINT ck_legal_basis_basis CHECK (basis IN ('consent_written', 's110', 's54', 's2A', 's2B', 's26',
        'inquest', 'court_order', 'serious_threat_public_health')),
    CONSTRAINT ck_legal_basis_scope CHECK (scope IS NULL OR basis = 'consent_written')
);
CREATE UNIQUE INDEX uq_legal_basis_standing ON legal_basis (case_id, basis) WHERE withdrawn_at IS NULL;

CREATE TABLE disclosure (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_id bigint NOT NULL,
    version integer NOT NULL,
    office_id bigint NOT NULL,
    basis text NOT NULL,
    fields text[] NOT NULL,
    grounds text[] NOT NULL,
    withheld text[] NOT NULL,
    at timestamptz NOT NULL DEFAULT hectis_now(),
    actor text NOT NULL,
    CONSTRAINT uq_disclosure_case_id_version UNIQUE (case_id, version),
    CONSTRAINT ck_disclosure_grounds CHECK (cardinality(grounds) = cardinality(fields)),
    CONSTRAINT fk_disclosure_history
        FOREIGN KEY (case_id, version) REFERENCES stage_transition (case_id, version),
    CONSTRAINT fk_disclosure_office_id_office FOREIGN KEY (office_id) REFERENCES office (id)
);
CREATE TRIGGER disclosure_is_fixed BEFORE UPDATE OR DELETE ON disclosure
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER disclosure_stays BEFORE TRUNCATE ON disclosure
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE cas_number (
    case_id bigint PRIMARY KEY,
    station_id bigint NOT NULL,
    serial integer NOT NULL,
    month smallint NOT NULL,
    year smallint NOT NULL,
    verified_by_saps boolean,
    recorded_at timestamptz NOT NULL DEFAULT hectis_now(),
    CONSTRAINT fk_cas_number_case_id_case FOREIGN KEY (case_id) REFERENCES "case" (id),
    CONSTRAINT fk_cas_number_station_id_office FOREIGN KEY (station_id) REFERENCES office (id),
    CONSTRAINT uq_cas_number_station_id_serial_month_year UNIQUE (station_id, serial, month, year),
    CONSTRAINT ck_cas_number_serial CHECK (serial BETWEEN 1 AND 99999),
    CONSTRAINT ck_cas_number_month CHECK (month BETWEEN 1 AND 12)
);

CREATE TABLE precinct_choice (
    incident_id bigint PRIMARY KEY,
    station_id bigint NOT NULL,
    chosen_at timestamptz NOT NULL DEFAULT hectis_now(),
    chosen_by text NOT NULL,
    CONSTRAINT fk_precinct_choice_incident_id_incident FOREIGN KEY (incident_id) REFERENCES incident (id),
    CONSTRAINT fk_precinct_choice_station_id_office FOREIGN KEY (station_id) REFERENCES office (id)
);
ALTER TABLE incident DROP CONSTRAINT ck_incident_precinct_basis;
ALTER TABLE incident ADD CONSTRAINT ck_incident_precinct_basis
    CHECK (precinct_basis IN ('station_code', 'polygon', 'suburb', 'chosen', 'unresolved'));
"""

DOWN = """
UPDATE incident SET station_id = NULL, precinct_basis = 'unresolved' WHERE precinct_basis = 'chosen';
ALTER TABLE incident DROP CONSTRAINT ck_incident_precinct_basis;
ALTER TABLE incident ADD CONSTRAINT ck_incident_precinct_basis
    CHECK (precinct_basis IN ('station_code', 'polygon', 'suburb', 'unresolved'));
DROP TABLE precinct_choice, cas_number, disclosure, legal_basis;
"""


def upgrade() -> None:
    op.execute(UP)
    for move, source, target in EDGES:
        values = f"('{move}', '{source}', '{target}')"
        op.execute(f"INSERT INTO workflow_edge VALUES {values} ON CONFLICT DO NOTHING")  # noqa: S608


def downgrade() -> None:
    op.execute(DOWN)
    moves = ", ".join(f"'{move}'" for move in dict.fromkeys(edge[0] for edge in EDGES))
    op.execute(
        f"DELETE FROM workflow_edge e WHERE transition IN ({moves}) AND NOT EXISTS "  # noqa: S608
        "(SELECT 1 FROM stage_transition t WHERE t.transition = e.transition)"
    )
