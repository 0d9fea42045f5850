"""First light, as a person sees it: a hospital's messages over the wire become a case, by commands and HTTP.

Listener, worker, clock and web run as processes, on the suite's servers.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from bench.corpus_stored import MOVING
from bench.running import ROOT, Running
from config.settings import RUN_FILE
from hectis_flow.services import tokens
from hectis_flow.services.house import House
from tests.drills.fixtures import StackMaker
from tests.drills.stack import READY_SECONDS, Stack
from tests.hospital import Visit
from tests.ports import kept_port
from tests.tables import dump, one
from tests.waiting import until
from workers.supervisor import read_procfile

STABBED = Visit(1, "stabbed", "FIRST")
OURS, ANOTHER = "khayelitsha-hospital", "tygerberg-hospital"
UNWORKED = "SELECT count(*) FROM inbound_message WHERE done_at IS NULL"
UNSEALED = 'SELECT count(*) FROM "case" WHERE ledger_seq > sealed_seq'
UNTOLD = "SELECT count(*) FROM outbox WHERE done_at IS NULL"
UNMOVED = "SELECT count(*) FROM reencryption WHERE done_at IS NULL"
FAST = {"HECTIS_SEAL_SECONDS": "1", "HECTIS_HEARTBEAT_SECONDS": "0.5", "HECTIS_TICK_SECONDS": "0.1"}


@pytest.fixture
def system(make_stack: StackMaker, tmp_path: Path) -> Iterator[Running]:
    """Everything, on an empty database, found by the commands as they find a `make run`."""
    stack = make_stack(FAST)
    for part in ("mllp", "worker", "clock"):
        stack.start(part)
    with kept_port() as port:
        started = with_web(stack, tmp_path, port)
        try:
            until(lambda: ready(started), "the system ready", within=READY_SECONDS)
            yield started
        finally:
            code = started.stop()
    assert code == 0, started.printed()


def with_web(stack: Stack, folder: Path, port: int) -> Running:
    """The web process beside the others, as the Procfile has it."""
    environ = {**stack.environ(), "HECTIS_HTTP_PORT": str(port)}
    (folder / RUN_FILE).write_text("".join(f"{name}={value}\n" for name, value in environ.items()))
    (web,) = [program for program in read_procfile(ROOT / "Procfile") if program.name == "web"]
    program, *arguments = web.argv
    command = [str(Path(sys.executable).parent / program), *arguments]
    with (folder / "web.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=log, stderr=log)
    return Running(process, folder, port, stack.port(), folder / "web.log")


def ready(running: Running) -> bool:
    try:
        return running.get("/readyz")[0] == 200
    except OSError:
        return False


def test_a_hospitals_messages_become_a_case_that_its_own_liaison_reads(
    system: Running, clean: Engine, house: House, tmp_path: Path
) -> None:
    file = tmp_path / "visit.hl7"
    file.write_bytes(b"".join(STABBED.messages))

    assert "answered AA 2" in said(system, "send", str(file))
    assert said(system, "messages", "summary", "--wait") == "accepted 2"

    liaison = said(system, "token", "create", "--role", "facility_liaison", "--office", OURS)
    _, page = system.get("/api/v1/cases", liaison)
    (ref,) = [case["ref"] for case in page["items"]]
    status, case = system.get(f"/api/v1/cases/{ref}", liaison)
    assert (status, case["stage"]) == (200, "awaiting_basis")
    assert case["incident"]["mechanism"] == "sharp"

    stranger = tokens.create(house, "facility_liaison", ANOTHER, "another", 1).secret
    hidden = system.get(f"/api/v1/cases/{ref}", stranger)
    missing = system.get("/api/v1/cases/WC-1999-000001", stranger)
    assert system.get("/api/v1/cases", stranger)[1]["items"] == []
    assert hidden[0] == missing[0] == 404
    assert without_id(hidden[1]) == without_id(missing[1])

    before = at_rest(clean)
    assert "answered AA 2" in said(system, "send", str(file))
    assert at_rest(clean) == before

    assert "1 cases, 3 entries" in said(system, "ledger", "verify")


def said(system: Running, *arguments: str) -> str:
    """What a command prints, blanks made one; it must end well."""
    done = system.hectis(*arguments)
    assert done.returncode == 0, done.stderr
    return " ".join(done.stdout.split())


def without_id(answer: dict[str, Any]) -> dict[str, Any]:
    """An error without the id of its request."""
    return {name: value for name, value in answer["error"].items() if name != "request_id"}


def at_rest(engine: Engine) -> dict[str, list[str]]:
    """Every row but signs of life and seals, once nothing waits to be worked, told, moved or sealed."""
    waiting = (UNWORKED, UNTOLD, UNMOVED, UNSEALED)
    until(lambda: not any(one(engine, query) for query in waiting), "everything at rest")
    return {table: rows for table, rows in dump(engine).items() if table not in MOVING}
