"""`make run`: servers, keys, migrations, reference tables, then the processes of the Procfile.

Called by the Makefile as `python -m workers.run`. It says what it does while it does it, and stops
what it started. It must not do the work of any process itself.
"""

import http.client
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from config.keys import KeyFault
from workers import first_day
from workers.local_services import LocalServices
from workers.machine import CannotStart, ensure_folder, held_lock, write_private
from workers.plan import ROOT, USUAL_MLLP_PORT, Plan, environment, keys_for, require_ports
from workers.supervisor import Printer, Supervisor, read_procfile

RUN_FILE = "run.env"
READY_POLL_SECONDS = 0.2
READY_SECONDS = 60.0
#: What the `hectis` command of another terminal needs to find this system.
SHARED = (
    "DATABASE_URL",
    "REDIS_URL",
    "HECTIS_KEYS_FILE",
    "HECTIS_HTTP_PORT",
    "HECTIS_MLLP_PORT",
    "HECTIS_PROCESSING_IDS",
)


def main() -> int:
    """Run until told to stop; 1 with a sentence where this machine does not let us start."""
    for order in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(order, _interrupt)
    try:
        run(dict(os.environ))
    except (CannotStart, KeyFault) as refusal:
        print(f"\n{refusal}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted while starting; nothing is left running.", file=sys.stderr)
        return 130
    return 0


def run(environ: dict[str, str]) -> None:
    """Everything from the first check to the last process's end; raises CannotStart, KeyFault."""
    begun = time.monotonic()
    plan = Plan.read(environ)
    programs = read_procfile(plan.procfile)
    ensure_folder(plan.data_dir, mode=0o711 if os.geteuid() == 0 else 0o700)
    refusal = f"Hectis Flow is already running on the data folder {plan.data_dir}: stop that one, or set HECTIS_DATA_DIR."
    with held_lock(plan.data_dir / "run.lock", refusal):
        require_ports(plan)
        keys = keys_for(plan, environ, print)
        services = LocalServices(plan.data_dir, environ=environ)
        with services as addresses:
            full = environment(plan, environ, addresses, keys)
            prepare(full, practice=addresses.new_database)
            services.note_migrated()
            with shared_with_commands(plan, full):
                printer = Printer(
                    sys.stdout, [program.name for program in programs], colour=in_colour(environ)
                )
                supervisor = Supervisor(programs, full, printer)
                practice = first_day.wanted(environ, new_database=addresses.new_database)
                supervise(supervisor, plan, printer, begun, full if practice else None)
            printer.say("Stopped; the data is kept." if addresses.own_database else "Stopped.")


def prepare(environ: Mapping[str, str], *, practice: bool) -> None:
    """Bring the schema and the reference tables up to date; CannotStart with what the command said."""
    for arguments in (
        ["database", "upgrade", *(["--practice"] if practice else [])],
        ["reference", "load"],
        *([["practice", "settle"]] if practice else []),
    ):
        done = subprocess.run(
            [sys.executable, "-m", "hectis_flow.cli", *arguments],
            cwd=ROOT,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise CannotStart(f"`hectis {' '.join(arguments)}` failed:\n{done.stdout}{done.stderr}".rstrip())
        print(done.stdout.strip(), flush=True)


@contextmanager
def shared_with_commands(plan: Plan, environ: Mapping[str, str]) -> Iterator[None]:
    """As long as the system runs, `run.env` in the data folder tells the `hectis` command where it is."""
    path = plan.data_dir / RUN_FILE
    write_private(path, "".join(f"{name}={environ[name]}\n" for name in SHARED if name in environ))
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def supervise(
    supervisor: Supervisor,
    plan: Plan,
    printer: Printer,
    begun: float,
    practice: Mapping[str, str] | None = None,
) -> None:
    """Keep the processes running until Ctrl-C or SIGTERM, and say when they are ready.

    `practice` is the environment of a first day to be played once they are, or None for no such day.
    """
    # Kept to the very end: a further Ctrl-C must not cut the servers' own clean shutdown short.
    for order in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(order, lambda *_: supervisor.stop())

    def beside() -> None:
        announce_when_ready(supervisor, plan, printer, begun)
        if practice is not None and not supervisor.stopping:
            first_day.play(practice, printer, lambda: supervisor.stopping)

    thread = threading.Thread(target=beside, daemon=True)
    thread.start()
    supervisor.run()
    thread.join(timeout=10.0)


def announce_when_ready(supervisor: Supervisor, plan: Plan, printer: Printer, begun: float) -> None:
    """Wait for /readyz, then print the addresses; say once what is missing when it takes long."""
    said = False
    while not supervisor.stopping:
        status, words = readiness(plan.http_port)
        if status == http.client.OK:
            printer.say(addresses_block(plan, time.monotonic() - begun))
            return
        if not said and time.monotonic() - begun > READY_SECONDS:
            printer.say(f"Not ready yet: {words}")
            said = True
        time.sleep(READY_POLL_SECONDS)


def readiness(port: int) -> tuple[int, str]:
    """The status and the words of /readyz; 0 when the web process does not answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        return answer.status, answer.read().decode("utf-8", errors="replace").strip()
    except (OSError, http.client.HTTPException):
        return 0, "the web process does not answer"
    finally:
        connection.close()


def addresses_block(plan: Plan, seconds: float) -> str:
    """What to know once everything runs."""
    hectis = os.path.relpath(Path(sys.executable).parent / "hectis")
    elsewhere = (
        "" if plan.data_dir == ROOT / ".data" else f"HECTIS_DATA_DIR={shlex.quote(str(plan.data_dir))} "
    )
    to = "" if plan.mllp_port == USUAL_MLLP_PORT else f" --to 127.0.0.1:{plan.mllp_port}"
    rows = [
        ("Web", f"http://127.0.0.1:{plan.http_port}/"),
        ("API", f"http://127.0.0.1:{plan.http_port}/api/openapi.json"),
        ("Hospitals (MLLP)", f"127.0.0.1:{plan.mllp_port}"),
        ("Mail of practice", f"http://127.0.0.1:{plan.http_port}/practice/mailbox"),
        ("Data folder", str(plan.data_dir)),
        ("Send a message", f"{hectis} send FILE{to}"),
        ("Make an API token", f"{elsewhere}{hectis} token create --role ROLE --office CODE"),
        ("Stop", "Ctrl-C"),
    ]
    return "\n".join(
        ["", f"Ready after {seconds:.1f} s.", *(f"  {name:<18} {text}" for name, text in rows), ""]
    )


def in_colour(environ: Mapping[str, str]) -> bool:
    """Colours for a person at a terminal who has not asked for none."""
    return sys.stdout.isatty() and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    """Until the processes run, every order to stop unwinds the start-up like Ctrl-C."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
