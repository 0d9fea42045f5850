"""The elected clock and its runs, heartbeats and queue depths; tokens and the log of reads.

`/readyz` and `/metrics` read heartbeats and depths from here and never ask Redis.
"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

UP = """
CREATE TABLE clock_leader (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    holder text NOT NULL,
    lease_until timestamptz NOT NULL,
    term bigint NOT NULL
);
CREATE TABLE clock_run (
    job text NOT NULL,
    window_start timestamptz NOT NULL,
    holder text NOT NULL,
    at timestamptz NOT NULL DEFAULT hectis_now(),
    CONSTRAINT pk_clock_run PRIMARY KEY (job, window_start)
);
CREATE TABLE heartbeat (
    part text NOT NULL,
    instance text NOT NULL,
    at timestamptz NOT NULL DEFAULT hectis_now(),
    details jsonb NOT NULL DEFAULT '{}',
    CONSTRAINT pk_heartbeat PRIMARY KEY (part, instance)
);
CREATE TABLE queue_depth (
    queue text NOT NULL,
    at timestamptz NOT NULL DEFAULT hectis_now(),
    waiting integer NOT NULL,
    leased integer NOT NULL,
    oldest_seconds double precision NOT NULL,
    CONSTRAINT pk_queue_depth PRIMARY KEY (queue)
);
CREATE TABLE api_token (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    token_hash bytea NOT NULL,
    label text NOT NULL,
    role text NOT NULL,
    office_id bigint,
    created_at timestamptz NOT NULL DEFAULT hectis_now(),
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    CONSTRAINT uq_api_token_token_hash UNIQUE (token_hash),
    CONSTRAINT fk_api_token_office_id_office FOREIGN KEY (office_id) REFERENCES office (id)
);
CREATE TABLE read_log (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT hectis_now(),
    token_id bigint NOT NULL,
    role text NOT NULL,
    office_id bigint,
    action text NOT NULL,
    record text NOT NULL,
    record_id bigint NOT NULL,
    purpose text NOT NULL,
    request_id text NOT NULL,
    CONSTRAINT fk_read_log_token_id_api_token FOREIGN KEY (token_id) REFERENCES api_token (id)
);
CREATE INDEX ix_read_log_record ON read_log (record, record_id, id);
CREATE TRIGGER read_log_is_fixed BEFORE UPDATE OR DELETE ON read_log
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER read_log_stays BEFORE TRUNCATE ON read_log
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""

DOWN = """
DROP TABLE read_log, api_token, queue_depth, heartbeat, clock_run, clock_leader;
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
