"""A digest of thousands of cases is quick, is short enough for a mail program, and loses no figure."""

import time

from sqlalchemy import Engine

from hectis_flow.channels.letter import letter
from hectis_flow.domain.moments import SAST
from hectis_flow.render import digest as words
from hectis_flow.render import digest_paper, paper
from hectis_flow.services import digest, digest_letters, digests, practice
from hectis_flow.services.house import House
from tests.api.committee import COMMITTEE_STAFF
from tests.api.people import hire
from tests.escalated import escalate
from tests.tables import one

CASES = 5_000


def test_a_digest_of_five_thousand_cases_is_a_mail_and_says_how_many_it_does_not_list(
    clean: Engine, house: House
) -> None:
    hire(house, clean, COMMITTEE_STAFF[:1])
    digest.compose(house, digest.plan(house, at_once=True))
    escalate(clean, CASES)
    at = one(clean, "SELECT hectis_now() + interval '1 day'").astimezone(SAST)
    practice.advance(house, at.replace(hour=6, minute=30))
    began = time.perf_counter()
    assert digest.compose(house, digest.plan(house)) == 1
    composed = time.perf_counter() - began
    made = digests.last(house, "cc-1")
    assert made
    told = one(clean, "SELECT content FROM digest WHERE before_id IS NOT NULL")
    figures = told["figures"]
    assert (figures["standing"], figures["new"], figures["to_decide"]) == (CASES, CASES, CASES)
    assert sum(row["total"] for row in told["ages"]) == CASES
    assert [sum(row["ages"]) for row in told["ages"]] == [row["total"] for row in told["ages"]]
    assert len(told["decide"]) == 5
    assert f"And {CASES - 15} more" in made.text
    assert f"And {CASES - 15} more" in made.html
    raw = letter(
        digest_letters.letter(1, "k-1", "a@practice.invalid", made),
        "Hectis <h@hectis.invalid>",
        "hectis.invalid",
    )
    assert len(raw) < 100_000
    # Far less than the half minute after which the clock would ask again.
    assert composed < 15


def test_a_pack_of_two_hundred_cases_takes_less_than_five_seconds(clean: Engine, house: House) -> None:
    hire(house, clean, COMMITTEE_STAFF[:1])
    digest.compose(house, digest.plan(house, at_once=True))
    escalate(clean, 200)
    at = one(clean, "SELECT hectis_now() + interval '1 day'").astimezone(SAST)
    practice.advance(house, at.replace(hour=6, minute=30))
    digest.compose(house, digest.plan(house))
    told = one(clean, "SELECT content FROM digest WHERE before_id IS NOT NULL")
    began = time.perf_counter()
    made = digest_paper.paper_of(told)
    pack = paper.pdf(made)
    assert time.perf_counter() - began < 5
    assert pack == one(clean, "SELECT pack FROM digest WHERE before_id IS NOT NULL")
    plain = paper.plain(made)
    assert sum(one_["ref"] in plain for one_ in told["new"]) == len(told["new"]) == 200
    for name, value in words.said(told).figures:
        assert f"{name}:" in plain
        assert value in plain
