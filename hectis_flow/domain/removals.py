"""Removals: of whom it is awaited that what left the roll comes back, and how a removal ends.

`services.removals` asks it and writes. A removal is awaited of one office at a time, from the day on which its charges
left the roll to their ending. Pure. Sources: domain.md 5.2, 5.3, 6, 7.
"""

from collections.abc import Mapping
from typing import Final

#: Whose action was needed decides who must act: the police where it was theirs or a laboratory's.
POLICE: Final = frozenset({"SAPS", "FSL", "FPS_health"})
#: Further on it is whoever has the request or the docket.
AWAITED_AT: Final[Mapping[str, str]] = {
    "reenrolment_requested": "reenrolment",
    "refused": "refusal",
    "under_investigation": "removal_saps",
    "returned_to_saps": "removal_saps",
    "to_prosecutor": "removal_npa",
}
#: How a removal ends when its charges come to one of these stages.
ENDINGS: Final[Mapping[str, str]] = {
    "enrolled": "re_enrolled",
    "reenrolled": "re_enrolled",
    "nolle_prosequi": "declined",
    "diverted": "diverted",
    "lapsed": "lapsed",
    "finalised_elsewhere": "finalised_elsewhere",
    "abated": "abated",
}
#: The other side hears of a removal as well, and says so.
HEARD: Final[Mapping[str, str]] = {
    "removal_saps": "removal_heard_npa",
    "removal_npa": "removal_heard_saps",
}
#: What is awaited of a removal, one at a time.
OWN: Final = ("removal_saps", "removal_npa", "reenrolment", "refusal")
#: What comes with a removal and ends with it.
BESIDE: Final = ("dpp_instruction", *HEARD.values())


def awaited(stage: str, attributable_to: str) -> str:
    """What is awaited of a removal whose charges stand at this stage."""
    blamed = "removal_saps" if attributable_to in POLICE else "removal_npa"
    return AWAITED_AT.get(stage, blamed)
