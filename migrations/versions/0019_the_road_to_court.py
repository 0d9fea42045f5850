"""The road through court and back: charges, matters, removals, what is awaited, and workflow version 4.

* the outcome lives on a charge (one accused, one count); its case stands where the most telling charge stands,
  so a case's edges are its own and those on which its charges take it;
* a charge that was pleaded to can be at no stage of a removal, whatever writes it;
* an `item` is what is awaited beside the stage, with a clock and a task of its own: a case may have several
  running clocks, but one of its stage;
* a `removal` is one act that took charges off the roll, until its ending; how it stood before each move is kept,
  as it is of charges, so that the move can be taken back;
* a charge whose enrolment was taken back stays with its history and counts no more (`voided_at`);
* `undo` and `correct` go every edge of a person's move backwards.

A test compares the edges with the declaration.
"""

from itertools import product

from alembic import op
from sqlalchemy import text

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

# Of charges, in the order in which they speak for their case.
CHARGE_STAGES = (
    "trial",
    "judgment",
    "pleaded",
    "closed_342a3d",
    "on_roll",
    "postponed",
    "convicted",
    "transferred",
    "reenrolled",
    "enrolled",
    "warrant_j50",
    "s77_78",
    "appeal",
    "reenrolment_requested",
    "to_prosecutor",
    "returned_to_saps",
    "under_investigation",
    "struck_342a",
    "struck_informal",
    "withdrawn_6a",
    "refused",
    "nolle_prosequi",
    "diverted",
    "sentenced",
    "acquitted",
    "discharged_174",
    "stopped_6b",
    "special_verdict",
    "finalised_elsewhere",
    "diversion_completed",
    "lapsed",
    "abated",
)

