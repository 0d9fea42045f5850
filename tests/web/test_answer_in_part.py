"""In the rooms an answer that is one of several says so, and the case stands where it stood until there are enough."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import Engine

from hectis_flow.services.house import House
from tests.notices import FACILITY, line, staffed
from tests.services.test_answers import asking, reminded, stage
from tests.tables import one
from tests.web.conftest import Browser


def test_one_answer_of_two_is_recorded_and_the_second_moves_the_case_on(
    app: Flask,
    house: House,
    clean: Engine,
    browser: Callable[[], Browser],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    post, _ = reminded(asking(house, 2), clean)
    monkeypatch.setitem(app.extensions, "hectis_house", post)
    ref = one(clean, 'SELECT ref FROM "case"')
    path = f"/cases/{ref}"

    first, second = browser().practise("hr-1"), browser().practise("hr-2")
    answer = first.post(f"{path}/moves", move="acknowledge")
    assert answer.location == f"{path}?did=answered_in_part"
    assert "Your answer is recorded. This step asks several people" in first.get(answer.location).text
    assert stage(clean) == "referred"
    assert second.post(f"{path}/moves", move="acknowledge").location == f"{path}?did=acknowledge"
    assert stage(clean) == "acknowledged"
    staffed(post, line("kh-1", "facility_liaison", FACILITY))
    assert "answered signed in (A)" in browser().practise("kh-1").get(path).text, "the hospital sees how"
