"""Who answered, how much the answer proves and why, and through which link if it was one; never changed.

`services.acknowledgement` calls it, for the answer itself and for what the page of a link says around it. An answer
that counts made a move, settled something awaited, or stands for one person of a rung; what looks automated did none
of it. It must not grade anything.
"""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ForeignKey, Integer, LargeBinary, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from hectis_flow.domain.acknowledgement import Grade
from hectis_flow.storage.base import Base
from hectis_flow.storage.clocks import RUNGS, TO_COME
from hectis_flow.storage.driver import Statement
from hectis_flow.storage.tokens import HOLDS_POST

#: Of one link no more than so many answers that look automated are written down: it is enough to see what it was.
MOST_DOUBTS = 30


class Acknowledgement(Base):
    """One answer. `version` is that of the move it made, `step_id` the rung that it is a part of the answer to.

    `grade` says how much it proves and `reason` why; `trace` is a keyed digest of where it came from.
    """

    __tablename__ = "acknowledgement"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int]
    version: Mapped[int | None] = mapped_column(Integer)
    item_id: Mapped[int | None] = mapped_column(ForeignKey("item.id"))
    step_id: Mapped[int | None] = mapped_column(ForeignKey("clock_step.id"))
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    link_id: Mapped[int | None] = mapped_column(ForeignKey("action_link.id"))
    grade: Mapped[str]
    reason: Mapped[str]
    trace: Mapped[bytes | None] = mapped_column(LargeBinary)
    at: Mapped[datetime]


class Answer(NamedTuple):
    """An answer to be written down: about which case, by whom, through which link, and what it made."""

    case_id: int
    staff_id: int | None
    link_id: int | None = None
    version: int | None = None
    item_id: int | None = None
    step_id: int | None = None
    trace: bytes | None = None


class Before(NamedTuple):
    """What went before a press of a link: other presses within a minute, wrong codes, seconds since it was sent.

    `wrong` came from the same place as the press, `all_wrong` from anywhere.
    """

    others: int
    wrong: int
    all_wrong: int
    sent_age: float | None


class Rung(NamedTuple):
    """A rung that a link tells of: how many must answer, whom it told and who of them has answered, by number."""

    step_id: int
    answers: Any
    told: list[int]
    answered: list[int]


class About(NamedTuple):
    """Around a link: whose precinct, by when, who is told next if nobody answers; who answered, and how.

    `clock` is the name of the one that runs, of which the policy says what is wanted.
    """

    station: str | None
    due_at: datetime | None
    next_role: str | None
    next_office: str | None
    next_at: datetime | None
    now: datetime
    answer: str | None
    answered_by: str | None
    answered_at: datetime | None
    clock: str | None


