"""CAS numbers: what people write is read, checked and brought into one form.

`services.cas` calls `parse` with what the SAPS liaison gave. Source: domain.md 4.1. It must not know which
numbers are taken, and no refusal repeats what was written. That the serial restarts each month at each
station is common knowledge, unverified; nothing here but the form rests on it.
"""

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

from hectis_flow.domain.errors import HectisError

LONGEST: Final = 80  # characters; a station's name and a number

_FORM: Final = re.compile(
    r"(?:(?P<station>(?!CAS\b)[A-Za-z][A-Za-z' .-]*?)\s+)?(?:CAS\s*:?\s*)?"
    r"(?P<serial>[0-9]{1,5})/(?P<month>0?[1-9]|1[0-2])/(?P<year>[0-9]{4}|[0-9]{2})",
    re.IGNORECASE | re.ASCII,
)
_CENTURY: Final = 2000  # two digits: `95/07/18` is of 2018
_FIRST_YEAR: Final = 1960  # a year below is a slip of the pen


class CasRefused(HectisError):
    """A CAS number cannot be taken as written; `code` says why."""

    code = "cas_not_a_number"
    status = 422


@dataclass(frozen=True, slots=True)
class CasNumber:
    """A number as CAS counts: serial within month and year at a station.

    `station` is what was written before it, None where nothing was: then it is the case's own.
    """

    station: str | None
    serial: int
    month: int
    year: int

    @property
    def number(self) -> str:
        """Serial, month and year in the one form: 636/06/2010."""
        return f"{self.serial}/{self.month:02}/{self.year}"


def parse(text: str, today: date) -> CasNumber:
    """Read a CAS number as people write it: `CAS 636/6/2010`, `133/10/2015`, `Orlando CAS 130/10/15`.

    Raises `CasRefused`: `cas_not_a_number`, `cas_serial_zero`, `cas_year_unlikely`, `cas_in_the_future`.
    """
    found = _FORM.fullmatch(" ".join(text.split())) if len(text) <= LONGEST else None
    if found is None:
        raise CasRefused("Write the CAS number as serial/month/year, such as 636/06/2026.")
    serial, month, year = (int(found[part]) for part in ("serial", "month", "year"))
    year += _CENTURY if len(found["year"]) == 2 else 0
    if serial == 0:
        raise CasRefused("The serial of a CAS number begins at 1.", code="cas_serial_zero")
    if year < _FIRST_YEAR:
        raise CasRefused("The year of this CAS number cannot be right.", code="cas_year_unlikely")
    if (year, month) > (today.year, today.month):
        raise CasRefused("This CAS number is of a month that has not begun.", code="cas_in_the_future")
    return CasNumber(found["station"], serial, month, year)
