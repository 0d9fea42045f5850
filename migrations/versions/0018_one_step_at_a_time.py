"""A clock keeps its whole ladder; of its steps only the one that is due next is a row that waits.

Each move wrote five steps and ended five, of which nearly none ever fell due. `clock.ladder` holds every step as it
was reckoned when the clock began, in order; the row of a step is written when the one before it is settled.
Stopped clocks keep the rows they have. The way back writes the rows of what is still to come.
"""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

UP = """
ALTER TABLE clock ADD COLUMN ladder jsonb NOT NULL DEFAULT '[]';
UPDATE clock k SET ladder = planned.ladder
FROM (
    SELECT clock_id, jsonb_agg(jsonb_build_object('level', level, 'office_id', office_id, 'role', role,
        'transition', transition, 'due_at', due_at) ORDER BY step) AS ladder
    FROM clock_step GROUP BY clock_id
) planned
WHERE planned.clock_id = k.id AND k.stopped_at IS NULL;
DELETE FROM clock_step s USING clock k
WHERE k.id = s.clock_id AND k.stopped_at IS NULL
  AND s.done_at IS NULL AND s.cancelled_at IS NULL AND s.parked_at IS NULL
  AND EXISTS (
      SELECT FROM clock_step b WHERE b.clock_id = s.clock_id AND b.step < s.step
        AND b.done_at IS NULL AND b.cancelled_at IS NULL AND b.parked_at IS NULL);
"""

DOWN = """
INSERT INTO clock_step (clock_id, step, case_id, level, office_id, role, transition, due_at)
SELECT k.id, r.step, k.case_id, r.level, r.office_id, r.role, r.transition, r.due_at
FROM clock k, ROWS FROM (
    jsonb_to_recordset(k.ladder) AS (level smallint, office_id bigint, role text, transition text, due_at timestamptz)
) WITH ORDINALITY AS r (level, office_id, role, transition, due_at, step)
WHERE k.stopped_at IS NULL
ON CONFLICT (clock_id, step) DO NOTHING;
ALTER TABLE clock DROP COLUMN ladder;
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
