"""Notices: planned when something happened, sent when they are due, and never lost in silence.

The jobs call `plan` and `deliver` with ids; the handover leases those ids. Both may run twice and may be
killed at any instruction: what is told once stays told by UNIQUE(event, person, channel), and an attempt
under way is nobody else's until its lease is over. No transaction is open while something is sent.

A failed attempt is a row: it waits `retry_seconds`, three times as long after each further one (at most an
hour), a fifth more or less at random, and after `most_tries` a person is asked to call.
"""

import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby, islice

import structlog
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session

from hectis_flow.channels.base import Outgoing, Receipt
from hectis_flow.channels.null import ClosedChannel
from hectis_flow.domain import notification, reach
from hectis_flow.domain.calendar import ALWAYS
from hectis_flow.domain.duty import Post
from hectis_flow.domain.moments import SAST
from hectis_flow.domain.notification import Errand, Occasion, OnDuty, Plan, Told, Unplannable
from hectis_flow.domain.offered import offered
from hectis_flow.services import cards, pacing, receipts, reference, relays, writing
from hectis_flow.services.errands import ask, link_life, path
from hectis_flow.services.house import House
from hectis_flow.services.outcomes import record
from hectis_flow.storage import database, deliveries, notices, offices, staff
from hectis_flow.storage.attempts import Result
from hectis_flow.storage.deliveries import Held
from hectis_flow.storage.direct import Away
from hectis_flow.storage.vault import VaultFault

log = structlog.get_logger(__name__)

#: The part of an attempt's lease in which sending may still begin; the rest is for the last one and the record.
SENDING_SHARE = 0.5
NOT_SET_UP = ClosedChannel()  # what was planned on a channel that was taken away since
STEWARD_ROLE = "health_data_steward"  # at the office that looks after what nobody else can


def lease_events(house: House, events: Sequence[str], limit: int) -> list[int]:
    """Lease up to `limit` events of these names that nobody has told yet, oldest first; their ids."""
    with house.transaction() as session:
        return notices.lease_events(session, events, limit, house.lease_seconds)


def lease_deliveries(house: House, limit: int) -> list[int]:
    """Lease up to `limit` deliveries whose attempt is due; their ids."""
    with house.transaction() as session:
        return deliveries.lease_due(session, limit, house.lease_seconds)


def plan(house: House, event_ids: Sequence[int]) -> int:
    """Decide who hears of these events and write the deliveries; gives how many are new.

    An event that cannot be told is put aside with a task for the province, and holds up no other.
    """
    with house.transaction() as session:
        told = notices.take_events(session, event_ids)
        try:
            with session.begin_nested():
                return _tell(house, session, told)
        except Exception as fault:
            _raise_if_gone(fault)
            log.warning("notices.planned_one_by_one", events=len(told), exc_info=fault)
            return sum(_tell_alone(house, session, one) for one in told)


def deliver(house: House, delivery_ids: Sequence[int]) -> int:
    """Make the attempts that are due among these deliveries; gives how many went out.

    Read, close, send, record. What is so no longer is cancelled unsent.
    """
    begun = time.monotonic()
    with house.transaction() as session:
        held = deliveries.take(session, delivery_ids, house.lease_seconds)
        bundles = {one.bundle for one in held if one.bundle is not None}
        members = deliveries.bundled(session, sorted(bundles)) if bundles else []
    over = {one.id for one in (*held, *members) if one.over}
    record(house, [Result(id_, "cancelled", "moved_on", 0.0) for id_ in sorted(over)])
    lines = [one for one in members if not one.over]
    waiting = sorted((one for one in held if not one.over), key=lambda one: one.channel)
    groups = [(name, list(group)) for name, group in groupby(waiting, lambda one: one.channel)]
    # Each channel has its part of the time, so that a slow one does not use up what another needs.
    part = house.lease_seconds * SENDING_SHARE / max(len(groups), 1)
    return sum(
        _carry(house, name, group, lines, begun + part * turn)
        for turn, (name, group) in enumerate(groups, start=1)
    )


def _tell(house: House, session: Session, told: Sequence[Told]) -> int:
    """Plan and write some events as one; parks what can be seen to be unfit before anything is written."""
    at, asked = database.now(session), dict[Occasion, tuple[Post, ...]]()
    tree, today = reference.tree(house, session), at.astimezone(SAST).date()
    parked = set[int]()
    for one in told:
        try:
            reason = notification.occasion(one)
            if reason is not None:
                asked[reason] = notification.posts(reason, path(tree, reason.post[0], today))
        except Unplannable as why:
            _park(house, session, one, why.code)
            parked.add(one.event_id)
    people = offered(
        staff.on_duty(session, {post for posts in asked.values() for post in posts}), house.outward.channels
    )
    plans = [notification.notices(reason, posts, people) for reason, posts in asked.items()]
    fresh = _write(house, session, list(zip(asked, plans, strict=True)), people, at)
    ask(house, session, [errand for each in plans for errand in each.errands])
    notices.settle(session, [one.event_id for one in told if one.event_id not in parked])
    return fresh


