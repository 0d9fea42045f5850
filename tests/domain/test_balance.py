"""The arithmetic of the balance: what came in is the parts and the difference, whatever happened in between."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hectis_flow.domain.balance import (
    ROWS_LOST,
    Certificate,
    Counted,
    Fault,
    Mark,
    body_of,
    certificate_hash,
    lines_of,
    weigh,
)
from hectis_flow.domain.intake import SUPPORTED
from hectis_flow.domain.ledger import GENESIS
from hectis_flow.storage.balance import SIDES
from hectis_flow.storage.balance_intake import KNOWN

pytestmark = pytest.mark.target("R19")
PARTS = ("open", "closed")
ROWS = st.integers(0, 1000)


@given(ROWS, ROWS, ROWS, st.one_of(st.none(), ROWS), st.booleans())
def test_a_line_comes_out_by_its_parts_and_its_difference(
    fine: int, closed: int, wrong: int, before: int | None, written_off: bool
) -> None:
    counted = [
        Counted(name, rows, rows, 1, rows)
        for name, rows in (("open", fine), ("closed", closed), ("adrift", wrong))
        if rows
    ]
    mark = None if before is None else Mark(5, before)
    line = weigh("cases", PARTS, counted, mark, written_off=written_off)

    standing = fine + closed + wrong
    lost = 0 if before is None or written_off else max(before - standing, 0)
    assert line.parts == (("open", fine), ("closed", closed))
    assert line.came_in == fine + closed + line.difference == standing + lost == line.mark.rows
    assert {fault.name: fault.rows for fault in line.faults} == {
        name: rows for name, rows in ((ROWS_LOST, lost), ("adrift", wrong)) if rows
    }
    assert line.mark.last >= (5 if mark else 0)


def test_rows_that_came_since_are_not_taken_for_those_that_are_gone() -> None:
    counted = [Counted("open", 10, 7, 1, 12)]
    line = weigh("cases", PARTS, counted, Mark(9, 9), written_off=False)
    assert line.faults == (Fault(ROWS_LOST, 2, None),)
    assert (line.came_in, line.difference, line.mark) == (12, 2, Mark(12, 12))


def test_a_certificate_is_kept_whole_and_hashed_as_the_rule_is_written() -> None:
    line = weigh(
        "cases", PARTS, [Counted("open", 3, 3, 1, 3), Counted("adrift", 1, 0, 4, 4)], None, written_off=False
    )
    body = body_of(date(2026, 11, 23), [line])
    assert lines_of(json.loads(body)) == (line,)
    made = certificate_hash(GENESIS, 1, 1_000_000, body)
    one = Certificate(1, date(2026, 11, 23), datetime(2026, 11, 23, tzinfo=UTC), (line,), made)
    assert (one.clean, one.differences) == (False, (("cases", Fault("adrift", 1, 4)),))
    others = [
        certificate_hash(made, 1, 1_000_000, body),
        certificate_hash(GENESIS, 2, 1_000_000, body),
        certificate_hash(GENESIS, 1, 1_000_001, body),
        certificate_hash(GENESIS, 1, 1_000_000, body + " "),
    ]
    assert len({made, *others}) == 5
    with pytest.raises(ValueError, match="32 bytes"):
        certificate_hash(b"", 1, 1, body)


def test_what_we_know_how_to_read_is_written_down_twice_and_alike() -> None:
    for kind, events in SUPPORTED.items():
        assert f"m.message_type = '{kind}'" in KNOWN
        for event in events:
            assert f"'{event}'" in KNOWN
    assert KNOWN.count("'") == 2 * sum(1 + len(events) for events in SUPPORTED.values())


def test_the_page_about_the_balance_names_every_line_and_part() -> None:
    page = (Path(__file__).parents[2] / "docs" / "balance.md").read_text()
    for name, side in SIDES.items():
        assert f"| {name} | {', '.join(side.parts)} |" in page
        for part in side.parts:
            assert f"'{part}'" in side.query or "m.state" in side.query
