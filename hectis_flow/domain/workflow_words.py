"""The words of the workflow declaration: phases, roles, legal bases, and the details a move may carry.

Part of `workflow.py`, which alone imports it. Sources: domain.md 4.3 (legal bases), 7 (roles).
"""

from hectis_flow.domain.workflow_shapes import Basis, Detail, Phase, Role

PHASES = (
    Phase("hospital", "Hospital record"),
    Phase("saps", "SAPS referral"),
    Phase("npa", "NPA docket"),
    Phase("court", "Court"),
)

ROLES = (
    Role("facility_liaison", "Facility liaison"),
    Role("facility_manager", "Facility manager"),
    Role("health_district_manager", "District health manager"),
    Role("health_province_manager", "Provincial health manager"),
    Role("saps_liaison", "SAPS liaison (station)"),
    Role("station_commander", "Station commander"),
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
    # As `domain.cas` normalises it: the station's code, serial, month, year.
    Detail(
        "cas_number",
        "the CAS number: serial/month/year, of the case's station if none is named",
        r"[a-z0-9-]{2,80}\|[1-9][0-9]{0,4}\|(0[1-9]|1[0-2])\|[0-9]{4}",
    ),
    # The groups of domain/disclosure.py; without it the consent is for all of them.
    Detail(
        "consent_scope",
        "what the consent was given for, if not for all: identity, home, scene, household, care, with commas",
        r"(identity|home|scene|household|care)(,(identity|home|scene|household|care)){0,4}",
    ),
    Detail("message_id", "our own number of the message", r"[1-9][0-9]{0,18}"),
    Detail("other_case", "the number of the case that goes on", r"WC-[0-9]{4}-[0-9]{6,12}"),
)
