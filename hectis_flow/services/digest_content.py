"""What one digest says, as codes, numbers and references: read in the transaction in which it is composed.

`services.digest` calls `gather`. It is kept as it was shown, so it holds no words of a language and nothing of a person.
What is listed is bounded; what is counted is not. The certificate of the balance and the seal of the ledger are each
asked for in one place, and a digest without one says nothing of it.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy.orm import Session

from hectis_flow.domain import digest as rules
from hectis_flow.domain.committee import CHAIR
from hectis_flow.domain.digest import MOST, Changes, Gone, Line
from hectis_flow.services import balance, sealing
from hectis_flow.storage import agenda_lines, digest_content, digest_reading, meetings, road
from hectis_flow.storage.digest_content import Owed, Rung, Stand
from hectis_flow.storage.digests import Due

#: Lines of each part that a digest lists at the most; the rest is counted, and stands on the pages.
LISTED: Final = 200
OWED: Final = 20
DAY: Final = 24 * 3600.0
Json = dict[str, Any]


class Gathered(NamedTuple):
    """What a digest says, what the next one is compared with, and whether there is nothing to say."""

    content: Json
    lines: tuple[Line, ...]
    empty: bool


def gather(session: Session, due: Due) -> Gathered:
    """Everything of one digest. A digest of thousands of cases takes a dozen statements."""
    committee = due.office_id if due.role == CHAIR else None
    stands = digest_content.standing(session, due.offices, tabled=committee is not None)
    over = digest_content.gone(session, due.before_id, due.offices)
    before = digest_content.shown(session, due.before_id)
    lines = tuple(map(_line, stands))
    told = rules.changes(before, lines, [Gone(_line(one), ended) for one, ended in over])
    known = {(one.kind, one.id): one for one in (*stands, *(one for one, _ in over))}
    decide, waiting = _decide(session, due, committee, stands)
    owed = digest_content.owed(session, due.offices, committee, OWED)
    followed = (
        meetings.follow_up(session, committee)
        if committee
        else digest_content.asked_of(session, due.offices, due.since)
    )
    content = {
        **_head(session, due, committee),
        "figures": _figures(stands, told, waiting, first=due.before_id is None),
        "followed": followed.counts,
        "decide": decide,
        **{name: [_told(known, one) for one in part[:LISTED]] for name, part in _parts(told, due).items()},
        "ages": [one._asdict() for one in digest_content.by_age(session, due.offices)],
        "owed": [_owed(one) for one in owed],
        **_removals(session, committee),
        "certificate": certificate(session),
        "seal": seal(session),
    }
    empty = not (lines or decide or owed or told.worse or told.fixed)
    return Gathered(content, lines, empty)


def certificate(session: Session) -> Json | None:
    """The newest certificate of the balance: what came in by line, with its difference; None before the first."""
    found = balance.latest(session)
    if found is None:
        return None
    return {
        "number": found.number,
        "drawn_at": found.drawn_at.isoformat(),
        "clean": found.clean,
        "lines": [
            {"name": one.name, "came_in": one.came_in, "difference": one.difference} for one in found.lines
        ],
    }


def seal(session: Session) -> Json | None:
    """The newest seal of the ledger: `number`, `digest` in hex, its `words` and `sealed_at`; None before the first."""
    found = sealing.witness(session)
    if found is None:
        return None
    return {
        "number": found.number,
        "digest": found.digest,
        "words": list(found.words),
        "sealed_at": found.sealed_at.isoformat(),
    }


def _head(session: Session, due: Due, committee: int | None) -> Json:
    return {
        "staff": due.staff_code,
        "language": digest_reading.language(session, due.staff_id),
        "office": due.office,
        "role": due.role,
        "offices": len(due.offices),
        "committee": committee is not None,
        "window_on": due.window_on.isoformat(),
        "window_at": due.window_at.isoformat(),
        "made_at": due.now.isoformat(),
        "since": due.since.isoformat() if due.since else None,
        "late": due.late,
    }


def _figures(stands: Sequence[Stand], told: Changes, waiting: int, *, first: bool) -> Json:
    """Each figure that a digest says; what it lists is a part of these."""
    climbed = [one for one in stands if one.kind == "escalation"]
    return {
        "to_decide": waiting,
        "standing": len(climbed),
        "tabled": len(stands) - len(climbed),
        # The first of all has nothing that it could be new beside.
        "new": 0 if first else len(told.new),
        "worse": len(told.worse),
        "fixed": len(told.fixed),
        "same": len(told.same) + (len(told.new) if first else 0),
        "oldest_days": max((one.days for one in stands), default=0),
    }


def _parts(told: Changes, due: Due) -> dict[str, tuple[Line, ...]]:
    return {
        "new": () if due.before_id is None else told.new,
        "worse": told.worse,
        "fixed": told.fixed,
    }


def _decide(
    session: Session, due: Due, committee: int | None, stands: Sequence[Stand]
) -> tuple[list[Json], int]:
    """At most five to decide now, and how many wait in all."""
    if committee is not None:
        return _chairs(session, committee)
    asked = [
        one for one in digest_content.owed(session, due.offices, None, LISTED) if one.state != "reported"
    ]
    first = [{**_owed(one), "sort": "report"} for one in asked[:MOST]]
    oldest = stands[: MOST - len(first)]
    rungs = digest_content.next_rungs(session, [one.id for one in oldest])
    rest = [{**_stand(one), "sort": "late", "next": _rung(rungs.get(one.id))} for one in oldest]
    return [*first, *rest], len(asked) + len(stands)


def _chairs(session: Session, committee: int) -> tuple[list[Json], int]:
    """What waits for the chair: to be confirmed or answered, then what nobody decided on, the longest first."""
    waiting = digest_content.for_chair(session, committee)
    found = [
        {**_owed(one), "sort": "accept" if one.state == "reported" else "confirm"} for one in waiting[:MOST]
    ]
    room = MOST - len(found)
    lines = agenda_lines.page(session, committee, None, room, undecided=True) if room else []
    for one in lines:
        at = {"ref": one.case_ref, "stage": one.stage, "reason": one.reason, "office": one.office_name}
        found.append({**at, "days": one.days, "sort": one.kind})
    return found, len(waiting) + digest_content.undecided(session, committee)


def _removals(session: Session, committee: int | None) -> Json:
    """What left the roll and came back: the committee's own figures."""
    if committee is None:
        return {"removals": None, "causes": []}
    found = road.removed(session, None, None)
    every = next(one for one in found if one.cause is None)
    told = [
        {name: value for name, value in one._asdict().items() if name != "median_seconds"} for one in found
    ]
    days = None if every.median_seconds is None else round(every.median_seconds / DAY)
    return {
        "removals": {**next(one for one in told if one["cause"] is None), "median_days": days},
        "causes": [one for one in told if one["cause"] is not None],
    }


def _line(one: Stand) -> Line:
    return Line(one.kind, one.id, one.level)


def _told(known: dict[tuple[str, int], Stand], line: Line) -> Json:
    return _stand(known[line.kind, line.id])


def _stand(one: Stand) -> Json:
    return {
        "kind": one.kind,
        "ref": one.ref,
        "stage": one.stage,
        "reason": one.reason,
        "office": one.office,
        "with": one.with_,
        "level": one.level,
        "days": one.days,
    }


def _owed(one: Owed) -> Json:
    return {
        "decision": one.id,
        "what": one.kind,
        "ref": one.ref,
        "office": one.office,
        "role": one.role,
        "due_on": one.due_on.isoformat(),
        "state": one.state,
    }


def _rung(rung: Rung | None) -> Json | None:
    return None if rung is None else {"role": rung.role, "office": rung.office, "at": rung.at.isoformat()}
