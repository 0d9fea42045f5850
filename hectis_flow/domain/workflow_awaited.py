"""What is waited for beside the stage of a case: removals, what a docket lacks, inspections, forms, instructions.

Part of `workflow.py`, which alone imports it. Sources: domain.md 4.2, 5.3, 7. Each has an office, a task and a
clock of its own, so that nothing is forgotten while its case goes on.
"""

from hectis_flow.domain.workflow_shapes import NAMED, Awaited, Duty

AWAITED = (
    # A removal is one of these four at a time, from the day it left the roll to its ending.
    Awaited(
        "removal_saps",
        "Removed from the roll: SAPS to cure",
        "station",
        "reenrolment_review",
        Duty("cure_removal", "detective_commander"),
        tells=True,
    ),
    Awaited(
        "removal_npa",
        "Removed from the roll: for the NPA to review",
        "npa_office",
        "reenrolment_review_npa",
        Duty("review_removal", "senior_public_prosecutor"),
        tells=True,
    ),
    Awaited(
        "reenrolment",
        "Re-enrolment requested",
        "npa_office",
        "reenrolment_decision",
        Duty("decide_reenrolment", "senior_public_prosecutor"),
        tells=True,
    ),
    Awaited(
        "refusal",
        "Re-enrolment refused",
        "station",
        "refusal_review",
        Duty("answer_refusal", "detective_commander"),
        tells=True,
    ),
    # The other side hears of it as well, and says so.
    Awaited(
        "removal_heard_saps",
        "Removed from the roll: for SAPS to know",
        "station",
        "removal_heard_saps",
        Duty("read_removal_saps", "detective_commander"),
        tells=True,
    ),
    Awaited(
        "removal_heard_npa",
        "Removed from the roll: for the NPA to know",
        "npa_office",
        "removal_heard_npa",
        Duty("read_removal_npa", "senior_public_prosecutor"),
        tells=True,
    ),
    Awaited(
        "dpp_instruction",
        "The DPP's written instruction (s342A(3)(c))",
        "dpp",
        "dpp_instruction",
        Duty("instruct_342a", "dpp_office"),
        tells=True,
    ),
    Awaited(
        "watching_brief",
        "A removal to watch",
        "pocs",
        "watching_brief_ack",
        Duty("acknowledge_brief", "watching_brief_official"),
        tells=True,
    ),
    Awaited(
        "back_on_roll",
        "A matter that is back on the roll",
        "pocs",
        "back_on_roll_note",
        Duty("note_back_on_roll", "watching_brief_official"),
        tells=True,
    ),
    Awaited(
        "outstanding_item",
        "What a docket lacks",
        "station",
        "item_cured",
        Duty("cure_item", "detective_commander"),
    ),
    Awaited(
        "docket_inspection",
        "Inspection of a docket within 24 hours",
        "station",
        "docket_inspection",
        Duty("inspect_docket", "detective_commander"),
    ),
    Awaited(
        "docket_due",
        "A docket that the prosecutor has not seen",
        "station",
        "docket_to_prosecutor",
        Duty("submit_docket", "detective_commander"),
    ),
    # Before each day in court, what each side is asked for it (`domain.countdown`).
    Awaited(
        "countdown_saps",
        "A day in court ahead: what the station is asked",
        "station",
        "countdown_saps",
        Duty("prepare_court_saps", "detective_commander"),
        tells=True,
    ),
    Awaited(
        "countdown_npa",
        "A day in court ahead: what the prosecutors are asked",
        "npa_office",
        "countdown_npa",
        Duty("prepare_court_npa", "prosecutor"),
        tells=True,
    ),
    Awaited(
        "first_appearance",
        "First appearance after an arrest",
        "station",
        "first_appearance",
        Duty("bring_to_court", "detective_commander"),
    ),
    Awaited(
        "j88",
        "A completed J88 to collect",
        "station",
        "j88_collection",
        Duty("collect_j88", "saps_liaison"),
        tells=True,
    ),
    # An answer through the link of a notice, where the policy calls it grave.
    Awaited(
        "grave_answer",
        "A grave answer to confirm, signed in",
        "station",
        "grave_answer_confirmed",
        Duty("confirm_answer", "saps_liaison"),
        tells=True,
    ),
    # What these two ask for is asked of the post that they name.
    Awaited(
        "committee_decision",
        "What the committee has decided",
        NAMED,
        "committee_decision",
        Duty("answer_decision", NAMED),
        tells=True,
    ),
    Awaited(
        "gang_flag",
        "A gang flag to review before it ends",
        NAMED,
        "gang_flag_review",
        Duty("review_flag", NAMED),
    ),
)
