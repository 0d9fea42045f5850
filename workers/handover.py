"""The handover: waiting messages become jobs, as ids, in batches.

The leading clock calls `hand_over` at each tick. PostgreSQL keeps the messages; Redis only carries
their ids to whoever has time. If Redis loses them, or a worker dies over them, their lease lapses and
a later tick hands them over again. It must not look into a message.
"""

from redis import Redis

from hectis_flow.services import work
from hectis_flow.services.house import House
from workers import queues
from workers.queues import PROCESS_MESSAGES


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
