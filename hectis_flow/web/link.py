"""The page behind a link in a notice: what is wanted, by when, what else happens, and keys to answer with.

`hectis_flow.app` calls `install_link`. To open the page changes nothing of the case, whoever or whatever opens it, and
when it was first seen is noted; the two signs of the notice's code that are pressed there make the one move that the
link was made for, once. It signs nobody in, sets no cookie, runs nothing and names no other host. It says no more
about a case than the notice did.
"""

from collections.abc import Callable
from datetime import datetime

from flask import Flask, Request, Response, make_response, render_template, request
from psycopg import OperationalError as DriverAway
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection

from hectis_flow.domain import workflow_rules
from hectis_flow.domain.acknowledgement import Seen, is_plainly_automated
from hectis_flow.domain.moments import SAST
from hectis_flow.domain.short_code import ALPHABET
from hectis_flow.domain.workflow import ROLES
from hectis_flow.services import acknowledgement, openings
from hectis_flow.services.acknowledgement import Shown
from hectis_flow.services.answer_page import Pressed, Visitor
from hectis_flow.services.house import House

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
STATUS = {"moved_on": 409, "expired": 410, "revoked": 410, "forged": 404, "away": 503}
AWAY = (OperationalError, InterfaceError, NoConnection, DriverAway)
RETRY_SECONDS = 5
LONGEST = 200  # of what is read of a header or a field
HINTS = ("Sec-CH-UA", "Sec-CH-UA-Full-Version-List")
_ROLES = {role.name: role.title for role in ROLES}


def install_link(app: Flask) -> None:
    """Put the page and its keys on the app."""
    house: House = app.extensions["hectis_house"]

    def link(token: str) -> Response:
        return _page(house, lambda: _looked(house, token))

    def link_answer(token: str) -> Response:
        return _page(house, lambda: acknowledgement.record(house, token, _pressed(request)))

    path = "/a/<token>"
    app.add_url_rule(path, "link", link, methods=["GET"], provide_automatic_options=False)
    app.add_url_rule(path, "link_answer", link_answer, methods=["POST"], provide_automatic_options=False)


def _looked(house: House, token: str) -> Shown:
    """What the link asks for. That a person's page was seen is noted beside it, and stands for nothing."""
    visitor = visitor_of(request)
    shown = acknowledgement.look(house, token, visitor)
    if shown.link is not None and shown.code is None and not is_plainly_automated(visitor.seen):
        openings.note(house, shown.link.id)
    return shown


def visitor_of(asked: Request) -> Visitor:
    """What a request shows of whoever, or whatever, sends it."""
    headers = asked.headers
    seen = Seen(
        method=asked.method,
        agent=headers.get("User-Agent", "")[:LONGEST],
        hints=" ".join(headers.get(name, "") for name in HINTS)[:LONGEST],
        has_language=bool(headers.get("Accept-Language", "").strip()),
        reads_pages="text/html" in headers.get("Accept", ""),
    )
    return Visitor(asked.remote_addr or "", seen)


def moment(at: datetime) -> str:
    """A time as people here read it: weekday, date and hour in South Africa."""
    local = at.astimezone(SAST)
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M} SAST"


def _pressed(asked: Request) -> Pressed:
    field = asked.form.get
    signs = field("first", "")[:1] + field("sign", "")[:1]
    return Pressed(visitor_of(asked), field("page", "")[:LONGEST], signs, field("code", "")[:LONGEST])


def _page(house: House, ask: Callable[[], Shown]) -> Response:
    """The page for what was found; one that says so where the database does not answer."""
    try:
        shown = ask()
    except AWAY:
        shown, code = Shown(None), "away"
    else:
        code = _code(shown)
    words = {
        "code": code,
        "shown": shown,
        "link": shown.link,
        "about": shown.about,
        "wanted": _wanted(house, shown),
        "moment": moment,
        "roles": _ROLES,
        "keys": ALPHABET,
        "replies": bool(house.outward.options.reply_secrets),
    }
    response = make_response(render_template("link.html", title=workflow_rules.transition, **words))
    response.status_code = STATUS.get(code, 200)
    response.headers["Content-Security-Policy"] = POLICY
    if code == "away":
        response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response


def _code(shown: Shown) -> str:
    """Which of the page's faces this is."""
    if shown.done:
        return "part" if shown.missing else "done"
    if shown.grade is not None:
        return "doubted"
    return shown.code or "open"


def _wanted(house: House, shown: Shown) -> str:
    """What is wanted next, as the policy says it of the clock that runs now."""
    about = shown.about
    clock = house.policy.in_force(about.now).clocks.get(about.clock) if about and about.clock else None
    return clock.wanted if clock else ""