# The moves of this version that are new: name, from, to.
MOVES: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("investigate", ("case_opened",), ("under_investigation",)),
    ("note_progress", ("under_investigation",), ("under_investigation",)),
    ("close_undetected", ("under_investigation",), ("closed_undetected",)),
    ("close_unfounded", ("under_investigation",), ("closed_unfounded",)),
    ("close_complainant_withdrew", ("under_investigation",), ("closed_complainant_withdrew",)),
    ("keep_closed", ("closed_undetected",), ("closed_undetected",)),
    ("keep_unfounded", ("closed_unfounded",), ("closed_unfounded",)),
    ("keep_withdrawn", ("closed_complainant_withdrew",), ("closed_complainant_withdrew",)),
    (
        "reopen_docket",
        ("closed_undetected", "closed_unfounded", "closed_complainant_withdrew"),
        ("under_investigation",),
    ),
    ("submit_docket", ("under_investigation",), ("to_prosecutor",)),
    ("return_docket", ("to_prosecutor",), ("returned_to_saps",)),
    ("resubmit_docket", ("returned_to_saps",), ("to_prosecutor",)),
    ("decline_to_prosecute", ("to_prosecutor",), ("nolle_prosequi",)),
    ("review_nolle", ("nolle_prosequi",), ("to_prosecutor",)),
    ("divert", ("to_prosecutor", "on_roll"), ("diverted",)),
    ("breach_diversion", ("diverted",), ("to_prosecutor",)),
    ("diversion_to_roll", ("diverted",), ("on_roll",)),
    ("complete_diversion", ("diverted",), ("diversion_completed",)),
    ("enrol", ("to_prosecutor",), ("enrolled",)),
    ("place_on_roll", ("enrolled", "transferred", "reenrolled"), ("on_roll",)),
    ("postpone", ("on_roll", "pleaded", "trial", "judgment"), ("postponed",)),
    ("call_again", ("postponed",), ("on_roll", "pleaded", "trial", "judgment")),
    ("plead", ("on_roll",), ("pleaded",)),
    ("begin_trial", ("pleaded",), ("trial",)),
    ("reserve_judgment", ("trial",), ("judgment",)),
    ("convict", ("pleaded", "judgment"), ("convicted",)),
    ("acquit", ("judgment", "closed_342a3d"), ("acquitted",)),
    ("sentence", ("convicted",), ("sentenced",)),
    ("discharge_174", ("trial",), ("discharged_174",)),
    ("stop_6b", ("pleaded", "trial"), ("stopped_6b",)),
    ("close_342a3d", ("pleaded",), ("closed_342a3d",)),
    ("withdraw_6a", ("on_roll",), ("withdrawn_6a",)),
    ("strike_informal", ("on_roll",), ("struck_informal",)),
    ("strike_342a", ("on_roll",), ("struck_342a",)),
    ("transfer", ("on_roll",), ("transferred",)),
    ("issue_warrant", ("on_roll", "pleaded", "trial"), ("warrant_j50",)),
    ("warrant_executed", ("warrant_j50",), ("on_roll", "pleaded", "trial")),
    ("refer_s77", ("on_roll", "pleaded"), ("s77_78",)),
    ("found_fit", ("s77_78",), ("on_roll", "pleaded")),
    ("find_special_verdict", ("s77_78",), ("special_verdict",)),
    ("note_appeal", ("convicted", "sentenced"), ("appeal",)),
    ("appeal_dismissed", ("appeal",), ("convicted",)),
    ("appeal_upheld", ("appeal",), ("acquitted",)),
    ("order_retrial", ("appeal",), ("on_roll",)),
    (
        "abate",
        (
            "to_prosecutor",
            "returned_to_saps",
            "enrolled",
            "on_roll",
            "pleaded",
            "trial",
            "postponed",
            "judgment",
            "closed_342a3d",
            "convicted",
            "transferred",
            "warrant_j50",
            "s77_78",
            "appeal",
            "diverted",
            "withdrawn_6a",
            "struck_informal",
            "struck_342a",
            "reenrolment_requested",
            "reenrolled",
            "refused",
            "nolle_prosequi",
        ),
        ("abated",),
    ),
    ("review_withdrawn", ("withdrawn_6a",), ("withdrawn_6a",)),
    ("review_struck", ("struck_informal",), ("struck_informal",)),
    ("review_struck_342a", ("struck_342a",), ("struck_342a",)),
    ("reinvestigate", ("withdrawn_6a", "struck_informal", "struck_342a"), ("under_investigation",)),
    (
        "request_reenrolment",
        ("withdrawn_6a", "struck_informal", "struck_342a", "refused"),
        ("reenrolment_requested",),
    ),
    ("reenrol", ("reenrolment_requested",), ("reenrolled",)),
    ("refuse_reenrolment", ("reenrolment_requested",), ("refused",)),
    ("lapse", ("withdrawn_6a", "struck_informal", "struck_342a"), ("lapsed",)),
    ("lapse_refused", ("refused",), ("lapsed",)),
    ("lapse_nolle", ("nolle_prosequi",), ("lapsed",)),
    ("reopen_lapsed", ("lapsed",), ("under_investigation",)),
    (
        "finalise_elsewhere",
        ("withdrawn_6a", "struck_informal", "struck_342a", "refused", "nolle_prosequi"),
        ("finalised_elsewhere",),
    ),
)

# The moves that people make and can take back.
BY_HAND = frozenset(
    {
        "acknowledge",
        "return_for_info",
        "open_cas",
        "link_existing",
        "refuse_case",
        "close_no_case",
        "investigate",
        "note_progress",
        "close_undetected",
        "close_unfounded",
        "close_complainant_withdrew",
        "keep_closed",
        "keep_unfounded",
        "keep_withdrawn",
        "reopen_docket",
        "submit_docket",
        "return_docket",
        "resubmit_docket",
        "decline_to_prosecute",
        "review_nolle",
        "divert",
        "breach_diversion",
        "diversion_to_roll",
        "complete_diversion",
        "enrol",
        "place_on_roll",
        "postpone",
        "call_again",
        "plead",
        "begin_trial",
        "reserve_judgment",
        "convict",
        "acquit",
        "sentence",
        "discharge_174",
        "stop_6b",
        "close_342a3d",
        "withdraw_6a",
        "strike_informal",
        "strike_342a",
        "transfer",
        "issue_warrant",
        "warrant_executed",
        "refer_s77",
        "found_fit",
        "find_special_verdict",
        "note_appeal",
        "appeal_dismissed",
        "appeal_upheld",
        "order_retrial",
        "abate",
        "review_withdrawn",
        "review_struck",
        "review_struck_342a",
        "reinvestigate",
        "request_reenrolment",
        "reenrol",
        "refuse_reenrolment",
        "lapse",
        "lapse_refused",
        "lapse_nolle",
        "reopen_lapsed",
        "finalise_elsewhere",
    }
)

