"""The first day of a new system: `make run` lets the practice province play into its own new database.

Started by `run` once everything is ready, in the background, and ended with it. It only starts the command
that a person could type, and prints what it says. It must never be started for a database of somebody else's.
"""

import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress

from workers.machine import command_as
from workers.supervisor import Printer, in_words

NAME = "practice"
SWITCH = "HECTIS_PRACTICE"
POLL_SECONDS = 0.1
GRACE_SECONDS = 2.0  # a play that is cut short in the middle of a hop loses nothing: it is sent again
COMMAND = (
    sys.executable,
    "-m",
    "hectis_flow.cli",
    "practice",
    "play",
    "--days",
    "1",
    "--hop",
    "4",
    "--nobody",
)


def wanted(environ: Mapping[str, str], *, new_database: bool) -> bool:
    """Only for a database of our own that has just been made, unless HECTIS_PRACTICE=0 says no."""
    return new_database and environ.get(SWITCH, "").strip() != "0"


def play(environ: Mapping[str, str], printer: Printer, stopping: Callable[[], bool]) -> None:
    """Play the first day; returns when it is played or failed, or soon after `stopping()` is true."""
    printer.say(f"A made-up first day plays now; it may take a minute ({SWITCH}=0 leaves it out).")
    with subprocess.Popen(
        command_as(None, COMMAND, on_our_death="TERM"),
        env=dict(environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        # A group of its own: Ctrl-C is for us to hand on.
        start_new_session=True,
    ) as process:
        copier = threading.Thread(target=_copy, args=(process, printer), daemon=True)
        copier.start()
        code = _await(process, stopping)
        copier.join(timeout=1.0)
    if code and not stopping():
        printer.say(
            f"The first day ended {in_words(code)}: everything else runs. Later: hectis practice play"
        )


def _await(process: "subprocess.Popen[bytes]", stopping: Callable[[], bool]) -> int:
    while True:
        with suppress(subprocess.TimeoutExpired):
            return process.wait(POLL_SECONDS)
        if stopping():
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                return process.wait(GRACE_SECONDS)
            process.kill()
            return process.wait()


def _copy(process: "subprocess.Popen[bytes]", printer: Printer) -> None:
    if process.stdout is None:
        return
    for line in process.stdout:
        if line.strip():
            printer.line(NAME, line.decode("utf-8", errors="replace").rstrip("\r\n"))
