"""Who is told, that each is told once, that trouble ends with a person, and that nothing stale is said."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from sqlalchemy import Engine, text

from hectis_flow.channels.base import Outgoing, Receipt
from hectis_flow.channels.null import NullChannel
from hectis_flow.domain.casework import Actor
from hectis_flow.services import casework, notification, work
from hectis_flow.services.house import House
from tests.notices import (
    FACILITY,
    STATION,
    delivered,
    ends,
    line,
    make_due,
    planned,
    reaching,
    referred,
    staffed,
    tasks,
)
from tests.sinks import Calls, Mails, options_for
from tests.tables import one, rows

SAPS = Actor("saps_liaison", None, "hr-liaison")


@pytest.fixture
def post(house: House, clean: Engine, mails: Mails, calls: Calls) -> House:
    """A house whose notices arrive in the sinks."""
    return reaching(house, options_for(mails, calls))


def told(engine: Engine) -> list[tuple[Any, ...]]:
    """Every delivery: kind, staff code, office, role, level, channel, whether it has a link."""
    query = """
        SELECT d.kind, s.code, o.code, d.role, d.level, d.channel, l.purpose
        FROM delivery d JOIN staff s ON s.id = d.staff_id JOIN office o ON o.id = d.office_id
        LEFT JOIN action_link l ON l.delivery_id = d.id ORDER BY d.id
    """
    return [tuple(row) for row in rows(engine, query)]


def test_a_referral_reaches_whoever_is_on_duty_at_the_station(
    post: House, clean: Engine, mails: Mails
) -> None:
    staffed(post, line("hr-1"), line("hr-2"), line("kh-1", "facility_liaison", FACILITY))
    (ref,) = referred(post, clean)

    assert planned(post) == 2
    assert delivered(post) == 2

    assert told(clean) == [
        ("task", code, STATION, "saps_liaison", None, "email", "acknowledge") for code in ("hr-1", "hr-2")
    ]
    assert mails.recipients == ["hr-1@station.invalid", "hr-2@station.invalid"]
    body = str(mails.letters[0].get_body(("plain",)))
    assert ref in str(mails.letters[0]["Subject"])
    assert "Harare" in body
    assert "/a/" in body
    assert ends(clean) == ["sent", "sent"]
    assert (
        one(
            clean,
            "SELECT count(*) FROM outbox WHERE done_at IS NULL AND event = ANY(:events)",
            events=["case.stage_entered"],
        )
        == 0
    )


def test_planning_and_sending_twice_tells_once(post: House, clean: Engine, mails: Mails) -> None:
    staffed(post, line("hr-1"))
    referred(post, clean)
    ids = [row[0] for row in rows(clean, "SELECT id FROM outbox ORDER BY id")]

    assert [notification.plan(post, ids), notification.plan(post, ids)] == [1, 0]
    with clean.begin() as connection:
        connection.execute(text("UPDATE outbox SET done_at = NULL"))
    assert notification.plan(post, ids) == 0
    assert [notification.deliver(post, [1]), notification.deliver(post, [1])] == [1, 0]
    assert len(mails.letters) == 1


def test_somebody_with_two_posts_gets_one_notice(post: House, clean: Engine) -> None:
    staffed(post, line("hr-1"), line("hr-1", "station_commander"))
    referred(post, clean)

    assert planned(post) == 1


def test_where_nobody_is_on_duty_the_commander_is_told_and_somebody_looks_at_the_rota(
    post: House, clean: Engine
) -> None:
    staffed(post, line("hr-9", "station_commander"))
    referred(post, clean)

    assert planned(post) == 1
    assert told(clean) == [("task", "hr-9", STATION, "station_commander", None, "email", None)]
    assert tasks(clean, "nobody_on_duty") == [("nobody_on_duty", STATION, "station_commander")]


def test_where_the_whole_station_is_empty_the_office_above_is_told(
    post: House, clean: Engine, mails: Mails
) -> None:
    (above,) = rows(
        clean,
        """SELECT p.code, p.kind FROM office o JOIN office_parent t ON t.office_id = o.id AND t.valid_to IS NULL
           JOIN office p ON p.id = t.parent_id WHERE o.code = :code""",
        code=STATION,
    ) or [("saps-western-cape", "saps_province")]
    staffed(post, line("up-1", "cluster_commander" if above[1] == "cluster" else "provincial_saps", above[0]))
    referred(post, clean)

    assert planned(post) == 1
    assert told(clean)[0][1:3] == ("up-1", above[0])
    assert [task[:2] for task in tasks(clean, "nobody_on_duty")] == [("nobody_on_duty", above[0])]
    delivered(post)
    assert "This case has been referred to Harare." in " ".join(str(mails.letters[0]).split())


def test_a_gap_that_is_told_above_names_the_office_with_the_gap(
    post: House, clean: Engine, mails: Mails
) -> None:
    staffed(post, line("up-1", "provincial_saps", "wc-saps"))
    gap_found(clean)

    assert (planned(post), delivered(post)) == (1, 1)
    said = " ".join(str(mails.letters[0]).split())
    assert "nobody answers for the post SAPS liaison (station) at Harare." in said


def test_where_nobody_is_anywhere_there_is_still_a_task(post: House, clean: Engine) -> None:
    referred(post, clean)

    assert planned(post) == 0
    assert len(tasks(clean, "nobody_on_duty")) == 1
    assert rows(clean, "SELECT 1 FROM outbox WHERE parked_at IS NOT NULL") == []


def test_somebody_without_an_address_does_not_count_as_told(post: House, clean: Engine) -> None:
    staffed(post, line("hr-1"), line("hr-9", "station_commander"))
    with clean.begin() as connection:
        connection.execute(
            text(
                "UPDATE contact_point SET valid_to = '1950-01-01' WHERE staff_id = "
                "(SELECT id FROM staff WHERE code = 'hr-1')"
            )
        )
    referred(post, clean)

    planned(post)

    assert [each[1] for each in told(clean)] == ["hr-9"]


def gap_found(engine: Engine) -> None:
    """Let the station's post stand empty in six days."""
    with engine.begin() as connection:
        connection.execute(
            text(
                """
                WITH g AS (INSERT INTO rota_gap (office_id, role, starts_at)
                    SELECT id, 'saps_liaison', hectis_now() + interval '6 days' FROM office WHERE code = :code
                    RETURNING id)
                INSERT INTO outbox (event, subject_id) SELECT 'rota.gap_found', id FROM g
                """
            ),
            {"code": STATION},
        )


