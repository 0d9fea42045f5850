"""The committee's codes, who may owe it something, and the sentence with which an agenda opens.

`services.meetings`, `services.agenda` and `services.decisions` ask it; the database holds the codes too. The
committee says what is wanted of whom; it moves no case (domain.md 5.3). All codes here are this project's own [D].
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from hectis_flow.domain.access import OFFICE_KINDS
from hectis_flow.domain.access_rules import grant
from hectis_flow.domain.duty import HEADS
from hectis_flow.domain.errors import HectisError

CHAIR: Final = "committee_chair"
SECRETARY: Final = "committee_secretary"

#: Why a case is tabled.
TABLING: Final = (
    *("two_sides_disagree", "resources_needed", "repeated_removal", "no_answer", "witness_safety"),
    *("pattern_of_cases", "policy_question"),
)
#: What the committee can decide that somebody does.
DECISIONS: Final = (
    *("complete_docket", "bring_docket_to_court", "obtain_report", "request_reenrolment"),
    *("review_prosecution", "review_closed_docket", "assign_people", "meet_the_other_side"),
    *("mend_the_process", "report_to_committee"),
)
OUTCOMES: Final = ("done", "not_possible")
#: Why something was not possible.
NOT_POSSIBLE: Final = (
    *("not_ours", "no_means", "the_law_forbids", "overtaken_by_events", "person_not_found"),
    "paper_does_not_exist",
)
#: Why a report is sent back.
SENT_BACK: Final = ("paper_missing", "not_enough", "still_possible", "other_than_decided")
#: Where a decision can stand, as `storage.decisions` reckons it.
STATES: Final = ("recorded", "dropped", "open", "late", "reported", *OUTCOMES)
#: Reference of a paper: no ten digits in a row, which would be a telephone or an identity number.
PAPER: Final = r"(?!.*[0-9]{10})[A-Za-z0-9][A-Za-z0-9./_-]{0,39}"

#: How far ahead the day of a decision may lie.
A_YEAR: Final = timedelta(days=366)
_WORDS: Final[Mapping[str, str]] = {
    "done": "done",
    "not_possible": "not possible",
    "reported": "reported",
    "late": "late",
    "open": "open",
}


class CommitteeRefused(HectisError):
    """It cannot be done as asked; `code` says why."""

    code = "committee_refused"
    status = 409


@dataclass(frozen=True, slots=True)
class FollowUp:
    """What came of the decisions of before, each counted once by where it stands."""

    done: int = 0
    not_possible: int = 0
    reported: int = 0
    late: int = 0
    open: int = 0

    @property
    def decided(self) -> int:
        """All of them."""
        return sum(self.counts.values())

    @property
    def counts(self) -> dict[str, int]:
        """How many stand where."""
        return {state: getattr(self, state) for state in _WORDS}

    @property
    def sentence(self) -> str:
        """As the agenda opens: decided 4: 3 done, 1 late."""
        if not self.decided:
            return "Nothing was decided before that is still to be followed up."
        parts = [f"{count} {_WORDS[state]}" for state, count in self.counts.items() if count]
        return f"Decided {self.decided}: {', '.join(parts)}."


def owner(kind: str, role: str | None) -> str:
    """The role at an office of this kind that a decision is for; whoever leads it, if none is named.

    Raises `CommitteeRefused`: `owner_unknown`. Only posts that have a queue can owe something; the chair owes nothing
    to the chair.
    """
    found = role or HEADS.get(kind, "")
    queued = grant(found, "tasks.list").scope == "own_office" and OFFICE_KINDS.get(found) == kind
    if found == CHAIR or not queued:
        raise CommitteeRefused(
            "Nobody at this office has a queue for that. Name the office and the role of who must do it; for an "
            "agency without one, the committee's secretary follows it up.",
            code="owner_unknown",
        )
    return found


def check_due(due_on: date, today: date) -> None:
    """The day of a decision lies ahead, within a year. Raises `CommitteeRefused`: `due_not_ahead`, `due_too_far`."""
    if due_on <= today:
        raise CommitteeRefused(
            "The day by which it is wanted must lie ahead. Name a later one; what was recorded for this day is dropped "
            "and recorded anew.",
            code="due_not_ahead",
        )
    if due_on - today > A_YEAR:
        raise CommitteeRefused(
            "The day by which it is wanted must lie within a year. Name an earlier one.", code="due_too_far"
        )


def check_unconfirmed(*, confirmed: bool, dropped: bool) -> None:
    """A decision waits for the chair still. Raises `CommitteeRefused`: `already_confirmed`, `already_dropped`."""
    if confirmed:
        raise CommitteeRefused("This decision is confirmed. Nothing is left to do.", code="already_confirmed")
    if dropped:
        raise CommitteeRefused("This decision was dropped. Record it anew.", code="already_dropped")


def check_owed(*, confirmed: bool, ended: bool, reported: bool) -> None:
    """A decision is its owner's to report.

    Raises `CommitteeRefused`: `not_confirmed`, `already_ended`, `already_reported`.
    """
    if not confirmed:
        raise CommitteeRefused(
            "The chair has not confirmed this decision yet. Report once it is your task.",
            code="not_confirmed",
        )
    if ended:
        raise CommitteeRefused(
            "This decision has come to its end. Nothing is left to do.", code="already_ended"
        )
    if reported:
        raise CommitteeRefused(
            "A report waits for the chair already. Wait for the answer.", code="already_reported"
        )


def answerable(report_id: int | None, reported_by: str | None, by: str) -> int:
    """The report that waits for an answer, and that somebody else has made.

    Raises `CommitteeRefused`: `nothing_reported`, `same_person`.
    """
    if report_id is None:
        raise CommitteeRefused(
            "Nothing is reported that waits for an answer. Its owner reports first.",
            code="nothing_reported",
        )
    if reported_by == by:
        raise CommitteeRefused("You reported this yourself. Somebody else answers.", code="same_person")
    return report_id