UP = """
CREATE TABLE charge_edge (
    transition text NOT NULL,
    from_stage text NOT NULL,
    to_stage text NOT NULL,
    CONSTRAINT pk_charge_edge PRIMARY KEY (transition, from_stage, to_stage)
);

ALTER TABLE "case" ADD COLUMN court_id bigint, ADD COLUMN charged boolean NOT NULL DEFAULT false;
ALTER TABLE "case" ADD CONSTRAINT fk_case_court_id_office FOREIGN KEY (court_id) REFERENCES office (id);
CREATE INDEX ix_case_court_id ON "case" (court_id, id) WHERE court_id IS NOT NULL;

CREATE TABLE docket (
    case_id bigint PRIMARY KEY,
    officer text NOT NULL,
    assigned_at timestamptz NOT NULL DEFAULT hectis_now(),
    noted_at timestamptz NOT NULL DEFAULT hectis_now(),
    j88_completed_at timestamptz,
    j88_collected_at timestamptz,
    CONSTRAINT fk_docket_case_id_case FOREIGN KEY (case_id) REFERENCES "case" (id),
    CONSTRAINT ck_docket_j88 CHECK (j88_collected_at IS NULL OR j88_completed_at IS NOT NULL)
);

CREATE TABLE arrest (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_id bigint NOT NULL,
    arrested_at timestamptz NOT NULL,
    how text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT hectis_now(),
    recorded_by text NOT NULL,
    CONSTRAINT fk_arrest_case_id_case FOREIGN KEY (case_id) REFERENCES "case" (id),
    CONSTRAINT ck_arrest_how CHECK (how IN ('arrest', 'summons', 'warrant'))
);
CREATE INDEX ix_arrest_case_id ON arrest (case_id, id);

CREATE TABLE court_matter (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_id bigint NOT NULL,
    case_version integer NOT NULL,
    court_id bigint NOT NULL,
    number text NOT NULL,
    opened_at timestamptz NOT NULL DEFAULT hectis_now(),
    closed_at timestamptz,
    CONSTRAINT fk_court_matter_case_id_case FOREIGN KEY (case_id) REFERENCES "case" (id),
    CONSTRAINT fk_court_matter_history
        FOREIGN KEY (case_id, case_version) REFERENCES stage_transition (case_id, version),
    CONSTRAINT fk_court_matter_court_id_office FOREIGN KEY (court_id) REFERENCES office (id)
);
CREATE UNIQUE INDEX uq_court_matter_current ON court_matter (case_id) WHERE closed_at IS NULL;
CREATE INDEX ix_court_matter_number ON court_matter (number, court_id);

CREATE TABLE removal (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_id bigint NOT NULL,
    case_version integer NOT NULL,
    way_out text NOT NULL,
    cause text NOT NULL,
    more_causes text[] NOT NULL DEFAULT '{}',
    attributable_to text NOT NULL,
    removed_at timestamptz NOT NULL DEFAULT hectis_now(),
    stage text NOT NULL,
    awaits text,
    requests integer NOT NULL DEFAULT 0,
    ended_at timestamptz,
    ending text,
    CONSTRAINT uq_removal_case_id_case_version UNIQUE (case_id, case_version),
    CONSTRAINT fk_removal_case_id_case FOREIGN KEY (case_id) REFERENCES "case" (id),
    CONSTRAINT fk_removal_history
        FOREIGN KEY (case_id, case_version) REFERENCES stage_transition (case_id, version),
    CONSTRAINT ck_removal_way_out CHECK (way_out IN ('withdrawn_6a', 'struck_informal', 'struck_342a')),
    CONSTRAINT ck_removal_attributable_to CHECK (attributable_to IN
        ('SAPS', 'FSL', 'FPS_health', 'NPA', 'court', 'defence', 'witness', 'none')),
    CONSTRAINT ck_removal_ended CHECK ((ended_at IS NULL) = (ending IS NULL)),
    CONSTRAINT ck_removal_ending CHECK (ending IN
        ('re_enrolled', 'declined', 'lapsed', 'finalised_elsewhere', 'diverted', 'abated', 'undone'))
);
CREATE INDEX ix_removal_open ON removal (case_id) WHERE ended_at IS NULL;

CREATE TABLE removal_transition (
    removal_id bigint NOT NULL,
    case_id bigint NOT NULL,
    case_version integer NOT NULL,
    before jsonb NOT NULL,
    CONSTRAINT pk_removal_transition PRIMARY KEY (removal_id, case_version),
    CONSTRAINT fk_removal_transition_removal_id_removal FOREIGN KEY (removal_id) REFERENCES removal (id),
    CONSTRAINT fk_removal_transition_history
        FOREIGN KEY (case_id, case_version) REFERENCES stage_transition (case_id, version)
);
CREATE INDEX ix_removal_transition_case_id ON removal_transition (case_id, case_version);
CREATE TRIGGER removal_transition_is_fixed BEFORE UPDATE OR DELETE ON removal_transition
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER removal_transition_stays BEFORE TRUNCATE ON removal_transition
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE charge (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_id bigint NOT NULL,
    accused smallint NOT NULL,
    count smallint NOT NULL,
    offence text NOT NULL,
    stage text NOT NULL,
    child boolean NOT NULL,
    came_from text,
    pleaded_at timestamptz,
    plea text,
    locked boolean NOT NULL DEFAULT false,
    next_date date,
    removal_id bigint,
    voided_at timestamptz,
    CONSTRAINT fk_charge_case_id_case FOREIGN KEY (case_id) REFERENCES "case" (id),
    CONSTRAINT fk_charge_removal_id_removal FOREIGN KEY (removal_id) REFERENCES removal (id),
    CONSTRAINT ck_charge_plea CHECK (plea IN ('guilty', 'not_guilty') AND pleaded_at IS NOT NULL
        OR plea IS NULL AND pleaded_at IS NULL),
    -- s6(a) and s342A(3)(c) of the Criminal Procedure Act are for charges that nobody has pleaded to.
    CONSTRAINT ck_charge_no_removal_after_plea CHECK (pleaded_at IS NULL
        OR stage NOT IN ('withdrawn_6a', 'struck_informal', 'struck_342a')),
    -- Only the enrolment that laid a charge can be taken back from under it.
    CONSTRAINT ck_charge_voided CHECK (voided_at IS NULL OR stage = 'to_prosecutor')
);
CREATE UNIQUE INDEX uq_charge_case_id_accused_count ON charge (case_id, accused, count) WHERE voided_at IS NULL;

CREATE TABLE charge_transition (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    charge_id bigint NOT NULL,
    case_id bigint NOT NULL,
    case_version integer NOT NULL,
    transition text NOT NULL,
    from_stage text NOT NULL,
    to_stage text NOT NULL,
    before jsonb NOT NULL,
    CONSTRAINT uq_charge_transition_charge_id_case_version UNIQUE (charge_id, case_version),
    CONSTRAINT fk_charge_transition_case_id_case FOREIGN KEY (case_id) REFERENCES "case" (id),
    CONSTRAINT fk_charge_transition_charge_id_charge FOREIGN KEY (charge_id) REFERENCES charge (id),
    CONSTRAINT fk_charge_transition_history
        FOREIGN KEY (case_id, case_version) REFERENCES stage_transition (case_id, version),
    CONSTRAINT fk_charge_transition_edge FOREIGN KEY (transition, from_stage, to_stage)
        REFERENCES charge_edge (transition, from_stage, to_stage)
);
CREATE INDEX ix_charge_transition_case_id ON charge_transition (case_id, case_version);
CREATE TRIGGER charge_transition_is_fixed BEFORE UPDATE OR DELETE ON charge_transition
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER charge_transition_stays BEFORE TRUNCATE ON charge_transition
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE item (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_id bigint NOT NULL,
    kind text NOT NULL,
    code text,
    removal_id bigint,
    office_id bigint NOT NULL,
    role text NOT NULL,
    opened_at timestamptz NOT NULL DEFAULT hectis_now(),
    opened_version integer NOT NULL,
    settled_at timestamptz,
    settled_version integer,
    settled_by text,
    says jsonb NOT NULL DEFAULT '{}',
    ending text,
    CONSTRAINT fk_item_case_id_case FOREIGN KEY (case_id) REFERENCES "case" (id),
    CONSTRAINT fk_item_removal_id_removal FOREIGN KEY (removal_id) REFERENCES removal (id),
    CONSTRAINT fk_item_office_id_office FOREIGN KEY (office_id) REFERENCES office (id),
    CONSTRAINT ck_item_settled CHECK (num_nonnulls(settled_at, settled_by, ending) IN (0, 3))
);
CREATE UNIQUE INDEX uq_item_open ON item (case_id, kind, coalesce(code, ''), coalesce(removal_id, 0))
    WHERE settled_at IS NULL;

ALTER TABLE clock ADD COLUMN item_id bigint;
ALTER TABLE clock ADD CONSTRAINT fk_clock_item_id_item FOREIGN KEY (item_id) REFERENCES item (id);
DROP INDEX uq_clock_running;
CREATE UNIQUE INDEX uq_clock_running ON clock (case_id) WHERE stopped_at IS NULL AND item_id IS NULL;
CREATE UNIQUE INDEX uq_clock_running_item ON clock (item_id) WHERE stopped_at IS NULL;

ALTER TABLE task ADD COLUMN item_id bigint;
ALTER TABLE task ADD CONSTRAINT fk_task_item_id_item FOREIGN KEY (item_id) REFERENCES item (id);
DROP INDEX uq_task_open_case;
-- Two offices may have to do the same in one case: to call somebody, or to find somebody for a post.
CREATE UNIQUE INDEX uq_task_open_case ON task (case_id, kind, office_id)
    WHERE done_at IS NULL AND case_id IS NOT NULL AND item_id IS NULL;
CREATE UNIQUE INDEX uq_task_open_item ON task (item_id) WHERE done_at IS NULL;

CREATE TABLE proposal (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_id bigint NOT NULL,
    case_version integer NOT NULL,
    transition text NOT NULL,
    details jsonb NOT NULL,
    role text NOT NULL,
    office_id bigint,
    proposed_by text NOT NULL,
    proposed_at timestamptz NOT NULL DEFAULT hectis_now(),
    decided_at timestamptz,
    decided_by text,
    decision text,
    CONSTRAINT fk_proposal_case_id_case FOREIGN KEY (case_id) REFERENCES "case" (id),
    CONSTRAINT fk_proposal_office_id_office FOREIGN KEY (office_id) REFERENCES office (id),
    CONSTRAINT ck_proposal_decided CHECK (num_nonnulls(decided_at, decided_by, decision) IN (0, 3)),
    CONSTRAINT ck_proposal_decision CHECK (decision IN ('confirmed', 'refused', 'taken_back', 'overtaken')),
    CONSTRAINT ck_proposal_two_people CHECK (decision IS DISTINCT FROM 'confirmed' OR decided_by <> proposed_by)
);
CREATE UNIQUE INDEX uq_proposal_open ON proposal (case_id) WHERE decided_at IS NULL;
"""