def escalate(engine: Engine, level: int, *, office: str = STATION, role: str = "saps_liaison") -> None:
    """Let the case's clock reach a rung, as the sweep would."""
    with engine.begin() as connection:
        connection.execute(
            text(
                """
                WITH k AS (SELECT id, case_id FROM clock WHERE stopped_at IS NULL LIMIT 1),
                o AS (SELECT id FROM office WHERE code = :office),
                step AS (
                    INSERT INTO clock_step (clock_id, step, case_id, level, office_id, role, due_at, done_at)
                    SELECT k.id, 90 + :level, k.case_id, :level, o.id, :role, hectis_now(), hectis_now()
                    FROM k, o RETURNING id, case_id, clock_id),
                raised AS (
                    INSERT INTO escalation AS e (case_id, clock_id, level, office_id, role)
                    SELECT case_id, clock_id, :level, o.id, :role FROM step, o
                    ON CONFLICT (clock_id) DO UPDATE SET level = excluded.level)
                INSERT INTO outbox (event, case_id, subject_id) SELECT 'case.escalated', case_id, id FROM step
                """
            ),
            {"level": level, "office": office, "role": role},
        )


def test_a_rung_tells_its_office_and_says_who_is_silent(post: House, clean: Engine, mails: Mails) -> None:
    staffed(post, line("hr-1"), line("hr-9", "station_commander"))
    referred(post, clean)
    planned(post)
    delivered(post)
    escalate(clean, 0)
    escalate(clean, 1, role="station_commander")

    assert planned(post) == 2
    assert delivered(post) == 2

    assert told(clean)[1:] == [
        ("escalation", "hr-1", STATION, "saps_liaison", 0, "email", "acknowledge"),
        ("escalation", "hr-9", STATION, "station_commander", 1, "email", None),
    ]
    reminder, climbed = (str(letter["Subject"]) for letter in mails.letters[1:])
    assert "Reminder: acknowledge" in reminder
    assert "No answer yet" in climbed


