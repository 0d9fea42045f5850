"""Every source that the made-up province rests on is named in its guide, where a reader can look it up."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs" / "practice.md").read_text(encoding="utf-8")
MARK = re.compile(r"\[(S[0-9]+)\]")
# As the guide's lists have them: at the start of a line or after a semicolon, with what it is.
LISTED = frozenset(re.findall(r"(?:^|; )(S[0-9]+) [^;\s]", GUIDE, re.MULTILINE))
TABLES = sorted((ROOT / "hectis_flow" / "practice").glob("*.py"))
MARKED = {path.name: frozenset(MARK.findall(path.read_text(encoding="utf-8"))) for path in TABLES}


def test_the_marks_of_the_tables_are_found() -> None:
    assert MARKED["rates.py"] > {"S9", "S13"}
    assert MARKED["road_rates.py"] > {"S89", "S119"}


@pytest.mark.parametrize("name", [name for name, marks in MARKED.items() if marks])
def test_a_source_that_a_table_names_is_listed(name: str) -> None:
    assert MARKED[name] <= LISTED


def test_the_guide_lists_whatever_it_names_and_nothing_else() -> None:
    assert set(MARK.findall(GUIDE)) == LISTED
