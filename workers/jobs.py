"""The jobs: ids in, one service called, nothing else.

RQ finds them by the names in `queues`. A job may run twice and may be killed at any instruction; what
it did not finish is offered again by its row. It must not catch anything: the worker says what failed.
"""

from collections.abc import Sequence

from hectis_flow.services import cards, chat, digest, intake, notification, reencryption
from workers.context import at_work


def process_messages(ids: Sequence[int]) -> None:
    """Read stored messages into visits, incidents and cases."""
    with at_work("process_messages", len(ids)) as house:
        intake.process(house, ids)


def reencrypt(ids: Sequence[int]) -> None:
    """Bring some rows that an older key locks to the active one."""
    with at_work("reencrypt", len(ids)) as house:
        reencryption.reencrypt(house, ids)


def plan_notices(ids: Sequence[int]) -> None:
    """Decide who hears of some events."""
    with at_work("plan_notices", len(ids)) as house:
        notification.plan(house, ids)


def deliver_notices(ids: Sequence[int]) -> None:
    """Send the notices among these deliveries whose attempt is due."""
    with at_work("deliver_notices", len(ids)) as house:
        notification.deliver(house, ids)


def compose_digests(ids: Sequence[int]) -> None:
    """Compose the digests that some events are about."""
    with at_work("compose_digests", len(ids)) as house:
        digest.compose(house, ids)


def answer_chats(ids: Sequence[int]) -> None:
    """Do what was pressed in a chat."""
    with at_work("answer_chats", len(ids)) as house:
        chat.answer(house, ids)


def redraw_cards(ids: Sequence[int]) -> None:
    """Draw cards in a chat anew whose matter is settled."""
    with at_work("redraw_cards", len(ids)) as house:
        cards.redraw(house, ids)
