"""Sessions: opened when somebody has signed in, looked up with every page, listed and ended by their holder.

The pages call it. The secret of a session is held by the browser alone; the database has its digest. A session acts
for one post; to act for another is a new session, and the old one ends.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy.orm import Session

from hectis_flow.domain import sign_in as rules
from hectis_flow.domain.errors import HectisError, NotAuthenticated, NotVisible
from hectis_flow.services import practice
from hectis_flow.services.house import House
from hectis_flow.services.reading import NOT_HERE
from hectis_flow.services.tokens import PREFIX, RANDOM_BYTES, digest
from hectis_flow.storage import sessions
from hectis_flow.storage.sessions import Held, OpenPost, Signed, Somebody

log = structlog.get_logger(__name__)


class NoPost(HectisError):
    """Somebody may sign in, and has no post to act for today."""

    code = "no_post"
    status = 403


@dataclass(frozen=True, slots=True)
class Opened:
    """A session just opened. `secret` goes to the browser and nowhere else."""

    token_id: int
    secret: str


def current(house: House, secret: str, *, used: bool = True) -> Signed:
    """Whose session this is; using it keeps it alive. Raises `NotAuthenticated`.

    `used` is whether a person does something: what a page asks by itself keeps no session alive.
    """
    signed = sessions.look_up(house.reads, digest(secret), rules.IDLE) if secret.startswith(PREFIX) else None
    if signed is None:
        raise NotAuthenticated("Sign in: your session has ended.")
    if used and signed.stale:
        with house.transaction() as session:
            sessions.keep_alive(session, signed.token_id, rules.IDLE)
    return signed


def posts(house: House, staff_id: int) -> list[OpenPost]:
    """The posts that somebody may act for today, their own first."""
    with house.transaction() as session:
        return sessions.open_posts(session, staff_id)


def open_first(session: Session, staff_id: int, staff_code: str, graded: str) -> Opened:
    """Open a session for somebody's first post, their own before those they stand in for. Raises `NoPost`."""
    found = sessions.open_posts(session, staff_id)
    if not found:
        raise NoPost("You hold no post today, and stand in for nobody. Ask the administrator of your office.")
    return _open(session, staff_id, staff_code, found[0], graded)


def change_post(house: House, secret: str, role: str, office_code: str) -> Opened:
    """Go on for another post: a new session, which ends when the old one would have. Raises `NotVisible`."""
    with house.transaction() as session:
        signed = sessions.current(session, digest(secret), rules.IDLE)
        if signed is None:
            raise NotAuthenticated("Sign in: your session has ended.")
        for post in sessions.open_posts(session, signed.staff_id):
            if (post.role, post.office_code) == (role, office_code):
                ends = sessions.ends_at(session, signed.token_id)
                sessions.end(session, signed.staff_id, signed.token_id)
                return _open(session, signed.staff_id, signed.staff_code, post, signed.graded, ends)
    raise NotVisible(NOT_HERE)


def listing(house: House, signed: Signed) -> list[Held]:
    """The living sessions of whoever asks, newest first."""
    with house.transaction() as session:
        return sessions.held_by(session, signed.staff_id)


def practice_people(house: House, office: str, first: tuple[str, ...]) -> list[Somebody]:
    """The made-up people whom one may sign in as: at an office of this code or name, or those who come first.

    Raises `NotPractice`.
    """
    practice.standing(house)
    with house.transaction() as session:
        return sessions.people(session, office, first)


def end(house: House, signed: Signed, token_id: int | None = None) -> int:
    """End one of one's own sessions, or all of them; gives how many ended."""
    with house.transaction() as session:
        ended = sessions.end(session, signed.staff_id, token_id)
    log.info("session.ended", staff_id=signed.staff_id, ended=ended)
    return ended


def leave_behind(house: House, secret: str) -> None:
    """End the session of this secret, if it is one: whoever signs in anew in a browser has left the one before."""
    if secret.startswith(PREFIX):
        with house.transaction() as session:
            sessions.end_one(session, digest(secret))


def _open(
    session: Session,
    staff_id: int,
    staff_code: str,
    post: OpenPost,
    graded: str,
    ends_at: datetime | None = None,
) -> Opened:
    secret = PREFIX + secrets.token_urlsafe(RANDOM_BYTES)
    values = {
        "token_hash": digest(secret),
        "label": staff_code,
        "role": post.role,
        "office_id": post.office_id,
        "staff_id": staff_id,
        "graded": graded,
        "ends_at": ends_at,
    }
    return Opened(sessions.add(session, values, rules.IDLE, rules.WHOLE), secret)
