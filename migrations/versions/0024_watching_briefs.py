"""Watching briefs: one open brief a case, who was ever asked about it, what was seen in court, letters and replies.

* a case has one open `watching_brief`; why it was opened, and by which move, stands in `brief_trigger`, so that a
  move that is taken back takes its trigger along;
* a `brief_seat` is one office that was asked, and what it said; for the prosecution none is asked twice;
* a `brief_observation` is never changed, only corrected by another one, once;
* a `brief_letter` keeps what it said when it was sent; of each side one at a time waits for its reply;
* the link of a notice may acknowledge a brief as well;
* what was watched before gets its brief: open while something of the case is off the roll.

All of it is codes, days and references; no word of anybody, and nothing that a hospital knows.
"""

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

CAUSES = """
    'docket_not_at_court', 'investigation_incomplete', 'accused_not_brought', 'witnesses_not_subpoenaed',
    'forensic_report_outstanding', 'not_within_48h', 'defective_service', 'police_witness_absent',
    'complainant_withdrew', 'witness_untraceable', 'insufficient_evidence', 'accused_deceased', 'other'
"""
ATTRIBUTABLE = "'SAPS', 'FSL', 'FPS_health', 'NPA', 'court', 'defence', 'witness', 'none'"
RECOMMENDATIONS = """
    'none', 'docket_to_court', 'complete_investigation', 'subpoena_witnesses', 'obtain_report', 'reenrol',
    'disciplinary_steps', 'training', 'other_step'
"""

