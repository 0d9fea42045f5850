"""Turns a checked request into a call of a service, and its result into an answer.

The rooms call it. The JSON of a page comes ready from PostgreSQL and is passed on as it is.
"""

import hashlib
import re
from typing import Any
from urllib.parse import urlencode

from flask import Response, current_app, g, json, request
from itsdangerous import BadData, URLSafeSerializer
from werkzeug.exceptions import UnsupportedMediaType

from hectis_flow.domain.errors import HectisError
from hectis_flow.services import reading, sending
from hectis_flow.services.house import House
from hectis_flow.services.reading import Asking

HL7_TYPES = ("application/hl7-v2", "x-application/hl7-v2+er7")

_BEARER = re.compile(r"bearer +([A-Za-z0-9_-]+)", re.IGNORECASE)


class BadCursor(HectisError):
    """The cursor was not given out by us for this list."""

    code = "bad_cursor"
    status = 400


def answer_page(action: str, query: dict[str, Any]) -> Response:
    """A page of the list: `items`, `next_cursor`, and the next page as a link."""
    cursor, limit = query.pop("cursor", None), query.pop("limit")
    after = None if cursor is None else _after(action, cursor)
    page = reading.list_records(_house(), _asking(), action, query, after, limit)
    following = None if page.next_after is None else _cursors(action).dumps(page.next_after)
    body = f'{{"items": {page.items}, "next_cursor": {json.dumps(following)}}}'
    response = Response(body, mimetype="application/json")
    if following is not None:
        response.headers["Link"] = f'<{_link(following)}>; rel="next"'
    return response


def answer_record(action: str, key: int | str) -> dict[str, Any]:
    """One record."""
    return reading.read_record(_house(), _asking(), action, key)


def answer_sent(action: str) -> Response:
    """Store the messages of the body; the answer, in HL7, is given only once they are committed."""
    sender = sending.admit(_house(), _asking(), action)
    if request.mimetype not in HL7_TYPES:
        raise UnsupportedMediaType
    answers = sending.hand_in(_house(), sender, request.get_data())
    return Response(b"".join(answers), mimetype=request.mimetype)


def _house() -> House:
    house: House = current_app.extensions["hectis_house"]
    return house


def _asking() -> Asking:
    sent = _BEARER.fullmatch(request.headers.get("Authorization", ""))
    return Asking(sent.group(1) if sent else "", g.request_id)


def _cursors(action: str) -> URLSafeSerializer:
    """Signs cursors, so that a page can only be asked for where one of ours ended."""
    return URLSafeSerializer(
        str(current_app.secret_key),
        salt=f"cursor of {action}",
        signer_kwargs={"digest_method": hashlib.sha256},
    )


def _after(action: str, cursor: str) -> int:
    try:
        return int(_cursors(action).loads(cursor))
    except (BadData, ValueError, TypeError):
        raise BadCursor("This cursor is not one of this list's: start again without it.") from None


def _link(cursor: str) -> str:
    """The same list, going on where this page ends. Every parameter was checked before we came here."""
    query = urlencode({**request.args.to_dict(), "cursor": cursor})
    return f"{request.path}?{query}"
