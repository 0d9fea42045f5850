"""E-mail: a batch over one SMTP connection, each as text with an HTML twin.

Made by `making`. The Message-ID is made of the delivery's key, so a second copy of the same attempt is one
letter to any mailbox; letters of one case refer to one another. A server that answers 4xx or goes away is
worth another try, one that answers 5xx to one letter says nothing of the next. One that knows no such mailbox says so for good.
"""

import re
import smtplib
import ssl
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from email.headerregistry import Address
from email.utils import parseaddr
from functools import cached_property

from hectis_flow.channels.base import TIMEOUT_SECONDS, ChannelOptions, Outgoing, Receipt
from hectis_flow.channels.letter import letter

#: One bare address of the plain form; no display name, no comment, no line end can hide in it.
ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
FROM_NAME = "Hectis Flow"
TOO_MUCH_TROUBLE = 421  # the server is about to hang up, whatever it was told
PERMANENT = 500
NO_SUCH_MAILBOX = frozenset({550, 551, 553})


class EmailChannel:
    """Carries notices to people's mailboxes."""

    #: A letter takes a server far longer than a commit: each is written down before the next is sent.
    chunk = 1

    def __init__(self, options: ChannelOptions) -> None:
        self._options = options
        self._domain = parseaddr(options.mail_from)[1].rpartition("@")[2] or "localhost"

    def send(self, batch: Sequence[Outgoing], deadline: float) -> Iterator[Receipt]:
        """One connection for all; a second one if the first is lost on the way."""
        line = _Line(self._options)
        try:
            for notice in batch:
                if time.monotonic() >= deadline:
                    yield Receipt(notice.delivery_id, "left")
                elif not ADDRESS.fullmatch(notice.address):
                    yield Receipt(notice.delivery_id, "never", "address_malformed")
                else:
                    yield self._carry(line, notice)
        finally:
            line.hang_up()

    def _carry(self, line: "_Line", notice: Outgoing) -> Receipt:
        sender = self._sender  # what is wrong with it is no fault of this letter
        try:
            raw = letter(notice, sender, self._domain)
        except ValueError:  # and so it would be at every try
            return Receipt(notice.delivery_id, "never", "letter_malformed")
        return line.carry(notice.delivery_id, notice.address, raw)

    @cached_property
    def _sender(self) -> str:
        return str(Address(FROM_NAME, addr_spec=parseaddr(self._options.mail_from)[1]))


class _Line:
    """One SMTP connection, opened when it is needed. Once it failed twice it is not tried again."""

    def __init__(self, options: ChannelOptions) -> None:
        self._options = options
        self._smtp: smtplib.SMTP | None = None
        self._dead = ""

    def carry(self, delivery_id: int, address: str, raw: bytes) -> Receipt:
        """Send one letter; a lost connection is made anew once."""
        for _ in range(2):
            if self._dead:
                break
            fresh = self._smtp is None
            try:
                self._open().sendmail(self._options.mail_from, [address], raw)
                return Receipt(delivery_id, "sent")
            except (OSError, smtplib.SMTPException) as fault:
                told = _told(delivery_id, fault)
                if told is not None:
                    self._rest()
                    return told
                self.hang_up()
                # A connection that stood for a while may just have been closed; a fresh one says the truth.
                self._dead = _why(fault) if fresh or _hung(fault) else ""
        return Receipt(delivery_id, "later", self._dead or "smtp_unreachable", down=True)

    def hang_up(self) -> None:
        """Take leave; a server that went away needs none."""
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            with suppress(OSError, smtplib.SMTPException):
                smtp.quit()
            smtp.close()

    def _open(self) -> smtplib.SMTP:
        if self._smtp is None:
            options = self._options
            smtp = smtplib.SMTP(options.smtp_host, options.smtp_port, timeout=TIMEOUT_SECONDS)
            try:
                if options.smtp_starttls:
                    smtp.starttls(context=ssl.create_default_context())
                if options.smtp_user:
                    smtp.login(options.smtp_user, options.smtp_password)
            except BaseException:
                smtp.close()
                raise
            self._smtp = smtp
        return self._smtp

    def _rest(self) -> None:
        """Clear the half of a refused letter away."""
        with suppress(OSError, smtplib.SMTPException):
            if self._smtp is not None:
                self._smtp.rset()


def _told(delivery_id: int, fault: Exception) -> Receipt | None:
    """What the server said of this one letter; None where the trouble is the connection's."""
    if isinstance(fault, smtplib.SMTPRecipientsRefused):
        code, words = next(iter(fault.recipients.values()), (0, b""))
        whose = "address"
    elif isinstance(fault, (smtplib.SMTPSenderRefused, smtplib.SMTPDataError)):
        code, words, whose = fault.smtp_code, b"", "server"
    else:
        return None
    if code == TOO_MUCH_TROUBLE:
        return None
    word = f"smtp_{code}"
    if whose == "address" and code in NO_SUCH_MAILBOX and not _is_policy(words):
        return Receipt(delivery_id, "gone", word)
    # What a server refuses whole, whoever it is for, another one may take; 450 to 452 are said of a mailbox.
    down = code >= PERMANENT or whose == "server"
    return Receipt(delivery_id, "refused" if code >= PERMANENT else "later", word, down=down)


def _is_policy(words: bytes | str) -> bool:
    """Whether a refusal says, by its enhanced code (5.7.x), that the server's rules forbid it, not that nobody is there."""
    plain = words if isinstance(words, str) else words.decode("ascii", "replace")
    return plain.lstrip().startswith("5.7.")


def _why(fault: Exception) -> str:
    """A word for a connection that could not be made or held."""
    if isinstance(fault, ssl.SSLError | smtplib.SMTPNotSupportedError):
        return "smtp_tls_failed"
    if isinstance(fault, smtplib.SMTPAuthenticationError):
        return "smtp_sign_in_refused"
    return "smtp_timed_out" if _hung(fault) else "smtp_unreachable"


def _hung(fault: Exception) -> bool:
    """Whether a step took too long; the library calls that a lost connection."""
    return isinstance(fault, TimeoutError) or isinstance(fault.__context__, TimeoutError)
