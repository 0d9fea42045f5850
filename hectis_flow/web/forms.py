"""What is typed into the forms of the committee, checked against the codes before a service is asked.

Read by `web.meetings`, `web.decide`, `web.decisions` and `web.matters`. Each check raises `FormWrong` with the sentence
that the page shows.
"""

import re
from collections.abc import Sequence
from datetime import date
from typing import Final

from flask import request

from hectis_flow.domain import workflow_rules
from hectis_flow.domain.committee import PAPER
from hectis_flow.domain.errors import HectisError
from hectis_flow.render import page_words
from hectis_flow.web import page as frame
from hectis_flow.web.page import Visit

_REF: Final = re.compile(workflow_rules.detail("other_case").pattern)
_SEAT: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_SEATS: Final = 60


class FormWrong(HectisError):
    """Something that the form needs was not chosen, or not written as it must be."""

    code = "form_wrong"
    status = 422


def one_of(visit: Visit, name: str, codes: Sequence[str], lacks: str) -> str:
    """The code that was chosen in a field. Raises `FormWrong` with the words of the key `lacks`."""
    chosen = frame.asked(name)
    if chosen not in codes:
        raise wrong(visit, lacks)
    return chosen


def case_ref(visit: Visit) -> str | None:
    """The number of a case, None where none was typed. Raises `FormWrong`."""
    typed = frame.asked("case").upper()
    if typed and not _REF.fullmatch(typed):
        raise wrong(visit, "decide.wrong_case")
    return typed or None


def day(visit: Visit, name: str) -> date:
    """The day that was named in a field. Raises `FormWrong`."""
    found = maybe_day(visit, name)
    if found is None:
        raise wrong(visit, "decide.lacks_day")
    return found


def maybe_day(visit: Visit, name: str) -> date | None:
    """The same, None where none was named."""
    typed = frame.asked(name)
    try:
        return date.fromisoformat(typed) if typed else None
    except ValueError:
        raise wrong(visit, "decide.lacks_day") from None


def paper_ref(visit: Visit) -> str | None:
    """The reference of a paper, None where none was typed. Raises `FormWrong`."""
    typed = frame.asked("paper_ref")
    if typed and not re.fullmatch(PAPER, typed):
        raise wrong(visit, "decide.wrong_paper")
    return typed or None


def what_is_there(name: str) -> list[str]:
    """The codes that were ticked under one name; what is none of ours is left out."""
    return [one for one in request.form.getlist(name)[:_SEATS] if _SEAT.fullmatch(one)]


def wrong(visit: Visit, key: str) -> FormWrong:
    """That something is wrong with the form, in the reader's language."""
    return FormWrong(page_words.say(visit.signed.language, key))
