"""The practice mail catcher's use cases: keep a letter, list them, open one. In a practice database alone.

`workers.mailbox` keeps, the page `/practice/mailbox` shows. Outside a practice database there is no
mailbox: nothing is kept and nothing can be seen.
"""

from collections.abc import Sequence
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as usual

from sqlalchemy.orm import Session

from hectis_flow.domain.errors import NotVisible
from hectis_flow.services.house import House
from hectis_flow.services.practice import NotPractice
from hectis_flow.storage import practice, practice_mail
from hectis_flow.storage.practice_mail import Line, Mail


def here(house: House) -> bool:
    """Whether mail may be caught in this database."""
    with house.transaction() as session:
        return _is_practice(session)


def keep(house: House, recipients: Sequence[str], raw: bytes) -> None:
    """Keep a letter once for each recipient; raises `NotPractice`."""
    letter = message_from_bytes(raw, policy=usual)
    if not isinstance(letter, EmailMessage):
        raise TypeError("The e-mail policy makes no such message.")
    parts = {kind: _part(letter, kind) for kind in ("plain", "html")}
    with house.transaction() as session:
        if not _is_practice(session):
            raise NotPractice("Mail is caught in a practice database alone.")
        for recipient in recipients:
            subject, message_id = str(letter.get("Subject", "")), str(letter.get("Message-ID", ""))
            practice_mail.keep(session, recipient, message_id, subject, parts["plain"], parts["html"])


def newest(house: House, limit: int, below: int) -> list[Line]:
    """The newest letters under an id; raises `NotVisible` where there is no mailbox."""
    with house.transaction() as session:
        _require(session)
        return practice_mail.newest(session, limit, below)


def opened(house: House, mail_id: int) -> Mail:
    """One letter; raises `NotVisible`."""
    with house.transaction() as session:
        _require(session)
        found = practice_mail.one(session, mail_id)
    if found is None:
        raise NotVisible("There is no such letter.")
    return found


def _require(session: Session) -> None:
    if not _is_practice(session):
        raise NotVisible("There is no mailbox here.")


def _is_practice(session: Session) -> bool:
    found = practice.kind(session)
    return found is not None and found.practice


def _part(letter: EmailMessage, kind: str) -> str:
    part = letter.get_body((kind,))
    # PostgreSQL keeps no zero byte in a text.
    return (
        part.get_content().replace("\x00", "").replace("\r\n", "\n") if isinstance(part, EmailMessage) else ""
    )
