"""What the merges and cancellations of a feed leave behind.

* `encounter_story`: whether a visit was cancelled, and into which one it was joined.
* `person_message`: the messages that speak of a person and of no visit (A31, A40), so that a fold finds them.
* `case_conflict`: the hospital says otherwise than the case, and the feed may not move it: a person must.
* the move `restore_visit` of the workflow declaration (version 2).

New tables rather than new columns: the rows that stand keep their shape, up and down.
"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

UP = """
CREATE TABLE encounter_story (
    encounter_id bigint PRIMARY KEY,
    cancelled boolean NOT NULL DEFAULT false,
    merged_into_id bigint,
    CONSTRAINT fk_encounter_story_encounter_id_encounter
        FOREIGN KEY (encounter_id) REFERENCES encounter (id),
    CONSTRAINT fk_encounter_story_merged_into_id_encounter
        FOREIGN KEY (merged_into_id) REFERENCES encounter (id),
    CONSTRAINT ck_encounter_story_merged CHECK (merged_into_id <> encounter_id)
);
CREATE TABLE person_message (
    message_id bigint PRIMARY KEY,
    patient_id bigint NOT NULL,
    CONSTRAINT fk_person_message_message_id_inbound_message
        FOREIGN KEY (message_id) REFERENCES inbound_message (id),
    CONSTRAINT fk_person_message_patient_id_patient FOREIGN KEY (patient_id) REFERENCES patient (id)
);
CREATE INDEX ix_person_message_patient_id ON person_message (patient_id);
CREATE INDEX ix_patient_merged_into_id ON patient (merged_into_id) WHERE merged_into_id IS NOT NULL;
CREATE TABLE case_conflict (
    case_id bigint PRIMARY KEY,
    reason text NOT NULL,
    message_id bigint NOT NULL,
    since timestamptz NOT NULL DEFAULT hectis_now(),
    resolved_at timestamptz,
    CONSTRAINT fk_case_conflict_case_id_case FOREIGN KEY (case_id) REFERENCES "case" (id),
    CONSTRAINT fk_case_conflict_message_id_inbound_message
        FOREIGN KEY (message_id) REFERENCES inbound_message (id),
    CONSTRAINT ck_case_conflict_reason
        CHECK (reason IN ('code_taken_back', 'visit_cancelled', 'visits_joined'))
);
INSERT INTO workflow_edge VALUES ('restore_visit', 'voided', 'classified') ON CONFLICT DO NOTHING;
"""

DOWN = """
DELETE FROM workflow_edge e WHERE transition = 'restore_visit' AND NOT EXISTS
    (SELECT 1 FROM stage_transition t WHERE t.transition = e.transition);
DROP TABLE case_conflict, person_message, encounter_story;
DROP INDEX ix_patient_merged_into_id;
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
