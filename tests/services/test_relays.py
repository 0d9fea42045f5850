"""Two mail servers, of which one fails in each of its ways: nothing is lost, nothing waits long, the other channel goes on."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from unittest.mock import patch

import pytest
from sqlalchemy import Engine, text

from hectis_flow.channels import email
from hectis_flow.services.house import House
from tests.notices import delivered, ends, line, make_due, planned, reaching, referred, staffed, tasks
from tests.ports import kept_port
from tests.services.test_notification import plain_webhooks
from tests.services.test_parking import parked
from tests.sinks import Calls, Mails, mail_sink, options_for
from tests.tables import one, rows

pytestmark = pytest.mark.target("R15")
STANDING = "SELECT name, share, troubles FROM relay WHERE channel = 'email' ORDER BY name"
BATCHES = 4


@pytest.fixture
def second() -> Iterator[Mails]:
    with mail_sink() as sink:
        yield sink


def two(house: House, first: Mails, second: Mails, calls: Calls | None = None, **more: object) -> House:
    """A house whose mail goes by the first server, and by the second where that one fails."""
    options = options_for(first, calls, second_smtp_host=second.host, second_smtp_port=second.port, **more)
    return reaching(house, replace(options, second_smtp_starttls=False))


def batches(house: House, engine: Engine, how_many: int = BATCHES) -> None:
    """So many runs of a worker, each with one new referral."""
    for n in range(how_many):
        referred(house, engine, run=f"B{n}")
        planned(house)
        delivered(house)


@pytest.mark.parametrize(
    ("rcpt", "data"),
    [
        ("554 5.7.1 no service", None),
        ("550 5.7.1 relaying denied", None),
        ("421 closing", None),
        (None, "554 no service"),
        (None, "451 try later"),
        (None, "421 too many letters"),
    ],
)
def test_what_the_first_server_refuses_whole_the_second_carries_in_the_same_run(
    house: House, clean: Engine, mails: Mails, second: Mails, rcpt: str | None, data: str | None
) -> None:
    mails.rcpt = lambda _: rcpt or "250 OK"
    mails.data = lambda _: data or "250 kept"
    post = two(house, mails, second)
    staffed(post, line("hr-1"))

    batches(post, clean)

    assert ends(clean) == ["sent"] * BATCHES
    assert (len(mails.letters), len(second.letters)) == (0, BATCHES)
    assert len(set(second.keys)) == BATCHES
    assert rows(clean, STANDING)[0] == ("first", 0, 2)
    assert parked(clean) == []
    # Two batches showed it; after that the first one is left alone.
    assert mails.connections <= 4


@contextmanager
def silent() -> Iterator[int]:
    """A server that takes connections and never says a word; its port."""
    held = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            while True:
                try:
                    held.append(server.accept()[0])
                except OSError:
                    return

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
    thread.join()
    for one_ in held:
        one_.close()


def test_a_server_that_hangs_costs_one_time_limit_and_then_nothing(
    house: House, clean: Engine, second: Mails, calls: Calls
) -> None:
    with silent() as port, patch.object(email, "TIMEOUT_SECONDS", 0.3):
        post = two(house, Mails(port=port), second, calls)
        staffed(post, line("hr-1"), line("hr-2", email="", webhook=f"https://{calls.host}/hook"))
        plain_webhooks(post, clean, calls)
        begun = time.monotonic()
        batches(post, clean)
        took = time.monotonic() - begun

        assert ends(clean) == ["sent"] * 2 * BATCHES
        assert (len(second.letters), len(calls.calls)) == (BATCHES, BATCHES)
        assert took < 60
        assert rows(clean, STANDING)[0] == ("first", 0, 2)


def test_a_step_is_given_up_within_ten_seconds() -> None:
    assert email.TIMEOUT_SECONDS <= 10


def test_a_server_without_the_tls_that_is_asked_for_is_passed_by(
    house: House, clean: Engine, mails: Mails, second: Mails
) -> None:
    post = two(house, mails, second, smtp_starttls=True)
    staffed(post, line("hr-1"))

    batches(post, clean, 2)

    assert ends(clean) == ["sent"] * 2
    assert len(second.letters) == 2


def test_a_server_that_is_away_is_passed_by(house: House, clean: Engine, second: Mails) -> None:
    with kept_port() as port:
        post = two(house, Mails(port=port), second)
        staffed(post, line("hr-1"))
        batches(post, clean, 2)

    assert ends(clean) == ["sent"] * 2


def test_of_a_batch_that_was_half_taken_the_other_half_goes_by_the_second(
    house: House, clean: Engine, mails: Mails, second: Mails
) -> None:
    post = two(house, mails, second)
    mails.data = lambda _: "250 kept" if len(mails.letters) < 3 else "421 enough"
    staffed(post, *(line(f"hr-{n}") for n in range(7)))
    referred(post, clean)
    planned(post)

    assert delivered(post) == 7

    assert (len(mails.letters), len(second.letters)) == (3, 4)
    assert len({*mails.keys, *second.keys}) == 7
    assert rows(clean, "SELECT share FROM relay WHERE name = 'first'") in ([], [(100,)])


def test_an_unknown_mailbox_is_no_trouble_of_the_servers(
    house: House, clean: Engine, mails: Mails, second: Mails
) -> None:
    mails.rcpt = lambda _: "550 5.1.1 no such user"
    post = two(house, mails, second)
    staffed(post, line("hr-1"))
    batches(post, clean, 1)

    assert second.letters == []
    assert parked(clean) == ["hr-1"]


def test_it_comes_back_in_steps_once_it_has_rested(
    house: House, clean: Engine, mails: Mails, second: Mails
) -> None:
    post = two(house, mails, second)
    staffed(post, line("hr-1"))
    mails.data = lambda _: "554 no service"
    batches(post, clean, 2)
    mails.data = lambda _: "250 kept"
    shares = []
    with patch("hectis_flow.services.relays.random.random", return_value=0.0):
        for n in range(5):
            with clean.begin() as connection:
                connection.execute(text("UPDATE relay SET since = since - interval '20 minutes'"))
            referred(post, clean, run=f"C{n}")
            planned(post)
            delivered(post)
            shares.append(one(clean, "SELECT share FROM relay WHERE name = 'first'"))

    assert shares == [10, 25, 50, 100, 100]
    assert len(mails.letters) == 5


def test_where_both_fail_nothing_is_lost_and_a_person_is_asked_at_the_end(
    house: House, clean: Engine, mails: Mails, second: Mails
) -> None:
    mails.data = second.data = lambda _: "554 no service"
    post = two(house, mails, second)
    staffed(post, line("hr-1"))
    referred(post, clean)
    planned(post)
    for _ in range(post.outward.options.most_tries):
        make_due(clean)
        delivered(post)

    assert ends(clean) == ["gave_up"]
    assert len(tasks(clean, "call_by_phone")) == 1
