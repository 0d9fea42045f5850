"""Notices as jobs: handed over as ids, planned and sent by a worker, caught by the practice mailbox."""

import os
import signal
import smtplib
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path

import pytest
import redis
from sqlalchemy import Engine, text

from config.settings import Settings
from hectis_flow.channels.null import NullChannel
from hectis_flow.services import mailbox, work
from hectis_flow.services.house import House
from hectis_flow.services.staff_import import fingerprint
from tests.drills.fixtures import StackMaker
from tests.drills.stack import FAST
from tests.notices import ends, line, reaching, referred, staffed
from tests.ports import kept_port
from tests.sinks import options_for
from tests.tables import one, rows
from tests.waiting import PATIENCE, until
from tests.workers.conftest import RunJobs
from workers.context import Context, adopt
from workers.handover import hand_over_chats, hand_over_deliveries, hand_over_events
from workers.queues import DELIVERIES, NOTICES, QUEUES, queue_of

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def sending(house: House, settings: Settings, run_jobs: RunJobs) -> House:
    """This process as a worker (after `run_jobs` made it an ordinary one) whose notices go nowhere."""
    made = reaching(house, options_for(), email=NullChannel())
    adopt(Context("worker", "here-1-aa", settings, made))
    return made


def test_events_and_deliveries_become_jobs_of_ids_and_go_out(
    sending: House, clean: Engine, broker: "redis.Redis", run_jobs: RunJobs
) -> None:
    staffed(sending, line("hr-1"), line("hr-2"))
    referred(sending, clean, 3)

    assert hand_over_events(sending, broker, 2) > 3
    assert hand_over_events(sending, broker, 2) == 0
    assert queue_of(broker, NOTICES).count > 1
    run_jobs()
    assert hand_over_deliveries(sending, broker, 4) == 6
    assert hand_over_deliveries(sending, broker, 4) == 0
    assert queue_of(broker, DELIVERIES).count == 2
    run_jobs()

    assert ends(clean) == ["sent"] * 6


@pytest.mark.target("R3")
def test_notices_that_redis_loses_are_handed_over_again(
    sending: House, clean: Engine, broker: "redis.Redis", run_jobs: RunJobs
) -> None:
    brief = replace(sending, lease_seconds=0.2)
    staffed(sending, line("hr-1"))
    referred(sending, clean, 2)
    events = hand_over_events(brief, broker, 100)
    broker.flushall()

    assert until(lambda: hand_over_events(sending, broker, 100), "events are handed over") == events
    run_jobs()
    assert hand_over_deliveries(brief, broker, 100) == 2
    broker.flushall()
    assert until(lambda: hand_over_deliveries(sending, broker, 100), "deliveries are handed over") == 2
    run_jobs()
    assert ends(clean) == ["sent"] * 2


def test_what_waits_to_be_sent_is_counted(
    sending: House, clean: Engine, broker: "redis.Redis", run_jobs: RunJobs
) -> None:
    staffed(sending, line("hr-1"))
    referred(sending, clean, 2)
    hand_over_events(sending, broker, 100)
    run_jobs()

    work.measure_queues(sending)

    assert rows(clean, "SELECT waiting, leased FROM queue_depth WHERE queue = 'deliveries'") == [(2, 0)]


def test_deciding_who_hears_waits_behind_nothing() -> None:
    assert QUEUES[0] == NOTICES


def test_what_is_pressed_in_a_chat_is_done_by_a_worker_and_its_card_drawn_anew(
    house: House, settings: Settings, clean: Engine, broker: "redis.Redis", run_jobs: RunJobs
) -> None:
    slack = NullChannel(cards=True)
    made = reaching(house, options_for(), slack=slack)
    adopt(Context("worker", "here-1-aa", settings, made))
    staffed(made, line("hr-1", email="", slack="U012AB3CD"))
    referred(made, clean)
    hand_over_events(made, broker, 100)
    run_jobs()
    hand_over_deliveries(made, broker, 100)
    run_jobs()
    assert hand_over_chats(made, broker, 100) == 0
    with clean.begin() as connection:
        press = text("INSERT INTO chat_press (digest, message_key, who_blind) VALUES ('d', :key, :who)")
        who = fingerprint(made.vault, "U012AB3CD")
        connection.execute(press, {"key": slack.carried[0].key, "who": who})

    assert hand_over_chats(made, broker, 100) == 1
    assert hand_over_chats(made, broker, 100) == 0
    run_jobs()
    assert rows(clean, "SELECT outcome FROM chat_press") == [("acknowledged",)]
    assert hand_over_chats(made, broker, 100) == 1
    run_jobs()
    assert b"Acknowledged by" in slack.redrawn[0].body


# --- the practice mail catcher ---------------------------------------------------------------------


@pytest.fixture
def catcher(make_stack: StackMaker, clean: Engine, tmp_path: Path) -> Iterator[int]:
    """The catcher's process as the Procfile starts it, and its port."""
    said = tmp_path / "mailbox.log"
    with kept_port() as port, said.open("wb") as output:
        stack = make_stack({**FAST, "HECTIS_MAILBOX_PORT": str(port), "HECTIS_LOG_LEVEL": "info"})
        environ = {**os.environ, **stack.environ()}
        command = [sys.executable, "-m", "workers.mailbox"]
        with subprocess.Popen(command, cwd=ROOT, env=environ, stderr=output) as process:
            try:
                until(lambda: "mailbox." in said.read_text(), "the catcher knows whether it catches")
                yield port
            finally:
                process.send_signal(signal.SIGTERM)
                assert process.wait(PATIENCE) == 0


def answers(port: int) -> bool:
    try:
        smtplib.SMTP("127.0.0.1", port, timeout=PATIENCE).close()
    except OSError:
        return False
    return True


def test_the_practice_mailbox_keeps_each_letter_for_each_recipient(catcher: int, clean: Engine) -> None:
    assert answers(catcher)
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = (
        "hectis@practice.invalid",
        "a@practice.invalid",
        "Höre – ✓",
    )
    letter["Message-ID"] = "<key@practice.invalid>"
    letter.set_content("In words.\nTwo lines.")
    letter.add_alternative("<p>In HTML.</p>", subtype="html")

    with smtplib.SMTP("127.0.0.1", catcher, timeout=PATIENCE) as smtp:
        smtp.send_message(letter, to_addrs=["a@practice.invalid", "b@practice.invalid"])

    assert rows(
        clean, "SELECT recipient, message_id, subject, text_part, html_part FROM practice_mail ORDER BY id"
    ) == [
        (who, "<key@practice.invalid>", "Höre – ✓", "In words.\nTwo lines.\n", "<p>In HTML.</p>\n")
        for who in ("a@practice.invalid", "b@practice.invalid")
    ]


@pytest.fixture
def for_real(clean: Engine) -> Iterator[None]:
    """The database as one for real work, as only its owner could make it."""
    change = "UPDATE deployment SET practice = {}"
    with clean.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text(change.format("false")))
    yield
    with clean.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text(change.format("true")))


def test_there_is_no_catcher_beside_real_work(
    for_real: None, catcher: int, house: House, clean: Engine
) -> None:
    assert not mailbox.here(house)
    with pytest.raises(Exception, match="practice database"):
        mailbox.keep(house, ["a@b.invalid"], b"Subject: x\r\n\r\nx")
    assert one(clean, "SELECT count(*) FROM practice_mail") == 0
    assert not answers(catcher)
