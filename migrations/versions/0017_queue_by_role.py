"""The index that a queue is read from holds its role too: a page reads its own rows, and none of other roles.

With the office and due date alone, the queue of a role with little to do at a busy office walked over the open
tasks of every other role there before its page was full.
"""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

REMAKE = """
CREATE INDEX ix_task_new ON task ({columns}) WHERE done_at IS NULL;
DROP INDEX ix_task_queue;
ALTER INDEX ix_task_new RENAME TO ix_task_queue;
"""


def upgrade() -> None:
    op.execute(REMAKE.format(columns="office_id, role, due_at, id"))


def downgrade() -> None:
    op.execute(REMAKE.format(columns="office_id, due_at, id"))
