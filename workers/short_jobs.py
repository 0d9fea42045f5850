"""RQ's SimpleWorker, made fit for this house; `work` runs it.

It does not fork, which is what makes short jobs cheap. It tells Redis nothing about a failed job but
that it failed (a traceback quotes values), takes no orders over Redis, and checks for itself whether
it was told to stop. It must not catch what a job raises: RQ counts it, the row's lease brings it back.
"""

from contextlib import suppress
from types import FrameType
from typing import TYPE_CHECKING, Any

import structlog
from redis import Redis, RedisError
from rq import Queue, SimpleWorker
from rq.exceptions import InvalidJobOperation, StopRequested
from rq.executions import Execution
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.timeouts import UnixSignalDeathPenalty

from workers import queues
from workers.desk import Desk

if TYPE_CHECKING:
    from redis.client import Pipeline

log = structlog.get_logger(__name__)

#: Seconds after which Redis forgets a worker that was killed; also bounds how long one read may block.
WORKER_TTL = 30
#: What Redis is told of a failure, whatever it was.
FAILED = "The worker's log says where."


class OutOfTime(BaseException):
    """A job has used up its time.

    No `Exception`, on purpose: a service that carries on when one of many items fails must not carry
    on after this.
    """


class TimeLimit(UnixSignalDeathPenalty):
    """RQ's alarm, with a fault that nobody swallows."""

    def handle_death_penalty(self, signum: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """The alarm's signal handler."""
        raise OutOfTime


class ShortJobs(SimpleWorker):
    """Runs jobs in this process and thread."""

    death_penalty_class = TimeLimit
    max_connection_wait_time = 2.0  # seconds between two tries to reach Redis, at most

    def __init__(self, desk: Desk, redis: "Redis", name: str) -> None:
        self._desk = desk
        super().__init__(
            [queues.queue_of(redis, queue) for queue in queues.QUEUES],
            name=name,
            connection=redis,
            serializer=JSONSerializer,
            worker_ttl=WORKER_TTL,
            log_job_description=False,
        )

    def subscribe(self) -> None:
        """No orders over Redis: nobody there may stop us, and its thread delays every exit."""

    def unsubscribe(self) -> None:
        """Nothing was subscribed."""

    def check_for_suspension(self, burst: bool) -> None:  # noqa: ARG002, FBT001 - RQ's signature
        """Asked before every job; covers the moment before RQ's own signal handlers are in place."""
        if self._desk.stopping:
            raise StopRequested

    def handle_warm_shutdown_request(self) -> None:
        """Told to stop (the signal handler of RQ calls this)."""
        self._desk.stop()

    def set_shutdown_requested_date(self) -> None:
        """Redis is not asked from within a signal handler."""

    def heartbeat(self, timeout: int | None = None, pipeline: "Pipeline | None" = None) -> None:
        """RQ's own sign in Redis; shows us whether Redis is there."""
        try:
            super().heartbeat(timeout, pipeline)
        except RedisError as fault:
            self._desk.redis.met(fault)
            raise
        if pipeline is None:
            self._desk.redis.over()

    def perform_job(self, job: Job, queue: Queue, execution: Execution) -> bool:
        """Run one job; False when it failed."""
        self._desk.begin()
        well = False
        try:
            well = super().perform_job(job, queue, execution)
        finally:
            self._desk.end(well=well)
        return well

    def handle_exception(self, job: Job, *exc_info: Any) -> None:
        """Say what failed and where, never what it said."""
        # RQ found no trace of the job it wants to close: Redis was wiped meanwhile. The work itself is done.
        wiped = isinstance(exc_info[1], InvalidJobOperation)
        event = "job.lost_by_redis" if wiped else "job.failed"
        log.error(event, job=job.description, job_id=job.id, exc_info=exc_info[1])

    def handle_job_failure(
        self,
        job: Job,
        queue: Queue,
        started_job_registry: Any = None,
        exc_string: str = "",  # noqa: ARG002 - what this is here to leave out
        execution: Execution | None = None,
    ) -> None:
        """Let Redis know that it failed, without the traceback."""
        super().handle_job_failure(job, queue, started_job_registry, FAILED, execution)

    def teardown(self) -> None:
        """Leave; a Redis that is away forgets us by itself."""
        with suppress(RedisError):
            super().teardown()  # type: ignore[no-untyped-call]
