"""What it takes to sign in, how long that holds, and how many wrong tries are too many.

`services.sign_in` and `services.sessions` ask it. Pure: it counts nothing itself and reads no clock. The bounds of
sessions are those of targets.md S6; the rest follows OWASP ASVS 5.0, 6.2 (passwords), 6.3 (guessing) and 6.6 (codes).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal

from hectis_flow.domain.errors import HectisError

IDLE: Final = timedelta(minutes=15)
WHOLE: Final = timedelta(hours=12)
ENROLMENT_LIVES: Final = timedelta(hours=72)
KNOWN_LIVES: Final = timedelta(days=90)  # how long a browser is remembered as one that was signed in from

LEAST: Final = 10
MOST: Final = 128
WEAKEST: Final = 3  # of zxcvbn's scores, 0 to 4: "safely unguessable" offline under a slow hash

#: A code holds for a step of 30 s, and one step before and after it for clocks that differ.
STEP_SECONDS: Final = 30

#: Wrong tries within `WINDOW` after which a subject must wait. A pair is one staff code from one address or browser.
WINDOW: Final = timedelta(hours=1)
Subject = Literal["pair", "address", "code"]
LIMITS: Final[Mapping[Subject, int]] = {"pair": 10, "address": 100, "code": 50}


class SignInRefused(HectisError):
    """Not signed in; one sentence whatever was wrong, so that nothing can be found out by trying."""

    code = "sign_in_refused"
    status = 403


class TooManyTries(HectisError):
    """Too many wrong tries lately."""

    code = "too_many_tries"
    status = 429


class WeakPassword(HectisError):
    """The password that somebody chose will not do; the sentence says what to change."""

    code = "weak_password"
    status = 422


@dataclass(frozen=True, slots=True)
class Tries:
    """Wrong tries of the last hour. From a browser that was signed in from before only the pair counts."""

    pair: int
    address: int = 0
    code: int = 0


def may_try(tries: Tries) -> bool:
    """Whether another try is heard.

    Whoever guesses at a staff code uses up its tries, or those of the address they guess from. A browser that the
    person has signed in from before shares neither, so that nobody is kept out by others' guessing.
    """
    return tries.pair < LIMITS["pair"] and tries.address < LIMITS["address"] and tries.code < LIMITS["code"]


def fit_length(password: str) -> None:
    """Raises `WeakPassword` where a password is too short or too long; anything may be in it."""
    if len(password) < LEAST:
        raise WeakPassword(
            f"A password has at least {LEAST} characters. Three or four words together do well."
        )
    if len(password) > MOST:
        raise WeakPassword(f"A password has at most {MOST} characters.")
