"""What the tests of the API share: a filled province, a client, and an ear at the log."""

from collections.abc import Iterator, MutableMapping
from typing import Any, NoReturn

import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def logged() -> Iterator[list[str]]:
    """Every line the service logs, at every level, as it would be written."""
    lines: list[str] = []

    def keep(_: Any, __: str, event: MutableMapping[str, Any] | str) -> NoReturn:
        lines.append(str(event))
        raise structlog.DropEvent

    before = structlog.get_config()
    structlog.configure(
        processors=[*before["processors"], keep], wrapper_class=structlog.make_filtering_bound_logger(0)
    )
    yield lines
    structlog.configure(**before)
