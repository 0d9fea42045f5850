"""What every page of a room has in common: who is signed in, one form's key, what is said when something is refused.

The rooms (`door`, `queue`, `case` ...) put their views on the app with `room`. A page authorises nothing itself: it
asks the same services as the API, with the secret of the browser's session as the token, and shows what they give.
Nothing is read before the session is known to live, and no page is kept by any cache (`api.edge` sees to that).
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

from flask import Flask, Response, current_app, g, make_response, redirect, render_template, request
from psycopg import OperationalError as DriverAway
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection
from werkzeug.wrappers import Response as Redirect

from hectis_flow.domain import sign_in
from hectis_flow.domain.errors import HectisError, NotAuthenticated
from hectis_flow.render import page_words, role_words
from hectis_flow.services import once, practice, sessions
from hectis_flow.services.house import House
from hectis_flow.services.once import Writing
from hectis_flow.services.reading import Asking
from hectis_flow.services.sessions import Opened
from hectis_flow.storage.sessions import Signed
from hectis_flow.web import form_token
from hectis_flow.web.reader_language import reader_language

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
AWAY = (OperationalError, InterfaceError, NoConnection, DriverAway)
RETRY_SECONDS = 5
# `__Host-`: set by this host alone, for all of it, over TLS (or on this machine) only.
COOKIE: Final = "__Host-hectis"
KNOWN: Final = "__Host-hectis-known"
SIGN_IN: Final = "/sign-in"
HOME: Final = "/home"  # leads everybody to the first of their rooms
DOOR: Final = "door"  # the room that is open to whoever is not signed in

Answered = Response | Redirect
View = Callable[..., Answered]


class ForeignForm(HectisError):
    """The form was not one of ours, or is not this session's."""

    code = "foreign_form"
    status = 403


@dataclass(frozen=True, slots=True)
class Visit:
    """A request of somebody signed in: whose session it is, and its secret, which stands for a token."""

    house: House
    signed: Signed
    secret: str

    @property
    def asking(self) -> Asking:
        """As a service wants to be asked."""
        return Asking(self.secret, g.request_id)

    def writing(self) -> Writing:
        """As a service wants to be asked to write: once for each form that was shown."""
        key = request.form.get("key") or None
        # Of what was read from the body, for the body is gone once its form has been read; and without the token of
        # the form, which is another on every page.
        said = urlencode(
            sorted(one for one in request.form.items(multi=True) if one[0] != form_token.FIELD)
        ).encode()
        return Writing(self.secret, g.request_id, key, once.digest("POST", request.path, said))


def house_of_app() -> House:
    """The house of this app."""
    found: House = current_app.extensions["hectis_house"]
    return found


def is_practice() -> bool:
    """Whether this is a practice province. It is said when the database is made and never changes: asked once."""
    known = current_app.extensions
    if "hectis_practice" not in known:
        known["hectis_practice"] = practice.is_practice(house_of_app())
    found: bool = known["hectis_practice"]
    return found


def room(app: Flask, rule: str, endpoint: str, view: View, method: str = "GET") -> None:
    """Put a page on the app that only somebody signed in sees; the view is given the visit."""

    def answered(**keys: Any) -> Answered:
        try:
            if method == "POST":
                own_form(request.cookies.get(COOKIE, ""))
            return view(visit(), **keys)
        except NotAuthenticated:
            return _to_the_door()
        except HectisError as refused:
            return trouble(refused.status, refused.message)
        except AWAY:
            return away()

    app.add_url_rule(rule, endpoint, answered, methods=[method], provide_automatic_options=False)


def open_room(app: Flask, rule: str, endpoint: str, view: View, method: str = "GET") -> None:
    """Put a page on the app that is for whoever is not signed in."""

    def answered(**keys: Any) -> Answered:
        try:
            if method == "POST":
                from_here()
            return view(house_of_app(), **keys)
        except HectisError as refused:
            return trouble(refused.status, refused.message)
        except AWAY:
            return away()

    app.add_url_rule(rule, endpoint, answered, methods=[method], provide_automatic_options=False)


