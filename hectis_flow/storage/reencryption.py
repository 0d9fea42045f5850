"""Which rows are locked with which data key, and how far bringing them to the active one has come.

`services.reencryption` calls this. A table is walked by its primary key, window by window, so that no
statement reads a whole table and no index on `key_id` slows intake. Rows that somebody works on are
passed over, never waited for. It must not see a key.
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import accumulate, takewhile
from typing import NamedTuple

from sqlalchemy import Integer, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from hectis_flow.storage.base import Base
from hectis_flow.storage.locked import SUBJECTS, Sealed

#: Ids looked at by one statement, rows and bytes locked by one transaction.
WINDOW = 5000
MOST_ROWS = 200
MOST_BYTES = 4 << 20


ADVANCE = text(
    """
    UPDATE reencryption SET done_to = :end, moved = moved + :moved, passed_over_at = :passed_over_at,
        moved_this_round = moved_this_round + :moved, unopened = unopened + :unopened
    WHERE id = :id
    """
)
GO_BACK = text(
    """
    UPDATE reencryption SET done_to = :to, passed_over_at = NULL,
        lease_until = hectis_machine_now() + make_interval(secs => :pause)
    WHERE id = :id
    """
)
NEXT_ROUND = text(
    """
    UPDATE reencryption SET round = round + 1, done_to = 0, moved_this_round = 0, unopened = 0,
        lease_until = greatest(begun_at + make_interval(secs => :rest),
                               hectis_machine_now() + make_interval(secs => :rest / 4))
    WHERE id = :id
    """
)
FINISH = text("UPDATE reencryption SET lease_until = NULL, done_at = hectis_machine_now() WHERE id = :id")


class Reencryption(Base):
    """One walk through one table, towards one key; rounds are repeated until one finds nothing to do."""

    __tablename__ = "reencryption"

    id: Mapped[int] = mapped_column(primary_key=True)
    subject: Mapped[str]
    key_id: Mapped[str]
    begun_at: Mapped[datetime]
    round: Mapped[int] = mapped_column(Integer)
    done_to: Mapped[int]
    up_to: Mapped[int]
    moved: Mapped[int]
    moved_this_round: Mapped[int]
    passed_over_at: Mapped[int | None]
    unopened: Mapped[int]
    lease_until: Mapped[datetime | None]
    done_at: Mapped[datetime | None]


class Walk(NamedTuple):
    """A walk as it stands, held until the transaction ends."""

    id: int
    subject: str
    key_id: str
    round: int
    done_to: int
    up_to: int
    moved_this_round: int
    passed_over_at: int | None


class Window(NamedTuple):
    """What one transaction deals with: rows now locked, the lowest passed over, the id it reaches to."""

    rows: list[Sealed]
    passed_over_at: int | None
    end: int


class Progress(NamedTuple):
    """How far the walk through one table is; `unopened` rows no live key opens."""

    subject: str
    round: int
    done_to: int
    up_to: int
    moved: int
    unopened: int
    done: bool


def begin(session: Session, key_id: str) -> None:
    """Let every table be walked towards this key, unless that was begun before."""
    for subject in SUBJECTS.values():
        statement = text(
            f"""
            INSERT INTO reencryption (subject, key_id, up_to)
            SELECT '{subject.table}', :key_id, (SELECT coalesce(max(id), 0) FROM {subject.table})
            WHERE NOT EXISTS (SELECT FROM reencryption WHERE subject = '{subject.table}' AND key_id = :key_id)
            ON CONFLICT DO NOTHING
            """  # noqa: S608  (our own names)
        )
        session.execute(statement, {"key_id": key_id})


def begin_again(session: Session, key_id: str) -> None:
    """Walk towards this key once more from the start: rows on another key have turned up."""
    statement = text(
        """
        UPDATE reencryption SET round = 1, done_to = 0, moved_this_round = 0, passed_over_at = NULL,
            unopened = 0, lease_until = NULL, done_at = NULL
        WHERE key_id = :key_id AND done_at IS NOT NULL
        """
    )
    session.execute(statement, {"key_id": key_id})


def lease_due(session: Session, key_id: str, seconds: float) -> list[int]:
    """Lease the walks towards this key that have somewhere to go; their ids."""
    statement = text(
        """
        UPDATE reencryption SET lease_until = hectis_machine_now() + make_interval(secs => :seconds)
        WHERE id IN (
            SELECT id FROM reencryption WHERE key_id = :key_id AND done_at IS NULL
              AND (lease_until IS NULL OR lease_until <= hectis_machine_now())
            FOR UPDATE SKIP LOCKED)
        RETURNING id
        """
    )
    return sorted(session.scalars(statement, {"key_id": key_id, "seconds": seconds}))


def hold(session: Session, walk_id: int, key_id: str) -> Walk | None:
    """Lock a walk towards this key; None when it is done, goes elsewhere, or another is at it."""
    statement = text(
        """
        SELECT id, subject, key_id, round, done_to, up_to, moved_this_round, passed_over_at FROM reencryption
        WHERE id = :id AND key_id = :key_id AND done_at IS NULL FOR UPDATE SKIP LOCKED
        """
    )
    row = session.execute(statement, {"id": walk_id, "key_id": key_id}).one_or_none()
    return Walk(*row) if row else None


def window(session: Session, walk: Walk) -> Window:
    """Lock the next rows on another key, as many as one short transaction may hold."""
    subject = SUBJECTS[walk.subject]
    end = min(walk.done_to + WINDOW, walk.up_to)
    look = text(
        f"""
        SELECT id, octet_length({subject.column}) FROM {subject.table}
        WHERE id > :after AND id <= :end AND key_id <> :key_id ORDER BY id LIMIT :limit
        """  # noqa: S608  (our own names)
    )
    values = {"after": walk.done_to, "end": end, "key_id": walk.key_id, "limit": MOST_ROWS}
    found = [(row[0], row[1]) for row in session.execute(look, values)]
    few = _within(found)
    if len(few) < len(found) or len(found) == MOST_ROWS:
        end = few[-1]
    lock = text(
        f"""
        SELECT id, key_id, {subject.column} FROM {subject.table}
        WHERE id = ANY(:ids) AND key_id <> :key_id AND {subject.at_rest}
        ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
        """  # noqa: S608
    )
    rows = [Sealed(*row) for row in session.execute(lock, {"ids": few, "key_id": walk.key_id})]
    passed_over = set(few) - {row.id for row in rows}
    return Window(rows, min(passed_over, default=None), end)


def _within(found: Sequence[tuple[int, int]]) -> list[int]:
    """The first of these ids whose values together stay within the bound, and one in any case."""
    sizes = accumulate(size for _, size in found)
    room = sum(1 for _ in takewhile(lambda size: size <= MOST_BYTES, sizes))
    return [number for number, _ in found[: max(1, room)]]


def advance(session: Session, walk: Walk, seen: Window, moved: int, rest_seconds: float) -> bool:
    """Note how far the walk came; True while this round has further to go.

    At the end of a round the walk goes back to what it passed over. It is done when a whole round has found
    nothing to do that began when no process could still hold the old key: `rest_seconds` after the first.
    """
    passed_over = [at for at in (walk.passed_over_at, seen.passed_over_at) if at is not None]
    values = {
        "id": walk.id,
        "end": seen.end,
        "moved": moved,
        "unopened": len(seen.rows) - moved,
        "passed_over_at": min(passed_over, default=None),
    }
    session.execute(ADVANCE, values)
    if seen.end < walk.up_to or _has_grown(session, walk):
        return True
    if passed_over:
        session.execute(GO_BACK, {"id": walk.id, "to": min(passed_over) - 1, "pause": rest_seconds / 4})
    elif walk.round == 1 or walk.moved_this_round + moved > 0:
        session.execute(NEXT_ROUND, {"id": walk.id, "rest": rest_seconds})
    else:
        session.execute(FINISH, {"id": walk.id})
    return False


def _has_grown(session: Session, walk: Walk) -> bool:
    """Whether rows were added beyond the end of the round meanwhile; then it reaches to them."""
    statement = text(
        f"""
        UPDATE reencryption SET up_to = (SELECT max(id) FROM {SUBJECTS[walk.subject].table})
        WHERE id = :id AND up_to < (SELECT max(id) FROM {SUBJECTS[walk.subject].table}) RETURNING true
        """  # noqa: S608  (our own names)
    )
    return bool(session.scalar(statement, {"id": walk.id}))


def release(session: Session, ids: Sequence[int]) -> None:
    """Offer walks again at once that have further to go in this round."""
    statement = text("UPDATE reencryption SET lease_until = NULL WHERE id = ANY(:ids) AND done_at IS NULL")
    session.execute(statement, {"ids": list(ids)})


def progress(session: Session, key_id: str) -> list[Progress]:
    """How far each walk towards this key has come; nothing when none was begun."""
    statement = text(
        """
        SELECT subject, round, done_to, up_to, moved, unopened, done_at IS NOT NULL FROM reencryption
        WHERE key_id = :key_id ORDER BY id
        """
    )
    return [Progress(*row) for row in session.execute(statement, {"key_id": key_id})]
