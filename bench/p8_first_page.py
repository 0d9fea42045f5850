"""P8: from a bare clone to the first page, with pip, and the second time; beside the install alone.

Run as `python -m bench.p8_first_page`. Clones the committed tree into a folder of its own, runs
`make run` there as a newcomer would (without uv, with nothing in pip's cache), waits for the first
page, stops it with Ctrl-C, and does so again; where uv is on PATH, once more with uv, for comparison.
A stop that leaves anything running, or a port taken, ends the bench. Its last line is JSON: seconds,
the limit for each, the verdict.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

from workers.machine import free_port, port_is_free

ROOT = Path(__file__).resolve().parent.parent
FIRST_LIMIT = 60.0
SECOND_LIMIT = 15.0
INSTALLED = re.compile(r"Set up in (\d+\.\d) s")
BY_PIP = "pinned packages with pip"
READY = re.compile(r"Ready after (\d+\.\d) s")
STOPPED = "Stopped; the data is kept."


@dataclass(frozen=True, slots=True)
class Start:
    """One `make run`, in seconds: until the first page, of which the installers took `install`."""

    page: float
    install: float
    by_pip: bool


def newcomer(base: Path, *, uv: bool) -> dict[str, str]:
    """The environment of somebody who has Python and make: nothing of ours, and uv only if wanted."""
    folders = [
        folder for folder in os.environ.get("PATH", os.defpath).split(os.pathsep) if ".venv" not in folder
    ]
    path = folders if uv else [str(without_uv(base, Path(folder))) for folder in folders]
    kept = {name: os.environ[name] for name in ("HOME", "LANG", "TERM") if name in os.environ}
    package_index = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "UV_"))}
    return {
        **kept,
        **package_index,
        "PIP_CACHE_DIR": str(base / "pip-cache"),
        "UV_CACHE_DIR": str(base / "uv-cache"),
        "PATH": os.pathsep.join(path),
        "HECTIS_HTTP_PORT": str(free_port(None)),
        "HECTIS_MLLP_PORT": str(free_port(None)),
    }


def without_uv(base: Path, folder: Path) -> Path:
    """The folder itself, or one of links to all that is in it but uv."""
    if not (folder / "uv").exists():
        return folder
    shadow = Path(tempfile.mkdtemp(prefix="path-", dir=base))
    for program in folder.iterdir():
        if program.name not in {"uv", "uvx"}:
            (shadow / program.name).symlink_to(program)
    return shadow


def clone_into(base: Path, name: str) -> Path:
    """A bare clone of what is committed."""
    clone = base / name
    subprocess.run(["git", "clone", "--quiet", "--depth", "1", f"file://{ROOT}", str(clone)], check=True)
    return clone


def start(clone: Path, environ: dict[str, str], *, by_terminal: bool) -> Start:
    """Run it until the first page was there, then stop it and look that nothing is left."""
    begun = time.monotonic()
    install, page, last, by_pip = 0.0, 0.0, "", False
    with subprocess.Popen(
        ["make", "run"], cwd=clone, env=environ, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        for line in process.stdout or ():
            sys.stdout.write(line)
            found = INSTALLED.search(line)
            install = float(found.group(1)) if found else install
            if READY.search(line):
                page = get("/", int(environ["HECTIS_HTTP_PORT"])) - begun
                interrupt(process.pid, by_terminal=by_terminal)
            by_pip |= BY_PIP in line
            last = line
    if not page:
        raise SystemExit("make run ended before the first page")
    # Told by a terminal, make itself says "Interrupt" once what it ran has ended.
    if STOPPED not in last or (process.returncode != 0 and not by_terminal):
        raise SystemExit(f"make run did not stop cleanly (exit code {process.returncode})")
    require_nothing_left(clone, environ)
    return Start(page, install, by_pip)


def interrupt(make: int, *, by_terminal: bool) -> None:
    """Ctrl-C: to the whole group, as a terminal does, or to what make runs alone."""
    if by_terminal:
        os.killpg(make, signal.SIGINT)
        return
    children = Path(f"/proc/{make}/task/{make}/children").read_text(encoding="utf-8").split()
    os.kill(int(children[0]), signal.SIGINT)


def require_nothing_left(clone: Path, environ: dict[str, str]) -> None:
    """No process that has to do with the clone, and both ports free."""
    left = [
        process.name for process in Path("/proc").glob("[0-9]*") if concerns(process, str(clone).encode())
    ]
    if left:
        raise SystemExit(f"still running after the stop: {', '.join(left)}")
    for name in ("HECTIS_HTTP_PORT", "HECTIS_MLLP_PORT"):
        if not port_is_free(int(environ[name])):
            raise SystemExit(f"the port of {name} is still taken after the stop")


def concerns(process: Path, clone: bytes) -> bool:
    """Whether the process was started from the clone or with it in its arguments or environment."""
    try:
        told = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
        return clone in told + os.fsencode((process / "cwd").readlink())
    except OSError:
        return False


def get(path: str, port: int) -> float:
    """Fetch a page; the moment (monotonic) it was whole. A page that is not 200 ends the bench."""
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    if answer.status != 200:
        raise SystemExit(f"the first page answered {answer.status}")
    return time.monotonic()


def measure(base: Path) -> dict[str, Start]:
    """With pip twice; with uv where there is one."""
    clone, environ = clone_into(base, "pip"), newcomer(base, uv=False)
    starts = {
        "first": start(clone, environ, by_terminal=True),
        "second": start(clone, environ, by_terminal=False),
    }
    if shutil.which("uv"):
        uv = start(clone_into(base, "uv"), newcomer(base, uv=True), by_terminal=True)
        if uv.by_pip:
            print("uv could not install: no figure with uv")
        else:
            starts["first_uv"] = uv
    return starts


def main() -> int:
    """Measure; 0 where both keep their limit."""
    base = Path(tempfile.mkdtemp(prefix="hectis-p8-"))
    base.chmod(0o755)
    try:
        starts = measure(base)
    finally:
        shutil.rmtree(base)
    first, second = starts["first"], starts["second"]
    holds = first.page <= FIRST_LIMIT and second.page <= SECOND_LIMIT
    result = {
        "target": "P8",
        "ours": {f"{name}_s": round(one.page, 1) for name, one in starts.items()},
        "peer": None,
        "floor": {"install_alone_s": first.install},
        "bar": {"first_s": FIRST_LIMIT, "second_s": SECOND_LIMIT},
        "ratios": {"first_to_install": round(first.page / first.install, 2) if first.install else None},
        "load_of_the_machine": round(os.getloadavg()[1], 1),
        "verdict": "holds" if holds else "misses",
    }
    print(json.dumps(result))
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
