"""What the tests of the rooms share: the small province with staff, and a browser that keeps its cookies."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, text
from werkzeug.test import TestResponse

HOST = "https://localhost"
TOKEN = re.compile(r'name="form_token" value="([0-9a-f]{128})"')


@dataclass
class Browser:
    """A browser over TLS, for only there our cookies are sent; it fills in what a form of ours carries."""

    client: FlaskClient
    token: str = ""

    def get(self, path: str, **more: Any) -> TestResponse:
        return self._keep(self.client.get(path, base_url=HOST, **more))

    def post(self, path: str, **typed: str) -> TestResponse:
        return self._keep(self.client.post(path, base_url=HOST, data={"form_token": self.token, **typed}))

    def practise(self, code: str) -> "Browser":
        """Sign in with one press, and look at the queue."""
        assert self.post("/practice/sign-in", code=code).status_code == 303
        self.get("/queue")
        return self

    def _keep(self, answer: TestResponse) -> TestResponse:
        shown = TOKEN.search(answer.text) if answer.mimetype == "text/html" else None
        self.token = shown.group(1) if shown else self.token
        return answer


def appoint(engine: Engine, code: str = "adm-1") -> None:
    """Put an administrator on the staff: no token is made for one, for the role belongs to no office."""
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO staff (code, key_id, person_enc) VALUES (:code, 'k1', '\\x00')"), {"code": code}
        )
        connection.execute(
            text(
                "INSERT INTO staff_post (staff_id, office_id, role) SELECT s.id, o.id, 'administrator' "
                "FROM staff s, office o WHERE s.code = :code AND o.code = 'wc-health-data'"
            ),
            {"code": code},
        )


@pytest.fixture
def browser(app: Flask) -> Callable[[], Browser]:
    """Makes browsers that know nothing of each other."""
    return lambda: Browser(app.test_client())
