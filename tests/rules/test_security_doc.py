"""docs/SECURITY.md is honest: each requirement once, each pass shown by something that is there, nothing called by no name."""

import ast
import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
DOC = ROOT / "docs" / "SECURITY.md"
STATES = {"pass", "not yet", "n/a"}
# The numbers of ASVS 5.0.0 at the levels 1 and 2, by section: how far they go.
LEVELS = """
    1.1:2 1.2:9 1.3:11 1.4:3 1.5:2   2.1:3 2.2:3 2.3:4 2.4:1   3.2:2 3.3:4 3.4:6 3.5:5 3.7:2   4.1:3 4.2:1 4.3:2 4.4:4
    5.1:1 5.2:3 5.3:2 5.4:3   6.1:3 6.2:12 6.3:4 6.4:4 6.5:5 6.6:3 6.8:4   7.1:3 7.2:4 7.3:2 7.4:5 7.5:2 7.6:2
    8.1:2 8.2:3 8.3:1 8.4:1   9.1:3 9.2:4   11.1:2 11.2:3 11.3:3 11.4:4 11.5:1 11.6:1   12.1:3 12.2:2 12.3:4
    13.1:1 13.2:5 13.3:2 13.4:5   14.1:2 14.2:4 14.3:3   15.1:3 15.2:3 15.3:7   16.1:1 16.2:5 16.3:4 16.4:3 16.5:3
"""


class Line(NamedTuple):
    """One requirement as the table has it."""

    number: str
    level: str
    what: str
    state: str
    shown: str


def lines() -> list[Line]:
    """Every line of the tables of requirements."""
    rows = [
        [cell.strip() for cell in row.strip().strip("|").split(" | ")]
        for row in DOC.read_text(encoding="utf-8").splitlines()
        if re.match(r"\| [0-9]+\.[0-9]+\.[0-9]+ \|", row)
    ]
    assert all(len(row) == 5 for row in rows), [row for row in rows if len(row) != 5]
    return [Line(*row) for row in rows]


def places(text: str) -> list[str]:
    """Every file and test that a text names: what stands between backticks and has the form of a path."""
    return re.findall(r"`([\w./-]+\.(?:py|html|md|toml|lock|env|service|css|svg)(?:::\w+)?)`", text)


def test_every_requirement_of_level_1_and_2_stands_there_once() -> None:
    said = [line.number for line in lines()]
    sections = [section.split(":") for section in LEVELS.split()]
    asked = [f"{section}.{number + 1}" for section, last in sections for number in range(int(last))]
    assert len(said) == len(set(said))
    assert set(asked) - set(said) == set()
    levels = {line.number: line.level for line in lines()}
    assert {levels[number] for number in asked} <= {"1", "2"}
    assert {level for number, level in levels.items() if number not in asked} <= {"3"}
    for chapter in (10, 17):
        assert re.search(
            rf"### V{chapter} [^\n]+\n\nNot applicable as a whole", DOC.read_text(encoding="utf-8")
        )


def test_what_is_called_a_pass_is_shown_by_something_and_what_is_not_says_why() -> None:
    for line in lines():
        assert line.state in STATES, line
        assert line.shown, line
        assert places(line.shown) or line.state != "pass", line


def test_every_file_and_test_that_is_named_is_there() -> None:
    for place in places(DOC.read_text(encoding="utf-8")):
        file, _, name = place.partition("::")
        assert (ROOT / file).is_file(), place
        if name:
            tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
            assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, place


def test_it_is_found_from_the_front_page() -> None:
    assert "(docs/SECURITY.md)" in (ROOT / "README.md").read_text(encoding="utf-8")
