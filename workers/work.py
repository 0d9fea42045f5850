"""The worker: takes jobs out of the queues and runs them, one after the other, in this process.

`python -m workers.work`, as many as one likes. It outlives Redis: without it, it waits and says so
once. SIGTERM lets the job at hand finish and a second one hurries (`desk`). It must not know what a
job does.
"""

import logging
import signal
import sys
import threading
import time
from contextlib import suppress

from redis import RedisError
from rq.exceptions import StopRequested

from workers import queues
from workers.context import Context, run_part
from workers.desk import Desk
from workers.pulse import Pulse
from workers.short_jobs import ShortJobs

RETRY_SECONDS = 1.0


def keep_working(context: Context) -> int:
    """Listen to the queues until told to stop."""
    quiet_rq()
    desk = Desk()
    pulse = Pulse(context, desk.figures)
    threading.Thread(target=desk.last_call, name="last-call", daemon=True).start()
    pulse.start()
    for order in (signal.SIGTERM, signal.SIGINT):
        signal.signal(order, desk.interrupt)
    try:
        with suppress(StopRequested):
            spells(context, desk)
    finally:
        for order in (signal.SIGTERM, signal.SIGINT):
            signal.signal(order, signal.SIG_IGN)
        pulse.stop()
    return 0


def spells(context: Context, desk: Desk) -> None:
    """Listen again and again, until told to stop."""
    spell = 0
    while not desk.stopping:
        spell += 1
        # A name of its own: Redis may still hold the one that lost its connection.
        listen(context, desk, f"{context.instance}-{spell}")
        if not desk.stopping:
            time.sleep(RETRY_SECONDS)


def listen(context: Context, desk: Desk, name: str) -> None:
    """One spell of work: until told to stop, or until Redis fails us."""
    redis = queues.connect(context.settings.redis_url)
    try:
        ShortJobs(desk, redis, name).work()
    except RedisError as fault:
        desk.redis.met(fault)
    finally:
        redis.close()


def quiet_rq() -> None:
    """RQ tells of every job, and of every second without Redis; `Trouble` says that once."""
    logger = logging.getLogger("rq.worker")
    logger.setLevel(logging.WARNING)
    logger.addFilter(lambda record: "could not connect to Redis" not in str(record.msg))


if __name__ == "__main__":
    sys.exit(run_part("worker", keep_working))
