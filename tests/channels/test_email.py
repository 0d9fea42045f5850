"""E-mail against a real SMTP server: what a letter is, and what becomes of trouble on the way."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from hectis_flow.channels.base import TIMEOUT_SECONDS, Outgoing, Receipt
from hectis_flow.channels.email import EmailChannel
from tests.ports import kept_port
from tests.sinks import Mails, options_for
from tests.waiting import until

KEY = "0b9f1a9e-7d4c-4f6e-9a55-0c3a1f2e4d5b"


def notice(number: int = 1, address: str = "liaison@station.invalid", **more: str) -> Outgoing:
    usual = {
        "subject": "WC-2026-000001 · Acknowledge a referral",
        "text": "Please acknowledge.\n",
        "html": "<p>Please acknowledge.</p>",
        "thread": "WC-2026-000001",
    }
    return Outgoing(number, f"{KEY[:-1]}{number}", address, body=b"", **(usual | more))


def sent(channel: EmailChannel, *notices: Outgoing, seconds: float = 30.0) -> list[Receipt]:
    return list(channel.send(notices, time.monotonic() + seconds))


def codes(receipts: list[Receipt]) -> list[tuple[str, str]]:
    return [(one.code, one.fault) for one in receipts]


def test_a_letter_has_text_and_html_a_stable_id_and_its_cases_thread(mails: Mails) -> None:
    channel = EmailChannel(options_for(mails))

    assert sent(channel, notice(1), notice(2)) == [Receipt(1, "sent"), Receipt(2, "sent")]
    assert sent(channel, notice(1)) == [Receipt(1, "sent")]

    first, second, again = mails.letters
    assert first["Message-ID"] == again["Message-ID"] == f"<{KEY[:-1]}1@hectis.invalid>"
    assert first["References"] == second["References"] == "<wc-2026-000001@hectis.invalid>"
    assert first["To"] == "liaison@station.invalid"
    assert first["Subject"] == "WC-2026-000001 · Acknowledge a referral"
    assert first["Auto-Submitted"] == "auto-generated"
    assert first["Content-Language"] is None


def test_a_letter_says_its_language_and_nothing_else_gets_into_that_header(mails: Mails) -> None:
    channel = EmailChannel(options_for(mails))

    assert codes(sent(channel, notice(1, language="xh"))) == [("sent", "")]
    assert codes(sent(channel, notice(2, language="xh\r\nBcc: all@b.invalid"))) == [
        ("never", "letter_malformed")
    ]

    (letter,) = mails.letters
    assert letter["Content-Language"] == "xh"


def test_a_letter_keeps_its_two_bodies(mails: Mails) -> None:
    sent(EmailChannel(options_for(mails)), notice(1))

    (first,) = mails.letters
    text, html = first.get_body(("plain",)), first.get_body(("html",))
    assert text is not None
    assert html is not None
    assert text.get_content().splitlines() == ["Please acknowledge."]
    assert html.get_content().splitlines() == ["<p>Please acknowledge.</p>"]


def test_a_batch_goes_over_one_connection(mails: Mails) -> None:
    sent(EmailChannel(options_for(mails)), *(notice(number) for number in range(1, 9)))

    assert (mails.connections, len(mails.letters)) == (1, 8)


@pytest.mark.target("S14")
@pytest.mark.parametrize(
    "address",
    [
        "a@b.invalid\r\nBcc: all@b.invalid",
        "a@b.invalid\nX: y",
        "a@b.invalid, c@d.invalid",
        "Name <a@b.invalid>",
        "<a@b.invalid>",
        "a@b.invalid\x00",
        "a b@c.invalid",
        "@b.invalid",
        "a@",
        "a@b.invalid ",
        "",
    ],
)
def test_an_address_in_which_more_is_hidden_is_never_sent_to(mails: Mails, address: str) -> None:
    receipts = sent(EmailChannel(options_for(mails)), notice(1, address), notice(2))

    assert codes(receipts) == [("never", "address_malformed"), ("sent", "")]
    assert mails.recipients == ["liaison@station.invalid"]


@pytest.mark.target("S14")
def test_no_header_can_be_added_through_a_subject_or_a_case_number(mails: Mails) -> None:
    channel = EmailChannel(options_for(mails))

    receipts = sent(
        channel,
        notice(1, subject="Fine\r\nBcc: all@b.invalid\r\n\r\nA body"),
        notice(2, thread="WC-1>\r\nBcc: all@b.invalid"),
        notice(3),
    )

    assert codes(receipts) == [("sent", ""), ("never", "letter_malformed"), ("sent", "")]
    letter, _ = mails.letters
    assert letter["Bcc"] is None
    assert letter["Subject"] == "Fine Bcc: all@b.invalid A body"


@pytest.mark.target("R15")
def test_half_a_batch_that_is_refused_does_not_hold_up_the_other_half(mails: Mails) -> None:
    answers = {"bad": "550 no such user", "full": "452 mailbox full"}
    mails.rcpt = lambda address: answers.get(address.partition("@")[0], "250 OK")
    mails.data = lambda address: "554 looks like spam" if address.startswith("spam") else "250 kept"
    addresses = [f"{name}@station.invalid" for name in ("one", "bad", "two", "full", "spam", "three")]

    receipts = sent(EmailChannel(options_for(mails)), *(notice(n, each) for n, each in enumerate(addresses)))

    assert codes(receipts) == [
        ("sent", ""),
        ("gone", "smtp_550"),
        ("sent", ""),
        ("later", "smtp_452"),
        ("refused", "smtp_554"),
        ("sent", ""),
    ]
    assert mails.connections == 1


@pytest.mark.target("R15")
def test_a_server_that_is_away_costs_the_whole_batch_one_try() -> None:
    with kept_port() as port:
        receipts = sent(EmailChannel(options_for(Mails(port=port))), notice(1), notice(2))

    assert codes(receipts) == [("later", "smtp_unreachable")] * 2


@contextmanager
def silent_server() -> Iterator[tuple[int, list[tuple[socket.socket, object]]]]:
    """Takes connections and never says a word; gives its port, and the lines with whose they are."""
    held: list[tuple[socket.socket, object]] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            while True:
                try:
                    held.append(server.accept())
                except OSError:
                    return

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield server.getsockname()[1], held
        server.shutdown(socket.SHUT_RDWR)
    thread.join()
    for one, _ in held:
        one.close()


@pytest.mark.target("R15")
def test_a_server_that_hangs_is_given_up_and_asked_once_a_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hectis_flow.channels.email.TIMEOUT_SECONDS", 0.2)
    with silent_server() as (port, held):
        receipts = sent(EmailChannel(options_for(Mails(port=port))), notice(1), notice(2), notice(3))

        assert codes(receipts) == [("later", "smtp_timed_out")] * 3
        with socket.create_connection(("127.0.0.1", port)) as last:
            until(lambda: last.getsockname() in [whose for _, whose in held], "ours is taken too")
            assert len(held) == 2  # the batch's one try, and ours, which came after all of its tries


@pytest.mark.target("R15")
def test_no_step_may_last_longer_than_ten_seconds() -> None:
    assert TIMEOUT_SECONDS <= 10


@pytest.mark.target("R15")
def test_a_server_without_the_tls_that_is_wanted_gets_no_letter(mails: Mails) -> None:
    receipts = sent(EmailChannel(options_for(mails, smtp_starttls=True)), notice(1))

    assert codes(receipts) == [("later", "smtp_tls_failed")]
    assert mails.letters == []


def test_a_connection_that_is_lost_in_between_is_made_anew(mails: Mails) -> None:
    mails.data = lambda _: (
        "421 going down" if len(mails.letters) == 1 and mails.connections == 1 else "250 kept"
    )

    receipts = sent(EmailChannel(options_for(mails)), notice(1), notice(2), notice(3))

    assert codes(receipts) == [("sent", "")] * 3
    assert mails.connections == 2


def test_what_is_not_begun_in_time_is_left(mails: Mails) -> None:
    assert codes(sent(EmailChannel(options_for(mails)), notice(1), seconds=-1.0)) == [("left", "")]


def test_an_address_is_shown_in_no_representation() -> None:
    assert "liaison" not in repr(notice())


@pytest.mark.parametrize(
    "subject",
    [
        "WC-2026-000001 · Ukuhlola · Di 2 Jun, 08:00",
        "plain and short",
        "plain " * 40,
        "✓é" * 80,
        "=?utf-8?q?hidden?=",
        "a\x07b\u2028c",
        "",
    ],
)
def test_every_subject_comes_through_as_it_was_on_one_line(mails: Mails, subject: str) -> None:
    assert codes(sent(EmailChannel(options_for(mails)), notice(1, subject=subject))) == [("sent", "")]

    (letter,) = mails.letters
    assert str(letter["Subject"]) == " ".join(subject.split())


@pytest.mark.parametrize(
    "body",
    ["Ünë\nline = two\n", ".\n..\n.dot\n", "a" * 500, "trailing \n\ttab\t\n", "From x\r\nand y\r\n", ""],
)
def test_every_body_comes_through_line_by_line(mails: Mails, body: str) -> None:
    sent(EmailChannel(options_for(mails)), notice(1, text=body, html=body))

    (letter,) = mails.letters
    for kind in ("plain", "html"):
        part = letter.get_body((kind,))
        assert part is not None
        said = part.get_content().replace("\r\n", "\n").rstrip("\n")
        assert said == body.replace("\r\n", "\n").rstrip("\n")
