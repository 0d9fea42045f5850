"""Real servers to send to."""

from collections.abc import Iterator

import pytest

from tests.sinks import Calls, Mails, hook_sink, mail_sink


@pytest.fixture
def mails() -> Iterator[Mails]:
    with mail_sink() as sink:
        yield sink


@pytest.fixture
def calls() -> Iterator[Calls]:
    with hook_sink() as sink:
        yield sink
