"""Which answer a sender asked for (MSH-15): HL7's original and enhanced modes.

`services.answers` calls `wanted` for every answer. In enhanced mode the commit answer (CA, CE, CR) goes
out where MSH-15 asks for it. Everybody else gets the application's answer (AA, AE, AR) at once, on the
same connection: ours is given on commit. Nobody is left in silence (docs/adr/0009).
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
_SAID: Final = {  # HL7 table 0155 for MSH-15: who hears of a success, and who of a failure
    "": _APPLICATION,
    "NE": _APPLICATION,
    "ER": Wanted("AA", "CE", "CR"),
    "SU": Wanted("CA", "AE", "AR"),
}


@lru_cache(maxsize=64)
def wanted(accept_ack: str) -> Wanted:
    """The codes for this value of MSH-15; a word that HL7 does not know asks for every answer."""
    return _SAID.get(accept_ack.strip().upper(), _COMMIT)
