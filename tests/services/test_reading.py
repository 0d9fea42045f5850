"""Every grant of the policy table becomes a statement that PostgreSQL accepts and answers."""

import pytest
from sqlalchemy import Engine

from hectis_flow.domain.access import ACTIONS, FIELDS, SCOPES
from hectis_flow.domain.access_rules import grant, record_fields
from hectis_flow.domain.errors import NotAllowed, NotAuthenticated, NotVisible
from hectis_flow.domain.workflow_rules import staff_roles
from hectis_flow.services import reading, tokens
from hectis_flow.services.house import House
from hectis_flow.services.reading import SEALED_FIELDS, Asking
from hectis_flow.storage import reading as stored
from hectis_flow.storage.reading import Wanted
from hectis_flow.storage.reading_sources import PATIENT_COLUMNS, SOURCES

PERIOD = {"since": "2026-01-01", "until": "2026-01-02", "facility": "x"}
FILTERS = {
    "message": PERIOD | {"state": "parked", "reason": "x", "control_id": "x"},
    "incident": PERIOD | {"intent": "assault", "mechanism": "x", "station": "x"},
    "case": PERIOD
    | {"stage": "recorded", "phase": "hospital", "station": "x"}
    | {"ref": "x", "court": "x", "cas": "1/2/2026", "court_case_no": "x", "gang_flag": True, "j88": "x"},
    "escalation": {"open": True, "cleared": True, "here": True, "below": True, "above": True},
    "office": {"kind": "leap", "named": "x"},
    "meeting": {},
    "decision": {"meeting": 1, "for_chair": True, "owed": True, "here": True},
    "brief": {
        "open": True,
        "closed": True,
        "trigger": "gbv",
        "court": "x",
        "mine": True,
        "sits": "2026-01-05",
    },
}
KEYS = {"case": "WC-2026-000001", "office": "no-such-office"}
# Read by services of their own: queues, and what is decided field by field.
ELSEWHERE = {
    "task",
    "referral",
    "disclosure",
    "load",
    "bulk",
    "agenda",
    "notice",
    "read",
    "staff",
    "system",
} | {
    *("balance", "digest", "links"),
}


def listable(record: str) -> tuple[str, ...]:
    return tuple(name for name in record_fields(record) if not name.startswith(("patients.", "on_duty")))


def test_every_scope_filter_and_field_makes_a_statement(clean: Engine, house: House) -> None:
    with house.transaction() as session:
        for record, source in SOURCES.items():
            assert set(FILTERS[record]) | {"after"} == set(source.filters) - {"beyond"}
            for scope in source.scopes:
                wanted = Wanted(record, listable(record), scope, 1)
                for oldest in {False, "beyond" in source.filters}:
                    found = stored.page(session, wanted, FILTERS[record], 1, 10, oldest=oldest)
                    assert found == ("[]", None)
                assert stored.one(session, wanted, KEYS.get(record, 1)) is None


def test_every_grant_makes_a_statement(clean: Engine, house: House) -> None:
    with house.transaction() as session:
        for role in staff_roles():
            for one in (one for one in ACTIONS if one.record not in ELSEWHERE):
                given = grant(role, one.name)
                fields = tuple(name for name in given.fields if name != "on_duty")
                wanted = Wanted(one.record, fields, given.scope, None)
                if one.name.endswith(".list"):
                    assert stored.page(session, wanted, {}, 1, 1) == ("[]", None)
                else:
                    assert stored.one(session, wanted, KEYS.get(one.record, 1)) is None


def test_every_patient_field_is_either_sealed_or_a_column(clean: Engine, house: House) -> None:
    named = {name.removeprefix("patients.") for name in record_fields("incident") if "patients." in name}
    assert named >= SEALED_FIELDS
    clear = tuple(sorted(named - SEALED_FIELDS))
    with house.transaction() as session:
        for scope in ("none", "own_facility", "province"):
            assert stored.patients(session, 1, Wanted("patient", clear, scope, 1)) == []
    assert set(PATIENT_COLUMNS) <= named


def test_records_and_scopes_have_one_name_in_policy_and_storage() -> None:
    assert set(SOURCES) == set(FIELDS) - ELSEWHERE
    in_queues = {"own_office"}
    assert {scope for source in SOURCES.values() for scope in source.scopes} == set(SCOPES) - in_queues


def test_a_use_case_without_a_living_token_reads_nothing(clean: Engine, house: House) -> None:
    for sent in ("", "hf_", "hf_" + "x" * 43, "\0"):
        asking = Asking(sent, "a request")
        with pytest.raises(NotAuthenticated):
            reading.list_records(house, asking, "cases.list", {}, None, 1)
        with pytest.raises(NotAuthenticated):
            reading.read_record(house, asking, "cases.read", "WC-2026-000001")


def test_a_role_without_a_line_has_no_list_and_sees_no_record(clean: Engine, house: House) -> None:
    asking = Asking(tokens.create(house, "auditor", None, "a", 1).secret, "a request")
    with pytest.raises(NotAllowed):
        reading.list_records(house, asking, "cases.list", {}, None, 1)
    with pytest.raises(NotVisible):
        reading.read_record(house, asking, "cases.read", "WC-2026-000001")
