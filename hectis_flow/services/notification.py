"""Notices: planned when something happened, sent when they are due, and never lost in silence.

The jobs call `plan` and `deliver` with ids; the handover leases those ids. Both may run twice and may be
killed at any instruction: what is told once stays told by UNIQUE(event, person, channel), and an attempt
under way is nobody else's until its lease is over. No transaction is open while something is sent.

A failed attempt is a row: it waits `retry_seconds`, three times as long after each further one (at most an
hour), a fifth more or less at random, and after `most_tries` a person is asked to call.
"""

import time
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import groupby, islice

import structlog
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session

from hectis_flow.channels.base import LONGEST_WAIT_SECONDS, Outgoing, Receipt
from hectis_flow.domain import notification
from hectis_flow.domain.calendar import ALWAYS, add
from hectis_flow.domain.duty import Post
from hectis_flow.domain.events import DELIVERY_GAVE_UP
from hectis_flow.domain.moments import SAST
from hectis_flow.domain.notification import Errand, Occasion, Told, Unplannable
from hectis_flow.domain.offered import offered
from hectis_flow.domain.offices import OfficeTree
from hectis_flow.services import cards, carriers, reference, writing
from hectis_flow.services.house import House
from hectis_flow.storage import attempts, chat_cards, database, deliveries, notices, offices, outbox, staff
from hectis_flow.storage.attempts import Result
from hectis_flow.storage.chat_cards import Posted
from hectis_flow.storage.deliveries import Held
from hectis_flow.storage.direct import Away
from hectis_flow.storage.vault import VaultFault

log = structlog.get_logger(__name__)

