"""R15 for texts (the drill itself: tests/drills/carriers.py)."""

from collections.abc import Iterator

import pytest

from hectis_flow.services.house import House
from tests.drills.carriers import BAR, PEOPLE, Trouble, fails, go_wrong, half, hangs, limits, settings_for
from tests.drills.fixtures import StackMaker, Tell
from tests.drills.stack import FAST
from tests.notices import reaching
from tests.sinks import Calls, Mails, hook_sink, options_for
from tests.vendors import provider

pytestmark = pytest.mark.target("R15")


@pytest.fixture
def other() -> Iterator[Calls]:
    with hook_sink() as calls:
        yield calls


def test_a_first_carrier_in_trouble_loses_no_text_and_delays_no_mail(
    make_stack: StackMaker, house: House, mails: Mails, calls: Calls, other: Calls, tell: Tell
) -> None:
    stack = make_stack({**FAST, **settings_for(mails, calls, other)})
    troubles = [Trouble("fails", fails), Trouble("takes half", half), Trouble("limits", limits)]
    told = reaching(house, options_for(mails, sms=(provider(calls), provider(other))))

    report = go_wrong(stack, told, calls, other, troubles)

    tell(report)
    assert report.carried.total() == 3 * (PEOPLE - 1)


@pytest.mark.drill
@pytest.mark.timeout(1800)
def test_a_quarter_of_an_hour_of_trouble_loses_no_text_and_delays_no_mail(
    make_stack: StackMaker, house: House, mails: Mails, calls: Calls, other: Calls, tell: Tell
) -> None:
    stack = make_stack(settings_for(mails, calls, other))
    troubles = [
        Trouble("fails", fails, seconds=900),
        Trouble("limits", limits, seconds=60),
        Trouble("takes half", half, seconds=60),
    ]
    told = reaching(house, options_for(mails, sms=(provider(calls), provider(other))))

    report = go_wrong(stack, told, calls, other, troubles)

    tell(report)
    assert max(sms for sms, _ in report.slowest.values()) < BAR
    assert max(mail for _, mail in report.slowest.values()) < BAR / 2


@pytest.mark.drill
def test_a_first_carrier_that_hangs_is_passed_over_within_a_minute(
    make_stack: StackMaker, house: House, mails: Mails, calls: Calls, other: Calls, tell: Tell
) -> None:
    stack = make_stack(settings_for(mails, calls, other))
    told = reaching(house, options_for(mails, sms=(provider(calls), provider(other))))

    report = go_wrong(stack, told, calls, other, [Trouble("hangs", hangs, seconds=40)])

    tell(report)
    ((slowest_text, slowest_mail),) = report.slowest.values()
    assert slowest_text < BAR
    assert slowest_mail < BAR / 2
