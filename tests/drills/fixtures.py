"""Fixtures of the drills, taken in by the `conftest.py` of each folder that runs one."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from sqlalchemy import Engine

from config.settings import Settings
from tests.conftest import empty
from tests.drills.breakable import Servers, breakable
from tests.drills.nursery import Nursery
from tests.drills.stack import FAST, Stack
from workers import queues

StackMaker = Callable[..., Stack]
Tell = Callable[[object], None]
TOLD: "pytest.StashKey[list[str]]" = pytest.StashKey()
NURSERY: "pytest.StashKey[Nursery]" = pytest.StashKey()


@pytest.fixture
def tell(request: pytest.FixtureRequest) -> Tell:
    """Say something below the run's result: what a drill met is as telling as that it passed."""
    lines = request.config.stash.setdefault(TOLD, [])
    return lambda what: lines.append(f"{request.node.name}: {what}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print what was told, once, whichever folder's `conftest.py` took this in."""
    lines = config.stash.get(TOLD, [])
    while lines:
        terminalreporter.write_line(lines.pop(0))


@pytest.fixture(scope="session")
def nursery(request: pytest.FixtureRequest) -> Nursery:
    """One for the whole run, whichever folder's `conftest.py` took this in."""
    if NURSERY not in request.config.stash:
        made = request.config.stash[NURSERY] = Nursery()
        request.config.add_cleanup(made.close)
    return request.config.stash[NURSERY]


@pytest.fixture
def broker(settings: Settings) -> Iterator["redis.Redis"]:
    """The suite's Valkey, empty before and after."""
    client = queues.connect(settings.redis_url)
    client.flushall()
    yield client
    client.flushall()
    client.close()


@pytest.fixture(scope="session")
def breakables(settings: Settings) -> Iterator[Servers]:
    """Servers that drills break, one pair a run: whoever breaks them mends them."""
    with breakable(settings) as servers:
        yield servers


@pytest.fixture
def broken_stack(nursery: Nursery, breakables: Servers, tmp_path: Path) -> Iterator[Stack]:
    """A stack on an empty database of the servers that may be broken."""
    empty(breakables.engine)
    stack = Stack(nursery, breakables.settings, breakables.engine, tmp_path, dict(FAST))
    yield stack
    stack.stop()
    sys.stdout.write(stack.complaints())


@pytest.fixture
def make_stack(
    nursery: Nursery, settings: Settings, clean: Engine, broker: "redis.Redis", tmp_path: Path
) -> Iterator[StackMaker]:
    """A stack on an empty database; the argument is what differs from production's settings."""
    made: list[Stack] = []

    def make(fast: dict[str, str]) -> Stack:
        made.append(Stack(nursery, settings, clean, tmp_path, fast))
        return made[-1]

    yield make
    for stack in made:
        stack.stop()
        sys.stdout.write(stack.complaints())  # shown where the test failed
