"""What a channel is: it carries finished notices and says of each how that went.

`services.notification` hands over what it has rendered and writes down the receipts; `making` builds the
channels out of `ChannelOptions`. A channel opens no database and decides nothing: not who is told, not
when something is tried again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol, runtime_checkable

from hectis_flow.channels.options import SlackOptions, SmsProvider, WhatsAppOptions

#: Of one attempt: delivered; failed but worth another try; refused by the other side, which may change;
#: can never go (an address nobody may send to); the address itself takes nothing more (no such mailbox or
#: subscriber), so that it is parked; not tried, because there was no time left.
Code = Literal["sent", "later", "refused", "never", "gone", "left"]

#: Seconds after which one step of an attempt is given up (R15).
TIMEOUT_SECONDS: Final = 10.0
LONGEST_WAIT_SECONDS: Final = 3600.0  # however long the other side asks us to wait


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A notice ready to go. `key` is the same at every attempt, so that the receiver can tell a double.

    `thread` is the case that it belongs to ("" for none). `body` is the notice as JSON, for machines and for chat.
    `language` is that of its words. `pictures` are PNGs by the name with which the HTML asks for them (cid). The
    address is shown in no representation: it is somebody's.
    """

    delivery_id: int
    key: str
    address: str = field(repr=False)
    subject: str
    text: str
    html: str
    body: bytes
    thread: str = ""
    language: str = ""
    pictures: tuple[tuple[str, bytes], ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Card:
    """A message that stands in a chat and can be drawn anew: in which conversation, and its mark there."""

    conversation: str
    mark: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """How one attempt went. `fault` is a word of ours, never the other side's text, which quotes addresses.

    `wait` are the seconds for which the other side asked to be left alone. `down` says that the provider is in
    trouble, whatever the address: another one may carry this. `provider_id` is the provider's own number of what it
    took, by which its reports of delivery name it. `card` is what can be drawn
    anew.
    """

    delivery_id: int
    code: Code
    fault: str = ""
    wait: float = 0.0
    down: bool = False
    provider_id: str = ""
    card: Card | None = None


@dataclass(frozen=True, slots=True)
class Redrawing:
    """A card that is to say something else now."""

    delivery_id: int
    card: Card
    body: bytes


class Channel(Protocol):
    """One way out. Receipts come as they happen, and the caller writes down `chunk` of them at a time."""

    @property
    def chunk(self) -> int:
        """How many attempts may be lost from memory when the process dies: each would be made again."""

    def send(self, batch: Sequence[Outgoing], deadline: float) -> Iterator[Receipt]:
        """Try each notice once; what is not begun by `deadline` (monotonic seconds) is `left`."""


@runtime_checkable
class Redrawer(Protocol):
    """A channel whose messages can be drawn anew."""

    def redraw(self, batch: Sequence[Redrawing], deadline: float) -> Iterator[Receipt]:
        """As `send`; what is `never` or `refused` stays as it stands."""


@dataclass(frozen=True, slots=True)
class ChannelOptions:
    """How notices leave this deployment; a channel that is not set up is not offered.

    `base_url` is where people reach this system: links in notices begin with it. `second_smtp_host` names another
    mail server, which carries what the first cannot. `webhook_hosts` and `teams_hosts` are the only hosts ("name" or
    "name:port") that those channels ever call; the others call the hosts of their own settings. `private_hosts` lets
    hosts that stand in a private network or on this machine be called too, without TLS: for practice alone. Of
    `webhook_secrets` each signs, so that a receiver may change over. With `receipts_secrets` providers sign what they
    report of messages, with `reply_secrets` the replies that they hand on; without them nothing is taken. `sms` are
    the carriers, the first is used while it works. `retry_seconds` is the wait after the first failure, tripled by each further one, `most_tries` in all.
    """

    base_url: str = "http://127.0.0.1:8000"
    smtp_host: str = ""
    smtp_port: int = 25
    smtp_user: str = ""
    smtp_password: str = field(default="", repr=False)
    smtp_starttls: bool = True
    mail_from: str = "hectis@localhost"
    second_smtp_host: str = ""
    second_smtp_port: int = 25
    second_smtp_user: str = ""
    second_smtp_password: str = field(default="", repr=False)
    second_smtp_starttls: bool = True
    receipts_secrets: tuple[str, ...] = field(default=(), repr=False)
    reply_secrets: tuple[str, ...] = field(default=(), repr=False)
    webhook_secrets: tuple[str, ...] = field(default=(), repr=False)
    webhook_hosts: frozenset[str] = frozenset()
    slack: SlackOptions = field(default_factory=SlackOptions)
    teams_hosts: frozenset[str] = frozenset()
    sms: tuple[SmsProvider, ...] = ()
    whatsapp: WhatsAppOptions = field(default_factory=WhatsAppOptions)
    private_hosts: bool = False
    retry_seconds: float = 5.0
    most_tries: int = 8
