"""A reply answers from the person's own address and with the code of the notice; its door takes signed calls, each once."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from config.settings import Settings
from hectis_flow.app import create_app
from hectis_flow.channels.base import ChannelOptions
from hectis_flow.channels.null import NullChannel
from hectis_flow.domain import short_code
from hectis_flow.domain.signed_call import key_of, signature
from hectis_flow.render import notices
from hectis_flow.render.notices import NoticeFacts
from hectis_flow.services import replies
from hectis_flow.services.house import House
from tests.answers import code_of
from tests.api.test_errors import close
from tests.notices import delivered, line, planned, reaching, referred, staffed
from tests.sinks import options_for
from tests.tables import dump, one, rows

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # pragma: allowlist secret
HR1, HR2 = "hr-1@station.invalid", "hr-2@station.invalid"


@pytest.fixture
def codes(house: House, clean: Engine) -> dict[str, str]:
    """A referral told to two people: the code that each was sent, by their address."""
    channel = NullChannel()
    sending = reaching(house, options_for(), email=channel)
    staffed(sending, line("hr-1"), line("hr-2"))
    referred(sending, clean)
    planned(sending)
    delivered(sending)
    found = {}
    for notice in channel.carried:
        (token,) = [word.rpartition("/a/")[2] for word in notice.text.split() if "/a/" in word]
        found[notice.address] = short_code.shown(code_of(sending, token))
        assert f"Code: {found[notice.address]}\n" in notice.text
        assert found[notice.address] in notice.html
    return found


def test_replying_is_offered_only_where_a_provider_is_set_up() -> None:
    facts = NoticeFacts(
        "task", "en", datetime(2026, 1, 5, tzinfo=UTC), "Harare", "saps_liaison", link="x", code="y"
    )
    assert "reply to this notice" not in notices.words(facts).hint
    assert "reply to this notice" in notices.words(replace(facts, replies=True)).hint


def graded(engine: Engine) -> list[tuple[str, str]]:
    return [tuple(row) for row in rows(engine, "SELECT grade, reason FROM acknowledgement ORDER BY id")]


def stage(engine: Engine) -> str:
    return str(one(engine, 'SELECT stage FROM "case"'))


@pytest.mark.parametrize("sender", [HR1, f"A Name <{HR1}>", HR1.upper(), f'"X, Y" <{HR1.title()}>'])
def test_a_reply_from_the_own_address_acknowledges(
    house: House, clean: Engine, codes: dict[str, str], sender: str
) -> None:
    came = replies.answered(house, sender, f"\n {codes[HR1].lower()} thank you\n\n> Code: 234 567")
    assert (came.outcome, stage(clean)) == ("acknowledged", "acknowledged")
    assert graded(clean) == [("B", "own_address")]
    assert rows(clean, "SELECT actor FROM stage_transition ORDER BY id DESC LIMIT 1") == [("hr-1",)]
    assert replies.answered(house, sender, codes[HR1]).outcome == "no_code", "it is used"


@pytest.mark.parametrize("sender", [HR2, "somebody@elsewhere.invalid", "", "+27 82 000 0000"])
def test_a_code_from_anybody_elses_address_is_recorded_and_counts_for_nothing(
    house: House, clean: Engine, codes: dict[str, str], sender: str
) -> None:
    assert replies.answered(house, sender, codes[HR1]).outcome == "not_counted"
    assert (stage(clean), graded(clean)) == ("referred", [("C", "other_address")])
    assert one(clean, "SELECT count(*) FROM action_link WHERE used_at IS NOT NULL") == 0


def test_a_reply_that_only_quotes_the_notice_is_no_answer(
    house: House, clean: Engine, codes: dict[str, str]
) -> None:
    before = dump(clean)
    code = codes[HR1]
    for text in (
        f"> Code: {code}",
        f"I am away until Monday.\n\n> Code: {code}",
        f"-----Original Message-----\nCode: {code}",
        f"________________________________\nCode: {code}",
        f"Automatic reply: out of office\n{code}",
        "",
    ):
        assert replies.answered(house, HR1, text).outcome == "no_code"
    assert dump(clean) == before


def test_a_code_with_a_slip_of_the_finger_answers_nothing(
    house: House, clean: Engine, codes: dict[str, str]
) -> None:
    code = codes[HR1].replace(" ", "")
    before = dump(clean)
    for place in range(len(code)):
        sign = short_code.ALPHABET[(short_code.ALPHABET.index(code[place]) + 1) % 23]
        assert replies.answered(house, HR1, code[:place] + sign + code[place + 1 :]).outcome == "no_code"
    assert dump(clean) == before


def test_a_reply_after_the_case_has_moved_on_says_so(
    house: House, clean: Engine, codes: dict[str, str]
) -> None:
    assert replies.answered(house, HR1, codes[HR1]).outcome == "acknowledged"
    assert replies.answered(house, HR2, codes[HR2]).outcome == "closed"
    assert graded(clean) == [("B", "own_address")]


@pytest.fixture
def door(settings: Settings) -> Iterator[FlaskClient]:
    """The service with a provider of replies set up."""
    made = create_app(replace(settings, channels=ChannelOptions(reply_secrets=(SECRET,))))
    yield made.test_client()
    close(made)


def call(
    door: FlaskClient, sender: str, text: str, call_id: str = "msg_1", ago: float = 0.0, **more: str
) -> TestResponse:
    """A call as the provider makes it, so many seconds ago; `more` are headers in place of the right ones."""
    body = json.dumps({"from": sender, "text": text, "received": "by the provider"}).encode()
    at = str(int(time.time() - ago))
    headers = {
        "webhook-id": call_id,
        "webhook-timestamp": at,
        "webhook-signature": signature(key_of(SECRET), call_id, at, body),
        **{name.replace("_", "-"): value for name, value in more.items()},
    }
    return door.post("/hooks/replies", data=body, headers=headers, content_type="application/json")


def test_a_signed_call_acknowledges_once_and_a_replay_does_nothing(
    door: FlaskClient, clean: Engine, codes: dict[str, str]
) -> None:
    first = call(door, HR1, codes[HR1])
    assert (first.status_code, first.json) == (200, {"outcome": "acknowledged"})
    after = dump(clean)
    again = call(door, HR1, codes[HR1])
    assert (again.status_code, again.json) == (200, {"outcome": "seen_before"})
    assert dump(clean) == after
    assert "hr-1" not in str(rows(clean, "SELECT call_digest::text FROM reply_call"))


@pytest.mark.parametrize(
    ("ago", "more"),
    [
        (301.0, {}),
        (-301.0, {}),
        (0.0, {"webhook_signature": "v1,AAAA"}),
        (0.0, {"webhook_signature": ""}),
        (0.0, {"webhook_id": "msg_2"}),
        (0.0, {"webhook_timestamp": "0"}),
    ],
)
def test_a_call_that_is_not_the_providers_or_not_of_now_is_refused(
    door: FlaskClient, clean: Engine, codes: dict[str, str], ago: float, more: dict[str, str]
) -> None:
    before = dump(clean)
    refused = call(door, HR1, codes[HR1], ago=ago, **more)
    assert (refused.status_code, refused.json["error"]["code"]) == (401, "call_refused")
    assert dump(clean) == before


def test_a_genuine_call_that_is_no_reply_is_told_so(door: FlaskClient, clean: Engine) -> None:
    at, body = str(int(time.time())), b"[1, 2]"
    headers = {
        "webhook-id": "m",
        "webhook-timestamp": at,
        "webhook-signature": signature(key_of(SECRET), "m", at, body),
    }
    said = door.post("/hooks/replies", data=body, headers=headers, content_type="application/json")
    assert (said.status_code, said.json["error"]["code"]) == (400, "body_unreadable")


def test_without_a_provider_there_is_no_door(app: Flask, codes: dict[str, str]) -> None:
    assert call(app.test_client(), HR1, codes[HR1]).status_code == 404


def test_no_address_and_no_text_of_a_reply_stands_in_a_log(
    door: FlaskClient,
    codes: dict[str, str],
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with caplog.at_level("DEBUG"):
        call(door, HR1, codes[HR1])
    said = caplog.text + "".join(capsys.readouterr())
    assert HR1 not in said
    assert codes[HR1] not in said
