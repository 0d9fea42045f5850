"""The hospital's part of the workflow declaration: from the record to a referral that is ready (rows 1-5).

Part of `workflow.py`, which alone imports it. Source: domain.md 5.3.
"""

from hectis_flow.domain.workflow_shapes import Duty, Stage, Transition
from hectis_flow.domain.workflow_words import LAWFUL_BASES, MANDATORY_BASES

# Grounds on which the patient's own word, or its absence, is overridden.
OVERRIDES = ("court_order", "serious_threat_public_health")

HOSPITAL_STAGES = (
    Stage("recorded", "hospital", "Recorded", end=False, owner="facility"),
    Stage("classified", "hospital", "Classified", end=False, owner="facility", clock="referral_decision"),
    Stage(
        "awaiting_basis",
        "hospital",
        "Awaiting a legal basis",
        end=False,
        owner="facility",
        clock="referral_decision",
        task=Duty("record_basis", "facility_liaison"),
    ),
    Stage(
        "anonymous_only", "hospital", "Anonymous only", end=False, owner="facility", clock="anonymous_waiting"
    ),
    # Still the hospital's: nothing has left the facility until the referral is sent.
    Stage(
        "referral_ready",
        "hospital",
        "Ready to refer",
        end=False,
        owner="facility",
        clock="referral_sending",
        task=Duty("choose_precinct", "facility_liaison", unless="station"),
        goes_on="refer",
    ),
    Stage("voided", "hospital", "Voided", end=True, owner="none", reopens=("restore_visit",)),
    Stage(
        "closed_no_violence",
        "hospital",
        "Closed: no violence",
        end=True,
        owner="none",
        reopens=("reopen_violence",),
    ),
    Stage(
        "closed_anonymous",
        "hospital",
        "Closed: anonymous",
        end=True,
        owner="none",
        reopens=("reopen_anonymous",),
    ),
)

HOSPITAL_MOVES = (
    Transition("open", (), "recorded", ("feed",), "A message opens the case", may=("message_id",)),
    Transition(
        "classify",
        ("recorded",),
        "classified",
        ("feed", "rule", "health_data_steward"),
        "Violence, or intent undetermined",
        needs=("reason",),
        may=("message_id",),
        reasons=("external_cause_code", "clinician_flag"),
    ),
    # A rule asks for assault; undetermined intent is never referred by itself, so a person asks.
    Transition(
        "await_basis",
        ("classified",),
        "awaiting_basis",
        ("rule", "facility_liaison"),
        "Ask for a legal basis",
        may=("message_id",),
    ),
    Transition(
        "basis_recorded",
        ("awaiting_basis", "anonymous_only"),
        "referral_ready",
        ("facility_liaison", "feed"),
        "Record a legal basis",
        needs=("disclosure_basis",),
        may=("document_ref", "consent_scope", "message_id"),
        bases=LAWFUL_BASES,
        second=OVERRIDES,
    ),
    # The duty to report does not wait for us: it binds wherever an unsent case happens to stand.
    Transition(
        "mandatory_report",
        ("classified", "awaiting_basis", "anonymous_only"),
        "referral_ready",
        ("rule",),
        "The law obliges a report",
        needs=("disclosure_basis",),
        may=("message_id",),
        bases=MANDATORY_BASES,
    ),
    Transition(
        "keep_anonymous",
        ("awaiting_basis",),
        "anonymous_only",
        ("facility_liaison", "feed", "rule"),
        "Keep anonymous",
        needs=("reason",),
        may=("message_id",),
        reasons=("consent_refused", "consent_not_obtained"),
    ),
    # The service passes the basis on record: only a consent can be taken back, never a duty.
    Transition(
        "consent_withdrawn",
        ("referral_ready",),
        "anonymous_only",
        ("facility_liaison", "feed"),
        "Consent taken back before sending",
        needs=("disclosure_basis",),
        may=("document_ref", "message_id"),
        bases=("consent_written",),
    ),
    Transition(
        "close_no_violence",
        ("classified", "awaiting_basis", "anonymous_only"),
        "closed_no_violence",
        ("feed", "rule", "health_data_steward"),
        "Close: no violence",
        needs=("reason",),
        may=("message_id",),
        reasons=("code_taken_back", "found_no_violence"),
    ),
    # Once a basis stands, a corrected code alone must not silence a report the law may demand.
    Transition(
        "retract_referral",
        ("referral_ready",),
        "closed_no_violence",
        ("facility_liaison", "health_data_steward"),
        "Retract before sending: no violence",
        needs=("reason",),
        reasons=("code_taken_back", "found_no_violence"),
    ),
    # Coding lags and is corrected both ways; an incident has one case, so a code that returns needs it.
    Transition(
        "reopen_violence",
        ("closed_no_violence",),
        "classified",
        ("feed", "health_data_steward"),
        "Reopen: violence after all",
        needs=("reason",),
        may=("message_id",),
        reasons=("external_cause_code", "clinician_flag"),
    ),
    Transition(
        "close_anonymous",
        ("anonymous_only",),
        "closed_anonymous",
        ("rule",),
        "Close after the waiting time",
        needs=("reason",),
        reasons=("waiting_time_over",),
    ),
    Transition(
        "reopen_anonymous",
        ("closed_anonymous",),
        "referral_ready",
        ("facility_liaison", "feed"),
        "Reopen: consent or another basis came",
        needs=("disclosure_basis",),
        may=("document_ref", "consent_scope", "message_id"),
        bases=LAWFUL_BASES,
        second=OVERRIDES,
    ),
    Transition(
        "void",
        ("recorded", "classified", "awaiting_basis", "anonymous_only", "referral_ready"),
        "voided",
        ("feed",),
        "The visit was cancelled, or is another one",
        needs=("reason",),
        may=("message_id", "other_case"),
        reasons=("visit_cancelled", "visits_joined"),
    ),
    # A feed may cancel before it registers, or register anew; the order must not decide who is counted.
    Transition(
        "restore_visit",
        ("voided",),
        "classified",
        ("feed",),
        "The cancelled visit was registered anew",
        needs=("reason",),
        may=("message_id",),
        reasons=("visit_restored",),
    ),
)