ADD = Statement(
    """
    INSERT INTO acknowledgement (case_id, version, item_id, step_id, staff_id, link_id, grade, reason, trace)
    VALUES (:case_id, :version, :item_id, :step_id, :staff_id, :link_id, :grade, :reason, :trace)
    """
)
# Of one link no more are kept than show what it was. Wrong codes are counted by their rows, and end by the count.
DOUBT = text(
    """
    INSERT INTO acknowledgement (case_id, staff_id, link_id, grade, reason, trace)
    SELECT :case_id, :staff_id, :link_id, :grade, :reason, :trace
    WHERE :reason = 'other_code' OR :most > (
        SELECT count(*) FROM acknowledgement WHERE link_id = :link_id AND grade = 'C' AND reason <> 'other_code')
    """
)
BEFORE = text(
    """
    SELECT count(g.id) FILTER (WHERE g.at > hectis_now() - interval '1 minute'),
           count(g.id) FILTER (WHERE g.reason = 'other_code' AND g.trace = :trace),
           count(g.id) FILTER (WHERE g.reason = 'other_code'),
           extract(epoch FROM hectis_now() - min(d.sent_at))::float
    FROM action_link l JOIN delivery d ON d.id = l.delivery_id
    LEFT JOIN acknowledgement g ON g.link_id = l.id AND g.grade = 'C'
    WHERE l.id = :id GROUP BY l.id
    """
)
# A rung says how many must answer where it does not take any one of them; the clock keeps it as it was begun.
RUNG = """
    SELECT s.id, k.ladder -> (s.step - 1) -> 'answers',
           ARRAY(SELECT DISTINCT t.staff_id FROM delivery t JOIN outbox o ON o.id = t.event_id
                 WHERE o.event = 'case.escalated' AND o.subject_id = s.id
                   AND t.cancelled_at IS NULL AND t.gave_up_at IS NULL),
           ARRAY(SELECT g.staff_id FROM acknowledgement g WHERE g.step_id = s.id AND g.staff_id IS NOT NULL)
"""
RUNG_OF_LINK = text(
    f"""
    {RUNG}
    FROM action_link l JOIN delivery d ON d.id = l.delivery_id JOIN outbox e ON e.id = d.event_id
    JOIN clock_step s ON e.event = 'case.escalated' AND s.id = e.subject_id
    JOIN clock k ON k.id = s.clock_id
    WHERE l.id = :id
    """
)
# The newest rung of the stage's clock that told this post.
RUNG_OF_POST = text(
    f"""
    {RUNG}
    FROM clock k JOIN clock_step s ON s.clock_id = k.id AND s.done_at IS NOT NULL
    WHERE k.case_id = :case_id AND k.stopped_at IS NULL AND k.item_id IS NULL
      AND s.role = :role AND s.office_id = :office_id
    ORDER BY s.step DESC LIMIT 1
    """
)
# A link of somebody who left, or who now sits elsewhere, is as good as taken back.
USE_LINK = text(
    f"""
    UPDATE action_link l SET used_at = hectis_machine_now() FROM staff s
    WHERE l.id = :id AND l.used_at IS NULL AND l.revoked_at IS NULL AND l.expires_at > hectis_machine_now()
      AND s.id = l.staff_id AND {HOLDS_POST.format(role="l.role", office_id="l.office_id")}
    RETURNING l.id
    """  # noqa: S608  (constants)
)
# The next rung of a clock `k` that tells somebody above.
NEXT_TOLD = f"""
    LEFT JOIN LATERAL (
        SELECT r.role, w.name AS office, r.due_at
        FROM clock_step s, {RUNGS} JOIN office w ON w.id = r.office_id
        WHERE s.clock_id = k.id AND {TO_COME} AND r.level > 0
        ORDER BY r.step LIMIT 1
    ) n ON true
"""  # noqa: S608  (constants of storage.clocks)
ABOUT = text(
    f"""
    SELECT o.name, k.due_at, n.role, n.office, n.due_at, hectis_now(), a.transition, a.actor, a.at, k.name
    FROM "case" c
    LEFT JOIN office o ON o.id = c.station_id
    LEFT JOIN clock k ON k.case_id = c.id AND k.stopped_at IS NULL AND k.item_id IS NULL
    {NEXT_TOLD}
    LEFT JOIN LATERAL (
        SELECT t.transition, t.actor, t.at FROM stage_transition t
        WHERE t.case_id = c.id AND t.from_stage = 'referred' ORDER BY t.version DESC LIMIT 1
    ) a ON true
    WHERE c.id = :case_id
    """  # noqa: S608  (a constant)
)
ABOUT_ITEM = text(
    f"""
    SELECT o.name, k.due_at, n.role, n.office, n.due_at, hectis_now(), CAST(NULL AS text), i.settled_by, i.settled_at,
           k.name
    FROM item i JOIN "case" c ON c.id = i.case_id
    LEFT JOIN office o ON o.id = c.station_id
    LEFT JOIN clock k ON k.item_id = i.id AND k.stopped_at IS NULL
    {NEXT_TOLD}
    WHERE i.id = :item_id
    """  # noqa: S608
)


def add(session: Session, answer: Answer, grade: Grade) -> None:
    """Write down an answer that counts."""
    ADD.run(session, {**answer._asdict(), "grade": grade.letter, "reason": grade.reason})


def doubt(session: Session, answer: Answer, grade: Grade) -> None:
    """Write down one that looks automated, up to `MOST_DOUBTS` of a link besides those with a wrong code."""
    values = {**answer._asdict(), "grade": grade.letter, "reason": grade.reason, "most": MOST_DOUBTS}
    session.execute(DOUBT, values)


def before(session: Session, link_id: int, trace: bytes) -> Before:
    """What went before a press of this link that comes from this place."""
    return Before(*session.execute(BEFORE, {"id": link_id, "trace": trace}).one())


def rung_of_link(session: Session, link_id: int) -> Rung | None:
    """The rung that a link tells of; None where its notice is not that of a rung."""
    row = session.execute(RUNG_OF_LINK, {"id": link_id}).first()
    return Rung(*row) if row else None


def rung_of_post(session: Session, case_id: int, role: str, office_id: int | None) -> Rung | None:
    """The newest rung of a case's stage that told this post; None where none has."""
    values = {"case_id": case_id, "role": role, "office_id": office_id}
    row = session.execute(RUNG_OF_POST, values).first()
    return Rung(*row) if row else None


def use_link(session: Session, link_id: int) -> bool:
    """Use a link, which can be done once; False where it no longer can."""
    return session.scalar(USE_LINK, {"id": link_id}) is not None


def about(session: Session, case_id: int) -> About:
    """What stands around a case that a link is about."""
    return About(*session.execute(ABOUT, {"case_id": case_id}).one())


def about_item(session: Session, item_id: int) -> About:
    """What stands around something awaited that a link is about."""
    return About(*session.execute(ABOUT_ITEM, {"item_id": item_id}).one())
