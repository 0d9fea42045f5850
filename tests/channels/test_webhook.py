"""Webhooks against a real HTTP server, and the doors that stay shut."""

import base64
import hashlib
import hmac
import json
import socket
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from hectis_flow.channels import doors
from hectis_flow.channels.base import ChannelOptions, Outgoing, Receipt
from hectis_flow.channels.webhook import WebhookChannel
from tests.sinks import SECRET, Call, Calls, hook_sink, options_for

KEY = "0b9f1a9e-7d4c-4f6e-9a55-0c3a1f2e4d5b"
OPEN_HOSTS = frozenset({"hooks.partner.example", "hooks.partner.example:8443", "127.0.0.1", "localhost"})


def notice(number: int, url: str) -> Outgoing:
    return Outgoing(number, f"{KEY[:-1]}{number}", url, "", "", "", json.dumps({"n": number}).encode())


def sent(channel: WebhookChannel, *notices: Outgoing, seconds: float = 30.0) -> list[Receipt]:
    return list(channel.send(notices, time.monotonic() + seconds))


def strict() -> WebhookChannel:
    """As in production: named hosts only, TLS only, public addresses only."""
    return WebhookChannel(ChannelOptions(webhook_secrets=(SECRET,), webhook_hosts=OPEN_HOSTS))


def why(channel: WebhookChannel, url: str) -> tuple[str, str]:
    (receipt,) = sent(channel, notice(1, url))
    return receipt.code, receipt.fault


def test_a_call_is_signed_and_carries_the_same_key_at_every_try(calls: Calls) -> None:
    channel = WebhookChannel(options_for(calls=calls))

    assert sent(channel, notice(1, calls.url)) == [Receipt(1, "sent")]
    assert sent(channel, notice(1, calls.url)) == [Receipt(1, "sent")]

    first, again = calls.calls
    assert first.key == again.key == f"{KEY[:-1]}1"
    assert first.body == b'{"n": 1}'
    assert first.headers["Content-Type"] == "application/json"
    assert first.headers["Host"] == calls.host
    at = first.headers["webhook-timestamp"]
    assert first.headers["webhook-signature"] == signed_with(SECRET, f"{first.key}.{at}.", first.body)
    assert abs(int(at) - time.time()) < 60


