"""The roll of a day in court: which matters it calls, what nobody entered of earlier days, and what was entered.

`services.court_day` calls it with what the policy table grants; the scope is a condition of each statement. A roll
goes by court and by the number of the matter there, forwards by key: no OFFSET, no COUNT. It must write nothing.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from hectis_flow.domain.charges import Charge
from hectis_flow.domain.countdown import OVERTAKEN
from hectis_flow.storage.reading_briefs import ON_DATE
from hectis_flow.storage.reading_countdown import DONE
from hectis_flow.storage.reading_sources import SOURCES

_WAITS: Final = f"g.voided_at IS NULL AND g.stage IN ({ON_DATE})"
#: A number of a matter so that 9 comes before 12: each run of digits filled up to eight.
_IN_ORDER: Final = (
    r"regexp_replace(regexp_replace({}, '([0-9]+)', '0000000\1', 'g'), '0*([0-9]{{8}})', '\1', 'g')"
)
_PLACE: Final = _IN_ORDER.format("coalesce(m.number, '')") + ' COLLATE "C"'
_COURT: Final = 'v.code COLLATE "C"'
_CHARGES: Final = """(
    SELECT json_agg(json_build_object('id', g.id, 'accused', g.accused, 'count', g.count, 'offence', g.offence,
        'stage', g.stage, 'child', g.child, 'came_from', g.came_from, 'pleaded', g.pleaded_at IS NOT NULL,
        'plea', g.plea, 'locked', g.locked, 'next_date', g.next_date, 'removal_id', g.removal_id)
        ORDER BY g.accused, g.count)
    FROM charge g WHERE g.case_id = r.id AND g.voided_at IS NULL)"""
# What was said last for the day, also when the day has come and nothing is asked any more.
_CHECKS: Final = f"""(
    SELECT coalesce(json_agg(json_build_object('cause', k.cause, 'state', k.state) ORDER BY k.id), '[]')
    FROM (
        SELECT DISTINCT ON (k.cause) k.id, k.cause,
               CASE WHEN k.red_from <= least(hectis_now(), i.settled_at)
                    THEN CASE WHEN k.answer IS NULL THEN 'silent' ELSE 'red' END
                    WHEN k.answer IN ({DONE}) THEN 'ready' WHEN k.answer IS NOT NULL THEN 'coming'
                    ELSE 'open' END AS state
        FROM court_check k JOIN item i ON i.id = k.item_id
        WHERE k.case_id = r.id AND k.roll_date = d.day AND coalesce(i.ending, '') NOT IN ('{OVERTAKEN}', 'undone')
        ORDER BY k.cause, k.id DESC
    ) k)"""  # noqa: S608  (constants)
_POSTPONED_FOR: Final = """(
    SELECT t.details ->> 'reason' FROM stage_transition t
    WHERE t.case_id = r.id AND t.transition = 'postpone' ORDER BY t.version DESC LIMIT 1)"""
_FIRST_DAY: Final = f"SELECT min(g.next_date) AS day FROM charge g WHERE g.case_id = r.id AND {_WAITS}"  # noqa: S608
_MATTER: Final = f"""
    SELECT r.id, r.ref, v.code, v.name, m.number, d.day, {_PLACE}, {_CHARGES}, {_CHECKS}, {_POSTPONED_FOR}
    FROM "case" r JOIN office v ON v.id = r.court_id
    LEFT JOIN court_matter m ON m.case_id = r.id AND m.closed_at IS NULL
"""  # noqa: S608


class Listed(NamedTuple):
    """A matter on a roll: its court, its number there, its day and its place; what was said of what the day needs."""

    case_id: int
    ref: str
    court: str
    court_name: str
    number: str | None
    day: date
    place: str
    charges: tuple[Charge, ...]
    checks: list[dict[str, str]]
    postponed_for: str | None


class Entered(NamedTuple):
    """The outcome that was entered of a matter, where it is the newest move of its case."""

    ref: str
    court_name: str
    number: str | None
    move: str
    details: Mapping[str, str]
    role: str
    actor: str
    at: datetime


#: Where a page of a roll goes on: court, place and case of the matter before.
Where = tuple[str, str, int]


def of_day(
    session: Session, scope: str, office_id: int | None, day: date, after: Where | None, limit: int
) -> list[Listed]:
    """The matters of a day, by court and number, beyond one of them."""
    statement = text(
        f"""
        {_MATTER} CROSS JOIN (SELECT CAST(:day AS date) AS day) d
        WHERE r.id IN (SELECT g.case_id FROM charge g WHERE g.next_date = :day AND {_WAITS})
          AND {SOURCES["case"].scopes[scope]}
          AND ({_COURT}, {_PLACE}, r.id) > (:court, :place, :id)
        ORDER BY {_COURT}, {_PLACE}, r.id LIMIT :limit
        """  # noqa: S608  (constants, chosen by name)
    )
    court, place, id_ = after or ("", "", 0)
    values = {"office_id": office_id, "day": day, "court": court, "place": place, "id": id_, "limit": limit}
    return [_listed(row) for row in session.execute(statement, values)]


def left_over(session: Session, scope: str, office_id: int | None, day: date, limit: int) -> list[Listed]:
    """The matters whose day lies before this one and of which nobody entered an outcome, oldest first."""
    statement = text(
        f"""
        {_MATTER} CROSS JOIN LATERAL ({_FIRST_DAY}) d
        WHERE r.stage IN ({ON_DATE}) AND d.day < :day AND {SOURCES["case"].scopes[scope]}
        ORDER BY d.day, r.id LIMIT :limit
        """
    )
    values = {"office_id": office_id, "day": day, "limit": limit}
    return [_listed(row) for row in session.execute(statement, values)]


def one(session: Session, scope: str, office_id: int | None, ref: str) -> Listed | None:
    """A matter that waits for a day in court; None if there is none in this scope."""
    statement = text(
        f"""
        {_MATTER} CROSS JOIN LATERAL ({_FIRST_DAY}) d
        WHERE r.ref = :ref AND d.day IS NOT NULL AND {SOURCES["case"].scopes[scope]}
        """
    )
    row = session.execute(statement, {"office_id": office_id, "ref": ref}).first()
    return _listed(row) if row else None


def entered(
    session: Session, scope: str, office_id: int | None, moves: Sequence[str], since: datetime, limit: int
) -> list[Entered]:
    """The outcomes of charges that were entered since a moment, newest first."""
    statement = text(
        f"""
        SELECT r.ref, v.name, m.number, t.transition, t.details, t.actor_role, t.actor, t.at
        FROM "case" r JOIN stage_transition t ON t.case_id = r.id AND t.version = r.version
        JOIN office v ON v.id = r.court_id
        LEFT JOIN court_matter m ON m.case_id = r.id AND m.closed_at IS NULL
        WHERE r.stage_entered_at >= :since AND t.transition = ANY(:moves) AND {SOURCES["case"].scopes[scope]}
        ORDER BY t.at DESC, r.id DESC LIMIT :limit
        """  # noqa: S608
    )
    values = {"office_id": office_id, "moves": list(moves), "since": since, "limit": limit}
    return [Entered(*row) for row in session.execute(statement, values)]


def _listed(row: Any) -> Listed:
    *told, charges, checks, reason = row
    return Listed._make((*told, tuple(_charge(one) for one in charges), checks, reason))


def _charge(told: Mapping[str, Any]) -> Charge:
    day = told["next_date"]
    return Charge(**{**told, "next_date": date.fromisoformat(day) if day else None})
