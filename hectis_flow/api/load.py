"""The room of load: what the offices below yours carry beside the benchmark."""

from typing import Any

from flask import Response

from hectis_flow.api.pages import answer_load
from hectis_flow.api.queries import Paging
from hectis_flow.api.rooms import Rooms
from hectis_flow.api.schemas_hands import LoadPage

rooms = Rooms("load", "Open dockets and matters beside the benchmark, so that work can be handed on.")


@rooms.listing(Paging, LoadPage)
def list_load(query: dict[str, Any]) -> Response:
    """Your station or prosecutors, or all below you, the fullest first; of a station each officer too."""
    return answer_load("load.list", query)
