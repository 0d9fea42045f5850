"""All messages of one person, sorted into visits; and what they say of the person.

`services.people` calls `visits_of` and `demographics` with every accepted message of a person, each
time one arrives. Like the fold of a visit, the answer is a pure function of the set of messages: what
came first, and how often, cannot change it. Merges only widen the set (docs/adr/0008).

Which visit a message belongs to:

* its visit number (PV1-19) says so;
* an admission message without one belongs to the numbered visit of its day, if there is exactly one,
  else to the visit of that day without a number;
* an observation without one belongs to the visit that had last begun when it was made, else to the
  first; where no visit is known, all such observations make one;
* A31 and A40 belong to no visit.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from hectis_flow.domain.facts import Address, MessageFacts, Moment, PatientNumber, PersonName
from hectis_flow.domain.intake import PERSON_EVENTS, VisitKey, visit_key
from hectis_flow.domain.message_order import in_order, spoken_at
from hectis_flow.domain.moments import local_day, names_a_day
from hectis_flow.domain.visit import numbers
from hectis_flow.domain.visit_line import arrival, newest

OBSERVATIONS_ALONE: Final = VisitKey("observations", "derived")
_LAST: Final = datetime.max.replace(tzinfo=UTC)

Places = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Sorted:
    """Places of the messages in the sequence that was given: of each visit, and of none."""

    visits: Mapping[VisitKey, Places]
    person: Places


@dataclass(frozen=True, slots=True)
class Demographics:
    """Who a person is, as the newest messages of any visit and of none tell it."""

    name: PersonName | None
    born: Moment | None
    sex: str | None
    residence: Address | None
    patient_numbers: tuple[PatientNumber, ...]
    last_recorded_at: Moment | None


def visits_of(messages: Sequence[MessageFacts]) -> Sorted:
    """Sort the messages of one person into visits."""
    visits: dict[VisitKey, list[int]] = {}
    unnumbered: dict[VisitKey, list[int]] = {}
    loose, person = [], []
    for place, facts in enumerate(messages):
        key = visit_key(facts)
        if facts.event in PERSON_EVENTS:
            person.append(place)
        elif key is None:
            loose.append(place)
        else:
            (visits if key.basis == "visit_number" else unnumbered).setdefault(key, []).append(place)
    _join_numbered(messages, visits, unnumbered)
    _place_observations(messages, visits, loose)
    return Sorted({key: tuple(places) for key, places in sorted(visits.items(), key=_by_key)}, tuple(person))


def demographics(messages: Iterable[MessageFacts]) -> Demographics:
    """Who the person is, from all their messages."""
    line = in_order(messages)
    return Demographics(
        name=newest(line, "name"),
        born=newest(line, "born"),
        sex=newest(line, "sex"),
        residence=newest(line, "residence"),
        patient_numbers=numbers(line),
        last_recorded_at=spoken_at(line[-1]),
    )


def families(groups: Iterable[Iterable[Hashable]]) -> dict[Hashable, frozenset[Hashable]]:
    """Groups that share a member, joined until none do; for each member all that belong with it."""
    joined: dict[Hashable, set[Hashable]] = {}
    for group in groups:
        whole = set(group)
        for member in tuple(whole):
            whole |= joined.get(member, set())
        joined.update(dict.fromkeys(whole, whole))
    return {member: frozenset(whole) for member, whole in joined.items()}


def _join_numbered(
    messages: Sequence[MessageFacts],
    visits: dict[VisitKey, list[int]],
    unnumbered: Mapping[VisitKey, list[int]],
) -> None:
    """Put what has no visit number with the one numbered visit of its day, or by itself."""
    days = {key: _days(messages, places) for key, places in visits.items()}
    for key, places in unnumbered.items():
        for place in places:
            stated = names_a_day(messages[place].arrived_at)
            fit = [
                each for each, (began, spoken) in days.items() if key.number in (began if stated else spoken)
            ]
            visits.setdefault(fit[0] if len(fit) == 1 else key, []).append(place)


def _days(messages: Sequence[MessageFacts], places: Sequence[int]) -> tuple[set[str], set[str]]:
    """The day a visit began, and all days on which it speaks, each as the number of a derived key."""
    line = in_order(messages[place] for place in places)
    began, _ = arrival(line)
    first = {_written(began)}
    return first, first | {_written(spoken_at(facts)) for facts in line}


def _written(moment: Moment | None) -> str:
    return local_day(moment).isoformat() if moment is not None and names_a_day(moment) else ""


def _place_observations(
    messages: Sequence[MessageFacts], visits: dict[VisitKey, list[int]], loose: Sequence[int]
) -> None:
    """Put observations that name no visit with the one that had last begun."""
    if not loose:
        return
    known = {key: _began(messages, places) for key, places in visits.items()}
    line = sorted(known, key=lambda key: (known[key], _key(key)))
    for place in loose:
        spoken = spoken_at(messages[place])
        made = spoken.at if spoken else _LAST
        before = [key for key in line if known[key] <= made]
        key = before[-1] if before else line[0] if line else OBSERVATIONS_ALONE
        visits.setdefault(key, []).append(place)


def _began(messages: Sequence[MessageFacts], places: Sequence[int]) -> datetime:
    began, _ = arrival(in_order(messages[place] for place in places))
    return began.at if began else _LAST


def _by_key(item: tuple[VisitKey, list[int]]) -> tuple[bool, str]:
    return _key(item[0])


def _key(key: VisitKey) -> tuple[bool, str]:
    """Numbered visits first."""
    return key.basis != "visit_number", key.number
