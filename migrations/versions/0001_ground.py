"""The ground: what kind of database this is, its one clock, and the offices.

`deployment` says once and for ever whether practice data may come in. `hectis_now()` is the only
clock of the road; it is STABLE, so that `due_at <= hectis_now()` can use an index. Leases, leadership
and heartbeats are about processes, not about the road: they ask `hectis_machine_now()`, which no
practice hop moves (docs/adr/0005).
"""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

UP = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are never changed or removed', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE TABLE deployment (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    practice boolean NOT NULL,
    created_at timestamptz NOT NULL DEFAULT statement_timestamp()
);
CREATE TRIGGER deployment_is_fixed BEFORE UPDATE OR DELETE ON deployment
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER deployment_stays BEFORE TRUNCATE ON deployment
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE practice_clock (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    shift interval NOT NULL
);
CREATE FUNCTION refuse_outside_practice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM deployment WHERE practice) THEN
        RAISE EXCEPTION 'the clock moves only in a practice database'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER clock_moves_in_practice_only BEFORE INSERT OR UPDATE ON practice_clock
    FOR EACH ROW EXECUTE FUNCTION refuse_outside_practice();

CREATE FUNCTION hectis_now() RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT statement_timestamp() + coalesce((SELECT shift FROM practice_clock), interval '0')
$$;

CREATE FUNCTION hectis_machine_now() RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT statement_timestamp()
$$;

CREATE TABLE office (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code text NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    sub_district text,
    town text,
    latitude double precision,
    longitude double precision,
    valid_from date NOT NULL DEFAULT '1900-01-01',
    valid_to date,
    CONSTRAINT uq_office_code UNIQUE (code),
    CONSTRAINT ck_office_kind CHECK (kind IN ('facility', 'station', 'province_health')),
    CONSTRAINT ck_office_dates CHECK (valid_to IS NULL OR valid_to > valid_from)
);

CREATE TABLE office_alias (
    kind text NOT NULL,
    alias text NOT NULL,
    office_id bigint NOT NULL,
    CONSTRAINT pk_office_alias PRIMARY KEY (kind, alias),
    CONSTRAINT fk_office_alias_office_id_office FOREIGN KEY (office_id) REFERENCES office (id)
);

CREATE TABLE suburb_precinct (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    suburb text NOT NULL,
    station_id bigint NOT NULL,
    source text NOT NULL,
    valid_from date NOT NULL,
    valid_to date,
    CONSTRAINT fk_suburb_precinct_station_id_office FOREIGN KEY (station_id) REFERENCES office (id),
    CONSTRAINT uq_suburb_precinct_suburb_station_id_valid_from UNIQUE (suburb, station_id, valid_from)
);
"""

DOWN = """
DROP TABLE suburb_precinct, office_alias, office;
DROP FUNCTION hectis_machine_now();
DROP FUNCTION hectis_now();
DROP TABLE practice_clock, deployment;
DROP FUNCTION refuse_outside_practice();
DROP FUNCTION refuse_change();
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
