"""The listener's process: what it is told by the settings, how it starts and how it ends."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from config.settings import Settings
from hectis_flow.feeds.mllp import ListenerRefused, SourceLimits
from hectis_flow.services.house import Sender
from tests.drills.fixtures import StackMaker
from tests.drills.stack import FAST, Stack
from tests.hospital import visits
from tests.waiting import PATIENCE, until
from workers.listen import options_of

ROOT = Path(__file__).resolve().parents[2]
NOWHERE = Path("/nowhere.pem")


@pytest.fixture
def stack(make_stack: StackMaker) -> Stack:
    return make_stack(FAST)


def start(part: str, environ: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", f"workers.{part}"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environ},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def figures(stack: Stack) -> dict[str, int]:
    with stack.look() as connection:
        return dict(connection.scalar(text("SELECT details FROM heartbeat WHERE part = 'mllp'")) or {})


def test_on_this_machine_every_sender_is_heard(settings: Settings) -> None:
    options = options_of(settings, ())

    assert (options.host, options.tls, options.allow) == ("127.0.0.1", None, None)
    assert options.limits.max_message == settings.max_message_bytes


@pytest.mark.parametrize("missing", ["mllp_certificate", "mllp_private_key", "mllp_client_ca"])
def test_tls_wants_all_of_its_files(settings: Settings, missing: str) -> None:
    files = dict.fromkeys(("mllp_certificate", "mllp_private_key", "mllp_client_ca"), NOWHERE)

    with pytest.raises(ListenerRefused, match="all three"):
        options_of(replace(settings, **{**files, missing: None}), ())


def test_with_certificates_only_the_senders_of_the_feeds_file_are_heard(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.listen.server_tls", lambda *files: files)
    files = replace(settings, mllp_certificate=NOWHERE, mllp_private_key=NOWHERE, mllp_client_ca=NOWHERE)
    known = Sender("an engine", "engine-1", frozenset({"PAS"}), {"KH": "khayelitsha-hospital"})
    local = Sender("somebody on this machine", "", frozenset(), {})

    options = options_of(files, (known, local))

    assert options.allow is not None
    assert list(options.allow) == ["engine-1"]
    rule = options.allow["engine-1"]
    assert (rule.applications, rule.facilities) == (frozenset({"PAS"}), frozenset({"KH"}))


def test_the_limits_of_the_feeds_file_hold_for_the_certificate_or_for_this_machine(
    settings: Settings,
) -> None:
    paced = Sender("a", "engine-1", frozenset(), {}, messages_a_minute=600, connections=4)
    again = Sender("b", "engine-1", frozenset(), {}, messages_a_minute=1)
    local = Sender("c", "", frozenset(), {}, messages_a_minute=60)
    free = Sender("d", "engine-2", frozenset(), {})

    options = options_of(settings, (paced, again, local, free))

    assert options.sources == {"engine-1": SourceLimits(600, 4), "": SourceLimits(60)}


def test_messages_over_the_wire_are_stored_and_counted(stack: Stack) -> None:
    stack.start("mllp")

    assert stack.send(visits(10)) == 20

    assert stack.undone() == 20
    until(lambda: figures(stack)["answered"] == 20, "its heartbeat counts them")


def test_a_listener_told_to_stop_leaves_no_sign(stack: Stack) -> None:
    listener = stack.start("mllp")
    stack.port()

    listener.signal(signal.SIGTERM)

    until(lambda: not listener.alive, "it has ended")
    assert figures(stack) == {}


def test_a_taken_port_is_a_sentence(stack: Stack) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = start("listen", {**stack.environ(), "HECTIS_MLLP_PORT": port})

    assert done.returncode == 2
    assert "HECTIS_MLLP_PORT" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("part", ["listen", "work", "clock"])
def test_missing_settings_are_named_by_every_part(part: str, tmp_path: Path) -> None:
    done = start(part, {"HECTIS_DATA_DIR": str(tmp_path)})

    assert done.returncode == 2
    assert {name for name in ("DATABASE_URL", "REDIS_URL") if name in done.stderr} == {
        "DATABASE_URL",
        "REDIS_URL",
    }
    assert "Traceback" not in done.stderr
