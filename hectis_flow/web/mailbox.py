"""The mail of a practice province, to be read in a browser: a list, one letter as text and as HTML.

`hectis_flow.app` calls `install_mailbox`. Where the database is for real work the page does not exist. A
letter's own HTML is shown in a frame that runs nothing and may load nothing.
"""

from datetime import datetime

from flask import Flask, Response, make_response, render_template, request
from werkzeug.exceptions import NotFound

from hectis_flow.domain.errors import NotVisible
from hectis_flow.domain.moments import SAST
from hectis_flow.services import mailbox
from hectis_flow.services.house import House

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
# What a letter may do: look as it was written, and open a link in a window of its own.
LETTER_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
)
PAGE = 50
LARGEST_ID = 9223372036854775807  # an address beyond it is none of ours


def install_mailbox(app: Flask) -> None:
    """Put the list, a letter and its HTML on the app, as one endpoint."""
    house: House = app.extensions["hectis_house"]

    def mailbox_page(mail_id: int | None = None, part: str = "") -> Response:
        if part not in {"", "html"}:
            raise NotFound
        try:
            return _list(house) if mail_id is None else _letter(house, mail_id, part)
        except NotVisible:
            raise NotFound from None

    path = "/practice/mailbox"
    one = f"{path}/<int(max={LARGEST_ID}):mail_id>"
    for rule in (path, one, f"{one}/<part>"):
        app.add_url_rule(rule, "mailbox", mailbox_page, provide_automatic_options=False)


def moment(at: datetime) -> str:
    """A time as people here read it."""
    local = at.astimezone(SAST)
    return f"{local:%a} {local.day} {local:%b}, {local:%H:%M:%S}"


def _list(house: House) -> Response:
    below = request.args.get("below", LARGEST_ID, type=int)
    found = mailbox.newest(house, PAGE + 1, max(0, min(below, LARGEST_ID)))
    more = found[PAGE - 1].id if len(found) > PAGE else None
    return _guarded(render_template("mailbox.html", mails=found[:PAGE], more=more, moment=moment), POLICY)


def _letter(house: House, mail_id: int, part: str) -> Response:
    mail = mailbox.opened(house, mail_id)
    if part:
        return _guarded(mail.html_part, LETTER_POLICY)
    return _guarded(render_template("mailbox_letter.html", mail=mail, moment=moment), POLICY)


def _guarded(body: str, policy: str) -> Response:
    response = make_response(body)
    response.headers["Content-Security-Policy"] = policy
    return response
