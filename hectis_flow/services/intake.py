"""Intake: a message is stored before it is answered, and read afterwards.

The MLLP listener and the HTTP edge call `receive` with many messages at once: one commit, then the
answers. A worker calls `process` with the ids it was handed; running it twice changes nothing. One
person's messages that cannot be worked never stop the others: their savepoint is rolled back, they are
tried again when their lease lapses, and after the last try parked for somebody to see. Nothing here
logs what a message says.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from hectis_flow.domain.facts import MessageFacts
from hectis_flow.domain.intake import MERGE, folder_number, judge, prior_number
from hectis_flow.domain.person import families
from hectis_flow.feeds.hl7v2 import Unreadable
from hectis_flow.feeds.mllp import Arrival
from hectis_flow.services import answers, people, reference
from hectis_flow.services.answers import Refused
from hectis_flow.services.door import refusal_row, sort_out
from hectis_flow.services.hearing import hear
from hectis_flow.services.house import House
from hectis_flow.services.people import Told
from hectis_flow.storage import encounters, inbox, messages, offices, stories
from hectis_flow.storage.messages import Held, Settled
from hectis_flow.storage.vault import VaultFault

log = structlog.get_logger(__name__)

# How often `process` begins anew because somebody merged patients meanwhile. Each time it holds more.
MOST_BEGINNINGS = 5


def receive(house: House, arrivals: Sequence[Arrival], channel: str = "mllp") -> list[bytes]:
    """Store a batch in one commit and give one answer for each arrival, in order.

    A resend (same sender, control id and bytes) changes nothing and gets the answer that is stored.
    Raises whatever the database raises: then nothing was stored and nobody may be told otherwise.
    """
    sorted_out = [sort_out(house, arrival) for arrival in arrivals]
    incoming = [item[1] for item in sorted_out if not isinstance(item, Refused)]
    turned_away = [
        refusal_row(arrival, item)
        for arrival, item in zip(arrivals, sorted_out, strict=True)
        if isinstance(item, Refused)
    ]
    stored = messages.store(house.direct, incoming, channel) if incoming else {}
    if turned_away:
        with house.transaction() as session:
            messages.record_refusals(session, turned_away)
    return [
        answers.refused(item)
        if isinstance(item, Refused)
        else answers.accepted(item[0], stored[item[1].digest])
        for item in sorted_out
    ]


@dataclass(frozen=True, slots=True)
class _Unworked:
    """A message that says nothing to us: what becomes of it and why."""

    held: Held
    state: str
    reason: str


@dataclass(frozen=True, slots=True)
class _Sound:
    """A message to be worked, and how often it was tried."""

    told: Told
    facility: str
    attempts: int


class _Overtaken(Exception):
    """Somebody merged one of our patients into one whom we do not hold: begin anew, holding both."""


def process(house: House, ids: Sequence[int]) -> Counter[str]:
    """Work through stored messages in one transaction; counts by state, `left` for those that wait."""
    for _ in range(MOST_BEGINNINGS):
        try:
            with house.transaction() as session:
                return _work(house, session, ids)
        except _Overtaken:
            continue
    return Counter(left=len(ids))  # their lease lapses, and they are tried again


def reread(house: House, ids: Sequence[int]) -> Counter[str]:
    """Read accepted messages anew, after a mapping was mended; counts by state.

    All of a person's messages go together in one transaction, so that no visit is ever seen with some of
    its messages only. Where they say what they said before, nothing changes.
    """
    for _ in range(MOST_BEGINNINGS):
        try:
            with house.transaction() as session:
                blinds = inbox.people_of(session, ids)
                encounters.lock_patients(session, blinds)
                return _work(house, session, inbox.take_back(session, blinds))
        except _Overtaken:
            continue
    return Counter(left=len(ids))  # nothing was changed


def _work(house: House, session: Session, ids: Sequence[int]) -> Counter[str]:
    facilities = reference.facilities(house, session)
    read = [_read(house, held) for held in messages.take(session, ids)]
    unworked = [one for one in read if isinstance(one, _Unworked)]
    sound = [one for one in read if isinstance(one, _Sound)]
    _settle_unworked(session, unworked, facilities)
    tally = Counter(one.state for one in unworked)
    relatives = _hold_people(session, sound)
    return tally + _work_people(house, session, facilities, _by_person(sound, relatives), relatives)


def _read(house: House, held: Held) -> _Sound | _Unworked:
    """Open one message; whatever is wrong with it holds up no other."""
    try:
        facts = hear(house, held)
        verdict = judge(facts)
        if verdict.state != "accepted":
            return _Unworked(held, verdict.state, verdict.reason)
        told = Told(held.id, facts, None, fresh=True, blinds=_blinds(house, facts))
        return _Sound(told, held.source_facility, held.attempts)
    except Unreadable as fault:
        return _Unworked(held, "parked", fault.reason)
    except Exception as fault:
        log.warning("message_failed", message=held.id, attempts=held.attempts, exc_info=fault)
        state = "parked" if held.attempts >= house.max_attempts else "left"
        return _Unworked(held, state, _why(fault))


def _blinds(house: House, facts: MessageFacts) -> tuple[bytes, ...]:
    """The blind indexes of the patient's folder number and, in a merge, of the one merged away."""
    named = [folder_number(facts), prior_number(facts) if facts.event == MERGE else None]
    return tuple(people.blind(house, facts, number.value) for number in named if number is not None)


