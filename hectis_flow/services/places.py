"""Where something happened: the one function that says which precinct an incident belongs to.

`services.visits` asks it for every incident. The order is that of `domain.precinct`; a nearest point is
never looked for, and two answers are no answer.
"""

from datetime import date

from sqlalchemy.orm import Session

from hectis_flow.domain.incident import IncidentDraft
from hectis_flow.domain.moments import local_day
from hectis_flow.domain.precinct import UNRESOLVED, Precinct, normal_suburb, resolve
from hectis_flow.storage import database, offices, precincts


def precinct_of(session: Session, draft: IncidentDraft) -> Precinct:
    """The station of the draft's place, as its id, and what it is known from.

    By a station code in the message; else the outline that held the place on the day it happened (on a
    border: unresolved); else the only station that the suburb table gives for that day.
    """
    named = _named(session, draft.station_code)
    if named is not None:
        return resolve(named, None)
    day = local_day(draft.happened_at) if draft.happened_at else database.today(session)
    held = _holding(session, draft, day)
    if len(held) > 1:
        return UNRESOLVED
    suburb = normal_suburb(draft.address.suburb or draft.address.city) if draft.address else ""
    listed = precincts.of_suburb(session, suburb, day) if suburb and not held else []
    return resolve(None, held[0] if held else None, map(str, listed))


def station_named(session: Session, word: str) -> int | None:
    """The station that a code, a name or another spelling stands for; None where nobody knows it."""
    return offices.named(session, "station", word)


def _named(session: Session, code: str | None) -> str | None:
    """The station of a code in the message; a code nobody knows names none."""
    found = station_named(session, code) if code else None
    return None if found is None else str(found)


def _holding(session: Session, draft: IncidentDraft, day: date) -> list[str]:
    if draft.coordinates is None:
        return []
    latitude, longitude = draft.coordinates
    return [str(station) for station in precincts.at_point(session, latitude, longitude, day)]
