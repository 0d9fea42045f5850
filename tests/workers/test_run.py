"""`make run` as a person meets it: a real process, real servers, toy programs in place of the Procfile's."""

import json
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.ports import kept_port
from workers.local_services import Addresses, LocalServices
from workers.machine import held_lock, is_alive

ROOT = Path(__file__).resolve().parents[2]
OURS = ("DATABASE_URL", "REDIS_URL", "NO_COLOR")
TOY = """
import http.server, json, os, signal, sys
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b"ready")
    def log_message(self, *_):
        pass
print("given", json.dumps({name: os.environ.get(name) for name in ("DATABASE_URL", "HECTIS_PROCESSING_IDS")}))
signal.signal(signal.SIGTERM, lambda *_: (print("drained"), sys.exit(0)))
http.server.HTTPServer(("127.0.0.1", int(os.environ["HECTIS_HTTP_PORT"])), Answer).serve_forever()
"""


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder with a toy Procfile and two ports, outside pytest's own, which is closed to other accounts."""
    base = Path(tempfile.mkdtemp(prefix="hectis-test-"))
    base.chmod(0o755)
    (base / "toy.py").write_text(TOY)
    (base / "Procfile").write_text(f"web: python {base / 'toy.py'}\n")
    with kept_port() as http, kept_port() as mllp:
        (base / "ports").write_text(f"{http} {mllp}")
        yield base
    shutil.rmtree(base)


def environment(place: Path, **more: str) -> dict[str, str]:
    """Ours alone: nothing of the developer's own settings may reach the run."""
    clean = {
        name: value
        for name, value in os.environ.items()
        if name not in OURS and not name.startswith("HECTIS_")
    }
    http, mllp = (place / "ports").read_text().split()
    return {
        **clean,
        "HECTIS_DATA_DIR": str(place / "data"),
        "HECTIS_PROCFILE": str(place / "Procfile"),
        "HECTIS_HTTP_PORT": http,
        "HECTIS_MLLP_PORT": mllp,
        "HECTIS_PRACTICE": "0",
        **more,
    }


