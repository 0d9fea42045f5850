"""A clock is put off by who owes it or their head, for a coded reason, so far and so often, and all of it moves alike."""

from datetime import date, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError
from werkzeug.test import TestResponse

from hectis_flow.domain.snooze import REASONS
from hectis_flow.services import auditor, escalation, sealing, timeline
from hectis_flow.services.house import House
from tests.api.people import COURT_STAFF, STAFF, hire
from tests.api.province import Province
from tests.api.test_court import Walk
from tests.api.test_errors import error_of
from tests.ladders import make_due
from tests.services.test_undo import later
from tests.tables import one, rows

CLOCK = "cas_opening"
TIMES = """
    SELECT k.due_at, k.ladder, s.due_at AS next, t.due_at AS task FROM clock k
    JOIN clock_step s ON s.clock_id = k.id AND num_nonnulls(s.done_at, s.cancelled_at, s.parked_at) = 0
    JOIN task t ON t.case_id = k.case_id AND t.done_at IS NULL AND t.by_stage
    WHERE k.name = :clock AND k.stopped_at IS NULL
"""


class Desk:
    """An acknowledged referral, and what people of its station ask of its clock."""

    def __init__(self, walk: Walk, house: House) -> None:
        self.walk, self.house = walk, house

    def working_day(self, days: int, calendar: str = "saps") -> str:
        """The day before which so many working days lie, today counted."""
        now: datetime = one(self.walk.engine, "SELECT hectis_now()")
        open_days = self.house.policy.in_force(now).calendars[calendar]
        today = date.fromisoformat(self.walk.day(0)).toordinal()
        return date.fromordinal(open_days.nth_day(open_days.days_until(today) + days)).isoformat()

    def snooze(self, code: str, days: int = 3, **more: Any) -> TestResponse:
        body = {"clock": CLOCK, "reason": "awaiting_hospital", "until": self.working_day(days), **more}
        return self.walk.post(
            code, "/snooze", {name: value for name, value in body.items() if value is not None}
        )

    def unsnooze(self, code: str, **body: Any) -> TestResponse:
        return self.walk.post(code, "/unsnooze", body or {"clock": CLOCK})

    def times(self, clock: str = CLOCK) -> tuple[Any, ...]:
        (found,) = rows(self.walk.engine, TIMES, clock=clock)
        return tuple(found)


@pytest.fixture
def desk(client: FlaskClient, province: Province, house: House, engine: Engine) -> Desk:
    people = hire(house, engine, (*STAFF, *COURT_STAFF))
    walk = Walk(client, people, engine, province.told["R"].ref)
    assert walk.go("ks-1", "acknowledge") == "acknowledged"
    return Desk(walk, house)


def test_all_of_a_clock_moves_and_everybody_concerned_sees_until_when(desk: Desk, house: House) -> None:
    before = desk.times()
    until = desk.working_day(3)
    answer = desk.snooze("ks-1").json

    after = desk.times()
    assert all(new > old for old, new in zip(before[:1] + before[2:], after[:1] + after[2:], strict=True))
    assert [step["level"] for step in after[1]] == [0, 1, 2, 3, 4]
    assert all(new["due_at"] > old["due_at"] for old, new in zip(before[1], after[1], strict=True))
    assert (answer["due_at"], answer["snoozed_until"], answer["times"]) == (after[0].isoformat(), until, 1)
    (task,) = desk.walk.people.get(desk.walk.client, "ks-1", "tasks").json["items"]
    assert (task["snoozed_until"], datetime.fromisoformat(task["due_at"])) == (until, after[0])
    (shown,) = desk.walk.record("ks-1")["snoozes"]
    assert (shown["clock"], shown["reason"], shown["until"], shown["days"], shown["holds"]) == (
        *(CLOCK, "awaiting_hospital", until),
        *(3, True),
    )
    assert desk.walk.record("tbh-1")["put_off"] == [shown]
    assert desk.walk.notes()[-1] == {
        "note": "snooze",
        "clock": CLOCK,
        "item": None,
        "reason": "awaiting_hospital",
        "until": until,
        "days": 3,
        "number": 1,
    }
    assert not list(sealing.verify(house))
    assert "clock_put_off" not in auditor.audit(house).open
    told = timeline.tell(house, desk.walk.ref)
    assert told.stands.snoozed_until == date.fromisoformat(until)
    assert [(each.what, each.why) for each in told.story if each.kind == "note"] == [
        ("snooze", f"{CLOCK}, awaiting_hospital, {until}")
    ]


