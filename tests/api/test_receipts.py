"""What providers report: signed, each once, never back, and what was lost goes on."""

import base64
import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine

from hectis_flow.domain.signed_call import WINDOW_SECONDS, key_of, signature
from hectis_flow.services import receipts
from hectis_flow.services.house import House
from hectis_flow.storage.reports import Report
from hectis_flow.web.receipts import install_receipts
from tests.notices import delivered, line, planned, reaching, referred, staffed, tasks
from tests.services.test_parking import parked
from tests.sinks import Mails, options_for
from tests.tables import one, rows

SECRET = "whsec_" + base64.b64encode(b"shared with one provider alone").decode()
AT = datetime.now(UTC)


@pytest.fixture
def post(house: House, clean: Engine, mails: Mails) -> House:
    """A house with one notice that a provider took as number p-1."""
    made = reaching(house, options_for(mails, receipts_secrets=(SECRET,)))
    staffed(made, line("hr-1"), line("hr-9", "station_commander"))
    referred(made, clean)
    planned(made)
    delivered(made)
    receipts.numbered(made, [(1, "p-1")])
    return made


@pytest.fixture
def client(post: House) -> FlaskClient:
    """A browser of nobody's, at an app that shares a secret with a provider."""
    made = Flask("hook")
    made.extensions["hectis_house"] = post
    install_receipts(made)
    return made.test_client()


def said(status: str, number: str = "p-1", **more: Any) -> dict[str, Any]:
    return {"channel": "email", "id": number, "status": status, "at": AT.isoformat(), **more}


def send(
    client: FlaskClient, *reports: dict[str, Any], secret: str = SECRET, late: int = 0, body: bytes = b""
) -> int:
    raw = body or json.dumps({"type": "delivery.report", "data": list(reports)}).encode()
    at = int(time.time()) - late
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(at),
        "webhook-signature": f"v1,AAAA {signature(key_of(secret), 'msg_1', str(at), raw)}",
    }
    return client.post("/hooks/receipts", data=raw, headers=headers).status_code


def test_the_signature_is_that_of_the_published_example() -> None:
    example = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'

    found = signature(key_of(example), "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", body)

    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_delivered_and_opened_are_noted_with_their_times_once(client: FlaskClient, clean: Engine) -> None:
    assert send(client, said("delivered"), said("accepted")) == 204
    assert send(client, said("delivered"), said("read")) == 204
    first = rows(clean, "SELECT delivered_at IS NOT NULL, opened_at IS NOT NULL, bounced_at FROM delivery")
    assert first == [(True, True, None)]

    assert send(client, said("failed"), said("delivered", at=(AT + timedelta(hours=1)).isoformat())) == 204

    assert one(clean, "SELECT bounced_at FROM delivery") is None
    assert one(clean, "SELECT count(*) FROM delivery_report") == 3


def test_what_came_back_after_all_ends_with_a_person(client: FlaskClient, clean: Engine) -> None:
    assert send(client, said("failed")) == 204
    assert send(client, said("failed")) == 204

    assert one(clean, "SELECT bounced_at IS NOT NULL AND sent_at IS NOT NULL FROM delivery")
    assert len(tasks(clean, "call_by_phone")) == 1
    assert parked(clean) == []


@pytest.mark.target("R15")
def test_an_unknown_subscriber_is_parked(client: FlaskClient, clean: Engine) -> None:
    assert send(client, said("unknown_subscriber")) == 204

    assert parked(clean) == ["hr-1"]
    assert {task[0] for task in tasks(clean, "call_by_phone", "address_parked")} == {
        "call_by_phone",
        "address_parked",
    }


def test_a_report_that_comes_before_its_number_is_found_by_it(post: House, clean: Engine) -> None:
    receipts.record(post, [Report("email", "p-2", "delivered", AT)])
    assert one(clean, "SELECT delivered_at FROM delivery") is None

    receipts.numbered(post, [(1, "p-2")])

    assert one(clean, "SELECT delivered_at IS NOT NULL FROM delivery")


@pytest.mark.target("S13")
@pytest.mark.parametrize(
    "wrong",
    [
        {"secret": "whsec_YW5vdGhlciBwcm92aWRlcidzIG93biBzZWNyZXQ="},
        {"late": WINDOW_SECONDS + 60},
        {"late": -WINDOW_SECONDS - 60},
    ],
)
def test_what_is_not_signed_with_the_secret_or_not_now_is_refused(
    client: FlaskClient, clean: Engine, wrong: dict[str, Any]
) -> None:
    assert send(client, said("delivered"), **wrong) == 401
    assert client.post("/hooks/receipts", data=b"{}").status_code == 401
    assert rows(clean, "SELECT 1 FROM delivery_report") == []


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b'{"data": 5}', b'{"data": {"channel": "sms"}}', b"\xff\xfe", b'{"data": [null]}'],
)
def test_a_body_that_says_nothing_is_refused_whole(client: FlaskClient, clean: Engine, body: bytes) -> None:
    assert send(client, body=body or b" ") == 400
    assert send(client, said("delivered"), said("delivered", at="yesterday")) == 400
    assert rows(clean, "SELECT 1 FROM delivery_report") == []


def test_without_a_secret_there_is_no_such_address(app: Flask, clean: Engine) -> None:
    assert app.test_client().post("/hooks/receipts", data=b"{}").status_code == 404
