"""A case whose report rests on a duty that the hospital's messages no longer tell of is flagged for a person.

A correction must not silence a report that the law may demand, so the ground stays on record (ADR 11); but a
name that is about to leave, or has left, on a ground that no longer holds is for somebody to look at.
"""

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

KNOWN = "'code_taken_back', 'visit_cancelled', 'visits_joined'"


def allow(reasons: str) -> None:
    """Let a conflict have one of these reasons."""
    op.execute("ALTER TABLE case_conflict DROP CONSTRAINT ck_case_conflict_reason")
    op.execute(
        f"ALTER TABLE case_conflict ADD CONSTRAINT ck_case_conflict_reason CHECK (reason IN ({reasons}))"
    )


def upgrade() -> None:
    """Know one reason more."""
    allow(f"{KNOWN}, 'ground_fell_away'")


def downgrade() -> None:
    """Whoever knew three reasons says the nearest of them: the ledger keeps the true one."""
    op.execute("UPDATE case_conflict SET reason = 'code_taken_back' WHERE reason = 'ground_fell_away'")
    allow(KNOWN)
