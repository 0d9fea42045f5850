"""Two carriers of SMS and one row that all workers share: passed over within a minute, back in steps, nothing lost."""

import json
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text

from hectis_flow.services.house import House
from tests.notices import delivered, ends, line, make_due, planned, reaching, referred, staffed, tasks
from tests.sinks import Call, Calls, Mails, hook_sink, options_for
from tests.tables import one, rows
from tests.vendors import Answer, answered, provider, sms_answer

pytestmark = pytest.mark.target("R15")


@pytest.fixture
def first(calls: Calls) -> Calls:
    calls.answer = sms_answer
    return calls


@pytest.fixture
def other() -> Iterator[Calls]:
    with hook_sink() as calls:
        calls.answer = sms_answer
        yield calls


@pytest.fixture
def post(house: House, clean: Engine, mails: Mails, first: Calls, other: Calls) -> House:
    made = reaching(house, options_for(mails, sms=(provider(first), provider(other))))
    staffed(made, line("hr-1", email="", sms="+27821234567"))
    return made


def trouble(_: Call) -> Answer:
    return answered(503, {})


def texted(post: House, engine: Engine, how_many: int, run: str) -> None:
    referred(post, engine, how_many, run)
    planned(post)
    assert delivered(post) == how_many


def standing(engine: Engine) -> tuple[int, int] | None:
    found = rows(engine, "SELECT step, carried FROM carrier_standing WHERE channel = 'sms'")
    return tuple(found[0]) if found else None


def later(engine: Engine, how: str = "6 minutes") -> None:
    """As if so much time had gone by on the machine."""
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE carrier_standing SET since = since - CAST(:how AS interval)"), {"how": how}
        )


def test_a_sound_first_carrier_leaves_no_row(post: House, clean: Engine, first: Calls, other: Calls) -> None:
    texted(post, clean, 3, "A")

    assert (len(first.calls), len(other.calls), standing(clean)) == (3, 0, None)


def test_a_quarter_of_an_hour_of_trouble_loses_nothing_and_is_felt_by_three_texts(
    post: House, clean: Engine, first: Calls, other: Calls
) -> None:
    first.answer = trouble

    for quarter in range(3):
        texted(post, clean, 5, f"B{quarter}")
        later(clean, "2 minutes")

    assert ends(clean) == ["sent"] * 15
    assert len(other.calls) == 15
    # Three in a row, then none until a step began, and its one try.
    assert len(first.calls) in {3, 4}
    assert len({json.loads(call.body)["reference"] for call in other.calls}) == 15


def test_what_one_worker_saw_the_next_one_knows(
    post: House, clean: Engine, first: Calls, other: Calls, mails: Mails
) -> None:
    first.answer = trouble
    texted(post, clean, 3, "C")
    another = reaching(post, options_for(mails, sms=(provider(first), provider(other))))

    texted(another, clean, 4, "D")

    assert len(first.calls) == 3
    assert standing(clean) == (0, 0)


def test_it_gets_its_share_back_in_steps(post: House, clean: Engine, first: Calls, other: Calls) -> None:
    first.answer = trouble
    texted(post, clean, 3, "E")
    first.answer = sms_answer
    steps = []
    for step in range(4):
        texted(post, clean, 1, f"F{step}")  # before its time is over nothing goes back
        later(clean)
        texted(post, clean, 1, f"G{step}")
        steps.append(standing(clean))

    # One text of each step is tried whatever its draw: by it the carrier shows that it is back.
    assert [step for step, _ in filter(None, steps)] == [1, 2, 3]
    assert steps[-1] is None
    assert ends(clean) == ["sent"] * 11


def test_a_failure_on_the_way_back_ends_it(post: House, clean: Engine, first: Calls) -> None:
    first.answer = trouble
    texted(post, clean, 3, "H")
    later(clean)

    texted(post, clean, 1, "I")

    assert standing(clean) == (0, 0)
    assert len(first.calls) == 4


def test_a_carrier_that_asks_for_an_hour_gets_it(post: House, clean: Engine, first: Calls) -> None:
    first.answer = lambda _: answered(429, {}, **{"Retry-After": "3600"})
    texted(post, clean, 1, "J")
    later(clean, "30 minutes")

    texted(post, clean, 2, "K")

    assert len(first.calls) == 1
    assert one(
        clean, "SELECT not_before > hectis_machine_now() + interval '50 minutes' FROM carrier_standing"
    )


def test_while_both_are_in_trouble_mail_goes_out_and_the_texts_wait(
    post: House, clean: Engine, first: Calls, other: Calls, mails: Mails
) -> None:
    first.answer = other.answer = trouble
    staffed(post, line("hr-1", email="", sms="+27821234567"), line("hr-2"))
    referred(post, clean, 2, "L")
    planned(post)

    assert delivered(post) == 2
    assert sorted(ends(clean)) == ["sent", "sent", "waiting", "waiting"]
    assert len(mails.letters) == 2

    other.answer = sms_answer
    make_due(clean)
    assert delivered(post) == 2
    assert ends(clean) == ["sent"] * 4
    assert tasks(clean, "call_by_phone") == []