def _write(
    house: House,
    session: Session,
    plans: Sequence[tuple[Occasion, Plan]],
    on_duty: Mapping[Post, Sequence[OnDuty]],
    at: datetime,
) -> int:
    """Write who is told, each at their time and by their ways; how many are new."""
    edition = house.policy.in_force(at)
    rules, people = edition.reach, {one.staff_id: one for found in on_duty.values() for one in found}
    always = {name for name, clock in edition.clocks.items() if clock.standard.calendar == ALWAYS.name}
    arranged = [
        reach.arranged(each.notices, people, rules, at, urgent=reach.is_urgent(one, rules, always))
        for one, each in plans
    ]
    written = [notice for each in arranged for notice in each.notices]
    fresh = notices.write(session, written, link_life(house, at))
    pacing.settle(session, fresh, arranged, people, rules, at)
    return len(fresh)


def _tell_alone(house: House, session: Session, one: Told) -> int:
    try:
        with session.begin_nested():
            return _tell(house, session, [one])
    except Exception as fault:
        _raise_if_gone(fault)
        log.warning("notice.cannot_be_planned", event_id=one.event_id, exc_info=fault)
        _park(house, session, one, "planning_failed")
        return 0


def _park(house: House, session: Session, one: Told, reason: str) -> None:
    """Put an event aside, and ask the province to look."""
    notices.park(session, one.event_id, reason)
    office_id = offices.id_of(session, reference.FALLBACK_OFFICE)
    if office_id is not None:
        errand = Errand(notification.EVENT_PARKED, one.case_id, one.event_id, office_id, STEWARD_ROLE)
        ask(house, session, [errand])


def _carry(house: House, name: str, group: Sequence[Held], lines: Sequence[Held], until: float) -> int:
    """Let one channel carry what is for it, writing down what came of it as it goes.

    `lines` are the notices that those of bundles stand for.
    """
    channel = house.outward.channels.get(name, NOT_SET_UP)
    ready, unfit = _written(house, group, lines)
    standing_for = {one.id for one in group if one.bundle is not None}
    record(house, unfit, standing_for)
    left, sent = {one.delivery_id for one in ready}, 0
    answers = relays.send(house, name, channel, ready, until)
    try:
        while chunk := list(islice(answers, channel.chunk)):
            receipts.numbered(house, [(one.delivery_id, one.provider_id) for one in chunk if one.provider_id])
            record(house, [_result(receipt) for receipt in chunk], standing_for, cards.posted(house, chunk))
            left -= {receipt.delivery_id for receipt in chunk}
            sent += sum(receipt.code == "sent" for receipt in chunk)
    except Exception as fault:
        _raise_if_gone(fault)
        log.warning("channel.failed", channel=name, left=len(left), exc_info=fault)
        record(house, [Result(one, "later", "channel_failed", 0.0) for one in sorted(left)], standing_for)
    return sent


def _written(
    house: House, group: Sequence[Held], lines: Sequence[Held]
) -> tuple[list[Outgoing], list[Result]]:
    """What can be sent, and what cannot be opened or put into words and so never will."""
    ready, unfit = list[Outgoing](), list[Result]()
    for one in group:
        if one.parked:
            unfit.append(Result(one.id, "never", "address_parked", 0.0))
            continue
        listed = [each for each in lines if each.bundle == one.bundle] if one.bundle is not None else []
        try:
            ready.append(
                writing.bundled(house, one, listed) if len(listed) > 1 else writing.outgoing(house, one)
            )
        except VaultFault:
            unfit.append(Result(one.id, "never", "address_cannot_be_opened", 0.0))
        except Exception as fault:
            log.warning("notice.cannot_be_written", delivery=one.id, exc_info=fault)
            unfit.append(Result(one.id, "never", "cannot_be_written", 0.0))
    return ready, unfit


def _result(receipt: Receipt) -> Result:
    return Result(receipt.delivery_id, receipt.code, receipt.fault, receipt.wait)


def _raise_if_gone(fault: Exception) -> None:
    """A database that is away, or a lock that was not got, says nothing of the work: it is done later."""
    if isinstance(fault, OperationalError | Away) or (
        isinstance(fault, DBAPIError) and fault.connection_invalidated
    ):
        raise fault
