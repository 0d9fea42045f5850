"""People, from all their messages to their visits, inside the caller's transaction.

`services.intake` calls `sync` for the people who got new messages, with all of them and their relatives by
merge locked. Every accepted message of a person is read anew and sorted into visits (`domain.person`), so
nothing depends on the order in which messages or merges came; visits whose messages did not change are left
alone. Each question and each write is one statement for everybody; only what is rare goes one by one.
"""

from collections.abc import Iterable, Mapping, Sequence
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
from hectis_flow.storage.messages import Settled
from hectis_flow.storage.vault import IDENTITY


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


@dataclass(frozen=True, slots=True)
class _Person:
    """All messages of one person: those of each visit, and those of none."""

    patient_id: int
    told: tuple[Told, ...]
    alone: tuple[Told, ...]
    groups: tuple[_Group, ...]

    @property
    def newest(self) -> int:
        """The new message that came last; what it brings about is put down to it."""
        return max(one.id for one in self.told if one.fresh)


def sync(
    house: House,
    session: Session,
    facilities: Mapping[str, int],
    fresh: Sequence[Sequence[Told]],
    relatives: Mapping[bytes, int],
) -> None:
    """Bring patients and all their visits to what all their messages say.

    `fresh` are the new messages of each person, oldest first; `relatives` the patients who are known by these
    people's folder numbers. Where one of them cannot be worked it raises, and the caller takes them one by one.
    """
    patients = _patients(house, session, fresh, relatives)
    before: dict[int, list[Told]] = {}
    for patient_id, encounter_id, held in stories.told_of(session, patients):
        told = Told(held.id, hear(house, held), encounter_id)
        before.setdefault(patient_id, []).append(told)
    people = [
        _person(house, facilities, patient_id, (*before.get(patient_id, ()), *theirs))
        for patient_id, theirs in zip(patients, fresh, strict=True)
    ]
    _keep_alone(session, facilities, people)
    said = {person.patient_id: demographics(one.facts for one in person.told) for person in people}
    visits.write_patients(house, session, said)
    _write(house, session, people)


def blind(house: House, facts: MessageFacts, number: str) -> bytes:
    """The blind index of a folder number, within the facility (else the system) that gave it."""
    return house.vault.blind("folder", facts.source_facility or facts.source_app, number)


def _patients(
    house: House, session: Session, fresh: Sequence[Sequence[Told]], relatives: Mapping[bytes, int]
) -> list[int]:
    """The one patient that all numbers of a person belong to, for each person."""
    leading = [_leading(theirs) for theirs in fresh]
    new = [each for each in leading if each not in relatives]
    made = encounters.add_patients(session, [(each, *house.vault.seal_json(IDENTITY, {})) for each in new])
    patients = []
    for theirs, first in zip(fresh, leading, strict=True):
        patient_id = relatives[first] if first in relatives else made[first]
        patients.append(patient_id)
        named = {each for one in theirs for each in one.blinds} - {first}
        for other in sorted({relatives[each] for each in named & relatives.keys()} - {patient_id}):
            stories.absorb(session, other, patient_id)
        for each in sorted(named - relatives.keys()):
            stories.add_folder(session, patient_id, each)
    return patients


def _leading(fresh: Sequence[Told]) -> bytes:
    """The number whose patient goes on: that of the newest merge's PID-3, else of the newest message."""
    by_facts = {id(one.facts): one for one in fresh}
    line = [by_facts[id(facts)] for facts in in_order(one.facts for one in fresh)]
    merges = [one for one in line if one.facts.event == MERGE]
    return (merges or line)[-1].blinds[0]


def _keep_alone(session: Session, facilities: Mapping[str, int], people: Iterable[_Person]) -> None:
    """Settle what speaks of a person and of no visit."""
    settled, whose = list[Settled](), dict[int, int]()
    for person in people:
        fresh = [one for one in person.alone if one.fresh]
        if fresh:
            facility_id = facilities.get(offices.alias_key(fresh[-1].facts.source_facility))
            settled += [Settled(one.id, facility_id) for one in fresh]
            whose |= {one.id: person.patient_id for one in fresh}
    messages.settle(session, settled, "accepted")
    stories.keep_person_messages(session, whose)


def _person(house: House, facilities: Mapping[str, int], patient_id: int, told: tuple[Told, ...]) -> _Person:
    sorted_ = visits_of([one.facts for one in told])
    alone = tuple(told[place] for place in sorted_.person)
    own = [one.facts for one in alone]
    groups = [
        _group(house, facilities, key, tuple(told[place] for place in places), own)
        for key, places in sorted_.visits.items()
    ]
    return _Person(patient_id, told, alone, tuple(groups))


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


def _write(house: House, session: Session, people: Sequence[_Person]) -> None:
    """Find each visit its row, join rows that turned out to be one, and write what changed."""
    standing: dict[int, dict[int, stories.Row]] = {}
    for row in stories.standing(session, [person.patient_id for person in people]):
        standing.setdefault(row.patient_id, {})[row.id] = row
    changed = [
        (group, person)
        for person in people
        for group in _place(house, session, person, standing.get(person.patient_id, {}))
    ]
    ids = visits.bring(house, session, [_visit(group, person) for group, person in changed])
    settled = []
    for (group, _), encounter_id in zip(changed, ids, strict=True):
        settled += [Settled(one.id, group.facility_id, encounter_id) for one in group.told if one.fresh]
        moved = [one.id for one in group.told if not one.fresh and one.encounter_id != encounter_id]
        if moved:
            stories.move(session, moved, encounter_id)
    messages.settle(session, settled, "accepted")


def _visit(group: _Group, person: _Person) -> Visit:
    return Visit(
        person.patient_id, group.blind, group.key.basis, group.facility_id, group.state, person.newest
    )


def _place(
    house: House, session: Session, person: _Person, standing: Mapping[int, stories.Row]
) -> list[_Group]:
    """Let the person's rows bear the names of their visits; gives the visits that are to be written."""
    wanted = [Wanted(group.blind, frozenset(_rows(group))) for group in person.groups]
    held = [Standing(row.id, row.visit_blind, row.stage) for row in standing.values()]
    places = allot(wanted, held)
    for place in places:
        for other in place.joined:
            into = standing[place.encounter_id or 0]
            visits.join(house, session, other, into.id, into.case_ref, person.newest)
    for group, place in zip(person.groups, places, strict=True):
        row = standing.get(place.encounter_id or 0)
        if row is not None and row.visit_blind != group.blind:
            stories.name(session, row.id, group.blind, group.key.basis)
    news = any(one.fresh for one in person.alone)
    before = _members(person.groups)
    return [
        group
        for group, place in zip(person.groups, places, strict=True)
        if news or _changed(group, place, before)
    ]


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
