"""What a page asks by itself while it stands open: whether something changed; and how scripts are told where to go on.

`hectis_flow.web.rooms` calls `install_live`. The answer is a server-sent event that is closed at once, for a
connection that stays open would keep a thread of the web process (ADR 22). It gives numbers and no content, and keeps
no session alive: whoever does nothing is signed out, whatever their page asks.
"""

import json
import re
import secrets
from collections.abc import Callable, Mapping
from typing import Any, Final

from flask import Flask, Response, request

from hectis_flow.domain import workflow_rules
from hectis_flow.domain.errors import HectisError, NotAuthenticated
from hectis_flow.render import page_words
from hectis_flow.services import reading, sessions, tasks
from hectis_flow.storage.task_queue import Standing
from hectis_flow.web import page as frame
from hectis_flow.web.page import Answered, Visit
from hectis_flow.web.reader_language import reader_language

#: A browser asks again after so many milliseconds, and up to as many more, so that not all of them ask at once.
EVERY_MS: Final = 15_000
SCRIPT: Final = "X-Hectis-Script"  # our script sends a form, and goes on by itself to where it is told
KEYS: Final = "__Host-hectis-keys"
YEAR: Final = 365 * 24 * 3600
_SHOWN: Final = re.compile(r"[0-9]{1,4}\.[0-9]{1,4}\.[0-9]{1,4}\.[0-9]{1,19}")
_MARK: Final = 4  # fields of a standing that say whether it is another
_REF: Final = re.compile(workflow_rules.detail("other_case").pattern)

LARGEST: Final = 9223372036854775807
Told = Mapping[str, Any]
NOTHING: Final[Told] = {}


def install_live(app: Flask) -> None:
    """Put the two questions on the app, the setting of the keys, and the answer to our own script."""
    _watch(app, "/queue/live", "queue_live", _queue)
    _watch(app, "/cases/<ref>/live", "case_live", _case)
    frame.room(app, "/account/keys", "account_keys", _keys, "POST")
    app.jinja_env.globals["keys_are_on"] = keys_are_on
    app.after_request(_to_the_script)


def of_queue(standing: Standing) -> str:
    """Where the page of the queue asks whether it stands otherwise than so."""
    return "/queue/live?shown=" + ".".join(map(str, standing[:_MARK]))


def of_case(case: Mapping[str, Any]) -> str:
    """Where the page of a case asks whether it has moved on."""
    return f"/cases/{case['ref']}/live?shown={case['version']}"


def keys_are_on() -> bool:
    """Whether single keys do something in this browser."""
    return request.cookies.get(KEYS) != "off"


def _watch(app: Flask, rule: str, endpoint: str, view: Callable[..., Told]) -> None:
    """Put a question on the app that a page asks by itself: it ends with the session, and does not keep it alive."""

    def answered(**keys: Any) -> Response:
        secret, house = request.cookies.get(frame.COOKIE, ""), frame.house_of_app()
        try:
            visit = Visit(house, sessions.current(house, secret, used=False), secret)
            return _event(view(visit, **keys))
        except NotAuthenticated:
            return _event(_ended())
        except HectisError:
            return _event({"end": True})
        except frame.AWAY:
            return frame.away()

    app.add_url_rule(rule, endpoint, answered, methods=["GET"], provide_automatic_options=False)


def _event(told: Told) -> Response:
    again = EVERY_MS + secrets.randbelow(EVERY_MS)
    response = Response(f"retry: {again}\ndata: {json.dumps(told)}\n\n", mimetype="text/event-stream")
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    return response


def _ended() -> Told:
    language = reader_language()
    door = {"said": page_words.say(language, "live.ended"), "word": page_words.say(language, "live.sign_in")}
    return {**door, "show": frame.SIGN_IN, "end": True}


def _queue(visit: Visit) -> Told:
    shown = frame.asked("shown")
    if not _SHOWN.fullmatch(shown):
        return NOTHING
    before = Standing(*map(int, shown.split(".")))
    now = tasks.standing(visit.house, visit.asking, min(before.newest, LARGEST))
    if now[:_MARK] == before[:_MARK]:
        return NOTHING
    return _news(visit, _queue_words(visit.signed.language, before, now), "/queue")


def _queue_words(language: str, before: Standing, now: Standing) -> str:
    """What changed, in numbers."""
    late = max(now.late - before.late, 0)
    parts = [_counted(language, now.fresh, ""), _counted(language, late, "_late")]
    said = ", ".join(filter(None, parts)) or page_words.say(language, "live.queue")
    stands = page_words.say(language, "live.waiting", waiting=now.waiting, late=now.late)
    return f"{said}. {stands}."


def _counted(language: str, count: int, kind: str) -> str:
    if not count:
        return ""
    return page_words.say(language, f"live.one{kind}" if count == 1 else f"live.many{kind}", n=count)


def _case(visit: Visit, ref: str) -> Told:
    """Asked of the list of cases, which says the same of a case that is not there and of one not for these eyes."""
    if not _REF.fullmatch(ref):
        return {"end": True}
    found = reading.list_records(visit.house, visit.asking, "cases.list", {"ref": ref}, None, 1)
    cases = json.loads(found.items)
    if not cases or str(cases[0]["version"]) == frame.asked("shown"):
        return NOTHING
    return _news(visit, page_words.say(visit.signed.language, "live.case") + ".", f"/cases/{ref}")


def _news(visit: Visit, said: str, show: str) -> Told:
    return {"said": said, "show": show, "word": page_words.say(visit.signed.language, "live.show")}


def _keys(visit: Visit) -> Answered:  # noqa: ARG001  (every view is given the visit)
    response = frame.on("/account")
    wanted = "off" if frame.typed("keys")["keys"] == "off" else "on"
    response.set_cookie(KEYS, wanted, max_age=YEAR, path="/", secure=True, httponly=True, samesite="Lax")
    return response


def _to_the_script(response: Response) -> Response:
    """A script cannot see where a redirect leads: it is told, and goes there as the browser would have."""
    if response.status_code == 303 and SCRIPT in request.headers:
        response.status_code = 204
        response.set_data(b"")
    return response