UP = f"""
CREATE TABLE watching_brief (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_id bigint NOT NULL,
    court_id bigint,
    office_id bigint NOT NULL,
    triggers text[] NOT NULL,
    opened_at timestamptz NOT NULL DEFAULT hectis_now(),
    opened_by text NOT NULL,
    opened_version integer NOT NULL,
    opened_office_id bigint,
    official text,
    taken_up_at timestamptz,
    acknowledged_at timestamptz,
    acknowledged_by text,
    closed_at timestamptz,
    closed_by text,
    closed_reason text,
    closed_version integer,
    CONSTRAINT fk_watching_brief_case_id_case FOREIGN KEY (case_id) REFERENCES "case" (id),
    CONSTRAINT fk_watching_brief_court_id_office FOREIGN KEY (court_id) REFERENCES office (id),
    CONSTRAINT fk_watching_brief_office_id_office FOREIGN KEY (office_id) REFERENCES office (id),
    CONSTRAINT fk_watching_brief_opened_office_id_office FOREIGN KEY (opened_office_id) REFERENCES office (id),
    CONSTRAINT ck_watching_brief_triggers CHECK (cardinality(triggers) > 0 AND triggers <@ ARRAY[
        'gang_flag', 'removal', 'repeat_postponement', 'gbv', 'hotspot_murder', 'by_hand']),
    CONSTRAINT ck_watching_brief_taken_up CHECK (num_nonnulls(official, taken_up_at) IN (0, 2)),
    CONSTRAINT ck_watching_brief_acknowledged CHECK (num_nonnulls(acknowledged_at, acknowledged_by) IN (0, 2)),
    CONSTRAINT ck_watching_brief_closed
        CHECK (num_nonnulls(closed_at, closed_by, closed_reason, closed_version) IN (0, 4)),
    CONSTRAINT ck_watching_brief_closed_reason CHECK (closed_reason IN
        ('back_on_roll', 'finalised', 'lapsed', 'nothing_more_to_watch', 'opened_in_error', 'undone'))
);
CREATE UNIQUE INDEX uq_watching_brief_open ON watching_brief (case_id) WHERE closed_at IS NULL;
CREATE INDEX ix_watching_brief_case_id ON watching_brief (case_id, id);
CREATE INDEX ix_watching_brief_office_id ON watching_brief (office_id, case_id);
CREATE INDEX ix_watching_brief_opened_office_id ON watching_brief (opened_office_id)
    WHERE opened_office_id IS NOT NULL;

CREATE TABLE brief_trigger (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    brief_id bigint NOT NULL,
    trigger text NOT NULL,
    added_at timestamptz NOT NULL,
    added_by text NOT NULL,
    added_version integer NOT NULL,
    undone_at timestamptz,
    CONSTRAINT fk_brief_trigger_brief_id_watching_brief FOREIGN KEY (brief_id) REFERENCES watching_brief (id),
    CONSTRAINT ck_brief_trigger_trigger CHECK (trigger IN
        ('gang_flag', 'removal', 'repeat_postponement', 'gbv', 'hotspot_murder', 'by_hand'))
);
CREATE INDEX ix_brief_trigger_brief_id ON brief_trigger (brief_id, id);

CREATE TABLE brief_seat (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    brief_id bigint NOT NULL,
    side text NOT NULL,
    kind text NOT NULL,
    office_id bigint NOT NULL,
    role text NOT NULL,
    item_id bigint,
    asked_at timestamptz NOT NULL,
    answer text,
    reason text,
    answered_at timestamptz,
    answered_by text,
    CONSTRAINT fk_brief_seat_brief_id_watching_brief FOREIGN KEY (brief_id) REFERENCES watching_brief (id),
    CONSTRAINT fk_brief_seat_office_id_office FOREIGN KEY (office_id) REFERENCES office (id),
    CONSTRAINT fk_brief_seat_item_id_item FOREIGN KEY (item_id) REFERENCES item (id),
    CONSTRAINT ck_brief_seat_side CHECK (side IN ('pocs', 'npa')),
    CONSTRAINT ck_brief_seat_answered CHECK (num_nonnulls(answer, answered_at, answered_by) IN (0, 3)),
    CONSTRAINT ck_brief_seat_answer CHECK (answer IN ('acknowledged', 'declined', 'redirected', 'over')),
    CONSTRAINT ck_brief_seat_reason CHECK ((reason IS NOT NULL)
        = (answer IS NOT NULL AND answer IN ('declined', 'redirected'))),
    CONSTRAINT ck_brief_seat_reason_code CHECK (reason IN
        ('conflict_of_interest', 'not_my_matter', 'transferred', 'overload', 'absent', 'other_reason'))
);
CREATE UNIQUE INDEX uq_brief_seat_open ON brief_seat (brief_id, side) WHERE answered_at IS NULL;
-- Whoever was asked for the prosecution is not asked again; the unit is, for somebody else of it.
CREATE UNIQUE INDEX uq_brief_seat_asked_once ON brief_seat (brief_id, office_id, role)
    WHERE side = 'npa' AND kind <> 'brief_secretary';
CREATE UNIQUE INDEX uq_brief_seat_declined_once ON brief_seat (brief_id, office_id, role, answered_by)
    WHERE answer = 'declined';
CREATE INDEX ix_brief_seat_office_id ON brief_seat (office_id, brief_id);
CREATE INDEX ix_brief_seat_item_id ON brief_seat (item_id);

CREATE TABLE brief_observation (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    brief_id bigint NOT NULL,
    court_date date NOT NULL,
    outcome text NOT NULL,
    docket_at_court text NOT NULL,
    causes text[] NOT NULL DEFAULT '{{}}',
    attributable_to text,
    recommendation text NOT NULL,
    corrects_id bigint,
    imported boolean NOT NULL DEFAULT false,
    observed_at timestamptz NOT NULL DEFAULT hectis_now(),
    observed_by text NOT NULL,
    CONSTRAINT fk_brief_observation_brief_id_watching_brief FOREIGN KEY (brief_id) REFERENCES watching_brief (id),
    CONSTRAINT fk_brief_observation_corrects_id_brief_observation
        FOREIGN KEY (corrects_id) REFERENCES brief_observation (id),
    CONSTRAINT uq_brief_observation_corrects_id UNIQUE (corrects_id),
    CONSTRAINT ck_brief_observation_outcome CHECK (outcome IN ('proceeded', 'postponed', 'struck_off', 'withdrawn',
        'pleaded', 'convicted', 'acquitted', 'warrant_issued', 'transferred', 'not_called', 'other_outcome')),
    CONSTRAINT ck_brief_observation_docket_at_court CHECK (docket_at_court IN ('yes', 'no', 'not_seen')),
    CONSTRAINT ck_brief_observation_causes CHECK (causes <@ ARRAY[{CAUSES}]),
    CONSTRAINT ck_brief_observation_attributable_to CHECK (attributable_to IN ({ATTRIBUTABLE})),
    CONSTRAINT ck_brief_observation_attributed CHECK ((cardinality(causes) > 0) = (attributable_to IS NOT NULL)),
    CONSTRAINT ck_brief_observation_recommendation CHECK (recommendation IN ({RECOMMENDATIONS}))
);
-- An appearance is seen once; whoever saw it otherwise corrects what stands.
CREATE UNIQUE INDEX uq_brief_observation_day ON brief_observation (brief_id, court_date)
    WHERE corrects_id IS NULL;
CREATE TRIGGER brief_observation_is_fixed BEFORE UPDATE OR DELETE ON brief_observation
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER brief_observation_stays BEFORE TRUNCATE ON brief_observation
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE brief_letter (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    brief_id bigint NOT NULL,
    side text NOT NULL,
    office_id bigint NOT NULL,
    role text NOT NULL,
    item_id bigint NOT NULL,
    says jsonb NOT NULL,
    sent_at timestamptz NOT NULL,
    sent_by text NOT NULL,
    respond_by timestamptz NOT NULL,
    answer text,
    answer_ref text,
    answer_date date,
    answered_at timestamptz,
    answered_by text,
    CONSTRAINT fk_brief_letter_brief_id_watching_brief FOREIGN KEY (brief_id) REFERENCES watching_brief (id),
    CONSTRAINT fk_brief_letter_office_id_office FOREIGN KEY (office_id) REFERENCES office (id),
    CONSTRAINT fk_brief_letter_item_id_item FOREIGN KEY (item_id) REFERENCES item (id),
    CONSTRAINT ck_brief_letter_side CHECK (side IN ('saps', 'npa')),
    CONSTRAINT ck_brief_letter_answered CHECK (num_nonnulls(answer, answered_at, answered_by) IN (0, 3)),
    CONSTRAINT ck_brief_letter_answer CHECK (answer IN ('done', 'disciplinary', 'disputed')),
    CONSTRAINT ck_brief_letter_paper CHECK (num_nonnulls(answer_ref, answer_date) IN (0, 2)
        AND (answer_ref IS NULL OR answer IS NOT NULL)),
    -- Ten digits in a row would be a telephone or an identity number, which a reference never needs.
    CONSTRAINT ck_brief_letter_answer_ref
        CHECK (answer_ref ~ '^[A-Za-z0-9][A-Za-z0-9./_-]{{0,39}}$' AND answer_ref !~ '[0-9]{{10}}')
);
CREATE UNIQUE INDEX uq_brief_letter_open ON brief_letter (brief_id, side) WHERE answered_at IS NULL;
CREATE INDEX ix_brief_letter_office_id ON brief_letter (office_id, brief_id);

ALTER TABLE action_link DROP CONSTRAINT ck_action_link_purpose;
ALTER TABLE action_link ADD CONSTRAINT ck_action_link_purpose
    CHECK (purpose IN ('acknowledge', 'acknowledge_brief'));
"""

