"""How the system stands, in words: which part is down, and what works all the same.

`web.health` calls it for `/readyz` and `/metrics`. It reads what the other parts wrote to the database
(heartbeats, depths) and never asks them, nor Redis, so that a dead part cannot hold the answer up.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from hectis_flow.services.house import House
from hectis_flow.storage import auditor, database, inbox, messages, reading, work
from hectis_flow.storage.auditor import Standing
from hectis_flow.storage.inbox import ALARM_HOURS, Overdue
from hectis_flow.storage.work import Beat

OK = "ok"
BEATS_MISSED = 3
AUDIT_SECONDS = 180.0  # it looks every minute; whoever watches from outside must know of its death by then
LATE_SECONDS = 60.0  # what waits longer than any lease and hand-over needs

# Without these the system does not do its work; the others only make it late.
VITAL = ("database", "schema", "mllp", "worker", "clock")
PARTS = (*VITAL, "redis", "queue", "inbox", "audit")

CALLED: Mapping[str, str] = {"mllp": "MLLP listener", "worker": "worker", "clock": "clock"}
LOST: Mapping[str, str] = {
    "mllp": "hospitals' messages are not taken in, their systems keep them and send again; what has arrived is "
    "worked on and can be read",
    "worker": "messages are still stored and answered and everything can be read, but they wait to become cases",
    "clock": "messages are still stored and answered and everything can be read, but nothing is handed to the "
    "workers and nothing is sealed",
}
REDIS: Mapping[str, str] = {
    "away": "Redis does not answer",
    "full": "Redis is full and takes nothing more",
    "refused": "Redis refuses the password of REDIS_URL",
}
AWAY = (
    "The database does not answer: nothing can be read, hospitals' messages are refused, and their systems send "
    "them again. Nothing that was answered is lost."
)
UNKNOWN = "Not known: this is read from the database."


@dataclass(frozen=True, slots=True)
class Readiness:
    """Each part with "ok" or a sentence. `status` is ready, degraded (late, but all is done) or down."""

    status: str
    parts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Figures:
    """What `/metrics` shows, all from the database."""

    messages: Sequence[tuple[str, str, int]]
    queues: Sequence[tuple[str, int, int, float]]
    beats: Sequence[Beat]
    cases: Sequence[tuple[str, int]]
    overdue: Sequence[Overdue]
    audit: Standing


def look(house: House, wanted_schema: str, heartbeat_seconds: float) -> Readiness:
    """How every part stands. Raises whatever the database raises; `away` says that in words."""
    with house.transaction() as session:
        database.limit_statements(session, 1)
        parts = {"database": OK, "schema": _schema(session, wanted_schema)}
        if parts["schema"] == OK:
            parts |= _running(work.beats(session), heartbeat_seconds)
            parts["queue"] = _queue(work.depths(session))
            parts["inbox"] = _inbox(inbox.overdue(session))
            parts["audit"] = _audit(auditor.standing(session))
    return _told({name: parts.get(name, "Not known until the schema is right.") for name in PARTS})


def away() -> Readiness:
    """The answer when the database gives none."""
    return _told({name: AWAY if name == "database" else UNKNOWN for name in PARTS})


def figures(house: House, seconds: float) -> Figures:
    """The numbers of this moment; gives the database so many seconds. Raises what it raises."""
    with house.transaction() as session:
        database.limit_statements(session, seconds)
        return Figures(
            messages=messages.counts(session),
            queues=work.depths(session),
            beats=work.beats(session),
            cases=reading.cases_by_stage(session),
            overdue=inbox.overdue(session),
            audit=auditor.standing(session),
        )


def _told(parts: Mapping[str, str]) -> Readiness:
    down = [name for name, words in parts.items() if words != OK]
    status = "down" if set(down) & set(VITAL) else "degraded" if down else "ready"
    return Readiness(status, parts)


def _schema(session: Session, wanted: str) -> str:
    stands = database.schema(session)
    if stands == wanted:
        return OK
    return f"The database is at {stands or 'nothing'}, this release wants {wanted}: run `hectis database upgrade`."


def _running(beats: Sequence[Beat], heartbeat_seconds: float) -> dict[str, str]:
    """The parts that beat, and Redis as the clock saw it last."""
    freshest: dict[str, Beat] = {}
    for beat in sorted(beats, key=lambda one: one.age_seconds):
        freshest.setdefault(beat.part, beat)
    limit = BEATS_MISSED * heartbeat_seconds
    parts = {part: _beating(part, freshest.get(part), limit) for part in LOST}
    parts["redis"] = _redis(freshest.get("clock"), known=parts["clock"] == OK)
    return parts


def _beating(part: str, beat: Beat | None, limit: float) -> str:
    if beat is not None and beat.age_seconds <= limit:
        return OK
    seen = "was not seen today" if beat is None else f"was last seen {beat.age_seconds:.0f} s ago"
    return f"The {CALLED[part]} {seen}: {LOST[part]}."


def _redis(clock: Beat | None, *, known: bool) -> str:
    state = str(clock.details.get("redis", "")) if clock is not None and known else ""
    if state == OK:
        return OK
    if not state:
        return "Not known: the clock, which looks after it, says nothing of it."
    return (
        f"{REDIS.get(state, REDIS['away'])}: messages are still stored and answered and everything can be read, but the "
        "hand-over to the workers waits for it. Nothing is lost by that."
    )


def _queue(depths: Sequence[tuple[str, int, int, float]]) -> str:
    late = [
        f"{queue}: {waiting} wait, the oldest for {oldest:.0f} s"
        for queue, waiting, _, oldest in depths
        if oldest > LATE_SECONDS
    ]
    if not late:
        return OK
    return f"Work is late ({'; '.join(late)}): new messages are still stored and answered."


def _inbox(overdue: Sequence[Overdue]) -> str:
    """Anybody may read this, so no office is named."""
    count = sum(one.messages for one in overdue)
    if not count:
        return OK
    return (
        f"{count} parked messages have waited for more than {ALARM_HOURS} hours for a person to look at them: "
        "`hectis messages list --state parked` names them and their owners."
    )


def _audit(standing: Standing) -> str:
    if standing.age_seconds is None or standing.age_seconds > AUDIT_SECONDS:
        return (
            "Nobody has checked for minutes whether all who must hear were told: look whether a clock runs."
        )
    if standing.open_findings:
        return (
            f"{standing.open_findings} duties were not done in time: the log of the clock names their kinds, and "
            "`hectis audit list` the cases."
        )
    return OK
