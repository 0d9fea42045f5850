"""The moves of the first stages, as the workflow declaration (version 1) has them.

A test compares these rows with the declaration, so neither can move on alone.
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

EDGES = (
    ("await_basis", "classified", "awaiting_basis"),
    ("basis_recorded", "anonymous_only", "referral_ready"),
    ("basis_recorded", "awaiting_basis", "referral_ready"),
    ("classify", "recorded", "classified"),
    ("close_anonymous", "anonymous_only", "closed_anonymous"),
    ("close_no_violence", "anonymous_only", "closed_no_violence"),
    ("close_no_violence", "awaiting_basis", "closed_no_violence"),
    ("close_no_violence", "classified", "closed_no_violence"),
    ("consent_withdrawn", "referral_ready", "anonymous_only"),
    ("keep_anonymous", "awaiting_basis", "anonymous_only"),
    ("mandatory_report", "anonymous_only", "referral_ready"),
    ("mandatory_report", "awaiting_basis", "referral_ready"),
    ("mandatory_report", "classified", "referral_ready"),
    ("open", "", "recorded"),
    ("reopen_anonymous", "closed_anonymous", "referral_ready"),
    ("retract_referral", "referral_ready", "closed_no_violence"),
    ("reopen_violence", "closed_no_violence", "classified"),
    ("void", "anonymous_only", "voided"),
    ("void", "awaiting_basis", "voided"),
    ("void", "classified", "voided"),
    ("void", "recorded", "voided"),
    ("void", "referral_ready", "voided"),
)


def upgrade() -> None:
    for move, source, target in EDGES:
        values = f"('{move}', '{source}', '{target}')"
        op.execute(f"INSERT INTO workflow_edge VALUES {values} ON CONFLICT DO NOTHING")  # noqa: S608


def downgrade() -> None:
    # History rows point at these edges; a database that has cases keeps them until 0003 goes.
    op.execute(
        "DELETE FROM workflow_edge e WHERE NOT EXISTS "
        "(SELECT 1 FROM stage_transition t WHERE (t.transition, t.from_stage, t.to_stage) "
        "= (e.transition, e.from_stage, e.to_stage))"
    )
