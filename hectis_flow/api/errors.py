"""The one shape in which every error leaves: `{"error": {code, message, fields, request_id}}`.

`api.edge` installs it for the whole service. An error we raised ourselves brings its sentence along; of
an unknown one only "internal error" is said, and its type and place go to the log. What a caller sent
is never said back.
"""

from http import HTTPStatus
from typing import Any

import psycopg
import structlog
from flask import Flask, Response, g, json, request
from marshmallow import Schema, fields
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection
from werkzeug.exceptions import HTTPException

from hectis_flow.domain.errors import HectisError
from hectis_flow.services.reading import NOT_HERE

log = structlog.get_logger(__name__)

RETRY_SECONDS = 5
WORDS = {
    400: ("bad_request", "This request cannot be read."),
    404: ("not_found", NOT_HERE),
    405: ("method_not_allowed", "This address does not take that method; Allow lists those it takes."),
    413: ("too_large", "This is larger than we take."),
    415: (
        "unsupported_media_type",
        "Send HL7 v2 with the Content-Type application/hl7-v2 or x-application/hl7-v2+er7.",
    ),
    422: ("invalid", "Some of the parameters are not valid; `fields` says which and why."),
    500: ("internal", "internal error"),
    503: (
        "database_away",
        "The database does not answer, so nothing was read or changed. Try again in a few seconds.",
    ),
}
KEPT_HEADERS = ("Allow", "Retry-After")


class ErrorBody(Schema):
    """What went wrong."""

    code = fields.String(required=True, metadata={"description": "Stable; for programs."})
    message = fields.String(required=True, metadata={"description": "A sentence; for people."})
    fields_ = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.String()),
        data_key="fields",
        required=True,
        metadata={"description": "Sentences by parameter; empty unless parameters were at fault."},
    )
    request_id = fields.String(required=True, metadata={"description": "Say this when you ask us."})


class ErrorSchema(Schema):
    """The shape of every error."""

    error = fields.Nested(ErrorBody, required=True)


def install_errors(app: Flask) -> None:
    """Give every error of the app this shape."""
    app.register_error_handler(HectisError, _told)
    app.register_error_handler(HTTPException, http_error)
    for away in (OperationalError, InterfaceError, NoConnection, psycopg.OperationalError):
        app.register_error_handler(away, _away)
    app.register_error_handler(Exception, _unknown)


def http_error(error: HTTPException) -> Response:
    """An error of HTTP itself: no such address, wrong method, parameters that are not valid."""
    status = error.code or 500
    code, message = WORDS.get(status, (f"http_{status}", HTTPStatus(status).phrase))
    response = error_response(status, code, message, getattr(error, "data", {}).get("messages"))
    for name, value in error.get_headers():
        if name in KEPT_HEADERS:
            response.headers[name] = value
    return response


def error_response(
    status: int, code: str, message: str, wrong: dict[str, list[str]] | None = None
) -> Response:
    """An error in the one shape."""
    body = {"code": code, "message": message, "fields": wrong or {}, "request_id": g.get("request_id", "")}
    return Response(json.dumps({"error": body}), status, mimetype="application/json")


def _told(error: HectisError) -> Response:
    response = error_response(error.status, error.code, error.message, getattr(error, "fields", None))
    if error.status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _away(error: Exception) -> Response:
    log.warning("the database does not answer", endpoint=request.endpoint, exc_info=error)
    response = error_response(503, *WORDS[503])
    response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response


def _unknown(error: Exception) -> Response:
    log.error("a request failed", endpoint=request.endpoint, exc_info=error)
    return error_response(500, *WORDS[500])


def first_values(messages: Any) -> dict[str, list[str]]:
    """Marshmallow's findings as sentences by parameter."""
    return {str(name): [str(one) for one in found] for name, found in dict(messages).items()}
