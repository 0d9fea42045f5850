"""When notices go out: quiet hours, a person's further ways, one message for a flood, and one for a case and cause."""

from collections.abc import Iterator
from datetime import time, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text

from hectis_flow.channels.null import NullChannel
from hectis_flow.domain.casework import Actor
from hectis_flow.domain.reach import Quiet
from hectis_flow.services import casework, pacing
from hectis_flow.services.house import House
from tests.notices import delivered, ends, line, planned, reaching, referred, staffed
from tests.plain_policy import reaching_by
from tests.services.test_notification import escalate
from tests.sinks import Mails, options_for
from tests.tables import one, rows

SAPS = Actor("saps_liaison", None, "hr-liaison")
ALL_DAY = Quiet(time(0), time(23, 59, 59))
HOOK = "https://127.0.0.1:9/hook"


@pytest.fixture
def box() -> NullChannel:
    return NullChannel()


@pytest.fixture
def post(house: House, clean: Engine, box: NullChannel) -> Iterator[House]:
    """A house whose mail is kept and whose webhooks go nowhere."""
    return reaching(house, options_for(), email=box, webhook=NullChannel())


def earlier(engine: Engine, table: str, by: str = "1 day") -> None:
    """Let what is due in this table be due so much earlier."""
    column = {"further_way": "due_at", "delivery": "held_until", "bundle": "due_at"}[table]
    with engine.begin() as connection:
        connection.execute(
            text(f"UPDATE {table} SET {column} = {column} - CAST(:by AS interval)"),  # noqa: S608
            {"by": by},
        )


def states(engine: Engine) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in rows(engine, "SELECT channel, held_for, fault FROM delivery ORDER BY id")]


# --- quiet hours --------------------------------------------------------------------------------------


def test_what_is_not_urgent_waits_until_the_quiet_hours_are_over(
    post: House, clean: Engine, box: NullChannel
) -> None:
    quiet = reaching_by(post, quiet=ALL_DAY)
    staffed(quiet, line("hr-1"))
    referred(quiet, clean)

    assert planned(quiet) == 1
    assert delivered(quiet) == 0
    assert states(clean) == [("email", "quiet", None)]
    assert one(clean, "SELECT held_until > hectis_now() FROM delivery")
    assert pacing.keep(quiet) == 0

    earlier(clean, "delivery")
    assert pacing.keep(quiet) == 1
    assert delivered(quiet) == 1
    assert ends(clean) == ["sent"]
    assert len(box.carried) == 1


def test_what_holds_no_longer_when_the_night_is_over_is_not_said(
    post: House, clean: Engine, box: NullChannel
) -> None:
    quiet = reaching_by(post, quiet=ALL_DAY)
    staffed(quiet, line("hr-1"))
    (ref,) = referred(quiet, clean)
    planned(quiet)
    casework.move(quiet, ref, "acknowledge", SAPS)

    earlier(clean, "delivery")
    pacing.keep(quiet)

    assert delivered(quiet) == 0
    assert ends(clean) == ["cancelled"]
    assert box.carried == []


@pytest.mark.parametrize("passes", [True, False])
def test_the_second_level_passes_the_quiet_hours_where_the_policy_says_so(
    post: House, clean: Engine, box: NullChannel, *, passes: bool
) -> None:
    quiet = reaching_by(post, quiet=ALL_DAY, passes=frozenset({"level_2"} if passes else ()))
    staffed(quiet, line("hr-1"), line("hr-9", "station_commander"))
    referred(quiet, clean)
    planned(quiet)
    escalate(clean, 2, role="station_commander")
    planned(quiet)

    assert delivered(quiet) == int(passes)


def test_an_urgent_case_passes_the_quiet_hours(post: House, clean: Engine) -> None:
    quiet = reaching_by(post, quiet=ALL_DAY)
    staffed(quiet, line("hr-1"))
    referred(quiet, clean)
    with clean.begin() as connection:
        connection.execute(text("UPDATE clock SET urgent = true"))

    planned(quiet)

    assert delivered(quiet) == 1


def test_somebodys_own_quiet_hours_come_before_the_policys(post: House, clean: Engine) -> None:
    quiet = reaching_by(post, quiet=ALL_DAY)
    staffed(quiet, line("hr-1"), line("hr-2"))
    with clean.begin() as connection:
        connection.execute(
            text("UPDATE staff SET quiet_from = '04:00', quiet_to = '04:00' WHERE code = 'hr-2'")
        )
    referred(quiet, clean)
    planned(quiet)

    assert delivered(quiet) == 1