# The first item of a case tells since when it was watched, and whether somebody took it up.
WATCHED_BEFORE = """
INSERT INTO watching_brief (case_id, court_id, office_id, triggers, opened_at, opened_by, opened_version,
    official, taken_up_at, closed_at, closed_by, closed_reason, closed_version)
SELECT i.case_id, c.court_id, i.office_id, '{removal}', i.opened_at, 'rule:briefs', i.opened_version,
       CASE WHEN i.ending = 'noted' THEN split_part(i.settled_by, ':', 2) END,
       CASE WHEN i.ending = 'noted' THEN i.settled_at END, m.ended_at,
       CASE WHEN m.ended_at IS NOT NULL THEN 'rule:briefs' END,
       CASE WHEN m.ended_at IS NOT NULL THEN CASE m.ending WHEN 're_enrolled' THEN 'back_on_roll'
            WHEN 'lapsed' THEN 'lapsed' WHEN 'undone' THEN 'undone' ELSE 'finalised' END END,
       CASE WHEN m.ended_at IS NOT NULL THEN c.version END
FROM (SELECT DISTINCT ON (case_id) * FROM item WHERE kind = 'watching_brief' ORDER BY case_id, id) i
JOIN "case" c ON c.id = i.case_id
JOIN LATERAL (
    SELECT r.ended_at, r.ending FROM removal r WHERE r.case_id = i.case_id
    ORDER BY r.ended_at IS NOT NULL, r.ended_at DESC, r.id DESC LIMIT 1
) m ON true;
INSERT INTO brief_trigger (brief_id, trigger, added_at, added_by, added_version)
SELECT id, 'removal', opened_at, opened_by, opened_version FROM watching_brief;
INSERT INTO brief_seat (brief_id, side, kind, office_id, role, item_id, asked_at, answer, answered_at, answered_by)
SELECT b.id, 'pocs', 'watching_brief', i.office_id, i.role, i.id, i.opened_at,
       CASE WHEN i.settled_at IS NOT NULL AND i.ending = 'noted' THEN 'acknowledged'
            WHEN i.settled_at IS NOT NULL OR b.closed_at IS NOT NULL THEN 'over' END,
       coalesce(i.settled_at, b.closed_at),
       CASE WHEN i.settled_at IS NOT NULL THEN i.settled_by WHEN b.closed_at IS NOT NULL THEN 'rule:briefs' END
FROM watching_brief b
JOIN (SELECT DISTINCT ON (case_id) * FROM item WHERE kind = 'watching_brief' ORDER BY case_id, id) i
    ON i.case_id = b.case_id;
"""

