"""What the auditor found: duties that were not done, each once while it lasts, and when it last looked.

It looks at the steps that fired since it looked last; an index finds them among all that ever fired. While
the clock of a practice database hops, nothing can be called late: the row says when it hopped last.
"""

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
CREATE INDEX ix_clock_step_done ON clock_step (done_at) WHERE done_at IS NOT NULL AND level IS NOT NULL;
ALTER TABLE practice_clock ADD COLUMN moved_at timestamptz NOT NULL DEFAULT statement_timestamp();
"""

DOWN = """
ALTER TABLE practice_clock DROP COLUMN moved_at;
DROP INDEX ix_clock_step_done;
DROP TABLE audit_run, audit_finding;
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