def test_what_is_so_no_longer_is_not_said(post: House, clean: Engine, mails: Mails) -> None:
    staffed(post, line("hr-1"))
    first, second = referred(post, clean, 2)
    casework.move(post, second, "acknowledge", SAPS)
    assert planned(post) == 1
    escalate(clean, 0)
    planned(post)
    casework.move(post, first, "acknowledge", SAPS)

    assert delivered(post) == 0

    assert ends(clean) == ["cancelled", "cancelled"]
    assert mails.letters == []


def test_a_gap_in_a_rota_is_told_to_the_post_and_to_who_answers_for_the_office(
    post: House, clean: Engine, mails: Mails
) -> None:
    staffed(post, line("hr-1"), line("hr-9", "station_commander"))
    gap_found(clean)

    assert planned(post) == 2
    assert delivered(post) == 2
    assert sorted(each[1] for each in told(clean)) == ["hr-1", "hr-9"]
    assert "Nobody on duty from" in str(mails.letters[0]["Subject"])


@pytest.mark.target("R12")
def test_a_poison_event_is_put_aside_with_a_task_and_holds_up_no_other(post: House, clean: Engine) -> None:
    staffed(post, line("hr-1"))
    referred(post, clean, 3)
    with clean.begin() as connection:
        connection.execute(text("INSERT INTO outbox (event, subject_id) VALUES ('rota.gap_found', 999)"))
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text("UPDATE \"case\" SET stage = 'no_such_stage' WHERE id = 2"))

    assert planned(post) == 2

    assert rows(clean, "SELECT event, reason FROM outbox WHERE parked_at IS NOT NULL ORDER BY id") == [
        ("case.stage_entered", "stage_unknown"),
        ("rota.gap_found", "subject_missing"),
    ]
    assert {task[1] for task in tasks(clean, "event_parked")} == {"wc-health-data"}
    assert planned(post) == 0


@pytest.mark.target("R12")
def test_an_event_whose_writing_fails_is_put_aside_alone(post: House, clean: Engine) -> None:
    staffed(post, line("hr-1"))
    referred(post, clean, 3)
    (poison,) = rows(clean, "SELECT max(id) FROM outbox WHERE event = 'case.stage_entered'")[0]
    refuse = f"ALTER TABLE delivery ADD CONSTRAINT provoked CHECK (event_id <> {poison})"
    with clean.begin() as connection:
        connection.execute(text(refuse))
    try:
        assert planned(post) == 2
    finally:
        with clean.begin() as connection:
            connection.execute(text("ALTER TABLE delivery DROP CONSTRAINT provoked"))

    assert rows(clean, "SELECT id, reason FROM outbox WHERE parked_at IS NOT NULL") == [
        (poison, "planning_failed")
    ]
    assert len(tasks(clean, "event_parked")) == 1


@pytest.mark.target("R15")
def test_a_failed_attempt_waits_longer_each_time_and_ends_with_a_person(
    house: House, clean: Engine, mails: Mails
) -> None:
    # Long enough that what a slow machine needs until it looks at the wait does not count.
    post = reaching(house, options_for(mails, retry_seconds=4.0))
    mails.rcpt = lambda _: "451 not now"
    staffed(post, line("hr-1"), line("hr-9", "station_commander"))
    referred(post, clean)
    planned(post)
    most, waits = post.outward.options.most_tries, []
    for _ in range(most):
        make_due(clean)
        assert delivered(post) == 0
        waits.append(
            one(
                clean,
                "SELECT extract(epoch FROM next_attempt_at - hectis_machine_now())::float FROM delivery",
            )
        )

    base = post.outward.options.retry_seconds
    for number, wait in enumerate(waits[2:-1], start=2):
        assert 0.6 * base * 3**number < wait <= 1.21 * base * 3**number
    assert ends(clean) == ["gave_up"]
    assert one(clean, "SELECT attempts FROM delivery") == most
    assert rows(clean, "SELECT fault FROM delivery") == [("smtp_451",)]
    assert [task[0] for task in tasks(clean, "call_by_phone")] == ["call_by_phone"]
    assert tasks(clean, "call_by_phone")[0][1] != STATION
    assert rows(clean, "SELECT subject_id FROM outbox WHERE event = 'delivery.gave_up'") == [(1,)]
    make_due(clean)
    assert delivered(post) == 0


