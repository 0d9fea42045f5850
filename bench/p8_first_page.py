"""P8: from a bare clone to the first page, with pip, and the second time; beside the install alone.

Run as `python -m bench.p8_first_page`. Clones the committed tree into a folder of its own, runs
`make run` there as a newcomer would (without uv), waits for the first page, stops it, and does so
again. Ends with one line of JSON: seconds, the limit for each, the verdict.
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
from http.client import HTTPConnection
from pathlib import Path

from workers.machine import free_port

ROOT = Path(__file__).resolve().parent.parent
FIRST_LIMIT = 60.0
SECOND_LIMIT = 15.0
INSTALLED = re.compile(r"Set up in (\d+\.\d) s")


def newcomer() -> dict[str, str]:
    """The environment of somebody who has Python and make: nothing of ours, and no uv on PATH."""
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    without_uv = [folder for folder in folders if not (Path(folder) / "uv").exists()]
    kept = {name: os.environ[name] for name in ("HOME", "LANG", "TERM") if name in os.environ}
    package_index = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    return {
        **kept,
        **package_index,
        "PATH": os.pathsep.join(folder for folder in without_uv if ".venv" not in folder),
        "HECTIS_HTTP_PORT": str(free_port(None)),
        "HECTIS_MLLP_PORT": str(free_port(None)),
    }


def first_page(clone: Path, environ: dict[str, str]) -> tuple[float, float]:
    """Seconds until the first page was there, and the part of them the installers took."""
    begun = time.monotonic()
    install, page = 0.0, 0.0
    with subprocess.Popen(
        ["make", "run"], cwd=clone, env=environ, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        for line in process.stdout or ():
            sys.stdout.write(line)
            found = INSTALLED.search(line)
            install = float(found.group(1)) if found else install
            if "Ready after" in line:
                page = get("/", int(environ["HECTIS_HTTP_PORT"])) - begun
                # To the group, as a terminal does.
                os.killpg(process.pid, signal.SIGINT)
    if not page:
        raise SystemExit("make run ended before the first page")
    return page, install


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


def main() -> int:
    """Measure both; 0 where both keep their limit."""
    base = Path(tempfile.mkdtemp(prefix="hectis-p8-"))
    base.chmod(0o755)
    clone = base / "clone"
    try:
        subprocess.run(["git", "clone", "--quiet", "--depth", "1", f"file://{ROOT}", str(clone)], check=True)
        environ = newcomer()
        first, install = first_page(clone, environ)
        second, _nothing = first_page(clone, environ)
    finally:
        shutil.rmtree(base)
    holds = first <= FIRST_LIMIT and second <= SECOND_LIMIT
    result = {
        "target": "P8",
        "ours": {"first_s": round(first, 1), "second_s": round(second, 1)},
        "floor": {"install_alone_s": install},
        "limits": {"first_s": FIRST_LIMIT, "second_s": SECOND_LIMIT},
        "ratio": {"first_to_install": round(first / install, 2) if install else None},
        "verdict": "holds" if holds else "misses",
    }
    print(json.dumps(result))
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
