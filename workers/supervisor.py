"""Keeps the processes of the Procfile running: starts, prints, restarts, drains.

Used by `run` for `make run`. A process that dies is started again with a growing wait, and said; a
stop gives every process its drain time first. It must not know what the processes do.
"""

import os
import shlex
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from workers.machine import CannotStart, command_as

POLL_SECONDS = 0.05
COLOURS = (36, 35, 33, 32, 34, 31)
OWN_NAME = "hectis"
#: Bytes; a longer line is printed in pieces, so that one without end cannot fill the memory.
LONGEST_LINE = 65536


@dataclass(frozen=True, slots=True)
class Program:
    """One line of the Procfile: a name and a command, which no shell ever sees."""

    name: str
    argv: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pace:
    """Waits in seconds: before the first restart, at most, until a run counts as steady, for a drain."""

    first_wait: float = 1.0
    longest_wait: float = 30.0
    steady_after: float = 60.0
    drain: float = 30.0


def read_procfile(path: Path) -> list[Program]:
    """The programs of a Procfile in its order; raises CannotStart naming the line that is wrong."""
    programs: list[Program] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        name, colon, command = line.partition(":")
        if not colon or not name.strip().isidentifier() or not command.strip():
            raise CannotStart(f"{path.name}, line {number}: expected `name: command`.")
        programs.append(Program(name.strip(), tuple(shlex.split(command))))
    if not programs:
        raise CannotStart(f"{path.name} names no process.")
    return programs


class Printer:
    """One line at a time from many processes, each with its name before it."""

    def __init__(self, out: TextIO, names: Sequence[str], *, colour: bool) -> None:
        self._out = out
        self._width = max(len(name) for name in [*names, OWN_NAME])
        self._colours = {name: COLOURS[place % len(COLOURS)] for place, name in enumerate(names)}
        self._colour = colour
        self._lock = threading.Lock()

    def line(self, name: str, text: str) -> None:
        """Print one line; a terminal that went away must not end the processes."""
        head = f"{name:<{self._width}} |"
        if self._colour:
            head = f"\x1b[{self._colours.get(name, 1)}m{head}\x1b[0m"
        with self._lock, suppress(OSError, ValueError):
            self._out.write(f"{head} {text}\n")
            self._out.flush()

    def say(self, text: str) -> None:
        """Print words of our own."""
        for line in text.splitlines() or [""]:
            self.line(OWN_NAME, line)


@dataclass(slots=True)
class _Child:
    """One program and its process, or the moment (monotonic) at which it is to be started again."""

    program: Program
    wait: float
    process: subprocess.Popen[bytes] | None = None
    begun: float = 0.0
    start_at: float = 0.0
    reader: threading.Thread | None = field(default=None, repr=False)


class Supervisor:
    """Runs programs until `stop` is asked; a second `stop` hurries."""

    def __init__(
        self,
        programs: Sequence[Program],
        environ: Mapping[str, str],
        printer: Printer,
        pace: Pace | None = None,
    ) -> None:
        self._environ = dict(environ)
        self._printer = printer
        self._pace = pace or Pace()
        self._children = [_Child(program, self._pace.first_wait) for program in programs]
        self._stops_asked = 0

    @property
    def stopping(self) -> bool:
        """Whether a stop was asked."""
        return self._stops_asked > 0

    def stop(self) -> None:
        """Ask for a drain, or, asked again, for a quick end. Safe to call from a signal handler."""
        self._stops_asked += 1

    def run(self) -> None:
        """Start everything, keep it running, and return once a stop has been carried out.

        To be called from the main thread: the kernel ends a process when the thread that started it ends.
        """
        try:
            while not self.stopping:
                for child in self._children:
                    self._look_after(child)
                time.sleep(POLL_SECONDS)
        finally:
            self._drain()

    def _look_after(self, child: _Child) -> None:
        now = time.monotonic()
        if child.process is None:
            if now >= child.start_at:
                self._start(child)
            return
        code = child.process.poll()
        if code is None:
            return
        self._clear_away(child)
        if now - child.begun >= self._pace.steady_after:
            child.wait = self._pace.first_wait
        again = f"starting it again in {child.wait:g} s"
        self._printer.say(f"{child.program.name} ended {in_words(code)}: {again}")
        child.start_at = now + child.wait
        child.wait = min(child.wait * 2, self._pace.longest_wait)

    def _start(self, child: _Child) -> None:
        child.begun = time.monotonic()
        try:
            child.process = subprocess.Popen(
                command_as(None, child.program.argv, on_our_death="TERM"),
                env=self._environ,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                # A group of its own: Ctrl-C is for us to hand on, once.
                start_new_session=True,
            )
        except OSError as error:
            raise CannotStart(f"{child.program.name} cannot be started: {error.strerror}.") from error
        child.reader = threading.Thread(target=self._copy_output, args=(child.program.name, child.process))
        child.reader.daemon = True
        child.reader.start()

    def _copy_output(self, name: str, process: subprocess.Popen[bytes]) -> None:
        if process.stdout is None:
            return
        with process.stdout as pipe:
            for line in iter(lambda: pipe.readline(LONGEST_LINE), b""):
                self._printer.line(name, line.decode("utf-8", errors="replace").rstrip("\r\n"))

    def _clear_away(self, child: _Child) -> None:
        """End what a dead process left behind in its group: it may hold a port the next one needs."""
        if child.process is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(child.process.pid, signal.SIGKILL)
            child.process.wait()
        if child.reader is not None:
            child.reader.join(timeout=1.0)
        child.process = None

    def _drain(self) -> None:
        running = [child for child in self._children if child.process is not None]
        names = ", ".join(child.program.name for child in running) or "nothing"
        self._printer.say(f"Stopping {names}: up to {self._pace.drain:g} s to finish, Ctrl-C again hurries")
        for child in running:
            if child.process is not None:
                child.process.terminate()
        asked, deadline = self._stops_asked, time.monotonic() + self._pace.drain
        while running and self._stops_asked == asked and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
            for child in [one for one in running if one.process is None or one.process.poll() is not None]:
                self._clear_away(child)
                running.remove(child)
        for child in running:
            self._printer.say(f"{child.program.name} had not finished and was ended")
            self._clear_away(child)


def in_words(code: int) -> str:
    """How a process ended: by itself with a code, or by a signal."""
    if code >= 0:
        return f"with code {code}"
    with suppress(ValueError):
        return f"by {signal.Signals(-code).name}"
    return f"by signal {-code}"
