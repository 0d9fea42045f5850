"""Web servers for the benches: the product as its Procfile starts it, and others by the same gunicorn settings."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

from config.keys import ensure_key_file
from workers.machine import free_port

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 30.0


def product_environ(url: str, redis_url: str) -> dict[str, str]:
    """What the product's own processes are started with, on this database."""
    keys = ROOT / ".cache" / "bench-keys.json"
    keys.parent.mkdir(exist_ok=True)
    ensure_key_file(keys)
    return os.environ | {
        "DATABASE_URL": url,
        "REDIS_URL": redis_url,
        "HECTIS_KEYS_FILE": str(keys),
        "HECTIS_LOG_LEVEL": "info",
    }


def found(environ: Mapping[str, str], *, practice: bool = False) -> None:
    """The whole schema and the offices on an empty database, one for practice if it is to be played into."""
    for command in ("database upgrade" + " --practice" * practice, "reference load"):
        subprocess.run(
            [sys.executable, "-m", "hectis_flow.cli", *command.split()],
            cwd=ROOT,
            env=dict(environ),
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


@contextmanager
def served(
    app: str,
    environ: Mapping[str, str],
    python: str = sys.executable,
    folder: Path = ROOT,
    path: str = "/healthz",
) -> Iterator[int]:
    """A gunicorn with the settings of the product that serves this app; its port, once `path` answers 200."""
    port = free_port(None)
    command = [python, "-m", "gunicorn", "--config", str(ROOT / "config" / "gunicorn.py"), app]
    process = subprocess.Popen(
        command,
        cwd=folder,
        env={**environ, "HECTIS_HTTP_PORT": str(port)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        await_page(process, port, path)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=40)


def await_page(process: "subprocess.Popen[bytes]", port: int, path: str) -> None:
    """Ask until the page is there."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            connection = HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", path)
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.05)
        finally:
            connection.close()
    raise SystemExit("a server did not start")
