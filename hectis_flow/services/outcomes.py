"""What came of attempts to deliver: written down, and what follows: another way, an address parked, a person who calls.

`services.notification` calls `record` with what the channels said, a chunk at a time; `services.receipts` with what providers
report later. No transaction is open while something is sent.
"""

from collections.abc import Collection, Sequence

import structlog
from sqlalchemy.orm import Session

from hectis_flow.channels.base import LONGEST_WAIT_SECONDS
from hectis_flow.domain import notification
from hectis_flow.domain.events import DELIVERY_GAVE_UP
from hectis_flow.domain.notification import Errand
from hectis_flow.services import pacing, parking, reference
from hectis_flow.services.errands import ask, link_life, path
from hectis_flow.services.house import House
from hectis_flow.storage import attempts, chat_cards, database, outbox
from hectis_flow.storage.attempts import Result
from hectis_flow.storage.chat_cards import Posted

log = structlog.get_logger(__name__)


def record(
    house: House, results: Sequence[Result], standing_for: Collection[int] = (), posted: Sequence[Posted] = ()
) -> None:
    """Write down attempts; after the last one of a person's last way somebody is asked to call.

    `standing_for` are those among them that may stand for a bundle, whose other notices end as they do; `posted` are
    cards in a chat that can be drawn anew.
    """
    if not results:
        return
    ids = [one.id for one in results]
    if (
        all(one.code == "sent" for one in results)
        and not posted
        and not any(id_ in standing_for for id_ in ids)
    ):
        attempts.sent(house.direct, ids)
        return
    options = house.outward.options
    waits = (options.retry_seconds, LONGEST_WAIT_SECONDS, options.most_tries)
    with house.transaction() as session:
        other, given_up = attempts.record(session, results, *waits)
        chat_cards.keep(session, posted)
        parking.park(house, session, [(one.id, one.fault) for one in results if one.code == "gone"])
        if bundles := [id_ for id_ in ids if id_ in standing_for]:
            lost = attempts.follow(session, bundles)
            other, given_up = [*other, *(one.id for one in lost)], [*given_up, *lost]
        if other:
            made = _other_way(house, session, other)
            pacing.regather(house, session, made)
        outbox.say(session, DELIVERY_GAVE_UP, [(one.case_id, one.id) for one in given_up])
        if given_up:
            _ask_to_call(house, session, [one.id for one in given_up])


def lost(house: House, session: Session, found: Sequence[tuple[int, str]]) -> None:
    """What follows where a provider says of notices (id, and `failed` or `gone`) that they did not arrive after all."""
    if not found:
        return
    ids = [id_ for id_, _ in found]
    parking.park(house, session, [(id_, "unknown_subscriber") for id_, said in found if said == "gone"])
    made = _other_way(house, session, ids)
    pacing.regather(house, session, made)
    _ask_to_call(house, session, ids)


def _other_way(house: House, session: Session, ids: Sequence[int]) -> list[tuple[int, int]]:
    """Each person's next way, of those that this deployment offers."""
    life = link_life(house, database.now(session))
    return attempts.try_other_way(session, ids, life, tuple(house.outward.channels))


def _ask_to_call(house: House, session: Session, ids: Sequence[int]) -> None:
    tree, today = reference.tree(house, session), database.today(session)
    errands = []
    for one in attempts.unreached(session, ids):
        log.warning("delivery.gave_up", delivery=one.id)
        post = notification.caller((one.office_id, one.role), path(tree, one.office_id, today))
        errands.append(Errand(notification.CALL_BY_PHONE, one.case_id, one.id, *post))
    ask(house, session, errands)
