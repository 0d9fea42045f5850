"""The door of replies: `POST /hooks/replies`, where the provider that takes mails and text messages in hands them on.

`hectis_flow.app` calls `install_replies`. Each call is signed as Standard Webhooks has it (`webhook-id`,
`webhook-timestamp`, `webhook-signature`), of the last five minutes, and has an effect once. Where no secret is set
there is no such address. It says what came of a reply in a word, and nothing of any case.
"""

import time

from flask import Flask, Response, json, request
from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate
from werkzeug.exceptions import NotFound

from hectis_flow.domain import signed_call
from hectis_flow.domain.errors import HectisError
from hectis_flow.services import replies
from hectis_flow.services.house import House

LARGEST = 64 * 1024


class CallRefused(HectisError):
    """The call is not from the provider, or not of now; `code` says which."""

    code = "call_refused"
    status = 401


class BodyUnreadable(HectisError):
    """The call is genuine and says nothing that could be a reply."""

    code = "body_unreadable"
    status = 400


class Reply(Schema):
    """What a call carries; whatever else a provider sends is left aside."""

    sender = fields.String(required=True, data_key="from", validate=validate.Length(1, 320))
    text = fields.String(required=True, validate=validate.Length(0, 20_000))


def install_replies(app: Flask) -> None:
    """Put the door on the app."""
    house: House = app.extensions["hectis_house"]

    def reply_hook() -> Response:
        secrets = house.outward.options.reply_secrets
        if not secrets:
            raise NotFound
        call_id = _genuine(secrets)
        said = _said()
        came = replies.taken(house, call_id, said["sender"], said["text"])
        return Response(json.dumps({"outcome": came.outcome}), mimetype="application/json")

    app.add_url_rule(
        "/hooks/replies", "reply_hook", reply_hook, methods=["POST"], provide_automatic_options=False
    )


def _genuine(secrets: tuple[str, ...]) -> str:
    """The id of the call. Raises `CallRefused`."""
    call_id, at, given = (
        request.headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature")
    )
    body = b"" if (request.content_length or 0) > LARGEST else request.get_data()
    if not signed_call.is_genuine(secrets, call_id, at, given, body, time.time()):
        raise CallRefused("The call is not signed with a secret that holds, or not of the last five minutes.")
    return call_id


def _said() -> dict[str, str]:
    try:
        said: dict[str, str] = Reply().load(request.get_json(silent=True) or {}, unknown=EXCLUDE)
    except ValidationError:
        raise BodyUnreadable("A reply is a JSON object with 'from' and 'text'.") from None
    return said
