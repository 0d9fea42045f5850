"""Where chat services tell what was pressed: Slack's interaction address.

`hectis_flow.app` calls `install_hooks`. It is open to whoever holds the app's signing secret and to nobody else. The
answer is empty and comes before anything is worked on: a job does that (`services.chat`).
"""

import time
from typing import Final

from flask import Flask, Response, request

from hectis_flow.services import chat
from hectis_flow.services.chat import LONGEST_BODY, Call, Taken
from hectis_flow.services.house import House

#: A call that came before: a repeat of Slack's own says so and gets the same answer, any other is a replay.
REPLAYED: Final = 409
STATUS: Final[dict[Taken, int]] = {"closed": 404, "not_signed": 401, "unreadable": 400, "taken": 200}


def install_hooks(app: Flask) -> None:
    """Put the address on the app."""
    house: House = app.extensions["hectis_house"]

    def chat_hook() -> Response:
        if (request.content_length or 0) > LONGEST_BODY:
            return Response(status=413)
        headers = request.headers
        stamp, signature = (
            headers.get("X-Slack-Request-Timestamp", ""),
            headers.get("X-Slack-Signature", ""),
        )
        taken = chat.take_in(house, Call(request.get_data(cache=False), stamp, signature, time.time()))
        if taken == "known":
            return Response(status=200 if "X-Slack-Retry-Num" in headers else REPLAYED)
        return Response(status=STATUS[taken])

    app.add_url_rule(
        "/hooks/slack", "chat_hook", chat_hook, methods=["POST"], provide_automatic_options=False
    )