def signed_with(secret: str, begins: str, body: bytes) -> str:
    """As the specification of Standard Webhooks says it, step by step."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    return "v1," + base64.b64encode(hmac.new(key, begins.encode() + body, hashlib.sha256).digest()).decode()


def test_while_secrets_are_changed_over_both_sign(calls: Calls) -> None:
    another = f"whsec_{base64.b64encode(bytes(range(24))).decode()}"
    sent(WebhookChannel(options_for(calls=calls, webhook_secrets=(another, SECRET))), notice(1, calls.url))

    (call,) = calls.calls
    begins = f"{call.key}.{call.headers['webhook-timestamp']}."
    assert call.headers["webhook-signature"].split(" ") == [
        signed_with(another, begins, call.body),
        signed_with(SECRET, begins, call.body),
    ]


@pytest.mark.target("R15")
@pytest.mark.parametrize(
    ("status", "code"),
    [
        *((ok, "sent") for ok in (200, 202, 204)),
        *((busy, "later") for busy in (408, 429, 500, 503)),
        (400, "refused"),
        (410, "refused"),
    ],
)
def test_what_an_answer_means(calls: Calls, status: int, code: str) -> None:
    calls.answer = lambda _: (status, {})

    (receipt,) = sent(WebhookChannel(options_for(calls=calls)), notice(1, calls.url))

    assert receipt == Receipt(1, code, "" if code == "sent" else f"http_{status}")  # type: ignore[arg-type]


@pytest.mark.target("R15")
@pytest.mark.parametrize(
    ("said", "wait"), [("120", 120), ("999999999", 3600), ("-5", 0), ("soon", 0), ("", 0)]
)
def test_a_receiver_that_asks_to_be_left_alone_is_heard(calls: Calls, said: str, wait: float) -> None:
    calls.answer = lambda _: (429, {"Retry-After": said})

    (receipt,) = sent(WebhookChannel(options_for(calls=calls)), notice(1, calls.url))

    assert receipt.wait == wait


@pytest.mark.target("R15")
def test_a_receiver_that_names_a_time_is_left_alone_until_then(calls: Calls) -> None:
    def in_half_an_hour(_: Call) -> tuple[int, dict[str, str]]:
        then = datetime.now(UTC) + timedelta(minutes=30)
        return 429, {"Retry-After": format_datetime(then, usegmt=True)}

    calls.answer = in_half_an_hour

    (receipt,) = sent(WebhookChannel(options_for(calls=calls)), notice(1, calls.url))

    assert 1200 < receipt.wait <= 1800


@pytest.mark.target("S13")
def test_no_redirect_is_followed(calls: Calls) -> None:
    with hook_sink() as elsewhere:
        calls.answer = lambda _: (307, {"Location": elsewhere.url})

        assert why(WebhookChannel(options_for(calls=calls)), calls.url) == ("refused", "http_307")
        assert elsewhere.calls == []


@pytest.mark.target("R15")
def test_a_host_that_hangs_is_not_asked_again_in_the_batch_and_holds_up_no_other(
    calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The sound host has as long for its answer; what is hung costs this once.
    monkeypatch.setattr("hectis_flow.channels.line.STEP_SECONDS", 2.0)
    with socket.create_server(("127.0.0.1", 0)) as hung:
        host = f"127.0.0.1:{hung.getsockname()[1]}"
        options = options_for(calls=calls, webhook_hosts=frozenset({calls.host, host}))
        batch = [notice(1, f"http://{host}/"), notice(2, calls.url), notice(3, f"http://{host}/")]

        receipts = sent(WebhookChannel(options), *batch)

    assert [(one.code, one.fault) for one in receipts] == [
        ("later", "host_timed_out"),
        ("sent", ""),
        ("later", "host_timed_out"),
    ]


def test_a_kept_connection_that_was_closed_meanwhile_is_made_anew(calls: Calls) -> None:
    channel = WebhookChannel(options_for(calls=calls))
    calls.answer = lambda _: (204, {"Connection": "close"} if len(calls.calls) == 2 else {})

    receipts = sent(channel, *(notice(number, calls.url) for number in range(5)))

    assert [one.code for one in receipts] == ["sent"] * 5
    assert len(calls.calls) == 5


@pytest.mark.target("R15")
@pytest.mark.parametrize(
    "said", [b"", b"hello\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b"\x15\x03\x01\x00\x02\x02\x28"]
)
def test_an_answer_that_is_none_is_tried_again_later(said: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        host = f"127.0.0.1:{server.getsockname()[1]}"

        def answer() -> None:
            caller, _ = server.accept()
            with caller:
                caller.recv(65536)
                caller.sendall(said)

        thread = threading.Thread(target=answer)
        thread.start()
        options = ChannelOptions(
            webhook_secrets=(SECRET,), webhook_hosts=frozenset({host}), private_hosts=True
        )
        (receipt,) = sent(WebhookChannel(options), notice(1, f"http://{host}/"))
        thread.join()

    assert receipt.code == "later"


@pytest.mark.target("R15")
def test_a_host_that_speaks_no_tls_where_it_must_gets_nothing(calls: Calls) -> None:
    url = calls.url.replace("http:", "https:")

    assert why(WebhookChannel(options_for(calls=calls)), url) == ("later", "host_tls_failed")
    assert calls.calls == []


def test_what_is_not_begun_in_time_is_left(calls: Calls) -> None:
    receipts = sent(WebhookChannel(options_for(calls=calls)), notice(1, calls.url), seconds=-1.0)

    assert [one.code for one in receipts] == ["left"]
    assert calls.calls == []


@pytest.mark.target("S13")
@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("http://hooks.partner.example/", "host_not_https"),
        ("ftp://hooks.partner.example/", "host_not_https"),
        ("file:///etc/passwd", "address_malformed"),
        ("https://elsewhere.example/", "host_not_allowed"),
        ("https://hooks.partner.example:444/", "host_not_allowed"),
        ("https://hooks.partner.example.elsewhere.example/", "host_not_allowed"),
        ("https://hooks.partner.example./", "host_not_allowed"),
        ("https://elsewhere.example#@hooks.partner.example/", "address_malformed"),
        ("https://hooks.partner.example@elsewhere.example/", "address_malformed"),
        ("https://user:word@hooks.partner.example/", "address_malformed"),  # pragma: allowlist secret
        ("https://elsewhere.example\\@hooks.partner.example/", "address_malformed"),
        ("https://hooks.partner.example/\r\nHost: elsewhere.example", "address_malformed"),
        ("https://hooks.partner.example/ x", "address_malformed"),
        ("https://hooks.partner.example:port/", "address_malformed"),
        ("https://[::1]/", "host_not_allowed"),
        ("https://[::ffff:127.0.0.1]/", "host_not_allowed"),
        ("https://2130706433/", "host_not_allowed"),
        ("https://0x7f.1/", "host_not_allowed"),
        ("https://0177.0.0.1/", "host_not_allowed"),
        ("https://127.0.0.1/", "host_not_public"),
        ("https://localhost/", "host_not_public"),
        ("https://", "address_malformed"),
        ("", "address_malformed"),
    ],
)
def test_an_address_that_nobody_may_call_is_never_called(
    monkeypatch: pytest.MonkeyPatch, url: str, fault: str
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("a connection was made")

    monkeypatch.setattr("hectis_flow.channels.line.socket.create_connection", refuse)

    assert why(strict(), url) == ("never", fault)


PRIVATE = [
    "127.0.0.1",
    "127.8.8.8",
    "10.0.0.1",
    "172.16.3.4",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",  # noqa: S104
    "255.255.255.255",
    "224.0.0.1",
    "192.0.0.8",
    "198.18.0.1",
    "240.0.0.1",
    "::1",
    "::",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "fd12::3",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a00:1",
    "2002:7f00:1::",
    "2001:0:7f00:1::80ff:fffe",
]


@pytest.mark.target("S13")
@pytest.mark.parametrize("address", PRIVATE)
def test_no_form_of_a_private_address_is_public(address: str) -> None:
    assert not doors.is_public(address)


@pytest.mark.parametrize("address", ["41.0.0.1", "196.25.1.1", "2606:4700::1111", "::ffff:196.25.1.1"])
def test_addresses_of_the_open_internet_are_public(address: str) -> None:
    assert doors.is_public(address)


Answers = Callable[..., list[tuple[int, int, int, str, tuple[str, int]]]]


def resolving(*rounds: list[str]) -> Answers:
    """A name server that gives one list of addresses after the other, the last one for ever."""
    left = list(rounds)

    def answer(_name: str, port: int, **_: Any) -> list[tuple[int, int, int, str, tuple[str, int]]]:
        found = left.pop(0) if len(left) > 1 else left[0]
        return [(0, 0, 0, "", (address, port)) for address in found]

    return answer


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """To which addresses somebody tried to connect; nobody gets there."""
    tried: list[str] = []

    def connect(where: tuple[str, int], **_: Any) -> None:
        tried.append(where[0])
        raise OSError

    monkeypatch.setattr("hectis_flow.channels.line.socket.create_connection", connect)
    return tried


@pytest.mark.target("S13")
@pytest.mark.parametrize("mixed", [["10.0.0.1"], ["196.25.1.1", "10.0.0.1"], ["::1", "196.25.1.1"]])
def test_a_named_host_that_leads_inside_is_not_called(
    monkeypatch: pytest.MonkeyPatch, connected: list[str], mixed: list[str]
) -> None:
    monkeypatch.setattr(doors.socket, "getaddrinfo", resolving(mixed))

    assert why(strict(), "https://hooks.partner.example/") == ("never", "host_not_public")
    assert connected == []


@pytest.mark.target("S13")
def test_the_connection_goes_to_the_address_that_was_looked_at(
    monkeypatch: pytest.MonkeyPatch, connected: list[str]
) -> None:
    monkeypatch.setattr(doors.socket, "getaddrinfo", resolving(["196.25.1.1"], ["127.0.0.1"]))

    assert why(strict(), "https://hooks.partner.example/") == ("later", "host_unreachable")
    assert connected == ["196.25.1.1"]


def test_an_address_is_shown_in_no_representation() -> None:
    assert "secret-path" not in repr(notice(1, "https://hooks.partner.example/secret-path"))
    assert SECRET not in repr(ChannelOptions(webhook_secrets=(SECRET,), smtp_password=SECRET))
