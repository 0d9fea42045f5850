"""The handover: what waits in PostgreSQL becomes jobs, as ids: messages, events, deliveries, chats, keys to leave.

The leading clock calls these at each tick. PostgreSQL keeps what is due; Redis only carries ids to
whoever has time. If Redis loses them, or a worker dies over them, their lease lapses and a later tick
hands them over again. It must not look into a message.
"""

import time
from collections.abc import Callable, Iterator
from functools import partial

from redis import Redis

from hectis_flow.services import cards, chat, notification, reencryption, work
from hectis_flow.services.house import House
from workers import queues
from workers.queues import (
    ANSWER_CHATS,
    COMPOSE_DIGESTS,
    DELIVER_NOTICES,
    PLAN_NOTICES,
    PROCESS_MESSAGES,
    REDRAW_CARDS,
    REENCRYPT,
    JobKind,
)
from workers.routes import ROUTES

#: The events that somebody hears of.
TOLD = tuple(sorted(event for event, kind in ROUTES.items() if kind is PLAN_NOTICES))
#: Those of which a digest is composed: few at a time, so that several workers share a morning's.
COMPOSED = tuple(sorted(event for event, kind in ROUTES.items() if kind is COMPOSE_DIGESTS))
DIGESTS_A_JOB = 10
#: How soon a flood is handed over again: workers take a job or two meanwhile, and a full queue lasts far longer.
AGAIN_SECONDS = 0.05


def hand_over(house: House, redis: "Redis", job_size: int) -> int:
    """Lease what is due and enqueue it, at most `job_size` ids a job; gives how many ids.

    Redis is asked first, so that nothing is leased for a queue that is full or does not answer.
    Raises `RedisError`; what was leased by then comes back when its lease lapses.
    """
    return _hand_over(house, redis, PROCESS_MESSAGES, job_size, partial(work.lease_messages, house))


def hand_over_events(house: House, redis: "Redis", job_size: int) -> int:
    """The same for events that somebody must hear of."""
    lease = partial(notification.lease_events, house, TOLD)
    return _hand_over(house, redis, PLAN_NOTICES, job_size, lease)


def hand_over_deliveries(house: House, redis: "Redis", job_size: int) -> int:
    """The same for notices whose attempt is due."""
    lease = partial(notification.lease_deliveries, house)
    return _hand_over(house, redis, DELIVER_NOTICES, job_size, lease)


def hand_over_digests(house: House, redis: "Redis", job_size: int) -> int:
    """The same for digests whose window has come."""
    lease = partial(notification.lease_events, house, COMPOSED)
    return _hand_over(house, redis, COMPOSE_DIGESTS, min(job_size, DIGESTS_A_JOB), lease)


def hand_over_chats(house: House, redis: "Redis", job_size: int) -> int:
    """The same for what was pressed in a chat, each by itself, and for cards there whose matter is settled."""
    pressed = _hand_over(house, redis, ANSWER_CHATS, 1, partial(chat.lease, house))
    return pressed + _hand_over(house, redis, REDRAW_CARDS, job_size, partial(cards.lease, house))


def hand_over_all(house: House, redis: "Redis", job_size: int, seconds: float) -> Iterator[int]:
    """Hand over messages, events, notices and digests, and within so many seconds again what filled a job: more may wait.

    Gives each time how many ids.
    """
    ends = time.monotonic() + seconds
    kinds = [hand_over, hand_over_events, hand_over_deliveries, hand_over_digests]
    while True:
        handed = {kind: kind(house, redis, job_size) for kind in kinds}
        yield sum(handed.values())
        kinds = [kind for kind in kinds if handed[kind] >= job_size]
        if not kinds or time.monotonic() + AGAIN_SECONDS > ends:
            return
        time.sleep(AGAIN_SECONDS)


def hand_over_keys(house: House, redis: "Redis") -> int:
    """The same for walks towards the active key, each a job of its own."""
    ids = reencryption.lease(house) if queues.room(redis, REENCRYPT) else []
    if ids:
        queues.enqueue(redis, REENCRYPT, [[walk_id] for walk_id in ids], house.lease_seconds)
    return len(ids)


def _hand_over(
    house: House, redis: "Redis", kind: JobKind, job_size: int, lease: Callable[[int], list[int]]
) -> int:
    free = queues.room(redis, kind)
    ids = lease(free * job_size) if free else []
    batches = [ids[start : start + job_size] for start in range(0, len(ids), job_size)]
    if batches:
        queues.enqueue(redis, kind, batches, house.lease_seconds)
    return len(ids)
