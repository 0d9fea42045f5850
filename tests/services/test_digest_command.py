"""`hectis digest`: what was sent to whom, the last one of a reader, and sending what is due."""

from collections.abc import Callable

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, text

from hectis_flow.commands import digest as command
from hectis_flow.services.house import House
from tests.api.committee import COMMITTEE_STAFF
from tests.api.people import hire
from tests.escalated import escalate
from tests.tables import one

Run = Callable[..., str]


@pytest.fixture
def run(clean: Engine, house: House, monkeypatch: pytest.MonkeyPatch) -> Run:
    hire(house, clean, COMMITTEE_STAFF[:1])
    escalate(clean, 1)
    monkeypatch.setattr(command, "house", lambda: house)

    def called(*words: str, code: int = 0) -> str:
        found = CliRunner().invoke(command.digest, words)
        assert found.exit_code == code, found.output
        return found.output

    return called


def test_one_is_sent_once_a_window_and_shown(run: Run, clean: Engine) -> None:
    assert "No digest was sent yet" in run("show")
    assert run("send", "--now") == "composed: 1\n"
    for again in (("send",), ("send", "--now")):
        assert "Nothing is due" in run(*again)
    assert one(clean, "SELECT count(*) FROM digest") == 1
    assert "cc-1, wc-committee: 1 to decide, 0 new, 0 worse, 0 fixed; not opened" in run("show")
    assert run("show", "--for", "cc-1", "--text").startswith("COMMITTEE DIGEST")
    assert run("show", "--for", "cc-1").startswith("<!DOCTYPE html>")
    assert "There is no digest of this staff code" in run("show", "--for", "nobody-1", code=1)


def test_a_database_for_real_work_waits_for_the_time_of_day(run: Run, clean: Engine) -> None:
    with clean.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text("UPDATE deployment SET practice = false"))
    try:
        found = CliRunner().invoke(command.digest, ["send", "--now"])
        assert type(found.exception).__name__ == "NotPractice"
        assert one(clean, "SELECT count(*) FROM digest") == 0
    finally:
        with clean.begin() as connection:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            connection.execute(text("UPDATE deployment SET practice = true"))