DOWN = """
DROP TABLE proposal;
DROP INDEX uq_task_open_item;
DROP INDEX uq_task_open_case;
UPDATE task SET done_at = coalesce(done_at, hectis_now()), done_by = coalesce(done_by, 'rule:migration')
WHERE item_id IS NOT NULL;
UPDATE task t SET done_at = hectis_now(), done_by = 'rule:migration'
WHERE done_at IS NULL AND case_id IS NOT NULL AND EXISTS (
    SELECT FROM task b WHERE b.case_id = t.case_id AND b.kind = t.kind AND b.done_at IS NULL AND b.id < t.id);
ALTER TABLE task DROP COLUMN item_id;
CREATE UNIQUE INDEX uq_task_open_case ON task (case_id, kind) WHERE done_at IS NULL AND case_id IS NOT NULL;
UPDATE clock_step SET cancelled_at = hectis_now()
WHERE num_nonnulls(done_at, cancelled_at, parked_at) = 0
  AND clock_id IN (SELECT id FROM clock WHERE item_id IS NOT NULL);
UPDATE clock SET stopped_at = coalesce(stopped_at, hectis_now()), stopped_by = coalesce(stopped_by, 'migration')
WHERE item_id IS NOT NULL;
DROP INDEX uq_clock_running_item;
DROP INDEX uq_clock_running;
ALTER TABLE clock DROP COLUMN item_id;
CREATE UNIQUE INDEX uq_clock_running ON clock (case_id) WHERE stopped_at IS NULL;
DROP TABLE item, charge_transition, charge, removal_transition, removal, court_matter, arrest, docket;
ALTER TABLE "case" DROP COLUMN charged, DROP COLUMN court_id;
DROP TABLE charge_edge;
"""


