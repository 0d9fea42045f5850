"""The page behind a link in a notice: what is wanted, by when, what else happens, and one button.

`hectis_flow.app` calls `install_link`. To open the page changes nothing of the case, whoever or whatever opens it: when it was first seen is noted. The
button makes the one move that the link was made for, once. It signs nobody in, sets no cookie, runs
nothing and names no other host. It says no more about a case than the notice did.
"""

from collections.abc import Callable
from datetime import datetime

from flask import Flask, Response, make_response, render_template, request
from psycopg import OperationalError as DriverAway
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection

from hectis_flow.domain import workflow_rules
from hectis_flow.domain.moments import SAST
from hectis_flow.domain.workflow import ROLES
from hectis_flow.services import acknowledgement, openings
from hectis_flow.services.acknowledgement import Shown
from hectis_flow.services.house import House

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
STATUS = {"moved_on": 409, "expired": 410, "revoked": 410, "forged": 404, "away": 503}
AWAY = (OperationalError, InterfaceError, NoConnection, DriverAway)
RETRY_SECONDS = 5
_ROLES = {role.name: role.title for role in ROLES}


def install_link(app: Flask) -> None:
    """Put the page and its button on the app."""
    house: House = app.extensions["hectis_house"]

    def link(token: str) -> Response:
        return _page(lambda: _looked(house, token))

    def link_answer(token: str) -> Response:
        return _page(lambda: acknowledgement.record(house, token))

    path = "/a/<token>"
    app.add_url_rule(path, "link", link, methods=["GET"], provide_automatic_options=False)
    app.add_url_rule(path, "link_answer", link_answer, methods=["POST"], provide_automatic_options=False)


def _looked(house: House, token: str) -> Shown:
    """What the link asks for. That a person's page was seen is noted beside it, and stands for nothing."""
    shown = acknowledgement.look(house, token)
    if shown.link is not None and shown.code is None and request.method == "GET":
        openings.note(house, shown.link.id)
    return shown


def moment(at: datetime) -> str:
    """A time as people here read it: weekday, date and hour in South Africa."""
    local = at.astimezone(SAST)
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M} SAST"


def _page(ask: Callable[[], Shown]) -> Response:
    """The page for what was found; one that says so where the database does not answer."""
    try:
        shown = ask()
    except AWAY:
        shown, code = Shown(None), "away"
    else:
        code = "done" if shown.done else shown.code or "open"
    words = {"code": code, "link": shown.link, "about": shown.about, "moment": moment, "roles": _ROLES}
    response = make_response(render_template("link.html", title=workflow_rules.transition, **words))
    response.status_code = STATUS.get(code, 200)
    response.headers["Content-Security-Policy"] = POLICY
    if code == "away":
        response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response
