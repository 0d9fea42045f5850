"""What the unit saw in court, and its letters with their replies: rows of codes and days that belong to a brief.

`services.brief_desk`, `brief_letters` and `brief_import` call it with the brief's case held. An observation is never
changed; a letter keeps what it said. No table of a hospital is named here.
"""

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from hectis_flow.domain.briefs import Appearance


class Letter(NamedTuple):
    """A letter as it was sent; `says` is what it said, in codes, and `answer` None while nobody replied."""

    id: int
    brief_id: int
    case_id: int
    side: str
    office: str
    office_id: int
    role: str
    item_id: int
    says: dict[str, Any]
    sent_at: datetime
    respond_by: datetime
    answer: str | None


class Matter(NamedTuple):
    """What names a matter to its police and prosecutors."""

    case_ref: str
    cas_number: str | None
    station: str | None
    court: str | None
    court_case_no: str | None


ADD: Final = text(
    """
    INSERT INTO brief_observation (brief_id, court_date, outcome, docket_at_court, causes, attributable_to,
                                   recommendation, corrects_id, imported, observed_by)
    VALUES (:brief_id, :court_date, :outcome, :docket_at_court, :causes, :attributable_to, :recommendation,
            :corrects_id, :imported, :by)
    ON CONFLICT DO NOTHING RETURNING id
    """
)
# What holds: nothing that was corrected, and of a correction the day of what it corrects.
STANDING: Final = """
    NOT EXISTS (SELECT FROM brief_observation x WHERE x.corrects_id = o.id)
"""
LETTER: Final = """
    SELECT l.id, l.brief_id, b.case_id, l.side, w.name, l.office_id, l.role, l.item_id, l.says, l.sent_at,
           l.respond_by, l.answer
    FROM brief_letter l JOIN watching_brief b ON b.id = l.brief_id JOIN office w ON w.id = l.office_id
"""
MATTER: Final = text(
    """
    SELECT c.ref, concat_ws('/', n.serial, lpad(n.month::text, 2, '0'), n.year), s.name, w.name, m.number
    FROM "case" c LEFT JOIN cas_number n ON n.case_id = c.id LEFT JOIN office s ON s.id = n.station_id
    LEFT JOIN office w ON w.id = c.court_id
    LEFT JOIN court_matter m ON m.case_id = c.id AND m.closed_at IS NULL
    WHERE c.id = :case_id
    """
)
SEND: Final = text(
    """
    INSERT INTO brief_letter (brief_id, side, office_id, role, item_id, says, sent_at, sent_by, respond_by)
    SELECT :brief_id, :side, i.office_id, i.role, i.id, CAST(:says AS jsonb), i.opened_at, :by, k.due_at
    FROM item i JOIN clock k ON k.item_id = i.id AND k.stopped_at IS NULL WHERE i.id = :item_id
    ON CONFLICT DO NOTHING RETURNING id
    """
)


def add(session: Session, seen: Appearance, values: Mapping[str, Any]) -> int | None:
    """A new note of an appearance; None where the day is noted, or that note corrected, already."""
    sent = {
        "court_date": seen.court_date,
        "outcome": seen.outcome,
        "docket_at_court": seen.docket_at_court,
        "causes": list(seen.causes),
        "attributable_to": seen.attributable_to,
        "recommendation": seen.recommendation,
    }
    found: int | None = session.scalar(ADD, {**sent, **values})
    return found


def may_correct(session: Session, brief_id: int, number: int, court_date: date) -> bool:
    """Whether this is a note of this day that stands, so that another one may correct it."""
    statement = text(
        f"""
        SELECT EXISTS (SELECT FROM brief_observation o WHERE o.id = :id AND o.brief_id = :brief_id
                       AND o.court_date = :court_date AND {STANDING})
        """  # noqa: S608  (a constant)
    )
    values = {"id": number, "brief_id": brief_id, "court_date": court_date}
    return bool(session.scalar(statement, values))


def standing(session: Session, brief_id: int) -> list[Appearance]:
    """The notes of a brief that stand, by day."""
    statement = text(
        f"""
        SELECT o.court_date, o.outcome, o.docket_at_court, o.recommendation, o.causes, o.attributable_to
        FROM brief_observation o WHERE o.brief_id = :id AND {STANDING} ORDER BY o.court_date, o.id
        """  # noqa: S608
    )
    found = session.execute(statement, {"id": brief_id})
    return [
        Appearance(day, what, docket, asks, tuple(why), whose)
        for day, what, docket, asks, why, whose in found
    ]


def matter(session: Session, case_id: int) -> Matter:
    """The numbers and places by which a matter is known."""
    ref, cas, *others = session.execute(MATTER, {"case_id": case_id}).one()
    return Matter(ref, cas or None, *others)


def send(session: Session, values: Mapping[str, Any], says: Mapping[str, Any]) -> int | None:
    """A letter whose reply is awaited by its item; None where one of that side waits for its reply already."""
    found: int | None = session.scalar(SEND, {**values, "says": json.dumps(dict(says))})
    return found


def letter(session: Session, brief_id: int, letter_id: int) -> Letter | None:
    """One letter of a brief."""
    statement = text(f"{LETTER} WHERE l.id = :id AND l.brief_id = :brief_id")
    row = session.execute(statement, {"id": letter_id, "brief_id": brief_id}).first()
    return Letter(*row) if row else None


def waits(session: Session, brief_id: int, side: str) -> bool:
    """Whether a letter to this side waits for its reply."""
    statement = text(
        """
        SELECT EXISTS (SELECT FROM brief_letter
                       WHERE brief_id = :id AND side = :side AND answered_at IS NULL)
        """
    )
    return bool(session.scalar(statement, {"id": brief_id, "side": side}))


def reply(session: Session, letter_id: int, values: Mapping[str, Any]) -> None:
    """What was replied to a letter."""
    statement = text(
        """
        UPDATE brief_letter SET answer = :answer, answer_ref = :ref, answer_date = :day, answered_at = hectis_now(),
            answered_by = :by
        WHERE id = :id AND answered_at IS NULL
        """
    )
    session.execute(statement, {**values, "id": letter_id})
