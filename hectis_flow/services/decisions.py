"""Decisions of the committee: recorded in a meeting, confirmed by the chair, owed by an office, reported, answered.

The API's views call it, one call a request; the clock calls `climb`. A confirmed decision is a task of its owner at
once, with a clock and a ladder: about a case it is awaited beside the stage (an item), about none it climbs by itself.
The chair decides what is wanted; no stage is ever moved here. Lock order: the case, then the decision.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Final

from hectis_flow.domain import workflow_rules
from hectis_flow.domain.committee import (
    CHAIR,
    CommitteeRefused,
    answerable,
    check_due,
    check_owed,
    check_unconfirmed,
    owner,
)
from hectis_flow.domain.errors import NotVisible
from hectis_flow.domain.ledger import Json
from hectis_flow.domain.moments import SAST
from hectis_flow.services import committee, named, notes, waiting
from hectis_flow.services.committee import Asked
from hectis_flow.services.house import House
from hectis_flow.services.once import Answer, Writing
from hectis_flow.services.reading import NOT_HERE
from hectis_flow.storage import cases, database, decisions, items, meetings, scoped, tokens
from hectis_flow.storage.cases import Locked
from hectis_flow.storage.decisions import Decision
from hectis_flow.storage.meetings import Meeting

KIND: Final = "committee_decision"
AT_ONCE: Final = 200

Answering = Callable[[Asked, Decision, Locked | None], None]


def record(
    house: House, writing: Writing, kind: str, ref: str | None, office: str, role: str | None, due_on: date
) -> Answer:
    """Record a decision of the meeting that is open; the chair's own are confirmed with it.

    Between meetings the chair alone decides, and the next meeting that is planned has it in its minutes.

    Raises `NotAllowed`, `NoPerson`, `NotVisible` for a case that never came to the committee, and
    `CommitteeRefused`: `no_meeting_open`, `owner_unknown`, `due_not_ahead`, `due_too_far`.
    """

    def effect(asked: Asked) -> Mapping[str, Any]:
        session = asked.session
        case = _case_at_hand(asked, ref) if ref is not None else None
        meeting = _sitting(asked)
        at = tokens.office(session, office)
        owes = owner(at.kind if at else "", role)
        check_due(due_on, database.today(session))
        values = {"meeting_id": meeting.id, "kind": kind, "case_id": case.id if case else None}
        values |= {"office_id": at.id if at else None, "role": owes, "due_on": due_on, "by": asked.by}
        made = decisions.hold(session, decisions.add(session, values))
        _note(asked, case, made, "recorded")
        if asked.bearer.role == CHAIR:
            _confirm(asked, made, case)
        else:
            _ask_chair(asked, made, decisions.CONFIRM)
        return committee.shown(asked, "decision", made.id)

    return committee.write(house, writing, "decisions.record", effect, new=True)


def confirm(house: House, writing: Writing, decision_id: int) -> Answer:
    """Confirm a decision that was recorded: its owner has it as a task at once.

    Raises `NoPerson`, `NotVisible`, and `CommitteeRefused`: `already_confirmed`, `already_dropped`, and
    `due_not_ahead` where its day has come meanwhile.
    """

    def answering(asked: Asked, decision: Decision, case: Locked | None) -> None:
        _unconfirmed(decision)
        check_due(decision.due_on, database.today(asked.session))
        _confirm(asked, decision, case)

    return _answered(house, writing, "decisions.confirm", decision_id, answering)


def drop(house: House, writing: Writing, decision_id: int) -> Answer:
    """Drop a decision that was recorded and not confirmed. Raises as `confirm` does, but for the day."""

    def answering(asked: Asked, decision: Decision, case: Locked | None) -> None:
        _unconfirmed(decision)
        decisions.drop(asked.session, decision.id, asked.by)
        decisions.settle_tasks(asked.session, decision.id, (decisions.CONFIRM,), asked.actor)
        _note(asked, case, decision, "dropped")

    return _answered(house, writing, "decisions.drop", decision_id, answering)


def report(
    house: House, writing: Writing, decision_id: int, outcome: str, reason: str | None, paper_ref: str | None
) -> Answer:
    """Say what became of a decision, as the post that owes it.

    Raises `NoPerson`, `NotVisible`, and `CommitteeRefused`: `not_confirmed`, `already_reported`, `already_ended`.
    """

    def answering(asked: Asked, decision: Decision, case: Locked | None) -> None:
        if (decision.office_id, decision.role) != (asked.bearer.office_id, asked.bearer.role):
            raise NotVisible(NOT_HERE)
        check_owed(
            confirmed=decision.confirmed_at is not None,
            ended=decision.ended_at is not None,
            reported=decision.report_id is not None,
        )
        values = {"outcome": outcome, "reason": reason, "paper_ref": paper_ref, "by": asked.by}
        decisions.report(asked.session, decision.id, values)
        _rest(asked, decision)
        _ask_chair(asked, decision, decisions.ACCEPT)
        _note(asked, case, decision, "reported", outcome)

    return _answered(house, writing, "decisions.report", decision_id, answering)


def accept(house: House, writing: Writing, decision_id: int) -> Answer:
    """Accept what was reported: the decision is done, or was not possible.

    Raises `NoPerson`, `NotVisible`, and `CommitteeRefused`: `nothing_reported`, `same_person`.
    """

    def answering(asked: Asked, decision: Decision, case: Locked | None) -> None:
        report_id = answerable(decision.report_id, decision.reported_by, asked.by)
        decisions.answer(asked.session, report_id, "accepted", None, asked.by)
        decisions.end(asked.session, decision.id, decision.outcome or "")
        decisions.settle_tasks(asked.session, decision.id, (decisions.ACCEPT,), asked.actor)
        _note(asked, case, decision, "accepted", decision.outcome)

    return _answered(house, writing, "decisions.accept", decision_id, answering)


def send_back(house: House, writing: Writing, decision_id: int, reason: str, due_on: date | None) -> Answer:
    """Send a report back with a reason: the decision is owed again, by another day.

    Raises as `accept` does, and `due_not_ahead`, `due_too_far`.
    """

    def answering(asked: Asked, decision: Decision, case: Locked | None) -> None:
        report_id, session = answerable(decision.report_id, decision.reported_by, asked.by), asked.session
        day = due_on or committee.usual_day(house, session, KIND)
        check_due(day, database.today(session))
        decisions.answer(session, report_id, "sent_back", reason, asked.by)
        decisions.put_off(session, decision.id, day)
        decisions.settle_tasks(session, decision.id, (decisions.ACCEPT,), asked.actor)
        _begin(asked, decision._replace(due_on=day), case)
        _note(asked, case, decision, "sent_back", reason)

    return _answered(house, writing, "decisions.send_back", decision_id, answering)


def climb(house: House, limit: int = AT_ONCE) -> int:
    """Let decisions about no case climb whose next rung is due; how many did."""
    with house.transaction() as session:
        return decisions.climb(session, limit)


def _answered(house: House, writing: Writing, action: str, decision_id: int, answering: Answering) -> Answer:
    """Answer a decision that the bearer may see, with its case held; what is shown is how it then stands."""

    def effect(asked: Asked) -> Mapping[str, Any]:
        committee.shown(asked, "decision", decision_id)
        found = decisions.find(asked.session, decision_id)
        case = cases.lock(asked.session, found.case_id) if found and found.case_id else None
        answering(asked, decisions.hold(asked.session, decision_id), case)
        return committee.shown(asked, "decision", decision_id)

    return committee.write(house, writing, action, effect)


def _unconfirmed(decision: Decision) -> None:
    """Only where a decision still waits for the chair."""
    check_unconfirmed(confirmed=decision.confirmed_at is not None, dropped=decision.dropped_at is not None)


def _confirm(asked: Asked, decision: Decision, case: Locked | None) -> None:
    decisions.confirm(asked.session, decision.id, asked.by)
    decisions.settle_tasks(asked.session, decision.id, (decisions.CONFIRM,), asked.actor)
    _begin(asked, decision, case)
    _note(asked, case, decision, "confirmed")


def _ask_chair(asked: Asked, decision: Decision, kind: str) -> None:
    """Ask the chair, who has the time for an answer that the policy gives."""
    by = committee.chair_by(asked.house, asked.session)
    decisions.ask(asked.session, kind, decision.id, decision.committee, CHAIR, by)


def _begin(asked: Asked, decision: Decision, case: Locked | None) -> None:
    """Ask its owner, with a clock and a ladder from now to its day."""
    due = datetime.combine(decision.due_on, waiting.COURT_RISES, SAST)
    owes = (decision.office_id, decision.role)
    if case is not None:
        named.expect(asked.house, asked.session, case, KIND, str(decision.id), owes, due)
        return
    clock, now = workflow_rules.awaited(KIND).clock, database.now(asked.session)
    values = named.reckoned(asked.house, asked.session, clock, owes, now, due)
    decisions.ask(asked.session, decisions.ANSWER, decision.id, *owes, values["due_at"])
    decisions.wait(asked.session, decision.id, values["ladder"])


def _rest(asked: Asked, decision: Decision) -> None:
    """Nothing is awaited of its owner until the chair has answered."""
    if decision.case_id is None:
        decisions.rest(asked.session, decision.id, asked.actor)
        return
    item = decisions.item_of(asked.session, decision.case_id, decision.id)
    items.settle(asked.session, [item] if item else [], asked.actor, "reported")


def _sitting(asked: Asked) -> Meeting:
    """The meeting that is open, or for the chair the next one, held: what is recorded is in its minutes."""
    meeting = meetings.sitting(asked.session, asked.bearer.office_id)
    if meeting is None and asked.bearer.role == CHAIR:
        meeting = meetings.hold_next(asked.session, asked.bearer.office_id)
    if meeting is None:
        raise CommitteeRefused(
            "No meeting is open, and decisions are recorded in one. Open it first.", code="no_meeting_open"
        )
    return meeting


def _case_at_hand(asked: Asked, ref: str) -> Locked:
    """A case that came to the committee, held."""
    case = scoped.hold(asked.session, "committee", asked.bearer.office_id, ref)
    if case is None:
        raise NotVisible(NOT_HERE)
    return case


def _note(asked: Asked, case: Locked | None, decision: Decision, state: str, code: str | None = None) -> None:
    """What the ledger of its case keeps of it; a decision about no case has none."""
    if case is not None:
        said: dict[str, Json] = {"state": state, "kind": decision.kind, "decision": decision.id, "code": code}
        notes.write(asked.session, case.id, asked.actor, KIND, said)
