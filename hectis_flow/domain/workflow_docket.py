"""The docket's part of the workflow declaration: from an opened CAS to the prosecutor's decision (rows 8-12, 23).

Part of `workflow.py`, which alone imports it. Sources: domain.md 4.2, 5.2, 5.3. A charge that left the roll
goes down this road again, so its stages hold for cases and charges alike.
"""

from hectis_flow.domain.workflow_shapes import Duty, Stage, Transition

DETECTIVES = ("saps_liaison", "detective_commander")
PROSECUTORS = ("prosecutor", "senior_public_prosecutor")
CLOSED = ("closed_undetected", "closed_unfounded", "closed_complainant_withdrew")

DOCKET_STAGES = (
    Stage(
        "case_opened",
        "saps",
        "CAS opened",
        end=False,
        owner="station",
        clock="docket_assignment",
        task=Duty("assign_investigator", "detective_commander"),
    ),
    Stage(
        "under_investigation",
        "saps",
        "Under investigation",
        end=False,
        owner="station",
        clock="investigation_progress",
        task=Duty("note_progress", "detective_commander"),
    ),
    # Undetected is never final, and neither is the station's own view of a complaint: somebody looks again.
    *(
        Stage(
            name,
            "saps",
            title,
            end=False,
            owner="station",
            clock="closed_docket_review",
            task=Duty("review_closed_docket", "detective_commander"),
        )
        for name, title in zip(
            CLOSED,
            ("Closed: undetected", "Closed: unfounded", "Closed: the complainant withdrew"),
            strict=True,
        )
    ),
    Stage(
        "to_prosecutor",
        "npa",
        "With the prosecutor",
        end=False,
        owner="npa_office",
        clock="npa_decision",
        task=Duty("decide_docket", "prosecutor"),
        tells=True,
    ),
    Stage(
        "returned_to_saps",
        "npa",
        "Returned to SAPS",
        end=False,
        owner="station",
        clock="items_cured",
        task=Duty("cure_items", "detective_commander"),
        tells=True,
    ),
    Stage(
        "nolle_prosequi",
        "npa",
        "Not prosecuted",
        end=False,
        owner="npa_office",
        clock="nolle_review",
        task=Duty("review_nolle", "senior_public_prosecutor"),
    ),
    Stage(
        "diverted",
        "npa",
        "Diverted",
        end=False,
        owner="npa_office",
        clock="diversion_review",
        task=Duty("review_diversion", "prosecutor"),
    ),
    Stage("diversion_completed", "npa", "Diversion completed", end=True, owner="none"),
)

DOCKET_MOVES = (
    Transition(
        "investigate",
        ("case_opened",),
        "under_investigation",
        DETECTIVES,
        "Give the docket to an investigating officer",
        needs=("officer",),
    ),
    # A note a month that the work goes on; what it says stays in the docket.
    Transition(
        "note_progress",
        ("under_investigation",),
        "under_investigation",
        DETECTIVES,
        "Note progress of the investigation",
        needs=("reason",),
        may=("officer",),
        reasons=(
            "statements_taken",
            "suspect_identified",
            "suspect_arrested",
            "report_awaited",
            "still_tracing",
        ),
    ),
    Transition(
        "close_undetected",
        ("under_investigation",),
        "closed_undetected",
        ("detective_commander",),
        "Close: undetected",
        needs=("reason",),
        reasons=("no_suspect", "warrant_issued"),
    ),
    Transition(
        "close_unfounded",
        ("under_investigation",),
        "closed_unfounded",
        ("detective_commander",),
        "Close: unfounded",
        needs=("reason",),
        reasons=("no_offence", "false_complaint"),
    ),
    # Before enrolment only: after it a complainant's wish does not close a case, the NPA decides [K].
    Transition(
        "close_complainant_withdrew",
        ("under_investigation",),
        "closed_complainant_withdrew",
        ("detective_commander",),
        "Close: the complainant withdrew",
        needs=("reason",),
        reasons=("withdrawal_statement",),
    ),
    *(
        Transition(
            move,
            (stage,),
            stage,
            ("detective_commander",),
            "Looked again: nothing new",
            needs=("reason",),
            reasons=("nothing_new",),
        )
        for move, stage in zip(("keep_closed", "keep_unfounded", "keep_withdrawn"), CLOSED, strict=True)
    ),
    Transition(
        "reopen_docket",
        CLOSED,
        "under_investigation",
        ("detective_commander",),
        "Reopen the docket",
        needs=("reason",),
        reasons=(
            "suspect_identified",
            "new_witness",
            "forensic_match",
            "complainant_returned",
            "ordered_by_commander",
        ),
    ),
    Transition(
        "submit_docket",
        ("under_investigation",),
        "to_prosecutor",
        DETECTIVES,
        "Submit the docket for decision",
        needs=("court",),
        may=("of",),
    ),
)
