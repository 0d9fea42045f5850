"""How far a rotation of keys has come: one row for each kind of locked column and each key it is brought to.

Rows are found by walking the primary key, so no index on `key_id` slows the writing of messages. A row
here is its own due row: it waits while `done_at IS NULL` and no lease is live.
"""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

UP = """
CREATE TABLE reencryption (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    subject text NOT NULL,
    key_id text NOT NULL,
    begun_at timestamptz NOT NULL DEFAULT hectis_machine_now(),
    round integer NOT NULL DEFAULT 1,
    done_to bigint NOT NULL DEFAULT 0,
    up_to bigint NOT NULL,
    moved bigint NOT NULL DEFAULT 0,
    moved_this_round bigint NOT NULL DEFAULT 0,
    passed_over_at bigint,
    unopened bigint NOT NULL DEFAULT 0,
    lease_until timestamptz,
    done_at timestamptz,
    CONSTRAINT uq_reencryption_subject_key_id UNIQUE (subject, key_id),
    CONSTRAINT ck_reencryption_subject CHECK (subject IN ('inbound_message', 'patient', 'encounter')),
    CONSTRAINT ck_reencryption_done_to CHECK (done_to BETWEEN 0 AND up_to)
);
"""

DOWN = """
DROP TABLE reencryption;
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
