"""Legal bases on record, what a referral sends on them, and what the station then sees of it.

The services of casework call it within their moves, the API calls `referral` and `disclosures`. Which law
binds is `domain.legal_basis`, which fields leave is `domain.disclosure`. Named values are opened from the
vault only to be sorted or shown, never stored again, and every referral that is shown is logged.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from hectis_flow.domain import access_rules, disclosure, legal_basis
from hectis_flow.domain.casework import Actor
from hectis_flow.domain.coding import CodeReading, read_code
from hectis_flow.domain.disclosure import Disclosed
from hectis_flow.domain.errors import HectisError, NotVisible
from hectis_flow.domain.history_proof import move_actor
from hectis_flow.domain.legal_basis import BasisFacts, Heard
from hectis_flow.domain.visit import VisitState
from hectis_flow.domain.workflow_words import LAWFUL_BASES
from hectis_flow.services.house import House
from hectis_flow.services.reading import NOT_HERE, Asking, ReadOf, remember
from hectis_flow.services.tokens import bearer_of
from hectis_flow.storage import disclosures as stored
from hectis_flow.storage import scoped
from hectis_flow.storage.cases import Locked
from hectis_flow.storage.disclosures import Record, Told
from hectis_flow.storage.tokens import Bearer
from hectis_flow.storage.vault import IDENTITY, PRIVATE

EMPTY: tuple[Any, ...] = (None, "", [], {})
REFERRAL, DISCLOSURES = "cases.referral", "cases.disclosures"


class BasisRefused(HectisError):
    """A basis cannot be recorded as given; `code` says why."""

    code = "unknown_basis"
    status = 422


def heard(session: Session, case_id: int | None, state: VisitState) -> Heard:
    """What a visit's messages ask for beyond what its case (None: it has none yet) has on record."""
    facts = legal_basis.facts_of(state)
    if case_id is None or facts.consent is None:
        return legal_basis.heard(facts)
    known = stored.grounds(session, case_id)
    return legal_basis.heard(facts, _standing(known), {ground.basis for ground in known})


def record_basis(
    session: Session,
    case_id: int,
    basis: str,
    document_ref: str | None,
    actor: Actor,
    scope: Collection[str] | None = None,
) -> None:
    """Put a ground on record for a case; what stands already stays as it is.

    `scope` are groups of fields that a written consent was given for (None: all). Raises `BasisRefused`:
    `unknown_basis`, `unknown_scope`.
    """
    if basis not in LAWFUL_BASES:
        raise BasisRefused(f"A legal basis is one of: {', '.join(LAWFUL_BASES)}.")
    if scope is not None and (basis != "consent_written" or not set(scope) <= set(disclosure.SCOPES)):
        words = ", ".join(disclosure.SCOPES)
        raise BasisRefused(
            f"Only consent_written has a scope, of these groups: {words}.", code="unknown_scope"
        )
    values = {
        "case_id": case_id,
        "basis": basis,
        "document_ref": document_ref,
        "scope": None if scope is None else sorted(set(scope)),
        "recorded_by": move_actor(actor.role, actor.name),
    }
    stored.add_basis(session, values)


def record_duties(session: Session, case_id: int, duties: Collection[str], actor: Actor) -> None:
    """Put every law that obliges a report on record, not only the one that leads."""
    for basis in duties:
        record_basis(session, case_id, basis, None, actor)


def fallen(session: Session, case_id: int, duties: Collection[str], actor: Actor) -> bool:
    """Whether a duty that this actor put on record stands there still, though nothing tells of it any more."""
    by = move_actor(actor.role, actor.name)
    known = stored.grounds(session, case_id)
    return any(
        ground.standing and ground.recorded_by == by and ground.basis not in duties for ground in known
    )


def withdraw(session: Session, case_id: int, basis: str) -> bool:
    """Take a ground back; what was sent on it stays on record. False where it does not stand."""
    return stored.withdraw_basis(session, case_id, basis)


def standing(session: Session, case_id: int) -> tuple[str, ...]:
    """The grounds on record now, the leading one first."""
    return disclosure.in_order(_standing(stored.grounds(session, case_id)))


def urgent(session: Session, case_id: int, record: Record | None = None) -> bool:
    """Whether the station's clock on this case runs through the night."""
    told = (record or Record(session, case_id)).told
    return told is not None and legal_basis.is_urgent(_facts(told.clear))


def send(house: House, session: Session, case: Locked, actor: Actor, record: Record | None = None) -> None:
    """Write what a referral just made lets leave, to the case's station: `case` as the move left it.

    Raises `VaultFault`, and with it the move fails: nothing is sent that is not on record.
    """
    if case.station_id is None:
        raise ValueError("a referral has a station")
    sorted_, grounds = _sorted(house, session, case.id, record)
    stored.add_disclosure(
        session,
        {
            "case_id": case.id,
            "version": case.version,
            "office_id": case.station_id,
            "basis": grounds[0] if grounds else "none",
            "fields": list(sorted_.fields),
            "grounds": [sorted_.grounds[name] for name in sorted_.fields],
            "withheld": list(sorted_.withheld),
            "actor": move_actor(actor.role, actor.name),
        },
    )


