"""The room of links: taking back those of notices that wait."""

from typing import Any

from flask import Response
from marshmallow import Schema, fields, validate

from hectis_flow.api.pages import answer_written
from hectis_flow.api.rooms import Rooms

rooms = Rooms("links", "The links of notices. They are read by nobody here, and can be taken back.")


class RevokeBody(Schema):
    """Whose links are taken back: those of a case, or of somebody on the staff."""

    case = fields.String(validate=validate.Length(1, 40), metadata={"description": "Number of a case."})
    staff = fields.String(validate=validate.Length(1, 80), metadata={"description": "A staff code."})


class Revoked(Schema):
    """What came of it."""

    revoked = fields.Integer(required=True, metadata={"description": "How many waited, and do so no more."})


@rooms.writing("", "revoke", Revoked, RevokeBody)
def revoke_links(body: dict[str, Any]) -> Response:
    """Take back every link that waits of a case, or of somebody; what was answered stays answered."""
    return answer_written("links.revoke", **body)
