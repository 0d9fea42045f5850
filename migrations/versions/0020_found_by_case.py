"""The tasks of a case are found by its number again.

Since things are awaited beside a stage, the unique index of a case's open tasks leaves out those of items; a move
that ends the task of its stage names no item, so that index could not serve it, and each move read every task.
So are the items and the matters at court that are looked for when a move is taken back.
"""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE INDEX ix_task_case_id ON task (case_id, id) WHERE case_id IS NOT NULL")
    op.execute("CREATE INDEX ix_item_case_id ON item (case_id, id)")
    op.execute("CREATE INDEX ix_court_matter_case_id ON court_matter (case_id, id)")


def downgrade() -> None:
    op.execute("DROP INDEX ix_court_matter_case_id")
    op.execute("DROP INDEX ix_item_case_id")
    op.execute("DROP INDEX ix_task_case_id")
