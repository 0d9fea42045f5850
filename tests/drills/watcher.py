"""Somebody who looks at `/readyz` all the time: what it said, and how long it took to say so."""

import http.client
import json
import threading
import time
from dataclasses import dataclass, field
from typing import Self

from tests.drills.stack import Stack
from tests.ports import kept_port
from tests.waiting import until

PAUSE = 0.05
READY_SECONDS = 60.0


@dataclass
class Look:
    """One answer; `seconds` until it was there."""

    status: str
    parts: dict[str, str]
    code: int
    seconds: float


@dataclass
class Watcher:
    """Looks until told to stop. Use as a context manager on a running web process."""

    port: int
    looks: list[Look] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look_on, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(30)

    @property
    def last(self) -> Look:
        return until(lambda: self.looks[-1:], "a look at /readyz")[0]

    @property
    def longest(self) -> float:
        return max((look.seconds for look in self.looks), default=0.0)

    def forget(self) -> None:
        self.looks.clear()

    def _look_on(self) -> None:
        while not self._stop.wait(PAUSE):
            try:
                self.looks.append(look_at(self.port))
            except OSError as fault:
                self.faults.append(type(fault).__name__)


def look_at(port: int) -> Look:
    begun = time.monotonic()
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        line.request("GET", "/readyz")
        answer = line.getresponse()
        body = json.loads(answer.read())
    finally:
        line.close()
    return Look(body["status"], body["parts"], answer.status, time.monotonic() - begun)


def start_web(stack: Stack) -> int:
    """A web process of the stack; its port, once it answers."""
    with kept_port() as port:
        stack.fast = {**stack.fast, "HECTIS_HTTP_PORT": str(port), "HECTIS_WEB_WORKERS": "1"}
        stack.start("web")
        until(lambda: _answers(port), "the web answers", within=READY_SECONDS)
    return port


def _answers(port: int) -> bool:
    try:
        look_at(port)
    except OSError:
        return False
    return True