# --- further ways -------------------------------------------------------------------------------------


def further(engine: Engine) -> list[tuple[Any, ...]]:
    query = """
        SELECT w.step, w.channel, round(extract(epoch FROM w.due_at - d.created_at) / 60)::int,
               CASE WHEN w.done_at IS NOT NULL THEN 'done' WHEN w.cancelled_at IS NOT NULL THEN 'cancelled' END
        FROM further_way w JOIN delivery d ON d.id = w.delivery_id ORDER BY w.id
    """
    return [tuple(row) for row in rows(engine, query)]


def test_the_next_way_is_taken_when_nobody_has_answered_by_then(post: House, clean: Engine) -> None:
    staffed(post, line("hr-1", webhook=HOOK))
    referred(post, clean)
    planned(post)
    delivered(post)
    assert further(clean) == [(2, "webhook", 120, None)]
    assert pacing.keep(post) == 0

    earlier(clean, "further_way")
    assert pacing.keep(post) == 1
    assert pacing.keep(post) == 0

    assert further(clean)[0][3] == "done"
    assert rows(clean, "SELECT channel, cause FROM delivery ORDER BY id") == [
        ("email", "saps_acknowledge:"),
        ("webhook", "saps_acknowledge:"),
    ]
    assert one(clean, "SELECT count(*) FROM action_link WHERE purpose = 'acknowledge'") == 2
    assert delivered(post) == 1


def test_an_answer_ends_the_further_ways_of_everybody_at_the_post(post: House, clean: Engine) -> None:
    staffed(post, line("hr-1", webhook=HOOK), line("hr-2", webhook=HOOK + "/2"))
    (ref,) = referred(post, clean)
    planned(post)
    casework.move(post, ref, "acknowledge", SAPS)

    earlier(clean, "further_way")
    assert pacing.keep(post) == 0

    assert [each[3] for each in further(clean)] == ["cancelled", "cancelled"]


def test_a_person_may_have_times_of_their_own_and_an_urgent_case_has_shorter_ones(
    post: House, clean: Engine
) -> None:
    staffed(post, line("hr-1", webhook=HOOK), line("hr-2", webhook=HOOK + "/2"))
    with clean.begin() as connection:
        connection.execute(
            text(
                """UPDATE contact_point SET wait_minutes = 45 WHERE channel = 'webhook'
                   AND staff_id = (SELECT id FROM staff WHERE code = 'hr-1')"""
            )
        )
    referred(post, clean)
    with clean.begin() as connection:
        connection.execute(text("UPDATE clock SET urgent = true"))
    planned(post)

    assert sorted(each[2] for each in further(clean)) == [30, 45]


# --- one message --------------------------------------------------------------------------------------


def test_a_second_event_of_the_same_cause_stands_for_the_first_that_was_not_sent(
    post: House, clean: Engine, box: NullChannel
) -> None:
    staffed(post, line("hr-1"))
    referred(post, clean)
    planned(post)
    escalate(clean, 0)
    planned(post)

    assert delivered(post) == 1

    assert ends(clean) == ["cancelled", "sent"]
    assert states(clean)[0][2] == "replaced"
    assert "Reminder" in box.carried[0].subject


def test_what_was_sent_stays_sent_and_the_next_event_is_said_too(post: House, clean: Engine) -> None:
    staffed(post, line("hr-1"))
    referred(post, clean)
    planned(post)
    delivered(post)
    escalate(clean, 0)
    planned(post)

    assert delivered(post) == 1
    assert ends(clean) == ["sent", "sent"]


def test_a_link_is_not_taken_away_by_something_newer_that_has_none(post: House, clean: Engine) -> None:
    staffed(post, line("hr-1"), line("hr-1", "station_commander"))
    referred(post, clean)
    planned(post)
    escalate(clean, 1, role="station_commander")
    planned(post)

    assert delivered(post) == 2


# --- bundles ------------------------------------------------------------------------------------------


@pytest.fixture
def flood(post: House, clean: Engine) -> House:
    """Somebody for whom seven notices were planned within a moment, where more than five are one."""
    few = reaching_by(post, bundle_over=5)
    staffed(few, line("hr-1"), line("hr-2", email="", webhook=HOOK))
    referred(few, clean, 7)
    assert planned(few) == 14
    return few


