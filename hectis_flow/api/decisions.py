"""The room of decisions: the committee records and confirms them, whoever was asked reports, the chair answers."""

from typing import Any

from flask import Response

from hectis_flow.api.bodies_committee import BackBody, DecisionBody, DecisionQuery, ReportBody
from hectis_flow.api.pages import answer_page, answer_record, answer_written
from hectis_flow.api.rooms import BIGINT, Rooms
from hectis_flow.api.schemas_committee import Decision, DecisionPage

rooms = Rooms("decisions", "What the committee has decided, of whom it is wanted, and what became of it.")


@rooms.listing(DecisionQuery, DecisionPage)
def list_decisions(query: dict[str, Any]) -> Response:
    """Decisions: all to the committee, to others those of their own office and of those below it. Newest first."""
    return answer_page("decisions.list", query)


@rooms.single(f"/<{BIGINT}:decision_id>", Decision)
def read_decision(decision_id: int) -> dict[str, Any]:
    """One decision with what was reported of it."""
    return answer_record("decisions.read", decision_id)


@rooms.writing("", "record", Decision, DecisionBody, status=201)
def record_decision(body: dict[str, Any]) -> Response:
    """Record a decision of the meeting that is open. The chair's own are confirmed with it."""
    what = (body["kind"], body.get("case"), body["office"], body.get("role"), body["due_on"])
    return answer_written("decisions.record", *what)


@rooms.writing(f"/<{BIGINT}:decision_id>/confirm", "confirm", Decision)
def confirm_decision(decision_id: int) -> Response:
    """Confirm a decision: its owner has it as a task at once."""
    return answer_written("decisions.confirm", decision_id)


@rooms.writing(f"/<{BIGINT}:decision_id>/drop", "drop", Decision)
def drop_decision(decision_id: int) -> Response:
    """Drop a decision that was recorded and is not confirmed."""
    return answer_written("decisions.drop", decision_id)


@rooms.writing(f"/<{BIGINT}:decision_id>/report", "report", Decision, ReportBody)
def report_decision(body: dict[str, Any], decision_id: int) -> Response:
    """Say what became of it: done, or not possible with a reason; with the reference of a paper if there is one."""
    return answer_written(
        "decisions.report", decision_id, body["outcome"], body.get("reason"), body.get("paper_ref")
    )


@rooms.writing(f"/<{BIGINT}:decision_id>/accept", "accept", Decision)
def accept_report(decision_id: int) -> Response:
    """Accept what was reported."""
    return answer_written("decisions.accept", decision_id)


@rooms.writing(f"/<{BIGINT}:decision_id>/send-back", "send_back", Decision, BackBody)
def send_report_back(body: dict[str, Any], decision_id: int) -> Response:
    """Send a report back with a reason: it is wanted again, by the day that is named or the usual one."""
    return answer_written("decisions.send_back", decision_id, body["reason"], body.get("due_on"))
