"""Another password for somebody who is signed in: both factors are proved anew, and every other session of theirs ends.

The page of the account calls it. Whoever has forgotten theirs, or lost the phone, needs a link: `services.enrolment`.
"""

import structlog

from hectis_flow.services import proof, sessions, sign_in
from hectis_flow.services.house import House
from hectis_flow.services.sign_in import Try
from hectis_flow.storage import sessions as kept
from hectis_flow.storage import sign_in as stored
from hectis_flow.storage.sessions import Signed

log = structlog.get_logger(__name__)


def change(house: House, signed: Signed, tried: Try, wanted: str) -> None:
    """Set another password. Raises `WeakPassword`, `SignInRefused`, `TooManyTries`; then nothing has changed."""
    proof.fit(wanted, [signed.staff_code, *(post.office for post in sessions.posts(house, signed.staff_id))])
    found, step = sign_in.prove(house, tried)
    hashed = proof.hashed(wanted)
    with house.transaction() as session:
        sign_in.use(house, session, tried, found, step)
        stored.set_password(session, signed.staff_id, hashed)
        ended = kept.end_others(session, signed.staff_id, signed.token_id)
    log.info("password.changed", staff_id=signed.staff_id, ended=ended)
