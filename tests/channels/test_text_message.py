"""Text messages: one interface for SMS by two carriers and for WhatsApp, and trouble of every kind on the way."""

import json
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from hectis_flow.channels.base import Channel, ChannelOptions, Outgoing, Receipt
from hectis_flow.channels.making import channels_of
from hectis_flow.channels.options import SmsProvider, WhatsAppOptions
from hectis_flow.render import texts
from tests.render.test_notices import EVERY, FACTS, UNSAID
from tests.sinks import Call, Calls, hook_sink, options_for
from tests.vendors import (
    BASIC,
    WHATSAPP_TOKEN,
    Answer,
    answered,
    provider,
    sms_answer,
    whatsapp_answer,
    whatsapp_options,
)

KEY = "0b9f1a9e-7d4c-4f6e-9a55-0c3a1f2e4d5b"
NUMBER = "+27821234567"
TOKEN = "A" * 47  # as long as a link's


def text(number: int = 1, address: str = NUMBER, said: str = "WC-1: Acknowledge") -> Outgoing:
    body = texts.whatsapp(FACTS, "https://hectis.example")
    return Outgoing(number, f"{KEY[:-1]}{number}", address, "", said, "", body)


def sent(channel: Channel, *notices: Outgoing) -> list[tuple[str, str]]:
    receipts: list[Receipt] = list(channel.send(notices, time.monotonic() + 30))
    return [(one.code, one.fault) for one in receipts]


@pytest.fixture
def other() -> Iterator[Calls]:
    with hook_sink() as calls:
        calls.answer = sms_answer
        yield calls


@pytest.fixture
def first(calls: Calls) -> Calls:
    calls.answer = sms_answer
    return calls


def carried_by(first: Calls, other: Calls) -> Channel:
    return channels_of(options_for(sms=(provider(first), provider(other))))["sms"]


# --- what a text says --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("language", ["en", "af", "xh"])
def test_every_notice_is_one_sms_of_the_plain_alphabet(name: str, language: str) -> None:
    facts = replace(EVERY[name], language=language)
    link = f"https://hectis.a-department.gov.example/a/{TOKEN}" if facts.link else ""

    said = texts.sms(replace(facts, link=link))

    assert texts.length(said) <= 160
    assert set(said) <= texts.BASIC
    assert said.startswith(f"{facts.case_ref}: " if facts.case_ref else "")
    assert said.endswith(link or ".")
    assert facts.office not in said or facts.kind == "rota_gap"
    assert [word for word in UNSAID if word in said.lower()] == []


def test_the_longest_address_that_is_taken_leaves_room_for_number_time_and_link() -> None:
    link = f"https://{'h' * 52}/a/{TOKEN}"

    said = texts.sms(replace(FACTS, link=link))

    assert said == f"WC-2026-000123: Acknowledge by Thu 3 Dec, 14:00. {link}"
    assert 150 <= texts.length(said) <= 160


@pytest.mark.parametrize(
    ("spare", "said"),
    [
        (10, "Acknowledge a referral"),
        (0, "Acknowledge a referral"),
        (-1, "Acknowledge a"),
        (-9, "Acknowledge a"),
        (-10, "Acknowledge"),
        (-13, "Acknowled"),
    ],
)
def test_what_is_wanted_is_cut_between_words_where_that_can_be(spare: int, said: str) -> None:
    rest = len("WC-2026-000123: Acknowledge a referral by Thu 3 Dec, 14:00. ")
    link = "h" * (160 - rest - spare)

    assert texts.sms(replace(FACTS, link=link)) == f"WC-2026-000123: {said} by Thu 3 Dec, 14:00. {link}"


def test_a_link_that_leaves_no_room_is_not_cut() -> None:
    with pytest.raises(ValueError, match="no room"):
        texts.sms(replace(FACTS, link="https://" + "h" * 160))


