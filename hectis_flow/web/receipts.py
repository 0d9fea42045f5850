"""Where providers report what became of a message: `POST /hooks/receipts`, signed as Standard Webhooks are.

`hectis_flow.app` calls `install_receipts`. Without a secret the address does not exist. A body is one report, or a list of them,
under `data`: `channel`, `id` (the provider's number), `status` and `at`. It may come as often as it likes: each counts once.
"""

import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from flask import Flask, Response, json, request
from werkzeug.exceptions import BadRequest, NotFound, Unauthorized

from hectis_flow.domain import signed_call
from hectis_flow.services import receipts
from hectis_flow.services.house import House
from hectis_flow.storage.reports import Report

STATUSES: Final[Mapping[str, str]] = {
    "delivered": "delivered",
    "opened": "opened",
    "read": "opened",
    "failed": "failed",
    "undelivered": "failed",
    "unknown_subscriber": "gone",
}
MOST: Final = 1000
LONGEST: Final = 200


def install_receipts(app: Flask) -> None:
    """Put the address on the app."""
    house: House = app.extensions["hectis_house"]

    def hook_receipts() -> Response:
        body = request.get_data(cache=False)
        _checked(house.outward.options.receipts_secrets, body)
        receipts.record(house, _reports(body))
        return Response(status=204)

    app.add_url_rule(
        "/hooks/receipts", "hook_receipts", hook_receipts, methods=["POST"], provide_automatic_options=False
    )


def _checked(secrets: tuple[str, ...], body: bytes) -> None:
    if not secrets:
        raise NotFound
    said = [request.headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature")]
    if not signed_call.is_genuine(secrets, said[0], said[1], said[2], body, time.time()):
        raise Unauthorized("The signature of this message is not ours, or too old.")


def _reports(body: bytes) -> list[Report]:
    try:
        data = json.loads(body)["data"]
        found = [_report(one) for one in (data if isinstance(data, list) else [data])]
    except (ValueError, TypeError, KeyError, AttributeError):
        raise BadRequest("The body holds no reports: data must hold channel, id, status and at.") from None
    if len(found) > MOST:
        raise BadRequest(f"At most {MOST} reports are taken at once.")
    return [one for one in found if one is not None]


def _report(one: Mapping[str, Any]) -> Report | None:
    """One report; None for a step on the way that says nothing new, such as `accepted`."""
    channel, number, status, at = (one[name] for name in ("channel", "id", "status", "at"))
    words = (channel, number, status, at)
    if not all(isinstance(word, str) and 0 < len(word) <= LONGEST and "\x00" not in word for word in words):
        raise ValueError
    moment = datetime.fromisoformat(at)
    if moment.tzinfo is None:
        raise ValueError
    return Report(channel, number, STATUSES[status], moment) if status in STATUSES else None
