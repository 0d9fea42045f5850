"""How tests answer through the page of a link: as a person with the notice at hand, or as something else.

A page is dated back instead of waited for, and its notice before it: its mark is made here, signed as the service
signs it.
"""

from datetime import timedelta
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import Connection, text
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from hectis_flow.domain.acknowledgement import Seen
from hectis_flow.services import acknowledgement, answer_page, links
from hectis_flow.services.acknowledgement import Shown
from hectis_flow.services.answer_page import Pressed, Visitor
from hectis_flow.services.house import House
from hectis_flow.services.links import Refused
from hectis_flow.storage import database
from hectis_flow.storage.links import Link

AGENT = "Mozilla/5.0 (Linux; Android 14; SM-A146P) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36"
HEADERS = {"User-Agent": AGENT, "Accept-Language": "en-ZA,en;q=0.9", "Accept": "text/html,*/*;q=0.8"}
PERSON = Visitor("127.0.0.1", Seen("POST", AGENT, "", has_language=True, reads_pages=True))
PATIENT = 6.0  # seconds that somebody takes to read the page


def link_of(house: House, token: str) -> Link:
    """The link of a sound token, whatever became of it."""
    with house.transaction() as session:
        found = links.read(house, session, token)
    link = found.link if isinstance(found, Refused) else found
    assert link is not None
    return link


def code_of(house: House, token: str) -> str:
    """The code that its notice shows."""
    return links.code_of(house, link_of(house, token))


def mark(house: House, token: str, visitor: Visitor = PERSON, ago: float = PATIENT) -> str:
    """The mark of a page that was opened so many seconds ago, of a notice that was sent long before."""
    with house.transaction() as session:
        send_earlier(session)
    return marked(house, token, visitor, ago)


def send_earlier(session: Session | Connection) -> None:
    """Let everything that was sent have been sent a minute earlier; no service of ours does so."""
    session.execute(text("SET LOCAL session_replication_role = replica"))
    session.execute(
        text("UPDATE delivery SET sent_at = sent_at - interval '1 minute' WHERE sent_at IS NOT NULL")
    )


def marked(house: House, token: str, visitor: Visitor = PERSON, ago: float = PATIENT) -> str:
    """The mark of a page that was opened so many seconds ago."""
    with house.transaction() as session:
        opened = database.machine_now(session) - timedelta(seconds=ago)
    return answer_page.mark(house, link_of(house, token), visitor, opened)


def record(house: House, token: str, visitor: Visitor = PERSON, ago: float = PATIENT) -> Shown:
    """A person answers."""
    return acknowledgement.record(house, token, pressed(house, token, visitor, ago))


def pressed(house: House, token: str, visitor: Visitor = PERSON, ago: float = PATIENT) -> Pressed:
    """What a person presses, to be recorded later."""
    return Pressed(visitor, mark(house, token, visitor, ago), code_of(house, token)[:2])


def press(client: FlaskClient, house: House, token: str, **changes: Any) -> TestResponse:
    """A person's second press on the page of a sound token; `changes` are fields of the form or `headers`."""
    signs = code_of(house, token)
    headers = {**HEADERS, **changes.pop("headers", {})}
    page = changes.pop("page", None) or mark(house, token)
    form = {"page": page, "first": signs[0], "sign": signs[1], **changes}
    fields = {name: value for name, value in form.items() if value is not None}
    return client.post(f"/a/{token}", data=fields, headers=headers)
