"""Enrolling: a link by which somebody on the staff sets a password and a second factor, once.

`hectis staff enrol` makes the link, its page calls `begun` and `finish`. To open the page changes nothing.
"""

import secrets
from dataclasses import dataclass

import structlog

from hectis_flow.domain import sign_in as rules
from hectis_flow.domain.errors import NotVisible
from hectis_flow.domain.sign_in import SignInRefused
from hectis_flow.services import proof
from hectis_flow.services.house import House
from hectis_flow.services.tokens import digest
from hectis_flow.storage import sessions
from hectis_flow.storage import sign_in as stored
from hectis_flow.storage.sign_in import Enrolling
from hectis_flow.storage.vault import TOTP

log = structlog.get_logger(__name__)

PREFIX = "he_"
LINK_PATH = "/enrol/"
NO_LINK = "This link was used, has expired or was replaced. Ask your administrator for a new one."
OTHER_DIGITS = "The six digits are not those of this moment: wait for the next ones, and let the phone set its clock by itself."


@dataclass(frozen=True, slots=True)
class Begun:
    """An enrolment as its page shows it: whose it is, and the second factor to take over into a phone."""

    staff_code: str
    secret: str
    uri: str


def begin(house: House, staff_code: str) -> str:
    """Make the address of a link for somebody; older ones of theirs end. Raises `NotVisible`."""
    token = PREFIX + secrets.token_urlsafe(32)
    with house.transaction() as session:
        staff_id = stored.staff_id_of(session, staff_code)
        if staff_id is None:
            raise NotVisible(
                "Nobody with this staff code works here today: `hectis staff list` shows who does."
            )
        key_id, sealed = house.vault.seal(TOTP, proof.fresh_secret())
        values = {"staff_id": staff_id, "token_hash": digest(token), "key_id": key_id, "totp_enc": sealed}
        stored.begin_enrolment(session, values, rules.ENROLMENT_LIVES)
    log.info("enrolment.begun", staff_id=staff_id)
    return f"{house.outward.options.base_url}{LINK_PATH}{token}"


def begun(house: House, token: str) -> Begun:
    """What the page of an enrolment shows; nothing changes. Raises `NotVisible`."""
    found = _found(house, token)
    secret = proof.secret_of(house, found)
    return Begun(found.code, secret, proof.uri(secret, found.code))


def finish(house: House, token: str, password: str, digits: str) -> None:
    """Set both, once; every session that stood before ends. Raises `NotVisible`, `WeakPassword`, `SignInRefused`."""
    before = _found(house, token)
    proof.fit(password, [before.code, *_offices(house, before)])
    step = proof.step_of(proof.secret_of(house, before), digits, before.epoch)
    if step is None:
        raise SignInRefused(OTHER_DIGITS)
    values = {
        "staff_id": before.staff_id,
        "password_hash": proof.hashed(password),
        "key_id": before.key_id,
        "totp_enc": before.totp_enc,
        "totp_step": step,
    }
    with house.transaction() as session:
        if not stored.use_enrolment(session, before.id):
            raise NotVisible(NO_LINK)
        stored.put(session, values)
        sessions.end(session, before.staff_id)
    log.info("enrolment.finished", staff_id=before.staff_id)


def _offices(house: House, before: Enrolling) -> list[str]:
    """The names of the offices somebody works for: a password is not made of them."""
    with house.transaction() as session:
        return [post.office for post in sessions.open_posts(session, before.staff_id)]


def _found(house: House, token: str) -> Enrolling:
    with house.transaction() as session:
        found = stored.enrolling(session, digest(token))
    if found is None:
        raise NotVisible(NO_LINK)
    return found