#: The part of an attempt's lease in which sending may still begin; the rest is for the last one and the record.
SENDING_SHARE = 0.5
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
    _record(house, [Result(one.id, "cancelled", "moved_on", 0.0) for one in held if one.over])
    waiting = sorted((one for one in held if not one.over), key=lambda one: one.channel)
    groups = [(name, list(group)) for name, group in groupby(waiting, lambda one: one.channel)]
    # Each channel has its part of the time, so that a slow one does not use up what another needs.
    part = house.lease_seconds * SENDING_SHARE / max(len(groups), 1)
    return sum(
        _carry(house, name, group, begun + part * turn) for turn, (name, group) in enumerate(groups, start=1)
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
                asked[reason] = notification.posts(reason, _path(tree, reason.post[0], today))
        except Unplannable as why:
            _park(house, session, one, why.code)
            parked.add(one.event_id)
    people = offered(
        staff.on_duty(session, {post for posts in asked.values() for post in posts}), house.outward.channels
    )
    plans = [notification.notices(reason, posts, people) for reason, posts in asked.items()]
    fresh = notices.write(
        session, [notice for each in plans for notice in each.notices], _link_life(house, at)
    )
    _ask(house, session, [errand for each in plans for errand in each.errands])
    notices.settle(session, [one.event_id for one in told if one.event_id not in parked])
    return fresh


def _tell_alone(house: House, session: Session, one: Told) -> int:
    try:
        with session.begin_nested():
            return _tell(house, session, [one])
    except Exception as fault:
        _raise_if_gone(fault)
        log.warning("notice.cannot_be_planned", event_id=one.event_id, exc_info=fault)
        _park(house, session, one, "planning_failed")
        return 0


def _path(tree: OfficeTree, office_id: int, today: date) -> list[tuple[int, str]]:
    """An office and those above it, each with its kind."""
    try:
        return [(each, tree.kind_of(each)) for each in tree.path(office_id, today)]
    except KeyError:
        raise Unplannable("The office is in no tree.", code="office_missing") from None


def _park(house: House, session: Session, one: Told, reason: str) -> None:
    """Put an event aside, and ask the province to look."""
    notices.park(session, one.event_id, reason)
    office_id = offices.id_of(session, reference.FALLBACK_OFFICE)
    if office_id is not None:
        errand = Errand(notification.EVENT_PARKED, one.case_id, one.event_id, office_id, STEWARD_ROLE)
        _ask(house, session, [errand])


def _ask(house: House, session: Session, errands: Sequence[Errand]) -> None:
    """Open tasks, due as soon as the policy says."""
    if errands:
        at = database.now(session)
        notices.ask(session, errands, add(ALWAYS, at, house.policy.in_force(at).errand_due))


def _link_life(house: House, at: datetime) -> timedelta:
    """For how long a link works that is made now, as the policy says."""
    return add(ALWAYS, at, house.policy.in_force(at).link_lives) - at


def _carry(house: House, name: str, group: Sequence[Held], until: float) -> int:
    """Let one channel carry what is for it, writing down what came of it as it goes."""
    channel = carriers.channel(house, name)
    ready, unfit = _written(house, group)
    _record(house, unfit)
    left, sent = {one.delivery_id for one in ready}, 0
    receipts = channel.send(ready, until)
    try:
        while chunk := list(islice(receipts, channel.chunk)):
            _record(house, [_result(receipt) for receipt in chunk], cards.posted(house, chunk))
            left -= {receipt.delivery_id for receipt in chunk}
            sent += sum(receipt.code == "sent" for receipt in chunk)
    except Exception as fault:
        _raise_if_gone(fault)
        log.warning("channel.failed", channel=name, left=len(left), exc_info=fault)
        _record(house, [Result(one, "later", "channel_failed", 0.0) for one in sorted(left)])
    return sent


def _written(house: House, group: Sequence[Held]) -> tuple[list[Outgoing], list[Result]]:
    """What can be sent, and what cannot be opened or put into words and so never will."""
    ready, unfit = list[Outgoing](), list[Result]()
    for one in group:
        try:
            ready.append(writing.outgoing(house, one))
        except VaultFault:
            unfit.append(Result(one.id, "never", "address_cannot_be_opened", 0.0))
        except Exception as fault:
            log.warning("notice.cannot_be_written", delivery=one.id, exc_info=fault)
            unfit.append(Result(one.id, "never", "cannot_be_written", 0.0))
    return ready, unfit


def _result(receipt: Receipt) -> Result:
    return Result(receipt.delivery_id, receipt.code, receipt.fault, receipt.wait)


def _record(house: House, results: Sequence[Result], posted: Sequence[Posted] = ()) -> None:
    """Write down attempts; after the last one of a person's last way somebody is asked to call."""
    if not posted and all(one.code == "sent" for one in results):
        if results:
            attempts.sent(house.direct, [one.id for one in results])
        return
    options = house.outward.options
    waits = (options.retry_seconds, LONGEST_WAIT_SECONDS, options.most_tries)
    with house.transaction() as session:
        other, given_up = attempts.record(session, results, *waits)
        chat_cards.keep(session, posted)
        if other:
            life = _link_life(house, database.now(session))
            attempts.try_other_way(session, other, life, tuple(house.outward.channels))
        outbox.say(session, DELIVERY_GAVE_UP, [(one.case_id, one.id) for one in given_up])
        if given_up:
            _ask_to_call(house, session, [one.id for one in given_up])


def _ask_to_call(house: House, session: Session, ids: Sequence[int]) -> None:
    tree, today = reference.tree(house, session), database.today(session)
    errands = []
    for one in attempts.unreached(session, ids):
        log.warning("delivery.gave_up", delivery=one.id)
        post = notification.caller((one.office_id, one.role), _path(tree, one.office_id, today))
        errands.append(Errand(notification.CALL_BY_PHONE, one.case_id, one.id, *post))
    _ask(house, session, errands)


def _raise_if_gone(fault: Exception) -> None:
    """A database that is away, or a lock that was not got, says nothing of the work: it is done later."""
    if isinstance(fault, OperationalError | Away) or (
        isinstance(fault, DBAPIError) and fault.connection_invalidated
    ):
        raise fault
