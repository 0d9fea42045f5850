"""The committee and the gang flag: seats, meetings with agenda and minutes, decisions with reports, flags, the AGU.

* minutes are fixed when a meeting closes: their hash is the database's to check, and nothing of a closed meeting
  changes; an agenda is fixed when its meeting opens;
* one meeting is open at a time, a case waits once to be put on an agenda, a decision has one unanswered report;
* who reports does not answer, who set a flag does not review it: two persons, for the database too;
* a gang flag is set by three roles, each from its own sources; one stands on a case, and none without an end.
"""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

KINDS = [
    *("facility", "health_district", "province_health", "station", "cluster", "saps_province"),
    *("court", "npa_office", "chief_prosecutor", "dpp", "pocs", "committee"),
    *("city_safety", "metro_police", "leap"),
]

UP = """
CREATE TABLE committee_seat (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code text NOT NULL,
    agency text NOT NULL,
    chairs boolean NOT NULL DEFAULT false,
    staff_code text,
    valid_to date,
    CONSTRAINT uq_committee_seat_code UNIQUE (code),
    CONSTRAINT ck_committee_seat_code CHECK (code ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
    CONSTRAINT ck_committee_seat_staff_code CHECK (staff_code ~ '^[a-z0-9][a-z0-9.-]{0,79}$')
);
CREATE UNIQUE INDEX uq_committee_seat_chairs ON committee_seat (chairs) WHERE chairs AND valid_to IS NULL;

CREATE TABLE meeting (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    office_id bigint NOT NULL,
    held_on date NOT NULL,
    planned_by text NOT NULL,
    planned_at timestamptz NOT NULL DEFAULT hectis_now(),
    opened_by text,
    opened_at timestamptz,
    follow_up jsonb,
    closed_by text,
    closed_at timestamptz,
    paper jsonb,
    minutes text,
    minutes_hash bytea,
    CONSTRAINT uq_meeting_held_on UNIQUE (held_on),
    CONSTRAINT fk_meeting_office_id_office FOREIGN KEY (office_id) REFERENCES office (id),
    CONSTRAINT ck_meeting_opened CHECK (num_nonnulls(opened_by, opened_at, follow_up) IN (0, 3)),
    CONSTRAINT ck_meeting_closed CHECK
        (num_nonnulls(closed_by, closed_at, paper, minutes, minutes_hash) IN (0, 5)),
    CONSTRAINT ck_meeting_order CHECK (closed_at IS NULL OR opened_at IS NOT NULL),
    CONSTRAINT ck_meeting_minutes_hash CHECK (minutes_hash = sha256(convert_to(minutes, 'UTF8')))
);
CREATE UNIQUE INDEX uq_meeting_open ON meeting ((opened_at IS NOT NULL))
    WHERE opened_at IS NOT NULL AND closed_at IS NULL;
CREATE TRIGGER meeting_stays_closed BEFORE UPDATE OR DELETE ON meeting FOR EACH ROW
    WHEN (OLD.closed_at IS NOT NULL) EXECUTE FUNCTION refuse_change();
CREATE FUNCTION refuse_after_closing() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    about bigint;
BEGIN
    IF TG_OP = 'DELETE' THEN about := OLD.meeting_id; ELSE about := NEW.meeting_id; END IF;
    IF EXISTS (SELECT FROM meeting m WHERE m.id = about AND m.closed_at IS NOT NULL) THEN
        RAISE EXCEPTION 'the minutes of this meeting are closed' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $$;

CREATE TABLE attendance (
    meeting_id bigint NOT NULL,
    seat_id bigint NOT NULL,
    noted_by text NOT NULL,
    CONSTRAINT pk_attendance PRIMARY KEY (meeting_id, seat_id),
    CONSTRAINT fk_attendance_meeting_id_meeting FOREIGN KEY (meeting_id) REFERENCES meeting (id),
    CONSTRAINT fk_attendance_seat_id_committee_seat FOREIGN KEY (seat_id) REFERENCES committee_seat (id)
);
CREATE TRIGGER attendance_stays BEFORE INSERT OR UPDATE OR DELETE ON attendance
    FOR EACH ROW EXECUTE FUNCTION refuse_after_closing();

CREATE TABLE tabled_matter (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_id bigint NOT NULL,
    reason text NOT NULL,
    role text NOT NULL,
    office_id bigint NOT NULL,
    tabled_by text NOT NULL,
    tabled_at timestamptz NOT NULL DEFAULT hectis_now(),
    meeting_id bigint,
    taken_back_by text,
    taken_back_at timestamptz,
    CONSTRAINT fk_tabled_matter_case_id_case FOREIGN KEY (case_id) REFERENCES "case" (id),
    CONSTRAINT fk_tabled_matter_office_id_office FOREIGN KEY (office_id) REFERENCES office (id),
    CONSTRAINT fk_tabled_matter_meeting_id_meeting FOREIGN KEY (meeting_id) REFERENCES meeting (id),
    CONSTRAINT ck_tabled_matter_role CHECK (role IN ('committee_chair', 'committee_secretary',
        'watching_brief_official', 'provincial_saps', 'dpp_office', 'chief_prosecutor')),
    CONSTRAINT ck_tabled_matter_reason CHECK (reason IN ('two_sides_disagree', 'resources_needed',
        'repeated_removal', 'no_answer', 'witness_safety', 'pattern_of_cases', 'policy_question')),
    CONSTRAINT ck_tabled_matter_taken_back CHECK (num_nonnulls(taken_back_by, taken_back_at) IN (0, 2)),
    CONSTRAINT ck_tabled_matter_one_end CHECK (meeting_id IS NULL OR taken_back_at IS NULL)
);
CREATE UNIQUE INDEX uq_tabled_matter_waiting ON tabled_matter (case_id)
    WHERE meeting_id IS NULL AND taken_back_at IS NULL;
CREATE INDEX ix_tabled_matter_case_id ON tabled_matter (case_id);

CREATE TABLE agenda_line (
    meeting_id bigint NOT NULL,
    place integer NOT NULL,
    kind text NOT NULL,
    case_id bigint NOT NULL,
    escalation_id bigint,
    matter_id bigint,
    stage text NOT NULL,
    office_id bigint NOT NULL,
    reason text NOT NULL,
    since timestamptz NOT NULL,
    CONSTRAINT pk_agenda_line PRIMARY KEY (meeting_id, place),
    CONSTRAINT fk_agenda_line_meeting_id_meeting FOREIGN KEY (meeting_id) REFERENCES meeting (id),
    CONSTRAINT fk_agenda_line_case_id_case FOREIGN KEY (case_id) REFERENCES "case" (id),
    CONSTRAINT fk_agenda_line_escalation_id_escalation FOREIGN KEY (escalation_id) REFERENCES escalation (id),
    CONSTRAINT fk_agenda_line_matter_id_tabled_matter FOREIGN KEY (matter_id) REFERENCES tabled_matter (id),
    CONSTRAINT fk_agenda_line_office_id_office FOREIGN KEY (office_id) REFERENCES office (id),
    CONSTRAINT ck_agenda_line_kind CHECK (kind IN ('escalated', 'tabled', 'settled_meanwhile')),
    CONSTRAINT ck_agenda_line_about CHECK ((kind = 'tabled') = (matter_id IS NOT NULL)
        AND num_nonnulls(escalation_id, matter_id) = 1)
);
CREATE INDEX ix_agenda_line_case_id ON agenda_line (case_id);
CREATE TRIGGER agenda_line_is_fixed BEFORE UPDATE OR DELETE ON agenda_line
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER agenda_line_stays BEFORE INSERT ON agenda_line
    FOR EACH ROW EXECUTE FUNCTION refuse_after_closing();
CREATE INDEX ix_escalation_cleared ON escalation (office_id, cleared_at) WHERE cleared_at IS NOT NULL;

CREATE TABLE committee_decision (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    meeting_id bigint NOT NULL,
    kind text NOT NULL,
    case_id bigint,
    office_id bigint NOT NULL,
    role text NOT NULL,
    due_on date NOT NULL,
    recorded_by text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT hectis_now(),
    confirmed_by text,
    confirmed_at timestamptz,
    dropped_by text,
    dropped_at timestamptz,
    ended_at timestamptz,
    ending text,
    ladder jsonb NOT NULL DEFAULT '[]',
    rung smallint NOT NULL DEFAULT 0,
    next_due timestamptz,
    CONSTRAINT fk_committee_decision_meeting_id_meeting FOREIGN KEY (meeting_id) REFERENCES meeting (id),
    CONSTRAINT fk_committee_decision_case_id_case FOREIGN KEY (case_id) REFERENCES "case" (id),
    CONSTRAINT fk_committee_decision_office_id_office FOREIGN KEY (office_id) REFERENCES office (id),
    CONSTRAINT ck_committee_decision_kind CHECK (kind IN ('complete_docket', 'bring_docket_to_court',
        'obtain_report', 'request_reenrolment', 'review_prosecution', 'review_closed_docket', 'assign_people',
        'meet_the_other_side', 'mend_the_process', 'report_to_committee')),
    CONSTRAINT ck_committee_decision_role CHECK (role <> 'committee_chair'),
    CONSTRAINT ck_committee_decision_confirmed CHECK (num_nonnulls(confirmed_by, confirmed_at) IN (0, 2)),
    CONSTRAINT ck_committee_decision_dropped CHECK (num_nonnulls(dropped_by, dropped_at) IN (0, 2)),
    CONSTRAINT ck_committee_decision_one_answer CHECK (num_nonnulls(confirmed_at, dropped_at) < 2),
    CONSTRAINT ck_committee_decision_ended CHECK (num_nonnulls(ended_at, ending) IN (0, 2)
        AND (ended_at IS NULL OR confirmed_at IS NOT NULL)),
    CONSTRAINT ck_committee_decision_ending CHECK (ending IN ('done', 'not_possible')),
    -- Of a case an item climbs, with its clock; a decision about none has its own ladder.
    CONSTRAINT ck_committee_decision_next_due CHECK (next_due IS NULL OR case_id IS NULL)
);
CREATE INDEX ix_committee_decision_meeting_id ON committee_decision (meeting_id, id);
CREATE INDEX ix_committee_decision_office_id ON committee_decision (office_id, id);
CREATE INDEX ix_committee_decision_case_id ON committee_decision (case_id) WHERE case_id IS NOT NULL;
CREATE INDEX ix_committee_decision_next_due ON committee_decision (next_due) WHERE next_due IS NOT NULL;
CREATE INDEX ix_committee_decision_open ON committee_decision (id) WHERE ended_at IS NULL;
CREATE TRIGGER committee_decision_is_minuted BEFORE INSERT ON committee_decision
    FOR EACH ROW EXECUTE FUNCTION refuse_after_closing();

CREATE TABLE decision_report (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    decision_id bigint NOT NULL,
    outcome text NOT NULL,
    reason text,
    paper_ref text,
    reported_by text NOT NULL,
    reported_at timestamptz NOT NULL DEFAULT hectis_now(),
    answer text,
    answer_reason text,
    answered_by text,
    answered_at timestamptz,
    CONSTRAINT fk_decision_report_decision_id_committee_decision
        FOREIGN KEY (decision_id) REFERENCES committee_decision (id),
    CONSTRAINT ck_decision_report_outcome CHECK (outcome IN ('done', 'not_possible')),
    CONSTRAINT ck_decision_report_reason CHECK ((outcome = 'not_possible') = (reason IS NOT NULL)),
    CONSTRAINT ck_decision_report_reason_code CHECK (reason IN ('not_ours', 'no_means', 'the_law_forbids',
        'overtaken_by_events', 'person_not_found', 'paper_does_not_exist')),
    CONSTRAINT ck_decision_report_paper_ref CHECK
        (paper_ref ~ '^[A-Za-z0-9][A-Za-z0-9./_-]{0,39}$' AND paper_ref !~ '[0-9]{10}'),
    CONSTRAINT ck_decision_report_answered CHECK (num_nonnulls(answer, answered_by, answered_at) IN (0, 3)),
    CONSTRAINT ck_decision_report_answer CHECK (answer IN ('accepted', 'sent_back')),
    CONSTRAINT ck_decision_report_answer_reason CHECK
        ((answer_reason IS NOT NULL) = (answer IS NOT DISTINCT FROM 'sent_back')),
    CONSTRAINT ck_decision_report_answer_reason_code CHECK
        (answer_reason IN ('paper_missing', 'not_enough', 'still_possible', 'other_than_decided')),
    CONSTRAINT ck_decision_report_two_people CHECK (answered_by <> reported_by)
);
CREATE UNIQUE INDEX uq_decision_report_open ON decision_report (decision_id) WHERE answered_at IS NULL;
CREATE INDEX ix_decision_report_decision_id ON decision_report (decision_id, id);

CREATE TABLE gang_flag (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_id bigint NOT NULL,
    source text NOT NULL,
    set_role text NOT NULL,
    office_id bigint NOT NULL,
    officer text,
    set_by text NOT NULL,
    set_at timestamptz NOT NULL DEFAULT hectis_now(),
    expires_at timestamptz NOT NULL,
    reviewed_by text,
    reviewed_at timestamptz,
    ended_at timestamptz,
    ended_by text,
    ending text,
    lift_reason text,
    CONSTRAINT fk_gang_flag_case_id_case FOREIGN KEY (case_id) REFERENCES "case" (id),
    CONSTRAINT fk_gang_flag_office_id_office FOREIGN KEY (office_id) REFERENCES office (id),
    -- Never a rule, never a feed, never anybody of health.
    CONSTRAINT ck_gang_flag_source CHECK ((set_role, source) IN (('anti_gang_unit', 'agu_assessment'),
        ('detective_commander', 'docket_statement'), ('prosecutor', 'prosecutor_assessment'),
        ('prosecutor', 'court_finding'))),
    CONSTRAINT ck_gang_flag_officer CHECK ((officer IS NOT NULL) = (set_role = 'detective_commander')),
    CONSTRAINT ck_gang_flag_expires_at CHECK (expires_at > set_at),
    CONSTRAINT ck_gang_flag_reviewed CHECK (num_nonnulls(reviewed_by, reviewed_at) IN (0, 2)),
    CONSTRAINT ck_gang_flag_two_people CHECK (reviewed_by <> set_by),
    CONSTRAINT ck_gang_flag_ended CHECK (num_nonnulls(ended_at, ended_by, ending) IN (0, 3)),
    CONSTRAINT ck_gang_flag_ending CHECK (ending IN ('lifted', 'expired')),
    CONSTRAINT ck_gang_flag_lift_reason CHECK
        ((lift_reason IS NOT NULL) = (ending IS NOT DISTINCT FROM 'lifted')),
    CONSTRAINT ck_gang_flag_lift_reason_code CHECK (lift_reason IN ('not_confirmed', 'set_on_the_wrong_case',
        'source_withdrawn', 'court_found_otherwise', 'no_longer_relevant'))
);
CREATE UNIQUE INDEX uq_gang_flag_standing ON gang_flag (case_id) WHERE ended_at IS NULL;
CREATE INDEX ix_gang_flag_expires_at ON gang_flag (expires_at) WHERE ended_at IS NULL;
"""

