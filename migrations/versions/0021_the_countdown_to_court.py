"""What a day in court needs, asked of each side before it.

A list of one side is an `item` (its code is the day) with a clock, a task and a notice; each thing that is asked is a
`court_check` under the cause for which the matter would otherwise leave the roll. `red_from` is when it is red as it
is answered now, `red_at` when it first was under an answer before: that stays, for figures are made of it.
"""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

UP = """
CREATE TABLE court_check (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    item_id bigint NOT NULL,
    case_id bigint NOT NULL,
    roll_date date NOT NULL,
    cause text NOT NULL,
    answer text,
    by_when date,
    answered_at timestamptz,
    answered_by text,
    red_from timestamptz,
    red_at timestamptz,
    CONSTRAINT uq_court_check_item_id_cause UNIQUE (item_id, cause),
    CONSTRAINT fk_court_check_item_id_item FOREIGN KEY (item_id) REFERENCES item (id),
    CONSTRAINT fk_court_check_case_id_case FOREIGN KEY (case_id) REFERENCES "case" (id),
    CONSTRAINT ck_court_check_cause CHECK (cause IN ('docket_not_at_court', 'investigation_incomplete',
        'accused_not_brought', 'forensic_report_outstanding', 'police_witness_absent', 'not_within_48h',
        'witnesses_not_subpoenaed', 'defective_service')),
    CONSTRAINT ck_court_check_answer CHECK (answer IN ('yes', 'no', 'by_when', 'not_needed')),
    CONSTRAINT ck_court_check_answered CHECK (num_nonnulls(answer, answered_at, answered_by) IN (0, 3)),
    CONSTRAINT ck_court_check_by_when CHECK ((by_when IS NOT NULL) = (answer IS NOT DISTINCT FROM 'by_when')),
    -- What is there, or is not needed, is not red; anything else is so from some moment on.
    CONSTRAINT ck_court_check_red_from CHECK
        ((red_from IS NULL) = (coalesce(answer, '') IN ('yes', 'not_needed')))
);
CREATE INDEX ix_court_check_case_id ON court_check (case_id, roll_date, cause);

CREATE FUNCTION court_check_stays_known() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'When a check was first red, for what and for which day, is never changed';
END
$$;
CREATE TRIGGER court_check_stays_known BEFORE UPDATE ON court_check FOR EACH ROW
    WHEN (OLD.red_at IS NOT NULL AND NEW.red_at IS DISTINCT FROM OLD.red_at
          OR (NEW.item_id, NEW.case_id, NEW.roll_date, NEW.cause)
             IS DISTINCT FROM (OLD.item_id, OLD.case_id, OLD.roll_date, OLD.cause))
    EXECUTE FUNCTION court_check_stays_known();

-- The lists that stand, an office's days in court in order.
CREATE INDEX ix_item_countdown ON item (office_id, code, id)
    WHERE kind IN ('countdown_saps', 'countdown_npa') AND (settled_at IS NULL OR ending = 'ready');
CREATE INDEX ix_item_countdown_case_id ON item (case_id)
    WHERE kind IN ('countdown_saps', 'countdown_npa') AND (settled_at IS NULL OR ending = 'ready');
-- Who is in court soon.
CREATE INDEX ix_charge_next_date ON charge (next_date) WHERE voided_at IS NULL;
"""

# Without its checks nobody can answer a list: what stands is let go.
DOWN = """
DROP INDEX ix_charge_next_date;
DROP INDEX ix_item_countdown_case_id;
DROP INDEX ix_item_countdown;
WITH over AS (
    UPDATE item SET settled_at = hectis_now(), settled_by = 'rule:migration', ending = 'overtaken'
    WHERE kind IN ('countdown_saps', 'countdown_npa') AND settled_at IS NULL RETURNING id, settled_at
),
stopped AS (
    UPDATE clock k SET stopped_at = o.settled_at, stopped_by = 'migration' FROM over o
    WHERE k.item_id = o.id AND k.stopped_at IS NULL RETURNING k.id, k.stopped_at
),
cancelled AS (
    UPDATE clock_step s SET cancelled_at = k.stopped_at FROM stopped k
    WHERE s.clock_id = k.id AND num_nonnulls(s.done_at, s.cancelled_at, s.parked_at) = 0
),
cleared AS (
    UPDATE escalation e SET cleared_at = k.stopped_at FROM stopped k
    WHERE e.clock_id = k.id AND e.cleared_at IS NULL
)
UPDATE task t SET done_at = o.settled_at, done_by = 'rule:migration' FROM over o
WHERE t.item_id = o.id AND t.done_at IS NULL;
DROP TABLE court_check;
DROP FUNCTION court_check_stays_known();
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
