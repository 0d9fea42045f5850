"""The practice mailbox in a browser: a list, a letter, its HTML in a frame that runs nothing; else nothing at all."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine

from hectis_flow.services import mailbox
from hectis_flow.services.house import House
from tests.workers.test_notices import for_real

__all__ = ["for_real"]

LETTER = (
    b"Subject: Acknowledge <b>a</b> referral\r\nMessage-ID: <k@x>\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: multipart/alternative; boundary=B\r\n\r\n"
    b"--B\r\nContent-Type: text/plain\r\n\r\nPress http://127.0.0.1:8000/a/TOKEN <script>alert(1)</script>\r\n"
    b"--B\r\nContent-Type: text/html\r\n\r\n<p>Hi<script>alert(1)</script></p>\r\n--B--\r\n"
)


@pytest.fixture
def client(app: Flask, clean: Engine) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def kept(house: House, clean: Engine) -> None:
    mailbox.keep(house, ["a@practice.invalid"], LETTER)


def test_an_empty_mailbox_says_what_to_do(client: FlaskClient) -> None:
    answer = client.get("/practice/mailbox")

    assert answer.status_code == 200
    assert "No letter yet" in answer.text


def test_letters_are_listed_newest_first_and_opened(client: FlaskClient, kept: None) -> None:
    assert "Acknowledge &lt;b&gt;a&lt;/b&gt; referral" in client.get("/practice/mailbox").text
    letter = client.get("/practice/mailbox/1")

    assert letter.status_code == 200
    assert 'href="http://127.0.0.1:8000/a/TOKEN"' in letter.text
    assert "<script>" not in letter.text
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in letter.text


def test_a_letters_own_html_may_run_and_load_nothing(client: FlaskClient, kept: None) -> None:
    answer = client.get("/practice/mailbox/1/html")
    policy = answer.headers["Content-Security-Policy"]

    assert answer.text.startswith("<p>Hi")
    assert "default-src 'none'" in policy
    assert "sandbox allow-popups" in policy
    assert "allow-scripts" not in policy


@pytest.mark.parametrize("path", ["/2", "/1/text", "/2/html", "/x", "/1/html/x", f"/{1 << 63}"])
def test_what_is_not_there_is_not_there(client: FlaskClient, kept: None, path: str) -> None:
    assert client.get(f"/practice/mailbox{path}").status_code == 404


def test_the_list_goes_on(client: FlaskClient, house: House) -> None:
    for _ in range(52):
        mailbox.keep(house, ["a@practice.invalid"], LETTER)

    first = client.get("/practice/mailbox").text
    older = client.get("/practice/mailbox?below=3").text

    assert "below=3" in first
    assert "/practice/mailbox/2" in older
    assert "below=" not in older


@pytest.mark.parametrize("below", ["x", "-1", str(1 << 80)])
def test_a_list_that_goes_on_from_nowhere_is_a_list(client: FlaskClient, kept: None, below: str) -> None:
    assert client.get(f"/practice/mailbox?below={below}").status_code == 200


@pytest.mark.parametrize("path", ["", "/1", "/1/html"])
def test_beside_real_work_there_is_no_mailbox(
    client: FlaskClient, kept: None, for_real: None, path: str
) -> None:
    assert client.get(f"/practice/mailbox{path}").status_code == 404


def test_the_pages_name_no_other_host_and_run_nothing(client: FlaskClient, kept: None) -> None:
    for path in ("/practice/mailbox", "/practice/mailbox/1"):
        answer = client.get(path)
        assert "<script" not in answer.text
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert len(answer.data) < 50_000


@pytest.mark.parametrize("subject", ["=?utf-8?b?a?=", "=?nowhere?q?a?=", "=?utf-8?q?=FF?="])
@pytest.mark.parametrize("charset", ["utf-8", "nowhere", "idna", "base64"])
def test_a_letter_that_nobody_can_decode_is_kept_all_the_same(
    client: FlaskClient, house: House, subject: str, charset: str
) -> None:
    head = f"Subject: {subject}\r\nContent-Type: text/plain; charset={charset}\r\n\r\n"
    mailbox.keep(house, ["a@practice.invalid"], head.encode() + b"Hello\r\n")

    assert "Hello" in client.get("/practice/mailbox/1").text
