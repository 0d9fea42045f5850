"""R1 for notices (the drill itself: tests/drills/sending.py)."""

import pytest
import redis
from sqlalchemy import Engine

from hectis_flow.services.house import House
from tests.drills.fixtures import StackMaker, Tell
from tests.drills.sending import SUITE, kill_senders, settings_for
from tests.sinks import hook_sink, mail_sink


@pytest.mark.target("R1")
def test_senders_killed_at_random_steps_lose_no_notice_and_double_only_by_key(
    make_stack: StackMaker, house: House, clean: Engine, broker: "redis.Redis", tell: Tell
) -> None:
    with mail_sink() as mails, hook_sink() as calls:
        stack = make_stack({**SUITE.fast, **settings_for(mails, calls)})
        report = kill_senders(stack, house, broker, mails, calls, SUITE, seed=1)
        stack.stop()

    tell(report)
    assert report.steps.total() == SUITE.blows
    assert report.longest <= SUITE.bar
