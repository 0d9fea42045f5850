"""What a deployment says of its chat services and its carriers of text messages; nothing said: not offered.

`base.ChannelOptions` holds these, `config.channels` reads them, `making` builds channels out of them. What is
secret is shown in no representation.
"""

from dataclasses import dataclass, field
from typing import Final

#: What one SMS holds in the letters of GSM 03.38.
SMS_LETTERS: Final = 160
SMS_BODY: Final = '{"to": "{to}", "from": "{from}", "body": "{text}", "reference": "{key}"}'


@dataclass(frozen=True, slots=True)
class SlackOptions:
    """The app in the workspace. Without a `token` it posts nothing, without `secrets` it hears nothing.

    `secrets` sign what Slack sends us: while they are changed over, two are live.
    """

    token: str = field(default="", repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    url: str = "https://slack.com/api"


@dataclass(frozen=True, slots=True)
class SmsProvider:
    """One carrier of SMS over HTTP.

    `authorization` is the whole header of that name. `body` is JSON in which {to}, {from}, {text} and {key} stand
    for what a message says; `digits` leaves the + of a number away.
    """

    url: str
    authorization: str = field(default="", repr=False)
    sender: str = ""
    body: str = SMS_BODY
    digits: bool = False


@dataclass(frozen=True, slots=True)
class WhatsAppOptions:
    """A business number of the Cloud API, and the approved template: case number, due words, link.

    `languages` are those in which the template was approved, the first for everybody else.
    """

    token: str = field(default="", repr=False)
    number_id: str = ""
    template: str = "case_notice"
    languages: tuple[str, ...] = ("en",)
    url: str = "https://graph.facebook.com"
    version: str = "v23.0"
