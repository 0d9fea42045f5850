"""Which test or bench shows which figure: lists them, and runs those of one id.

Run as `python -m bench.targets list | show ID | measure` by `make targets`, `make target` and
`make bench`. Tests carry `@pytest.mark.target("R3")`, which is read from their source without
importing it; benches carry the id in their name (`bench/p1_intake.py`). A bench ends with one line of
JSON whose `verdict` is "holds" or "misses"; a module beside it that says no verdict is only a part.
"""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.target_ids import TITLES

ROOT = Path(__file__).resolve().parent.parent
BENCH_NAME = re.compile(r"([prs]\d+)_\w+\.py")
HOLDS = "holds"
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True, slots=True)
class Shown:
    """Something that shows a figure: a test's id for pytest, or a bench's path; both below the root."""

    target: str
    where: str
    drill: bool = False

    @property
    def is_bench(self) -> bool:
        """Whether it is run as a module rather than by pytest."""
        return "::" not in self.where

    @property
    def file(self) -> str:
        """The file it stands in."""
        return self.where.partition("::")[0]


def collect(root: Path) -> list[Shown]:
    """Everything below `root` that shows a figure, tests first, in the order of the files."""
    shown = [one for path in sorted((root / "tests").rglob("test_*.py")) for one in in_test_file(root, path)]
    for path in sorted((root / "bench").glob("*.py")):
        found = BENCH_NAME.fullmatch(path.name)
        if found is not None and "verdict" in path.read_text(encoding="utf-8"):
            shown.append(Shown(found.group(1).upper(), path.relative_to(root).as_posix()))
    return shown


def in_test_file(root: Path, path: Path) -> Iterator[Shown]:
    """The marked tests of one file; a mark on the module or a class counts for all below it."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    place = path.relative_to(root).as_posix()
    module_marks = [
        value
        for node in tree.body
        if isinstance(node, ast.Assign) and "pytestmark" in {getattr(name, "id", "") for name in node.targets}
        for value in (node.value.elts if isinstance(node.value, ast.List | ast.Tuple) else [node.value])
    ]
    yield from _below(tree.body, place, module_marks)


def _below(body: Sequence[ast.stmt], place: str, above: Sequence[ast.expr]) -> Iterator[Shown]:
    for node in body:
        if not isinstance(node, Definition):
            continue
        marks = [*above, *node.decorator_list]
        if isinstance(node, ast.ClassDef):
            yield from _below(node.body, f"{place}::{node.name}", marks)
        elif node.name.startswith("test_"):
            drill = any(_mark_name(mark) == "drill" for mark in marks)
            for target in dict.fromkeys(target for mark in marks for target in _targets_of(mark)):
                yield Shown(target, f"{place}::{node.name}", drill)


def _mark_name(mark: ast.expr) -> str:
    """`drill` for `pytest.mark.drill`, called or not; empty for what is no mark."""
    named = mark.func if isinstance(mark, ast.Call) else mark
    if (
        isinstance(named, ast.Attribute)
        and isinstance(named.value, ast.Attribute)
        and named.value.attr == "mark"
    ):
        return named.attr
    return ""


def _targets_of(mark: ast.expr) -> list[str]:
    if not isinstance(mark, ast.Call) or _mark_name(mark) != "target":
        return []
    return [str(word.value) for word in mark.args if isinstance(word, ast.Constant)]


def listing(shown: Sequence[Shown]) -> str:
    """A line for every id: its title, and what shows it or "nothing yet"."""
    width = max(len(title) for title in TITLES.values())
    lines = []
    for target, title in TITLES.items():
        mine = [one for one in shown if one.target == target]
        counts = {one.file: sum(1 for other in mine if other.file == one.file) for one in mine}
        places = [
            f"{file} ({count})" if file.startswith("tests/") else file for file, count in counts.items()
        ]
        lines.append(f"{target:<4} {title:<{width}}  {', '.join(places) or 'nothing yet'}")
    return "\n".join(lines)


def show(target: str, shown: Sequence[Shown]) -> int:
    """Run what shows one figure: 0 where all of it holds, 1 where not, 2 where there is nothing to run."""
    if target not in TITLES:
        return refuse(f"There is no target {target!r}: `make targets` lists them.")
    mine = [one for one in shown if one.target == target]
    if not mine:
        return refuse(f"Nothing shows {target} ({TITLES[target]}) yet.")
    # A drill takes production values and hours: it runs here only where nothing shorter shows the row.
    quick = [one for one in mine if not one.drill] or mine
    tests = [one.where for one in quick if not one.is_bench]
    results = [subprocess.call([sys.executable, "-m", "pytest", "-m", "", *tests], cwd=ROOT)] if tests else []
    results += [run_bench(one.file) for one in quick if one.is_bench]
    return 1 if any(results) else 0


def run_bench(file: str) -> int:
    """Run a bench, showing its output as it comes; 0 where it ended well and its verdict is "holds"."""
    module = file.removesuffix(".py").replace("/", ".")
    command = [sys.executable, "-m", module]
    last = ""
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout or ():
            sys.stdout.write(line)
            sys.stdout.flush()
            last = line.strip() or last
    return process.returncode or int(verdict_of(last) != HOLDS)


def verdict_of(line: str) -> str:
    """The verdict in a bench's last line; empty when that is not a line of JSON with one."""
    try:
        read = json.loads(line)
    except ValueError:
        return ""
    return str(read.get("verdict", "")) if isinstance(read, dict) else ""


def measure(shown: Sequence[Shown]) -> int:
    """Run every bench of a speed; 1 where one of them misses its figure."""
    results = [run_bench(one.file) for one in shown if one.is_bench and one.target[0] == "P"]
    return 1 if any(results) else 0


def refuse(sentence: str) -> int:
    """Say why there is nothing to run."""
    print(sentence, file=sys.stderr)
    return 2


def main(arguments: Sequence[str]) -> int:
    """Do what the Makefile asks."""
    shown = collect(ROOT)
    match list(arguments):
        case ["list"]:
            print(listing(shown))
            return 0
        case ["show", target] if target:
            return show(target, shown)
        case ["measure"]:
            return measure(shown)
    return refuse("Name a target: make target ID=R3 (`make targets` lists them).")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
