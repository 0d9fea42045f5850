"""The room of messages: what came in, and what became of it. Never the bytes themselves."""

from typing import Any

from flask import Response

from hectis_flow.api.pages import answer_page, answer_record
from hectis_flow.api.queries import MessageQuery
from hectis_flow.api.rooms import BIGINT, Rooms
from hectis_flow.api.schemas import Message, MessagePage

rooms = Rooms("messages", "What hospitals sent, and what became of it.")


@rooms.listing(MessageQuery, MessagePage)
def list_messages(query: dict[str, Any]) -> Response:
    """Messages, newest first."""
    return answer_page("messages.list", query)


@rooms.single(f"/<{BIGINT}:message_id>", Message)
def read_message(message_id: int) -> dict[str, Any]:
    """One message, without what it says."""
    return answer_record("messages.read", message_id)