def test_more_than_five_within_a_quarter_of_an_hour_become_one_message(
    flood: House, clean: Engine, box: NullChannel
) -> None:
    assert delivered(flood) == 7  # those for a system are not held
    assert box.carried == []
    within = one(clean, "SELECT due_at - made_at FROM bundle")
    assert timedelta(minutes=14) < within <= timedelta(minutes=15)

    earlier(clean, "bundle")
    pacing.keep(flood)
    assert delivered(flood) == 1

    (letter,) = box.carried
    assert all(ref in letter.text and ref in letter.html for (ref,) in rows(clean, 'SELECT ref FROM "case"'))
    assert "7" in letter.subject
    assert f"/mine/{one(clean, 'SELECT id FROM bundle')}" in letter.text  # noqa: S608
    assert ends(clean) == ["sent"] * 14
    assert one(clean, "SELECT count(DISTINCT sent_at) FROM delivery WHERE channel = 'email'") == 1
    pacing.keep(flood)
    assert delivered(flood) == 0


def test_five_are_sent_each_by_itself(post: House, clean: Engine, box: NullChannel) -> None:
    few = reaching_by(post, bundle_over=5)
    staffed(few, line("hr-1"))
    referred(few, clean, 5)
    planned(few)

    assert delivered(few) == 5
    assert len(box.carried) == 5


def test_what_was_answered_meanwhile_is_left_out_of_the_one_message(
    flood: House, clean: Engine, box: NullChannel
) -> None:
    refs = [ref for (ref,) in rows(clean, 'SELECT ref FROM "case" ORDER BY id')]
    casework.move(flood, refs[0], "acknowledge", SAPS)
    earlier(clean, "bundle")
    pacing.keep(flood)
    delivered(flood)  # the first of it is over: another one takes its place
    pacing.keep(flood)
    delivered(flood)

    (letter,) = box.carried
    assert refs[0] not in letter.text
    assert all(ref in letter.text for ref in refs[1:])
    assert (
        sorted(rows(clean, "SELECT fault FROM delivery WHERE cancelled_at IS NOT NULL"))
        == [("moved_on",)] * 2
    )


def test_what_is_urgent_is_never_bundled(post: House, clean: Engine, box: NullChannel) -> None:
    few = reaching_by(post, bundle_over=2)
    staffed(few, line("hr-1"))
    referred(few, clean, 4)
    with clean.begin() as connection:
        connection.execute(text("UPDATE clock SET urgent = true WHERE case_id = 1"))
    planned(few)

    assert delivered(few) == 1
    assert len(box.carried) == 1


def test_a_night_of_notices_is_one_message_in_the_morning(
    post: House, clean: Engine, box: NullChannel
) -> None:
    quiet = reaching_by(post, quiet=ALL_DAY, bundle_over=2)
    staffed(quiet, line("hr-1"))
    referred(quiet, clean, 4)
    planned(quiet)
    earlier(clean, "delivery")

    pacing.keep(quiet)
    assert delivered(quiet) == 1

    assert len(box.carried) == 1
    assert ends(clean) == ["sent"] * 4


def test_a_bundle_that_cannot_be_sent_ends_with_a_person_for_each_of_its_cases(
    house: House, clean: Engine, mails: Mails
) -> None:
    few = reaching_by(reaching(house, options_for(mails)), bundle_over=2)
    staffed(few, line("hr-1"), line("hr-9", "station_commander"))
    referred(few, clean, 3)
    planned(few)
    earlier(clean, "bundle")
    pacing.keep(few)

    without = reaching_by(
        reaching(house, options_for()), bundle_over=2
    )  # the channel was taken away meanwhile
    assert delivered(without) == 0

    assert ends(clean) == ["gave_up"] * 3
    assert one(clean, "SELECT count(*) FROM task WHERE kind = 'call_by_phone'") == 3


# --- the states -------------------------------------------------------------------------------------


@pytest.mark.parametrize("column", ["sent_at", "delivered_at", "opened_at"])
def test_no_state_of_a_notice_goes_back(post: House, clean: Engine, column: str) -> None:
    staffed(post, line("hr-1"))
    referred(post, clean)
    planned(post)
    delivered(post)
    with clean.begin() as connection:
        connection.execute(text(f"UPDATE delivery SET {column} = hectis_now() WHERE {column} IS NULL"))  # noqa: S608

    for value in ("NULL", "hectis_now() + interval '1 hour'"):
        with pytest.raises(Exception, match="delivery"), clean.begin() as connection:
            connection.execute(text(f"UPDATE delivery SET {column} = {value}"))  # noqa: S608
