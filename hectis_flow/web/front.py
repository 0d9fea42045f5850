"""The front page: what this is, whether it runs, and the first thing to do. Open to anybody.

`hectis_flow.app` calls `install_front`. It shows no record and no figure of one; whoever works here
will sign in from this page.
"""

from collections.abc import Callable

from flask import Flask, Response, make_response, render_template

from hectis_flow.services.readiness import Readiness

# Everything comes from this host, and nothing on the page runs.
POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'"
TITLES = {
    "database": "Database",
    "schema": "Schema",
    "mllp": "Hospitals' messages",
    "worker": "Worker",
    "clock": "Clock",
    "redis": "Hand-over",
    "queue": "Queue",
    "inbox": "Parked messages",
    "audit": "Duties done in time",
}


def install_front(app: Flask, look: Callable[[], Readiness]) -> None:
    """Put the page on the app; `look` says how the system stands."""

    def front() -> Response:
        found = look()
        parts = [(TITLES.get(name, name), said) for name, said in found.parts.items()]
        response = make_response(render_template("front.html", status=found.status, parts=parts))
        response.headers["Content-Security-Policy"] = POLICY
        return response

    app.add_url_rule("/", "front", front, provide_automatic_options=False)
