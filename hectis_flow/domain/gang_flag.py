"""The gang flag: who may set it, from which source, for how long, and how it ends.

"Gang-related" is no charge in law: the flag is a working mark of the Anti-Gang Unit, the investigating officer or the
prosecutor, with source, date and expiry (design 4.12). `services.gang_flags` asks this module; nothing else sets a
flag. It must not read anything of a hospital, an address or a person: a flag is never inferred.
"""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Final

from hectis_flow.domain.errors import HectisError
from hectis_flow.domain.moments import SAST

#: The roles that may set a flag, and the sources of each.
SOURCES: Final[Mapping[str, tuple[str, ...]]] = {
    "anti_gang_unit": ("agu_assessment",),
    "detective_commander": ("docket_statement",),
    "prosecutor": ("prosecutor_assessment", "court_finding"),
}
#: Who sets it on behalf of somebody: the investigating officer.
ON_BEHALF: Final = "detective_commander"
#: Why a flag is lifted before it ends.
LIFTING: Final = (
    *("not_confirmed", "set_on_the_wrong_case", "source_withdrawn", "court_found_otherwise"),
    "no_longer_relevant",
)
#: Why one is lifted by itself: the docket that it was set on was taken back.
WITHDRAWN: Final = "source_withdrawn"


class FlagRefused(HectisError):
    """A flag cannot be set, renewed or lifted as asked; `code` says why."""

    code = "flag_refused"
    status = 409


def check_source(role: str, source: str, officer: str | None, of_docket: str | None) -> None:
    """Whether this role may set a flag from this source, and for the officer of this docket.

    Raises `FlagRefused`: `source_not_yours`, `officer_needed`, `officer_not_taken`, `not_the_officer`.
    """
    if source not in SOURCES.get(role, ()):
        raise FlagRefused("This source is another's to state. Give your own.", code="source_not_yours")
    if role != ON_BEHALF:
        if officer is not None:
            raise FlagRefused(
                "Only a docket statement names the officer. Leave it out.", code="officer_not_taken"
            )
    elif officer is None:
        raise FlagRefused("Name the investigating officer who states it.", code="officer_needed")
    elif officer != of_docket:
        raise FlagRefused(
            "That is not the investigating officer of this docket. Assign the officer first.",
            code="not_the_officer",
        )


def expiry(now: datetime, latest: datetime, until: date | None) -> datetime:
    """When a flag ends: with the day that was named, at most when the policy says.

    Raises `FlagRefused`: `until_not_ahead`, `until_too_far`.
    """
    if until is None:
        return latest
    if until <= now.astimezone(SAST).date():
        raise FlagRefused(
            "The day on which it ends must lie ahead. Name a later one.", code="until_not_ahead"
        )
    if until > latest.astimezone(SAST).date():
        raise FlagRefused("It cannot stand for so long: name an earlier day.", code="until_too_far")
    return min(datetime.combine(until + timedelta(days=1), time(), SAST), latest)


def review_due(now: datetime, expires: datetime, margin: timedelta) -> datetime:
    """By when it must be reviewed: so long before it ends, though not in the first half of its time."""
    return max(expires - margin, now + (expires - now) / 2)
