"""The generator's own record of what it sent and what it meant by it, for checking from outside.

One row a message, without any name or number of a person but the made-up folder. It is written to a file
beside the data (`diary`), never into the product's tables; bench/practice_counts.py counts it by SQL.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hectis_flow.practice.harm import NOTHING
from hectis_flow.practice.stories import Line
from hectis_flow.practice.visits import Visit


@dataclass(frozen=True, slots=True)
class Row:
    """One sending. `visit` is unique in the province; "" stands for "does not apply".

    `speaks` says that the message speaks of codes; then intent, mechanism and place are what it means,
    all "" where it tells of no incident. `violent` is what really happened, coded or not.
    """

    control_id: str
    facility: str
    event: str
    sent: datetime
    spoken: datetime
    resend: bool
    visit: str
    numbered: bool
    identified: bool
    folder: str
    prior: str
    speaks: bool
    intent: str
    mechanism: str
    place: str
    colour: str
    violent: bool
    role: str

    def plain(self) -> dict[str, Any]:
        """The row as JSON can hold it."""
        told = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return told | {"sent": self.sent.isoformat(), "spoken": self.spoken.isoformat()}


def row_of(line: Line, visit: Visit, control: str, sent: datetime, *, resend: bool) -> Row:
    """The record of one sending."""
    meant = line.coding or NOTHING
    return Row(
        control_id=control,
        facility=visit.facility.name,
        event=line.event,
        sent=sent,
        spoken=line.spoken,
        resend=resend,
        visit=visit.key,
        numbered=line.numbered,
        identified=line.identified,
        folder=line.folder,
        prior=line.prior,
        speaks=line.coding is not None,
        intent=meant.intent,
        mechanism=meant.mechanism,
        place=meant.place,
        colour=line.colour,
        violent=visit.violent,
        role=visit.role,
    )
