"""Where each field that can be read comes from: tables, joins, and what scopes and filters mean in SQL.

`storage.reading` puts its statements together from these constants and nothing else. The names of
records, fields and scopes are those of `domain.access`; a test holds the two together.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from hectis_flow.storage import reading_briefs, reading_committee, reading_court, reading_escalations
from hectis_flow.storage.offices import FALLBACK_OFFICE
from hectis_flow.storage.reading_tree import BELOW, PARENTS, STANDING

OFFICE_BY_CODE = "(SELECT id FROM office WHERE code = :{name})"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a record comes from. `r` is its own table; fields not in `columns` are columns of `r`."""

    table: str
    key: str
    joins: str
    columns: Mapping[str, str]
    filters: Mapping[str, str]
    scopes: Mapping[str, str]


# What no facility could be found for is its office's own who looks after it (`offices.FALLBACK_OFFICE`).
OWN_FACILITY = f"""(r.facility_id = :office_id OR (
    r.facility_id IS NULL AND :office_id = (SELECT id FROM office WHERE code = '{FALLBACK_OFFICE}')))
"""  # noqa: S608  (a constant)
COMMON_SCOPES = {"none": "false", "province": "true", "own_facility": OWN_FACILITY}
# Where a page goes on: from the newest back; of some lists also from the oldest on.
AFTER = {"after": "r.id < :after"}
BEYOND = {"beyond": "r.id > :after"}
FACILITY = "r.facility_id = " + OFFICE_BY_CODE.format(name="facility")
STATION = "r.station_id = " + OFFICE_BY_CODE.format(name="station")

# Referred, and to this station: it has owned a stage of the case, and the case lies in its precinct still.
REFERRED = """
    r.station_id = :office_id AND r.phase <> 'hospital'
    AND EXISTS (SELECT FROM clock k WHERE k.case_id = r.id AND k.office_id = :office_id)
"""
# A case has a court from the day on which its docket is submitted. Who answers for the court today stands above it.
OWN_COURT = (
    f"r.court_id IN (SELECT p.office_id FROM office_parent p WHERE p.parent_id = :office_id AND {STANDING})"  # noqa: S608
)
# A brief of it is the unit's, open or closed.
WATCHED = "r.id IN (SELECT b.case_id FROM watching_brief b WHERE b.office_id = :office_id)"
# Whoever watches the courts may look at any matter that has come to one, to watch it from then on.
AT_COURT = "r.court_id IS NOT NULL"

