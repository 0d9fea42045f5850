"""What belongs to a watching brief is found by the brief, and a CAS number without its station.

Seats, observations and letters were read whole by every move that opens or touches a brief, and by each page of one;
CAS numbers by everybody who looks for one as people do, by serial, month and year. One foreign key of `load` had a
name that said nothing.
"""

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_brief_seat_brief_id": "brief_seat (brief_id, id)",
    "ix_brief_observation_brief_id": "brief_observation (brief_id, id)",
    "ix_brief_letter_brief_id": "brief_letter (brief_id, id)",
    "ix_cas_number_serial": "cas_number (serial, month, year)",
}
LOAD_KEY = "fk_carried_byfice_id_office", "fk_load_office_id_office"


def upgrade() -> None:
    for name, what in INDEXES.items():
        op.execute(f"CREATE INDEX {name} ON {what}")
    op.execute(f"ALTER TABLE load RENAME CONSTRAINT {LOAD_KEY[0]} TO {LOAD_KEY[1]}")


def downgrade() -> None:
    op.execute(f"ALTER TABLE load RENAME CONSTRAINT {LOAD_KEY[1]} TO {LOAD_KEY[0]}")
    for name in INDEXES:
        op.execute(f"DROP INDEX {name}")
