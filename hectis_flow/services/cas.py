"""Taking a CAS number for a case: read as people write it, of the case's own station, and nobody else's.

`services.consequences` calls it around the move that opens a CAS, with the case held. Whether SAPS has
verified a number is not known here: one can be invalid in CAS itself.
"""

from typing import Any

from sqlalchemy.orm import Session

from hectis_flow.domain.cas import CasNumber, CasRefused, parse
from hectis_flow.domain.casework import Actor
from hectis_flow.services.places import station_named
from hectis_flow.storage import cas_numbers
from hectis_flow.storage.cases import Locked


class CasTaken(CasRefused):
    """Another case of the station has the number already."""

    code = "cas_taken"
    status = 409


def normal(session: Session, case: Locked, text: str) -> str:
    """A CAS number in the form that history keeps: the station's code, serial, month, year.

    Raises `CasRefused`: the codes of `domain.cas.parse`, and `cas_no_station`, `cas_unknown_station`,
    `cas_other_station`. What is in that form already stays as it is.
    """
    if case.station_id is None:
        raise CasRefused("The case has no station yet, so no CAS number either.", code="cas_no_station")
    station, today = cas_numbers.station_today(session, case.station_id)
    prefix = f"{station}|"
    if text.startswith(prefix):
        text = text.removeprefix(prefix).replace("|", "/")
    number = parse(text, today)
    _own_station(session, case, number)
    return f"{station}|{number.serial}|{number.month:02}|{number.year}"


def keep(session: Session, case: Locked, written: str, actor: Actor) -> None:
    """Give the case its number, in the form of `normal`.

    Raises `CasTaken`; it names the other case only to a station with which that case lies too.
    """
    _, serial, month, year = written.split("|")
    values: dict[str, Any] = {"case_id": case.id, "station_id": case.station_id}
    values |= {"serial": int(serial), "month": int(month), "year": int(year)}
    if cas_numbers.add(session, values):
        return
    other = cas_numbers.holder(session, values | {"office_id": actor.office_id})
    who = f"The case {other}" if other else "Another case"
    raise CasTaken(f"{who} has this CAS number. Check the number, or link this case to that one.")


def _own_station(session: Session, case: Locked, number: CasNumber) -> None:
    if number.station is None:
        return
    named = station_named(session, number.station)
    if named is None:
        raise CasRefused("No station of that name is known here.", code="cas_unknown_station")
    if named != case.station_id:
        raise CasRefused(
            "The number is of another station than the case. Return the case for its station to be mended.",
            code="cas_other_station",
        )