def _why(fault: Exception) -> str:
    """The reason under which a message is parked when it failed every time."""
    return "cannot_be_opened" if isinstance(fault, VaultFault) else "processing_failed"


def _settle_unworked(session: Session, unworked: Iterable[_Unworked], facilities: Mapping[str, int]) -> None:
    """Close what is ignored or parked, all of one reason in one statement."""
    by_end: dict[tuple[str, str], list[Settled]] = {}
    for one in unworked:
        if one.state != "left":
            facility_id = facilities.get(offices.alias_key(one.held.source_facility))
            by_end.setdefault((one.state, one.reason), []).append(Settled(one.held.id, facility_id))
    for (state, reason), settled in by_end.items():
        messages.settle(session, settled, state, reason)


def _hold_people(session: Session, sound: Sequence[_Sound]) -> dict[bytes, int]:
    """Hold everybody these messages speak of, with all numbers that were ever merged with theirs.

    All are locked at once and in one order. Whoever merges needs the locks of both sides, so once we
    hold a whole family it stays whole; a merge that came in between shows, and we begin anew.
    """
    blinds = [each for one in sound for each in one.told.blinds]
    if not blinds:
        return {}
    held = {*blinds, *stories.relatives(session, blinds)}
    encounters.lock_patients(session, list(held))
    relatives = stories.relatives(session, blinds)
    if not held.issuperset(relatives):
        raise _Overtaken
    return relatives


def _by_person(sound: Sequence[_Sound], relatives: Mapping[bytes, int]) -> list[list[_Sound]]:
    """The messages of each person, those of merged numbers together, in the order they came."""
    named = [
        (*one.told.blinds, *(relatives[each] for each in one.told.blinds if each in relatives))
        for one in sound
    ]
    whole = families(named)
    groups: dict[frozenset[Hashable], list[_Sound]] = {}
    for one, names in zip(sound, named, strict=True):
        groups.setdefault(whole[names[0]], []).append(one)
    return list(groups.values())


def _work_people(
    house: House,
    session: Session,
    facilities: Mapping[str, int],
    people_: Sequence[Sequence[_Sound]],
    relatives: Mapping[bytes, int],
) -> Counter[str]:
    """All people together; one who cannot be worked makes them be taken one by one, and holds up no other."""
    if not people_:
        return Counter()
    try:
        with session.begin_nested():
            people.sync(house, session, facilities, [_told(person) for person in people_], relatives)
        return Counter(accepted=sum(map(len, people_)))
    except Exception as fault:
        _raise_if_gone(fault)
        if len(people_) == 1:
            return _give_up(house, session, facilities, people_[0], fault)
        log.warning("people_one_by_one", people=len(people_), exc_info=fault)
    alone = (_work_people(house, session, facilities, [person], relatives) for person in people_)
    return sum(alone, Counter())


def _told(person: Sequence[_Sound]) -> list[Told]:
    return [one.told for one in person]


def _raise_if_gone(fault: Exception) -> None:
    """Only a lost connection ends the transaction, and so the whole job."""
    if isinstance(fault, DBAPIError) and fault.connection_invalidated:
        raise fault


def _give_up(
    house: House,
    session: Session,
    facilities: Mapping[str, int],
    person: Sequence[_Sound],
    fault: Exception,
) -> Counter[str]:
    """Whatever it is, it is counted, tried again and in the end parked where a person sees it."""
    attempts = max(one.attempts for one in person)
    log.warning("person_failed", messages=len(person), attempts=attempts, exc_info=fault)
    if attempts < house.max_attempts:
        return Counter(left=len(person))
    facility_id = facilities.get(offices.alias_key(person[-1].facility))
    settled = [Settled(one.told.id, facility_id) for one in person]
    messages.settle(session, settled, "parked", _why(fault))
    return Counter(parked=len(person))
