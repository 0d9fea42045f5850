"""The court day: which outcomes a matter can have, of which charges, and what is called again for it."""

from datetime import date

import pytest

from hectis_flow.domain import court_day, workflow_rules
from hectis_flow.domain.charges import Charge
from hectis_flow.domain.court_day import Entry, entry

TODAY, LATER = date(2026, 12, 8), date(2027, 1, 12)


def charge(name: str, stage: str, day: date | None = TODAY, came_from: str | None = None) -> Charge:
    accused, count = map(int, name.split("."))
    pleaded = stage in {"pleaded", "trial", "judgment"} or came_from in {"pleaded", "trial"}
    return Charge(None, accused, count, "murder", stage, came_from=came_from, pleaded=pleaded, next_date=day)


def test_a_matter_that_was_postponed_can_have_what_it_could_have_before() -> None:
    called = [move.id for move in court_day.outcomes("prosecutor", [charge("1.1", "on_roll")])]
    postponed = [charge("1.1", "postponed", came_from="on_roll")]
    assert [move.id for move in court_day.outcomes("prosecutor", postponed)] == called
    assert called[:5] == ["postpone", "plead", "withdraw_6a", "strike_informal", "strike_342a"]
    assert "call_again" not in called
    assert court_day.stands_for(postponed) == "on_roll"


def test_after_a_plea_nothing_leaves_the_roll_any_more() -> None:
    found = {
        move.id for move in court_day.outcomes("prosecutor", [charge("1.1", "postponed", came_from="trial")])
    }
    assert not found & {"withdraw_6a", "strike_informal", "strike_342a"}
    assert {"postpone", "reserve_judgment"} <= found


def test_what_takes_two_people_or_another_role_is_no_outcome() -> None:
    on_roll = [charge("1.1", "on_roll")]
    assert "abate" not in {move.id for move in court_day.outcomes("prosecutor", on_roll)}
    assert court_day.outcomes("detective_commander", on_roll) == ()


@pytest.mark.parametrize(
    ("known", "of", "wanted"),
    [
        ([charge("1.1", "on_roll")], None, Entry(None, None)),
        ([charge("1.1", "postponed", came_from="on_roll")], None, Entry("1.1", None)),
        # One accused waits for another day: it is not about them, nor are they called.
        ([charge("1.1", "on_roll"), charge("2.1", "on_roll", LATER)], None, Entry(None, "1.1")),
        (
            [charge("1.1", "postponed", came_from="trial"), charge("2.1", "postponed", LATER, "on_roll")],
            None,
            Entry("1.1", None),
        ),
        (
            [
                charge("1.1", "postponed", came_from="on_roll"),
                charge("1.2", "postponed", came_from="on_roll"),
            ],
            "1.2",
            Entry("1.2", "1.2"),
        ),
        ([charge("1.1", "on_roll"), charge("1.2", "on_roll")], "1", Entry(None, "1")),
        # Nobody whose day it is can make the move: it is theirs to be refused, and nobody else's to make.
        ([charge("1.1", "judgment"), charge("2.1", "on_roll", LATER)], None, Entry(None, "1.1")),
        ([charge("1.1", "withdrawn_6a", None)], None, Entry(None, None)),
    ],
)
def test_an_outcome_is_of_the_charges_whose_day_it_is(
    known: list[Charge], of: str | None, wanted: Entry
) -> None:
    assert entry(known, workflow_rules.transition("postpone"), of) == wanted


def test_the_day_of_a_matter_is_the_first_that_a_charge_waits_for() -> None:
    known = [
        charge("1.1", "on_roll", LATER),
        charge("2.1", "on_roll"),
        charge("3.1", "acquitted", date(2026, 1, 1)),
    ]
    assert court_day.first_day(known) == TODAY
    assert court_day.due(known, TODAY) == (known[1],)
    assert court_day.first_day([]) is None