def case_edges() -> set[tuple[str, str, str]]:
    """The edges of cases: their own, and those on which charges take them."""
    rank = {stage: place for place, stage in enumerate(CHARGE_STAGES)}
    found = {
        (move, source, target)
        for move, sources, targets in MOVES
        for source, target in product(sources, targets)
    }
    for move, source, target in charge_edges():
        for other in CHARGE_STAGES:
            pair = (min(source, other, key=rank.__getitem__), min(target, other, key=rank.__getitem__))
            found.add((move, *pair))
    return found


def charge_edges() -> set[tuple[str, str, str]]:
    """The edges of a single charge."""
    return {
        (move, source, target)
        for move, sources, targets in MOVES
        for source, target in product(sources, targets)
        if source in CHARGE_STAGES and target in CHARGE_STAGES
    }


def backwards(edges: set[tuple[str, str, str]]) -> set[tuple[str, str, str]]:
    """The same edges, taken back."""
    return {
        (name, target, source)
        for name in ("undo", "correct")
        for move, source, target in edges
        if move in BY_HAND
    }


def write(table: str, edges: set[tuple[str, str, str]]) -> None:
    """Write edges down, once each."""
    moves, sources, targets = map(list, zip(*sorted(edges), strict=True))
    statement = f"INSERT INTO {table} SELECT * FROM unnest(:m, :s, :t) ON CONFLICT DO NOTHING"  # noqa: S608
    op.get_bind().execute(
        text(
            statement.replace(":m", "CAST(:m AS text[])")
            .replace(":s", "CAST(:s AS text[])")
            .replace(":t", "CAST(:t AS text[])")
        ),
        {"m": moves, "s": sources, "t": targets},
    )


def upgrade() -> None:
    op.execute(UP)
    old = {
        tuple(row)
        for row in op.get_bind().execute(text("SELECT transition, from_stage, to_stage FROM workflow_edge"))
    }
    edges = case_edges()
    write("workflow_edge", edges | backwards(edges | old))
    lined = charge_edges()
    write("charge_edge", lined | backwards(lined))


def downgrade() -> None:
    op.execute(DOWN)
    op.execute(
        "DELETE FROM workflow_edge e WHERE transition = ANY(ARRAY["  # noqa: S608
        + ", ".join(f"'{move}'" for move in ("undo", "correct", *(move for move, _, _ in MOVES)))
        + "]) AND NOT EXISTS (SELECT FROM stage_transition t WHERE (t.transition, t.from_stage, t.to_stage) "
        "= (e.transition, e.from_stage, e.to_stage))"
    )
