"""The front page: open to anybody, in words, with nothing from another host and nothing that runs."""

import re

from flask import Flask

from hectis_flow.services.readiness import PARTS
from hectis_flow.web.front import TITLES


def test_every_part_has_a_title() -> None:
    assert set(TITLES) == set(PARTS)


def test_the_page_says_how_each_part_stands(app: Flask) -> None:
    answer = app.test_client().get("/")

    assert answer.status_code == 200
    assert all(title.replace("'", "&#39;") in answer.text for title in TITLES.values())


def test_the_page_names_no_other_host_and_runs_nothing(app: Flask) -> None:
    answer = app.test_client().get("/")

    assert re.findall(r"(?:src|href)=\"(?!/)", answer.text) == []
    assert "<script" not in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert len(answer.data) < 50_000
