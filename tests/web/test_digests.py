"""The pages of digests: what the mail said, said again; acknowledged by a press; and when one wants the next."""

import hashlib
import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import Engine

from hectis_flow.domain.moments import SAST
from hectis_flow.render import digest as words
from hectis_flow.services import digest, digests, practice
from hectis_flow.services.house import House
from tests.api.committee import Table, at_table
from tests.api.province import Province, canaries
from tests.tables import one
from tests.web.conftest import Browser

Browsers = Callable[[], Browser]
pytestmark = pytest.mark.target("S1")


@pytest.fixture
def table(app: Flask, province: Province, house: House, engine: Engine) -> Table:
    """The committee on the morning after, each reader served."""
    found = at_table(app.test_client(), province, house, engine)
    at = one(engine, "SELECT hectis_now()").astimezone(SAST) + timedelta(days=1)
    practice.advance(house, at.replace(hour=6, minute=30))
    digest.compose(house, digest.plan(house))
    return found


def of(table: Table, code: str) -> int:
    asked = "SELECT d.id FROM digest d JOIN staff s ON s.id = d.staff_id WHERE s.code = :code"
    return int(one(table.engine, asked, code=code))


def test_the_page_says_what_the_mail_says_and_the_paper_has_its_hash(table: Table, browser: Browsers) -> None:
    chair, number = browser().practise("cc-1"), of(table, "cc-1")
    assert f'href="/digests/{number}"' in chair.get("/digests").text
    page = unescape(chair.get(f"/digests/{number}").text)
    mail = digests.last(table.house, "cc-1")
    assert mail
    told = words.said(table.get("cc-1", f"digests/{number}").json["content"])
    for name, value in told.figures:
        assert f'<th scope="row">{name}</th><td class="number"><strong>{value}</strong></td>' in page
    for said in (
        told.title,
        told.followed,
        *(d.title for d in told.decisions),
        *(d.otherwise for d in told.decisions),
    ):
        assert said in page
        assert said in unescape(mail.html)
    for choice in told.decisions[0].choices:
        assert f'href="{choice.path}"' in page
    pack = chair.get(f"/digests/{number}.pdf")
    assert (pack.status_code, pack.content_type) == (200, "application/pdf")
    assert hashlib.sha256(pack.data).hexdigest() in page
    assert hashlib.sha256(pack.data).hexdigest() in mail.html
    for canary in (value for letter in "ABR" for value in canaries(letter).values()):
        assert canary not in page + mail.html + mail.text


def test_to_open_it_is_enough_and_to_press_acknowledges(table: Table, browser: Browsers) -> None:
    number = of(table, "cc-1")
    away = browser()
    assert away.get(f"/digests/{number}").location.startswith("/sign-in")
    assert one(table.engine, "SELECT opened_at FROM digest WHERE id = :id", id=number) is None
    chair = browser().practise("cc-1")
    assert "I have read it" in chair.get(f"/digests/{number}").text
    assert one(table.engine, "SELECT opened_at FROM digest WHERE id = :id", id=number)
    pressed = chair.post(f"/digests/{number}/acknowledge")
    assert pressed.location == f"/digests/{number}?did=acknowledge"
    assert "Acknowledged: nobody need call you" in chair.get(pressed.location).text
    assert one(table.engine, "SELECT acknowledged_at FROM digest WHERE id = :id", id=number)


def test_nobody_else_sees_it(table: Table, browser: Browsers) -> None:
    number = of(table, "cc-1")
    for code in ("ks-9", "cs-1", "ks-1"):
        other = browser().practise(code)
        for path in (f"/digests/{number}", f"/digests/{number}.pdf"):
            assert other.get(path).status_code == 404
        assert other.post(f"/digests/{number}/acknowledge").status_code == 404
    assert one(table.engine, "SELECT opened_at FROM digest WHERE id = :id", id=number) is None


def test_a_choice_opens_a_form_that_decides_only_once_it_is_sent(table: Table, browser: Browsers) -> None:
    table.done("cs-1", "meetings", {"held_on": table.day(20)})
    chair, number = browser().practise("cc-1"), of(table, "cc-1")
    asked = re.search(r'href="(/committee/decide\?[^"]+obtain_report)"', chair.get(f"/digests/{number}").text)
    assert asked
    form = chair.get(unescape(asked.group(1))).text
    assert '<option value="obtain_report" selected>' in form
    assert "the minutes of the meeting of" in form
    assert one(table.engine, "SELECT count(*) FROM committee_decision") == 0
    post = re.search(r'name="post" value="([^"]+)" checked', form)
    assert post
    typed = {"case": table.ref, "kind": "obtain_report", "post": post.group(1), "when": "two", "day": ""}
    assert chair.post("/committee/decide", **typed).status_code == 303
    assert table.tasks("ks-9").count("answer_decision") == 1


def test_when_and_how_often_it_comes_is_chosen_in_the_account(table: Table, browser: Browsers) -> None:
    chair = browser().practise("cc-1")
    assert "/account/digest" in chair.get("/account").text
    assert 'value="06:30"' in chair.get("/account/digest").text
    saved = chair.post("/account/digest", at="14:05", every="week", language="af")
    shown = chair.get(saved.location).text
    assert "Saved: it holds from the next digest on." in shown
    assert 'value="14:05"' in shown
    assert '<option value="week" selected>' in shown
    wrong = chair.post("/account/digest", at="soon", every="week", language="af")
    assert (wrong.status_code, "Choose a time such as 06:30" in wrong.text) == (422, True)
    assert 'value="14:05"' in chair.get("/account/digest").text
