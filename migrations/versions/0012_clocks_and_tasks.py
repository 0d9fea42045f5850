"""Somebody must answer: the clock of a stage with its steps, the escalation, the tasks; keys of repeated writes.

* a case has at most one running clock, and a clock at most one escalation, whose level never falls;
* `clock_step` rows are due rows: computed once when the stage is entered, cancelled when it is left;
* the outbox tells of more than moves: `subject_id` is the row that the event is about.
"""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

UP = """
CREATE TABLE clock (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_id bigint NOT NULL,
    name text NOT NULL,
    stage text NOT NULL,
    office_id bigint NOT NULL,
    urgent boolean NOT NULL DEFAULT false,
    policy_version text NOT NULL,
    workflow_version integer NOT NULL,
    started_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    stopped_at timestamptz,
    stopped_by text,
    CONSTRAINT fk_clock_case_id_case FOREIGN KEY (case_id) REFERENCES "case" (id),
    CONSTRAINT fk_clock_office_id_office FOREIGN KEY (office_id) REFERENCES office (id),
    CONSTRAINT ck_clock_stopped CHECK ((stopped_at IS NULL) = (stopped_by IS NULL))
);
CREATE UNIQUE INDEX uq_clock_running ON clock (case_id) WHERE stopped_at IS NULL;
CREATE INDEX ix_clock_case_id ON clock (case_id, id);

CREATE TABLE clock_step (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    clock_id bigint NOT NULL,
    step smallint NOT NULL,
    case_id bigint NOT NULL,
    level smallint,
    office_id bigint,
    role text,
    transition text,
    due_at timestamptz NOT NULL,
    done_at timestamptz,
    cancelled_at timestamptz,
    parked_at timestamptz,
    CONSTRAINT uq_clock_step_clock_id_step UNIQUE (clock_id, step),
    CONSTRAINT fk_clock_step_clock_id_clock FOREIGN KEY (clock_id) REFERENCES clock (id),
    CONSTRAINT fk_clock_step_case_id_case FOREIGN KEY (case_id) REFERENCES "case" (id),
    CONSTRAINT fk_clock_step_office_id_office FOREIGN KEY (office_id) REFERENCES office (id),
    CONSTRAINT ck_clock_step_level CHECK (level BETWEEN 0 AND 4),
    CONSTRAINT ck_clock_step_kind CHECK ((level IS NULL) = (transition IS NOT NULL))
);
CREATE INDEX ix_clock_step_due ON clock_step (due_at, id)
    WHERE done_at IS NULL AND cancelled_at IS NULL AND parked_at IS NULL;

CREATE TABLE escalation (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_id bigint NOT NULL,
    clock_id bigint NOT NULL,
    level smallint NOT NULL,
    office_id bigint NOT NULL,
    role text NOT NULL,
    opened_at timestamptz NOT NULL DEFAULT hectis_now(),
    raised_at timestamptz NOT NULL DEFAULT hectis_now(),
    cleared_at timestamptz,
    CONSTRAINT uq_escalation_clock_id UNIQUE (clock_id),
    CONSTRAINT fk_escalation_case_id_case FOREIGN KEY (case_id) REFERENCES "case" (id),
    CONSTRAINT fk_escalation_clock_id_clock FOREIGN KEY (clock_id) REFERENCES clock (id),
    CONSTRAINT fk_escalation_office_id_office FOREIGN KEY (office_id) REFERENCES office (id),
    CONSTRAINT ck_escalation_level CHECK (level BETWEEN 0 AND 4)
);
CREATE INDEX ix_escalation_case_id ON escalation (case_id, id);
CREATE INDEX ix_escalation_open ON escalation (office_id, id) WHERE cleared_at IS NULL;
CREATE FUNCTION refuse_fall() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the level of an escalation never falls, and a cleared one stays cleared'
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER escalation_never_falls BEFORE UPDATE ON escalation FOR EACH ROW
    WHEN (NEW.level < OLD.level OR OLD.cleared_at IS NOT NULL) EXECUTE FUNCTION refuse_fall();

CREATE TABLE task (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    case_id bigint,
    subject_id bigint,
    office_id bigint NOT NULL,
    role text NOT NULL,
    by_stage boolean NOT NULL DEFAULT false,
    opened_at timestamptz NOT NULL DEFAULT hectis_now(),
    due_at timestamptz NOT NULL,
    claimed_by bigint,
    claimed_at timestamptz,
    done_at timestamptz,
    done_by text,
    CONSTRAINT fk_task_case_id_case FOREIGN KEY (case_id) REFERENCES "case" (id),
    CONSTRAINT fk_task_office_id_office FOREIGN KEY (office_id) REFERENCES office (id),
    CONSTRAINT fk_task_claimed_by_staff FOREIGN KEY (claimed_by) REFERENCES staff (id),
    CONSTRAINT ck_task_claimed CHECK ((claimed_by IS NULL) = (claimed_at IS NULL)),
    CONSTRAINT ck_task_done CHECK ((done_at IS NULL) = (done_by IS NULL)),
    CONSTRAINT ck_task_about CHECK (case_id IS NOT NULL OR subject_id IS NOT NULL)
);
CREATE UNIQUE INDEX uq_task_open_case ON task (case_id, kind) WHERE done_at IS NULL AND case_id IS NOT NULL;
CREATE UNIQUE INDEX uq_task_open_subject ON task (kind, subject_id) WHERE done_at IS NULL AND case_id IS NULL;
CREATE INDEX ix_task_queue ON task (office_id, due_at, id) WHERE done_at IS NULL;

ALTER TABLE outbox DROP CONSTRAINT fk_outbox_history_id_stage_transition;
ALTER TABLE outbox RENAME COLUMN history_id TO subject_id;
ALTER TABLE outbox RENAME CONSTRAINT uq_outbox_event_history_id TO uq_outbox_event_subject_id;
ALTER TABLE outbox ALTER COLUMN case_id DROP NOT NULL;
ALTER TABLE outbox ADD COLUMN parked_at timestamptz;
ALTER TABLE outbox ADD COLUMN reason text;

CREATE TABLE idempotency (
    token_id bigint NOT NULL,
    key text NOT NULL,
    digest bytea NOT NULL,
    at timestamptz NOT NULL DEFAULT hectis_machine_now(),
    status smallint NOT NULL,
    body text NOT NULL,
    CONSTRAINT pk_idempotency PRIMARY KEY (token_id, key),
    CONSTRAINT fk_idempotency_token_id_api_token FOREIGN KEY (token_id) REFERENCES api_token (id)
);
CREATE INDEX ix_idempotency_at ON idempotency (at);
"""

DOWN = """
DROP TABLE idempotency;
-- What older releases cannot tell of is not told again: they know of moves alone.
DELETE FROM outbox WHERE case_id IS NULL OR event NOT IN ('case.opened', 'case.stage_entered');
ALTER TABLE outbox DROP COLUMN reason, DROP COLUMN parked_at;
ALTER TABLE outbox ALTER COLUMN case_id SET NOT NULL;
ALTER TABLE outbox RENAME CONSTRAINT uq_outbox_event_subject_id TO uq_outbox_event_history_id;
ALTER TABLE outbox RENAME COLUMN subject_id TO history_id;
ALTER TABLE outbox ADD CONSTRAINT fk_outbox_history_id_stage_transition
    FOREIGN KEY (history_id) REFERENCES stage_transition (id);
DROP TABLE task, escalation, clock_step, clock;
DROP FUNCTION refuse_fall();
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
