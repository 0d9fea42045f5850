"""What ends or climbs by its day and stands at no stage of a case: gang flags, and decisions about no case.

The clock calls `keep` from time to time.
"""

from hectis_flow.services import decisions, gang_flags
from hectis_flow.services.house import House


def keep(house: House) -> int:
    """End the flags whose time is over, and let decisions climb that are due; how many of both."""
    return gang_flags.end_expired(house) + decisions.climb(house)
