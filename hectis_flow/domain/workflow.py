"""THE declaration: every phase, stage, move, role and legal basis of a case, as frozen data and nothing else.

Read by `workflow_rules` (which checks it at import and answers look-ups), drawn by
`render.workflow_doc`, compared row by row with the edges a migration writes. It must hold no logic,
no times and no words of notices: times live in `config/policy.toml`.

Every name below is permanent once released: it stands in the database, the ledger, the API and the
docs. Sources: domain.md 4.3 (legal bases), 5.3 rows 1-5 and 25 (stages), 7 (roles). This release
ends where a referral is ready to be sent.
"""

from hectis_flow.domain.workflow_shapes import Basis, Declaration, Detail, Phase, Role, Stage, Transition

WORKFLOW_VERSION = 2

PHASES = (
    Phase("hospital", "Hospital record"),
    Phase("saps", "SAPS referral"),
    Phase("npa", "NPA docket"),
    Phase("court", "Court"),
)

ROLES = (
    Role("facility_liaison", "Facility liaison"),
    Role("saps_liaison", "SAPS liaison (station)"),
    Role("detective_commander", "Detective commander"),
    Role("cluster_commander", "Cluster or district commander"),
    Role("provincial_saps", "Provincial SAPS"),
    Role("prosecutor", "Prosecutor"),
    Role("senior_public_prosecutor", "Senior public prosecutor"),
    Role("chief_prosecutor", "Chief prosecutor"),
    Role("dpp_office", "Office of the DPP"),
    Role("watching_brief_official", "Watching brief official"),
    Role("committee_chair", "Committee chair"),
    Role("committee_secretary", "Committee secretary"),
    Role("deployment_planner", "Deployment planner"),
    Role("health_data_steward", "Health data steward"),
    Role("information_officer", "Information officer"),
    Role("auditor", "Auditor"),
    Role("administrator", "Administrator"),
    Role("rule", "The system, by a rule", system=True),
    Role("feed", "The system, because a hospital message said so", system=True),
)

BASES = (
    Basis("consent_written", "The patient's written consent"),
    Basis("s110", "Children's Act 38/2005 s110"),
    Basis("s54", "Sexual Offences Act 32/2007 s54"),
    Basis("s2A", "Domestic Violence Act 116/1998 s2A"),
    Basis("s2B", "Domestic Violence Act 116/1998 s2B"),
    Basis("s26", "Older Persons Act 13/2006 s26"),
    Basis("inquest", "Inquests Act 58/1959 s2"),
    Basis("court_order", "An order of court"),
    Basis("serious_threat_public_health", "A serious threat to public health"),
    Basis("none", "No basis: only de-identified fields may leave"),
)

# Laws that oblige somebody to report: the only bases a rule may act on without a person.
MANDATORY_BASES = ("s110", "s54", "s2A", "s2B", "s26", "inquest")
LAWFUL_BASES = ("consent_written", *MANDATORY_BASES, "court_order", "serious_threat_public_health")

DETAILS = (
    Detail("disclosure_basis", "the legal basis"),
    Detail("reason", "why, as a code"),
    # Ten digits in a row would be a telephone or an identity number, which a reference never needs.
    Detail(
        "document_ref",
        "the reference of a document: 1 to 40 letters, digits and . / _ -, no ten digits in a row",
        r"(?!.*[0-9]{10})[A-Za-z0-9][A-Za-z0-9./_-]{0,39}",
    ),
    Detail("message_id", "our own number of the message", r"[1-9][0-9]{0,18}"),
    Detail("other_case", "the number of the case that goes on", r"WC-[0-9]{4}-[0-9]{6,12}"),
)

STAGES = (
    Stage("recorded", "hospital", "Recorded", end=False, owner="facility"),
    Stage("classified", "hospital", "Classified", end=False, owner="facility"),
    Stage("awaiting_basis", "hospital", "Awaiting a legal basis", end=False, owner="facility"),
    Stage("anonymous_only", "hospital", "Anonymous only", end=False, owner="facility"),
    # Still the hospital's: nothing has left the facility until the referral is sent.
    Stage("referral_ready", "hospital", "Ready to refer", end=False, owner="facility"),
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

TRANSITIONS = (
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
        ("facility_liaison",),
        "Record a legal basis",
        needs=("disclosure_basis",),
        may=("document_ref",),
        bases=LAWFUL_BASES,
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
        ("facility_liaison", "rule"),
        "Keep anonymous",
        needs=("reason",),
        reasons=("consent_refused", "consent_not_obtained"),
    ),
    # The service passes the basis on record: only a consent can be taken back, never a duty.
    Transition(
        "consent_withdrawn",
        ("referral_ready",),
        "anonymous_only",
        ("facility_liaison",),
        "Consent taken back before sending",
        needs=("disclosure_basis",),
        may=("document_ref",),
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
        ("facility_liaison",),
        "Reopen: consent or another basis came",
        needs=("disclosure_basis",),
        may=("document_ref",),
        bases=LAWFUL_BASES,
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

DECLARATION = Declaration(WORKFLOW_VERSION, PHASES, ROLES, BASES, DETAILS, STAGES, TRANSITIONS)
