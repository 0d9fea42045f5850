"""The practice mail catcher's use cases: keep a letter, list them, open one. In a practice database alone.

`workers.mailbox` keeps, the page `/practice/mailbox` shows. Outside a practice database there is no
mailbox: nothing is kept and nothing can be seen.
"""

from collections.abc import Sequence
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message

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
    letter = message_from_bytes(raw)
    parts = {kind: _part(letter, f"text/{kind}") for kind in ("plain", "html")}
    subject, message_id = _header(letter, "Subject"), _header(letter, "Message-ID")
    if not practice_mail.keep(house.direct, recipients, message_id, subject, parts["plain"], parts["html"]):
        raise NotPractice("Mail is caught in a practice database alone.")


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


def _header(letter: Message, name: str) -> str:
    """A header in words; one that is written in no way we know, as it came."""
    said = str(letter.get(name, "")).replace("\x00", "")
    try:
        return "".join(str(make_header(decode_header(said))).splitlines())
    except (LookupError, ValueError, MessageError):
        return "".join(said.splitlines())


def _part(letter: Message, kind: str) -> str:
    """The first part of a kind, as text."""
    part = next((one for one in letter.walk() if one.get_content_type() == kind), None)
    body = part.get_payload(decode=True) if part is not None else None
    if part is None or not isinstance(body, bytes):
        return ""
    try:
        said = body.decode(part.get_content_charset("utf-8"), "replace")
    except (LookupError, ValueError):
        said = body.decode("utf-8", "replace")
    # PostgreSQL keeps no zero byte in a text.
    return said.replace("\x00", "").replace("\r\n", "\n")
