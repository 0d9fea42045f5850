"""What a prosecutor decides of a docket, and what follows from it: rows 11, 12 and 23.

Part of `workflow.py`, which alone imports it. Sources: domain.md 5.2, 5.3.
"""

from hectis_flow.domain.workflow_docket import DETECTIVES, PROSECUTORS
from hectis_flow.domain.workflow_shapes import ANY, Transition
from hectis_flow.domain.workflow_words import DOCKET_ITEMS

DECISION_MOVES = (
    Transition(
        "return_docket",
        ("to_prosecutor",),
        "returned_to_saps",
        PROSECUTORS,
        "Return the docket: something is outstanding",
        needs=("reason", "items"),
        may=("of",),
        reasons=("investigation_incomplete", "report_outstanding", "statement_outstanding"),
        coded=(("items", DOCKET_ITEMS),),
    ),
    Transition(
        "resubmit_docket",
        ("returned_to_saps",),
        "to_prosecutor",
        DETECTIVES,
        "Submit the docket again, every item cured",
        may=("of",),
        requires=("items_cured",),
    ),
    Transition(
        "decline_to_prosecute",
        ("to_prosecutor",),
        "nolle_prosequi",
        PROSECUTORS,
        "Decline to prosecute",
        needs=("reason",),
        may=("of", "document_ref"),
        reasons=("insufficient_evidence", "no_offence", "no_identification", "not_in_public_interest"),
    ),
    Transition(
        "review_nolle",
        ("nolle_prosequi",),
        "to_prosecutor",
        ("senior_public_prosecutor", "chief_prosecutor", "dpp_office"),
        "Review the decision: look at the docket again",
        needs=("reason",),
        may=("of", "document_ref"),
        reasons=("new_evidence", "representations", "ndpp_review"),
    ),
    Transition(
        "divert",
        ("to_prosecutor", "on_roll"),
        "diverted",
        PROSECUTORS,
        "Divert",
        needs=("reason",),
        may=("of",),
        reasons=("child_justice_act", "adult_dispute_resolution"),
    ),
    Transition(
        "breach_diversion",
        ("diverted",),
        "to_prosecutor",
        PROSECUTORS,
        "The diversion was not complied with",
        needs=("reason",),
        may=("of",),
        reasons=("order_not_complied_with",),
    ),
    Transition(
        "diversion_to_roll",
        ("diverted",),
        "on_roll",
        PROSECUTORS,
        "The diversion was not complied with: back to court",
        needs=("reason", "next_date"),
        may=("of", "dpp_ref", "dpp_date"),
        reasons=("order_not_complied_with",),
    ),
    Transition(
        "complete_diversion",
        ("diverted",),
        "diversion_completed",
        PROSECUTORS,
        "The diversion was complied with",
        needs=("reason",),
        may=("of",),
        reasons=("order_complied_with",),
        second=ANY,
    ),
)
