"""Looks at a worker from outside while it is held still: what it holds, and at which step it is.

A worker that is stopped (SIGSTOP) cannot move on between the look and the kill, so what is reported is
where the kill fell. The names come from PostgreSQL's own view of its connection.
"""

import re
from collections.abc import Collection

import redis
from rq.exceptions import NoSuchJobError
from rq.executions import WORKER_EXECUTIONS_KEY_TEMPLATE
from rq.job import Job
from rq.serializers import JSONSerializer
from sqlalchemy import Connection, text

OUTSIDE = "in the job, no transaction open"

LEASED = text(
    "SELECT id FROM inbound_message WHERE id = ANY(:ids) AND done_at IS NULL AND lease_until > hectis_machine_now()"
)
# The pulse has a connection of its own, and the job's is the one with the oldest transaction.
ACTIVITY = text(
    """
    SELECT state, wait_event_type, query FROM pg_stat_activity
    WHERE application_name = :name AND xact_start IS NOT NULL AND query !~ 'heartbeat'
    ORDER BY xact_start LIMIT 1
    """
)
WRITES = re.compile(r"\bINSERT\b|(?<!FOR )(?<!KEY )\bUPDATE\b", re.IGNORECASE)
SUBJECT = re.compile(r"\b(?:FROM|INTO|UPDATE|JOIN)\s+\"?([a-z_]+)", re.IGNORECASE)


def job_at_hand(broker: "redis.Redis", pid: int, function: str = "") -> list[int]:
    """The ids of the job that the worker with this process id has in hand; none when it has none.

    With a function, only a job of that function counts.
    """
    for key in broker.scan_iter(WORKER_EXECUTIONS_KEY_TEMPLATE.format(f"*-{pid}-*")):
        for member in broker.smembers(key):
            job_id = member.decode().split(":")[0]
            try:
                job = Job.fetch(job_id, connection=broker, serializer=JSONSerializer)
            except NoSuchJobError:
                return []
            return list(job.args[0]) if job.func_name.endswith(function) else []
    return []


def still_leased(connection: Connection, ids: Collection[int]) -> list[int]:
    """Which of these are under a live lease and not done."""
    return list(connection.scalars(LEASED, {"ids": list(ids)}))


def undone(connection: Connection, ids: Collection[int]) -> int:
    """How many of these are not done."""
    statement = text("SELECT count(*) FROM inbound_message WHERE id = ANY(:ids) AND done_at IS NULL")
    return int(connection.scalar(statement, {"ids": list(ids)}) or 0)


def leased(connection: Connection) -> list[int]:
    """Everything under a live lease."""
    statement = text(
        "SELECT id FROM inbound_message WHERE done_at IS NULL AND lease_until > hectis_machine_now()"
    )
    return list(connection.scalars(statement))


def step_of(connection: Connection, pid: int) -> str:
    """Where in its transaction a worker stands, in a few words."""
    row = connection.execute(ACTIVITY, {"name": f"hectis worker {pid}"}).one_or_none()
    if row is None:
        return OUTSIDE
    when = {"active": "during", "idle in transaction": "after"}.get(row.state, row.state)
    subject = SUBJECT.search(row.query)
    verb = "WRITE" if WRITES.search(row.query) else row.query.split()[0].upper()
    return f"{when} {verb} {subject.group(1) if subject else ''}".strip()
