"""What a person reads who asked for a page and met an error of the service itself: no such address, too large, a fault.

`hectis_flow.app` calls `install_trouble`, last, so that what is done to every answer is done to its pages. Programs, and everything under `/api`, get the one shape of
`hectis_flow.api.errors`; who says that they read HTML gets its sentence as a page, with a way on.
"""

from http import HTTPStatus

from flask import Flask, Response, json, request

from hectis_flow.domain.errors import HectisError
from hectis_flow.render import page_words
from hectis_flow.web import page as frame
from hectis_flow.web.reader_language import reader_language

READS = ("application/json", "text/html")  # who reads both, or does not say, is a program
KEPT = ("Allow", "Retry-After", "Connection")


def install_trouble(app: Flask) -> None:
    """Let people read errors as pages."""
    app.after_request(_as_a_page)


def _as_a_page(response: Response) -> Response:
    if (
        response.status_code < HTTPStatus.BAD_REQUEST
        or response.mimetype != "application/json"
        or not _is_read_by_a_person()
    ):
        return response
    told = json.loads(response.get_data()).get("error")
    if not told:
        return response
    shown = _page(response.status_code, told["message"], told["request_id"])
    for name in KEPT:
        if name in response.headers:
            shown.headers[name] = response.headers[name]
    return shown


def _is_read_by_a_person() -> bool:
    asked = request.accept_mimetypes
    return not request.path.startswith("/api/") and asked.best_match(READS, "") == "text/html"


def _page(status: int, message: str, request_id: str) -> Response:
    try:
        _remember()
        if status == HTTPStatus.METHOD_NOT_ALLOWED:
            message = page_words.say(reader_language(), "trouble.405")
        return frame.trouble(
            status, message, request_id if status >= HTTPStatus.INTERNAL_SERVER_ERROR else ""
        )
    except frame.AWAY:
        return frame.away()


def _remember() -> None:
    """Show the rooms of whoever is signed in; to others none."""
    try:
        frame.visit()
    except HectisError:
        return