@pytest.mark.target("R15")
def test_a_channel_that_fails_twice_gives_way_to_the_persons_next_one(
    post: House, clean: Engine, mails: Mails, calls: Calls
) -> None:
    mails.rcpt = lambda _: "451 not now"
    staffed(post, line("hr-1", webhook=f"https://{calls.host}/hook"))
    plain_webhooks(post, clean, calls)
    referred(post, clean)
    planned(post)
    for _ in range(2):
        make_due(clean)
        delivered(post)

    make_due(clean)
    assert delivered(post) == 1

    assert [each[5:] for each in told(clean)] == [("email", "acknowledge"), ("webhook", "acknowledge")]
    assert ends(clean) == ["waiting", "sent"]
    assert len(calls.calls) == 1
    for _ in range(post.outward.options.most_tries):
        make_due(clean)
        delivered(post)
    assert ends(clean) == ["gave_up", "sent"]
    assert tasks(clean, "call_by_phone") == []


def plain_webhooks(house: House, engine: Engine, calls: Calls) -> None:
    """The staff table takes addresses with TLS only; the sink of the tests has none."""
    key_id, sealed = house.vault.seal(b"contact_point.address", calls.url.encode())
    with engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE contact_point SET key_id = :key_id, address_enc = :sealed WHERE channel = 'webhook'"
            ),
            {"key_id": key_id, "sealed": sealed},
        )


@pytest.mark.target("R15")
def test_a_receiver_that_asks_for_ten_minutes_gets_them(post: House, clean: Engine, calls: Calls) -> None:
    calls.answer = lambda _: (429, {"Retry-After": "600"})
    staffed(post, line("hr-1", email="", webhook=f"https://{calls.host}/hook"))
    plain_webhooks(post, clean, calls)
    referred(post, clean)
    planned(post)
    delivered(post)

    assert one(clean, "SELECT next_attempt_at - hectis_machine_now() > interval '9 minutes' FROM delivery")


@pytest.mark.target("R15")
def test_a_channel_in_trouble_leaves_the_other_alone(
    post: House, clean: Engine, mails: Mails, calls: Calls
) -> None:
    calls.answer = lambda _: (503, {})
    staffed(post, line("hr-1"), line("hr-2", email="", webhook=f"https://{calls.host}/hook"))
    plain_webhooks(post, clean, calls)
    referred(post, clean)
    planned(post)

    assert delivered(post) == 1
    assert ends(clean) == ["sent", "waiting"]


def test_an_address_that_does_not_open_ends_with_a_task_at_once(
    post: House, clean: Engine, mails: Mails
) -> None:
    staffed(post, line("hr-1"), line("hr-2"))
    referred(post, clean)
    planned(post)
    with clean.begin() as connection:
        connection.execute(text("UPDATE contact_point SET address_enc = 'x' WHERE id = 1"))

    assert delivered(post) == 1

    assert sorted(ends(clean)) == ["gave_up", "sent"]
    assert len(tasks(clean, "call_by_phone")) == 1


class Broken(NullChannel):
    """Sends one and then breaks in a way nobody foresaw."""

    chunk = 1

    def send(self, batch: Sequence[Outgoing], deadline: float) -> Iterator[Receipt]:
        yield from super().send(batch[:1], deadline)
        raise RuntimeError("a fault of the channel's own")


def test_a_channel_that_breaks_costs_the_rest_of_its_batch_one_try(house: House, clean: Engine) -> None:
    broken = reaching(house, options_for(), email=Broken())
    staffed(broken, line("hr-1"), line("hr-2"), line("hr-3"))
    referred(broken, clean)
    planned(broken)

    assert delivered(broken) == 1

    assert ends(clean) == ["sent", "waiting", "waiting"]
    assert rows(clean, "SELECT DISTINCT fault, attempts FROM delivery WHERE sent_at IS NULL") == [
        ("channel_failed", 1)
    ]


class Watching(NullChannel):
    """Looks, while it sends, whether any transaction of ours is open."""

    def __init__(self, engine: Engine) -> None:
        super().__init__()
        self.open: list[int] = []
        self._engine = engine

    def send(self, batch: Sequence[Outgoing], deadline: float) -> Iterator[Receipt]:
        query = """
            SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL
              AND backend_type = 'client backend'
        """
        self.open.append(one(self._engine, query))
        yield from super().send(batch, deadline)


