"""Mail and calls over TLS: the certificate must be trusted and bear the name that was asked for, or nothing goes."""

import ssl
import time
from collections.abc import Iterator

import pytest

from hectis_flow.channels.base import Outgoing, Receipt
from hectis_flow.channels.email import EmailChannel
from hectis_flow.channels.webhook import WebhookChannel
from tests.authority import Authority
from tests.sinks import Calls, Mails, hook_sink, mail_sink, options_for

KEY = "0b9f1a9e-7d4c-4f6e-9a55-0c3a1f2e4d5b"

pytestmark = pytest.mark.target("R15")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def context(authority: Authority) -> ssl.SSLContext:
    """A server with a certificate for 127.0.0.1 and no name."""
    made = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    made.load_cert_chain(*authority.sign("server"))
    return made


@pytest.fixture
def trusted(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    """This machine trusts the authority."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.ca))


@pytest.fixture
def mails(context: ssl.SSLContext) -> Iterator[Mails]:
    with mail_sink(context) as sink:
        yield sink


@pytest.fixture
def calls(context: ssl.SSLContext) -> Iterator[Calls]:
    with hook_sink(context) as sink:
        yield sink


def mailed(mails: Mails) -> Receipt:
    notice = Outgoing(1, KEY, "hr-1@station.invalid", "A subject", "Text", "<p>HTML</p>", b"")
    (receipt,) = EmailChannel(options_for(mails, smtp_starttls=True)).send([notice], time.monotonic() + 30)
    return receipt


def called(calls: Calls, host: str) -> Receipt:
    notice = Outgoing(1, KEY, f"https://{host}/hook", "", "", "", b"{}")
    channel = WebhookChannel(options_for(calls=calls, webhook_hosts=frozenset({host})))
    (receipt,) = channel.send([notice], time.monotonic() + 30)
    return receipt


def test_a_letter_goes_over_starttls_to_a_server_that_is_trusted(mails: Mails, trusted: None) -> None:
    assert mailed(mails) == Receipt(1, "sent")
    assert len(mails.letters) == 1


def test_a_mail_server_that_nobody_trusts_gets_no_letter(mails: Mails) -> None:
    assert mailed(mails) == Receipt(1, "later", "smtp_tls_failed", down=True)
    assert mails.letters == []


def test_a_mail_server_by_another_name_than_its_certificate_gets_no_letter(
    mails: Mails, trusted: None
) -> None:
    mails.host = "localhost"

    assert mailed(mails) == Receipt(1, "later", "smtp_tls_failed", down=True)
    assert mails.letters == []


def test_a_call_goes_to_a_host_that_is_trusted(calls: Calls, trusted: None) -> None:
    assert called(calls, calls.host) == Receipt(1, "sent")
    assert len(calls.calls) == 1


def test_a_host_that_nobody_trusts_is_not_spoken_to(calls: Calls) -> None:
    assert called(calls, calls.host) == Receipt(1, "later", "host_tls_failed")
    assert calls.calls == []


def test_a_host_by_another_name_than_its_certificate_is_not_spoken_to(calls: Calls, trusted: None) -> None:
    assert called(calls, f"localhost:{calls.port}") == Receipt(1, "later", "host_tls_failed")
    assert calls.calls == []
