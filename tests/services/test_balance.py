"""The balance comes out even where everything happened, and names whatever is broken."""

from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from hectis_flow.channels.null import NullChannel
from hectis_flow.commands import balance as command
from hectis_flow.domain.balance import Certificate, Fault
from hectis_flow.services import auditor, balance, practice, sealing
from hectis_flow.services.house import House
from hectis_flow.storage.balance import SIDES
from tests.breaks import BREAKS, Break
from tests.filled_house import fill
from tests.notices import delivered, line, planned, reaching, staffed
from tests.segments import CODED, adt
from tests.sinks import options_for
from tests.tables import one, receive, rows, take_in

TASKS = "SELECT o.code, t.role, t.done_by FROM task t JOIN office o ON o.id = t.office_id WHERE t.kind = 'balance_difference' ORDER BY t.id"


def drawn(house: House) -> Certificate:
    made = balance.draw(house)
    assert made is not None
    return made


def broken(house: House, how: Break) -> list[tuple[str, str]]:
    """What the next balance would call this break, which is undone again."""
    with house.sessions() as session:
        session.execute(text("SET LOCAL session_replication_role = replica"))
        session.execute(text("SET LOCAL plan_cache_mode = force_generic_plan"))  # the same, again and again
        assert session.execute(text(how.statement)).rowcount > 0, how.statement  # type: ignore[attr-defined]
        found = balance.keep(house, session, balance.count(session))
        session.rollback()
    return [(name, fault.name) for name, fault in found.differences]


@pytest.mark.target("R19")
def test_every_break_is_named_in_the_next_balance_and_a_whole_house_comes_out_even(
    house: House, clean: Engine
) -> None:
    fill(house, clean)
    first = drawn(house)
    assert first.differences == ()
    assert [each.name for each in first.lines] == list(SIDES)
    for each in first.lines:
        assert each.came_in == sum(rows for _, rows in each.parts) > 0, each.name

    assert len(BREAKS) >= 50
    named = {how: broken(house, how) for how in BREAKS}
    assert [how for how, found in named.items() if (how.line, how.fault) not in found] == []

    assert drawn(house).clean
    assert list(sealing.verify(house)) == []


@pytest.fixture
def parked(house: House, clean: Engine) -> Engine:
    """A message that is parked, counted by a first certificate; then its owner is taken away."""
    take_in(house, adt("A08", "p-1", CODED, folder=""), adt("A08", "p-2", CODED, folder="F2", visit="V2"))
    assert drawn(house).clean
    change(clean, "UPDATE parked_message SET owner_office_id = NULL")
    return clean


def change(engine: Engine, statement: str) -> None:
    """As whoever owns the database."""
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        assert connection.execute(text(statement)).rowcount > 0


def test_a_difference_is_a_task_of_the_province_until_a_later_balance_is_clean_of_it(
    house: House, parked: Engine
) -> None:
    second, third = drawn(house), drawn(house)

    assert second.differences == third.differences == (("messages", Fault("parked_without_owner", 1, 1)),)
    (open_,) = balance.standing(house).open
    assert (open_.line, open_.fault, open_.rows, open_.found_number) == (
        "messages",
        "parked_without_owner",
        1,
        2,
    )
    assert rows(parked, TASKS) == [("wc-health-data", "health_data_steward", None)]
    assert one(parked, "SELECT count(*) FROM outbox WHERE event = 'task.opened'") == 1
    assert "balance_differs" in auditor.audit(house).open

    change(parked, "UPDATE parked_message SET owner_office_id = (SELECT min(id) FROM office)")
    assert drawn(house).clean
    assert balance.standing(house).open == ()
    assert rows(parked, TASKS) == [("wc-health-data", "health_data_steward", "rule:balance")]
    assert auditor.audit(house).clean


def test_whoever_looks_after_what_nobody_else_can_is_told_at_once(house: House, parked: Engine) -> None:
    channel = NullChannel()
    sending = reaching(house, options_for(), email=channel)
    staffed(sending, line("hd-1", "health_data_steward", "wc-health-data"))
    drawn(house)
    drawn(house)
    assert (planned(sending), delivered(sending)) == (1, 1)
    (letter,) = channel.carried
    assert letter.subject.startswith("Explain a difference of the balance")
    assert drawn(house).differences == (("messages", Fault("parked_without_owner", 1, 1)),)


def test_a_task_that_was_done_before_the_difference_was_mended_is_asked_again(
    house: House, parked: Engine
) -> None:
    drawn(house)
    change(parked, "UPDATE task SET done_at = hectis_now(), done_by = 'health_data_steward:hd-1'")
    assert not drawn(house).clean
    assert [row[2] for row in rows(parked, TASKS)] == ["health_data_steward:hd-1", None]


