"""The mail of a practice province: caught instead of sent, kept to be looked at.

`services.mailbox` calls this. The database itself refuses a row where `deployment.practice` is false.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Mapped, Session, mapped_column

from hectis_flow.storage.base import Base
from hectis_flow.storage.direct import Direct


class PracticeMail(Base):
    """One letter to one recipient, taken apart."""

    __tablename__ = "practice_mail"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    message_id: Mapped[str]
    recipient: Mapped[str]
    subject: Mapped[str]
    text_part: Mapped[str]
    html_part: Mapped[str]


class Line(NamedTuple):
    """One letter in a list."""

    id: int
    at: datetime
    recipient: str
    subject: str


class Mail(NamedTuple):
    """One letter, opened."""

    id: int
    at: datetime
    message_id: str
    recipient: str
    subject: str
    text_part: str
    html_part: str


# One round trip a letter: a province is told of thousands of things within minutes.
KEEP: Final = b"""
    INSERT INTO practice_mail (message_id, recipient, subject, text_part, html_part)
    SELECT %(message_id)s, recipient, %(subject)s, %(text_part)s, %(html_part)s
    FROM deployment, unnest(%(recipients)s::text[]) AS recipient WHERE practice
    RETURNING id
"""


def keep(
    direct: Direct, recipients: Sequence[str], message_id: str, subject: str, text_part: str, html_part: str
) -> bool:
    """Keep one letter once for each recipient, at once; False outside a practice database, where nothing is kept."""
    values = {"message_id": message_id, "recipients": list(recipients), "subject": subject}
    return bool(direct.rows(KEEP, {**values, "text_part": text_part, "html_part": html_part}))


def newest(session: Session, limit: int, below: int) -> list[Line]:
    """The newest letters under an id."""
    statement = text(
        "SELECT id, at, recipient, subject FROM practice_mail WHERE id < :below ORDER BY id DESC LIMIT :limit"
    )
    return [Line(*row) for row in session.execute(statement, {"limit": limit, "below": below})]


def one(session: Session, mail_id: int) -> Mail | None:
    """One letter, if it was kept."""
    statement = text(
        """
        SELECT id, at, message_id, recipient, subject, text_part, html_part FROM practice_mail WHERE id = :id
        """
    )
    row = session.execute(statement, {"id": mail_id}).first()
    return Mail(*row) if row else None
