"""The queues and the kinds of job, each named once, and the only way to put a job into a queue.

`handover` enqueues, `work` listens. Jobs are JSON, carry ids alone and name all their limits: RQ's
own defaults keep a failed job for a year and its traceback for ever. Redis holds copies of what
PostgreSQL knows; nothing here may be the only place that knows something.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from redis import AuthenticationError, Redis
from redis.backoff import NoBackoff
from redis.exceptions import OutOfMemoryError
from redis.retry import Retry
from rq import Queue
from rq.serializers import JSONSerializer

from workers.pulse import AWAY

NOTICES = "notices"
DELIVERIES = "deliveries"
MESSAGES = "messages"
DIGESTS = "digests"
KEYS = "keys"
#: Every queue a worker listens to, the most urgent first: a notice that waits behind a morning's messages
#: comes too late. Deciding who hears never waits behind a mail server that is slow, so it has a queue of its own.
QUEUES = (NOTICES, DELIVERIES, MESSAGES, DIGESTS, KEYS)

#: Jobs that may lie in one queue. What is beyond stays in PostgreSQL, where no lease of it lapses and
#: no attempt is counted: a worker that is away for an hour must not cost a sound message its tries.
MOST_WAITING = 16

#: Written before anything is leased, to see whether Redis takes anything.
PROBE = "hectis:probe"
PROBE_SECONDS = 60

CONNECT_SECONDS = 2.0
ANSWER_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class JobKind:
    """One kind of job: its function by name, its queue, its limits in seconds.

    `timeout` ends a job that hangs (statements have their own, shorter one); `failure_ttl` is how
    long a failed job can be looked at. Nothing is kept of a job that went well.
    """

    function: str
    queue: str
    timeout: int
    failure_ttl: int
    result_ttl: int = 0

    @property
    def name(self) -> str:
        """The short name, for logs."""
        return self.function.rpartition(".")[2]


PROCESS_MESSAGES = JobKind("workers.jobs.process_messages", MESSAGES, timeout=60, failure_ttl=3600)
REENCRYPT = JobKind("workers.jobs.reencrypt", KEYS, timeout=60, failure_ttl=3600)
PLAN_NOTICES = JobKind("workers.jobs.plan_notices", NOTICES, timeout=60, failure_ttl=3600)
DELIVER_NOTICES = JobKind("workers.jobs.deliver_notices", DELIVERIES, timeout=60, failure_ttl=3600)
# A few hundred people's come at once, each with its paper: they wait behind what is urgent.
COMPOSE_DIGESTS = JobKind("workers.jobs.compose_digests", DIGESTS, timeout=120, failure_ttl=3600)
ANSWER_CHATS = JobKind("workers.jobs.answer_chats", NOTICES, timeout=60, failure_ttl=3600)
REDRAW_CARDS = JobKind("workers.jobs.redraw_cards", DELIVERIES, timeout=60, failure_ttl=3600)
JOB_KINDS = (
    PROCESS_MESSAGES,
    REENCRYPT,
    PLAN_NOTICES,
    DELIVER_NOTICES,
    COMPOSE_DIGESTS,
    ANSWER_CHATS,
    REDRAW_CARDS,
)


def connect(url: str, answer_seconds: float = ANSWER_SECONDS) -> "Redis":
    """A client that gives up soon: one more try over a fresh connection, then the caller is told."""
    return Redis.from_url(
        url,
        socket_connect_timeout=CONNECT_SECONDS,
        socket_timeout=answer_seconds,
        retry=Retry(NoBackoff(), 1),
    )


def queue_of(redis: "Redis", name: str) -> Queue:
    """A queue as both of its ends must open it."""
    return Queue(name, connection=redis, serializer=JSONSerializer)


def room(redis: "Redis", kind: JobKind) -> int:
    """How many more jobs of a kind its queue may take.

    Raises `RedisError` when Redis does not answer, and when it is full: it would still count, but take nothing.
    """
    with redis.pipeline(transaction=False) as both:
        both.set(PROBE, b"", ex=PROBE_SECONDS)
        both.llen(queue_of(redis, kind.queue).key)
        _, waiting = both.execute()
    return max(0, MOST_WAITING - int(waiting))


def cause_of(fault: BaseException) -> str:
    """Why Redis fails us, in a word that `services.readiness` has a sentence for."""
    if isinstance(fault, OutOfMemoryError):
        return "full"
    return "refused" if isinstance(fault, AuthenticationError) else AWAY


def enqueue(redis: "Redis", kind: JobKind, batches: Sequence[Sequence[int]], lease_seconds: float) -> None:
    """One job for each batch of ids, all in one round trip; raises `RedisError`, then none or all stand.

    A job that was not begun when its lease lapses leaves the queue: its ids are being offered again.
    """
    jobs = [
        Queue.prepare_data(
            kind.function,
            args=(list(batch),),
            timeout=kind.timeout,
            ttl=max(1, math.ceil(lease_seconds)),
            result_ttl=kind.result_ttl,
            failure_ttl=kind.failure_ttl,
            description=kind.name,
        )
        for batch in batches
    ]
    queue_of(redis, kind.queue).enqueue_many(jobs)
