"""The processes of a Procfile kept running: toy programs, real processes."""

import io
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from workers.machine import CannotStart, is_alive, wait_for
from workers.supervisor import Pace, Printer, Program, Supervisor, in_words, read_procfile

QUICK = Pace(first_wait=0.02, longest_wait=0.08, steady_after=60.0, drain=30.0)
PATIENCE = 60.0


class Running:
    """A supervisor at work in a thread, and what it has printed."""

    def __init__(self, *programs: Program, pace: Pace = QUICK) -> None:
        self._out = io.StringIO()
        printer = Printer(self._out, [program.name for program in programs], colour=False)
        self.supervisor = Supervisor(programs, dict(os.environ), printer, pace)
        self.thread = threading.Thread(target=self.supervisor.run)

    @property
    def printed(self) -> str:
        return self._out.getvalue()

    def has_printed(self, words: str, times: int = 1) -> None:
        assert wait_for(lambda: self.printed.count(words) >= times, seconds=PATIENCE), self.printed

    def has_ended(self) -> None:
        self.thread.join(PATIENCE)
        assert not self.thread.is_alive()


@contextmanager
def running(*programs: Program, pace: Pace = QUICK) -> Iterator[Running]:
    one = Running(*programs, pace=pace)
    one.thread.start()
    try:
        yield one
    finally:
        one.supervisor.stop()
        one.supervisor.stop()
        one.has_ended()


def python(name: str, source: str) -> Program:
    return Program(name, (sys.executable, "-u", "-c", source))


def test_every_line_carries_the_name_of_its_process() -> None:
    with running(
        python("web", "import signal; print('up'); signal.pause()"),
        python("worker", "import sys; sys.exit(0)"),
    ) as one:
        one.has_printed("web    | up")


def test_a_process_that_dies_is_started_again_and_said() -> None:
    with running(python("worker", "import os; os.kill(os.getpid(), 9)")) as one:
        one.has_printed("worker ended by SIGKILL: starting it again in 0.02 s")
        one.has_printed("worker ended by SIGKILL: starting it again in 0.08 s", times=2)
    waits = re.findall(r"again in (\S+) s", one.printed)
    assert waits[:4] == ["0.02", "0.04", "0.08", "0.08"], "it waits longer each time, up to the most"


def test_a_process_that_ran_steadily_is_started_again_without_a_growing_wait() -> None:
    with running(python("worker", "raise SystemExit(3)"), pace=Pace(0.02, 5.0, 0.0, 30.0)) as one:
        one.has_printed("worker ended with code 3: starting it again in 0.02 s", times=4)


def test_a_stop_lets_each_process_finish(tmp_path: Path) -> None:
    source = (
        "import signal, sys, pathlib\n"
        "def finish(*_):\n"
        f"    pathlib.Path({str(tmp_path / 'finished')!r}).write_text('yes'); print('finished'); sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, finish); print('ready')\n"
        "while True: signal.pause()"
    )
    with running(python("worker", source)) as one:
        one.has_printed("worker | ready")
        one.supervisor.stop()
        one.has_ended()
    assert (tmp_path / "finished").read_text() == "yes"
    assert "Stopping worker" in one.printed
    assert "had not finished" not in one.printed


STUBBORN = (
    "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready')\nwhile True: signal.pause()"
)


def test_a_process_that_does_not_finish_in_time_is_ended() -> None:
    with running(python("worker", STUBBORN), pace=Pace(drain=0.1)) as one:
        one.has_printed("worker | ready")
        one.supervisor.stop()
        one.has_ended()
    assert "worker had not finished and was ended" in one.printed


def test_a_second_stop_hurries() -> None:
    with running(python("worker", STUBBORN), pace=Pace(drain=3600.0)) as one:
        one.has_printed("worker | ready")
        one.supervisor.stop()
        one.has_printed("Stopping worker")
        one.supervisor.stop()
        one.has_ended()
    assert "worker had not finished and was ended" in one.printed


def test_what_a_dead_process_leaves_in_its_group_is_ended_too() -> None:
    source = (
        "import subprocess, sys; left = subprocess.Popen([sys.executable, '-c', 'import signal; signal.pause()'], stdout=subprocess.DEVNULL);"
        "print('left', left.pid); import os; os._exit(1)"
    )
    with running(python("worker", source)) as one:
        one.has_printed("ended with code 1")
        found = re.search(r"left (\d+)", one.printed)
        assert found is not None
        assert wait_for(lambda: not is_alive(int(found.group(1))), seconds=PATIENCE)


def test_a_program_that_does_not_exist_is_said_and_tried_again() -> None:
    with running(Program("worker", ("no-such-program-here",))) as one:
        one.has_printed("no-such-program-here")
        one.has_printed("starting it again")


def test_lines_that_are_no_text_and_lines_without_end_come_through() -> None:
    with running(
        python(
            "web", "import os; os.write(1, b'\\xff\\xfe\\n' + b'x' * 70_000); import signal; signal.pause()"
        )
    ) as one:
        one.has_printed("�")
        one.has_printed("x" * 65_536)


def test_processes_end_when_the_runner_is_killed_outright() -> None:
    driver = (
        "import io, os, sys\n"
        "from workers.supervisor import *\n"
        "sleeper = Program('web', (sys.executable, '-uc', 'import os; import signal; print(os.getpid()); signal.pause()'))\n"
        "class Out(io.StringIO):\n"
        "    def write(self, text): os.write(1, text.encode()); return len(text)\n"
        "Supervisor([sleeper], os.environ, Printer(Out(), ['web'], colour=False)).run()\n"
    )
    with subprocess.Popen([sys.executable, "-c", driver], stdout=subprocess.PIPE) as runner:
        assert runner.stdout is not None
        pid = int(runner.stdout.readline().rpartition(b"| ")[2])
        runner.kill()
    assert wait_for(lambda: not is_alive(pid), seconds=PATIENCE)


def test_colours_are_only_for_a_terminal() -> None:
    plain, coloured = io.StringIO(), io.StringIO()
    Printer(plain, ["web"], colour=False).line("web", "up")
    Printer(coloured, ["web"], colour=True).line("web", "up")
    assert plain.getvalue() == "web    | up\n"
    assert coloured.getvalue() == "\x1b[36mweb    |\x1b[0m up\n"


def test_a_terminal_that_went_away_ends_nothing() -> None:
    closed = io.StringIO()
    closed.close()
    Printer(closed, ["web"], colour=False).line("web", "up")


def test_a_procfile_is_read_in_its_order(tmp_path: Path) -> None:
    path = tmp_path / "Procfile"
    path.write_text("# a remark\n\nweb: serve --name 'two words'\nclock:tick\n")
    assert read_procfile(path) == [
        Program("web", ("serve", "--name", "two words")),
        Program("clock", ("tick",)),
    ]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("web: serve\nno colon here\n", "line 2: expected `name: command`"),
        ("web:\n", "line 1: expected `name: command`"),
        ("# nothing\n", "names no process"),
    ],
)
def test_a_broken_procfile_is_said_by_its_line(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "Procfile"
    path.write_text(text)
    with pytest.raises(CannotStart, match=sentence):
        read_procfile(path)


def test_the_real_procfile_names_every_process() -> None:
    names = [program.name for program in read_procfile(Path(__file__).parents[2] / "Procfile")]
    assert names == ["web", "mllp", "worker", "clock", "mailbox"]


def test_a_signal_that_has_no_name_is_still_said() -> None:
    assert in_words(-signal.SIGTERM) == "by SIGTERM"
    assert in_words(-200) == "by signal 200"