DOWN = """
DELETE FROM action_link WHERE purpose = 'acknowledge_brief';
ALTER TABLE action_link DROP CONSTRAINT ck_action_link_purpose;
ALTER TABLE action_link ADD CONSTRAINT ck_action_link_purpose CHECK (purpose IN ('acknowledge'));
DROP TABLE brief_letter, brief_observation, brief_seat, brief_trigger, watching_brief;
UPDATE clock_step SET cancelled_at = hectis_now()
WHERE num_nonnulls(done_at, cancelled_at, parked_at) = 0
  AND clock_id IN (SELECT k.id FROM clock k JOIN item i ON i.id = k.item_id WHERE i.kind LIKE 'brief\\_%');
UPDATE clock SET stopped_at = hectis_now(), stopped_by = 'migration'
WHERE stopped_at IS NULL AND item_id IN (SELECT id FROM item WHERE kind LIKE 'brief\\_%');
UPDATE escalation e SET cleared_at = hectis_now() FROM clock k JOIN item i ON i.id = k.item_id
WHERE e.clock_id = k.id AND e.cleared_at IS NULL AND i.kind LIKE 'brief\\_%';
UPDATE task SET done_at = hectis_now(), done_by = 'rule:migration'
WHERE done_at IS NULL AND item_id IN (SELECT id FROM item WHERE kind LIKE 'brief\\_%');
UPDATE item SET settled_at = hectis_now(), settled_by = 'rule:migration', ending = 'migration'
WHERE settled_at IS NULL AND kind LIKE 'brief\\_%';
"""


def upgrade() -> None:
    op.execute(UP)
    op.execute(WATCHED_BEFORE)


def downgrade() -> None:
    op.execute(DOWN)