DOWN = """
DROP TABLE gang_flag, decision_report, committee_decision, agenda_line, tabled_matter, attendance, meeting,
    committee_seat;
DROP FUNCTION refuse_after_closing();
DROP INDEX ix_escalation_cleared;
-- What only this release knows how to end, ends.
WITH settled AS (
    UPDATE item SET settled_at = coalesce(settled_at, hectis_now()),
        settled_by = coalesce(settled_by, 'rule:migration'), ending = coalesce(ending, 'migration')
    WHERE kind IN ('committee_decision', 'gang_flag') RETURNING id
), stopped AS (
    UPDATE clock k SET stopped_at = coalesce(stopped_at, hectis_now()),
        stopped_by = coalesce(stopped_by, 'migration') FROM settled s WHERE k.item_id = s.id RETURNING k.id
), cancelled AS (
    UPDATE clock_step t SET cancelled_at = hectis_now() FROM stopped k
    WHERE t.clock_id = k.id AND num_nonnulls(t.done_at, t.cancelled_at, t.parked_at) = 0
)
UPDATE escalation e SET cleared_at = hectis_now() FROM stopped k WHERE e.clock_id = k.id AND e.cleared_at IS NULL;
UPDATE task SET done_at = hectis_now(), done_by = 'rule:migration' WHERE done_at IS NULL AND kind IN
    ('answer_decision', 'review_flag', 'confirm_decision', 'accept_report', 'chase_decision');
-- An office keeps its history and its people; `hectis reference load` gives it its kind again.
UPDATE office SET kind = 'saps_province' WHERE kind = 'anti_gang_unit';
"""


def allow(kinds: list[str]) -> str:
    """The kinds of office that there may be."""
    named = ", ".join(f"'{kind}'" for kind in kinds)
    return f"""
        ALTER TABLE office DROP CONSTRAINT ck_office_kind;
        ALTER TABLE office ADD CONSTRAINT ck_office_kind CHECK (kind IN ({named}));
    """


def upgrade() -> None:
    op.execute(allow([*KINDS, "anti_gang_unit"]))
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
    op.execute(allow(KINDS))
