"""The page on which somebody gives themselves another password.

`hectis_flow.web.rooms` calls `install_password`. It shows nothing of what stands; what was typed is never shown again.
"""

from flask import Flask, request

from hectis_flow.domain.sign_in import LEAST, SignInRefused, TooManyTries, WeakPassword
from hectis_flow.render import page_words
from hectis_flow.services import password
from hectis_flow.services.sign_in import Try
from hectis_flow.web import page as frame
from hectis_flow.web.page import Answered, Visit


def install_password(app: Flask) -> None:
    """Put the page and its form on the app."""
    frame.room(app, "/account/password", "password", _shown)
    frame.room(app, "/account/password", "password_change", _change, "POST")


def _shown(visit: Visit, said: str = "", status: int = 200) -> Answered:
    by_press = visit.signed.graded == "practice"
    done = frame.asked("did") == "change"
    return frame.page("password.html", status, said=said, done=done, by_press=by_press, least=LEAST)


def _change(visit: Visit) -> Answered:
    wanted = request.form.get("wanted", "")
    if wanted != request.form.get("again", ""):
        return _shown(visit, page_words.say(visit.signed.language, "password.differ"), 422)
    tried = Try(
        visit.signed.staff_code,
        request.form.get("password", ""),
        frame.typed("digits")["digits"],
        request.remote_addr or "",
        request.cookies.get(frame.KNOWN, ""),
    )
    try:
        password.change(visit.house, visit.signed, tried, wanted)
    except (WeakPassword, SignInRefused, TooManyTries) as refused:
        return _shown(visit, refused.message, refused.status)
    return frame.on("/account/password", did="change")
