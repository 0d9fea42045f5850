"""The language of whoever reads: chosen on the account page, kept, and used for pages and for the next notice."""

from collections.abc import Callable

import pytest
from sqlalchemy import Engine, text

from hectis_flow.domain.workflow import ROLES
from hectis_flow.render import languages, page_words, role_words, word_sections
from hectis_flow.services import staff
from hectis_flow.services.house import House
from hectis_flow.services.staff import LanguageUnknown
from tests.api.people import People
from tests.notices import delivered, line, planned, reaching, referred, staffed
from tests.sinks import mail_sink, options_for
from tests.tables import one
from tests.web.conftest import Browser
from tests.web.test_signing_in import enrolled

Browsers = Callable[[], Browser]


def language_of(engine: Engine, code: str) -> str:
    found: str = one(engine, "SELECT language FROM staff WHERE code = :code", code=code)
    return found


def test_a_language_is_chosen_on_the_account_page_and_every_page_is_in_it_at_once(
    house: House, people: People, browser: Browsers, engine: Engine
) -> None:
    mine = browser().practise("ks-1")
    before = mine.get("/account")
    assert '<html lang="en">' in before.text
    assert before.headers["Content-Language"] == "en"
    for name in ("English", "Afrikaans", "isiXhosa"):
        assert f"{name}</button>" in before.text
    assert "to review it: Afrikaans, isiXhosa." in before.text

    answer = mine.post("/account/language", language="xh")

    assert (answer.status_code, answer.location) == (303, "/account?did=language")
    after = mine.get("/account?did=language")
    assert '<html lang="xh">' in after.text
    assert after.headers["Content-Language"] == "xh"
    assert language_of(engine, "ks-1") == "xh"
    assert role_words.title("xh", "saps_liaison") in mine.get("/queue").text
    assert [language_of(engine, code) for code in ("ks-2", "ks-9")] == ["en", "en"]


def test_a_language_that_nothing_is_said_in_is_refused_and_nothing_changes(
    house: House, people: People, browser: Browsers, engine: Engine
) -> None:
    mine = browser().practise("ks-1")

    for wrong in ("zu", "", "EN", "en; DROP TABLE staff"):
        assert mine.post("/account/language", language=wrong).status_code == 422
    assert mine.client.post("/account/language", base_url="https://localhost").status_code == 403
    assert language_of(engine, "ks-1") == "en"


def test_whoever_is_not_signed_in_reads_what_their_browser_asks_for(
    house: House, people: People, browser: Browsers
) -> None:
    mine = browser()
    for asked, given in (
        ("af-ZA,af;q=0.9,en;q=0.8", "af"),
        ("xh", "xh"),
        ("fr,de;q=0.5", "en"),
        ("en-ZA,xh;q=0.2", "en"),
        ("*", "en"),
        ("<script>", "en"),
    ):
        page = mine.get("/sign-in", headers={"Accept-Language": asked})
        assert f'<html lang="{given}">' in page.text, asked
        assert page.headers["Content-Language"] == given


def test_the_next_notice_comes_in_the_language_that_was_chosen(house: House, clean: Engine) -> None:
    staffed(house, line("hr-1"), line("hr-2"))
    staff_id = one(clean, "SELECT id FROM staff WHERE code = 'hr-2'")
    assert staff.speak(house, staff_id, "af")
    assert not staff.speak(house, staff_id, "af")
    with pytest.raises(LanguageUnknown):
        staff.speak(house, staff_id, "zu")
    with mail_sink() as mails:
        post = reaching(house, options_for(mails))
        referred(post, clean)
        planned(post)
        assert delivered(post) == 2

    letters = {str(letter["To"]): letter for letter in mails.letters}
    english, afrikaans = letters["hr-1@station.invalid"], letters["hr-2@station.invalid"]
    assert (english["Content-Language"], afrikaans["Content-Language"]) == ("en", "af")
    assert "Acknowledge a referral" in english["Subject"]
    assert "Erken 'n verwysing" in afrikaans["Subject"]
    html = afrikaans.get_body(("html",))
    assert html is not None
    assert '<html lang="af">' in html.get_content()


def test_a_table_of_staff_does_not_take_back_what_somebody_with_an_account_chose(
    house: House, people: People, browser: Browsers, engine: Engine
) -> None:
    lines = [line(code, office="khayelitsha-saps", language="en") for code in ("kx-1", "kx-2")]
    staffed(house, *lines)
    enrolled(house, browser(), "kx-1")
    with engine.begin() as connection:
        connection.execute(text("UPDATE staff SET language = 'xh' WHERE code IN ('kx-1', 'kx-2')"))

    staffed(house, *lines)

    assert (language_of(engine, "kx-1"), language_of(engine, "kx-2")) == ("xh", "en")


@pytest.mark.parametrize("language", languages.TRANSLATED)
def test_what_somebody_meets_first_is_translated(language: str) -> None:
    first = (
        "nav.",
        "sign_in.",
        "sign_out",
        "account.",
        "queue.",
        "put_off.",
        "ask.",
        "told.",
        "bulk.",
        "live.",
        "keys.",
    )
    first = (
        *first,
        "trouble.",
        "case.",
        "find.",
        "working_day",
        "today",
        "short_",
        "practice.",
        "password.",
        "enrol",
    )
    lacks = [key for key in page_words.WORDS.missing(language) if key.startswith(first)]

    assert lacks == []
    assert set(role_words.titles(language)) == {role.name for role in ROLES}
    assert language in word_sections.not_reviewed()
