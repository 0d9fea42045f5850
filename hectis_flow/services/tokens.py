"""Tokens for the API: made, listed and ended by `hectis token`, looked up at every request.

The token itself is shown once and kept nowhere: the database holds its SHA-256 digest, which is
enough because the token is 256 random bits. Nothing is cached, so an ended token or a changed role
counts from the next request on.
"""

import hashlib
import re
import secrets
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from hectis_flow.domain.access import OFFICE_KINDS
from hectis_flow.domain.access_rules import token_roles
from hectis_flow.domain.errors import HectisError, NotAuthenticated
from hectis_flow.services.house import House
from hectis_flow.storage import tokens
from hectis_flow.storage.tokens import Bearer

PREFIX = "hf_"
RANDOM_BYTES = 32
LONGEST_DAYS = 366
LONGEST_LABEL = 60

_TOKEN = re.compile(r"hf_[A-Za-z0-9_-]{43}")
_LABEL = re.compile(r"[a-z0-9][a-z0-9_.:-]{0,59}")


class TokenRefused(HectisError):
    """A token cannot be made or ended as asked; the sentence says what to change."""

    code = "token_refused"


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token just made. `secret` is shown once; keep it out of logs."""

    token_id: int
    secret: str


def create_for_staff(
    house: House, staff_code: str, days: int, role: str | None = None, office_code: str | None = None
) -> NewToken:
    """Make a token for somebody's post; role and office choose one where they hold several.

    A post is named in full for somebody who only stands in for it.
    """
    with house.transaction() as session:
        held = [
            post
            for post in tokens.posts_of(session, staff_code)
            if role in (None, post.role) and office_code in (None, post.office)
        ]
        if len(held) == 1:
            label = staff_code[:LONGEST_LABEL]
            _check(held[0].role, label, days)
            return _add(session, label, held[0].role, held[0].office_id, held[0].staff_id, days)
    if role is None or (office_code is None and held):
        raise TokenRefused(
            f"With this staff code there are {len(held)} posts to choose from: name one with --role and --office."
        )
    return create(house, role, office_code, staff_code[:LONGEST_LABEL], days, staff_code)


def create(
    house: House, role: str, office_code: str | None, label: str, days: int, staff_code: str | None = None
) -> NewToken:
    """Make a token for a role, and for an office where the role has one; it lives for some days.

    With a staff code it stands for that person, who alone can open tasks, and ends with their post.
    """
    _check(role, label, days)
    with house.transaction() as session:
        office_id = _office_id(session, role, office_code)
        staff_id = _staff_id(session, staff_code, role, office_id)
        return _add(session, label, role, office_id, staff_id, days)


def _add(
    session: Session, label: str, role: str, office_id: int | None, staff_id: int | None, days: int
) -> NewToken:
    secret = PREFIX + secrets.token_urlsafe(RANDOM_BYTES)
    values = {
        "token_hash": digest(secret),
        "label": label,
        "role": role,
        "office_id": office_id,
        "staff_id": staff_id,
        "days": days,
    }
    return NewToken(tokens.add(session, values), secret)


def revoke(house: House, token_id: int) -> None:
    """End a token at once."""
    with house.transaction() as session:
        if not tokens.revoke(session, token_id):
            raise TokenRefused(f"There is no living token {token_id}: `hectis token list` shows them all.")


def listing(house: House) -> list[Any]:
    """All tokens, newest first, without anything that could be used."""
    with house.transaction() as session:
        return tokens.listing(session)


def bearer_of(session: Session, token: str) -> Bearer:
    """Whom a token stands for. Raises `NotAuthenticated`, in the same words whatever is wrong with it."""
    bearer = tokens.find(session, digest(token)) if _TOKEN.fullmatch(token) else None
    if bearer is None:
        raise NotAuthenticated("Send a living token as 'Authorization: Bearer hf_...'.")
    return bearer


def digest(token: str) -> bytes:
    """What is stored of a token."""
    return hashlib.sha256(token.encode()).digest()


def _check(role: str, label: str, days: int) -> None:
    if role not in token_roles():
        raise TokenRefused(f"There is no such role; a token may hold: {', '.join(token_roles())}.")
    if not _LABEL.fullmatch(label):
        raise TokenRefused(
            "A label is a staff code or a system's name, never a person's: "
            "1 to 60 of a-z, 0-9, _ . : and -, beginning with a letter or digit."
        )
    if not 1 <= days <= LONGEST_DAYS:
        raise TokenRefused(f"A token lives for 1 to {LONGEST_DAYS} days.")


def _office_id(session: Session, role: str, office_code: str | None) -> int | None:
    """The office of the kind that the role works for; None for a role that belongs to none."""
    wanted = OFFICE_KINDS.get(role)
    if wanted is None:
        if office_code is not None:
            raise TokenRefused(f"The role {role} belongs to no office: leave --office out.")
        return None
    if office_code is None:
        raise TokenRefused(f"The role {role} works for one {wanted}: name its code with --office.")
    found = tokens.office(session, office_code)
    if found is None or found.kind != wanted:
        raise TokenRefused(f"There is no {wanted} with this code; config/reference/offices.csv lists them.")
    return found.id


def _staff_id(session: Session, staff_code: str | None, role: str, office_id: int | None) -> int | None:
    if staff_code is None:
        return None
    found = tokens.staff_with_post(session, staff_code, role, office_id)
    if found is None:
        raise TokenRefused("Nobody with this staff code holds this post today, or stands in for it.")
    return found
