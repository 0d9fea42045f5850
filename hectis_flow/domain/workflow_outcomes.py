"""How a charge leaves the court, for good or not: the last part of rows 14-19, 23 and 24.

Part of `workflow.py`, which alone imports it. Sources: domain.md 5.2, 5.3. What each means in law stands in
`workflow_law.EXITS`.
"""

from hectis_flow.domain.workflow_court import IN_COURT
from hectis_flow.domain.workflow_docket import PROSECUTORS
from hectis_flow.domain.workflow_shapes import ANY, Transition
from hectis_flow.domain.workflow_words import ATTRIBUTABLE, REMOVAL_CAUSES, SENTENCES

OUTCOME_MOVES = (
    Transition(
        "convict",
        ("pleaded", "judgment"),
        "convicted",
        PROSECUTORS,
        "Convicted",
        needs=("verdict_on",),
        may=("next_date", "of"),
        coded=(("verdict_on", ("s112", "s105A", "trial")),),
    ),
    Transition(
        "acquit",
        ("judgment", "closed_342a3d"),
        "acquitted",
        PROSECUTORS,
        "Acquitted",
        needs=("reason",),
        may=("of",),
        reasons=("not_proved", "after_342a3d"),
    ),
    Transition(
        "sentence",
        ("convicted",),
        "sentenced",
        PROSECUTORS,
        "Sentenced",
        needs=("reason", "sentence"),
        may=("months", "of"),
        reasons=("sentence_passed",),
        coded=(("sentence", SENTENCES),),
    ),
    Transition(
        "discharge_174",
        ("trial",),
        "discharged_174",
        PROSECUTORS,
        "Discharged at the close of the State's case (s174)",
        needs=("reason",),
        may=("of",),
        reasons=("no_evidence",),
    ),
    Transition(
        "stop_6b",
        ("pleaded", "trial"),
        "stopped_6b",
        PROSECUTORS,
        "Stop the prosecution (s6(b))",
        needs=("reason", "dpp_ref", "dpp_date"),
        may=("of",),
        reasons=("no_prospect", "witness_lost", "not_in_public_interest"),
    ),
    Transition(
        "close_342a3d",
        ("pleaded",),
        "closed_342a3d",
        PROSECUTORS,
        "The court closes the State's case (s342A(3)(d))",
        needs=("next_date",),
        may=("of",),
    ),
    # Three ways off the roll before a plea, each with its causes and whose action was needed.
    *(
        Transition(
            move,
            ("on_roll",),
            target,
            PROSECUTORS,
            title,
            needs=("reason", "attributable_to"),
            may=("more_causes", "of"),
            reasons=REMOVAL_CAUSES,
            coded=(("attributable_to", ATTRIBUTABLE), ("more_causes", REMOVAL_CAUSES)),
            removes=True,
        )
        for move, target, title in (
            ("withdraw_6a", "withdrawn_6a", "Withdraw before plea (s6(a))"),
            (
                "strike_informal",
                "struck_informal",
                "Struck off: postponement refused, no order under s342A",
            ),
            (
                "strike_342a",
                "struck_342a",
                "Struck off under s342A(3)(c), or on a basis that is not known",
            ),
        )
    ),
    Transition(
        "find_special_verdict",
        ("s77_78",),
        "special_verdict",
        PROSECUTORS,
        "Special verdict",
        needs=("reason",),
        may=("of",),
        reasons=("not_fit_s77", "not_responsible_s78"),
    ),
    Transition(
        "note_appeal",
        ("convicted", "sentenced"),
        "appeal",
        PROSECUTORS,
        "An appeal was noted",
        may=("of",),
    ),
    Transition(
        "appeal_dismissed",
        ("appeal",),
        "convicted",
        PROSECUTORS,
        "Appeal dismissed: the conviction stands",
        needs=("reason", "next_date"),
        may=("of",),
        reasons=("conviction_confirmed", "sentence_changed"),
    ),
    Transition(
        "appeal_upheld",
        ("appeal",),
        "acquitted",
        PROSECUTORS,
        "Appeal upheld: acquitted",
        needs=("reason",),
        may=("of",),
        reasons=("set_aside_on_appeal",),
    ),
    Transition(
        "order_retrial",
        ("appeal",),
        "on_roll",
        PROSECUTORS,
        "Appeal upheld: to be tried again",
        needs=("reason", "next_date"),
        may=("of",),
        reasons=("retrial_ordered",),
    ),
    # Whatever has not been decided ends with the accused's death.
    Transition(
        "abate",
        (
            *(
                "to_prosecutor",
                "returned_to_saps",
                "enrolled",
                *IN_COURT,
                "postponed",
                "judgment",
                "closed_342a3d",
            ),
            *("convicted", "transferred", "warrant_j50", "s77_78", "appeal", "diverted", "withdrawn_6a"),
            *(
                "struck_informal",
                "struck_342a",
                "reenrolment_requested",
                "reenrolled",
                "refused",
                "nolle_prosequi",
            ),
        ),
        "abated",
        PROSECUTORS,
        "The accused died",
        needs=("reason",),
        may=("of", "document_ref"),
        reasons=("accused_deceased",),
        second=ANY,
    ),
)
