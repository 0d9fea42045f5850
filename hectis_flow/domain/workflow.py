"""THE declaration: every phase, stage, move, role and legal basis of a case, as frozen data and nothing else.

Read by `workflow_rules` (which checks it at import and answers look-ups), drawn by
`render.workflow_doc`, compared row by row with the edges the migrations write. It must hold no logic,
no times and no words of notices: times live in `config/policy.toml`. Each phase has a file of its own
beside this one.

Every name below is permanent once released: it stands in the database, the ledger, the API and the
docs. Sources: domain.md 4.3 (legal bases), 5.2 (exits), 5.3 (stages), 7 (roles).
"""

from hectis_flow.domain.workflow_awaited import AWAITED
from hectis_flow.domain.workflow_briefs import BRIEF_AWAITED
from hectis_flow.domain.workflow_court import COURT_MOVES, COURT_STAGES
from hectis_flow.domain.workflow_decision import DECISION_MOVES
from hectis_flow.domain.workflow_docket import DOCKET_MOVES, DOCKET_STAGES
from hectis_flow.domain.workflow_hospital import HOSPITAL_MOVES, HOSPITAL_STAGES
from hectis_flow.domain.workflow_law import BARRIERS, CHARGE_STAGES, EXITS
from hectis_flow.domain.workflow_outcomes import OUTCOME_MOVES
from hectis_flow.domain.workflow_saps import SAPS_MOVES, SAPS_STAGES
from hectis_flow.domain.workflow_shapes import Declaration
from hectis_flow.domain.workflow_way_back import WAY_BACK_MOVES, WAY_BACK_STAGES
from hectis_flow.domain.workflow_words import (
    BASES,
    DETAILS,
    LAWFUL_BASES,
    MANDATORY_BASES,
    PHASES,
    ROLES,
)

__all__ = ["BASES", "DETAILS", "LAWFUL_BASES", "MANDATORY_BASES", "PHASES", "ROLES"]

WORKFLOW_VERSION = 4

STAGES = (*HOSPITAL_STAGES, *SAPS_STAGES, *DOCKET_STAGES, *COURT_STAGES, *WAY_BACK_STAGES)
TRANSITIONS = (
    *(*HOSPITAL_MOVES, *SAPS_MOVES, *DOCKET_MOVES, *DECISION_MOVES),
    *(*COURT_MOVES, *OUTCOME_MOVES, *WAY_BACK_MOVES),
)

DECLARATION = Declaration(
    WORKFLOW_VERSION,
    PHASES,
    ROLES,
    BASES,
    DETAILS,
    STAGES,
    TRANSITIONS,
    CHARGE_STAGES,
    BARRIERS,
    EXITS,
    (*AWAITED, *BRIEF_AWAITED),
)
