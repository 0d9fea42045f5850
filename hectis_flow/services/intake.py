"""Intake: a message is stored before it is answered, and read afterwards.

The MLLP listener and the HTTP edge call `receive` with many messages at once: one commit, then the
answers. A worker calls `process` with the ids it was handed; running it twice changes nothing. One
visit that cannot be worked never stops the others: its savepoint is rolled back, it is tried again
when its lease lapses, and after the last try it is parked for a person. Nothing here logs what a
message says.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from hectis_flow.domain.facts import MessageFacts
from hectis_flow.domain.intake import VisitKey, judge, visit_key
from hectis_flow.feeds.hl7v2 import Header, Unreadable, read_header, refusal
from hectis_flow.feeds.hl7v2_facts import facts as read_facts
from hectis_flow.feeds.mllp import Arrival
from hectis_flow.services import answers, reference, visits
from hectis_flow.services.answers import Refused
from hectis_flow.services.house import House
from hectis_flow.services.visits import Visit
from hectis_flow.storage import encounters, messages, offices
from hectis_flow.storage.messages import APART, Envelope, Held, Incoming
from hectis_flow.storage.vault import RAW, VaultFault

log = structlog.get_logger(__name__)

ACCEPT = "AA"
# Sender, facility and control id share one index row, and PostgreSQL gives such a row some 2,700 bytes.
MAX_KEY_BYTES = 2400


def receive(house: House, arrivals: Sequence[Arrival], channel: str = "mllp") -> list[bytes]:
    """Store a batch in one commit and give one answer for each arrival, in order.

    A resend (same sender, control id and bytes) changes nothing and gets the answer that is stored.
    Raises whatever the database raises: then nothing was stored and nobody may be told otherwise.
    """
    sorted_out = [_sort_out(house, arrival) for arrival in arrivals]
    incoming = [item[1] for item in sorted_out if not isinstance(item, Refused)]
    turned_away = [
        _refusal_row(arrival, item)
        for arrival, item in zip(arrivals, sorted_out, strict=True)
        if isinstance(item, Refused)
    ]
    stored = messages.store(house.direct, incoming, channel, ACCEPT) if incoming else {}
    if turned_away:
        with house.transaction() as session:
            messages.record_refusals(session, turned_away)
    return [
        answers.refused(item)
        if isinstance(item, Refused)
        else answers.accepted(item[0], stored[item[1].digest])
        for item in sorted_out
    ]


def _sort_out(house: House, arrival: Arrival) -> tuple[Header, Incoming] | Refused:
    """Read the header and lock the bytes away, or say why the message is refused."""
    raw = arrival.raw
    digest = hashlib.sha256(raw).digest()
    try:
        header = read_header(raw)
    except Unreadable as fault:
        return Refused(None, fault, digest)
    refused = refusal(header, house.processing_ids) or _too_long(header)
    if refused is None and arrival.client:
        refused = _unknown_sender(house, arrival, header)
    if refused is not None:
        return Refused(header, refused, digest)
    key_id, sealed = house.vault.seal(RAW, raw)
    peer = arrival.client or arrival.peer
    envelope = Envelope(
        peer, header.source_app, header.source_facility, header.message_type, header.event, key_id
    )
    return header, Incoming(envelope, header.control_id.replace(APART, ""), digest, sealed)


def _unknown_sender(house: House, arrival: Arrival, header: Header) -> Unreadable | None:
    """A sender with a certificate may speak only for the facilities that its line names."""
    for sender in house.senders:
        named = sender.certificate == arrival.client and header.source_facility in sender.facilities
        if named and (not sender.applications or header.source_app in sender.applications):
            return None
    return Unreadable("sender_not_allowed")


def _too_long(header: Header) -> Unreadable | None:
    """A header that no index row can hold would fail the whole batch it came in."""
    letters = len(header.source_app) + len(header.source_facility) + len(header.control_id)
    if letters * 4 <= MAX_KEY_BYTES:  # a character has at most four bytes
        return None
    size = sum(len(part.encode()) for part in (header.source_app, header.source_facility, header.control_id))
    return Unreadable("header_too_long") if size > MAX_KEY_BYTES else None


def _refusal_row(arrival: Arrival, item: Refused) -> dict[str, Any]:
    return {
        "digest": item.digest,
        "reason": item.fault.reason,
        "peer": arrival.client or arrival.peer,
        "size": len(arrival.raw),
    }


@dataclass(frozen=True, slots=True)
class _Sound:
    """A message to be worked: what it says, which visit it belongs to, whose folder that is."""

    held: Held
    facts: MessageFacts
    key: VisitKey | None
    folder_blind: bytes


@dataclass(frozen=True, slots=True)
class _Unworked:
    """A message that says nothing to us: what becomes of it and why."""

    held: Held
    state: str
    reason: str


def process(house: House, ids: Sequence[int]) -> Counter[str]:
    """Work through stored messages in one transaction; counts by state, `left` for those that wait."""
    with house.transaction() as session:
        facilities = reference.facilities(house, session)
        read = [_read(house, held) for held in messages.take(session, ids)]
        unworked = [one for one in read if isinstance(one, _Unworked)]
        sound = [one for one in read if isinstance(one, _Sound)]
        _settle_unworked(session, unworked, facilities)
        tally = Counter(one.state for one in unworked)
        return tally + _work_visits(house, session, _by_visit(facilities, sound))


def _read(house: House, held: Held) -> _Sound | _Unworked:
    """Open one message; whatever is wrong with it holds up no other."""
    try:
        facts = read_facts(house.vault.open(RAW, held.key_id, held.raw_enc))
        verdict = judge(facts)
        if verdict.state != "accepted":
            return _Unworked(held, verdict.state, verdict.reason)
        return _Sound(held, facts, visit_key(facts), visits.folder_blind(house, facts))
    except Unreadable as fault:
        return _Unworked(held, "parked", fault.reason)
    except Exception as fault:
        log.warning("message_failed", message=held.id, attempts=held.attempts, exc_info=fault)
        state = "parked" if held.attempts >= house.max_attempts else "left"
        return _Unworked(held, state, _why(fault))


def _why(fault: Exception) -> str:
    """The reason under which a message is parked when it failed every time."""
    return "cannot_be_opened" if isinstance(fault, VaultFault) else "processing_failed"


def _settle_unworked(session: Session, unworked: Iterable[_Unworked], facilities: Mapping[str, int]) -> None:
    """Close what is ignored or parked, all of one reason and facility in one statement."""
    by_end: dict[tuple[str, str, int | None], list[int]] = {}
    for one in unworked:
        if one.state != "left":
            facility_id = facilities.get(offices.alias_key(one.held.source_facility))
            by_end.setdefault((one.state, one.reason, facility_id), []).append(one.held.id)
    for (state, reason, facility_id), ids in by_end.items():
        messages.settle(session, ids, state, reason=reason, facility_id=facility_id)


def _work_visits(house: House, session: Session, grouped: Sequence[tuple[Visit, int]]) -> Counter[str]:
    tally: Counter[str] = Counter()
    encounters.lock_patients(session, [visit.folder_blind for visit, _ in grouped])
    for visit, attempts in grouped:
        try:
            with session.begin_nested():
                visits.sync(house, session, visit)
            tally["accepted"] += len(visit.ids)
        except Exception as fault:
            # One broken visit must not hold up a hundred sound ones; whatever it is, it is counted,
            # tried again and in the end parked where a person sees it. Only a lost connection ends the
            # transaction, and so the whole job.
            if isinstance(fault, DBAPIError) and fault.connection_invalidated:
                raise
            log.warning("visit_failed", messages=len(visit.ids), attempts=attempts, exc_info=fault)
            last = attempts >= house.max_attempts
            if last:
                facility_id = visit.facility_id
                messages.settle(session, visit.ids, "parked", reason=_why(fault), facility_id=facility_id)
            tally["parked" if last else "left"] += len(visit.ids)
    return tally


def _by_visit(facilities: Mapping[str, int], read: Sequence[_Sound]) -> list[tuple[Visit, int]]:
    """Gather the messages of each visit; observations that name no visit come last."""
    groups: dict[tuple[bytes, str, str], list[_Sound]] = {}
    for one in read:
        name = (one.key.basis, one.key.number) if one.key else ("~", "")
        groups.setdefault((one.folder_blind, *name), []).append(one)
    return [
        (_visit(facilities, group), max(one.held.attempts for one in group))
        for _, group in sorted(groups.items(), key=lambda item: item[0][1] == "~")
    ]


def _visit(facilities: Mapping[str, int], group: Sequence[_Sound]) -> Visit:
    newest = group[-1]
    return Visit(
        ids=tuple(one.held.id for one in group),
        facts=tuple(one.facts for one in group),
        key=newest.key,
        folder_blind=newest.folder_blind,
        facility_id=facilities.get(offices.alias_key(newest.facts.source_facility)),
    )
