"""Slack against a workspace on this machine that takes only what its reference takes."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from hectis_flow.channels.base import Card, ChannelOptions, Outgoing, Receipt, Redrawing
from hectis_flow.channels.options import SlackOptions
from hectis_flow.channels.slack import SlackChannel
from hectis_flow.render import cards
from hectis_flow.render.cards import Settled
from tests.render.test_notices import EVERY, FACTS, GAP, NOW, UNSAID
from tests.sinks import Call
from tests.vendors import SIGNING, TOKEN, Answer, Slack, answered, slack_workspace

KEY = "0b9f1a9e-7d4c-4f6e-9a55-0c3a1f2e4d5b"
MEMBER = "U012AB3CD"


@pytest.fixture
def slack() -> Iterator[Slack]:
    with slack_workspace() as made:
        yield made


def notice(number: int = 1, address: str = MEMBER, body: bytes | None = None) -> Outgoing:
    made = body or cards.slack(FACTS, KEY, answerable=True)
    return Outgoing(number, KEY, address, "", "", "", made)


def sent(slack: Slack, *notices: Outgoing) -> list[Receipt]:
    return list(SlackChannel(slack.options()).send(notices, time.monotonic() + 30))


def test_a_card_is_posted_and_where_it_stands_is_kept(slack: Slack) -> None:
    assert sent(slack, notice()) == [Receipt(1, "sent", card=Card("D012AB3CD", "1700000000.000000"))]

    assert slack.faults == []
    ((_, post),) = slack.posts.items()
    (actions,) = [block for block in post["blocks"] if block["type"] == "actions"]
    assert [(one["action_id"], one.get("value"), one.get("url")) for one in actions["elements"]] == [
        ("acknowledge", KEY, None),
        ("open", None, FACTS.link),
    ]


@pytest.mark.parametrize("name", EVERY)
def test_every_notice_is_a_card_that_slack_takes_and_says_nothing_of_anybody(slack: Slack, name: str) -> None:
    (receipt,) = sent(slack, notice(body=cards.slack(EVERY[name], KEY, answerable=True)))

    assert (receipt.code, slack.faults) == ("sent", [])
    said = json.dumps(list(slack.posts.values())).lower()
    assert [word for word in UNSAID if word in said] == []


def test_a_notice_without_a_link_has_no_button_and_one_that_nobody_hears_only_the_link() -> None:
    assert b'"actions"' not in cards.slack(GAP, KEY, answerable=True)
    assert b'"acknowledge"' not in cards.slack(FACTS, KEY, answerable=False)


def test_words_of_others_are_no_markup_in_a_card() -> None:
    made = cards.slack(replace(FACTS, precinct="<!channel> *Harare* & <@U1>"), KEY, answerable=True)

    assert b"<!channel>" not in made
    assert b"&lt;!channel&gt; Harare &amp; &lt;@U1&gt;" in made


def test_a_settled_card_is_drawn_anew_without_its_buttons(slack: Slack) -> None:
    (receipt,) = sent(slack, notice())
    assert receipt.card is not None
    settled = cards.settled(Settled("en", "WC-2026-000123", "acknowledge", "saps_liaison", "hr-2", NOW))

    channel = SlackChannel(slack.options())
    drawn = list(channel.redraw([Redrawing(1, receipt.card, settled)], time.monotonic() + 30))

    assert (drawn, slack.faults) == ([Receipt(1, "sent")], [])
    (post,) = slack.posts.values()
    assert (
        "Acknowledged by SAPS liaison (station) hr-2, Wednesday 2 December 2026, 14:00 SAST." in post["text"]
    )
    assert "actions" not in {block["type"] for block in post["blocks"]}


def test_a_card_that_is_gone_is_left_alone(slack: Slack) -> None:
    gone = Redrawing(1, Card("D012AB3CD", "1.2"), cards.settled(Settled("en", "", "", "", "", None)))

    (drawn,) = SlackChannel(slack.options()).redraw([gone], time.monotonic() + 30)

    assert (drawn.code, drawn.fault) == ("never", "slack_message_not_found")


@pytest.mark.target("R15")
@pytest.mark.parametrize(
    ("answer", "code", "fault"),
    [
        (answered(200, {"ok": False, "error": "channel_not_found"}), "never", "slack_channel_not_found"),
        (answered(200, {"ok": False, "error": "invalid_auth"}), "refused", "slack_invalid_auth"),
        (answered(200, {"ok": False, "error": "internal_error"}), "later", "slack_internal_error"),
        (answered(200, {"ok": False, "error": "somebody@else.example"}), "refused", "slack_refused"),
        (answered(200, ["ok"]), "later", "slack_answer_unreadable"),
        ((200, {}, b"<html>sign in to this network</html>"), "later", "slack_answer_unreadable"),
        (answered(503, {}), "later", "http_503"),
        (answered(404, {}), "refused", "http_404"),
        ((302, {"Location": "http://127.0.0.1/"}, b""), "refused", "http_302"),
    ],
)
def test_what_slack_says_is_heard(slack: Slack, answer: Answer, code: str, fault: str) -> None:
    slack.trouble = lambda _: answer

    (receipt,) = sent(slack, notice())

    assert (receipt.code, receipt.fault) == (code, fault)


@pytest.mark.target("R15")
def test_a_workspace_that_is_asked_too_often_is_left_alone_for_the_whole_batch(slack: Slack) -> None:
    slack.trouble = lambda _: answered(429, {"ok": False, "error": "ratelimited"}, **{"Retry-After": "30"})

    receipts = sent(slack, notice(1), notice(2), notice(3))

    assert [(one.code, one.fault, one.wait) for one in receipts] == [("later", "http_429", 30.0)] * 3
    assert len(slack.calls.calls) == 1


@pytest.mark.target("R15")
def test_half_a_batch_that_is_refused_does_not_hold_up_the_other_half(slack: Slack) -> None:
    def half(call: Call) -> Answer | None:
        gone = json.loads(call.body)["channel"] == "C0000000"
        return answered(200, {"ok": False, "error": "channel_not_found"}) if gone else None

    slack.trouble = half
    batch = [notice(number, "C0000000" if number % 2 else MEMBER) for number in range(1, 7)]

    assert [one.code for one in sent(slack, *batch)] == ["never", "sent"] * 3


@pytest.mark.target("S13")
@pytest.mark.parametrize(
    "address", ["", "@somebody", "#general", "U1", "https://127.0.0.1/", "U012AB3CD\r\nX: y"]
)
def test_an_address_that_is_no_id_is_not_posted_to(slack: Slack, address: str) -> None:
    (receipt,) = sent(slack, notice(1, address))

    assert (receipt.code, receipt.fault) == ("never", "address_malformed")
    assert slack.calls.calls == []


@pytest.mark.target("S13")
def test_in_earnest_slack_is_called_over_tls_and_outside_alone(slack: Slack) -> None:
    for url, fault in (
        (f"http://{slack.calls.host}/api", "host_not_https"),
        (f"https://{slack.calls.host}/api", "host_not_public"),
    ):
        options = ChannelOptions(slack=SlackOptions(TOKEN, (), url))
        (receipt,) = SlackChannel(options).send([notice()], time.monotonic() + 30)
        assert (receipt.code, receipt.fault) == ("never", fault)
    assert slack.calls.calls == []


def test_no_secret_is_shown() -> None:
    shown = repr(ChannelOptions(slack=SlackOptions(TOKEN, (SIGNING,))))

    assert TOKEN not in shown
    assert SIGNING not in shown
