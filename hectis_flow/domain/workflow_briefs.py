"""What a watching brief waits for: who takes it up, the prosecution's acknowledgement, the monthly look, a reply.

Part of `workflow.py`, which alone imports it. Sources: domain.md 6, 7. The item `watching_brief` itself stands
with the removals that first opened it, in `workflow_awaited`.
"""

from hectis_flow.domain.workflow_shapes import Awaited, Duty

BRIEF_AWAITED = (
    Awaited(
        "brief_prosecutor",
        "A watching brief for the prosecutor to acknowledge",
        "npa_office",
        "brief_prosecutor_ack",
        Duty("acknowledge_brief_prosecutor", "prosecutor"),
        tells=True,
        link="acknowledge_brief",
    ),
    # One after the other, each when the one before it has declined.
    Awaited(
        "brief_senior",
        "A watching brief that the prosecutor declined",
        "npa_office",
        "brief_senior_ack",
        Duty("acknowledge_brief_senior", "senior_public_prosecutor"),
        tells=True,
        link="acknowledge_brief",
    ),
    Awaited(
        "brief_chief",
        "A watching brief that the court's prosecutors declined",
        "chief_prosecutor",
        "brief_chief_ack",
        Duty("acknowledge_brief_chief", "chief_prosecutor"),
        tells=True,
        link="acknowledge_brief",
    ),
    Awaited(
        "brief_dpp",
        "A watching brief that every office below declined",
        "dpp",
        "brief_dpp_ack",
        Duty("acknowledge_brief_dpp", "dpp_office"),
        tells=True,
        link="acknowledge_brief",
    ),
    Awaited(
        "brief_secretary",
        "A watching brief that nobody has taken",
        "committee",
        "brief_secretary_ack",
        Duty("place_brief", "committee_secretary"),
        tells=True,
    ),
    Awaited(
        "brief_monitor",
        "The monthly look at a watched matter",
        "pocs",
        "brief_monitoring",
        Duty("monitor_brief", "watching_brief_official"),
    ),
    Awaited(
        "brief_reply_saps",
        "SAPS' reply to a letter of the watching briefs",
        "station",
        "brief_reply_saps",
        Duty("answer_letter_saps", "station_commander"),
        tells=True,
    ),
    Awaited(
        "brief_reply_npa",
        "The NPA's reply to a letter of the watching briefs",
        "npa_office",
        "brief_reply_npa",
        Duty("answer_letter_npa", "senior_public_prosecutor"),
        tells=True,
    ),
)
