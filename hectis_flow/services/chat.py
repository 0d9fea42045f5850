"""What is pressed in a chat: taken in at once and answered, read later by a job.

`web.hooks` calls `take_in` within the request: it checks the signature, keeps the press, and works on nothing. The
job calls `answer` with the ids that the handover leased. A press does what the link of that notice does, for the
person whom the notice went to and no other, once; whoever else presses is on record and moves nothing.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import parse_qs
from uuid import UUID

import structlog

from hectis_flow.domain import chat_signature
from hectis_flow.domain.acknowledgement import Evidence
from hectis_flow.render.cards import ACKNOWLEDGE
from hectis_flow.services import acknowledgement
from hectis_flow.services.house import House
from hectis_flow.services.staff_import import fingerprint
from hectis_flow.storage import chat_presses
from hectis_flow.storage.chat_presses import Pressed

log = structlog.get_logger(__name__)

CHANNEL = "slack"
LONGEST_BODY = 256 * 1024
Taken = Literal["closed", "not_signed", "unreadable", "taken", "known"]


@dataclass(frozen=True, slots=True, repr=False)
class Call:
    """A call as it came; never written out, for it says who pressed. `now` are seconds since 1970."""

    body: bytes
    timestamp: str
    signature: str
    now: float


def take_in(house: House, call: Call) -> Taken:
    """Keep what was pressed. `known`: the very same was kept before, and nothing is done for it again."""
    secrets = house.outward.options.slack.secrets
    if not secrets:
        return "closed"
    if not chat_signature.is_sound(secrets, call.timestamp, call.body, call.signature, call.now):
        return "not_signed"
    try:
        payload = json.loads(
            parse_qs(call.body.decode(), strict_parsing=True, max_num_fields=8)["payload"][0]
        )
        who, actions = str(payload["user"]["id"]), payload.get("actions", [])
        keys = [_key(one) for one in actions if one.get("action_id") == ACKNOWLEDGE]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return "unreadable"
    if not keys:  # a link was opened, which tells us nothing that its page does not
        return "taken"
    # A repeat of Slack's own has the same body; its signature is made anew.
    digest = hashlib.sha256(call.body).digest()
    with house.transaction() as session:
        fresh = chat_presses.keep(session, digest, keys[0], fingerprint(house.vault, who))
    return "taken" if fresh else "known"


def lease(house: House, limit: int) -> list[int]:
    """Lease up to `limit` presses that nobody has read yet; their ids."""
    with house.transaction() as session:
        return chat_presses.lease_due(session, limit, house.lease_seconds)


def answer(house: House, press_ids: Sequence[int]) -> int:
    """Do what these presses ask for, once each; gives how many moved something."""
    with house.transaction() as session:
        waiting = chat_presses.take(session, press_ids, CHANNEL)
    return sum(_settled(house, one) == "acknowledged" for one in waiting)


def _settled(house: House, one: Pressed) -> str:
    outcome = _outcome(house, one)
    with house.transaction() as session:
        chat_presses.settle(session, one.id, outcome)
    log.info("chat.pressed", press=one.id, outcome=outcome)
    return outcome


def _outcome(house: House, one: Pressed) -> str:
    if one.attempts > house.max_attempts:
        return "failed"
    if not one.known:
        return "unknown_notice"
    if not one.bound:
        return "not_bound"
    if one.link is None:
        return "no_link"
    # The account is the person's own, whose notice it was; that it was they who pressed is not proved.
    shown = acknowledgement.answer(house, one.link.id, Evidence("chat", own=one.bound))
    return "acknowledged" if shown.done else shown.code or "failed"


def _key(action: dict[str, Any]) -> str | None:
    """The key of the notice that a button stands on; None for what is none."""
    try:
        return str(UUID(str(action.get("value", ""))))
    except ValueError:
        return None
