"""Every figure can be traced: ids are known, marks are found without importing, and the answers are plain."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.target_ids import TITLES
from bench.targets import BENCH_NAME, Shown, collect, listing, verdict_of

ROOT = Path(__file__).resolve().parents[2]
MARKED = """
import pytest
import no_such_package_is_ever_imported

pytestmark = pytest.mark.target("S1")


@pytest.mark.target("R3", "R4")
def test_one():
    pass


@pytest.mark.target("R1")
@pytest.mark.drill
async def test_two():
    pass


@pytest.mark.target("R9")
class TestMany:
    def test_three(self):
        pass

    def helper(self):
        pass


@pytest.mark.parametrize("id", ["P9"])
def helper():
    pass
"""


@pytest.fixture
def tree(tmp_path: Path) -> Callable[[dict[str, str]], Path]:
    """A project of its own with the files given."""

    def make(files: dict[str, str]) -> Path:
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return tmp_path

    return make


def test_the_ids_are_whole_and_in_order() -> None:
    counts = {"P": 9, "R": 28, "S": 19}
    assert list(TITLES) == [
        f"{kind}{number}" for kind, most in counts.items() for number in range(1, most + 1)
    ]


def test_every_mark_and_every_bench_names_a_known_id() -> None:
    assert {shown.target for shown in collect(ROOT)} - set(TITLES) == set()


def test_marks_on_tests_classes_and_modules_are_found(tree: Callable[[dict[str, str]], Path]) -> None:
    found = collect(tree({"tests/api/test_x.py": MARKED}))
    place = "tests/api/test_x.py::"
    assert set(found) == {
        Shown("S1", f"{place}test_one"),
        Shown("R3", f"{place}test_one"),
        Shown("R4", f"{place}test_one"),
        Shown("S1", f"{place}test_two", drill=True),
        Shown("R1", f"{place}test_two", drill=True),
        Shown("S1", f"{place}TestMany::test_three"),
        Shown("R9", f"{place}TestMany::test_three"),
    }


def test_benches_are_found_by_their_name_when_they_say_a_verdict(
    tree: Callable[[dict[str, str]], Path],
) -> None:
    says = 'print({"verdict": "holds"})'
    root = tree({"bench/p1_intake.py": says, "bench/p1_listeners.py": "", "bench/targets.py": says})
    assert collect(root) == [Shown("P1", "bench/p1_intake.py")]


def test_the_list_says_nothing_yet_where_nothing_shows_a_figure() -> None:
    lines = {
        line.split()[0]: line for line in listing([Shown("R3", "tests/x/test_a.py::test_b")]).splitlines()
    }
    assert list(lines) == list(TITLES)
    assert lines["R3"].endswith("tests/x/test_a.py (1)")
    assert lines["R4"].endswith("nothing yet")


@pytest.mark.parametrize(
    ("line", "verdict"),
    [
        (json.dumps({"ours": 3, "verdict": "holds"}), "holds"),
        (json.dumps({"verdict": "misses"}), "misses"),
        ("no json", ""),
        ("[1]", ""),
        ("{}", ""),
    ],
)
def test_a_bench_tells_its_verdict_in_its_last_line(line: str, verdict: str) -> None:
    assert verdict_of(line) == verdict


def asked(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "bench.targets", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["show", "R99"], "There is no target 'R99'"),
        (["show", ""], "Name a target"),
        ([], "Name a target"),
    ],
)
def test_an_unknown_or_missing_id_ends_with_2_and_a_sentence(arguments: list[str], sentence: str) -> None:
    done = asked(*arguments)
    assert done.returncode == 2
    assert sentence in done.stderr


def test_an_id_that_nothing_shows_ends_with_2_and_a_sentence() -> None:
    without = sorted(set(TITLES) - {shown.target for shown in collect(ROOT)})
    done = asked("show", without[0])
    assert done.returncode == 2
    assert f"Nothing shows {without[0]}" in done.stderr


@pytest.mark.parametrize("name", ["p1_intake.py", "r21_mutated.py", "s18_audit.py"])
def test_a_bench_name_starts_with_its_id(name: str) -> None:
    assert BENCH_NAME.fullmatch(name)
