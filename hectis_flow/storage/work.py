"""What the running parts tell each other through the database: leadership, runs, heartbeats, depths.

The web reads heartbeats and depths from here, so that a dead Redis cannot slow or stop it.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session


class Beat(NamedTuple):
    """The last sign of life of one instance of one part."""

    part: str
    instance: str
    age_seconds: float
    details: dict[str, Any]


def lead(session: Session, holder: str, seconds: float) -> int | None:
    """Take or keep the leadership of the clock for some seconds of database time.

    Gives the term (it rises with each change of leader) or None when another holds the lease.
    """
    statement = text(
        """
        INSERT INTO clock_leader AS l (holder, lease_until, term)
        VALUES (:holder, hectis_machine_now() + make_interval(secs => :seconds), 1)
        ON CONFLICT (only_row) DO UPDATE
        SET holder = :holder, lease_until = excluded.lease_until,
            term = l.term + (l.holder <> :holder)::int
        WHERE l.holder = :holder OR l.lease_until <= hectis_machine_now()
        RETURNING term
        """
    )
    term: int | None = session.scalar(statement, {"holder": holder, "seconds": seconds})
    return term


def resign(session: Session, holder: str) -> None:
    """Give the leadership up at once, so that another need not wait for the lease to lapse."""
    statement = text("UPDATE clock_leader SET lease_until = hectis_machine_now() WHERE holder = :holder")
    session.execute(statement, {"holder": holder})


def claim_window(session: Session, job: str, seconds: float, holder: str) -> bool:
    """Claim the current window of a job; False when it has been claimed, by whichever leader."""
    statement = text(
        """
        INSERT INTO clock_run (job, window_start, holder)
        SELECT :job, to_timestamp(floor(extract(epoch FROM hectis_machine_now()) / :seconds) * :seconds), :holder
        ON CONFLICT DO NOTHING RETURNING true
        """
    )
    values = {"job": job, "seconds": seconds, "holder": holder}
    return bool(session.scalar(statement, values))


def is_claimed(session: Session, job: str, window: datetime) -> bool:
    """Whether a window that begins at this moment has been claimed."""
    statement = text("SELECT EXISTS (SELECT FROM clock_run WHERE job = :job AND window_start = :window)")
    return bool(session.scalar(statement, {"job": job, "window": window}))


def claim(session: Session, job: str, window: datetime, holder: str) -> bool:
    """Claim the window of a job that begins at this moment; False when it has been claimed."""
    statement = text(
        """
        INSERT INTO clock_run (job, window_start, holder) VALUES (:job, :window, :holder)
        ON CONFLICT DO NOTHING RETURNING true
        """
    )
    return bool(session.scalar(statement, {"job": job, "window": window, "holder": holder}))


def forget_old_runs(session: Session) -> None:
    """Drop claims older than a week: they have done their work of refusing doubles."""
    session.execute(text("DELETE FROM clock_run WHERE at < hectis_now() - interval '7 days'"))


def beat(session: Session, part: str, instance: str, details: Mapping[str, Any]) -> None:
    """A sign of life of one part."""
    statement = text(
        """
        INSERT INTO heartbeat (part, instance, at, details)
        VALUES (:part, :instance, hectis_machine_now(), CAST(:details AS jsonb))
        ON CONFLICT (part, instance) DO UPDATE SET at = excluded.at, details = excluded.details
        """
    )
    session.execute(statement, {"part": part, "instance": instance, "details": json.dumps(dict(details))})


def stop_beating(session: Session, part: str, instance: str) -> None:
    """A part that stops on purpose leaves no stale sign behind."""
    statement = text("DELETE FROM heartbeat WHERE part = :part AND instance = :instance")
    session.execute(statement, {"part": part, "instance": instance})


def beats(session: Session) -> list[Beat]:
    """Every part's last sign of life, newest first; older than a day is history."""
    statement = text(
        """
        SELECT part, instance, extract(epoch FROM hectis_machine_now() - at)::float, details FROM heartbeat
        WHERE at > hectis_machine_now() - interval '1 day' ORDER BY part, at DESC
        """
    )
    return [Beat(*row) for row in session.execute(statement)]


def measure_queues(session: Session) -> None:
    """Write how much waits, how much is leased and how old the oldest is, for each kind of due row."""
    statement = text(
        """
        INSERT INTO queue_depth (queue, at, waiting, leased, oldest_seconds)
        SELECT 'messages', hectis_machine_now(), count(*) FILTER (WHERE lease_until IS NULL OR lease_until <= hectis_machine_now()),
               count(*) FILTER (WHERE lease_until > hectis_machine_now()),
               coalesce(extract(epoch FROM hectis_now() - min(received_at)), 0)
        FROM inbound_message WHERE done_at IS NULL
        UNION ALL
        SELECT 'outbox', hectis_machine_now(), count(*) FILTER (WHERE lease_until IS NULL OR lease_until <= hectis_machine_now()),
               count(*) FILTER (WHERE lease_until > hectis_machine_now()),
               coalesce(extract(epoch FROM hectis_now() - min(at)), 0)
        FROM outbox WHERE done_at IS NULL AND parked_at IS NULL
        UNION ALL
        SELECT 'deliveries', hectis_machine_now(), count(*) FILTER (WHERE lease_until IS NULL OR lease_until <= hectis_machine_now()),
               count(*) FILTER (WHERE lease_until > hectis_machine_now()),
               -- one that was tried waits for its next attempt, and is not late before that
               coalesce(extract(epoch FROM hectis_machine_now() - min(next_attempt_at)
                   FILTER (WHERE next_attempt_at <= hectis_machine_now())), 0)
        FROM delivery WHERE sent_at IS NULL AND cancelled_at IS NULL AND gave_up_at IS NULL
        ON CONFLICT (queue) DO UPDATE SET at = excluded.at, waiting = excluded.waiting,
            leased = excluded.leased, oldest_seconds = excluded.oldest_seconds
        """
    )
    session.execute(statement)


def depths(session: Session) -> list[tuple[str, int, int, float]]:
    """Queue, waiting, leased, age of the oldest in seconds, as last measured."""
    rows = session.execute(text("SELECT queue, waiting, leased, oldest_seconds FROM queue_depth ORDER BY 1"))
    return [tuple(row) for row in rows]