def referral(house: House, asking: Asking, ref: str) -> dict[str, Any]:
    """What the station sees of a case: exactly the fields it was last sent, opened and logged.

    The case's own facility sees the same before it is sent, sorted by the grounds on record now, with the
    names of what stays. Raises `NotAuthenticated` and `NotVisible`.
    """
    with house.transaction() as session:
        bearer = bearer_of(session, asking.token)
        given = access_rules.grant(bearer.role, REFERRAL)
        case = scoped.look(session, given.scope, bearer.office_id, ref)
        if case is None:
            raise NotVisible(NOT_HERE)
        station = given.scope == "own_station_referred"
        shown = _as_sent(house, session, case, bearer) if station else _preview(house, session, case)
        remember(session, bearer, asking, ReadOf("case", case.id, REFERRAL, given.purpose))
        return {"ref": case.ref, **shown}


def disclosures(house: House, asking: Asking, ref: str) -> list[dict[str, Any]]:
    """What was disclosed of a case, oldest first: to whom, which fields, on which ground, by whom; no values.

    Raises `NotAuthenticated` and `NotVisible`.
    """
    with house.transaction() as session:
        bearer = bearer_of(session, asking.token)
        given = access_rules.grant(bearer.role, DISCLOSURES)
        case = scoped.look(session, given.scope, bearer.office_id, ref)
        if case is None:
            raise NotVisible(NOT_HERE)
        remember(session, bearer, asking, ReadOf("case", case.id, DISCLOSURES, given.purpose))
        return [_line(sent) for sent in stored.all_sent(session, case.id)]


def _as_sent(house: House, session: Session, case: Locked, bearer: Bearer) -> dict[str, Any]:
    """The newest disclosure to the bearer's station; a station that was sent nothing sees nothing."""
    sent = stored.newest_sent(session, case.id, bearer.office_id or 0)
    told = stored.told_of(session, case.id)
    if sent is None or told is None:
        raise NotVisible(NOT_HERE)
    record = _record(house, told)
    fields = {name: record.get(name) for name in sent.fields}
    return {"sent_at": sent.at.isoformat(), "basis": sent.basis, "fields": fields}


def _preview(house: House, session: Session, case: Locked) -> dict[str, Any]:
    found, grounds = _sorted(house, session, case.id)
    return {
        "sent_at": None,
        "basis": grounds[0] if grounds else "none",
        "fields": dict(found.fields),
        "withheld": list(found.withheld),
    }


def _sorted(
    house: House, session: Session, case_id: int, kept: Record | None = None
) -> tuple[Disclosed, tuple[str, ...]]:
    """The whole record of a case, sorted by the grounds on record now, and those, the leading one first."""
    told = (kept or Record(session, case_id)).told
    known = [ground for ground in stored.grounds(session, case_id) if ground.standing]
    scope = next((ground.scope for ground in known if ground.basis == "consent_written"), None)
    record = {} if told is None else _record(house, told)
    grounds = disclosure.in_order(_standing(known))
    return disclosure.disclose(record, grounds, scope), grounds


def _record(house: House, told: Told) -> dict[str, Any]:
    """Every field of a case's patient and incident that the table speaks of, None where nobody said it."""
    clear = told.clear
    identity = house.vault.open_json(IDENTITY, told.identity_key_id, told.identity_enc)
    private = house.vault.open_json(PRIVATE, told.private_key_id, told.private_enc)
    # Of two residences the person's newest one counts, where there is one.
    found = clear | private | {name: value for name, value in identity.items() if value}
    happened = clear["happened_at"]
    at = datetime.fromisoformat(happened) if happened else None
    found |= {
        "age_band": disclosure.age_band(clear["age_years"]),
        "time_band": disclosure.time_band(at, clear["happened_precision"]),
        "perpetrator": _perpetrator(clear["codes"]),
    }
    return {name: None if found.get(name) in EMPTY else found[name] for name in disclosure.EVERY}


def _perpetrator(codes: Collection[str]) -> str | None:
    """Who did it, as a code of neglect or maltreatment says (Y06, Y07)."""
    read = (read_code(code) for code in codes)
    return next((one.perpetrator for one in read if isinstance(one, CodeReading) and one.perpetrator), None)


def _facts(clear: dict[str, Any]) -> BasisFacts:
    same = {name: clear[name] for name in ("intent", "age_years", "sex", "died", "sats_colour")}
    return BasisFacts(codes=tuple(clear["codes"]), **same)


def _standing(known: Collection[stored.Ground]) -> tuple[str, ...]:
    return tuple(ground.basis for ground in known if ground.standing)


def _line(sent: dict[str, Any]) -> dict[str, Any]:
    grounds = dict(zip(sent["fields"], sent.pop("grounds"), strict=True))
    return {**sent, "at": sent["at"].isoformat(), "fields": grounds}
