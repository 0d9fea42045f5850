"""A letter of the watching briefs in words: facts, causes, what is recommended, by when a reply is wanted.

`services.brief_letters` calls it with what a letter kept when it was sent. It says numbers, offices, days and the
words of codes; no name of anybody and nothing of a hospital can be in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from hectis_flow.domain.moments import SAST
from hectis_flow.domain.workflow import ROLES
from hectis_flow.render import brief_words, paper
from hectis_flow.render.paper import Facts, Heading, Paper, Paragraph, Table

_TITLES: Final = {role.name: role.title for role in ROLES}
_FOOTER: Final = "Court Watching Briefs, Western Cape. Codes and days only; this letter names nobody."
_WHY: Final = (
    "The Court Watching Briefs unit follows this matter in court and records what keeps it from going on. The "
    "days below are those on which it was seen."
)
_REPLY: Final = (
    "Please reply with one of: done, disciplinary steps taken, or disputed; if a paper goes with it, with its "
    "reference and date. Without a reply the office above yours is asked."
)


@dataclass(frozen=True, slots=True)
class LetterFacts:
    """All that a letter may say. `days` are (day, outcome, docket at court), each by its code."""

    number: int
    office: str
    role: str
    sent_at: datetime
    respond_by: datetime
    case_ref: str
    cas_number: str | None
    station: str | None
    court: str | None
    court_case_no: str | None
    days: Sequence[Sequence[str]]
    causes: Sequence[str]
    recommendation: str


def plain(facts: LetterFacts) -> str:
    """The letter as text."""
    return paper.plain(as_paper(facts))


def pdf(facts: LetterFacts) -> bytes:
    """The letter as a PDF; the same facts give the same bytes."""
    return paper.pdf(as_paper(facts))


def as_paper(facts: LetterFacts) -> Paper:
    """The letter in blocks, for whoever shows it otherwise."""
    by = _day(facts.respond_by.astimezone(SAST).date())
    return Paper(
        title=f"Court watching brief: {facts.case_ref}",
        blocks=(
            Facts(_numbers(facts)),
            Paragraph(_WHY),
            Heading("What was seen in court"),
            Table(("Day in court", "What happened", "Docket"), tuple(_seen(row) for row in facts.days)),
            Heading("Causes"),
            Table(("Cause",), tuple((brief_words.CAUSES[code],) for code in facts.causes)),
            Heading("What is recommended"),
            Paragraph(brief_words.RECOMMENDATIONS[facts.recommendation]),
            Heading("Reply"),
            Paragraph(f"A reply is wanted by {by}. {_REPLY}"),
        ),
        footer=_FOOTER,
    )


def _numbers(facts: LetterFacts) -> tuple[tuple[str, str], ...]:
    cas = f"{facts.cas_number}, {facts.station}" if facts.cas_number else "not known"
    return (
        ("To", f"{_TITLES.get(facts.role, facts.role)}, {facts.office}"),
        ("Letter", f"{facts.number}, sent {_day(facts.sent_at.astimezone(SAST).date())}"),
        ("Case", facts.case_ref),
        ("CAS number", cas),
        ("Court", facts.court or "not known"),
        ("Court case number", facts.court_case_no or "not known"),
    )


def _seen(row: Sequence[str]) -> tuple[str, ...]:
    day, outcome, docket = row
    return _day(date.fromisoformat(day)), brief_words.OUTCOMES[outcome], brief_words.AT_COURT[docket]


def _day(on: date) -> str:
    return f"{on:%a} {on.day} {on:%b %Y}"
