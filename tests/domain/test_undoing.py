"""Which move is taken back, by whom and until when; and what of a history holds."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hectis_flow.domain import undoing
from hectis_flow.domain.calendar import parse_span
from hectis_flow.domain.casework import Actor
from hectis_flow.domain.errors import TransitionRefused
from hectis_flow.domain.undoing import Past

AT = datetime(2026, 3, 2, 8, tzinfo=UTC)
SPAN = parse_span("10min")
MINE = Actor("saps_liaison", None, "kh-1")
STAGES = {"refer": ("referral_ready", "referred"), "acknowledge": ("referred", "acknowledged")}


def past(move: str, *, version: int = 1, by: Actor = MINE, **details: str) -> Past:
    stages = STAGES.get(move, ("acknowledged", "referred"))
    return Past(version, move, *stages, by.role, by.name, details, AT)


def refused(code: str, history: list[Past], by: Actor = MINE, minutes: float = 1) -> None:
    with pytest.raises(TransitionRefused) as refusal:
        undoing.to_undo(history, by, AT + timedelta(minutes=minutes), SPAN)
    assert refusal.value.code == code


def test_the_time_ends_to_the_moment() -> None:
    found = undoing.to_undo([past("acknowledge")], MINE, AT + timedelta(minutes=10), SPAN)
    assert found.transition == "acknowledge"
    refused("too_late", [past("acknowledge")], minutes=10.0001)


def test_what_is_not_to_be_undone_says_so() -> None:
    refused("nothing_to_undo", [past("acknowledge"), past("undo", undoes="acknowledge")])
    refused("nothing_to_undo", [past("refer")])
    refused("nothing_to_undo", [past("close_no_case", by=Actor("rule", None, "clock"))])
    refused("not_yours", [past("acknowledge")], Actor("saps_liaison", None, "kh-2"))
    refused("not_yours", [past("acknowledge")], Actor("detective_commander", None, "kh-1"))
    refused("second_person_needed", [past("link_existing", second="kh-2")])


def test_a_correction_goes_over_what_was_taken_back() -> None:
    history = [past("acknowledge"), past("open_cas"), past("undo", undoes="open_cas")]
    found = undoing.to_correct(history, MINE, {"reason": "wrong_case", "second": "kh-2"})
    assert found.transition == "acknowledge"
    with pytest.raises(TransitionRefused) as refusal:
        undoing.to_correct([past("refer")], MINE, {"reason": "wrong_case", "second": "kh-2"})
    assert refusal.value.code == "nothing_to_correct"


@given(st.lists(st.booleans()))
def test_what_holds_is_what_no_later_row_took_back(steps: list[bool]) -> None:
    history, open_ = [past("acknowledge", version=0)], [0]
    for version, forward in enumerate(steps, 1):
        if forward or len(open_) == 1:
            history.append(past("open_cas", version=version))
            open_.append(version)
        else:
            history.append(past("correct", version=version))
            open_.pop()
    assert [one.version for one in undoing.standing_moves(history)] == open_


def test_the_newest_move_that_named_a_thing_says_it() -> None:
    moves = [past("submit_docket", court="a"), past("enrol", court="b"), past("postpone")]
    assert undoing.last_named(moves, "court") == "b"
    assert undoing.last_named([], "court") is None


def test_what_is_written_leads_back_to_where_the_move_began() -> None:
    made = undoing.decision("undo", past("acknowledge"), {})
    assert (made.from_stage, made.to_stage, made.details) == (
        "acknowledged",
        "referred",
        {"undoes": "acknowledge"},
    )
