"""What the tests of the API share: a filled province, a client, and an ear at the log."""

from collections.abc import Iterator, MutableMapping
from typing import Any, NoReturn

import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine

from hectis_flow.services.house import House
from tests.api.people import People, hire
from tests.api.province import Province, found


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def province(clean: Engine, house: House) -> Province:
    return found(house)


@pytest.fixture
def people(province: Province, house: House, engine: Engine) -> People:
    """The small province with staff at its offices."""
    return hire(house, engine)


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
