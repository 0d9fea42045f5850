"""`hectis channel`: what is offered, what the others lack, and a test that says in clear how it went."""

from dataclasses import replace

import pytest
from click.testing import CliRunner, Result

from hectis_flow.channels.making import MAKERS, NEEDED
from hectis_flow.channels.null import NullChannel
from hectis_flow.commands import channel
from hectis_flow.services.house import House
from tests.notices import reaching
from tests.sinks import Calls, Mails, options_for
from tests.vendors import answered, provider, sms_answer, teams_answer, whatsapp_answer, whatsapp_options

ADDRESSES = {
    "email": "somebody@station.invalid",
    "webhook": "https://hooks.partner.example/x",
    "slack": "U012AB3CD",
    "teams": "https://flows.example/x",
    "sms": "+27821234567",
    "whatsapp": "+27821234567",
}


def run(monkeypatch: pytest.MonkeyPatch, house: House, *words: str) -> Result:
    monkeypatch.setattr(channel, "house", lambda: house)
    return CliRunner().invoke(channel.channel, words)


def test_every_channel_that_can_be_made_is_listed_with_what_it_lacks(
    house: House, monkeypatch: pytest.MonkeyPatch, mails: Mails
) -> None:
    said = run(monkeypatch, reaching(house, options_for(mails)), "list").output.splitlines()

    assert [line.split()[0] for line in said] == list(NEEDED) == list(MAKERS)
    assert said[0] == "email     offered"
    assert said[1] == "webhook   not set up: set HECTIS_WEBHOOK_SECRET, HECTIS_WEBHOOK_HOSTS"


@pytest.mark.parametrize("name", NEEDED)
def test_a_channel_that_is_not_set_up_says_which_settings_it_lacks(
    house: House, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    result = run(monkeypatch, reaching(house, options_for()), "test", name, "--to", ADDRESSES[name])

    assert result.exit_code == 2
    assert all(setting in result.output for setting in NEEDED[name])


@pytest.mark.parametrize("name", NEEDED)
def test_a_test_of_every_channel_says_that_nothing_is_wanted(
    house: House, monkeypatch: pytest.MonkeyPatch, mails: Mails, calls: Calls, name: str
) -> None:
    every = options_for(
        mails,
        calls,
        sms=(provider(calls),),
        whatsapp=whatsapp_options(calls).whatsapp,
        teams_hosts=frozenset({calls.host}),
        slack=type(options_for().slack)("xoxb-1"),
    )
    null = NullChannel()
    result = run(monkeypatch, reaching(house, every, **{name: null}), "test", name, "--to", ADDRESSES[name])

    assert (result.exit_code, result.output) == (
        0,
        "Sent: the other side took it. Look whether it arrives.\n",
    )
    (notice,) = null.carried
    said = f"{notice.text}{notice.body.decode()}"
    assert "A test of this channel" in said or "No answer is needed" in said


def test_a_test_really_goes_out(
    house: House, monkeypatch: pytest.MonkeyPatch, mails: Mails, calls: Calls
) -> None:
    options = options_for(mails, calls, sms=(provider(calls),), teams_hosts=frozenset({calls.host}))
    reached = reaching(house, options)
    for name, address, answer in (
        ("email", ADDRESSES["email"], teams_answer),
        ("sms", ADDRESSES["sms"], sms_answer),
        ("teams", f"http://{calls.host}/flow", teams_answer),
        ("webhook", calls.url, lambda _: (204, {})),
    ):
        calls.answer = answer
        assert run(monkeypatch, reached, "test", name, "--to", address).exit_code == 0
    calls.answer = whatsapp_answer
    reached = reaching(house, whatsapp_options(calls))
    assert run(monkeypatch, reached, "test", "whatsapp", "--to", ADDRESSES["whatsapp"]).exit_code == 0

    assert len(mails.letters) == 1
    assert len(calls.calls) == 4


@pytest.mark.parametrize(
    ("status", "said"),
    [(422, "the other side answered 422"), (503, "the other side answered 503")],
)
def test_a_test_that_fails_says_why_and_repeats_no_address(
    house: House, monkeypatch: pytest.MonkeyPatch, calls: Calls, status: int, said: str
) -> None:
    calls.answer = lambda _: answered(status, {})
    reached = reaching(house, options_for(sms=(provider(calls),)))

    result = run(monkeypatch, reached, "test", "sms", "--to", ADDRESSES["sms"])

    assert result.exit_code == 1
    assert result.output == f"Not sent: {said}.\n"


def test_of_two_carriers_each_is_tried(house: House, monkeypatch: pytest.MonkeyPatch, calls: Calls) -> None:
    calls.answer = lambda call: sms_answer(call) if "v1" in call.path else answered(401, {})
    second = replace(provider(calls), url=f"http://{calls.host}/v2")
    reached = reaching(house, options_for(sms=(provider(calls), second)))

    result = run(monkeypatch, reached, "test", "sms", "--to", ADDRESSES["sms"])

    assert result.exit_code == 1
    assert result.output.splitlines() == [
        "Carrier 1: Sent: the other side took it. Look whether it arrives.",
        "Carrier 2: Not sent: the other side answered 401.",
    ]


def test_words_for_faults_are_plain() -> None:
    assert channel.why("address_malformed") == "this is no address of that channel"
    assert channel.why("slack_refused") == "refused (slack_refused)"
