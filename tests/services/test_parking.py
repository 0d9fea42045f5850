"""An address that takes nothing more: parked with its reason, told to deputy and supervisor, and used again by hand."""

import pytest
from sqlalchemy import Engine, text

from hectis_flow.domain.errors import NotVisible
from hectis_flow.services import staff, ways
from hectis_flow.services.house import House
from hectis_flow.services.ways import Step, WaysRefused
from hectis_flow.storage import contacts
from tests.notices import (
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
from tests.services.test_notification import plain_webhooks
from tests.sinks import Calls, Mails, options_for
from tests.tables import one, rows


@pytest.fixture
def post(house: House, clean: Engine, mails: Mails, calls: Calls) -> House:
    return reaching(house, options_for(mails, calls))


def parked(engine: Engine) -> list[str]:
    query = """SELECT s.code FROM contact_point p JOIN staff s ON s.id = p.staff_id
               WHERE p.parked_at IS NOT NULL ORDER BY 1"""
    return [row[0] for row in rows(engine, query)]


@pytest.mark.target("R15")
def test_an_unknown_mailbox_is_parked_and_the_other_way_is_taken_at_once(
    post: House, clean: Engine, mails: Mails, calls: Calls
) -> None:
    mails.rcpt = lambda address: "550 5.1.1 no such user" if address.startswith("hr-1") else "250 OK"
    staffed(
        post,
        line("hr-1", webhook=f"https://{calls.host}/hook"),
        line("hr-2", email="", webhook="https://127.0.0.1:9/x"),
        line("hr-9", "station_commander"),
    )
    staff.deputy(post, "hr-1", "hr-9")
    plain_webhooks(post, clean, calls)
    referred(post, clean)
    planned(post)

    delivered(post)
    make_due(clean)
    delivered(post)

    assert parked(clean) == ["hr-1"]
    assert rows(clean, "SELECT parked_reason FROM contact_point WHERE parked_at IS NOT NULL") == [
        ("smtp_550",)
    ]
    assert rows(clean, "SELECT channel, fault FROM delivery WHERE staff_id = 1 ORDER BY id") == [
        ("email", "smtp_550"),
        ("webhook", None),
    ]
    assert tasks(clean, "address_parked", "call_by_phone") == [
        ("address_parked", STATION, "station_commander")
    ]


def test_deputy_and_supervisor_are_told_by_a_task_and_a_notice(
    post: House, clean: Engine, mails: Mails
) -> None:
    mails.rcpt = lambda address: "550 5.1.1 no such user" if address.startswith("hr-1") else "250 OK"
    staffed(post, line("hr-1"), line("hr-2"), line("hr-9", "station_commander"))
    staff.deputy(post, "hr-1", "hr-2")
    referred(post, clean)
    planned(post)
    delivered(post)
    mails.letters.clear()
    mails.recipients.clear()

    planned(post)
    delivered(post)

    assert sorted(mails.recipients) == ["hr-2@station.invalid", "hr-9@station.invalid"]
    said = " ".join(str(mails.letters[0].get_body(("plain",))).split())
    assert "AN ADDRESS OF YOUR STAFF TAKES NO MAIL" in said
    assert "hr-1" not in said


@pytest.mark.parametrize(
    "answer", ["451 not now", "452 full", "550 5.7.1 blocked by policy", "554 refused", "421 bye"]
)
def test_what_is_only_in_trouble_is_never_parked(
    post: House, clean: Engine, mails: Mails, answer: str
) -> None:
    mails.rcpt = lambda _: answer
    staffed(post, line("hr-1"))
    referred(post, clean)
    planned(post)
    for _ in range(post.outward.options.most_tries):
        make_due(clean)
        delivered(post)

    assert parked(clean) == []
    assert ends(clean) == ["gave_up"]


def test_what_waits_for_a_parked_address_goes_another_way_or_to_a_person(
    post: House, clean: Engine, mails: Mails
) -> None:
    mails.rcpt = lambda _: "550 5.1.1 no such user"
    staffed(post, line("hr-1"), line("hr-9", "station_commander"))
    referred(post, clean, 2)
    planned(post)
    delivered(post)
    tries = mails.connections

    assert ends(clean) == ["gave_up", "gave_up"]
    assert len(tasks(clean, "call_by_phone")) == 2
    assert parked(clean) == ["hr-1"]

    referred(post, clean, run="M")
    planned(post)
    delivered(post)
    assert mails.connections > tries  # the commander, who is told instead
    assert (
        one(clean, "SELECT count(*) FROM delivery d JOIN staff s ON s.id = d.staff_id WHERE s.code = 'hr-1'")
        == 2
    )


def test_a_server_that_knows_nobody_parks_no_more_than_a_few(
    post: House, clean: Engine, mails: Mails
) -> None:
    mails.rcpt = lambda _: "550 5.1.1 no such user"
    staffed(post, *(line(f"hr-{n}") for n in range(contacts.MOST + 3)))
    referred(post, clean)
    planned(post)
    delivered(post)

    assert len(parked(clean)) == contacts.MOST


def test_the_administrator_uses_it_again_and_that_is_on_record(
    post: House, clean: Engine, mails: Mails
) -> None:
    mails.rcpt = lambda _: "550 5.1.1 no such user"
    staffed(post, line("hr-1"), line("hr-9", "station_commander"))
    referred(post, clean)
    planned(post)
    delivered(post)

    assert ways.unpark(post, "hr-1", "email", "adm-1") is True
    assert ways.unpark(post, "hr-1", "email", "adm-1") is False

    assert parked(clean) == []
    assert tasks(clean, "address_parked") == []
    assert rows(clean, "SELECT what, reason, by FROM contact_change ORDER BY id") == [
        ("parked", "smtp_550", "rule:channels"),
        ("unparked", "", "adm-1"),
    ]
    with pytest.raises(Exception, match="contact_change"), clean.begin() as connection:
        connection.execute(text("UPDATE contact_change SET by = 'somebody else'"))
    with pytest.raises(NotVisible):
        ways.unpark(post, "nobody", "email", "adm-1")


def test_a_person_may_have_their_own_order_and_waits(post: House, clean: Engine) -> None:
    staffed(post, line("hr-1", webhook="https://127.0.0.1:9/x"))
    assert [way.channel for way in ways.of(post, "hr-1")] == ["email", "webhook"]

    assert ways.put_in_order(post, "hr-1", [Step("webhook"), Step("email", 45)], "adm-1") == 2
    assert ways.put_in_order(post, "hr-1", [Step("webhook"), Step("email", 45)], "adm-1") == 0

    referred(post, clean)
    planned(post)
    assert rows(clean, "SELECT channel FROM delivery") == [("webhook",)]
    assert (
        rows(clean, "SELECT channel, due_at - (SELECT created_at FROM delivery) FROM further_way")[0][0]
        == "email"
    )
    for wrong in (
        [Step("email")],
        [Step("email"), Step("email")],
        [Step("email", 0), Step("webhook", 10**9)],
    ):
        with pytest.raises(WaysRefused):
            ways.put_in_order(post, "hr-1", wrong, "adm-1")


def test_importing_the_same_staff_again_leaves_the_order_and_what_is_parked(
    post: House, clean: Engine
) -> None:
    somebody = line("hr-1", webhook="https://127.0.0.1:9/x")
    staffed(post, somebody)
    ways.put_in_order(post, "hr-1", [Step("webhook"), Step("email", 45)], "adm-1")

    staffed(post, somebody)

    assert [(way.channel, way.wait_minutes) for way in ways.of(post, "hr-1")] == [
        ("webhook", None),
        ("email", 45),
    ]
