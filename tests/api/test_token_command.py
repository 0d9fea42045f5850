"""`hectis token` as it is typed: what it prints can be used at once, and only until it is ended."""

import base64
import os
import subprocess
import sys

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from config.settings import ROOT, Settings

FACILITY = "groote-schuur-hospital"


class Shell:
    """Runs `hectis` with the suite's settings."""

    def __init__(self, settings: Settings) -> None:
        keys = settings.keys
        named = [f"{name}:{base64.b64encode(key).decode()}" for name, key in keys.data_keys.items()]
        self._environ = {
            **os.environ,
            "DATABASE_URL": settings.database_url,
            "REDIS_URL": settings.redis_url,
            "HECTIS_DATA_KEYS": ",".join(named),
            "HECTIS_INDEX_KEY": base64.b64encode(keys.index_key).decode(),
            "HECTIS_SECRET_KEY": keys.secret_key,
        }

    def __call__(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "hectis_flow.cli", "token", *words]
        return subprocess.run(
            command, cwd=ROOT, env=self._environ, capture_output=True, text=True, check=False
        )


@pytest.fixture
def hectis_token(settings: Settings) -> Shell:
    return Shell(settings)


def test_a_token_made_on_the_command_line_opens_the_api_until_it_is_revoked(
    client: FlaskClient, clean: Engine, hectis_token: Shell
) -> None:
    made = hectis_token("create", "--role", "facility_liaison", "--office", FACILITY, "--days", "7")
    assert made.returncode == 0, made.stderr
    header = {"Authorization": f"Bearer {made.stdout.strip()}"}
    assert client.get("/api/v1/cases", headers=header).json == {"items": [], "next_cursor": None}
    listed = hectis_token("list").stdout
    assert FACILITY in listed
    assert made.stdout.strip() not in listed
    token_id = next(word for word in made.stderr.split() if word.isdigit())
    assert hectis_token("revoke", token_id).returncode == 0
    assert client.get("/api/v1/cases", headers=header).status_code == 401


def test_a_token_that_cannot_be_is_a_sentence_and_no_traceback(hectis_token: Shell) -> None:
    refused = hectis_token("create", "--role", "facility_liaison")
    assert refused.returncode == 2
    assert refused.stderr == (
        "hectis: The role facility_liaison works for one facility: name its code with --office.\n"
    )
