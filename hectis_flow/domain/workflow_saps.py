"""SAPS' part of the workflow declaration: from the referral to an opened CAS or a reasoned no-case (rows 5-8).

Part of `workflow.py`, which alone imports it. Source: domain.md 5.3; the reasons of a returned referral
and of an appeal are this project's own.
"""

from hectis_flow.domain.workflow_shapes import ANY, Duty, Stage, Transition

SAPS_STAGES = (
    Stage(
        "referred",
        "saps",
        "Referred",
        end=False,
        owner="station",
        clock="saps_acknowledge",
        task=Duty("acknowledge_referral", "saps_liaison"),
        tells=True,
        link="acknowledge",
    ),
    Stage(
        "acknowledged",
        "saps",
        "Acknowledged",
        end=False,
        owner="station",
        clock="cas_opening",
        task=Duty("open_cas", "saps_liaison"),
    ),
    Stage(
        "returned_for_info",
        "saps",
        "Returned for information",
        end=False,
        owner="facility",
        clock="info_return",
        task=Duty("answer_info", "facility_liaison"),
        tells=True,
    ),
    Stage(
        "no_case",
        "saps",
        "No case opened",
        end=False,
        owner="facility",
        clock="no_case_appeal",
        task=Duty("review_no_case", "facility_liaison"),
        tells=True,
    ),
    Stage("linked_existing", "saps", "Linked to an existing case", end=True, owner="none"),
    Stage("closed_no_case", "saps", "Closed: no case", end=True, owner="none"),
)

SAPS_MOVES = (
    # Nothing is sent to nobody: the station must be known.
    Transition(
        "refer",
        ("referral_ready",),
        "referred",
        ("rule", "facility_liaison"),
        "Refer to the station",
        may=("message_id",),
        requires=("station",),
    ),
    Transition("acknowledge", ("referred",), "acknowledged", ("saps_liaison",), "Acknowledge the referral"),
    Transition(
        "return_for_info",
        ("referred", "acknowledged"),
        "returned_for_info",
        ("saps_liaison",),
        "Return for information",
        needs=("reason",),
        reasons=("person_unclear", "place_unclear", "time_unclear", "wrong_station", "document_missing"),
    ),
    Transition(
        "refer_again",
        ("returned_for_info",),
        "referred",
        ("facility_liaison",),
        "Refer again, with what was asked for",
        may=("document_ref",),
        requires=("station",),
    ),
    Transition(
        "open_cas",
        ("acknowledged",),
        "case_opened",
        ("saps_liaison",),
        "Open a CAS",
        needs=("cas_number",),
    ),
    Transition(
        "link_existing",
        ("acknowledged",),
        "linked_existing",
        ("saps_liaison",),
        "Link to a case that is open already",
        needs=("other_case", "reason"),
        reasons=("same_incident",),
        second=ANY,
    ),
    Transition(
        "refuse_case",
        ("acknowledged",),
        "no_case",
        ("saps_liaison",),
        "Open no case, for a reason",
        needs=("reason",),
        reasons=("complainant_declined", "duplicate", "other_precinct", "no_offence", "not_traced"),
    ),
    Transition(
        "appeal",
        ("no_case",),
        "referred",
        ("facility_liaison",),
        "Appeal: refer once more",
        needs=("reason",),
        reasons=("station_corrected", "complainant_willing", "new_information", "offence_disclosed"),
        requires=("station",),
    ),
    Transition(
        "close_no_case",
        ("no_case",),
        "closed_no_case",
        ("rule", "facility_liaison"),
        "Close without a case",
        needs=("reason",),
        reasons=("waiting_time_over", "no_appeal"),
        second=ANY,
    ),
)
