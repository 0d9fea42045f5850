"""The servers we bring: real ones, started, killed, adopted and refused."""

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
import redis

from workers.local_services import Addresses, LocalServices, temporary_services
from workers.machine import CannotStart, is_alive, wait_for
from workers.server_binaries import ServerFinder

ROOT = Path(__file__).resolve().parents[2]
AS_ROOT = os.geteuid() == 0


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A folder outside pytest's own, whose parents are closed to the account PostgreSQL runs under."""
    base = Path(tempfile.mkdtemp(prefix="hectis-test-"))
    base.chmod(0o755)
    yield base / "data"
    shutil.rmtree(base)


@pytest.fixture(scope="module")
def made_dir() -> Iterator[Path]:
    """One data folder whose database exists; each test leaves it stopped, as another run would find it."""
    base = Path(tempfile.mkdtemp(prefix="hectis-test-"))
    base.chmod(0o755)
    with LocalServices(base / "data", environ={}):
        pass
    yield base / "data"
    shutil.rmtree(base)


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def memory_of(data_dir: Path) -> dict[str, dict[str, object]]:
    read: dict[str, dict[str, object]] = json.loads((data_dir / "servers.json").read_text())
    return read


def postmaster_pid(data_dir: Path) -> int:
    return int((data_dir / "postgres" / "cluster" / "postmaster.pid").read_text().splitlines()[0])


