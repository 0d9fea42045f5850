"""Who looks after a parked message, since when, and when somebody must be told that nobody does.

One row as long as a message is parked. What is parked already gets its row here: its facility's office
owns it, else the province's data steward.
"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

UP = """
CREATE TABLE parked_message (
    message_id bigint NOT NULL,
    owner_office_id bigint,
    parked_at timestamptz NOT NULL,
    alarm_at timestamptz NOT NULL,
    CONSTRAINT pk_parked_message PRIMARY KEY (message_id),
    CONSTRAINT fk_parked_message_message_id_inbound_message
        FOREIGN KEY (message_id) REFERENCES inbound_message (id) ON DELETE CASCADE,
    CONSTRAINT fk_parked_message_owner_office_id_office FOREIGN KEY (owner_office_id) REFERENCES office (id)
);
CREATE INDEX ix_parked_message_alarm ON parked_message (alarm_at);

INSERT INTO parked_message (message_id, owner_office_id, parked_at, alarm_at)
SELECT id, coalesce(facility_id, (SELECT id FROM office WHERE code = 'wc-health-data')),
       done_at, done_at + interval '24 hours'
FROM inbound_message WHERE state = 'parked';
"""

DOWN = "DROP TABLE parked_message"


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
