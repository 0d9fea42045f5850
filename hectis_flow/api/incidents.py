"""The room of incidents: what happened, and to whom for those who may know."""

from typing import Any

from flask import Response

from hectis_flow.api.pages import answer_page, answer_record
from hectis_flow.api.queries import IncidentQuery
from hectis_flow.api.rooms import BIGINT, Rooms
from hectis_flow.api.schemas import Incident, IncidentPage

rooms = Rooms("incidents", "Acts of violence as emergency centres recorded them.")


@rooms.listing(IncidentQuery, IncidentPage)
def list_incidents(query: dict[str, Any]) -> Response:
    """Incidents, newest first; never with a person."""
    return answer_page("incidents.list", query)


@rooms.single(f"/<{BIGINT}:incident_id>", Incident)
def read_incident(incident_id: int) -> dict[str, Any]:
    """One incident with its patients. Each read is logged."""
    return answer_record("incidents.read", incident_id)
