"""The handover: waiting messages, and keys to be left behind, become jobs, as ids.

The leading clock calls these at each tick. PostgreSQL keeps what is due; Redis only carries ids to
whoever has time. If Redis loses them, or a worker dies over them, their lease lapses and a later tick
hands them over again. It must not look into a message.
"""

from redis import Redis

from hectis_flow.services import reencryption, work
from hectis_flow.services.house import House
from workers import queues
from workers.queues import PROCESS_MESSAGES, REENCRYPT


def hand_over(house: House, redis: "Redis", job_size: int) -> int:
    """Lease what is due and enqueue it, at most `job_size` ids a job; gives how many ids.

    Redis is asked first, so that nothing is leased for a queue that is full or does not answer.
    Raises `RedisError`; what was leased by then comes back when its lease lapses.
    """
    free = queues.room(redis, PROCESS_MESSAGES)
    ids = work.lease_messages(house, free * job_size) if free else []
    batches = [ids[start : start + job_size] for start in range(0, len(ids), job_size)]
    if batches:
        queues.enqueue(redis, PROCESS_MESSAGES, batches, house.lease_seconds)
    return len(ids)


def hand_over_keys(house: House, redis: "Redis") -> int:
    """The same for walks towards the active key, each a job of its own."""
    ids = reencryption.lease(house) if queues.room(redis, REENCRYPT) else []
    if ids:
        queues.enqueue(redis, REENCRYPT, [[walk_id] for walk_id in ids], house.lease_seconds)
    return len(ids)