SOURCES: Mapping[str, Source] = {
    "message": Source(
        table="inbound_message",
        key="r.id",
        joins="""
            LEFT JOIN office f ON f.id = r.facility_id
            LEFT JOIN incident_patient p ON p.encounter_id = r.encounter_id
            LEFT JOIN "case" c ON c.incident_id = p.incident_id
        """,
        columns={
            "facility": "f.code",
            "incident_id": "p.incident_id",
            "case_ref": "c.ref",
            "application_ack": """
                CASE WHEN r.state IN ('accepted', 'ignored') THEN 'AA' WHEN r.state = 'parked' THEN 'AE' END""",
        },
        filters=AFTER
        | {
            "state": "r.state = :state",
            "control_id": "r.control_id = :control_id",
            "reason": "r.reason = :reason",
            "facility": FACILITY,
            "since": "r.received_at >= :since",
            "until": "r.received_at < :until",
        },
        scopes=COMMON_SCOPES,
    ),
    "incident": Source(
        table="incident",
        key="r.id",
        joins="""
            LEFT JOIN office f ON f.id = r.facility_id
            LEFT JOIN office s ON s.id = r.station_id
            LEFT JOIN "case" c ON c.incident_id = r.id
        """,
        columns={
            "recorded_at": "r.created_at",
            "changed_at": "r.updated_at",
            "facility": "f.code",
            "station": "s.code",
            "case_ref": "c.ref",
        },
        filters=AFTER
        | {
            "intent": "r.intent = :intent",
            "mechanism": "r.mechanism = :mechanism",
            "facility": FACILITY,
            "station": STATION,
            "since": "r.happened_at >= :since",
            "until": "r.happened_at < :until",
        },
        scopes=COMMON_SCOPES,
    ),
    "case": Source(
        table='"case"',
        key="r.ref",
        joins="""
            JOIN incident i ON i.id = r.incident_id
            JOIN office o ON o.id = r.owner_office_id
            LEFT JOIN office f ON f.id = r.facility_id
            LEFT JOIN office s ON s.id = r.station_id
        """,
        columns={
            "since": "r.stage_entered_at",
            "owner_office": "o.code",
            "facility": "f.code",
            "station": "s.code",
            "conflict": """(
                SELECT x.reason FROM case_conflict x WHERE x.case_id = r.id AND x.resolved_at IS NULL)""",
            "grounds": """(
                SELECT coalesce(json_agg(b.basis ORDER BY b.id), '[]') FROM legal_basis b
                WHERE b.case_id = r.id AND b.withdrawn_at IS NULL)""",
            "sealed": "r.sealed_seq = r.ledger_seq",
            "ledger_head": "encode(r.ledger_head, 'hex')",
            **reading_court.COLUMNS,
            "gang_flag": reading_committee.GANG_FLAG,
        },
        filters=AFTER
        | {
            "stage": "r.stage = :stage",
            "phase": "r.phase = :phase",
            "ref": "r.ref = :ref",
            "facility": FACILITY,
            "station": STATION,
            "since": "r.opened_at >= :since",
            "until": "r.opened_at < :until",
            **reading_court.FILTERS,
            "gang_flag": reading_committee.FLAGGED,
        },
        scopes=COMMON_SCOPES
        | {
            "own_station_referred": REFERRED,
            "own_court": OWN_COURT,
            "own_courts": f"r.court_id IN ({BELOW})",
            "watched": WATCHED,
            "docketed": reading_committee.DOCKETED,
            "committee": reading_committee.CAME,
            "at_court": AT_COURT,
        },
    ),
    "brief": Source(
        table="watching_brief",
        key="r.id",
        joins=reading_briefs.JOINS,
        columns=reading_briefs.COLUMNS,
        filters=AFTER | reading_briefs.FILTERS,
        scopes={
            "none": "false",
            "asked": reading_briefs.ASKED,
            "watched": reading_briefs.WATCHED,
            "at_court": "false",  # of cases alone: a brief by hand is asked for by its case
            "own_court": reading_briefs.of_court(OWN_COURT),
            "own_courts": reading_briefs.of_court(f"r.court_id IN ({BELOW})"),
        },
    ),
    "escalation": Source(
        table="escalation",
        key="r.id",
        joins=reading_escalations.JOINS,
        columns=reading_escalations.COLUMNS,
        filters=AFTER | BEYOND | reading_escalations.FILTERS,
        scopes=reading_escalations.SCOPES,
    ),
    "office": Source(
        table="office",
        key="r.code",
        joins="",
        columns={"parents": PARENTS},
        filters=AFTER | {"kind": "r.kind = :kind", "named": "strpos(lower(r.name), lower(:named)) > 0"},
        scopes={"none": "false", "reference": "true"},
    ),
    "meeting": Source(
        table="meeting",
        key="r.id",
        joins="",
        columns=reading_committee.MEETING,
        filters=AFTER,
        scopes={"none": "false", "committee": reading_committee.OWN},
    ),
    "decision": Source(
        table="committee_decision",
        key="r.id",
        joins=reading_committee.DECISION_JOINS,
        columns=reading_committee.DECISION,
        filters=AFTER | BEYOND | {"meeting": "r.meeting_id = :meeting"} | reading_committee.DECISION_FILTERS,
        scopes={
            "none": "false",
            "committee": "r.meeting_id IN (SELECT id FROM meeting WHERE office_id = :office_id)",
            "own_tree": f"(r.confirmed_at IS NOT NULL AND r.office_id IN ({BELOW}))",
        },
    ),
}

PATIENT_COLUMNS = {
    "role": "p.patient_role",
    "quality": """(
        SELECT coalesce(json_agg(q.code ORDER BY q.id), '[]') FROM quality_item q
        WHERE q.encounter_id = e.id AND q.closed_at IS NULL)""",
}
PATIENT_SCOPES = COMMON_SCOPES | {"own_facility": OWN_FACILITY.replace("r.", "e.")}