def refused(environ: dict[str, str]) -> str:
    """The sentence of a run that does not start."""
    done = subprocess.run(
        [sys.executable, "-m", "workers.run"],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


@contextmanager
def started(environ: dict[str, str]) -> Iterator[tuple["subprocess.Popen[str]", list[str]]]:
    """A run, up to the point where it prints the addresses; what it has printed so far."""
    with subprocess.Popen(
        [sys.executable, "-m", "workers.run"],
        cwd=ROOT,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        printed: list[str] = []
        for line in process.stdout:
            printed.append(line)
            if "Ctrl-C" in line:
                break
        try:
            yield process, printed
        finally:
            process.kill()


def ended(process: "subprocess.Popen[str]") -> str:
    """What a run prints after SIGINT until it has ended by itself."""
    process.send_signal(signal.SIGINT)
    assert process.stdout is not None
    rest = process.stdout.read()
    assert process.wait() == 0, rest
    return rest


def shared_with_commands(environ: dict[str, str]) -> dict[str, str]:
    path = Path(environ["HECTIS_DATA_DIR"]) / "run.env"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    return dict(line.split("=", 1) for line in path.read_text().splitlines())


def practice_row(url: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT practice FROM deployment").fetchone()
    return row and row[0]


def test_it_starts_everything_says_so_and_a_second_run_keeps_the_data(place: Path) -> None:
    environ = environment(place)
    data = Path(environ["HECTIS_DATA_DIR"])
    with started(environ) as (process, printed):
        said = "".join(printed)
        assert re.search(r"Ready after \d+\.\d s", said)
        for words in (
            f"http://127.0.0.1:{environ['HECTIS_HTTP_PORT']}/",
            environ["HECTIS_MLLP_PORT"],
            str(data),
        ):
            assert words in said
        assert f"hectis send FILE --to 127.0.0.1:{environ['HECTIS_MLLP_PORT']}" in said
        assert f"HECTIS_DATA_DIR={data} " in said, "a command needs it to find this run"
        shared = shared_with_commands(environ)
        assert shared["HECTIS_KEYS_FILE"] == str(data / "keys.json")
        assert shared["HECTIS_PROCESSING_IDS"] == "P,T,D"
        assert stat.S_IMODE((data / "keys.json").stat().st_mode) == 0o600
        assert practice_row(shared["DATABASE_URL"]) is True
        assert json.dumps(shared["DATABASE_URL"]) in said, "the processes are given the same database"
        with psycopg.connect(shared["DATABASE_URL"]) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 7 AS n")
        rest = ended(process)
    assert "drained" in rest
    assert "Stopped; the data is kept." in rest
    assert not (data / "run.env").exists()
    keys = (data / "keys.json").read_bytes()
    with started(environ) as (process, _printed):
        with psycopg.connect(shared_with_commands(environ)["DATABASE_URL"]) as connection:
            assert connection.execute("SELECT n FROM kept").fetchone() == (7,)
        assert practice_row(shared_with_commands(environ)["DATABASE_URL"]) is True
        ended(process)
    assert (data / "keys.json").read_bytes() == keys


def test_a_new_database_of_its_own_is_played_a_first_day_and_only_once(place: Path) -> None:
    environ = environment(place, HECTIS_PRACTICE="")
    with started(environ) as (process, printed):
        assert "first day" not in "".join(printed), "what it takes must not delay the addresses"
        said = until_said(process, "everything else runs")
        assert "A made-up first day plays now" in said
        assert "Nothing listens" in said, "the toy programs take no messages"
        assert "first day" not in ended(process)
    with started(environ) as (process, _printed):
        assert "first day" not in ended(process)


def until_said(process: "subprocess.Popen[str]", words: str) -> str:
    """What a run prints from now on until it says the words."""
    assert process.stdout is not None
    printed: list[str] = []
    for line in process.stdout:
        printed.append(line)
        if words in line:
            break
    return "".join(printed)


def test_a_run_killed_outright_leaves_nothing_in_the_way_of_the_next(place: Path) -> None:
    environ = environment(place)
    with started(environ) as (process, _printed):
        process.kill()
        process.wait()
    with started(environ) as (process, printed):
        assert "Ready after" in "".join(printed)
        ended(process)


def test_named_servers_are_used_never_marked_as_practice_and_left_running(
    place: Path, services: LocalServices, servers: tuple[LocalServices, Addresses]
) -> None:
    url = services.create_database("named_by_a_deployment")
    keys = place / "keys.json"
    subprocess.run(
        [sys.executable, "-c", f"from config.keys import *; ensure_key_file(Path({str(keys)!r}))"],
        cwd=ROOT,
        check=True,
    )
    environ = environment(
        place,
        DATABASE_URL=url,
        REDIS_URL=servers[1].redis_url,
        HECTIS_KEYS_FILE=str(keys),
        HECTIS_PRACTICE="",
    )
    with started(environ) as (process, printed):
        said = "".join(printed)
        assert json.dumps(url) in said
        assert '"HECTIS_PROCESSING_IDS": null' in said
        assert not (place / "data" / "servers.json").exists()
        assert "first day" not in ended(process)
    assert practice_row(url) is False
    services.drop_database("named_by_a_deployment")


def test_a_stop_while_it_is_still_starting_leaves_nothing_running(place: Path) -> None:
    environ = environment(place)
    with subprocess.Popen(
        [sys.executable, "-u", "-m", "workers.run"],
        cwd=ROOT,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        first = next(line for line in process.stdout if line.startswith("PostgreSQL"))
        pid = int((place / "data" / "postgres" / "cluster" / "postmaster.pid").read_text().splitlines()[0])
        process.send_signal(signal.SIGTERM)
        rest = process.stdout.read()
    assert first
    assert "Interrupted while starting" in rest
    assert process.returncode == 130
    assert not is_alive(pid)


@pytest.mark.parametrize("variable", ["HECTIS_HTTP_PORT", "HECTIS_MLLP_PORT"])
def test_a_taken_port_is_said_before_anything_starts(place: Path, variable: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        sentence = refused(environment(place, **{variable: str(port)}))
    assert f"Port {port} is taken by another program" in sentence
    assert f"make run {variable}=" in sentence
    assert not (place / "data" / "servers.json").exists()


@pytest.mark.parametrize("text", ["none", "0", "70000", "-1"])
def test_an_ill_typed_port_is_said_by_name(place: Path, text: str) -> None:
    assert "HECTIS_MLLP_PORT must be a port number" in refused(environment(place, HECTIS_MLLP_PORT=text))


def test_a_second_run_on_the_same_folder_is_said(place: Path) -> None:
    (place / "data").mkdir()
    with held_lock(place / "data" / "run.lock", "never refused here"):
        assert "already running on the data folder" in refused(environment(place))


def test_a_named_database_without_keys_is_said_by_the_names_of_the_keys(place: Path) -> None:
    sentence = refused(environment(place, DATABASE_URL="postgresql://127.0.0.1:1/none"))
    for name in ("HECTIS_KEYS_FILE", "HECTIS_DATA_KEYS", "HECTIS_INDEX_KEY", "HECTIS_SECRET_KEY"):
        assert name in sentence


def test_a_data_folder_that_cannot_be_made_is_said(place: Path) -> None:
    (place / "data").write_text("a file where the folder should be")
    assert "data/below cannot be made" in refused(
        environment(place, HECTIS_DATA_DIR=str(place / "data" / "below"))
    )


def test_a_damaged_key_file_is_said(place: Path) -> None:
    (place / "data").mkdir()
    (place / "data" / "keys.json").write_text("{}")
    assert "key file" in refused(environment(place))


def test_a_migration_that_fails_is_shown_and_everything_is_stopped(place: Path) -> None:
    keys = {"HECTIS_DATA_KEYS": "k1:x", "HECTIS_INDEX_KEY": "x", "HECTIS_SECRET_KEY": "x"}
    sentence = refused(environment(place, **keys))
    assert "`hectis database upgrade --practice` failed" in sentence
    assert "HECTIS_DATA_KEYS must read" in sentence
    assert not (place / "data" / "postgres" / "cluster" / "postmaster.pid").exists()
