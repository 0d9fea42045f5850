"""Messages over HTTP: 200 only when all of them are committed, and the same rows as over any channel."""

from dataclasses import replace

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from config.settings import Settings
from hectis_flow.services import intake, tokens
from hectis_flow.services.house import House, Sender
from tests.api.test_errors import error_of
from tests.segments import CODED, REGISTERED, adt, answer_of, message, oru
from tests.tables import one, receive, rows, work_off

HL7 = "application/hl7-v2"
PATH = "/api/v1/messages"
STABBED = "X99.4"


@pytest.fixture
def header(house: House, clean: Engine) -> dict[str, str]:
    made = tokens.create(house, "feed_sender", "khayelitsha-hospital", "kh-engine", 1)
    return {"Authorization": f"Bearer {made.secret}"}


def post(client: FlaskClient, header: dict[str, str], *raws: bytes, kind: str = HL7) -> TestResponse:
    return client.post(PATH, data=b"".join(raws), headers=header, content_type=kind)


def answers_of(answer: TestResponse) -> list[tuple[str, str]]:
    return [answer_of(b"MSH" + one) for one in answer.get_data().split(b"MSH")[1:]]


@pytest.mark.parametrize("kind", [HL7, "x-application/hl7-v2+er7", "application/hl7-v2; charset=utf-8"])
def test_a_message_is_committed_when_it_is_answered(
    client: FlaskClient, clean: Engine, header: dict[str, str], kind: str
) -> None:
    answer = post(client, header, adt("A04", "c-1", REGISTERED), kind=kind)

    assert (answer.status_code, answer.mimetype) == (200, kind.partition(";")[0])
    assert answers_of(answer) == [("AA", "c-1")]
    assert rows(clean, "SELECT channel, peer, control_id FROM inbound_message") == [
        ("http", "kh-engine", "c-1")
    ]


@pytest.mark.parametrize(
    ("before", "between", "after"),
    [
        (b"", b"", b""),
        (b"FHS|^~\\&|PAS\rBHS|^~\\&|PAS\r", b"", b"BTS|2\rFTS|1\r"),
        (b"\xef\xbb\xbfBHS|^~\\&|PAS\r\n", b"\r\n", b"BTS|2"),
        (b"\x0b", b"\x1c\r\x0b", b"\x1c\r"),
    ],
    ids=["bare", "file and batch", "with marks", "framed"],
)
def test_a_batch_is_answered_message_by_message_and_becomes_cases(
    client: FlaskClient,
    clean: Engine,
    house: House,
    header: dict[str, str],
    before: bytes,
    between: bytes,
    after: bytes,
) -> None:
    both = adt("A08", "c-1", CODED, codes=[STABBED]), oru("c-2", CODED, {"SATS": "Red"})

    answer = post(client, header, before, both[0], between, both[1], after)
    work_off(house)

    assert answers_of(answer) == [("AA", "c-1"), ("AA", "c-2")]
    assert one(clean, 'SELECT count(*) FROM "case"') == 1


def test_a_resend_changes_nothing_and_is_answered_alike_whichever_way_it_comes(
    client: FlaskClient, clean: Engine, house: House, header: dict[str, str]
) -> None:
    raw = adt("A04", "c-1", REGISTERED)
    first = receive(house, raw)[0]

    assert post(client, header, raw).get_data() == first
    assert post(client, header, raw, raw).get_data() == first * 2
    assert one(clean, "SELECT count(*) FROM inbound_message") == 1


