"""Many hands: how many dockets each officer carries, what a climb read of that, and clocks that were put off.

* `load` counts the open dockets of each officer at each station, and the open matters at each court. The database
  keeps it itself, whoever moves a case, so that the sweep reads one row where it would have to count a hundred. A
  count never stops a move: it does not go below nothing. In one transaction officers come before courts, and each by
  its order, so that two moves never wait for each other.
* an escalation above the reminder keeps the figure, the benchmark and what they read as (`capacity`);
* a `snooze` puts a running clock off, at most twice, by working days; urgent clocks and what has climbed to level 2
  are refused here too. `was` is the clock as it stood, for taking the snooze back.

A test compares the two functions with the declaration.
"""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

# Stages at which nobody works on a docket any more: the ends, and what is only looked at again now and then.
SET_ASIDE = (
    "acquitted",
    "abated",
    "closed_anonymous",
    "closed_complainant_withdrew",
    "closed_no_case",
    "closed_no_violence",
    "closed_undetected",
    "closed_unfounded",
    "discharged_174",
    "diverted",
    "diversion_completed",
    "finalised_elsewhere",
    "lapsed",
    "linked_existing",
    "nolle_prosequi",
    "sentenced",
    "special_verdict",
    "stopped_6b",
    "voided",
)
# Stages at which the next step is the prosecutor's.
MATTERS = (
    "closed_342a3d",
    "appeal",
    "convicted",
    "enrolled",
    "judgment",
    "on_roll",
    "pleaded",
    "postponed",
    "reenrolled",
    "s77_78",
    "to_prosecutor",
    "transferred",
    "trial",
)


def words(names: tuple[str, ...]) -> str:
    """As SQL lists them."""
    return ", ".join(f"'{name}'" for name in names)


