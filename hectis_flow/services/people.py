"""One person, from all their messages to their visits, inside the caller's transaction.

`services.intake` calls `sync` for each person who got a new message, with that person and all their
relatives by merge locked. Every accepted message of the person is read anew and sorted into visits
(`domain.person`), so nothing depends on the order in which messages or merges came; visits whose
messages did not change are left alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from hectis_flow.domain.allotment import Allotted, Wanted, allot
from hectis_flow.domain.allotment import Held as Standing
from hectis_flow.domain.facts import MessageFacts
from hectis_flow.domain.intake import MERGE, VisitKey
from hectis_flow.domain.message_order import in_order
from hectis_flow.domain.person import demographics, visits_of
from hectis_flow.domain.visit import VisitState, fold
from hectis_flow.services import visits
from hectis_flow.services.hearing import hear
from hectis_flow.services.house import House
from hectis_flow.services.visits import Visit
from hectis_flow.storage import encounters, messages, offices, stories
from hectis_flow.storage.vault import IDENTITY, PRIVATE


@dataclass(frozen=True, slots=True)
class Told:
    """One accepted message of a person. `blinds`: its folder number, then the one it merges away."""

    id: int
    facts: MessageFacts
    encounter_id: int | None
    fresh: bool = False
    blinds: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class _Group:
    """The messages of one visit, the name its row bears, and what they and the person's own say."""

    key: VisitKey
    blind: bytes
    told: tuple[Told, ...]
    state: VisitState
    facility_id: int | None


def sync(house: House, session: Session, facilities: Mapping[str, int], fresh: Sequence[Told]) -> None:
    """Bring a patient and all their visits to what all their messages say. `fresh` is oldest first."""
    patient_id = _patient(house, session, fresh)
    told = [
        *(Told(held.id, hear(house, held), at) for held, at in stories.told_of(session, patient_id)),
        *fresh,
    ]
    sorted_ = visits_of([one.facts for one in told])
    alone = [told[place] for place in sorted_.person]
    _keep_alone(session, patient_id, facilities, alone)
    visits.write_patient(house, session, patient_id, demographics(one.facts for one in told))
    person = [one.facts for one in alone]
    groups = [
        _group(house, facilities, key, tuple(told[place] for place in places), person)
        for key, places in sorted_.visits.items()
    ]
    news = any(one.fresh for one in alone)
    _write(house, session, patient_id, groups, max(one.id for one in fresh), news=news)


def blind(house: House, facts: MessageFacts, number: str) -> bytes:
    """The blind index of a folder number, within the facility (else the system) that gave it."""
    return house.vault.blind("folder", facts.source_facility or facts.source_app, number)


def _patient(house: House, session: Session, fresh: Sequence[Told]) -> int:
    """The one patient all these numbers belong to; of several, that of the newest merge's PID-3 goes on."""
    by_facts = {one.facts: one for one in fresh}
    line = [by_facts[facts] for facts in in_order(by_facts)]
    merges = [one for one in line if one.facts.event == MERGE]
    leading = (merges or line)[-1].blinds[0]
    known = stories.relatives(session, [each for one in fresh for each in one.blinds])
    patient_id = known.get(leading)
    if patient_id is None:
        key_id, sealed = house.vault.seal_json(IDENTITY, {})
        patient_id = encounters.add_patient(session, leading, key_id, sealed)
    for other in sorted(set(known.values()) - {patient_id}):
        stories.absorb(session, other, patient_id)
    unknown = {each for one in fresh for each in one.blinds} - known.keys() - {leading}
    for each in sorted(unknown):
        stories.add_folder(session, patient_id, each)
    return patient_id


def _keep_alone(
    session: Session, patient_id: int, facilities: Mapping[str, int], alone: Sequence[Told]
) -> None:
    """Settle what speaks of the person and of no visit."""
    fresh = [one for one in alone if one.fresh]
    if not fresh:
        return
    facility_id = facilities.get(offices.alias_key(fresh[-1].facts.source_facility))
    ids = [one.id for one in fresh]
    messages.settle(session, ids, "accepted", facility_id=facility_id)
    stories.keep_person_messages(session, patient_id, ids)


def _group(
    house: House,
    facilities: Mapping[str, int],
    key: VisitKey,
    told: tuple[Told, ...],
    person: Sequence[MessageFacts],
) -> _Group:
    state = fold([one.facts for one in told], person=person)
    name = house.vault.blind("visit", state.source_facility, key.basis, key.number)
    return _Group(key, name, told, state, facilities.get(offices.alias_key(state.source_facility)))


def _write(
    house: House, session: Session, patient_id: int, groups: Sequence[_Group], message_id: int, *, news: bool
) -> None:
    """Find each visit its row, join rows that turned out to be one, and write what changed."""
    standing = {row.id: row for row in stories.standing(session, patient_id)}
    wanted = [Wanted(group.blind, frozenset(_rows(group))) for group in groups]
    held = [Standing(row.id, row.visit_blind, row.stage) for row in standing.values()]
    places = allot(wanted, held)
    for place in places:
        for other in place.joined:
            into = standing[place.encounter_id or 0]
            visits.join(house, session, other, into.id, into.case_ref, message_id)
    for group, place in zip(groups, places, strict=True):
        row = standing.get(place.encounter_id or 0)
        if row is not None and row.visit_blind != group.blind:
            stories.name(session, row.id, group.blind, group.key.basis)
    before = _members(groups)
    for group, place in zip(groups, places, strict=True):
        if news or _changed(group, place, before):
            _write_visit(house, session, patient_id, group, place, message_id)


def _rows(group: _Group) -> set[int]:
    return {one.encounter_id for one in group.told if one.encounter_id is not None}


def _members(groups: Sequence[_Group]) -> dict[int, set[int]]:
    """Which messages stand with which row so far."""
    members: dict[int, set[int]] = {}
    for group in groups:
        for one in group.told:
            if one.encounter_id is not None:
                members.setdefault(one.encounter_id, set()).add(one.id)
    return members


def _changed(group: _Group, place: Allotted, before: Mapping[int, set[int]]) -> bool:
    now = {one.id for one in group.told}
    return bool(place.joined) or before.get(place.encounter_id or 0, set()) != now


def _write_visit(
    house: House, session: Session, patient_id: int, group: _Group, place: Allotted, message_id: int
) -> None:
    encounter_id = place.encounter_id or _add(house, session, patient_id, group)
    fresh = [one.id for one in group.told if one.fresh]
    if fresh:
        messages.settle(session, fresh, "accepted", facility_id=group.facility_id, encounter_id=encounter_id)
    moved = [one.id for one in group.told if not one.fresh and one.encounter_id != encounter_id]
    if moved:
        stories.move(session, moved, encounter_id)
    visits.bring(house, session, Visit(encounter_id, patient_id, group.facility_id, group.state, message_id))


def _add(house: House, session: Session, patient_id: int, group: _Group) -> int:
    key_id, sealed = house.vault.seal_json(PRIVATE, {})
    values = {
        "source_facility": group.state.source_facility,
        "facility_id": group.facility_id,
        "patient_id": patient_id,
        "visit_blind": group.blind,
        "visit_basis": group.key.basis,
        "key_id": key_id,
        "private_enc": sealed,
    }
    return encounters.find_or_add(session, values)
