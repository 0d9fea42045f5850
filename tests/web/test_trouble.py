"""An error of the service itself: a page for a person, with a way on, and the one shape for programs."""

from collections.abc import Callable

import pytest
from flask import Flask

from tests.api.people import People
from tests.web.conftest import Browser

Browsers = Callable[[], Browser]
PERSON = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


@pytest.mark.parametrize(("path", "status"), [("/nowhere", 404), ("/queue/bulk", 405), ("/cases/a/b/c", 404)])
def test_a_person_reads_a_page(people: People, browser: Browsers, path: str, status: int) -> None:
    for one in (browser(), browser().practise("ks-1")):
        answer = one.get(path, headers=PERSON)
        assert (answer.status_code, answer.mimetype) == (status, "text/html")
        assert "Go to your first page" in answer.text
        assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert path not in answer.text
    assert 'href="/queue"' in answer.text  # the rooms of whoever is signed in


def test_a_program_reads_the_one_shape(people: People, browser: Browsers) -> None:
    for headers in ({}, {"Accept": "*/*"}, {"Accept": "application/json"}):
        assert browser().get("/nowhere", headers=headers).json["error"]["code"] == "not_found"
    assert browser().get("/api/v1/nowhere", headers=PERSON).json["error"]["code"] == "not_found"
    assert browser().get("/readyz", headers=PERSON).mimetype == "application/json"


def test_a_fault_says_what_to_say_when_asking(app: Flask, people: People, browser: Browsers) -> None:
    views, mine = app.view_functions, browser().practise("ks-1")
    kept, views["queue"] = views["queue"], lambda: 1 // 0
    try:
        answer = mine.get("/queue", headers=PERSON)
    finally:
        views["queue"] = kept
    assert (answer.status_code, answer.mimetype) == (500, "text/html")
    assert answer.headers["X-Request-Id"] in answer.text
    assert "division" not in answer.text
