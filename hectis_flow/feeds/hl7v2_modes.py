"""Which answer a sender asked for (MSH-15, MSH-16): HL7's original and enhanced modes.

`services.answers` calls `wanted` for every answer. In enhanced mode the commit answer (CA, CE, CR)
follows MSH-15. A sender that wants none but wants the application's (MSH-16) gets that one at once, on
the same connection: ours is given on commit, like the AA of original mode. Where a sender wants both,
the commit answer is the only one on the wire (docs/adr/0009). An empty code means: send nothing.
"""

from functools import lru_cache
from typing import Final, NamedTuple


class Wanted(NamedTuple):
    """What to say of a message that was committed, one in error, and one rejected."""

    accept: str
    error: str
    reject: str


_APPLICATION: Final = Wanted("AA", "AE", "AR")
_COMMIT: Final = Wanted("CA", "CE", "CR")
_SILENCE: Final = ""


@lru_cache(maxsize=64)
def wanted(accept_ack: str, application_ack: str) -> Wanted:
    """The codes for these values of MSH-15 and MSH-16; a word that HL7 does not know asks for every answer."""
    commit, application = accept_ack.strip().upper(), application_ack.strip().upper()
    if not commit and not application:
        return _APPLICATION
    if commit in ("", "NE"):
        return _when(application or "NE", _APPLICATION)
    return _when(commit, _COMMIT)


def _when(condition: str, codes: Wanted) -> Wanted:
    """HL7 table 0155: AL always, NE never, ER only errors, SU only successes."""
    if condition == "NE":
        return Wanted(_SILENCE, _SILENCE, _SILENCE)
    if condition == "ER":
        return codes._replace(accept=_SILENCE)
    if condition == "SU":
        return Wanted(codes.accept, _SILENCE, _SILENCE)
    return codes
