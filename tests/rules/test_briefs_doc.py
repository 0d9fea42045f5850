"""docs/briefs.md lists the codes that there are, and explains every refusal of a brief."""

import re
from pathlib import Path

import pytest

from hectis_flow.domain import brief_rows, briefs

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "briefs.md").read_text(encoding="utf-8")
RAISING = (
    *("domain/briefs", "domain/brief_rows", "services/briefs", "services/brief_seats", "services/brief_desk"),
    *("services/brief_letters", "services/brief_import", "services/brief_book"),
)
REFUSED = r'(?:refuse\(\s*|code=)"(\w+)"'


def rows(title: str) -> list[list[str]]:
    """The cells of the table under a heading of the page."""
    part = PAGE.split(f"## {title}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line.strip("|").split("|") for line in part.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in line] for line in lines]


def coded(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_the_page_explains_every_refusal_and_no_other() -> None:
    raised = {
        code
        for name in RAISING
        for code in re.findall(REFUSED, (ROOT / "hectis_flow" / f"{name}.py").read_text(encoding="utf-8"))
    }
    assert {code for row in rows("When it is refused") for code in coded(row[0])} == raised


@pytest.mark.parametrize(
    ("column", "codes"),
    [
        ("outcome", briefs.OUTCOMES),
        ("docket_at_court", briefs.AT_COURT),
        ("recommendation", briefs.RECOMMENDATIONS),
    ],
)
def test_the_page_lists_what_a_column_of_the_form_takes(column: str, codes: tuple[str, ...]) -> None:
    said = {coded(row[0])[0]: coded(row[1]) for row in rows("The form's export")}
    assert tuple(dict.fromkeys(said[column])) == codes


def test_the_page_lists_every_reason_and_every_column() -> None:
    assert {code for row in rows("When a brief opens") for code in coded(row[0])} == set(briefs.TRIGGERS)
    columns = {code for row in rows("The form's export") for code in coded(row[0])}
    assert columns == set(brief_rows.COLUMNS)
    for reason in (*briefs.DECLINE_REASONS, *briefs.CLOSE_REASONS, *briefs.REPLIES):
        assert f"`{reason}`" in PAGE
