"""How much each answer proves, and why; what looks automated is written down too, and counts for nothing.

An answer counts for a move, for what is awaited beside the stage, or for one rung of a ladder that asks for more than
one person. One that looks automated is about none of these: a row with its reason and a keyed digest of where it came
from, which says nothing to anybody without the key and is another for every link.
"""

from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

UP = """
ALTER TABLE acknowledgement
    ALTER COLUMN version DROP NOT NULL,
    ADD COLUMN item_id bigint,
    ADD COLUMN step_id bigint,
    ADD COLUMN reason text NOT NULL DEFAULT 'not_graded',
    ADD COLUMN trace bytea,
    ADD CONSTRAINT fk_acknowledgement_item_id_item FOREIGN KEY (item_id) REFERENCES item (id),
    ADD CONSTRAINT fk_acknowledgement_step_id_clock_step FOREIGN KEY (step_id) REFERENCES clock_step (id),
    ADD CONSTRAINT ck_acknowledgement_counts CHECK (
        (grade = 'C') = (num_nonnulls(version, item_id, step_id) = 0));
CREATE INDEX ix_acknowledgement_link_id ON acknowledgement (link_id, id) WHERE link_id IS NOT NULL;
CREATE UNIQUE INDEX uq_acknowledgement_step_id_staff_id ON acknowledgement (step_id, staff_id)
    WHERE step_id IS NOT NULL;
CREATE INDEX ix_acknowledgement_item_id ON acknowledgement (item_id) WHERE item_id IS NOT NULL;

ALTER TABLE action_link ADD COLUMN revoked_by text;
CREATE INDEX ix_action_link_case_id ON action_link (case_id) WHERE used_at IS NULL AND revoked_at IS NULL;

CREATE TABLE reply_call (
    call_digest bytea PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT hectis_machine_now()
);
CREATE INDEX ix_action_link_staff_id ON action_link (staff_id, id) WHERE used_at IS NULL AND revoked_at IS NULL;
CREATE INDEX ix_contact_point_address_blind ON contact_point (address_blind);
"""

# What a schema below cannot hold is let go: an answer that made no move.
DOWN = """
DROP INDEX ix_action_link_case_id, ix_action_link_staff_id, ix_contact_point_address_blind;
DROP TABLE reply_call;
ALTER TABLE action_link DROP COLUMN revoked_by;
ALTER TABLE acknowledgement DISABLE TRIGGER acknowledgement_is_fixed;
DELETE FROM acknowledgement WHERE version IS NULL;
ALTER TABLE acknowledgement ENABLE TRIGGER acknowledgement_is_fixed;
DROP INDEX uq_acknowledgement_step_id_staff_id, ix_acknowledgement_link_id, ix_acknowledgement_item_id;
ALTER TABLE acknowledgement
    DROP CONSTRAINT ck_acknowledgement_counts,
    DROP COLUMN item_id,
    DROP COLUMN step_id,
    DROP COLUMN reason,
    DROP COLUMN trace,
    ALTER COLUMN version SET NOT NULL;
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