def test_who_owes_it_or_heads_them_puts_it_off_and_on_again_and_nobody_else(desk: Desk) -> None:
    before = desk.times()
    error_of(desk.snooze("df-1"), 404, "not_found")
    error_of(desk.snooze("kd-1"), 409, "not_yours")
    error_of(desk.snooze("tbh-1"), 409, "not_yours")
    error_of(desk.unsnooze("ks-1"), 409, "not_snoozed")
    assert desk.snooze("ks-9").status_code == 200
    error_of(desk.unsnooze("kd-1"), 409, "not_yours")
    error_of(desk.snooze("ks-1"), 409, "already_snoozed")
    assert desk.unsnooze("ks-1").json["snoozed_until"] is None
    assert desk.times() == before
    assert [note["note"] for note in desk.walk.notes()] == ["snooze", "unsnooze"]


def test_what_waits_for_a_second_person_keeps_its_time(desk: Desk) -> None:
    proposed = desk.walk.post("ks-1", "/proposals", {"move": "correct", "details": {"reason": "wrong_case"}})
    assert proposed.status_code == 201, proposed.text

    def tasks() -> dict[str, tuple[str, str | None]]:
        found = desk.walk.people.get(desk.walk.client, "ks-2", "tasks").json["items"]
        return {each["kind"]: (each["due_at"], each["snoozed_until"]) for each in found}

    before = tasks()
    assert desk.snooze("ks-1").status_code == 200
    after = tasks()
    assert after["confirm_proposal"] == before["confirm_proposal"]
    assert after["open_cas"][0] > before["open_cas"][0]
    assert desk.unsnooze("ks-1").status_code == 200
    assert tasks() == before


def test_so_often_and_so_far_and_no_further(desk: Desk, engine: Engine) -> None:
    error_of(desk.snooze("ks-1", 0), 409, "until_too_near")
    error_of(desk.snooze("ks-1", 11), 409, "until_too_far")
    for body in ({"reason": "other"}, {"until": "soon"}, {"item": 7}, {"clock": None}, {"why": "so"}):
        error_of(desk.snooze("ks-1", **body), 422, "invalid")
    error_of(desk.snooze("ks-1", clock="npa_decision"), 404, "not_found")
    error_of(desk.snooze("ks-1", clock=None, item=123456), 404, "not_found")
    for _ in range(2):
        assert desk.snooze("ks-1", 10).status_code == 200
        assert desk.unsnooze("ks-1").status_code == 200
    error_of(desk.snooze("ks-1"), 409, "snoozed_often")
    for change in ("number = 3", "days = 21", "reason = 'tired'"):
        with pytest.raises(IntegrityError), engine.begin() as connection:
            connection.execute(text(f"UPDATE snooze SET {change} WHERE number = 2"))  # noqa: S608
    assert (
        one(
            engine, "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'ck_snooze_reason'"
        ).count("::text,")
        == len(REASONS) - 1
    )


def test_the_sweep_lets_nothing_fire_before_the_new_times(desk: Desk, house: House, engine: Engine) -> None:
    wanted = one(engine, "SELECT id FROM clock WHERE name = :c AND stopped_at IS NULL", c=CLOCK)
    level = "SELECT max(level) FROM escalation WHERE clock_id = :id"
    old, *_ = desk.times()
    desk.snooze("ks-1", 5)
    new, *_ = desk.times()
    begun = one(engine, "SELECT hectis_now()")

    later(engine, f"{(old - begun).total_seconds() + 60} seconds")
    escalation.sweep(house)
    assert one(engine, level, id=wanted) is None
    later(engine, f"{(new - begun).total_seconds() + 60} seconds")
    escalation.sweep(house)
    assert one(engine, level, id=wanted) == 1
    # The breach has come: what is put off now is the next level, and no more what was reached.
    assert desk.snooze("ks-9").status_code == 200
    assert desk.times()[0] == new
    (climbed,) = [
        each
        for each in desk.walk.people.get(desk.walk.client, "ks-9", "escalations").json["items"]
        if each["clock"] == CLOCK
    ]
    assert (climbed["snoozed"], climbed["snoozed_until"]) == (2, desk.working_day(3))


