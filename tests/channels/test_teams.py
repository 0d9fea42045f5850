"""Teams against a workflow on this machine that takes only what its reference takes."""

import json
import time
from dataclasses import replace

import pytest

from hectis_flow.channels.base import ChannelOptions, Outgoing, Receipt
from hectis_flow.channels.teams import TeamsChannel
from hectis_flow.render import cards
from tests.render.test_notices import EVERY, FACTS, UNSAID
from tests.sinks import Calls, options_for
from tests.vendors import teams_answer

KEY = "0b9f1a9e-7d4c-4f6e-9a55-0c3a1f2e4d5b"


def notice(url: str, body: bytes) -> Outgoing:
    return Outgoing(1, KEY, url, "", "", "", body)


def sent(options: ChannelOptions, *notices: Outgoing) -> list[Receipt]:
    return list(TeamsChannel(options).send(notices, time.monotonic() + 30))


def workflow(calls: Calls) -> str:
    calls.answer = teams_answer
    return f"http://{calls.host}/workflows/0a1b/triggers/manual/paths/invoke?sig=abc"


@pytest.mark.parametrize("name", EVERY)
def test_every_notice_is_a_card_that_a_workflow_takes(calls: Calls, name: str) -> None:
    url = workflow(calls)
    options = options_for(teams_hosts=frozenset({calls.host}))

    assert sent(options, notice(url, cards.teams(EVERY[name]))) == [Receipt(1, "sent")]

    (call,) = calls.calls
    assert call.path == "/workflows/0a1b/triggers/manual/paths/invoke?sig=abc"
    said = call.body.decode().lower()
    assert [word for word in UNSAID if word in said] == []
    actions = json.loads(call.body)["attachments"][0]["content"]["actions"]
    assert [one["url"] for one in actions] == ([EVERY[name].link] if EVERY[name].link else [])


def test_words_of_others_are_no_markup_in_a_card() -> None:
    made = cards.teams(replace(FACTS, office="[Harare](https://elsewhere.example)"))

    assert b"[Harare]" not in made


@pytest.mark.target("S13")
@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("https://elsewhere.example/workflows", "host_not_allowed"),
        ("https://127.0.0.1/", "host_not_public"),
        ("http://named.example/", "host_not_https"),
        ("https://named.example@elsewhere.example/", "address_malformed"),
        ("file:///etc/passwd", "address_malformed"),
    ],
)
def test_an_address_that_nobody_named_is_never_called(url: str, fault: str) -> None:
    options = ChannelOptions(teams_hosts=frozenset({"named.example", "127.0.0.1"}))

    (receipt,) = sent(options, notice(url, cards.teams(FACTS)))

    assert (receipt.code, receipt.fault) == ("never", fault)


@pytest.mark.target("S13")
def test_no_redirect_is_followed(calls: Calls) -> None:
    url = workflow(calls)
    calls.answer = lambda _: (307, {"Location": "http://127.0.0.1:1/"})

    (receipt,) = sent(options_for(teams_hosts=frozenset({calls.host})), notice(url, cards.teams(FACTS)))

    assert (receipt.code, receipt.fault) == ("refused", "http_307")
