"""Precinct polygons, effective-dated, with where they come from.

One row a ring: at place 0 the outer ring of a part, at the places after it the holes of that part.
x is the longitude and y the latitude, in degrees (WGS84). The polygons are PostgreSQL's own, so that no
extension is needed.
"""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

UP = """
CREATE TABLE precinct (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    station_id bigint NOT NULL,
    source text NOT NULL,
    digest bytea NOT NULL,
    imported_at timestamptz NOT NULL DEFAULT hectis_now(),
    valid_from date NOT NULL,
    valid_to date,
    CONSTRAINT fk_precinct_station_id_office FOREIGN KEY (station_id) REFERENCES office (id),
    CONSTRAINT uq_precinct_station_id_valid_from UNIQUE (station_id, valid_from),
    CONSTRAINT ck_precinct_dates CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE UNIQUE INDEX uq_precinct_standing ON precinct (station_id) WHERE valid_to IS NULL;

CREATE TABLE precinct_ring (
    precinct_id bigint NOT NULL,
    part integer NOT NULL,
    place integer NOT NULL,
    outline polygon NOT NULL,
    CONSTRAINT pk_precinct_ring PRIMARY KEY (precinct_id, part, place),
    CONSTRAINT fk_precinct_ring_precinct_id_precinct
        FOREIGN KEY (precinct_id) REFERENCES precinct (id) ON DELETE CASCADE
);
CREATE INDEX ix_precinct_ring_outline ON precinct_ring USING gist (outline) WHERE place = 0;
"""

DOWN = "DROP TABLE precinct_ring, precinct"


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