def test_what_has_climbed_to_level_2_or_is_urgent_is_not_put_off(
    desk: Desk, house: House, engine: Engine
) -> None:
    make_due(engine, 3, where="name = :clock", clock=CLOCK)
    while escalation.sweep(house):
        pass
    error_of(desk.snooze("ks-1"), 409, "climbed_too_high")
    insert = text(
        """
        INSERT INTO snooze (case_id, clock_id, number, reason, until, days, role, put_by, was)
        SELECT case_id, id, 1, 'awaiting_lab', '2199-01-01', 1, 'saps_liaison', 'x', '{}' FROM clock
        WHERE name = :clock ORDER BY id DESC LIMIT 1
        """
    )
    for clock in (CLOCK, "saps_acknowledge"):
        with pytest.raises(IntegrityError, match="not snoozed"), engine.begin() as connection:
            connection.execute(insert, {"clock": clock})


def test_a_move_that_is_taken_back_finds_the_clock_put_off_as_it_was(desk: Desk, house: House) -> None:
    before = desk.times()
    desk.snooze("ks-1")
    put_off = desk.times()
    month = one(
        desk.walk.engine, "SELECT to_char(hectis_now() AT TIME ZONE 'Africa/Johannesburg', 'MM/YYYY')"
    )
    assert desk.walk.go("ks-1", "open_cas", cas_number=f"41/{month}") == "case_opened"
    error_of(desk.unsnooze("ks-1"), 404, "not_found")
    assert desk.walk.post("ks-1", "/undo", None).json["stage"] == "acknowledged"

    assert desk.times() == put_off
    error_of(desk.snooze("ks-1"), 409, "already_snoozed")
    assert desk.unsnooze("ks-1").status_code == 200
    assert desk.times() == before
    assert one(desk.walk.engine, "SELECT count(*) FROM snooze") == 1
    assert not list(sealing.verify(house))


def test_what_is_awaited_beside_the_stage_is_put_off_by_its_number(desk: Desk) -> None:
    walk = desk.walk
    month = one(walk.engine, "SELECT to_char(hectis_now() AT TIME ZONE 'Africa/Johannesburg', 'MM/YYYY')")
    assert walk.go("ks-1", "open_cas", cas_number=f"41/{month}") == "case_opened"
    assert walk.go("kd-1", "investigate", officer="kh-io-1") == "under_investigation"
    item, urgent = walk.item("kd-1", "docket_due"), walk.item("kd-1", "docket_inspection")

    error_of(desk.snooze("kd-1", clock=None, item=urgent), 409, "clock_not_snoozed")
    for code in ("ks-1", "tbh-1", "dd-1"):
        error_of(desk.snooze(code, clock=None, item=item), 404, "not_found")
    answer = desk.snooze("kd-1", clock=None, item=item, reason="awaiting_lab").json
    assert (answer["clock"], answer["item"]) == ("docket_to_prosecutor", item)
    awaited = {each["id"]: each["snoozed_until"] for each in walk.record("kd-1")["awaited"]}
    assert awaited == {item: desk.working_day(3), urgent: None}
    tasks = {
        each["kind"]: each["snoozed_until"]
        for each in walk.people.get(walk.client, "kd-1", "tasks").json["items"]
    }
    assert tasks["submit_docket"] == desk.working_day(3)
    assert tasks["note_progress"] is None
    # What a docket waits for is nothing of the hospital: it hears of the road up to its CAS, and of its J88.
    assert walk.record("tbh-1")["put_off"] == []
    assert desk.unsnooze("ks-9", item=item).json["times"] == 1
