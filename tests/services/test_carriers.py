"""Two carriers of SMS, steered as two mail servers are: passed over, back in steps, nothing lost."""

import json
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text

from hectis_flow.services.house import House
from tests.notices import delivered, ends, line, make_due, planned, reaching, referred, staffed, tasks
from tests.sinks import Call, Calls, Mails, hook_sink, options_for
from tests.tables import rows
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
    found = rows(engine, "SELECT share, troubles FROM relay WHERE channel = 'sms' AND name = 'first'")
    return tuple(found[0]) if found else None


def rested(engine: Engine) -> None:
    """As if the longest rest had gone by on the machine."""
    with engine.begin() as connection:
        connection.execute(text("UPDATE relay SET since = since - interval '16 minutes'"))


def test_a_sound_first_carrier_takes_everything(
    post: House, clean: Engine, first: Calls, other: Calls
) -> None:
    texted(post, clean, 3, "A")

    assert (len(first.calls), len(other.calls)) == (3, 0)
    assert standing(clean) in {None, (100, 0)}


def test_one_in_trouble_loses_nothing_and_is_asked_last_after_two_batches(
    post: House, clean: Engine, first: Calls, other: Calls
) -> None:
    first.answer = trouble

    for batch in range(4):
        texted(post, clean, 5, f"B{batch}")

    assert ends(clean) == ["sent"] * 20
    assert len({json.loads(call.body)["reference"] for call in other.calls}) == len(other.calls) == 20
    assert len(first.calls) == 10
    assert standing(clean) == (0, 2)


def test_what_one_worker_saw_the_next_one_knows(
    post: House, clean: Engine, first: Calls, other: Calls, mails: Mails
) -> None:
    first.answer = trouble
    for batch in range(2):
        texted(post, clean, 1, f"C{batch}")
    another = reaching(post, options_for(mails, sms=(provider(first), provider(other))))

    texted(another, clean, 4, "D")

    assert len(first.calls) == 2


def test_it_comes_back_once_it_has_rested_and_carries_again(
    post: House, clean: Engine, first: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    first.answer = trouble
    for batch in range(2):
        texted(post, clean, 1, f"E{batch}")
    first.answer = sms_answer
    shares = []
    monkeypatch.setattr("random.random", lambda: 0.0)  # the lot falls on it whenever it has a share
    for batch in range(5):
        rested(clean)
        texted(post, clean, 1, f"F{batch}")
        found = standing(clean)
        assert found
        shares.append(found[0])

    assert shares == [10, 25, 50, 100, 100]
    assert ends(clean) == ["sent"] * 7


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