def answer(url: str, statement: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(statement).fetchone()  # type: ignore[call-overload]
    return None if row is None else row[0]


def test_postgres_listens_on_loopback_only_and_keeps_fsync(servers: tuple[LocalServices, Addresses]) -> None:
    url = servers[1].database_url
    assert answer(url, "SHOW listen_addresses") == "127.0.0.1"
    assert answer(url, "SHOW fsync") == "on"
    assert answer(url, "SELECT current_setting('TimeZone')") == "UTC"


def test_statements_and_values_never_reach_the_log(servers: tuple[LocalServices, Addresses]) -> None:
    services, addresses = servers
    with psycopg.connect(addresses.database_url) as connection:
        connection.execute("CREATE TEMP TABLE seen (word text PRIMARY KEY)")
        connection.execute("INSERT INTO seen VALUES ('a-planted-word')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO seen VALUES ('a-planted-word')")
    server = services._postgres
    assert server is not None
    assert "a-planted-word" not in server.log.read_text()


def test_postgres_wants_its_password(servers: tuple[LocalServices, Addresses]) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(servers[1].database_url.replace("hectis:", "hectis:x"))


def test_valkey_wants_its_password_and_keeps_nothing_on_disk(
    servers: tuple[LocalServices, Addresses],
) -> None:
    url = servers[1].redis_url
    with redis.Redis.from_url(url) as client:
        assert client.config_get("save")["save"] == ""
        assert client.config_get("appendonly")["appendonly"] == "no"
        assert client.config_get("bind")["bind"] == "127.0.0.1"
    bare = "redis://" + url.partition("@")[2]
    with redis.Redis.from_url(bare) as client, pytest.raises(redis.AuthenticationError):
        client.ping()


def test_the_password_is_on_no_command_line(servers: tuple[LocalServices, Addresses]) -> None:
    services, addresses = servers
    server = services._postgres
    assert server is not None
    words = {server.password, addresses.redis_url.split("@", maxsplit=1)[0].rpartition(":")[2]}
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # a process that has just ended
            lines.append(path.read_bytes())
    assert server._process is not None
    assert Path(f"/proc/{server._process.pid}/cmdline").read_bytes() in lines
    assert not [line for line in lines for word in words if word.encode() in line]


def test_a_second_database_can_be_a_copy_of_a_first_one(services: LocalServices) -> None:
    first = services.create_database("copied_from")
    with psycopg.connect(first) as connection:
        connection.execute("CREATE TABLE there (n int)")
    second = services.create_database("copied_to", template="copied_from")
    assert answer(second, "SELECT count(*) FROM there") == 0
    services.drop_database("copied_to")
    services.drop_database("copied_from")
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(second)


def test_a_second_run_keeps_data_passwords_and_ports(made_dir: Path) -> None:
    with LocalServices(made_dir, environ={}) as first, psycopg.connect(first.database_url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept AS SELECT 7 AS n")
        ports = {name: facts["port"] for name, facts in memory_of(made_dir).items()}
    assert mode_of(made_dir / "servers.json") == 0o600
    assert mode_of(made_dir / "postgres") == 0o700
    with LocalServices(made_dir, environ={}) as second:
        assert answer(second.database_url, "SELECT n FROM kept") == 7
        assert {name: facts["port"] for name, facts in memory_of(made_dir).items()} == ports
        assert second.database_url == first.database_url


def test_a_database_is_new_until_its_migration_was_noted(data_dir: Path) -> None:
    services = LocalServices(data_dir, environ={})
    assert services.start().new_database
    services.stop()
    assert services.start().new_database, "an interrupted first migration leaves it new"
    services.note_migrated()
    services.stop()
    assert not services.start().new_database
    services.stop()


def test_stopping_leaves_no_process_behind(made_dir: Path) -> None:
    services = LocalServices(made_dir, environ={})
    addresses = services.start()
    pid = postmaster_pid(made_dir)
    services.stop()
    services.stop()
    assert not is_alive(pid)
    with redis.Redis.from_url(addresses.redis_url) as client, pytest.raises(redis.ConnectionError):
        client.ping()


def test_a_server_killed_outright_comes_back_with_its_data(made_dir: Path) -> None:
    services = LocalServices(made_dir, environ={})
    with psycopg.connect(services.start().database_url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept AS SELECT 7 AS n")
    os.kill(postmaster_pid(made_dir), signal.SIGKILL)
    services.stop()
    assert (made_dir / "postgres" / "cluster" / "postmaster.pid").exists()
    with LocalServices(made_dir, environ={}) as again:
        assert answer(again.database_url, "SELECT n FROM kept") == 7


def test_servers_left_running_by_an_earlier_run_are_replaced(made_dir: Path) -> None:
    earlier = LocalServices(made_dir, environ={})
    left = earlier.start()
    pid = postmaster_pid(made_dir)
    still_running = earlier._running.pop_all()
    (made_dir / "servers.lock").unlink()
    with LocalServices(made_dir, environ={}) as again:
        assert not is_alive(pid)
        assert again == left, "the same ports and passwords"
        assert answer(again.database_url, "SELECT 1") == 1
    still_running.close()


def test_a_pid_file_that_names_a_stranger_is_cleared(made_dir: Path) -> None:
    note = made_dir / "postgres" / "cluster" / "postmaster.pid"
    note.write_text(f"{os.getpid()}\n{note.parent}\n0\n1\n\n127.0.0.1\n\n\n")
    with LocalServices(made_dir, environ={}) as again:
        assert answer(again.database_url, "SELECT 1") == 1


def test_two_runs_on_one_folder_are_refused(made_dir: Path) -> None:
    with LocalServices(made_dir, environ={}), pytest.raises(CannotStart, match="in use by another run"):
        LocalServices(made_dir, environ={}).start()


def test_a_folder_of_another_major_version_is_refused_in_words(data_dir: Path) -> None:
    cluster = data_dir / "postgres" / "cluster"
    cluster.mkdir(parents=True)
    (cluster / "PG_VERSION").write_text("9\n")
    with pytest.raises(CannotStart, match="made by PostgreSQL 9, and this machine has"):
        LocalServices(data_dir, environ={}).start()


def test_a_database_without_its_password_is_refused_in_words(data_dir: Path) -> None:
    with LocalServices(data_dir, environ={}):
        pass
    (data_dir / "servers.json").unlink()
    with pytest.raises(CannotStart, match="password is gone"):
        LocalServices(data_dir, environ={}).start()


def test_a_database_whose_folder_was_removed_is_made_anew_and_is_new(data_dir: Path) -> None:
    services = LocalServices(data_dir, environ={})
    services.start()
    services.note_migrated()
    services.stop()
    shutil.rmtree(data_dir / "postgres")
    with LocalServices(data_dir, environ={}) as addresses:
        assert addresses.new_database
        assert answer(addresses.database_url, "SELECT 1") == 1


def test_named_servers_are_used_and_nothing_is_started(data_dir: Path) -> None:
    named = {"DATABASE_URL": "postgresql://somewhere/else", "REDIS_URL": "redis://somewhere/0"}
    services = LocalServices(data_dir, environ=named)
    with services as addresses:
        assert addresses == Addresses(named["DATABASE_URL"], named["REDIS_URL"], False, False)
        with pytest.raises(CannotStart, match="not done on a server named by DATABASE_URL"):
            services.create_database("never")
    assert [path.name for path in data_dir.iterdir()] == ["servers.lock"]


def test_a_path_too_long_for_a_socket_still_serves(data_dir: Path) -> None:
    deep = data_dir.parent / ("x" * 120) / "data"
    with LocalServices(deep, environ={}) as addresses:
        assert answer(addresses.database_url, "SHOW unix_socket_directories") == ""


def test_the_packaged_servers_serve_where_the_machine_has_none() -> None:
    try:
        with temporary_services(only_packaged=True) as (services, addresses):
            version = str(answer(addresses.database_url, "SHOW server_version"))
            with redis.Redis.from_url(addresses.redis_url) as client:
                assert client.ping()
            assert services.create_database("one_more").endswith("/one_more")
    except CannotStart as refusal:
        if "cannot be reached" in str(refusal):
            pytest.skip("no network, and the packages have not been brought yet")
        raise
    assert version.startswith("17.")


def test_temporary_servers_leave_no_folder_behind() -> None:
    with temporary_services() as (services, _addresses):
        folder = services._data_dir
        assert folder.exists()
    assert not folder.exists()


@pytest.mark.skipif(not AS_ROOT, reason="only root steps down to another account")
def test_below_a_closed_folder_the_database_moves_and_says_so(data_dir: Path) -> None:
    closed = data_dir.parent / "closed"
    closed.mkdir(mode=0o700)
    said: list[str] = []
    with LocalServices(closed / "data", environ={}, say=said.append) as addresses:
        assert answer(addresses.database_url, "SELECT 1") == 1
    home = Path(str(memory_of(closed / "data")["postgres"]["home"]))
    try:
        assert home.is_relative_to("/var/lib/hectis")
        assert [line for line in said if str(home) in line]
        with LocalServices(closed / "data", environ={}) as again:
            assert again.database_url == addresses.database_url
    finally:
        shutil.rmtree(home)


@pytest.mark.skipif(not AS_ROOT, reason="only root steps down to another account")
def test_root_runs_postgres_as_another_account(servers: tuple[LocalServices, Addresses]) -> None:
    server = servers[0]._postgres
    assert server is not None
    assert server._process is not None
    status = Path(f"/proc/{server._process.pid}/status").read_text()
    assert "Uid:\t0" not in status


def fake_postgres(root: Path, *majors: int) -> None:
    for major in majors:
        folder = root / str(major) / "bin"
        folder.mkdir(parents=True)
        for name in ("postgres", "initdb"):
            (folder / name).touch()


def test_the_newest_postgres_of_the_machine_is_taken(tmp_path: Path) -> None:
    fake_postgres(tmp_path, 9, 14, 16, 15)
    assert ServerFinder(system_postgres=tmp_path).postgres(None).major == 16


def test_the_postgres_that_made_the_cluster_wins_over_a_newer_one(tmp_path: Path) -> None:
    fake_postgres(tmp_path, 14, 16)
    assert ServerFinder(system_postgres=tmp_path).postgres(14).major == 14


def test_a_server_ends_with_the_process_that_started_it(made_dir: Path) -> None:
    source = (
        "import signal; from pathlib import Path; from workers.local_services import LocalServices\n"
        f"LocalServices(Path({str(made_dir)!r}), environ={{}}).start(); print('up', flush=True); signal.pause()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", source], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as starter:
        assert starter.stdout is not None
        assert "up\n" in iter(starter.stdout.readline, "")
        pid = postmaster_pid(made_dir)
        starter.kill()
    assert wait_for(lambda: not is_alive(pid), seconds=30)
