"""Broken messages among sound ones: the sound ones end as if the broken ones had never been sent."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Engine, text

from hectis_flow.services import inbox, work
from hectis_flow.services.house import House
from tests.segments import CODED, REGISTERED, adt, oru, segment
from tests.tables import ALL, one, receive, rows, work_off

VISITS = 300
REFUSED, DAMAGED, UNREADABLE = (
    70,
    140,
    210,
)  # 1 in 100: what the database refuses, what no key opens, two patients


def visit(number: int) -> list[bytes]:
    folder, named = f"F{number}", f"V{number}"
    sats = "Blue" if number == REFUSED else "Red"
    triage = oru(f"{number}-2", CODED, {"SATS": sats}, folder=folder, visit=named)
    if number == UNREADABLE:
        triage += (segment("PID", {1: "2", 3: "F9999^^^KH^MR"}) + "\r").encode()
    return [
        adt("A04", f"{number}-1", REGISTERED, folder=folder, visit=named),
        triage,
        adt("A08", f"{number}-3", CODED, folder=folder, visit=named, codes=["X99.4"]),
    ]


@contextmanager
def refusing(engine: Engine) -> Iterator[None]:
    """A database that will not write an encounter of a patient who was dead on arrival."""
    with engine.begin() as connection:
        rule = "CHECK (sats_colour IS DISTINCT FROM 'blue')"
        connection.execute(text(f"ALTER TABLE encounter ADD CONSTRAINT provoked {rule}"))
    try:
        yield
    finally:
        with engine.begin() as connection:
            connection.execute(text("ALTER TABLE encounter DROP CONSTRAINT provoked"))


def damage(engine: Engine, control_id: str) -> None:
    with engine.begin() as connection:
        change = (
            "UPDATE inbound_message SET raw_enc = '\\x00' || substring(raw_enc FROM 2) WHERE control_id = :id"
        )
        connection.execute(text(change), {"id": control_id})


@pytest.mark.target("R12")
def test_one_broken_visit_in_a_hundred_is_parked_and_the_others_are_untouched(
    house: House, clean: Engine
) -> None:
    receive(house, *(raw for number in range(VISITS) for raw in visit(number)))
    for part in (1, 2, 3):
        damage(clean, f"{DAMAGED}-{part}")

    with refusing(clean):
        work_off(house)
        sound = VISITS - 2  # of the visit with the doubtful triage only that message is parked
        assert one(clean, 'SELECT count(*) FROM "case"') == sound
        assert one(clean, "SELECT count(*) FROM encounter") == sound
        waiting = one(clean, "SELECT count(*) FROM inbound_message WHERE done_at IS NULL")
        assert waiting == 6

        for _ in range(house.max_attempts - 1):
            with clean.begin() as connection:
                connection.execute(
                    text("UPDATE inbound_message SET lease_until = NULL WHERE done_at IS NULL")
                )
            work_off(house)

    parked = "SELECT control_id, reason FROM inbound_message WHERE state = 'parked' ORDER BY id"
    assert rows(clean, parked) == [
        *((f"{REFUSED}-{part}", "processing_failed") for part in (1, 2, 3)),
        *((f"{DAMAGED}-{part}", "cannot_be_opened") for part in (1, 2, 3)),
        (f"{UNREADABLE}-2", "several_patients"),
    ]
    assert work.lease_messages(house, ALL) == []
    assert one(clean, "SELECT count(*) FROM parked_message") == 7
    assert all(meaning for *_, meaning in inbox.summary(house))