def visit() -> Visit:
    """Whose request it is. Raises `NotAuthenticated`."""
    secret, house = request.cookies.get(COOKIE, ""), house_of_app()
    g.signed = sessions.current(house, secret)
    return Visit(house, g.signed, secret)


def page(template: str, status: int = 200, **words: Any) -> Response:
    """A page of a room, with what the frame of every page needs."""
    signed: Signed | None = g.get("signed")
    language = reader_language()
    frame = {
        "say": partial(page_words.say, language),
        "code_words": page_words.of_code,
        "language": language,
        "titles": role_words.titles(language),
        "signed": signed,
        "practice": is_practice(),
        "form_token": form_token.made(str(current_app.secret_key), request.cookies.get(COOKIE, "")),
        "fresh_key": lambda: secrets.token_urlsafe(16),
        "here": request.path,
    }
    response = make_response(render_template(template, **frame, **words), status)
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Content-Language"] = language
    return response


def trouble(status: int, message: str, request_id: str = "") -> Response:
    """A page that says what went wrong and what to do next, and what to say when asking us; nothing was changed."""
    return page("trouble.html", status, code=status, message=message, request_id=request_id)


def away() -> Response:
    """The database does not answer: the page asks it nothing."""
    response = make_response(render_template("away.html"), 503)
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response


def on(path: str, **query: str) -> Redirect:
    """Go on to another page of ours, by GET."""
    asked = "&".join(f"{name}={quote(value)}" for name, value in query.items())
    return redirect(f"{path}?{asked}" if asked else path, 303)


def enter(opened: Opened, path: str, mark: str | None = None) -> Redirect:
    """Give the browser its session, and the mark that it is known, and go on; the session that it held ends."""
    sessions.leave_behind(house_of_app(), request.cookies.get(COOKIE, ""))
    response = on(path)
    _keep(response, COOKIE, opened.secret, None)
    if mark is not None:
        _keep(response, KNOWN, mark, sign_in.KNOWN_LIVES)
    return response


def leave(path: str) -> Redirect:
    """Take the session from the browser, and all that pages left there."""
    response = on(path)
    response.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="Lax")
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


def own_path(path: str) -> str:
    """A path of ours to go on to, or home: nothing that leads to another host."""
    parts = urlsplit(path)
    is_ours = (
        path.startswith("/") and not path.startswith(("//", "/\\")) and not (parts.scheme or parts.netloc)
    )
    return path if is_ours and "\\" not in path else HOME


def own_form(secret: str) -> None:
    """Raises `ForeignForm` for a form that this session was not shown."""
    from_here()
    if not form_token.is_of(str(current_app.secret_key), secret, request.form.get(form_token.FIELD, "")):
        raise ForeignForm(
            "This form is not of your session any more, so nothing was done. Go back and try again."
        )


def from_here() -> None:
    """Raises `ForeignForm` for what a page of another site sends."""
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    foreign = site not in {None, "same-origin", "none"}
    # Only the host: whoever ends TLS before us speaks plain HTTP to us.
    if foreign or (site is None and origin is not None and urlsplit(origin).netloc != request.host):
        raise ForeignForm(
            "This was sent by a page of another site, so nothing was done. Sign in and do it here."
        )


def typed(*names: str) -> Mapping[str, str]:
    """What somebody typed into these fields of a form."""
    return {name: plain(request.form.get(name, "")) for name in names}


def asked(name: str) -> str:
    """What the address or the form says under this name."""
    return plain(request.values.get(name, ""))


def plain(text: str) -> str:
    """What was typed, without blanks around it; "" for what nobody types, such as control characters."""
    bare = text.strip()
    return bare if bare.isprintable() else ""


def _to_the_door() -> Redirect:
    """Sign in, and then go on where one wanted to; what was to be written must be asked for again."""
    wanted = request.full_path.rstrip("?") if request.method == "GET" else HOME
    return on(SIGN_IN, next=wanted)


def _keep(response: Redirect, name: str, value: str, lives: timedelta | None) -> None:
    response.set_cookie(name, value, max_age=lives, path="/", secure=True, httponly=True, samesite="Lax")
