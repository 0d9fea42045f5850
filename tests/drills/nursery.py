"""Starts processes of ours in milliseconds: a process that has everything imported, and forks.

A drill kills and starts dozens of workers; importing costs each of them a second of processor time that
has nothing to do with what is tested. What runs in the child is the same `run_part` that
`python -m workers.…` runs. The nursery ends when its standard input does, and its children die with
it, however it ends.
"""

import ctypes
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from workers.clock import keep_time
from workers.context import Context, run_part
from workers.listen import listen_on_a_loop
from workers.mailbox import catch_on_a_loop
from workers.work import keep_working

ROOT = Path(__file__).resolve().parents[2]


def serve_web(_: Context) -> int:
    """Become the web process of the Procfile."""
    program = [sys.executable, "-m", "gunicorn", "--config", "config/gunicorn.py", "wsgi:app"]
    os.chdir(ROOT)
    os.execv(program[0], program)


PARTS = {
    "mllp": listen_on_a_loop,
    "worker": keep_working,
    "clock": keep_time,
    "web": serve_web,
    "mailbox": catch_on_a_loop,
}
PR_SET_PDEATHSIG = 1  # of linux/prctl.h: the signal a process gets when its parent dies


class Nursery:
    """The starting side, in the test's own process."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.drills.nursery"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, part: str, environ: Mapping[str, str], log: Path) -> int:
        """Start a part with exactly this environment; its process id."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        order = {"part": part, "environ": dict(environ), "log": str(log)}
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def close(self) -> None:
        """End it and every child that is left."""
        self._process.communicate()


def main() -> None:
    """Fork a child for each line of orders."""
    # Nobody waits for the children here; the kernel shall bury them.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _child(order["part"], order["environ"], order["log"])
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


def _child(part: str, environ: dict[str, str], log: str) -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.environ.clear()
    os.environ.update(environ)
    handle = os.open(log, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    silence = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((silence, 0), (handle, 1), (handle, 2)):
        os.dup2(source, target)
    code = 1
    try:
        code = run_part(part, PARTS[part])
    finally:
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
