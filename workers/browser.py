"""Sees that a browser is there for the tests of the pages, and brings one where the machine lets us; says so if not.

`make test` runs it (`python3 -I workers/browser.py`) before pytest. It never fails: without a browser those tests are
skipped, each with a sentence. Standard library only.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome")
SECONDS = 300
COMMANDS = (
    ["apt-get", "update", "-q"],
    ["apt-get", "install", "-q", "-y", "--no-install-recommends", "chromium"],
)
WITHOUT = "The tests of the browser will not run: there is no Chromium here"


def where() -> str | None:
    """Where this machine's browser is; None where it has none."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def main() -> int:
    """Bring Chromium if it is missing and we may; 0 whatever came of it."""
    if where():
        return 0
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        print(f"{WITHOUT}. As root: apt install chromium", file=sys.stderr)
        return 0
    print("Installing Chromium for the tests of the pages …", flush=True)
    if not all(map(_done, COMMANDS)):
        print(f"{WITHOUT}, and apt could not bring it. By hand: apt install chromium", file=sys.stderr)
    return 0


def _done(command: list[str]) -> bool:
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    try:
        told = subprocess.run(command, env=quiet, capture_output=True, timeout=SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return told.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
