"""What the tests of `workers/` share: a real broker, and this process made a worker."""

import signal
from collections.abc import Callable, Iterator, MutableMapping
from typing import Any

import pytest
import redis
import structlog
from flask import Flask
from sqlalchemy import Engine

from config.settings import Settings
from hectis_flow.services.house import House
from tests.drills.fixtures import broker, make_stack, nursery
from workers.context import Context, adopt
from workers.desk import Desk
from workers.short_jobs import ShortJobs

__all__ = ["broker", "make_stack", "nursery"]

RunJobs = Callable[[], Desk]
Said = list[MutableMapping[str, Any]]


@pytest.fixture
def context(settings: Settings, house: House) -> Context:
    """This process as one of the parts."""
    return adopt(Context("worker", "here-1-aa", settings, house))


@pytest.fixture
def run_jobs(context: Context, broker: "redis.Redis", clean: Engine) -> Iterator[RunJobs]:
    """Does every job that waits, then comes back with the desk it worked at."""
    desk = Desk()

    def run() -> Desk:
        ShortJobs(desk, broker, "here").work(burst=True)
        return desk

    before = {order: signal.getsignal(order) for order in (signal.SIGINT, signal.SIGTERM)}
    yield run
    for order, handler in before.items():
        signal.signal(order, handler)


@pytest.fixture
def said(app: Flask) -> Iterator[Said]:
    """What our own code logs, whatever level the app was told to keep to."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(0))
    with structlog.testing.capture_logs() as lines:
        yield lines
    structlog.configure(**before)
