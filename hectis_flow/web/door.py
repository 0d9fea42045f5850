"""The door: signing in and out, choosing the post one acts for, one's sessions, enrolling, and practice sign-ins.

`hectis_flow.app` calls `install_door`. The pages say the same whether or not there is somebody of a code.
"""

from flask import Flask, request
from werkzeug.exceptions import NotFound

from hectis_flow.domain.sign_in import SignInRefused, TooManyTries, WeakPassword
from hectis_flow.render import due, qr
from hectis_flow.services import enrolment, sessions, sign_in
from hectis_flow.services.house import House
from hectis_flow.services.sign_in import Try
from hectis_flow.storage.sessions import Somebody
from hectis_flow.web import page as frame
from hectis_flow.web.page import Answered, Visit

LARGEST = 9223372036854775807
# Those for whom a practice day is played first of all; everybody else is below them.
FIRST = ("khayelitsha-saps.liaison", "khayelitsha-npa.prosecutor", "wc-committee.chair", "wc-pocs.briefs")


def install_door(app: Flask) -> None:
    """Put the pages on the app."""
    frame.open_room(app, "/sign-in", "sign_in", _door)
    frame.open_room(app, "/sign-in", "sign_in_try", _try, "POST")
    frame.open_room(app, "/enrol/<token>", "enrol", _enrol)
    frame.open_room(app, "/enrol/<token>", "enrol_set", _set, "POST")
    frame.open_room(app, "/practice/sign-in", "practise", _practise, "POST")
    frame.room(app, "/sign-out", "sign_out", _out, "POST")
    frame.room(app, "/account", "account", _account)
    frame.room(app, "/account/post", "account_post", _post, "POST")
    frame.room(app, f"/account/sessions/<int(min=0, max={LARGEST}):token_id>", "account_end", _end, "POST")


def _door(house: House, said: str = "", status: int = 200) -> Answered:
    wanted = frame.own_path(frame.asked("next") or frame.HOME)
    people: list[Somebody] = []
    if frame.is_practice():
        people = sessions.practice_people(house, frame.asked("office"), FIRST)
    return frame.page("sign_in.html", status, said=said, next=wanted, people=people)


def _try(house: House) -> Answered:
    typed = frame.typed("code", "digits")
    tried = Try(
        typed["code"],
        request.form.get("password", ""),
        typed["digits"],
        request.remote_addr or "",
        request.cookies.get(frame.KNOWN, ""),
    )
    try:
        opened, mark = sign_in.sign_in(house, tried)
    except (SignInRefused, TooManyTries) as refused:
        return _door(house, refused.message, refused.status)
    return frame.enter(opened, frame.own_path(frame.asked("next")), mark)


def _practise(house: House) -> Answered:
    if not frame.is_practice():
        raise NotFound
    opened = sign_in.practise(house, frame.typed("code")["code"])
    return frame.enter(opened, frame.own_path(frame.asked("next")))


def _enrol(house: House, token: str, said: str = "", status: int = 200) -> Answered:
    begun = enrolment.begun(house, token)
    return frame.page("enrol.html", status, begun=begun, picture=qr.svg(begun.uri), said=said)


def _set(house: House, token: str) -> Answered:
    password = request.form.get("password", "")
    if password != request.form.get("again", ""):
        return _enrol(house, token, "The two passwords are not the same. Type both once more.", 422)
    try:
        enrolment.finish(house, token, password, frame.typed("digits")["digits"])
    except (WeakPassword, SignInRefused) as refused:
        return _enrol(house, token, refused.message, refused.status)
    return frame.page("enrolled.html")


def _out(visit: Visit) -> Answered:
    sessions.end(visit.house, visit.signed, visit.signed.token_id)
    return frame.leave(frame.SIGN_IN)


def _account(visit: Visit) -> Answered:
    language = visit.signed.language
    return frame.page(
        "account.html",
        moment=lambda at: due.moment(language, at),
        held=sessions.listing(visit.house, visit.signed),
        posts=sessions.posts(visit.house, visit.signed.staff_id),
    )


def _post(visit: Visit) -> Answered:
    typed = frame.typed("role", "office")
    return frame.enter(
        sessions.change_post(visit.house, visit.secret, typed["role"], typed["office"]), frame.HOME
    )


def _end(visit: Visit, token_id: int) -> Answered:
    """End one of one's sessions; 0 stands for all of them."""
    sessions.end(visit.house, visit.signed, token_id or None)
    return frame.leave(frame.SIGN_IN) if token_id in {0, visit.signed.token_id} else frame.on("/account")