UP = f"""
CREATE FUNCTION docket_is_open(stage text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT stage NOT IN ({words(SET_ASIDE)})
$$;
CREATE FUNCTION matter_is_open(stage text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT stage IN ({words(MATTERS)})
$$;

CREATE TABLE load (
    office_id bigint NOT NULL,
    officer text NOT NULL DEFAULT '',
    open integer NOT NULL,
    CONSTRAINT pk_load PRIMARY KEY (office_id, officer),
    CONSTRAINT fk_load_office_id_office FOREIGN KEY (office_id) REFERENCES office (id),
    CONSTRAINT ck_load_open CHECK (open >= 0)
);

CREATE FUNCTION count_load(whose bigint, who text, more integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF more > 0 AND whose IS NOT NULL THEN
        INSERT INTO load (office_id, officer, open) VALUES (whose, who, more)
        ON CONFLICT (office_id, officer) DO UPDATE SET open = load.open + excluded.open;
    ELSIF whose IS NOT NULL THEN
        UPDATE load SET open = greatest(open + more, 0) WHERE office_id = whose AND officer = who;
    END IF;
END $$;

CREATE FUNCTION load_follows_case() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    one record;
BEGIN
    FOR one IN
      SELECT place, office_id, officer, sum(more)::integer AS more FROM (
        SELECT 1 AS place, side.office_id, d.officer, side.more
        FROM docket d, (VALUES (OLD.station_id, CASE WHEN docket_is_open(OLD.stage) THEN -1 ELSE 0 END),
                               (NEW.station_id, CASE WHEN docket_is_open(NEW.stage) THEN 1 ELSE 0 END))
            AS side (office_id, more)
        WHERE d.case_id = NEW.id
        UNION ALL
        SELECT 2, side.office_id, '', side.more
        FROM (VALUES (OLD.court_id, CASE WHEN matter_is_open(OLD.stage) THEN -1 ELSE 0 END),
                     (NEW.court_id, CASE WHEN matter_is_open(NEW.stage) THEN 1 ELSE 0 END)) AS side (office_id, more)
      ) sides GROUP BY place, office_id, officer HAVING sum(more) <> 0 ORDER BY place, office_id, officer
    LOOP
        PERFORM count_load(one.office_id, one.officer, one.more);
    END LOOP;
    RETURN NULL;
END $$;
CREATE TRIGGER case_is_counted AFTER UPDATE OF stage, station_id, court_id ON "case" FOR EACH ROW
    WHEN (docket_is_open(OLD.stage) <> docket_is_open(NEW.stage)
       OR matter_is_open(OLD.stage) <> matter_is_open(NEW.stage)
       OR OLD.station_id IS DISTINCT FROM NEW.station_id OR OLD.court_id IS DISTINCT FROM NEW.court_id)
    EXECUTE FUNCTION load_follows_case();

CREATE FUNCTION load_follows_docket() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    one record;
    station bigint;
    counts boolean;
BEGIN
    SELECT station_id, docket_is_open(stage) INTO station, counts FROM "case"
    WHERE id = coalesce(NEW.case_id, OLD.case_id);
    IF NOT counts THEN
        RETURN NULL;
    END IF;
    FOR one IN SELECT * FROM (VALUES (OLD.officer, -1), (NEW.officer, 1)) AS side (officer, more)
        WHERE officer IS NOT NULL ORDER BY officer
    LOOP
        PERFORM count_load(station, one.officer, one.more);
    END LOOP;
    RETURN NULL;
END $$;
CREATE TRIGGER docket_comes_or_goes AFTER INSERT OR DELETE ON docket FOR EACH ROW
    EXECUTE FUNCTION load_follows_docket();
CREATE TRIGGER docket_changes_hands AFTER UPDATE OF officer ON docket FOR EACH ROW
    WHEN (OLD.officer <> NEW.officer) EXECUTE FUNCTION load_follows_docket();
-- Counted with the triggers in place, whose locks keep every writer out until this is done.
INSERT INTO load (office_id, officer, open)
SELECT c.station_id, d.officer, count(*) FROM docket d JOIN "case" c ON c.id = d.case_id
WHERE c.station_id IS NOT NULL AND docket_is_open(c.stage) GROUP BY 1, 2
UNION ALL
SELECT court_id, '', count(*) FROM "case" WHERE court_id IS NOT NULL AND matter_is_open(stage) GROUP BY 1;

ALTER TABLE escalation ADD COLUMN carries integer, ADD COLUMN carried_by text, ADD COLUMN benchmark integer,
    ADD COLUMN capacity text;
ALTER TABLE escalation
    ADD CONSTRAINT ck_escalation_weighed CHECK (num_nonnulls(carries, carried_by, benchmark, capacity) IN (0, 4)),
    ADD CONSTRAINT ck_escalation_carried_by CHECK (carried_by IN ('officer', 'station', 'npa_office')),
    ADD CONSTRAINT ck_escalation_capacity
        CHECK (capacity = CASE WHEN carries > benchmark THEN 'overload' ELSE 'response' END);

CREATE TABLE snooze (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_id bigint NOT NULL,
    clock_id bigint NOT NULL,
    number smallint NOT NULL,
    reason text NOT NULL,
    until date NOT NULL,
    days smallint NOT NULL,
    role text NOT NULL,
    office_id bigint,
    put_by text NOT NULL,
    put_at timestamptz NOT NULL DEFAULT hectis_now(),
    was jsonb NOT NULL,
    ended_at timestamptz,
    ended_by text,
    CONSTRAINT uq_snooze_clock_id_number UNIQUE (clock_id, number),
    CONSTRAINT fk_snooze_case_id_case FOREIGN KEY (case_id) REFERENCES "case" (id),
    CONSTRAINT fk_snooze_clock_id_clock FOREIGN KEY (clock_id) REFERENCES clock (id),
    CONSTRAINT fk_snooze_office_id_office FOREIGN KEY (office_id) REFERENCES office (id),
    CONSTRAINT ck_snooze_number CHECK (number BETWEEN 1 AND 2),
    CONSTRAINT ck_snooze_days CHECK (days BETWEEN 1 AND 20),
    CONSTRAINT ck_snooze_reason CHECK (reason IN ('awaiting_lab', 'awaiting_hospital', 'court_recess',
        'item_ordered', 'officer_on_leave', 'witness_abroad')),
    CONSTRAINT ck_snooze_ended CHECK ((ended_at IS NULL) = (ended_by IS NULL))
);
CREATE INDEX ix_snooze_case_id ON snooze (case_id, id);
CREATE FUNCTION refuse_snooze() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM clock WHERE id = NEW.clock_id AND case_id = NEW.case_id AND stopped_at IS NULL
                   AND NOT urgent)
       OR EXISTS (SELECT FROM escalation WHERE clock_id = NEW.clock_id AND level >= 2) THEN
        RAISE EXCEPTION 'a clock that is urgent, has stopped or has climbed to level 2 is not snoozed'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER snooze_is_lawful BEFORE INSERT ON snooze FOR EACH ROW EXECUTE FUNCTION refuse_snooze();
"""  # noqa: S608  (constants of this file)

DOWN = """
DROP TABLE snooze;
DROP FUNCTION refuse_snooze();
ALTER TABLE escalation DROP COLUMN capacity, DROP COLUMN benchmark, DROP COLUMN carried_by, DROP COLUMN carries;
DROP TRIGGER docket_changes_hands ON docket;
DROP TRIGGER docket_comes_or_goes ON docket;
DROP FUNCTION load_follows_docket();
DROP TRIGGER case_is_counted ON "case";
DROP FUNCTION load_follows_case();
DROP FUNCTION count_load(bigint, text, integer);
DROP TABLE load;
DROP FUNCTION matter_is_open(text);
DROP FUNCTION docket_is_open(text);
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
