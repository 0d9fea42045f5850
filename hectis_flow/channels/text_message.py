"""Text messages to telephones: one interface for SMS, by any carrier that speaks HTTP, and for WhatsApp.

Made by `making`, which puts two carriers behind one another as two mail servers are (`relayed`). What a number or a
text is refused for is no trouble of the carrier's. `render.texts` says what a text holds.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, Protocol

from hectis_flow.channels.base import ChannelOptions, Outgoing, Receipt
from hectis_flow.channels.calls import Caller, NotCarried, each, host_of, not_carried, said
from hectis_flow.channels.options import SmsProvider

NUMBER: Final = re.compile(r"\+[1-9][0-9]{7,14}")
#: Answers that say something of us and our account, not of this number: another carrier may still take it.
OURS: Final = frozenset({401, 402, 403, 404, 405})
#: Codes by which WhatsApp says that it is busy or in trouble itself.
WHATSAPP_LATER: Final = frozenset({1, 2, 4, 80007, 130429, 131000, 131016, 131048, 131056, 131057, 133004})
#: Codes by which it says that this number cannot be reached there.
WHATSAPP_NEVER: Final = frozenset({131021, 131026, 131030})


class Carrier(Protocol):
    """One company that carries texts."""

    def begin(self) -> None:
        """A new batch."""

    def carry(self, notice: Outgoing) -> None:
        """Hand a text over; raises `NotCarried`."""


class TextChannel:
    """Carries notices to telephones, by one carrier."""

    #: No carrier promises to know a double: each text is written down before the next is sent.
    chunk = 1

    def __init__(self, carrier: Carrier) -> None:
        self._carrier = carrier

    def send(self, batch: Sequence[Outgoing], deadline: float) -> Iterator[Receipt]:
        """One text after the other. A carrier in trouble is `down`; what it says of a number or a text is not."""
        self._carrier.begin()
        return each(batch, deadline, self._carry)

    def _carry(self, notice: Outgoing) -> Receipt:
        if not NUMBER.fullmatch(notice.address):
            raise NotCarried("never", "address_malformed")
        try:
            self._carrier.carry(notice)
        except NotCarried as why:
            return replace(why.receipt(notice.delivery_id), down=why.code == "later")
        return Receipt(notice.delivery_id, "sent")


class HttpSms:
    """A carrier of SMS: one POST of JSON a text, any 2xx is yes."""

    def __init__(self, provider: SmsProvider, *, private: bool) -> None:
        self._provider = provider
        self._headers = {"Authorization": provider.authorization}
        self._form: Any = json.loads(provider.body)
        self._caller = Caller({host_of(provider.url)}, private=private)

    def begin(self) -> None:
        """A new batch."""
        self._caller.begin()

    def carry(self, notice: Outgoing) -> None:
        """Hand a text over; raises `NotCarried`."""
        number = notice.address.lstrip("+") if self._provider.digits else notice.address
        words = {"{to}": number, "{from}": self._provider.sender, "{text}": notice.text, "{key}": notice.key}
        body = json.dumps(_filled(self._form, words), ensure_ascii=False).encode()
        answer = self._caller.post(self._provider.url, body, self._headers)
        if answer.status in OURS:
            raise NotCarried("later", f"http_{answer.status}")
        if not 200 <= answer.status < 300:
            raise not_carried(answer)


class WhatsAppCloud:
    """The Cloud API of WhatsApp: an approved template, for nobody who gets it has written to us first."""

    def __init__(self, options: ChannelOptions) -> None:
        self._options = options.whatsapp
        self._url = (
            f"{self._options.url.rstrip('/')}/{self._options.version}/{self._options.number_id}/messages"
        )
        self._headers = {"Authorization": f"Bearer {self._options.token}"}
        self._caller = Caller({host_of(self._url)}, private=options.private_hosts)

    def begin(self) -> None:
        """A new batch."""
        self._caller.begin()

    def carry(self, notice: Outgoing) -> None:
        """Hand a text over; raises `NotCarried`."""
        words = json.loads(notice.body)
        spoken = (
            words["language"] if words["language"] in self._options.languages else self._options.languages[0]
        )
        body = {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "to": notice.address,
            "type": "template",
            "template": {
                "name": self._options.template,
                "language": {"code": spoken},
                "components": [
                    {
                        "type": "body",
                        "parameters": [{"type": "text", "text": each_} for each_ in words["parameters"]],
                    }
                ],
            },
        }
        answer = self._caller.post(self._url, json.dumps(body, ensure_ascii=False).encode(), self._headers)
        found = said(answer)
        if 200 <= answer.status < 300 and found.get("messages"):
            return
        raise _whatsapp_refused(found) or not_carried(answer)


def _whatsapp_refused(found: Mapping[str, Any]) -> NotCarried | None:
    """What an error of the API means; None where it says none, or one that its status says as well."""
    error = found.get("error")
    code = error.get("code") if isinstance(error, dict) else None
    if not isinstance(code, int):
        return None
    if code in WHATSAPP_LATER:
        return NotCarried("later", f"whatsapp_{code}")
    return NotCarried("never" if code in WHATSAPP_NEVER else "refused", f"whatsapp_{code}")


def _filled(form: Any, words: Mapping[str, str]) -> Any:
    """A form with words put in; what is put in is never read as a form itself."""
    if isinstance(form, dict):
        return {name: _filled(value, words) for name, value in form.items()}
    if isinstance(form, list):
        return [_filled(one, words) for one in form]
    if not isinstance(form, str):
        return form
    return re.sub(r"\{(?:to|from|text|key)\}", lambda found: words[found.group()], form)
