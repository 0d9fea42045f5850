"""What start-up asks of the machine it stands on: accounts, ports, private files, locks, child processes.

Called by the modules that start servers (`postgres_server`, `valkey_server`, `local_services`) and by
`run`. It must not know what PostgreSQL or Valkey is, and nothing here reads the environment.
"""

import errno
import fcntl
import os
import pwd
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hectis_flow.domain.errors import HectisError

Say = Callable[[str], None]

LOG_LINES_SHOWN = 12
POLL_SECONDS = 0.02


class CannotStart(HectisError):
    """This machine lacks or refuses something; the sentence says what to do about it."""

    code = "cannot_start"
    status = 500


@dataclass(frozen=True, slots=True)
class Account:
    """An account of this machine that a server is to run under."""

    name: str
    uid: int
    gid: int


def account_for_database(cluster: Path) -> Account | None:
    """The account PostgreSQL must run under; None means our own.

    PostgreSQL refuses root, and refuses a data folder that is not its own account's. So root steps
    down to whoever owns an existing cluster, else to `postgres`, else to `nobody`.
    """
    owner = cluster.stat().st_uid if cluster.exists() else None
    if os.geteuid() != 0:
        if owner not in {None, os.geteuid()}:
            raise CannotStart(
                f"The database in {cluster} belongs to another account: run as that account, or as root."
            )
        return None
    entries = {entry.pw_name: entry for entry in pwd.getpwall()}
    by_owner = [entry for entry in entries.values() if owner not in {None, 0} and entry.pw_uid == owner]
    for entry in [*by_owner, *(entries[name] for name in ("postgres", "nobody") if name in entries)]:
        return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
    raise CannotStart(
        "PostgreSQL refuses to run as root and there is no account `postgres` or `nobody`: run as a user."
    )


def command_as(account: Account | None, argv: Sequence[str], *, on_our_death: str | None = None) -> list[str]:
    """The command line that runs `argv` under an account.

    `on_our_death` is the signal (`TERM`, `INT`) the kernel sends it should we be killed outright, so
    that nothing is left holding ports and files.
    """
    wrapper = ["setpriv"]
    if account is not None:
        wrapper += [f"--reuid={account.uid}", f"--regid={account.gid}", "--clear-groups"]
    if on_our_death is not None:
        wrapper += ["--pdeathsig", on_our_death]
    return [*argv] if len(wrapper) == 1 else [*wrapper, "--", *argv]


def can_run(account: Account | None, argv: Sequence[str]) -> bool:
    """Whether the command ends with 0 under the account, from a folder everybody may enter."""
    # The shell takes on the account first: looking the program up must not use what root may read.
    asked = command_as(account, ["/bin/sh", "-c", 'exec "$0" "$@"', *argv])
    try:
        done = subprocess.run(asked, cwd="/", capture_output=True, check=False)
    except OSError:
        return False
    return done.returncode == 0


def port_is_free(port: int) -> bool:
    """Whether a server could listen on this loopback port now.

    Raises CannotStart where this account may not use the port at all.
    """
    with socket.socket() as probe:
        # Servers set it too: without it a port in TIME_WAIT looks taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return False
            raise CannotStart(
                f"This account may not listen on port {port}: choose one above 1023."
            ) from error
    return True


def free_port(preferred: int | None) -> int:
    """The preferred loopback port when it is free, else one the kernel hands out."""
    if preferred is not None and port_is_free(preferred):
        return preferred
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def ensure_folder(path: Path, *, mode: int) -> None:
    """Make the folder when it is missing, with this mode; one that exists is left as it is.

    Raises CannotStart where this account can neither make it nor write into it.
    """
    try:
        if not path.exists():
            path.mkdir(parents=True)
            path.chmod(mode)
    except OSError as error:
        raise CannotStart(f"The folder {path} cannot be made: {error.strerror}.") from error
    if not os.access(path, os.W_OK | os.X_OK):
        raise CannotStart(f"This account may not write into {path}: run as the account it belongs to.")


def write_private(path: Path, text: str) -> None:
    """Put text into a file only its owner can read, whole or not at all."""
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    draft.replace(path)


@contextmanager
def held_lock(path: Path, refusal: str) -> Iterator[None]:
    """Hold a lock file as long as the block runs; CannotStart with `refusal` when somebody else does."""
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise CannotStart(refusal) from error
        yield


def log_tail(log: Path) -> str:
    """The last lines of a log, to show beside a failure."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines() if log.exists() else []
    return "\n".join(f"    {line}" for line in lines[-LOG_LINES_SHOWN:])


@contextmanager
def rotated_log(path: Path) -> Iterator[int]:
    """A fresh private log file's descriptor; the one of the run before is kept as `.old`."""
    if path.exists():
        path.replace(path.with_name(f"{path.name}.old"))
    handle = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    try:
        yield handle
    finally:
        os.close(handle)


def wait_for(ready: Callable[[], bool], *, seconds: float) -> bool:
    """Ask until it is ready or the time (monotonic) is over; says which."""
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def is_alive(pid: int) -> bool:
    """Whether a process with this id exists (a zombie does not count)."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def end_process(pid: int, *, gently: signal.Signals, hard: signal.Signals, seconds: float) -> None:
    """Ask a process to end, and make it end when it has not within the time given."""
    for order, patience in ((gently, seconds), (hard, 10.0)):
        try:
            os.kill(pid, order)
        except ProcessLookupError:
            return
        if wait_for(lambda: not is_alive(pid), seconds=patience):
            return
