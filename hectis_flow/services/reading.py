"""Reading records through the API: who asks, what the policy table grants, and a line in the log of reads.

The API's views call it, one call a request. Each call is one transaction: the token is looked up, the
grant is asked, the record is read within its scope and the read is logged, or nothing is given out at
all. A named field is opened only after the record was found in scope; names never reach a log.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from hectis_flow.domain import access_rules
from hectis_flow.domain.access_rules import Grant
from hectis_flow.domain.errors import NotAllowed, NotVisible
from hectis_flow.services.house import House
from hectis_flow.services.tokens import bearer_of
from hectis_flow.storage import reading, tokens
from hectis_flow.storage.reading import Page, Patient, Wanted
from hectis_flow.storage.staff import on_duty
from hectis_flow.storage.tokens import Bearer
from hectis_flow.storage.vault import IDENTITY, PRIVATE

NOT_HERE = "There is nothing here, or nothing that you may see."

# Which ciphertext holds which named field of a patient.
SEALED: Mapping[str, tuple[str, ...]] = {
    "identity": ("name", "numbers", "born", "residence"),
    "private": ("visit_number", "complaint", "brought_in_by", "place_text", "place_address", "stays"),
}
# Filters that tell what a field would show: for those alone who may see that field.
FILTER_SHOWS: Mapping[str, str] = {"gang_flag": "gang_flag", "trigger": "triggers", "j88": "j88"}
# Fields that no column holds: who is on duty is found by walking over leave and deputies.
COMPUTED = ("on_duty",)
SEALED_FIELDS = frozenset(name for names in SEALED.values() for name in names)


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks and within which request: the token as it was sent, and the request's id."""

    token: str
    request_id: str


class ReadOf(NamedTuple):
    """One read of one record, as the log of reads keeps it."""

    record: str
    record_id: int
    action: str
    purpose: str


def list_records(
    house: House,
    asking: Asking,
    action: str,
    filters: Mapping[str, Any],
    after: int | None,
    limit: int,
    *,
    oldest: bool = False,
) -> Page:
    """A page of what the bearer may see, newest first or `oldest`. Raises `NotAuthenticated` and `NotAllowed`."""
    with house.transaction() as session:
        bearer = bearer_of(session, asking.token)
        given = access_rules.grant(bearer.role, action)
        if given.scope == "none":
            raise NotAllowed(f"The role {bearer.role} has no list of this kind.")
        if any(name in filters and shown not in given.fields for name, shown in FILTER_SHOWS.items()):
            raise NotAllowed(f"The role {bearer.role} has no filter of this kind.")
        return reading.page(session, _wanted(action, bearer, given), filters, after, limit, oldest=oldest)


def read_record(house: House, asking: Asking, action: str, key: int | str) -> dict[str, Any]:
    """One record with the fields the bearer may see. Raises `NotAuthenticated` and `NotVisible`.

    What does not exist, what lies outside the scope and what the role may never see end in the same
    words after the same work.
    """
    with house.transaction() as session:
        bearer = bearer_of(session, asking.token)
        given = access_rules.grant(bearer.role, action)
        wanted = _wanted(action, bearer, given)
        found = reading.one(session, wanted, key)
        if found is None:
            raise NotVisible(NOT_HERE)
        record_id, record = found
        inner = tuple(name.removeprefix("patients.") for name in given.fields if name.startswith("patients."))
        if "on_duty" in given.fields:
            record["on_duty"] = _on_duty(session, record_id)
        if inner:
            record["patients"] = _patients(house, session, record_id, wanted, inner)
        if access_rules.action(action).logged:
            remember(session, bearer, asking, ReadOf(wanted.record, record_id, action, given.purpose))
        return record


def _wanted(action: str, bearer: Bearer, given: Grant) -> Wanted:
    record = access_rules.action(action).record
    fields = tuple(name for name in given.fields if name not in COMPUTED)
    return Wanted(record, fields, given.scope, bearer.office_id)


def _on_duty(session: Session, office_id: int) -> list[dict[str, Any]]:
    """Who answers at an office now, by role: staff codes alone."""
    posts = [(office_id, role) for role in reading.roles_at(session, office_id)]
    found = on_duty(session, posts)
    return [{"role": post[1], "staff": [one.code for one in found.get(post, ())]} for post in posts]


def _patients(
    house: House, session: Session, incident_id: int, wanted: Wanted, fields: tuple[str, ...]
) -> list[dict[str, Any]]:
    """The patients in scope; ciphertext is opened only for fields that were granted."""
    clear = tuple(name for name in fields if name not in SEALED_FIELDS)
    rows = reading.patients(session, incident_id, Wanted("patient", clear, wanted.scope, wanted.office_id))
    return [row.clear | _opened(house, row, fields) for row in rows]


def _opened(house: House, row: Patient, fields: tuple[str, ...]) -> dict[str, Any]:
    """The named fields of one patient, None where the hospital never said. Raises `VaultFault`."""
    named: dict[str, Any] = {}
    for part, purpose, key_id, sealed in (
        ("identity", IDENTITY, row.identity_key_id, row.identity_enc),
        ("private", PRIVATE, row.private_key_id, row.private_enc),
    ):
        granted = [name for name in SEALED[part] if name in fields]
        if granted:
            values = house.vault.open_json(purpose, key_id, sealed)
            named |= {name: values.get(name) for name in granted}
    return named


def remember(session: Session, bearer: Bearer, asking: Asking, read: ReadOf) -> None:
    """Log a read in the read's own transaction: if the line cannot be written, nothing is shown."""
    line = {
        "token_id": bearer.token_id,
        "role": bearer.role,
        "office_id": bearer.office_id,
        "request_id": asking.request_id,
        **read._asdict(),
    }
    tokens.log_reads(session, [line])
