"""Intake: a message is stored before it is answered, and read afterwards.

The MLLP listener and the HTTP edge call `receive` with many messages at once: one commit, then the
answers. A worker calls `process` with the ids it was handed; running it twice changes nothing. One
visit that cannot be worked never stops the others: its savepoint is rolled back, it is tried again
when its lease lapses, and after the last try it is parked for a person. Nothing here logs what a
message says.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from hectis_flow.domain.facts import MessageFacts
from hectis_flow.domain.intake import judge, visit_key
from hectis_flow.feeds.hl7v2 import Header, Unreadable, read_header, refusal
from hectis_flow.feeds.hl7v2_facts import facts as read_facts
from hectis_flow.feeds.mllp import Arrival
from hectis_flow.services import answers, visits
from hectis_flow.services.answers import Refused
from hectis_flow.services.house import House
from hectis_flow.services.visits import Visit
from hectis_flow.storage import encounters, messages, offices
from hectis_flow.storage.messages import APART, Envelope, Held, Incoming, Stored
from hectis_flow.storage.vault import RAW, VaultFault

log = structlog.get_logger(__name__)

ACCEPT = "AA"


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
    try:
        stored = _store(house, incoming, turned_away, channel)
    except DBAPIError as fault:
        if not fault.connection_invalidated:
            raise
        # The server closed an idle connection, or came back: storing twice is storing once.
        stored = _store(house, incoming, turned_away, channel)
    return [
        answers.refused(item)
        if isinstance(item, Refused)
        else answers.accepted(item[0], stored[item[1].digest])
        for item in sorted_out
    ]


def _store(
    house: House, incoming: Sequence[Incoming], turned_away: Sequence[dict[str, Any]], channel: str
) -> dict[bytes, Stored]:
    """Commit a batch: one statement for all that is stored."""
    stored: dict[bytes, Stored] = {}
    with house.single_statements() as session:
        if incoming:
            stored = messages.store(session, incoming, channel, ACCEPT)
        if turned_away:
            messages.record_refusals(session, turned_away)
    return stored


def _sort_out(house: House, arrival: Arrival) -> tuple[Header, Incoming] | Refused:
    """Read the header and lock the bytes away, or say why the message is refused."""
    raw = arrival.raw
    digest = hashlib.sha256(raw).digest()
    try:
        header = read_header(raw)
    except Unreadable as fault:
        return Refused(None, fault, digest)
    refused = refusal(header, house.processing_ids) or _unknown_sender(house, arrival, header)
    if refused is not None:
        return Refused(header, refused, digest)
    key_id, sealed = house.vault.seal(RAW, raw)
    envelope = Envelope(
        arrival.client or arrival.peer,
        header.source_app,
        header.source_facility,
        header.message_type,
        header.event,
        key_id,
    )
    return header, Incoming(envelope, header.control_id.replace(APART, ""), digest, sealed)


def _unknown_sender(house: House, arrival: Arrival, header: Header) -> Unreadable | None:
    """A sender with a certificate may speak only for the facilities that its line names."""
    if not arrival.client:
        return None
    for sender in house.senders:
        named = sender.certificate == arrival.client and header.source_facility in sender.facilities
        if named and (not sender.applications or header.source_app in sender.applications):
            return None
    return Unreadable("sender_not_allowed")


def _refusal_row(arrival: Arrival, item: Refused) -> dict[str, Any]:
    return {
        "digest": item.digest,
        "reason": item.fault.reason,
        "peer": arrival.client or arrival.peer,
        "size": len(arrival.raw),
    }


@dataclass(frozen=True, slots=True)
class _Read:
    """A message that was opened: what it says, or why it says nothing."""

    held: Held
    facts: MessageFacts | None
    state: str
    reason: str


def process(house: House, ids: Sequence[int]) -> Counter[str]:
    """Work through stored messages in one transaction; counts by state, `left` for those that wait."""
    with house.transaction() as session:
        read = [_read(house, held) for held in messages.take(session, ids)]
        tally = Counter(one.state for one in read if one.state != "accepted")
        _settle_unworked(session, read)
        tally += _work_visits(house, session, [one for one in read if one.state == "accepted"])
    return tally


def _read(house: House, held: Held) -> _Read:
    try:
        raw = house.vault.open(RAW, held.key_id, held.raw_enc)
        facts = read_facts(raw)
    except VaultFault:
        return _Read(held, None, *_again(house, held, "cannot_be_opened"))
    except Unreadable as fault:
        return _Read(held, None, "parked", fault.reason)
    verdict = judge(facts)
    return _Read(held, facts, verdict.state, verdict.reason)


def _again(house: House, held: Held, reason: str) -> tuple[str, str]:
    """Leave it for another try, or park it after the last one."""
    return ("parked" if held.attempts >= house.max_attempts else "left", reason)


def _settle_unworked(session: Session, read: Iterable[_Read]) -> None:
    """Close what is ignored or parked, all with one reason in one statement."""
    by_end: dict[tuple[str, str], list[int]] = {}
    for one in read:
        if one.state in ("ignored", "parked"):
            by_end.setdefault((one.state, one.reason), []).append(one.held.id)
    for (state, reason), ids in by_end.items():
        messages.settle(session, ids, state, reason=reason)


def _work_visits(house: House, session: Session, read: Sequence[_Read]) -> Counter[str]:
    tally: Counter[str] = Counter()
    facilities = _facilities(house, session)
    grouped = _by_visit(house, facilities, read)
    encounters.lock_patients(session, [visit.folder_blind for visit, _ in grouped])
    for visit, attempts in grouped:
        try:
            with session.begin_nested():
                visits.sync(house, session, visit)
            tally["accepted"] += len(visit.ids)
        except Exception as fault:
            # One broken visit must not hold up a hundred sound ones; whatever it is, it is counted,
            # tried again and in the end parked where a person sees it. A lost connection ends the
            # transaction itself and so the whole job.
            log.warning("visit_failed", messages=len(visit.ids), attempts=attempts, exc_info=fault)
            last = attempts >= house.max_attempts
            if last:
                messages.settle(session, visit.ids, "parked", reason="processing_failed")
            tally["parked" if last else "left"] += len(visit.ids)
    return tally


def _by_visit(house: House, facilities: dict[str, int], read: Sequence[_Read]) -> list[tuple[Visit, int]]:
    """Gather the messages of each visit; observations that name no visit come last."""
    groups: dict[tuple[bytes, str, str], list[_Read]] = {}
    for one in read:
        if one.facts is not None:
            key = visit_key(one.facts)
            name = (key.basis, key.number) if key else ("~", "")
            groups.setdefault((visits.folder_blind(house, one.facts), *name), []).append(one)
    return [
        (_visit(facilities, blind, group), max(one.held.attempts for one in group))
        for (blind, _, _), group in sorted(groups.items(), key=lambda item: item[0][1] == "~")
    ]


def _visit(facilities: dict[str, int], blind: bytes, group: Sequence[_Read]) -> Visit:
    facts = tuple(one.facts for one in group if one.facts is not None)
    return Visit(
        ids=tuple(one.held.id for one in group),
        facts=facts,
        key=visit_key(facts[-1]),
        folder_blind=blind,
        facility_id=facilities.get(offices.alias_key(facts[-1].source_facility)),
    )


def _facilities(house: House, session: Session) -> dict[str, int]:
    """Every word that names a facility: the offices' own, and what each sender is known to write."""
    words = offices.by_alias(session, "facility")
    for sender in house.senders:
        for said, code in sender.facilities.items():
            office_id = words.get(offices.alias_key(code))
            if office_id is not None:
                words[offices.alias_key(said)] = office_id
    return words