def test_no_transaction_is_open_while_something_is_sent(house: House, clean: Engine) -> None:
    watching = Watching(clean)
    watched = reaching(house, options_for(), email=watching)
    staffed(watched, line("hr-1"))
    referred(watched, clean)
    planned(watched)
    delivered(watched)

    assert watching.open == [0]
    assert len(watching.carried) == 1


def test_a_job_that_runs_beside_itself_finds_nothing(house: House, clean: Engine) -> None:
    """The second call happens while the first one is sending."""
    inner: list[int] = []

    class Calling(NullChannel):
        def send(self, batch: Sequence[Outgoing], deadline: float) -> Iterator[Receipt]:
            inner.append(notification.deliver(calling, [1]))
            yield from super().send(batch, deadline)

    channel = Calling()
    calling = reaching(house, options_for(), email=channel)
    staffed(calling, line("hr-1"))
    referred(calling, clean)
    planned(calling)

    assert notification.deliver(calling, [1]) == 1
    assert inner == [0]
    assert len(channel.carried) == 1


def test_what_there_was_no_time_for_is_no_attempt(house: House, clean: Engine) -> None:
    class Slow(NullChannel):
        def send(self, batch: Sequence[Outgoing], deadline: float) -> Iterator[Receipt]:  # noqa: ARG002
            yield from (Receipt(each.delivery_id, "left") for each in batch)

    slow = reaching(house, options_for(), email=Slow())
    staffed(slow, line("hr-1"))
    referred(slow, clean)
    planned(slow)
    delivered(slow)

    assert rows(clean, "SELECT attempts, next_attempt_at <= hectis_machine_now() FROM delivery") == [
        (0, True)
    ]


def test_a_channel_that_is_not_set_up_is_planned_for_nobody_and_the_next_way_is_taken(
    house: House, clean: Engine, calls: Calls
) -> None:
    hooked = reaching(house, options_for(calls=calls))
    staffed(hooked, line("hr-1", webhook="https://hooks.partner.example/"))
    referred(hooked, clean)
    planned(hooked)

    assert rows(clean, "SELECT channel FROM delivery") == [("webhook",)]
    assert tasks(clean, "nobody_on_duty") == []


def test_where_no_way_to_anybody_is_set_up_a_task_says_so(house: House, clean: Engine) -> None:
    closed = reaching(house, options_for())
    staffed(closed, line("hr-1"))
    referred(closed, clean)

    assert planned(closed) == 0
    assert len(tasks(clean, "nobody_on_duty")) == 1


def test_a_channel_that_is_taken_away_gives_way_to_the_next_one_that_is_offered(
    post: House, clean: Engine, mails: Mails, calls: Calls
) -> None:
    staffed(post, line("hr-1", webhook="https://hooks.partner.example/", sms="+27821234567"))
    referred(post, clean)
    planned(post)
    closed = reaching(post, options_for(calls=calls))
    delivered(closed)

    assert rows(clean, "SELECT channel, fault FROM delivery ORDER BY id") == [
        ("email", "channel_not_set_up"),
        ("webhook", None),
    ]


def test_a_channel_that_is_taken_away_with_no_other_ends_with_a_task(post: House, clean: Engine) -> None:
    staffed(post, line("hr-1", sms="+27821234567"))
    referred(post, clean)
    planned(post)
    delivered(reaching(post, options_for()))

    assert rows(clean, "SELECT fault FROM delivery WHERE gave_up_at IS NOT NULL") == [("channel_not_set_up",)]
    assert len(tasks(clean, "call_by_phone")) == 1


def test_a_notice_that_waits_for_its_next_attempt_is_not_late_before_it(post: House, clean: Engine) -> None:
    staffed(post, line("hr-1"))
    referred(post, clean)
    planned(post)
    late = []
    for due in ("1 hour", "-100 seconds"):
        with clean.begin() as connection:
            aged = """
                UPDATE delivery SET created_at = created_at - interval '2 hours',
                    next_attempt_at = hectis_machine_now() + CAST(:due AS interval)
            """
            connection.execute(text(aged), {"due": due})
        work.measure_queues(post)
        late.append(one(clean, "SELECT oldest_seconds::int FROM queue_depth WHERE queue = 'deliveries'"))

    assert late[0] == 0
    assert 100 <= late[1] < 1000
