"""Slack: a card in a conversation, posted by the deployment's app, and drawn anew once it is settled.

Made by `making`. The address of a contact point is a person's member id, or a conversation's. It calls the
Web API and nothing else; what people press there comes in by `web.hooks`. `render.cards` says what a card holds.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from hectis_flow.channels.base import Card, ChannelOptions, Outgoing, Receipt, Redrawing
from hectis_flow.channels.calls import Caller, NotCarried, each, host_of, not_carried, said

ADDRESS: Final = re.compile(r"[CDGUW][A-Z0-9]{6,20}")
MARK: Final = re.compile(r"[0-9]{1,12}\.[0-9]{1,8}")
#: Errors by which Slack says that it, not we, is in trouble.
LATER: Final = frozenset(
    {"ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"}
)
#: Errors after which no further try of the same can go well.
NEVER: Final = frozenset({"channel_not_found", "user_not_found", "message_not_found", "cant_update_message"})
#: Other errors that we name; what is unknown is not repeated, for it is not our word.
NAMED: Final = frozenset(
    {"invalid_auth", "not_authed", "token_revoked", "account_inactive", "missing_scope", "not_in_channel"}
    | {"is_archived", "invalid_blocks", "msg_too_long", "edit_window_closed", "restricted_action"}
)


def is_member(address: str) -> bool:
    """Whether an address is a person's: only of them can be said that they pressed. Others are conversations."""
    return address.startswith(("U", "W"))


class SlackChannel:
    """Carries notices into chat."""

    #: Slack knows no double: each is written down before the next is posted.
    chunk = 1

    def __init__(self, options: ChannelOptions) -> None:
        self._url = options.slack.url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {options.slack.token}"}
        self._caller = Caller({host_of(self._url)}, private=options.private_hosts)

    def send(self, batch: Sequence[Outgoing], deadline: float) -> Iterator[Receipt]:
        """One card after the other."""
        self._caller.begin()
        return each(batch, deadline, self._post)

    def redraw(self, batch: Sequence[Redrawing], deadline: float) -> Iterator[Receipt]:
        """Let cards that stand say what is so now."""
        self._caller.begin()
        ready = {one.delivery_id: one for one in batch}
        asked = [Outgoing(one.delivery_id, "", "", "", "", "", one.body) for one in batch]
        return each(asked, deadline, lambda notice: self._update(ready[notice.delivery_id]))

    def _post(self, notice: Outgoing) -> Receipt:
        if not ADDRESS.fullmatch(notice.address):
            raise NotCarried("never", "address_malformed")
        # Without these Slack would open the link by itself, to show what is behind it.
        more = {"channel": notice.address, "unfurl_links": False, "unfurl_media": False}
        answer = self._call("chat.postMessage", notice.body, more)
        return Receipt(notice.delivery_id, "sent", card=_card(answer))

    def _update(self, one: Redrawing) -> Receipt:
        self._call("chat.update", one.body, {"channel": one.card.conversation, "ts": one.card.mark})
        return Receipt(one.delivery_id, "sent")

    def _call(self, method: str, body: bytes, more: Mapping[str, Any]) -> Mapping[str, Any]:
        """Call one method; raises `NotCarried` unless Slack says that it did it."""
        asked = json.dumps({**json.loads(body), **more}, ensure_ascii=False).encode()
        answer = self._caller.post(f"{self._url}/{method}", asked, self._headers)
        if not 200 <= answer.status < 300:
            raise not_carried(answer)
        found = said(answer)
        if found.get("ok") is not True:
            raise _refused(str(found.get("error", "")) if found else "")
        return found


def _refused(error: str) -> NotCarried:
    if not error:  # nothing that Slack would say: somebody stands between
        return NotCarried("later", "slack_answer_unreadable")
    word = error if error in LATER | NEVER | NAMED else "refused"
    if error in LATER:
        return NotCarried("later", f"slack_{word}")
    return NotCarried("never" if error in NEVER else "refused", f"slack_{word}")


def _card(answer: Mapping[str, Any]) -> Card | None:
    """Where the card stands, if Slack says so in the form that it documents."""
    place, mark = str(answer.get("channel", "")), str(answer.get("ts", ""))
    return Card(place, mark) if ADDRESS.fullmatch(place) and MARK.fullmatch(mark) else None
