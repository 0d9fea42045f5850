"""`hectis token` as it is typed: what it prints can be used at once, and only until it is ended."""

import base64
import os
import subprocess
import sys

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from config.settings import ROOT, Settings
from hectis_flow.services.house import House
from tests.notices import line, planned, reaching, referred, staffed
from tests.sinks import Mails, options_for
from tests.tables import one, rows

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

    def __call__(self, *words: str, noun: str = "token") -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "hectis_flow.cli", noun, *words]
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


@pytest.mark.target("S4")
def test_links_are_taken_back_on_the_command_line_by_case_or_by_person(
    clean: Engine, house: House, hectis_token: Shell, mails: Mails
) -> None:
    staffed(house, line("hr-1"), line("hr-2"))
    (ref,) = referred(house, clean)
    planned(reaching(house, options_for(mails)))
    waiting = "SELECT count(*) FROM action_link WHERE revoked_at IS NULL"
    one_person = hectis_token("revoke", "hr-1", noun="links")
    assert (one_person.returncode, one_person.stdout) == (0, "1 link taken back.\n")
    assert one(clean, waiting) == 1
    assert hectis_token("revoke", ref, noun="links").stdout == "1 link taken back.\n"
    assert hectis_token("revoke", ref, noun="links").stdout == "0 links taken back.\n"
    assert rows(clean, "SELECT DISTINCT revoked_by FROM action_link") == [("admin:terminal",)]
