"""Signing in with a password and six digits, or into a practice province with one press.

The pages call it. A try is counted before it is looked at and taken back when it went well, so that many at once are
all counted; hashing happens outside any transaction, and costs the same whether or not there is somebody of that
code. Nothing says which part of a try was wrong.
"""

from dataclasses import dataclass

import structlog
from sqlalchemy.orm import Session

from hectis_flow.domain import sign_in as rules
from hectis_flow.domain.errors import NotVisible
from hectis_flow.domain.sign_in import SignInRefused, TooManyTries, Tries
from hectis_flow.services import practice, proof, sessions
from hectis_flow.services.house import House
from hectis_flow.services.sessions import Opened
from hectis_flow.storage import sign_in as stored
from hectis_flow.storage.sign_in import Known

log = structlog.get_logger(__name__)

REFUSED = (
    "That is not right: the staff code, the password or the six digits. Try again; digits are good for one sign-in, "
    "so wait for the next ones if you have just used these."
)
TOO_MANY = (
    "There were too many tries in the last hour, so none is heard for now. Wait an hour, or sign in from a browser "
    "that you have used before. If it was not you who tried, tell your administrator."
)


@dataclass(frozen=True, slots=True)
class Try:
    """What somebody typed, and from where. `browser` is the mark of a browser that signed in before."""

    code: str
    password: str
    digits: str
    address: str
    browser: str = ""


def sign_in(house: House, tried: Try) -> tuple[Opened, str]:
    """Open a session; gives it and the mark that this browser may keep.

    Raises `SignInRefused`, `TooManyTries`, and `NoPost` where all was right and nothing is left to act for.
    """
    found, step = prove(house, tried)
    anew = proof.hashed(tried.password) if proof.is_dated(found.password_hash) else None
    with house.transaction() as session:
        use(house, session, tried, found, step)
        if anew is not None:
            stored.rehash(session, found.staff_id, anew)
        opened = sessions.open_first(session, found.staff_id, found.code, "password_totp")
    log.info("sign_in.done", staff_id=found.staff_id, token_id=opened.token_id, how="password_totp")
    return opened, _mark(house, found.code)


def prove(house: House, tried: Try) -> tuple[Known, int]:
    """Who has proved themselves, and the step of their digits, which is still to be used.

    The try counts until `use` takes it back. Raises `SignInRefused`, `TooManyTries`.
    """
    found = _counted(house, tried)
    fits = proof.fits(found.password_hash if found else None, tried.password)
    step = proof.step_of(proof.secret_of(house, found), tried.digits, found.epoch) if found else None
    if found is None or not fits or step is None:
        staff_id = found.staff_id if found else None
        log.warning("sign_in.refused", staff_id=staff_id, factor="digits" if fits else "password")
        raise SignInRefused(REFUSED)
    return found, step


def use(house: House, session: Session, tried: Try, found: Known, step: int) -> None:
    """Let the digits have served, in the transaction of what they were for. Raises `SignInRefused`: they had before."""
    if not stored.use_step(session, found.staff_id, step):
        log.warning("sign_in.refused", staff_id=found.staff_id, factor="digits used before")
        raise SignInRefused(REFUSED)
    stored.forget_try(session, _subjects(house, tried))


def practise(house: House, staff_code: str) -> Opened:
    """Sign in as one of the made-up people of a practice province. Raises `NotPractice`, `NotVisible`, `NoPost`."""
    practice.standing(house)
    with house.transaction() as session:
        staff_id = stored.staff_id_of(session, staff_code)
        if staff_id is None:
            raise NotVisible("There is nobody of this code in the practice province.")
        opened = sessions.open_first(session, staff_id, staff_code, "practice")
    log.info("sign_in.done", staff_id=staff_id, token_id=opened.token_id, how="practice")
    return opened


def forget_old_tries(house: House) -> None:
    """Drop wrong tries that count no more."""
    with house.transaction() as session:
        stored.forget_old_tries(session, rules.WINDOW)


def _counted(house: House, tried: Try) -> Known | None:
    """Who it is tried for, once the try is counted. Raises `TooManyTries`."""
    subjects = _subjects(house, tried)
    with house.transaction() as session:
        counted = stored.tries(session, subjects, rules.WINDOW)
        if not rules.may_try(Tries(*counted)):
            log.warning(
                "sign_in.too_many_tries", **dict(zip(("pair", "address", "code"), counted, strict=False))
            )
            raise TooManyTries(TOO_MANY)
        stored.note_tries(session, subjects)
        return stored.known(session, tried.code)


def _subjects(house: House, tried: Try) -> list[bytes]:
    """The fingerprints that a try counts against, in the order of `Tries`."""
    blind = house.vault.blind
    if tried.browser and tried.browser == _mark(house, tried.code):
        return [blind("sign-in pair", tried.code, "known browser")]
    return [
        blind("sign-in pair", tried.code, tried.address),
        blind("sign-in address", tried.address),
        blind("sign-in code", tried.code),
    ]


def _mark(house: House, code: str) -> str:
    """What a browser keeps that somebody has signed in from; it lets nobody in."""
    return house.vault.blind("known browser", code).hex()
