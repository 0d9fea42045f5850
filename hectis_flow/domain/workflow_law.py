"""The law around the moves: who may never write which stages, what an exit means, which charge speaks for a case.

Part of `workflow.py`, which alone imports it. Sources: domain.md 5.2 (exits), 5.3 (role rule). The builder's
summary of the law, not advice.
"""

from hectis_flow.domain.workflow_shapes import Barrier, Exit

SAPS_ROLES = (
    "saps_liaison",
    "station_commander",
    "detective_commander",
    "cluster_commander",
    "provincial_saps",
    "anti_gang_unit",
)
NPA_ROLES = ("prosecutor", "senior_public_prosecutor", "chief_prosecutor", "dpp_office")
HEALTH_ROLES = (
    *("facility_liaison", "facility_manager", "health_district_manager", "health_province_manager"),
    "health_data_steward",
)
ROWS_6_TO_10 = (
    *("acknowledged", "returned_for_info", "no_case", "case_opened", "under_investigation"),
    *("closed_undetected", "closed_unfounded", "closed_complainant_withdrew", "linked_existing"),
)
ROWS_13_TO_19 = (
    *("enrolled", "on_roll", "postponed", "pleaded", "trial", "convicted", "sentenced"),
    *("acquitted", "discharged_174", "stopped_6b"),
)

# In the order in which they speak for their case: what goes on in court first, then what must be brought back,
# then how it ended. [D]
CHARGE_STAGES = (
    *("trial", "judgment", "pleaded", "closed_342a3d", "on_roll", "postponed", "convicted", "transferred"),
    *("reenrolled", "enrolled", "warrant_j50", "s77_78", "appeal"),
    *("reenrolment_requested", "to_prosecutor", "returned_to_saps", "under_investigation"),
    *("struck_342a", "struck_informal", "withdrawn_6a", "refused", "nolle_prosequi", "diverted"),
    *("sentenced", "acquitted", "discharged_174", "stopped_6b", "special_verdict", "finalised_elsewhere"),
    *("diversion_completed", "lapsed", "abated"),
)

BARRIERS = (
    Barrier(SAPS_ROLES, ROWS_13_TO_19, "Only the NPA enrols, and only the court decides."),
    Barrier(NPA_ROLES, ROWS_6_TO_10, "The police open, investigate and close dockets."),
    Barrier(HEALTH_ROLES, (*ROWS_6_TO_10, *ROWS_13_TO_19), "A hospital's part ends with the referral."),
    Barrier(
        ("watching_brief_official", "committee_chair", "committee_secretary", "deployment_planner"),
        ("*",),
        "Oversight observes, codes causes and recommends; the chair records decisions, never a status.",
    ),
    Barrier(
        ("information_officer", "auditor", "administrator"), ("*",), "They look after the system, not cases."
    ),
)

_BEFORE, _PRE, _POST = "before enrolment", "before plea", "after plea"
EXITS = (
    Exit(
        "nolle_prosequi",
        ("nolle_prosequi",),
        "NPA Act 32/1998; s7 CPA certificate",
        _BEFORE,
        "prosecutor, DPP",
        "no",
        "review by the NPA, or by the NDPP (s179(5)(d) Constitution)",
    ),
    Exit(
        "returned_to_saps", ("returned_to_saps",), "", _BEFORE, "prosecutor", "no", "the docket comes again"
    ),
    Exit(
        "withdrawn_6a",
        ("withdrawn_6a",),
        "s6(a) CPA: no verdict of acquittal",
        _PRE,
        "prosecutor",
        "no",
        "the senior public prosecutor, on a new charge sheet",
    ),
    Exit(
        "stopped_6b",
        ("stopped_6b",),
        "s6(b) CPA: the court shall acquit",
        _POST,
        "prosecutor with the DPP's consent",
        "yes",
        "none",
    ),
    Exit(
        "struck_342a",
        ("struck_342a",),
        "s342A(3)(c) CPA: unreasonable delay",
        _PRE,
        "court",
        "no, locked",
        "the DPP's written instruction: reference and date",
    ),
    Exit(
        "struck_informal",
        ("struck_informal",),
        "postponement refused, no order under s342A",
        _PRE,
        "court",
        "no",
        "the senior public prosecutor, when ready for trial",
    ),
    Exit(
        "closed_342A3d",
        ("closed_342a3d",),
        "s342A(3)(d) CPA: as if the State's case were closed",
        _POST,
        "court",
        "leads to acquittal",
        "none",
    ),
    Exit(
        "discharged_174", ("discharged_174",), "s174 CPA", "close of the State's case", "court", "yes", "none"
    ),
    Exit("acquitted", ("acquitted",), "judgment", "trial, appeal", "court", "yes", "none"),
    Exit(
        "convicted",
        ("convicted", "sentenced"),
        "s112 plea, trial, or s105A agreement",
        "plea or judgment",
        "court",
        "yes, but for appeal",
        "appeal",
    ),
    Exit(
        "diverted",
        ("diverted", "diversion_completed"),
        "Child Justice Act 75/2008; adults by agreement",
        "before verdict",
        "prosecutor, inquiry magistrate",
        "while complied with",
        "the prosecutor, on a breach",
    ),
    Exit(
        "s77_78",
        ("s77_78", "special_verdict"),
        "s77, s78, s79 CPA",
        "any",
        "court",
        "suspends",
        "fit again: s77",
    ),
    Exit("warrant_j50", ("warrant_j50",), "non-appearance", "any", "court", "no", "the warrant is executed"),
    Exit("abated", ("abated",), "the accused died", "any", "none", "yes", "none"),
    Exit(
        "transferred",
        ("transferred",),
        "s75 CPA and its like",
        _PRE,
        "prosecutor, DPP",
        "no",
        "the new court",
    ),
)
