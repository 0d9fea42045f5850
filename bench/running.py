"""The whole system as `make run` has it, for benches and journeys: started, asked, told to stop.

`bench.corpus` and tests/journeys use it. What runs is `python -m workers.run` with the Procfile, in a
data folder of its own on free ports; it is asked only as a person would ask it: by the `hectis` command
and over HTTP. It must not know what is sent. The folder holds a secret: its owner removes it.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from workers.machine import free_port

ROOT = Path(__file__).resolve().parent.parent
READY_SECONDS = 120.0
STOP_SECONDS = 45.0  # a little more than the supervisor gives its processes to drain
POLL_SECONDS = 0.05
READY = re.compile(r"Ready after (\d+\.\d) s")
#: Of the caller's own environment nothing else reaches the system.
KEPT = ("HOME", "LANG", "PATH", "TMPDIR")


class DidNotStart(Exception):
    """The system ended, or never got ready; the text is what it printed."""


@dataclass(frozen=True, slots=True)
class Running:
    """A system that runs, until `stop`."""

    process: "subprocess.Popen[bytes]"
    data_dir: Path
    http_port: int
    mllp_port: int
    log: Path

    @property
    def environ(self) -> dict[str, str]:
        """What another terminal needs: where the data is, and the port to send to."""
        return kept_environment() | {
            "HECTIS_DATA_DIR": str(self.data_dir),
            "HECTIS_MLLP_PORT": str(self.mllp_port),
        }

    def hectis(self, *arguments: str, seconds: float = 120) -> "subprocess.CompletedProcess[str]":
        """Run the `hectis` command as in another terminal, for so many seconds at most."""
        command = [sys.executable, "-m", "hectis_flow.cli", *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=self.environ, capture_output=True, text=True, check=False, timeout=seconds
        )

    def get(self, path: str, token: str = "") -> tuple[int, Any]:
        """The status of a GET and its JSON."""
        connection = HTTPConnection("127.0.0.1", self.http_port, timeout=10)
        try:
            connection.request("GET", path, headers={"Authorization": f"Bearer {token}"} if token else {})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def printed(self) -> str:
        """What the run and its processes have printed so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def stop(self) -> int:
        """Ctrl-C; the exit code. What does not end in time is killed, and counts as -9."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            return self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


@contextmanager
def running(folder: Path, more: Mapping[str, str] | None = None) -> Iterator[Running]:
    """Start everything in a folder; `more` are settings that differ from the usual. Raises DidNotStart."""
    system = _start(folder, dict(more or {}))
    try:
        _await_ready(system)
        yield system
    finally:
        system.stop()


def kept_environment() -> dict[str, str]:
    """The part of our environment that says nothing about any other system of ours."""
    return {name: os.environ[name] for name in KEPT if name in os.environ}


def _start(folder: Path, more: dict[str, str]) -> Running:
    http_port, mllp_port = free_port(None), free_port(None)
    environ = {
        **kept_environment(),
        "HECTIS_DATA_DIR": str(folder / "data"),
        "HECTIS_HTTP_PORT": str(http_port),
        "HECTIS_MLLP_PORT": str(mllp_port),
        "HECTIS_PRACTICE": "0",
        **more,
    }
    log = folder / "run.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-u", "-m", "workers.run"],
            cwd=ROOT,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return Running(process, folder / "data", http_port, mllp_port, log)


def _await_ready(system: Running) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not READY.search(system.printed()):
        if system.process.poll() is not None or time.monotonic() > deadline:
            raise DidNotStart(system.printed())
        time.sleep(POLL_SECONDS)
