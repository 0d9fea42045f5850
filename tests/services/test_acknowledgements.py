"""Which answer a sender gets, by what it asked for in MSH-15 and MSH-16."""

import pytest
from sqlalchemy import Engine

from hectis_flow.feeds.mllp import Arrival
from hectis_flow.feeds.mllp_frames import frames
from hectis_flow.services import answers
from hectis_flow.services.house import House
from tests.segments import REGISTERED, adt, answer_of
from tests.tables import PEER, one, receive, rows, take_in

# MSH-15, MSH-16, then the answer to a message that is committed, mendable, rejected. Nobody is left in silence.
ASKED = [
    ("", "", "AA", "AE", "AR"),
    ("AL", "", "CA", "CE", "CR"),
    ("AL", "NE", "CA", "CE", "CR"),
    ("AL", "AL", "CA", "CE", "CR"),
    ("ER", "AL", "AA", "CE", "CR"),
    ("SU", "NE", "CA", "AE", "AR"),
    ("NE", "NE", "AA", "AE", "AR"),
    ("NE", "", "AA", "AE", "AR"),
    ("", "NE", "AA", "AE", "AR"),
    ("NE", "AL", "AA", "AE", "AR"),
    ("", "AL", "AA", "AE", "AR"),
    ("", "ER", "AA", "AE", "AR"),
    ("NE", "SU", "AA", "AE", "AR"),
    ("al", " ", "CA", "CE", "CR"),
    ("??", "", "CA", "CE", "CR"),
]


def code_of(answer: bytes) -> str:
    return answer_of(answer)[0]


@pytest.mark.parametrize(("commit", "application", "accepted", "mendable", "rejected"), ASKED)
def test_the_answer_follows_what_the_header_asks_for(
    commit: str, application: str, accepted: str, mendable: str, rejected: str, house: House, clean: Engine
) -> None:
    asks = {15: commit, 16: application}
    sound = adt("A04", "c-1", REGISTERED, msh=asks)
    said = receive(
        house,
        sound,
        adt("A04", "", REGISTERED, msh=asks),
        adt("A04", "c-3", REGISTERED, msh={**asks, 11: "X"}),
    )

    assert [code_of(answer) for answer in said] == [accepted, mendable, rejected]
    assert code_of(answers.storage_failed(Arrival(PEER, sound))) == mendable
    assert one(clean, "SELECT ack_code FROM inbound_message") == accepted


@pytest.mark.parametrize("commit", ["AL", "SU", "NE", "ER"])
def test_a_resend_in_enhanced_mode_gets_the_same_bytes(commit: str, house: House, clean: Engine) -> None:
    raw = adt("A04", "c-1", REGISTERED, msh={15: commit, 16: "NE"})

    first = receive(house, raw, raw)
    take_in(house)

    assert receive(house, raw) == first[:1] == first[1:]
    assert len(rows(clean, "SELECT 1 FROM inbound_message")) == 1


def test_senders_of_both_modes_share_one_commit(house: House, clean: Engine) -> None:
    asked = [{}, {15: "AL"}, {15: "NE"}, {16: "AL"}]
    raws = [adt("A04", f"c-{place}", REGISTERED, msh=asks) for place, asks in enumerate(asked)]

    assert [code_of(answer) for answer in receive(house, *raws)] == ["AA", "CA", "AA", "AA"]
    stored = rows(clean, "SELECT control_id, ack_code FROM inbound_message ORDER BY 1")
    assert [row[1] for row in stored] == ["AA", "CA", "AA", "AA"]


def test_silence_puts_no_frame_on_the_wire() -> None:
    assert frames([b"one", b"", b"two"]) == frames([b"one", b"two"])
    assert frames([b"", b""]) == b""


def test_a_stream_without_a_header_is_answered_whatever_it_asked(house: House, clean: Engine) -> None:
    assert code_of(receive(house, b"PID|1|||||||||||||NE|NE")[0]) == "AR"
