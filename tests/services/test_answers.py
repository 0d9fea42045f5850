"""Who of a rung must answer before a referral is answered, and what a grave one asks for besides."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine

from hectis_flow.channels.null import NullChannel
from hectis_flow.domain.acknowledgement import Answers, Evidence
from hectis_flow.domain.policy import Edition
from hectis_flow.domain.policy_checks import check
from hectis_flow.domain.workflow import DECLARATION
from hectis_flow.services import acknowledgement, escalation, moves, sealing, tasks, tokens
from hectis_flow.services.acknowledgement import Shown
from hectis_flow.services.house import House
from hectis_flow.services.once import Writing
from tests.answers import link_of, record
from tests.ladders import make_due
from tests.notices import delivered, line, planned, reaching, referred, staffed
from tests.sinks import options_for
from tests.tables import one, rows

PEOPLE = ("hr-1", "hr-2", "hr-3")
LIAISON = ("saps_liaison", "harare-saps")


def with_edition(house: House, change: Mapping[str, Any]) -> House:
    """The same house under a policy that was changed in these parts."""
    editions = tuple(replace(one, **change) for one in house.policy.editions)
    return replace(house, policy=replace(house.policy, editions=editions))


def asking(house: House, answers: Answers) -> House:
    """A station whose reminder asks so many of those whom it tells."""
    ladders = dict(house.policy.editions[-1].ladders)
    saps = ladders["saps"]
    first = replace(saps.rungs[0], answers=answers)
    ladders["saps"] = replace(saps, rungs=(first, *saps.rungs[1:]))
    return with_edition(house, {"ladders": ladders})


def grave(edition: Edition, name: str = "saps_acknowledge") -> dict[str, Any]:
    clocks = dict(edition.clocks)
    clocks[name] = replace(clocks[name], grave=True)
    return {"clocks": clocks}


def reminded(house: House, engine: Engine) -> tuple[House, dict[str, str]]:
    """A referral of which three people were reminded; the tokens of the reminders, by staff code."""
    channel = NullChannel()
    post = reaching(house, options_for(), email=channel)
    staffed(post, *(line(code) for code in PEOPLE))
    referred(post, engine)
    make_due(engine, 1, where="name = 'saps_acknowledge'")
    escalation.sweep(post)
    planned(post)
    delivered(post)
    found = {}
    for notice in channel.carried:
        token = next(word.rpartition("/a/")[2] for word in notice.text.split() if "/a/" in word)
        if notice.subject.find("Reminder") >= 0:
            found[link_of(post, token).staff_code] = token
    assert set(found) == set(PEOPLE)
    return post, found


def stage(engine: Engine) -> str:
    return str(one(engine, 'SELECT stage FROM "case"'))


def bearer(house: House, code: str) -> Writing:
    made = tokens.create_for_staff(house, code, 1, *LIAISON)
    return Writing(made.secret, "r-1", None, b"")


def make(house: House, engine: Engine, code: str, move: str = "acknowledge", **details: str) -> None:
    moves.make(house, bearer(house, code), one(engine, 'SELECT ref FROM "case"'), move, details)


@pytest.mark.parametrize(("answers", "wanted"), [("any", 1), (1, 1), (2, 2), (3, 3), ("all", 3), (9, 3)])
def test_so_many_of_those_who_were_told_must_answer(
    house: House, clean: Engine, answers: Answers, wanted: int
) -> None:
    post, sent = reminded(asking(house, answers), clean)
    for number, code in enumerate(PEOPLE[:wanted], 1):
        assert stage(clean) == "referred"
        shown = record(post, sent[code])
        assert (shown.done, shown.missing) == (True, wanted - number)
    assert stage(clean) == "acknowledged"
    assert rows(clean, "SELECT grade, step_id IS NULL FROM acknowledgement ORDER BY id") == [
        *[("B", False)] * (wanted - 1),
        ("B", True),
    ]
    assert (
        one(clean, "SELECT count(*) FROM clock WHERE name = 'saps_acknowledge' AND stopped_at IS NULL") == 0
    )
    assert not list(sealing.verify(post))


def test_one_person_counts_once_however_often_and_by_whatever_way_they_answer(
    house: House, clean: Engine
) -> None:
    post, sent = reminded(asking(house, 2), clean)
    assert record(post, sent["hr-1"]).missing == 1
    assert record(post, sent["hr-1"]).code == "used"
    make(post, clean, "hr-1")
    make(post, clean, "hr-1")
    assert stage(clean) == "referred"
    assert one(clean, "SELECT count(*) FROM acknowledgement") == 1
    make(post, clean, "hr-2")
    assert stage(clean) == "acknowledged"
    assert rows(clean, "SELECT grade FROM acknowledgement ORDER BY id") == [("B",), ("A",)]


def test_whoever_answered_signed_in_and_presses_the_link_too_is_counted_once(
    house: House, clean: Engine
) -> None:
    post, sent = reminded(asking(house, 2), clean)
    make(post, clean, "hr-1")
    shown = record(post, sent["hr-1"])
    assert (shown.done, shown.missing, stage(clean)) == (True, 1, "referred")
    assert one(clean, "SELECT count(*) FROM acknowledgement") == 1
    record(post, sent["hr-3"])
    assert stage(clean) == "acknowledged"


def test_a_part_of_an_answer_stops_no_clock_and_the_ladder_climbs_on(house: House, clean: Engine) -> None:
    post, sent = reminded(asking(house, "all"), clean)
    record(post, sent["hr-1"])
    make_due(clean, 2, where="name = 'saps_acknowledge'")
    escalation.sweep(post)
    assert one(clean, "SELECT max(level) FROM escalation WHERE cleared_at IS NULL") == 1
    assert stage(clean) == "referred"


def test_what_looks_automated_is_no_part_either(house: House, clean: Engine) -> None:
    post, sent = reminded(asking(house, 2), clean)
    for code in PEOPLE:
        shown = acknowledgement.record(post, sent[code])
        assert (shown.done, shown.grade and shown.grade.letter) == (False, "C")
    assert stage(clean) == "referred"
    assert one(clean, "SELECT count(*) FROM action_link WHERE used_at IS NOT NULL") == 0


# --- grave ------------------------------------------------------------------------------------------------


def answered_gravely(house: House, engine: Engine) -> tuple[House, Shown]:
    post, sent = reminded(with_edition(house, grave(house.policy.editions[-1])), engine)
    return post, record(post, sent["hr-1"])


def awaited(engine: Engine) -> list[tuple[str, str]]:
    query = """
        SELECT k.name, o.code FROM item i JOIN clock k ON k.item_id = i.id AND k.stopped_at IS NULL
        JOIN office o ON o.id = i.office_id WHERE i.kind = 'grave_answer' AND i.settled_at IS NULL
    """
    return [tuple(row) for row in rows(engine, query)]


def test_a_grave_answer_through_a_link_asks_for_one_given_signed_in_and_climbs_without(
    house: House, clean: Engine
) -> None:
    post, shown = answered_gravely(house, clean)
    assert (shown.done, shown.confirm, stage(clean)) == (True, True, "acknowledged")
    assert awaited(clean) == [("grave_answer_confirmed", "harare-saps")]
    assert one(
        clean,
        "SELECT due_at - started_at = interval '1 day' FROM clock WHERE name = 'grave_answer_confirmed'",
    )
    make_due(clean, 2, where="name = 'grave_answer_confirmed'")
    escalation.sweep(post)
    escalation.sweep(post)
    level = """
        SELECT e.level, e.role FROM escalation e JOIN clock k ON k.id = e.clock_id
        WHERE k.name = 'grave_answer_confirmed' AND e.cleared_at IS NULL
    """
    assert rows(clean, level) == [(1, "station_commander")]
    planned(post)
    assert not list(sealing.verify(post))


def test_whatever_the_post_does_next_signed_in_confirms_it(house: House, clean: Engine) -> None:
    post, _ = answered_gravely(house, clean)
    make(post, clean, "hr-2", "return_for_info", reason="person_unclear")
    assert awaited(clean) == []
    assert rows(clean, "SELECT grade, item_id IS NOT NULL FROM acknowledgement ORDER BY id") == [
        ("B", False),
        ("A", True),
    ]
    assert rows(clean, "SELECT ending, settled_by FROM item") == [("confirmed", "saps_liaison:hr-2")]


def test_it_can_be_confirmed_by_itself(house: House, clean: Engine) -> None:
    post, _ = answered_gravely(house, clean)
    task = one(clean, "SELECT id FROM task WHERE kind = 'confirm_answer'")
    tasks.complete(post, bearer(post, "hr-1"), task)
    assert awaited(clean) == []
    assert rows(clean, "SELECT grade FROM acknowledgement ORDER BY id") == [("B",), ("A",)]


def test_an_answer_given_signed_in_needs_no_other(house: House, clean: Engine) -> None:
    post, _ = reminded(with_edition(house, grave(house.policy.editions[-1])), clean)
    make(post, clean, "hr-1")
    assert (stage(clean), awaited(clean)) == ("acknowledged", [])


def test_what_no_link_answers_cannot_be_grave(house: House) -> None:
    edition = house.policy.editions[-1]
    assert check(replace(edition, **grave(edition)), DECLARATION) == ()
    (fault,) = check(replace(edition, **grave(edition, "cas_opening")), DECLARATION)
    assert fault.startswith("clocks.cas_opening.grave: no link answers")


# --- other ways ---------------------------------------------------------------------------------------------


def test_a_press_in_a_chat_counts_where_the_account_is_the_persons(house: House, clean: Engine) -> None:
    post, sent = reminded(house, clean)
    link = link_of(post, sent["hr-1"]).id
    doubted = acknowledgement.answer(post, link, Evidence("chat"))
    assert (doubted.done, stage(clean)) == (False, "referred")
    done = acknowledgement.answer(post, link, Evidence("chat", own=True))
    assert (done.done, stage(clean)) == (True, "acknowledged")
    assert rows(clean, "SELECT grade, reason FROM acknowledgement ORDER BY id") == [
        ("C", "other_address"),
        ("B", "own_account"),
    ]
    assert acknowledgement.answer(post, link, Evidence("chat", own=True)).code == "used"
    assert acknowledgement.answer(post, 1_000_000, Evidence("chat", own=True)).code == "forged"
