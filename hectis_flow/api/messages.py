"""The room of messages: they come in here, and what became of them is read; never the bytes themselves."""

from typing import Any

from flask import Response

from hectis_flow.api.pages import HL7_TYPES, answer_page, answer_record, answer_sent
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


@rooms.sending(HL7_TYPES, "Every message is stored. One HL7 acknowledgement for each, in order.")
def send_messages() -> Response:
    """Hand in one HL7 v2 message, or a batch of them with or without FHS and BHS envelopes.

    All of the body is stored, or nothing of it; what was stored before is answered as before. The token
    is that of a role `feed_sender`, and MSH-4 must name its facility.
    """
    return answer_sent("messages.send")
