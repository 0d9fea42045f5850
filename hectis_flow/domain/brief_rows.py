"""Rows of the unit's own form: each names a matter and says what was seen of it on one day in court.

`services.brief_import` reads them here before anything is looked for. What is wrong with a row is said by the name
of its column; no refusal repeats what the row says. Pure.
"""

import re
from collections.abc import Mapping
from datetime import date
from typing import Final, NamedTuple

from hectis_flow.domain import briefs as rules
from hectis_flow.domain.briefs import Appearance, refuse
from hectis_flow.domain.cas import CasNumber, parse
from hectis_flow.domain.workflow_rules import detail
from hectis_flow.domain.workflow_words import ATTRIBUTABLE, CASE_REF, REMOVAL_CAUSES

#: The columns, in the order in which the page about them lists them.
COLUMNS: Final = (
    *("case_ref", "cas_number", "court", "court_case_no", "court_date", "outcome", "docket_at_court"),
    *("causes", "attributable_to", "recommendation"),
)
NEEDED: Final = ("court_date", "outcome", "docket_at_court")
_CODED: Final[Mapping[str, tuple[str, ...]]] = {
    "outcome": rules.OUTCOMES,
    "docket_at_court": rules.AT_COURT,
    "attributable_to": ATTRIBUTABLE,
    "recommendation": rules.RECOMMENDATIONS,
}


class Row(NamedTuple):
    """One row: the first of these that is there names the matter, then what was seen of it."""

    case_ref: str | None
    cas: CasNumber | None
    court: str | None
    court_case_no: str | None
    seen: Appearance


def read(row: Mapping[str, str | None], today: date) -> Row:
    """A row of the form. Raises `BriefRefused`, and `CasRefused` for a CAS number that is none.

    Codes: `row_incomplete`, `row_unreadable`, `unknown_code`, and those of `check_appearance`.
    """
    said = {name: (row.get(name) or "").strip() for name in COLUMNS}
    missing = [name for name in NEEDED if not said[name]]
    if missing:
        refuse("row_incomplete", f"This row lacks: {', '.join(missing)}.")
    for name, codes in _CODED.items():
        if said[name] and said[name] not in codes:
            refuse("unknown_code", f"The column {name} takes one of: {', '.join(codes)}.")
    causes = tuple(part.strip() for part in said["causes"].split(";") if part.strip())
    if set(causes) - set(REMOVAL_CAUSES):
        refuse("unknown_code", f"The column causes takes, with semicolons: {', '.join(REMOVAL_CAUSES)}.")
    seen = Appearance(
        _day(said["court_date"]),
        said["outcome"],
        said["docket_at_court"],
        said["recommendation"] or rules.RECOMMENDATIONS[0],
        causes,
        said["attributable_to"] or None,
    )
    rules.check_appearance(seen, today)
    return _named(said, seen, today)


def _named(said: Mapping[str, str], seen: Appearance, today: date) -> Row:
    """The row with the one thing by which its matter is looked for."""
    if said["case_ref"]:
        ref = said["case_ref"].upper()
        if not re.fullmatch(CASE_REF, ref):
            refuse("row_unreadable", "The column case_ref takes a case number, such as WC-2026-000123.")
        return Row(ref, None, None, None, seen)
    if said["cas_number"]:
        return Row(None, parse(said["cas_number"], today), None, None, seen)
    if not said["court"] or not said["court_case_no"]:
        refuse(
            "row_incomplete",
            "Name the matter by case_ref, by cas_number, or by court and court_case_no together.",
        )
    forms = {"court": detail("court").pattern, "court_case_no": detail("court_case_no").pattern}
    for name, form in forms.items():
        if not re.fullmatch(form, said[name]):
            refuse("row_unreadable", f"The column {name} is not in the form of such a code.")
    return Row(None, None, said["court"], said["court_case_no"], seen)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        refuse("row_unreadable", "The column court_date takes a day such as 2026-11-22.")
