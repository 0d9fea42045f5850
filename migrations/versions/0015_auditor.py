"""What the auditor found: duties that were not done, each once while it lasts, and when it last looked."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

UP = """
CREATE TABLE audit_finding (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    subject_id bigint NOT NULL,
    case_id bigint,
    found_at timestamptz NOT NULL DEFAULT hectis_machine_now(),
    cleared_at timestamptz,
    CONSTRAINT fk_audit_finding_case_id_case FOREIGN KEY (case_id) REFERENCES "case" (id)
);
CREATE UNIQUE INDEX uq_audit_finding_open ON audit_finding (kind, subject_id) WHERE cleared_at IS NULL;
CREATE TABLE audit_run (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT hectis_machine_now(),
    took_ms double precision NOT NULL,
    open_findings integer NOT NULL
);
"""

DOWN = """
DROP TABLE audit_run, audit_finding;
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
