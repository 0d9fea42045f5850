"""Where notices arrive in tests: a real SMTP server and a real HTTP server on this machine, which remember."""

import base64
import logging
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as usual
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from hectis_flow.channels.base import ChannelOptions
from tests.ports import kept_port
from tests.waiting import PATIENCE

SECRET = f"whsec_{base64.b64encode(bytes(range(32))).decode()}"
FINE = "250 kept"


@dataclass
class Mails:
    """What arrived by SMTP. `rcpt` and `data` are what the server answers, by the address."""

    host: str = "127.0.0.1"
    port: int = 0
    letters: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    connections: int = 0
    rcpt: Callable[[str], str] = lambda _: "250 OK"
    data: Callable[[str], str] = lambda _: FINE

    async def handle_EHLO(  # noqa: N802
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.connections += 1
        return responses

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        answer = self.rcpt(address)
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = self.data(envelope.rcpt_tos[0])
        if answer.startswith("250"):
            content = envelope.content
            assert isinstance(content, bytes)
            letter = message_from_bytes(content, policy=usual)
            assert isinstance(letter, EmailMessage)
            self.letters.append(letter)
            self.recipients.append(envelope.rcpt_tos[0])
        return answer

    @property
    def keys(self) -> list[str]:
        """The key of every letter, in the order in which they came."""
        return [str(letter["Message-ID"]).strip("<>").partition("@")[0] for letter in self.letters]


@contextmanager
def mail_sink(tls: ssl.SSLContext | None = None) -> Iterator[Mails]:
    """An SMTP server for as long as this lasts; with `tls` it takes no letter before STARTTLS."""
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)  # what a receiver logs is not what we log
    with kept_port() as port:
        mails = Mails(port=port)
        more = {"tls_context": tls, "require_starttls": tls is not None}
        controller = Controller(mails, hostname=mails.host, port=mails.port, ready_timeout=PATIENCE, **more)
        controller.start()
        try:
            yield mails
        finally:
            controller.stop()


@dataclass(frozen=True)
class Call:
    """One POST as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def key(self) -> str:
        return self.headers["webhook-id"]


@dataclass
class Calls:
    """What arrived by HTTP. `answer` says status, headers and, if it likes, a body, by the call."""

    port: int = 0
    calls: list[Call] = field(default_factory=list)
    answer: Callable[[Call], tuple[int, dict[str, str]] | tuple[int, dict[str, str], bytes]] = lambda _: (
        204,
        {},
    )

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.host}/hook"


@contextmanager
def hook_sink(tls: ssl.SSLContext | None = None) -> Iterator[Calls]:
    """An HTTP server for as long as this lasts; with `tls` over nothing else."""
    calls = Calls()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            call = Call(self.path, dict(self.headers.items()), body)
            calls.calls.append(call)
            status, headers, said = (*calls.answer(call), b"")[:3]
            self.send_response(status)
            for name, value in {"Content-Length": str(len(said)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: Any) -> None:
            """Keep quiet."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False

        def handle_error(self, *_: Any) -> None:
            """A caller that hangs up is what some tests are about."""

    server = Server(("127.0.0.1", 0), Handler)
    calls.port = server.server_address[1]
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield calls
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def options_for(mails: Mails | None = None, calls: Calls | None = None, **more: Any) -> ChannelOptions:
    """Options by which notices reach these sinks; retries are quick."""
    usual_ones: dict[str, Any] = {"retry_seconds": 0.05, "private_hosts": True, "smtp_starttls": False}
    if mails is not None:
        usual_ones |= {"smtp_host": mails.host, "smtp_port": mails.port, "mail_from": "hectis@hectis.invalid"}
    if calls is not None:
        usual_ones |= {"webhook_secrets": (SECRET,), "webhook_hosts": frozenset({calls.host})}
    return ChannelOptions(**(usual_ones | more))
