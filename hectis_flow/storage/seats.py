"""The committee's seats, one an agency, as the table of reference says; one of them chairs.

`services.committee` loads them. Attendance is by seat (`storage.meetings`). It must not name a person: a seat may have
a staff code.
"""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session


class Seat(NamedTuple):
    """A seat of the committee, as its table of reference names it."""

    code: str
    agency: str
    chairs: bool
    staff_code: str | None


def load(session: Session, seats: Sequence[Seat], today: date) -> int:
    """Bring the seats to what the table says; one that it leaves out ends today. How many are new or changed."""
    statement = text("SELECT code, agency, chairs, staff_code FROM committee_seat WHERE valid_to IS NULL")
    standing = {row[0]: Seat(*row) for row in session.execute(statement)}
    ended = [code for code in standing if code not in {seat.code for seat in seats}]
    changed = [seat for seat in seats if standing.get(seat.code) != seat]
    close = text(
        "UPDATE committee_seat SET valid_to = :today, chairs = false WHERE code = ANY(:codes) AND valid_to IS NULL"
    )
    session.execute(close, {"codes": ended, "today": today})
    # The chair may pass from one seat to another: first nobody has it.
    give = text("UPDATE committee_seat SET chairs = false WHERE code = ANY(:codes)")
    session.execute(give, {"codes": [seat.code for seat in changed]})
    put = text(
        """
        INSERT INTO committee_seat (code, agency, chairs, staff_code)
        VALUES (:code, :agency, :chairs, :staff_code)
        ON CONFLICT (code) DO UPDATE SET agency = excluded.agency, chairs = excluded.chairs,
            staff_code = excluded.staff_code, valid_to = NULL
        """
    )
    if changed:
        session.execute(put, [seat._asdict() for seat in sorted(changed, key=lambda seat: seat.chairs)])
    return len(changed) + len(ended)