@pytest.mark.parametrize(
    ("said", "plain"), [("Môre – ê", "More - e"), ("€5", "€5"), ("ỹ✓", "y?"), ("a\u0301", "a")]
)
def test_letters_that_the_alphabet_lacks_are_said_by_their_nearest(said: str, plain: str) -> None:
    assert texts.plain(said) == plain


def test_what_is_over_its_time_says_so() -> None:
    late = replace(FACTS, wanted_by=FACTS.now - timedelta(hours=1))

    assert "was due Wed 2 Dec, 13:00." in texts.sms(late)


# --- carriers of SMS -----------------------------------------------------------------------------------


def test_a_text_goes_to_the_first_carrier(first: Calls, other: Calls) -> None:
    assert sent(carried_by(first, other), text()) == [("sent", "")]

    (call,) = first.calls
    assert json.loads(call.body) == {
        "to": NUMBER,
        "from": "HECTIS",
        "body": "WC-1: Acknowledge",
        "reference": f"{KEY[:-1]}1",
    }
    assert other.calls == []


def test_a_carrier_is_spoken_to_in_its_own_form(first: Calls, other: Calls) -> None:
    form = '{"messages": [{"channel": "sms", "to": "{to}", "content": "{text}", "clientMessageId": "{key}"}]}'
    own = SmsProvider(f"http://{first.host}/v1", "key-of-ours", body=form, digits=True)
    first.answer = lambda _: answered(202, {"messages": [{"accepted": True}]})

    assert sent(channels_of(options_for(sms=(own,)))["sms"], text(said='{to} "x" {key}')) == [("sent", "")]

    (call,) = first.calls
    assert call.headers["Authorization"] == "key-of-ours"
    (message,) = json.loads(call.body)["messages"]
    assert (message["to"], message["content"]) == ("27821234567", '{to} "x" {key}')


@pytest.mark.target("R15")
@pytest.mark.parametrize("status", [401, 402, 403, 404, 408, 429, 500, 502, 503])
def test_where_the_first_carrier_is_in_trouble_the_other_takes_the_text_at_once(
    first: Calls, other: Calls, status: int
) -> None:
    first.answer = lambda _: answered(status, {})

    assert sent(carried_by(first, other), text()) == [("sent", "")]
    assert len(other.calls) == 1


@pytest.mark.target("R15")
def test_a_number_that_a_carrier_refuses_is_no_trouble_of_the_carriers(first: Calls, other: Calls) -> None:
    assert sent(carried_by(first, other), text(1, "+15551234567"), text(2)) == [
        ("refused", "http_422"),
        ("sent", ""),
    ]
    assert other.calls == []


@pytest.mark.target("R15")
def test_half_a_batch_that_is_refused_does_not_hold_up_the_other_half(first: Calls, other: Calls) -> None:
    def half(call: Call) -> Answer:
        odd = int(json.loads(call.body)["reference"][-1]) % 2
        return answered(503, {}) if odd else sms_answer(call)

    first.answer = half

    assert sent(carried_by(first, other), *(text(number) for number in range(8))) == [("sent", "")] * 8
    assert [json.loads(call.body)["reference"][-1] for call in other.calls] == ["1", "3", "5", "7"]


