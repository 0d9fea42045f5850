"""docs/committee.md says the codes that there are, and every refusal of the committee and the gang flag."""

import re
from pathlib import Path

import pytest

from hectis_flow.domain import committee, gang_flag

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "committee.md").read_text(encoding="utf-8")
RAISING = (
    *("domain/committee", "domain/gang_flag", "services/meetings", "services/agenda"),
    *("services/decisions", "services/gang_flags"),
)


def rows(title: str) -> dict[str, tuple[str, ...]]:
    """The codes of each row of a table of the page, by what stands in its first cell."""
    part = PAGE.split(f"## {title}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line.strip("|").split("|") for line in part.splitlines() if line.startswith("|")][2:]
    return {cells[0].strip().strip("`"): tuple(re.findall(r"`([^`]+)`", cells[1])) for cells in lines}


@pytest.mark.parametrize(
    ("what", "codes"),
    [
        ("why a case is tabled", committee.TABLING),
        ("what is decided", committee.DECISIONS),
        ("where a decision stands", committee.STATES),
        ("why it was not possible", committee.NOT_POSSIBLE),
        ("why a report is sent back", committee.SENT_BACK),
        ("why a flag is lifted", gang_flag.LIFTING),
    ],
)
def test_the_page_lists_every_code(what: str, codes: tuple[str, ...]) -> None:
    assert rows("Codes")[what] == codes


def test_the_page_says_who_sets_a_flag_from_which_source() -> None:
    assert rows("The gang flag") == gang_flag.SOURCES


def test_the_page_explains_every_refusal_and_no_other() -> None:
    raised = {
        code
        for name in RAISING
        for code in re.findall(
            r'code="(\w+)"', (ROOT / "hectis_flow" / f"{name}.py").read_text(encoding="utf-8")
        )
    }
    assert set(rows("When it is refused")) == raised


def test_the_database_takes_the_codes_of_the_page() -> None:
    migration = next((ROOT / "migrations" / "versions").glob("*_committee_and_gang_flag.py")).read_text()
    flat = re.sub(r"'\s*,\s*'", " ", migration)
    for codes in (
        committee.TABLING,
        committee.DECISIONS,
        committee.NOT_POSSIBLE,
        committee.SENT_BACK,
        gang_flag.LIFTING,
    ):
        assert " ".join(codes) in flat
