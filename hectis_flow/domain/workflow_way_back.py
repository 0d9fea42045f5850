"""The way back: from a matter that left the roll to one that is on it again, or to a lawful end (rows 20-22, 24).

Part of `workflow.py`, which alone imports it. Sources: domain.md 5.2, 5.3, 7. SAPS completes the investigation
and asks; the senior public prosecutor puts the matter back, and what was struck under s342A(3)(c) only on the
DPP's written instruction. While a removal is open, its own clock runs and its own office owns the next step.
"""

from hectis_flow.domain.workflow_court import NPA_HEADS
from hectis_flow.domain.workflow_docket import DETECTIVES
from hectis_flow.domain.workflow_shapes import ANY, Duty, Stage, Transition
from hectis_flow.domain.workflow_words import DOCKET_ITEMS

REMOVED = ("withdrawn_6a", "struck_informal", "struck_342a")


def _off_the_roll(name: str, title: str) -> Stage:
    """A stage at which the removal's own clock runs, at the removal's own office."""
    return Stage(name, "court", title, end=False, owner="removal")


WAY_BACK_STAGES = (
    _off_the_roll("withdrawn_6a", "Withdrawn (s6(a))"),
    _off_the_roll("struck_informal", "Struck off, no order"),
    _off_the_roll("struck_342a", "Struck off (s342A(3)(c))"),
    _off_the_roll("reenrolment_requested", "Re-enrolment requested"),
    _off_the_roll("refused", "Re-enrolment refused"),
    Stage(
        "reenrolled",
        "court",
        "Re-enrolled",
        end=False,
        owner="npa_office",
        clock="roll_date",
        task=Duty("place_on_roll", "prosecutor"),
        on_date=True,
    ),
    Stage("lapsed", "court", "Lapsed", end=True, owner="none", reopens=("reopen_lapsed",)),
    Stage("finalised_elsewhere", "court", "Finalised in another matter", end=True, owner="none"),
)

WAY_BACK_MOVES = (
    # Every 30 days somebody says how it stands; the name of what it waits for is on record.
    *(
        Transition(
            move,
            (stage,),
            stage,
            (*DETECTIVES, "senior_public_prosecutor"),
            "Reviewed: not yet ready for the roll",
            needs=("reason",),
            may=("awaits", "of"),
            reasons=("awaits_item", "awaits_witness", "awaits_accused", "under_way"),
            coded=(("awaits", DOCKET_ITEMS),),
        )
        for move, stage in zip(
            ("review_withdrawn", "review_struck", "review_struck_342a"), REMOVED, strict=True
        )
    ),
    Transition(
        "reinvestigate",
        REMOVED,
        "under_investigation",
        DETECTIVES,
        "Investigate further",
        needs=("reason",),
        may=("of",),
        reasons=("items_outstanding", "new_evidence"),
    ),
    Transition(
        "request_reenrolment",
        (*REMOVED, "refused"),
        "reenrolment_requested",
        (*DETECTIVES, "senior_public_prosecutor"),
        "Ask for re-enrolment: everything is cured",
        needs=("reason",),
        may=("of", "document_ref"),
        reasons=("all_cured", "new_grounds", "accused_traced"),
        requires=("items_cured",),
    ),
    Transition(
        "reenrol",
        ("reenrolment_requested",),
        "reenrolled",
        ("senior_public_prosecutor",),
        "Put back on the roll",
        needs=("court_case_no", "next_date"),
        may=("court", "dpp_ref", "dpp_date", "of"),
    ),
    Transition(
        "refuse_reenrolment",
        ("reenrolment_requested",),
        "refused",
        ("senior_public_prosecutor",),
        "Refuse re-enrolment",
        needs=("reason",),
        may=("of",),
        reasons=("not_trial_ready", "insufficient_evidence", "no_dpp_instruction", "witness_untraceable"),
    ),
    Transition(
        "lapse",
        REMOVED,
        "lapsed",
        NPA_HEADS,
        "Let it lapse, after the long review",
        needs=("reason",),
        may=("of",),
        reasons=("not_cured", "witness_untraceable", "evidence_lost"),
        requires=("lapse_due",),
        second=ANY,
    ),
    Transition(
        "lapse_refused",
        ("refused",),
        "lapsed",
        NPA_HEADS,
        "Let it lapse: refused, and no new grounds",
        needs=("reason",),
        may=("of",),
        reasons=("no_new_grounds",),
        second=ANY,
    ),
    Transition(
        "lapse_nolle",
        ("nolle_prosequi",),
        "lapsed",
        NPA_HEADS,
        "Let it lapse: the decision stands",
        needs=("reason",),
        may=("of",),
        reasons=("decision_stands",),
        second=ANY,
    ),
    Transition(
        "reopen_lapsed",
        ("lapsed",),
        "under_investigation",
        ("detective_commander",),
        "Reopen: new evidence",
        needs=("reason",),
        may=("of",),
        reasons=("new_evidence",),
    ),
    Transition(
        "finalise_elsewhere",
        (*REMOVED, "refused", "nolle_prosequi"),
        "finalised_elsewhere",
        NPA_HEADS,
        "Decided in another matter",
        needs=("reason", "court_case_no"),
        may=("of",),
        reasons=("decided_in_other_matter", "joined_with_other_matter"),
        second=ANY,
    ),
)
