"""A small province in which everything has happened once: what the balance's tests count, and then break.

Messages of every kind, cases on the road and off it, clocks that were answered and clocks that climbed, notices sent,
answered, cancelled, failed, and parked. Every name and address is invented.
"""

from collections.abc import Iterator, Sequence

from sqlalchemy import Engine, text

from hectis_flow.channels.base import Outgoing, Receipt
from hectis_flow.services import acknowledgement, escalation, notification, sealing, work
from hectis_flow.services.answer_page import Pressed
from hectis_flow.services.house import House
from tests import answers
from tests.ladders import make_due
from tests.notices import ALL, line, planned, reaching, staffed
from tests.road import Road, roads
from tests.segments import CODED, LEFT, adt
from tests.sinks import options_for
from tests.tables import receive, rows, take_in


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
    on_road = roads(house, engine, 7)
    _messages(house)
    for road in on_road[:4]:
        road.go("basis_recorded", disclosure_basis="consent_written")
    _tell(sending)
    reached = min(
        (one for one in channel.carried if one.delivery_id % 2 == 0), key=lambda one: one.delivery_id
    )
    acknowledgement.record(house, _token(reached))  # by what looks automated: on record, and nothing more
    token = _token(reached)
    with engine.begin() as connection:
        answers.send_earlier(connection)
    pressed = Pressed(answers.PERSON, answers.marked(house, token), answers.code_of(house, token)[:2])
    assert acknowledgement.record(house, token, pressed).done
    on_road[3].go("acknowledge")
    _climb(sending, engine, on_road[2])
    on_road[4].investigated()
    on_road[5].go("keep_anonymous", reason="consent_refused")
    on_road[6].go("basis_recorded", disclosure_basis="consent_written")
    planned(house)
    on_road[6].go("acknowledge")
    _tell(sending)
    _park(house, engine)
    sealing.seal(house)


def _token(notice: Outgoing) -> str:
    return next(word.rpartition("/a/")[2] for word in notice.text.split() if "/a/" in word)


def _park(house: House, engine: Engine) -> None:
    """An event that cannot be told, for its case was closed off by hand: it waits for a person."""
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(
            text(
                """
                UPDATE outbox SET done_at = NULL, lease_until = NULL, subject_id = -subject_id
                WHERE id = (SELECT max(id) FROM outbox WHERE event = 'case.stage_entered')
                """
            )
        )
    _tell(house)
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text("UPDATE outbox SET subject_id = -subject_id WHERE subject_id < 0"))


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


def _climb(house: House, engine: Engine, road: Road) -> None:
    """Nobody answers, so the first two steps of a ladder fire and are told."""
    case_id = rows(engine, 'SELECT id FROM "case" WHERE ref = :ref', ref=road.ref)[0][0]
    make_due(engine, 2, where="case_id = :case", case=case_id)
    while escalation.sweep(house):
        pass
    _tell(house)