def test_rows_that_are_gone_stay_missing_until_somebody_answers_for_them(
    house: House, parked: Engine
) -> None:
    change(parked, "UPDATE parked_message SET owner_office_id = (SELECT min(id) FROM office)")
    change(parked, "DELETE FROM inbound_message WHERE id = 1")
    change(parked, "DELETE FROM parked_message")
    for _ in range(2):
        lost = drawn(house)
        assert lost.differences == (("messages", Fault("rows_lost", 1, None)),)
        first = lost.lines[0]
        assert (first.came_in, first.difference, sum(rows for _, rows in first.parts)) == (2, 1, 1)

    change(parked, "UPDATE task SET done_at = hectis_now(), done_by = 'health_data_steward:hd-1'")
    answered = drawn(house)
    assert (answered.clean, answered.lines[0].came_in) == (True, 1)
    assert drawn(house).clean


def test_the_clock_draws_one_balance_a_day_however_often_and_whoever_asks(
    house: House, clean: Engine
) -> None:
    assert balance.draw_due(house, "one") is not None
    assert [balance.draw_due(house, who) for who in ("one", "other")] == [None, None]
    change(clean, "UPDATE clock_run SET window_start = window_start - interval '1 day'")
    again = balance.draw_due(house, "other")
    assert again is not None
    with house.transaction() as session:
        assert balance.latest(session) == again == balance.of_day(session, again.date)
        assert balance.of_day(session, again.date - timedelta(days=1)) is None


def test_two_who_count_at_once_keep_one_certificate(house: House, clean: Engine) -> None:
    with house.snapshot() as session:
        counted = balance.count(session)
    assert drawn(house).number == 1
    assert balance.kept(house, counted, "", None) is None
    assert one(clean, "SELECT count(*) FROM balance") == 1


def test_while_the_clock_of_practice_hops_nothing_is_drawn_and_nothing_is_late(
    house: House, clean: Engine
) -> None:
    receive(house, adt("A08", "h-1", CODED, codes=["X99.4"]))
    assert drawn(house).clean
    practice.advance(house, practice.standing(house).now + timedelta(days=2))
    assert balance.draw_due(house, "one") is None
    assert drawn(house).clean
    change(clean, "UPDATE practice_clock SET moved_at = moved_at - interval '2 minutes'")
    assert drawn(house).differences[0] == ("messages", Fault("message_left_waiting", 1, 1))


@pytest.mark.parametrize(
    ("tampering", "code"),
    [
        (
            "UPDATE balance SET body = replace(body, 'messages', 'message') WHERE number = 1",
            "balance_edited",
        ),
        ("UPDATE balance SET drawn_at = drawn_at - interval '1 hour' WHERE number = 2", "balance_edited"),
        ("UPDATE balance SET number = 9 WHERE number = 2", "balance_missing"),
        ("DELETE FROM balance WHERE number = 2", "balance_missing"),
        ("UPDATE ledger_seal SET balance_hash = sha256('x') WHERE balance_number = 2", "balance_differs"),
        ("UPDATE ledger_seal SET balance_number = NULL, balance_hash = NULL WHERE number = 2", "seal_edited"),
    ],
)
def test_a_certificate_that_is_rewritten_is_seen(
    house: House, clean: Engine, tampering: str, code: str
) -> None:
    take_in(house, adt("A08", "t-1", CODED, folder="F2", visit="V2"))
    drawn(house)
    drawn(house)
    assert list(sealing.verify(house)) == []
    change(clean, tampering)
    assert code in {fault.code for fault in sealing.verify(house)}


def test_a_certificate_can_be_changed_by_nobody(house: House, clean: Engine) -> None:
    drawn(house)
    for statement in ("UPDATE balance SET number = 9", "DELETE FROM balance", "TRUNCATE balance CASCADE"):
        with pytest.raises(DBAPIError), clean.begin() as connection:
            connection.execute(text(statement))


def test_the_command_shows_and_draws_and_says_by_its_exit_code_whether_it_is_even(
    house: House, parked: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "house", lambda: house)
    run = CliRunner().invoke
    shown = run(command.balance, ["show"])
    assert (shown.exit_code, "even: nothing is unexplained" in shown.output) == (0, True)
    broken = run(command.balance, ["draw"])
    assert (
        broken.exit_code,
        "1  UNEXPLAINED: parked_without_owner (the first is row 1)" in broken.output,
    ) == (
        1,
        True,
    )
    assert run(command.balance, ["show", "--date", "2020-01-01"]).exit_code == 1
