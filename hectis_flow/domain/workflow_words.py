"""The words of the workflow declaration: phases, roles, legal bases, and the details a move may carry.

Part of `workflow.py`. Sources: domain.md 4.3 (legal bases), 5.3 (postponements), 6 (causes of a removal),
7 (roles). The offences, sentences and items of a docket are this project's own short lists.
"""

from typing import Final

from hectis_flow.domain.workflow_shapes import Basis, Detail, Phase, Role

#: The number of a case, as it stands in every address, body and form.
CASE_REF: Final = r"WC-[0-9]{4}-[0-9]{6,12}"

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
    Role("anti_gang_unit", "Anti-Gang Unit"),
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
    Detail("court", "the code of the court, as in the list of offices", r"[a-z0-9-]{2,80}"),
    Detail(
        "court_case_no",
        "the number of the matter at the court: 1 to 40 letters, digits and . / _ -, no ten digits in a row",
        r"(?!.*[0-9]{10})[A-Za-z0-9][A-Za-z0-9./_-]{0,39}",
    ),
    Detail(
        "charges",
        "accused and what each is charged with, by codes of docs/workflow.md: 1=murder,firearm_possession;2=murder",
        r"[1-9][0-9]?=[a-z_0-9]+(,[a-z_0-9]+){0,19}(;[1-9][0-9]?=[a-z_0-9]+(,[a-z_0-9]+){0,19}){0,29}",
    ),
    Detail(
        "children",
        "which of the accused were under 18 at the offence: 1,3",
        r"[1-9][0-9]?(,[1-9][0-9]?){0,29}",
    ),
    Detail(
        "of",
        "which charges it is about: 1 (all of accused 1), 1.2 (charge 2 of accused 1), with commas; "
        "all that can make the move if it is left out",
        r"[1-9][0-9]?(\.[1-9][0-9]?)?(,[1-9][0-9]?(\.[1-9][0-9]?)?){0,59}",
    ),
    Detail("next_date", "the next day in court: YYYY-MM-DD", r"20[0-9]{2}-[01][0-9]-[0-3][0-9]"),
    Detail(
        "officer", "the staff code of the investigating officer", r"(?!.*[0-9]{10})[a-z0-9][a-z0-9._-]{1,79}"
    ),
    Detail("plea", "what the accused pleaded"),
    Detail("verdict_on", "what the conviction rests on"),
    Detail("sentence", "the kind of sentence"),
    Detail("months", "how long, in months, 1 to 999", r"[1-9][0-9]{0,2}"),
    Detail("asked_by", "who asked for the postponement"),
    Detail("attributable_to", "whose action was needed"),
    Detail(
        "more_causes",
        "further causes, by the same codes, with commas",
        r"[a-z_0-9]+(,[a-z_0-9]+){0,9}",
    ),
    Detail(
        "dpp_ref",
        "the reference of what the DPP put in writing: 1 to 40 letters, digits and . / _ -, no ten digits in a row",
        r"(?!.*[0-9]{10})[A-Za-z0-9][A-Za-z0-9./_-]{0,39}",
    ),
    Detail("dpp_date", "the day on which the DPP signed it: YYYY-MM-DD", r"20[0-9]{2}-[01][0-9]-[0-3][0-9]"),
    Detail(
        "items",
        "what the docket lacks, by codes of docs/workflow.md, each with the day it is wanted by if that is known: "
        "ballistic_report,witness_statement:2027-01-15",
        r"[a-z_0-9]+(:20[0-9]{2}-[01][0-9]-[0-3][0-9])?(,[a-z_0-9]+(:20[0-9]{2}-[01][0-9]-[0-3][0-9])?){0,19}",
    ),
    Detail("awaits", "the one item of the docket that it waits for, by its code"),
    Detail(
        "second",
        "the staff code of the second person who confirmed it",
        r"(?!.*[0-9]{10})[a-z0-9][a-z0-9._-]{1,79}",
    ),
    Detail("undoes", "the name of the move that is taken back", r"[a-z][a-z0-9]*(_[a-z0-9]+)*"),
    Detail("message_id", "our own number of the message", r"[1-9][0-9]{0,18}"),
    Detail("other_case", "the number of the case that goes on", CASE_REF),
)

# What a case can be charged with, as far as the road must know. [D]: no list of charges was published.
OFFENCES = (
    *("murder", "attempted_murder", "culpable_homicide", "assault_gbh", "common_assault"),
    *("rape", "sexual_assault", "robbery_aggravating", "common_robbery", "kidnapping", "arson"),
    *("firearm_possession", "ammunition_possession", "poca_s9", "child_abuse", "older_person_abuse"),
    *("protection_order_breach", "intimidation", "malicious_damage", "other_offence"),
)

# Why a matter is postponed (domain.md 5.3).
POSTPONEMENT_CAUSES = (
    *("further_investigation", "forensic_outstanding", "docket_not_at_court", "witness_absent"),
    *("accused_absent", "accused_not_brought", "legal_representation", "regional_court_decision"),
    *("bail_information", "interpreter", "magistrate_unavailable", "court_closed"),
    *("plea_negotiation", "other"),
)

# Why a matter leaves the roll (domain.md 6): the police's causes first, then the others.
REMOVAL_CAUSES = (
    *("docket_not_at_court", "investigation_incomplete", "accused_not_brought"),
    *("witnesses_not_subpoenaed", "forensic_report_outstanding", "not_within_48h"),
    *("defective_service", "police_witness_absent"),
    *("complainant_withdrew", "witness_untraceable", "insufficient_evidence"),
    *("accused_deceased", "other"),
)

# Whose action was needed (domain.md 6).
ATTRIBUTABLE = ("SAPS", "FSL", "FPS_health", "NPA", "court", "defence", "witness", "none")

# What a docket can lack when it goes back, or while a removed matter waits. [D]
DOCKET_ITEMS = (
    *("witness_statement", "complainant_statement", "arresting_statement", "identification"),
    *("j88", "ballistic_report", "dna_report", "post_mortem_report", "blood_alcohol_report"),
    *("scene_report", "photographs", "chain_of_custody", "cell_phone_records", "subpoenas"),
    *("warrant", "previous_convictions", "other_item"),
)

SENTENCES = (
    *("life", "imprisonment", "suspended", "correctional_supervision", "fine"),
    *("postponed_sentence", "caution", "child_justice_measure", "other_sentence"),
)
