"""A small province in which everything has happened once: what the balance's tests count, and then break.

Messages of every kind, cases on the road and off it, clocks that were answered and clocks that climbed, notices sent,
answered, cancelled, failed, and parked. Every name and address is invented.
"""

from collections.abc import Iterator, Sequence

from sqlalchemy import Engine, text

from hectis_flow.channels.base import Outgoing, Receipt
from hectis_flow.domain.casework import Actor
from hectis_flow.services import casework, escalation, intake, links, notification, sealing, work
from hectis_flow.services.house import House
from tests.ladders import make_due
from tests.notices import ALL, EVENTS, line, planned, reaching, staffed
from tests.road import Road, roads
from tests.segments import CODED, LEFT, adt
from tests.sinks import options_for
from tests.tables import receive, rows, take_in, work_off

SAPS = Actor("saps_liaison", None, "kh-saps-1")
LIAISON = Actor("facility_liaison", None, "kh-liaison")


class Half:
    """A channel that reaches everybody whose number is even, and nobody else."""

    chunk = 100

    def __init__(self) -> None:
        self.carried: list[Outgoing] = []

    def send(self, batch: Sequence[Outgoing], deadline: float) -> Iterator[Receipt]:  # noqa: ARG002
        """Sent, or never."""
        for notice in batch:
            self.carried.append(notice)
            reached = notice.delivery_id % 2 == 0
            yield Receipt(notice.delivery_id, "sent" if reached else "never", "" if reached else "refused")


def fill(house: House, engine: Engine) -> None:
    """Let it all happen; nothing is left undone at the end."""
    channel = Half()
    sending = reaching(house, options_for(), email=channel)
    staffed(sending, *(line(f"kh-{n}", office="khayelitsha-saps") for n in (1, 2)))
    _messages(house)
    on_road = roads(house, engine, 8)
    on_road = [one for one in on_road if one.stage == "awaiting_basis"]
    for one in on_road[:5]:
        one.go("basis_recorded", disclosure_basis="consent_written")
    _tell(sending)
    _answer(sending, channel)
    for one in on_road[3:5]:
        one.go("acknowledge") if one.stage == "referred" else None
    _tell(sending)
    on_road[6].investigated()
    casework.move(house, on_road[7].ref, "keep_anonymous", LIAISON, {"reason": "consent_refused"})
    _climb(sending, engine, on_road[5])
    _cancel(sending, on_road[5])
    _tell(sending)
    sealing.seal(house)


def _messages(house: House) -> None:
    """Accepted, ignored, parked, turned away, of a person, merged, cancelled, taken back."""
    take_in(
        house,
        adt("A04", "b-1", CODED, folder="B1", visit="B1"),
        adt("A08", "b-2", CODED, folder="B2", visit="B2", codes=["X99.4"]),
        adt("A08", "b-3", CODED, folder="B3", visit="B3", codes=["Y09"]),
        adt("A08", "b-4", CODED, folder="B4", visit="B4", codes=["Y22"]),
        adt("A31", "b-5", CODED, folder="B1", visit=""),
        adt("A08", "b-6", CODED, folder="B5", visit="B5", codes=["W01.1"]),
        adt("A08", "b-7", CODED, folder="", visit="B6"),
        adt("A60", "b-8", CODED, folder="B1", visit=""),
    )
    take_in(
        house,
        adt("A08", "b-9", LEFT, folder="B2", visit="B2", codes=["W01.1"]),
        adt("A11", "b-10", LEFT, folder="B3", visit="B3"),
    )
    receive(house, b"what nobody can read")


def _tell(house: House) -> None:
    planned(house)
    while ids := notification.lease_deliveries(house, ALL):
        notification.deliver(house, ids)
    work.close_unrouted_events(house, ("case.opened", "delivery.gave_up"))


def _answer(house: House, channel: Half) -> None:
    """Whoever got a link uses it."""


def _climb(house: House, engine: Engine, road: Road) -> None:
    """Nobody answers, so the first two steps of a ladder fire and are told."""
    case_id = rows(engine, 'SELECT id FROM "case" WHERE ref = :ref', ref=road.ref)[0][0]
    make_due(engine, 2, where="case_id = :case", case=case_id)
    while escalation.sweep(house):
        pass
    _tell(house)


def _cancel(house: House, road: Road) -> None:
    """A notice that is planned, and whose case moves on before it goes."""
    road.go("basis_recorded", disclosure_basis="consent_written")
    planned(house)
    if road.stage == "referred":
        road.go("acknowledge")