@pytest.mark.target("R15")
def test_a_carrier_that_hangs_costs_one_step_a_batch(other: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hectis_flow.channels.line.STEP_SECONDS", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as hung:
        own = SmsProvider(f"http://127.0.0.1:{hung.getsockname()[1]}/", BASIC)
        channel = channels_of(options_for(sms=(own, provider(other))))["sms"]
        begun = time.monotonic()

        assert sent(channel, *(text(number) for number in range(5))) == [("sent", "")] * 5
        # The other has as long for its answers as the machine takes; only one step was lost to the first.
        assert time.monotonic() - begun < 5


@pytest.mark.target("R15")
def test_a_carrier_that_speaks_no_tls_where_it_must_gets_no_text(first: Calls, other: Calls) -> None:
    own = replace(provider(first), url=f"https://{first.host}/v1/messages")
    channel = channels_of(options_for(sms=(own, provider(other))))["sms"]

    assert sent(channel, text()) == [("sent", "")]
    assert (len(first.calls), len(other.calls)) == (0, 1)


@pytest.mark.target("R15")
def test_where_both_are_in_trouble_the_text_waits_for_its_next_try(first: Calls, other: Calls) -> None:
    first.answer = lambda _: answered(429, {}, **{"Retry-After": "40"})
    other.answer = lambda _: answered(500, {})

    assert sent(carried_by(first, other), text()) == [("later", "http_500")]  # the last that was asked


@pytest.mark.target("S13")
@pytest.mark.parametrize(
    "address", ["", "0821234567", "+2782 123 4567", "+27821234567,+27821234568", "+٢٧٨٢١٢٣٤٥٦٧"]
)
def test_an_address_that_is_no_number_is_not_texted(first: Calls, other: Calls, address: str) -> None:
    assert sent(carried_by(first, other), text(1, address)) == [("never", "address_malformed")]
    assert first.calls == other.calls == []


@pytest.mark.target("S13")
def test_in_earnest_a_carrier_is_called_over_tls_and_outside_alone(first: Calls) -> None:
    for url, fault in (
        (f"http://{first.host}/", "host_not_https"),
        (f"https://{first.host}/", "host_not_public"),
    ):
        business = WhatsAppOptions(WHATSAPP_TOKEN, "1", url=url)
        channels = channels_of(ChannelOptions(sms=(SmsProvider(url, BASIC),), whatsapp=business))
        assert [sent(channels[name], text()) for name in ("sms", "whatsapp")] == [[("never", fault)]] * 2
    assert first.calls == []


# --- WhatsApp --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", EVERY)
def test_every_notice_fills_the_approved_template(calls: Calls, name: str) -> None:
    calls.answer = whatsapp_answer
    notice = replace(text(), body=texts.whatsapp(EVERY[name], "https://hectis.example"))

    assert sent(channels_of(whatsapp_options(calls))["whatsapp"], notice) == [("sent", "")]

    (call,) = calls.calls
    assert [word for word in UNSAID if word in call.body.decode().lower()] == []


@pytest.mark.parametrize(("language", "spoken"), [("af", "af"), ("xh", "en")])
def test_a_language_that_was_not_approved_is_said_in_the_first_one(
    calls: Calls, language: str, spoken: str
) -> None:
    calls.answer = whatsapp_answer
    notice = replace(text(), body=texts.whatsapp(replace(FACTS, language=language), "https://hectis.example"))

    sent(channels_of(whatsapp_options(calls))["whatsapp"], notice)

    assert json.loads(calls.calls[0].body)["template"]["language"] == {"code": spoken}


@pytest.mark.target("R15")
@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (400, 131026, ("never", "whatsapp_131026")),
        (400, 132001, ("refused", "whatsapp_132001")),
        (400, 130429, ("later", "whatsapp_130429")),
        (500, 131000, ("later", "whatsapp_131000")),
        (401, 190, ("refused", "whatsapp_190")),
        (503, None, ("later", "http_503")),
        (400, None, ("refused", "http_400")),
    ],
)
def test_what_whatsapp_says_is_heard(
    calls: Calls, status: int, code: int | None, expected: tuple[str, str]
) -> None:
    calls.answer = lambda _: answered(
        status, {"error": {"code": code, "message": "somebody said"}} if code else {}
    )

    assert sent(channels_of(whatsapp_options(calls))["whatsapp"], text()) == [expected]


def test_no_secret_is_shown(first: Calls) -> None:
    shown = repr(options_for(sms=(provider(first),))) + repr(whatsapp_options(first))

    assert BASIC not in shown
    assert WHATSAPP_TOKEN not in shown
