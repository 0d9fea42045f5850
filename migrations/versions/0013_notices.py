"""What is said to whom: deliveries, the links in them and the answers that came; the mail of a practice province.

A delivery is its own due row. It holds ids and codes alone: what a notice says is made when it is sent,
and where it goes is opened only then. A link's secret is not stored: it is computed from the row.
"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

UP = """
CREATE TABLE delivery (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id bigint NOT NULL,
    case_id bigint,
    kind text NOT NULL,
    staff_id bigint NOT NULL,
    office_id bigint NOT NULL,
    role text NOT NULL,
    level smallint,
    channel text NOT NULL,
    contact_point_id bigint NOT NULL,
    message_key uuid NOT NULL DEFAULT gen_random_uuid(),
    wanted_by timestamptz,
    created_at timestamptz NOT NULL DEFAULT hectis_now(),
    attempts integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL DEFAULT hectis_machine_now(),
    lease_until timestamptz,
    sent_at timestamptz,
    cancelled_at timestamptz,
    gave_up_at timestamptz,
    fault text,
    CONSTRAINT uq_delivery_event_id_staff_id_channel UNIQUE (event_id, staff_id, channel),
    CONSTRAINT uq_delivery_message_key UNIQUE (message_key),
    CONSTRAINT fk_delivery_event_id_outbox FOREIGN KEY (event_id) REFERENCES outbox (id),
    CONSTRAINT fk_delivery_case_id_case FOREIGN KEY (case_id) REFERENCES "case" (id),
    CONSTRAINT fk_delivery_staff_id_staff FOREIGN KEY (staff_id) REFERENCES staff (id),
    CONSTRAINT fk_delivery_office_id_office FOREIGN KEY (office_id) REFERENCES office (id),
    CONSTRAINT fk_delivery_contact_point_id_contact_point
        FOREIGN KEY (contact_point_id) REFERENCES contact_point (id),
    CONSTRAINT ck_delivery_one_end CHECK (num_nonnulls(sent_at, cancelled_at, gave_up_at) <= 1)
);
CREATE INDEX ix_delivery_due ON delivery (next_attempt_at, id)
    WHERE sent_at IS NULL AND cancelled_at IS NULL AND gave_up_at IS NULL;
CREATE INDEX ix_delivery_case_id ON delivery (case_id, id);

CREATE TABLE action_link (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    delivery_id bigint NOT NULL,
    case_id bigint NOT NULL,
    staff_id bigint NOT NULL,
    office_id bigint NOT NULL,
    role text NOT NULL,
    purpose text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT hectis_machine_now(),
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    revoked_at timestamptz,
    CONSTRAINT uq_action_link_delivery_id UNIQUE (delivery_id),
    CONSTRAINT fk_action_link_delivery_id_delivery FOREIGN KEY (delivery_id) REFERENCES delivery (id),
    CONSTRAINT fk_action_link_case_id_case FOREIGN KEY (case_id) REFERENCES "case" (id),
    CONSTRAINT fk_action_link_staff_id_staff FOREIGN KEY (staff_id) REFERENCES staff (id),
    CONSTRAINT fk_action_link_office_id_office FOREIGN KEY (office_id) REFERENCES office (id),
    CONSTRAINT ck_action_link_purpose CHECK (purpose IN ('acknowledge'))
);

CREATE TABLE acknowledgement (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_id bigint NOT NULL,
    version integer NOT NULL,
    staff_id bigint,
    link_id bigint,
    grade text NOT NULL DEFAULT 'ungraded',
    at timestamptz NOT NULL DEFAULT hectis_now(),
    CONSTRAINT uq_acknowledgement_case_id_version UNIQUE (case_id, version),
    CONSTRAINT fk_acknowledgement_history
        FOREIGN KEY (case_id, version) REFERENCES stage_transition (case_id, version),
    CONSTRAINT fk_acknowledgement_staff_id_staff FOREIGN KEY (staff_id) REFERENCES staff (id),
    CONSTRAINT fk_acknowledgement_link_id_action_link FOREIGN KEY (link_id) REFERENCES action_link (id),
    CONSTRAINT ck_acknowledgement_grade CHECK (grade IN ('ungraded', 'A', 'B', 'C'))
);
CREATE TRIGGER acknowledgement_is_fixed BEFORE UPDATE OR DELETE ON acknowledgement
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE practice_mail (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT hectis_machine_now(),
    message_id text NOT NULL,
    recipient text NOT NULL,
    subject text NOT NULL,
    text_part text NOT NULL,
    html_part text NOT NULL
);
CREATE INDEX ix_practice_mail_recipient ON practice_mail (recipient, id);
CREATE TRIGGER practice_mail_in_practice_only BEFORE INSERT ON practice_mail
    FOR EACH ROW EXECUTE FUNCTION refuse_outside_practice();
"""

DOWN = """
DROP TABLE practice_mail, acknowledgement, action_link, delivery;
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
