"""What somebody proves themselves by: a password under Argon2id, and six digits of their phone (TOTP, RFC 6238).

`services.sign_in` and `services.enrolment` call it. Nothing here opens a transaction: hashing takes tens of
milliseconds, on purpose. Digits are held against the database's clock, like every other time.
"""

import re
import secrets
from collections.abc import Collection
from functools import lru_cache
from typing import Protocol

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn import zxcvbn  # type: ignore[import-untyped]

from hectis_flow.domain import sign_in as rules
from hectis_flow.domain.sign_in import WeakPassword
from hectis_flow.services.house import House
from hectis_flow.storage.vault import TOTP

ISSUER = "Hectis Flow"
WEIGHED = 72  # characters that are weighed: more would take seconds, and are not what makes one weak

# Argon2id as the OWASP cheat sheet on storing passwords has it at least: 19 MiB, two passes, one lane. Web threads
# hash at the same time, and each takes that much memory.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)


class Factor(Protocol):
    """Whose row holds the locked secret of a second factor."""

    @property
    def key_id(self) -> str:
        """The key that it is locked with."""

    @property
    def totp_enc(self) -> bytes:
        """The secret, locked."""


def fit(password: str, own: Collection[str]) -> None:
    """Raises `WeakPassword` for one that is short, common, or made of words about oneself or of our name."""
    rules.fit_length(password)
    words = {word for said in own for word in re.split(r"[^a-z0-9]+", said.lower())}
    near = [*own, *sorted(words), "hectis", "flow"]
    # A new line behind digits breaks zxcvbn's search for dates.
    weighed = password[:WEIGHED].replace("\n", " ")
    if zxcvbn(weighed, user_inputs=near)["score"] < rules.WEAKEST:
        raise WeakPassword(
            "This password is among the first that are guessed. Take a longer one: three or four words that "
            "do not belong together do well."
        )


def hashed(password: str) -> str:
    """A password as it is kept."""
    return _HASHER.hash(password)


def fits(kept: str | None, password: str) -> bool:
    """Whether it is the password that is kept; without one it takes as long and is never so."""
    try:
        _HASHER.verify(kept or _nobodys(), password)
    except (VerificationError, InvalidHashError):
        return False
    return kept is not None


def is_dated(kept: str) -> bool:
    """Whether passwords are hashed otherwise by now."""
    return _HASHER.check_needs_rehash(kept)


def fresh_secret() -> bytes:
    """The secret of a new second factor."""
    return pyotp.random_base32().encode()


def secret_of(house: House, factor: Factor) -> str:
    """The secret of a second factor, opened. Raises `VaultFault`."""
    return house.vault.open(TOTP, factor.key_id, factor.totp_enc).decode()


def uri(secret: str, staff_code: str) -> str:
    """The secret in the form that authenticator apps read."""
    return pyotp.TOTP(secret).provisioning_uri(name=staff_code, issuer_name=ISSUER)


def step_of(secret: str, digits: str, epoch: int) -> int | None:
    """The step that these digits are of at this second: the one under way, or the one before or after it."""
    totp, now, typed = pyotp.TOTP(secret), epoch // rules.STEP_SECONDS, "".join(digits.split())
    for step in (now, now - 1, now + 1):
        if secrets.compare_digest(totp.generate_otp(step).encode(), typed.encode()):
            return step
    return None


@lru_cache(maxsize=1)
def _nobodys() -> str:
    """A hash that no password fits."""
    return _HASHER.hash(secrets.token_urlsafe(32))
