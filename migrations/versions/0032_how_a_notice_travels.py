"""How a notice travels: a person's further ways and quiet hours, what waits and why, bundles, reports, providers.

A step of a person's ladder is its own due row, reckoned when the notice was planned. What is held keeps the moment at which
it is due, in the time that people see. What became of a notice is written once: no state goes back.
"""

from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

WAITING = "sent_at IS NULL AND cancelled_at IS NULL AND gave_up_at IS NULL"
UP = f"""
ALTER TABLE staff ADD COLUMN quiet_from time, ADD COLUMN quiet_to time;
ALTER TABLE staff ADD CONSTRAINT ck_staff_quiet CHECK ((quiet_from IS NULL) = (quiet_to IS NULL));

ALTER TABLE contact_point
    ADD COLUMN wait_minutes integer,
    ADD COLUMN parked_at timestamptz,
    ADD COLUMN parked_reason text;
ALTER TABLE contact_point
    ADD CONSTRAINT ck_contact_point_wait CHECK (wait_minutes BETWEEN 0 AND 43200),
    ADD CONSTRAINT ck_contact_point_parked CHECK ((parked_at IS NULL) = (parked_reason IS NULL));

CREATE TABLE contact_change (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    contact_point_id bigint NOT NULL,
    staff_id bigint NOT NULL,
    what text NOT NULL,
    reason text NOT NULL DEFAULT '',
    by text NOT NULL,
    at timestamptz NOT NULL DEFAULT hectis_now(),
    CONSTRAINT fk_contact_change_contact_point_id_contact_point
        FOREIGN KEY (contact_point_id) REFERENCES contact_point (id) ON DELETE CASCADE,
    CONSTRAINT fk_contact_change_staff_id_staff FOREIGN KEY (staff_id) REFERENCES staff (id),
    CONSTRAINT ck_contact_change_what CHECK (what IN ('parked', 'unparked', 'ordered'))
);
CREATE INDEX ix_contact_change_contact_point_id ON contact_change (contact_point_id, id);
CREATE INDEX ix_contact_change_at ON contact_change (at) WHERE what = 'parked';
CREATE TRIGGER contact_change_is_fixed BEFORE UPDATE OR DELETE ON contact_change
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE bundle (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    staff_id bigint NOT NULL,
    channel text NOT NULL,
    made_at timestamptz NOT NULL DEFAULT hectis_now(),
    due_at timestamptz NOT NULL,
    released_at timestamptz,
    CONSTRAINT fk_bundle_staff_id_staff FOREIGN KEY (staff_id) REFERENCES staff (id)
);
CREATE UNIQUE INDEX uq_bundle_open ON bundle (staff_id, channel) WHERE released_at IS NULL;
CREATE INDEX ix_bundle_due ON bundle (due_at) WHERE released_at IS NULL;

CREATE TABLE told_lately (
    staff_id bigint NOT NULL,
    channel text NOT NULL,
    since timestamptz NOT NULL,
    told integer NOT NULL,
    CONSTRAINT pk_told_lately PRIMARY KEY (staff_id, channel),
    CONSTRAINT fk_told_lately_staff_id_staff FOREIGN KEY (staff_id) REFERENCES staff (id)
);

ALTER TABLE delivery
    ADD COLUMN urgent boolean NOT NULL DEFAULT false,
    ADD COLUMN cause text,
    ADD COLUMN held_until timestamptz,
    ADD COLUMN held_for text,
    ADD COLUMN bundle_id bigint,
    ADD COLUMN provider_id text,
    ADD COLUMN delivered_at timestamptz,
    ADD COLUMN opened_at timestamptz,
    ADD COLUMN bounced_at timestamptz;
ALTER TABLE delivery
    ADD CONSTRAINT ck_delivery_held CHECK (held_for IN ('quiet', 'bundle')),
    ADD CONSTRAINT fk_delivery_bundle_id_bundle FOREIGN KEY (bundle_id) REFERENCES bundle (id);
CREATE INDEX ix_delivery_held_until ON delivery (held_until) WHERE held_for IS NOT NULL AND {WAITING};
CREATE INDEX ix_delivery_bundle_id ON delivery (bundle_id) WHERE bundle_id IS NOT NULL;
CREATE INDEX ix_delivery_bundle_waiting ON delivery (bundle_id) WHERE bundle_id IS NOT NULL AND {WAITING};
CREATE UNIQUE INDEX uq_delivery_provider_id ON delivery (channel, provider_id) WHERE provider_id IS NOT NULL;
CREATE TRIGGER delivery_goes_forward
    AFTER UPDATE OF sent_at, cancelled_at, gave_up_at, delivered_at, opened_at, bounced_at ON delivery FOR EACH ROW
    WHEN (OLD.sent_at IS NOT NULL AND NEW.sent_at IS DISTINCT FROM OLD.sent_at
       OR OLD.cancelled_at IS NOT NULL AND NEW.cancelled_at IS DISTINCT FROM OLD.cancelled_at
       OR OLD.gave_up_at IS NOT NULL AND NEW.gave_up_at IS DISTINCT FROM OLD.gave_up_at
       OR OLD.delivered_at IS NOT NULL AND NEW.delivered_at IS DISTINCT FROM OLD.delivered_at
       OR OLD.opened_at IS NOT NULL AND NEW.opened_at IS DISTINCT FROM OLD.opened_at
       OR OLD.bounced_at IS NOT NULL AND NEW.bounced_at IS DISTINCT FROM OLD.bounced_at)
    EXECUTE FUNCTION refuse_change();

CREATE TABLE further_way (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    delivery_id bigint NOT NULL,
    step smallint NOT NULL,
    contact_point_id bigint NOT NULL,
    channel text NOT NULL,
    due_at timestamptz NOT NULL,
    done_at timestamptz,
    cancelled_at timestamptz,
    CONSTRAINT uq_further_way_delivery_id_step UNIQUE (delivery_id, step),
    CONSTRAINT fk_further_way_delivery_id_delivery FOREIGN KEY (delivery_id) REFERENCES delivery (id),
    CONSTRAINT fk_further_way_contact_point_id_contact_point
        FOREIGN KEY (contact_point_id) REFERENCES contact_point (id),
    CONSTRAINT ck_further_way_one_end CHECK (num_nonnulls(done_at, cancelled_at) <= 1)
);
CREATE INDEX ix_further_way_due ON further_way (due_at, id) WHERE done_at IS NULL AND cancelled_at IS NULL;

CREATE TABLE delivery_report (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    channel text NOT NULL,
    provider_id text NOT NULL,
    said text NOT NULL,
    said_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT hectis_machine_now(),
    CONSTRAINT uq_delivery_report_channel_provider_id_said UNIQUE (channel, provider_id, said),
    CONSTRAINT ck_delivery_report_said CHECK (said IN ('delivered', 'opened', 'failed', 'gone'))
);
CREATE TRIGGER delivery_report_is_fixed BEFORE UPDATE OR DELETE ON delivery_report
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE relay (
    channel text NOT NULL,
    name text NOT NULL,
    share smallint NOT NULL DEFAULT 100,
    troubles integer NOT NULL DEFAULT 0,
    since timestamptz,
    CONSTRAINT pk_relay PRIMARY KEY (channel, name),
    CONSTRAINT ck_relay_share CHECK (share BETWEEN 0 AND 100)
);
"""
DOWN = """
DROP TABLE relay, delivery_report, further_way;
DROP TRIGGER delivery_goes_forward ON delivery;
ALTER TABLE delivery
    DROP COLUMN urgent, DROP COLUMN cause, DROP COLUMN held_until, DROP COLUMN held_for, DROP COLUMN bundle_id,
    DROP COLUMN provider_id, DROP COLUMN delivered_at, DROP COLUMN opened_at, DROP COLUMN bounced_at;
DROP TABLE told_lately, bundle, contact_change;
ALTER TABLE contact_point DROP COLUMN wait_minutes, DROP COLUMN parked_at, DROP COLUMN parked_reason;
ALTER TABLE staff DROP COLUMN quiet_from, DROP COLUMN quiet_to;
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