@pytest.mark.parametrize(
    ("bad", "reason", "says"),
    [
        (adt("A04", "", REGISTERED), "no_control_id", "MSH-10"),
        (adt("A04", "c-2", REGISTERED, msh={11: "X"}), "unsupported_processing_id", "MSH-11"),
        (adt("A04", "c-2", REGISTERED, msh={4: "Tygerberg Hospital"}), "sender_not_allowed", "facility"),
        (adt("A04", "c-2", REGISTERED, msh={4: ""}), "sender_not_allowed", "facility"),
        (message("MSH|^~\\&|"), "no_msh", "MSH"),
    ],
)
def test_of_a_body_with_one_bad_message_nothing_is_stored(
    client: FlaskClient, clean: Engine, header: dict[str, str], bad: bytes, reason: str, says: str
) -> None:
    answer = post(client, header, adt("A04", "c-1", REGISTERED), bad)

    error = error_of(answer, 400, "message_refused")
    assert says in str(error["fields"]["message 2"])  # type: ignore[index]
    assert "Nothing was stored" in str(error["message"])
    assert one(clean, "SELECT count(*) FROM inbound_message") == 0
    assert rows(clean, "SELECT reason, peer FROM message_refusal") == [(reason, "kh-engine")]


@pytest.mark.parametrize("body", [b"", b"  \r\n", b"hello", b"FHS|^~\\&|PAS\rFTS|0\r", b'{"json": 1}'])
def test_a_body_without_a_message_is_a_sentence(
    client: FlaskClient, header: dict[str, str], body: bytes
) -> None:
    error_of(post(client, header, body), 400, "message_refused")


@pytest.mark.parametrize("kind", ["", "application/json", "text/plain", "application/x-www-form-urlencoded"])
def test_another_media_type_is_refused(client: FlaskClient, header: dict[str, str], kind: str) -> None:
    answer = post(client, header, adt("A04", "c-1", REGISTERED), kind=kind)

    assert "application/hl7-v2" in str(error_of(answer, 415, "unsupported_media_type")["message"])


def test_a_body_beyond_the_limit_is_refused(
    client: FlaskClient, header: dict[str, str], settings: Settings
) -> None:
    error_of(post(client, header, b"x" * (settings.max_message_bytes + 1)), 413, "too_large")


@pytest.mark.parametrize("role", ["facility_liaison", "administrator"])
def test_a_person_hands_nothing_in(client: FlaskClient, clean: Engine, house: House, role: str) -> None:
    office = "khayelitsha-hospital" if role == "facility_liaison" else None
    made = tokens.create(house, role, office, role, 1)

    answer = post(client, {"Authorization": f"Bearer {made.secret}"}, adt("A04", "c-1", REGISTERED))

    error_of(answer, 403, "not_allowed")
    error_of(post(client, {}, adt("A04", "c-1", REGISTERED)), 401, "not_authenticated")
    assert one(clean, "SELECT count(*) FROM inbound_message") == 0


def test_what_cannot_be_stored_is_never_called_stored(
    client: FlaskClient, header: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise psycopg.OperationalError

    monkeypatch.setattr(intake, "receive", fail)

    answer = post(client, header, adt("A04", "c-1", REGISTERED))

    error_of(answer, 503, "database_away")
    assert answer.headers["Retry-After"] == "5"


def test_a_sender_may_use_its_own_word_for_its_facility(
    app: Flask, clean: Engine, house: House, header: dict[str, str]
) -> None:
    raw = adt("A04", "c-1", REGISTERED, msh={4: "KHH"})
    assert app.test_client().post(PATH, data=raw, headers=header, content_type=HL7).status_code == 400
    before = app.extensions["hectis_house"]
    kh = Sender("kh", "", frozenset({"PAS"}), {"KHH": "khayelitsha-hospital"})
    app.extensions["hectis_house"] = replace(house, senders=(kh,))
    try:
        assert app.test_client().post(PATH, data=raw, headers=header, content_type=HL7).status_code == 200
    finally:
        app.extensions["hectis_house"] = before


def test_a_sender_that_wants_no_answer_is_told_all_the_same(
    client: FlaskClient, clean: Engine, header: dict[str, str]
) -> None:
    silent, told = {15: "NE", 16: "NE"}, {15: "AL"}
    raws = adt("A04", "c-1", REGISTERED, msh=silent), adt("A04", "c-2", REGISTERED, msh=told)

    answer = post(client, header, *raws)

    assert (answer.status_code, answers_of(answer)) == (200, [("AA", "c-1"), ("CA", "c-2")])
    assert one(clean, "SELECT count(*) FROM inbound_message") == 2
