"""Where each field that can be read comes from: tables, joins, and what scopes and filters mean in SQL.

`storage.reading` puts its statements together from these constants and nothing else. The names of
records, fields and scopes are those of `domain.access`; a test holds the two together.
"""

from collections.abc import Mapping
from dataclasses import dataclass

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


COMMON_SCOPES = {"none": "false", "province": "true", "own_facility": "r.facility_id = :office_id"}
AFTER = {"after": "r.id < :after"}
FACILITY = "r.facility_id = " + OFFICE_BY_CODE.format(name="facility")
STATION = "r.station_id = " + OFFICE_BY_CODE.format(name="station")

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
            "sealed": "r.sealed_seq = r.ledger_seq",
            "ledger_head": "encode(r.ledger_head, 'hex')",
            "history": """(
                SELECT coalesce(json_agg(json_build_object(
                    'version', h.version, 'transition', h.transition, 'from_stage', nullif(h.from_stage, ''),
                    'to_stage', h.to_stage, 'actor_role', h.actor_role, 'actor', h.actor,
                    'details', h.details, 'at', h.at) ORDER BY h.version), '[]')
                FROM stage_transition h WHERE h.case_id = r.id)""",
        },
        filters=AFTER
        | {
            "stage": "r.stage = :stage",
            "phase": "r.phase = :phase",
            "facility": FACILITY,
            "station": STATION,
            "since": "r.opened_at >= :since",
            "until": "r.opened_at < :until",
        },
        scopes=COMMON_SCOPES
        | {"own_station_referred": "r.station_id = :office_id AND r.phase <> 'hospital'"},
    ),
}

PATIENT_COLUMNS = {
    "role": "p.patient_role",
    "quality": """(
        SELECT coalesce(json_agg(q.code ORDER BY q.id), '[]') FROM quality_item q
        WHERE q.encounter_id = e.id AND q.closed_at IS NULL)""",
}
PATIENT_SCOPES = {"none": "false", "province": "true", "own_facility": "e.facility_id = :office_id"}
