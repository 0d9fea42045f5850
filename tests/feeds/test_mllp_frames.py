from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hectis_flow.feeds.mllp_frames import Frame, FrameReader, frame, frames

EVERYTHING = 1_000_000


def read(*pieces: bytes, max_message: int = 100, max_noise: int = 10) -> list[Frame]:
    reader = FrameReader(max_message, max_noise)
    taken = []
    for piece in pieces:
        reader.feed(piece)
        taken += reader.take(EVERYTHING)
    return taken


def test_a_frame_gives_its_message() -> None:
    assert read(frame(b"MSH|one\r")) == [Frame(b"MSH|one\r")]


def test_two_messages_in_one_packet_are_two_messages() -> None:
    assert read(frames([b"one", b"two"])) == [Frame(b"one"), Frame(b"two")]


@pytest.mark.target("R22")
@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_a_stream_may_be_cut_at_every_byte(size: int) -> None:
    stream = frames([b"one\r"]) + b"\x0b\x1c\r" + frames([b"three"])
    pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
    assert read(*pieces) == [Frame(b"one\r"), Frame(b""), Frame(b"three")]


@pytest.mark.parametrize("between", [b"\n", b"\r\n", b" \t\n", b"\x00", b"\x1c\r"])
def test_blanks_between_frames_are_passed_over_however_many(between: bytes) -> None:
    assert read(frame(b"one") + between * 50 + frame(b"two")) == [Frame(b"one"), Frame(b"two")]


@pytest.mark.parametrize("after", [b"", b"\n", b"\x0b"])
def test_an_end_mark_without_its_return_ends_the_message(after: bytes) -> None:
    assert read(b"\x0bone\x1c" + after, frame(b"two")[len(after.strip(b"\n")) :]) == [
        Frame(b"one"),
        Frame(b"two"),
    ]


@pytest.mark.target("R22")
def test_a_message_without_its_end_mark_is_broken_off_by_the_next() -> None:
    assert read(b"\x0bone\r" + frame(b"two")) == [Frame(b"one\r", "broken"), Frame(b"two")]


def test_a_doubled_start_mark_loses_nothing() -> None:
    assert read(b"\x0b\x0b" + frame(b"one")) == [Frame(b"one")]


def test_bytes_before_the_first_frame_are_skipped_up_to_a_bound() -> None:
    assert read(b"ten_bytes!" + frame(b"one")) == [Frame(b"one")]
    assert read(b"eleven_byte" + frame(b"one")) == [Frame(b"", "noise")]


def test_a_whole_message_clears_the_noise_before_it() -> None:
    assert read(*[b"nine....." + frame(b"one")] * 3) == [Frame(b"one")] * 3


def test_an_endless_row_of_start_marks_ends() -> None:
    assert read(b"\x0b" * 5000) == [Frame(b"", "noise")]


def test_a_message_of_the_greatest_length_passes_and_one_byte_more_does_not() -> None:
    assert read(frame(b"x" * 100)) == [Frame(b"x" * 100)]
    assert read(frame(b"x" * 101)) == [Frame(b"", "oversize")]


def test_a_message_that_never_ends_is_refused_once_and_nothing_is_kept() -> None:
    reader = FrameReader(100, 10)
    reader.feed(frame(b"one") + b"\x0b" + b"x" * 101)
    assert reader.take(EVERYTHING) == [Frame(b"one"), Frame(b"", "oversize")]
    reader.feed(frame(b"two"))
    assert reader.take(EVERYTHING) == []
    assert reader.partial == 0


def test_what_there_is_no_room_for_waits() -> None:
    reader = FrameReader(100, 10)
    reader.feed(frames([b"one", b"two", b"three"]))
    assert reader.take(2) == [Frame(b"one"), Frame(b"two")]
    assert not reader.drained
    assert reader.take(2) == [Frame(b"three")]
    assert reader.drained


def test_a_message_under_way_is_measured_and_can_be_abandoned() -> None:
    reader = FrameReader(100, 10)
    reader.feed(frame(b"one") + b"\x0bhalf")
    reader.take(EVERYTHING)
    assert reader.partial == len(b"\x0bhalf")
    assert reader.abandon() == Frame(b"half", "broken")
    assert reader.abandon() is None


MARKS = st.lists(st.sampled_from([b"\x0b", b"\x1c", b"\r", b"\n", b"a", b"b" * 9]), max_size=40).map(b"".join)


@settings(deadline=None)
@given(MARKS, st.data())
def test_the_same_bytes_give_the_same_frames_wherever_they_are_cut(
    stream: bytes, data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, len(stream)))
    whole = read(stream, max_message=16, max_noise=3)
    assert read(stream[:cut], stream[cut:], max_message=16, max_noise=3) == whole
    assert read(*(stream[at : at + 1] for at in range(len(stream))), max_message=16, max_noise=3) == whole


class Counted(bytearray):
    """Counts how many bytes are searched and copied."""

    work = 0

    def find(self, sub: Any, start: Any = 0, end: Any = None) -> int:
        stop = len(self) if end is None else end
        found = super().find(sub, start, stop)
        Counted.work += (found if found >= 0 else stop) - start
        return found

    def __getitem__(self, key: Any) -> Any:
        got = super().__getitem__(key)
        Counted.work += len(got)
        return got


@pytest.mark.parametrize("size", [1, 64, 4096])
@pytest.mark.parametrize("filling", [b"x", b"\x0b", b"\x0bx", b"x\x1c"])
def test_the_work_grows_with_the_bytes_and_not_with_their_square(size: int, filling: bytes) -> None:
    stream = b"\x0b" + filling * (20_000 // len(filling)) + b"\x1c\r"
    reader = FrameReader(EVERYTHING, EVERYTHING)
    reader._buffer = Counted()
    Counted.work = 0
    for at in range(0, len(stream), size):
        reader.feed(stream[at : at + size])
        reader.take(EVERYTHING)
    assert Counted.work <= 6 * len(stream)
