"""Puts the API on the app: its rooms, the guard at the door, ids of requests, headers, errors.

`hectis_flow.app` calls `install_api` once, last. The guard is for the whole app: an address without a
line in the policy table (`domain/access.py`) is treated as one that does not exist, whoever made it.
"""

import re
import secrets
import time

import structlog
from flask import Flask, Request, Response, g, request
from flask.sessions import SessionInterface
from werkzeug.exceptions import NotFound, RequestEntityTooLarge

from hectis_flow.api import (
    agenda,
    balance,
    briefs,
    bulk,
    cases,
    countdown,
    decisions,
    digests,
    escalations,
    incidents,
    links,
    load,
    meetings,
    messages,
    offices,
    proposals,
    staff,
    tasks,
)
from hectis_flow.api.errors import install_errors
from hectis_flow.api.rooms import HectisApi
from hectis_flow.domain.access_rules import is_known

log = structlog.get_logger(__name__)

# Only machine-made ids are taken over: they go to the log, where nothing a person typed may go.
REQUEST_ID = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

# Addresses whose name is not the action's: those that a package made.
ENDPOINTS = {"api-docs.openapi_json": "openapi"}

HEADERS = tuple(
    (name, name.lower(), value)
    for name, value in (
        ("Cache-Control", "no-store"),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
        ("Content-Security-Policy", "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        # Browsers heed it over TLS alone, so it does no harm on this machine.
        ("Strict-Transport-Security", "max-age=31536000; includeSubDomains"),
    )
)


class NoSessions(SessionInterface):
    """Nobody is known by a cookie: none is read, and none is set."""

    def open_session(self, app: Flask, request: Request) -> None:
        """None: whoever would write to a session is refused."""


def install_api(app: Flask) -> None:
    """Put the API on the app, and the guard, headers and errors on everything."""
    app.config.update(
        API_TITLE="Hectis Flow",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/api",
        OPENAPI_JSON_PATH="openapi.json",
        # An OPTIONS answer would run past the token; no browser of another site has business here.
        PROVIDE_AUTOMATIC_OPTIONS=False,
    )
    app.session_interface = NoSessions()
    app.before_request(_open_request)
    app.after_request(_close_request)
    install_errors(app)
    api = HectisApi(app)
    daily = (
        messages,
        incidents,
        cases,
        tasks,
        proposals,
        countdown,
        bulk,
        escalations,
        load,
        balance,
        offices,
    )
    for room in (*daily, briefs, meetings, agenda, decisions, digests, links, staff):
        api.register_blueprint(room.rooms)


def action_of(endpoint: str) -> str:
    """The action in the policy table that an endpoint of the app stands for."""
    return ENDPOINTS.get(endpoint, endpoint)


def _open_request() -> None:
    """Give the request its id, and let nobody in where no line of the policy table does."""
    sent = request.headers.get("X-Request-Id", "").lower()
    request_id = sent if REQUEST_ID.fullmatch(sent) else secrets.token_hex(16)
    g.request_id, g.began = request_id, time.perf_counter()
    # The only thing that is bound here, so nothing of the request before is left in this thread.
    structlog.contextvars.bind_contextvars(request_id=request_id)
    _guard(request)


def _guard(asked: Request) -> None:
    """Closed by default: no line in the policy table, no address."""
    size = asked.content_length
    if size:
        limit = asked.max_content_length
        if limit is not None and size > limit:
            raise RequestEntityTooLarge
    if asked.endpoint is not None and not is_known(action_of(asked.endpoint)):
        raise NotFound


def _close_request(response: Response) -> Response:
    headers = response.headers
    there = {name.lower() for name, _ in headers}
    for name, low, value in HEADERS:
        if low not in there:
            headers.add(name, value)
    headers["X-Request-Id"] = g.request_id
    took = round((time.perf_counter() - g.began) * 1000, 1)
    log.info("answered", endpoint=request.endpoint, status=response.status_code, ms=took)
    return response
