"""What is pressed in Slack: signed, taken in once, bound to whom the notice went to; and cards drawn anew after it."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, text
from werkzeug.test import TestResponse

from config.settings import Settings
from hectis_flow.app import create_app, house_of
from hectis_flow.domain.casework import Actor
from hectis_flow.domain.chat_signature import is_sound, signed
from hectis_flow.services import cards, casework, chat
from hectis_flow.services.house import House
from hectis_flow.storage.base import db
from hectis_flow.web.hooks import install_hooks
from tests.journeys.test_privacy import everything_stored
from tests.notices import delivered, ends, line, planned, reaching, referred, staffed
from tests.sinks import Mails
from tests.tables import one, rows
from tests.vendors import SIGNING, Slack, answered, slack_workspace

ALL = 1000
MEMBER, COLLEAGUE, CONVERSATION = "U012AB3CD", "U099XY9ZZ", "C0HARARE1"
KEY = "0b9f1a9e-7d4c-4f6e-9a55-0c3a1f2e4d5b"


@pytest.fixture
def slack() -> Iterator[Slack]:
    with slack_workspace() as made:
        yield made


@pytest.fixture
def post(house: House, clean: Engine, mails: Mails, slack: Slack) -> House:
    """A house that speaks to the workspace, and somebody on duty who is reached there."""
    made = reaching(house, slack.options())
    staffed(made, line("hr-1", email="", slack=MEMBER))
    return made


@pytest.fixture
def door(post: House) -> FlaskClient:
    """The address that Slack calls, and nothing else."""
    app = Flask("hooks")
    app.extensions["hectis_house"] = post
    install_hooks(app)
    return app.test_client()


def pressed(key: str, who: str = MEMBER, action: str = "acknowledge", **more: Any) -> bytes:
    """A press as Slack sends it."""
    payload = {
        "type": "block_actions",
        "user": {"id": who, "username": "somebody", "name": "somebody", "team_id": "T0CAG"},
        "api_app_id": "A02",
        "token": "no longer used",
        "container": {"type": "message", "message_ts": "1700000000.000000", "channel_id": "D012AB3CD"},
        "trigger_id": "12466734323.1395872398",
        "team": {"id": "T0CAG", "domain": "a-department"},
        "response_url": "https://hooks.slack.example/actions/T0CAG/1/2",
        "actions": [
            {
                "type": "button",
                "action_id": action,
                "block_id": "b",
                "value": key,
                "action_ts": "1700000001.1",
            }
        ],
    }
    return urlencode({"payload": json.dumps(payload | more)}).encode()


def knock(
    door: FlaskClient, body: bytes, *, ago: float = 0, secret: str = SIGNING, **headers: str
) -> TestResponse:
    stamp = str(int(time.time() - ago))
    sent = {
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": signed(secret, stamp, body),
        "Content-Type": "application/x-www-form-urlencoded",
    }
    return door.post("/hooks/slack", data=body, headers=sent | headers)


def posted(post: House, engine: Engine, run: str = "N") -> tuple[str, str]:
    """A case whose card stands in the workspace: its number, and the key of its notice."""
    (ref,) = referred(post, engine, 1, run)
    planned(post)
    assert delivered(post) == 1
    return ref, str(one(engine, "SELECT message_key::text FROM delivery ORDER BY id DESC LIMIT 1"))


def worked(post: House) -> int:
    return chat.answer(post, chat.lease(post, ALL))


def drawn(post: House) -> int:
    return cards.redraw(post, cards.lease(post, ALL))


def stage(engine: Engine, ref: str) -> str:
    return str(one(engine, 'SELECT stage FROM "case" WHERE ref = :ref', ref=ref))


def outcomes(engine: Engine) -> list[str | None]:
    return [row[0] for row in rows(engine, "SELECT outcome FROM chat_press ORDER BY id")]


# --- the signature -----------------------------------------------------------------------------------


@pytest.mark.target("S19")
def test_the_signature_is_that_of_slacks_own_example() -> None:
    secret = "8f742231b10e8888abcd99yyyzzz85a5"  # pragma: allowlist secret
    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&"
        b"channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&"
        b"response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&"
        b"trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    expected = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"

    assert signed(secret, "1531420618", body) == expected
    assert is_sound([secret], "1531420618", body, expected, 1531420618 + 299)
    assert not is_sound([secret], "1531420618", body, expected, 1531420618 + 301)
    assert not is_sound([secret], "1531420618", body, expected, 1531420618 - 301)


@pytest.mark.target("S19")
@pytest.mark.parametrize("stamp", ["", "soon", "-5", "1e9", "9" * 40, "١٧٠٠٠٠٠٠٠٠"])
def test_a_time_that_is_none_is_not_signed(stamp: str) -> None:
    assert not is_sound([SIGNING], stamp, b"x", signed(SIGNING, stamp, b"x"), 1_700_000_000)


# --- what may come in --------------------------------------------------------------------------------


@pytest.mark.target("S19")
def test_what_is_forged_too_old_or_not_signed_is_not_even_kept(
    post: House, clean: Engine, door: FlaskClient
) -> None:
    ref, key = posted(post, clean)
    body = pressed(key)
    stamp = str(int(time.time()))

    answers = [
        knock(door, body, secret="another secret"),
        knock(door, body, ago=301),
        knock(door, body, ago=-301),
        knock(door, body, **{"X-Slack-Signature": ""}),
        knock(door, body, **{"X-Slack-Signature": "v0=" + "0" * 64}),
        knock(door, body, **{"X-Slack-Signature": "v0=é"}),
        knock(door, body + b"&more=1", **{"X-Slack-Signature": signed(SIGNING, stamp, body)}),
        knock(door, body, **{"X-Slack-Request-Timestamp": str(int(stamp) - 10)}),
        knock(door, body, ago=301, **{"X-Slack-Retry-Num": "1"}),
        door.post("/hooks/slack", data=body),
    ]

    assert [one.status_code for one in answers] == [401] * 10
    assert worked(post) == 0
    assert rows(clean, "SELECT 1 FROM chat_press") == []
    assert stage(clean, ref) == "referred"


@pytest.mark.target("S19")
def test_a_press_acknowledges_once_whatever_is_replayed_or_tried_again(
    post: House, clean: Engine, door: FlaskClient
) -> None:
    ref, key = posted(post, clean)
    body = pressed(key)

    assert knock(door, body).status_code == 200
    assert stage(clean, ref) == "referred"  # it is answered before anything is done
    # The very same again is a replay; one of Slack's own repeats says so, and is answered as before.
    assert knock(door, body).status_code == 409
    assert (
        knock(door, body, **{"X-Slack-Retry-Num": "1", "X-Slack-Retry-Reason": "http_timeout"}).status_code
        == 200
    )
    assert worked(post) == 1
    assert knock(door, body, **{"X-Slack-Retry-Num": "2"}).status_code == 200
    assert worked(post) == 0

    assert outcomes(clean) == ["acknowledged"]
    assert one(clean, "SELECT count(*) FROM stage_transition WHERE transition = 'acknowledge'") == 1
    assert stage(clean, ref) == "acknowledged"
    assert one(clean, "SELECT count(*) FROM acknowledgement WHERE link_id IS NOT NULL AND grade <> 'A'") == 1


@pytest.mark.target("S19")
def test_a_second_press_finds_the_link_used(post: House, clean: Engine, door: FlaskClient) -> None:
    _, key = posted(post, clean)

    assert knock(door, pressed(key)).status_code == 200
    assert knock(door, pressed(key, trigger_id="another")).status_code == 200
    assert worked(post) == 1

    assert outcomes(clean) == ["acknowledged", "used"]


@pytest.mark.target("S19")
def test_two_workers_with_one_press_move_the_case_once(post: House, clean: Engine, door: FlaskClient) -> None:
    _, key = posted(post, clean)
    knock(door, pressed(key))
    ids = chat.lease(post, ALL)

    assert chat.lease(post, ALL) == []
    assert [chat.answer(post, ids), chat.answer(post, ids)] == [1, 0]
    assert outcomes(clean) == ["acknowledged"]


@pytest.mark.target("S4")
@pytest.mark.parametrize("who", [COLLEAGUE, "", "W012AB3CE", CONVERSATION])
def test_whoever_it_did_not_go_to_moves_nothing_and_is_on_record(
    post: House, clean: Engine, door: FlaskClient, who: str
) -> None:
    staffed(
        post,
        line("hr-1", email="", slack=MEMBER),
        line("hr-2", email="", slack=COLLEAGUE, office="nyanga-saps"),
    )
    ref, key = posted(post, clean)

    assert knock(door, pressed(key, who)).status_code == 200
    assert worked(post) == 0

    assert (outcomes(clean), stage(clean, ref)) == (["not_bound"], "referred")


@pytest.mark.target("S4")
def test_an_address_that_is_not_in_use_any_more_counts_no_more(
    post: House, clean: Engine, door: FlaskClient
) -> None:
    ref, key = posted(post, clean)
    staffed(post, line("hr-1"))

    knock(door, pressed(key))
    assert worked(post) == 0

    assert (outcomes(clean), stage(clean, ref)) == (["not_bound"], "referred")


def test_a_press_on_a_notice_of_nobody_or_with_no_key_is_on_record(
    post: House, clean: Engine, door: FlaskClient
) -> None:
    for key in (KEY, "", "'; DROP TABLE staff", "1"):
        assert knock(door, pressed(key)).status_code == 200

    assert worked(post) == 0
    assert outcomes(clean) == ["unknown_notice"] * 4


def test_a_press_that_fails_again_and_again_ends(post: House, clean: Engine, door: FlaskClient) -> None:
    _, key = posted(post, clean)
    knock(door, pressed(key))
    with clean.begin() as connection:
        connection.execute(text("UPDATE chat_press SET attempts = 9"))

    assert worked(post) == 0
    assert outcomes(clean) == ["failed"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"payload",
        b"payload=",
        b"payload=%7B",
        b"payload=[]",
        b"payload=1",
        b"other=1",
        b"payload=%7B%7D",
        b"\xff",
    ],
)
def test_what_cannot_be_read_is_refused_and_no_fault_of_ours(
    door: FlaskClient, clean: Engine, body: bytes
) -> None:
    assert knock(door, body).status_code == 400
    assert rows(clean, "SELECT 1 FROM chat_press") == []


def test_an_opened_link_is_answered_and_not_kept(post: House, clean: Engine, door: FlaskClient) -> None:
    _, key = posted(post, clean)

    assert knock(door, pressed(key, action="open")).status_code == 200
    assert rows(clean, "SELECT 1 FROM chat_press") == []


def test_what_is_far_too_long_is_not_read(door: FlaskClient) -> None:
    assert knock(door, b"payload=" + b"x" * chat.LONGEST_BODY).status_code == 413


def test_where_no_app_is_set_up_there_is_no_address(app: Flask) -> None:
    assert knock(app.test_client(), pressed(KEY)).status_code == 404


@pytest.mark.target("S9")
def test_nothing_that_is_kept_says_who_pressed_or_where(
    post: House, clean: Engine, door: FlaskClient, slack: Slack
) -> None:
    _, key = posted(post, clean)
    knock(door, pressed(key))
    worked(post)
    drawn(post)

    kept = everything_stored(clean)
    (standing,) = slack.posts.values()
    assert standing["channel"].endswith(MEMBER[1:])
    assert key in kept  # the search works: it finds what is there
    assert [word for word in (MEMBER, standing["channel"], "somebody", "a-department") if word in kept] == []


def test_the_address_is_open_in_the_whole_product_and_answers_nothing_more(
    settings: Settings, post: House, clean: Engine, slack: Slack
) -> None:
    _, key = posted(post, clean)
    whole = create_app(replace(settings, channels=slack.options()))
    try:
        answer = knock(whole.test_client(), pressed(key))
        assert (answer.status_code, answer.data) == (200, b"")
        assert "Set-Cookie" not in answer.headers
        assert whole.test_client().get("/hooks/slack").status_code == 405
        assert worked(post) == 1
    finally:
        with whole.app_context():
            db.engine.dispose()
        house_of(whole).direct.close()


# --- cards drawn anew --------------------------------------------------------------------------------


def test_a_card_says_who_and_when_after_its_press_and_has_no_button(
    post: House, clean: Engine, door: FlaskClient, slack: Slack
) -> None:
    ref, key = posted(post, clean)
    assert cards.lease(post, ALL) == []  # nothing is settled yet
    knock(door, pressed(key))
    worked(post)

    assert drawn(post) == 1
    assert drawn(post) == 0

    (card,) = slack.posts.values()
    said = json.dumps(card)
    assert ref in said
    assert "Acknowledged by SAPS liaison (station) hr-1," in card["text"]
    assert "SAST" in card["text"]
    assert '"button"' not in said
    assert slack.faults == []


def test_a_card_of_a_case_that_was_acknowledged_elsewhere_is_drawn_anew_too(
    post: House, clean: Engine, slack: Slack
) -> None:
    ref, _ = posted(post, clean)
    casework.move(post, ref, "acknowledge", Actor("saps_liaison", None, "hr-7"))

    assert drawn(post) == 1
    (card,) = slack.posts.values()
    assert "Acknowledged by SAPS liaison (station) hr-7," in card["text"]


def test_a_reminder_is_drawn_anew_with_the_case(post: House, clean: Engine, slack: Slack) -> None:
    ref, _ = posted(post, clean)
    with clean.begin() as connection:
        connection.execute(
            text(
                """INSERT INTO clock_step (clock_id, step, case_id, level, office_id, role, due_at, done_at)
                   SELECT id, 90, case_id, 0, NULL, NULL, due_at, hectis_now() FROM clock WHERE stopped_at IS NULL
                   ON CONFLICT DO NOTHING"""
            )
        )
        connection.execute(
            text(
                """UPDATE outbox SET event = 'case.escalated', subject_id =
                     (SELECT id FROM clock_step WHERE step = 90) WHERE id = (SELECT event_id FROM delivery)"""
            )
        )
    assert drawn(post) == 0
    casework.move(post, ref, "acknowledge", Actor("saps_liaison", None, "hr-7"))

    assert drawn(post) == 1
    (card,) = slack.posts.values()
    assert "Acknowledged by SAPS liaison (station) hr-7," in card["text"]


@pytest.mark.target("R15")
def test_a_workspace_in_trouble_is_asked_again_later_and_not_for_ever(
    post: House, clean: Engine, slack: Slack
) -> None:
    ref, _ = posted(post, clean)
    casework.move(post, ref, "acknowledge", Actor("saps_liaison", None, "hr-7"))
    slack.trouble = lambda _: answered(503, {})
    tries = 0
    while one(clean, "SELECT gave_up_at IS NULL FROM chat_card"):
        assert drawn(post) == 0
        tries += 1
        with clean.begin() as connection:
            connection.execute(text("UPDATE chat_card SET next_attempt_at = hectis_machine_now()"))

    assert tries == post.outward.options.most_tries
    assert ends(clean) == ["sent"]


def test_a_card_whose_channel_was_taken_away_stays_as_it_stands(
    post: House, clean: Engine, slack: Slack
) -> None:
    ref, _ = posted(post, clean)
    casework.move(post, ref, "acknowledge", Actor("saps_liaison", None, "hr-7"))
    closed = reaching(post, slack.options(slack=type(slack.options().slack)()))

    assert drawn(closed) == 0
    assert rows(clean, "SELECT fault FROM chat_card WHERE gave_up_at IS NOT NULL") == [
        ("channel_not_set_up",)
    ]


def test_a_card_in_a_conversation_is_answered_by_its_link_alone(
    post: House, clean: Engine, door: FlaskClient, slack: Slack
) -> None:
    """The address may be a conversation: then nobody is bound by it, so it has the link and no button of its own."""
    staffed(post, line("hr-1", email="", slack=CONVERSATION))
    ref, key = posted(post, clean)
    (card,) = slack.posts.values()
    assert '"open"' in json.dumps(card)
    assert '"acknowledge"' not in json.dumps(card)

    knock(door, pressed(key, MEMBER))
    assert worked(post) == 0
    assert (outcomes(clean), stage(clean, ref)) == (["not_bound"], "referred")
