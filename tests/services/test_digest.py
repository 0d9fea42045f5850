"""Digests: exactly one a person and window, composed from what stands, sent as a notice, opened or climbing."""

import hashlib
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from hectis_flow.domain.mail_seals import printed_in
from hectis_flow.domain.moments import SAST
from hectis_flow.render import digest as words
from hectis_flow.services import balance, digest, digests, notification, practice, sealing
from hectis_flow.services.digest_content import Gathered
from hectis_flow.services.house import House
from hectis_flow.services.outward import Outward
from hectis_flow.storage.digests import Due
from hectis_flow.storage.vault import CONTACT
from tests.api.committee import Table, at_table
from tests.api.province import Province
from tests.sinks import Mails, options_for
from tests.tables import one, rows

Clock = Callable[[str], None]


@pytest.fixture
def table(app: Flask, province: Province, house: House, engine: Engine) -> Table:
    found = at_table(app.test_client(), province, house, engine)
    with engine.begin() as connection:
        for number, code in enumerate(("cc-1", "ks-9", "cs-1"), 1):
            key_id, sealed = house.vault.seal(CONTACT, f"{code}@practice.invalid".encode())
            connection.execute(
                text(
                    "INSERT INTO contact_point (staff_id, channel, rank, address_blind, key_id, address_enc, valid_from) "
                    "SELECT id, 'email', 1, :blind, :key, :sealed, '2020-01-01' FROM staff WHERE code = :code"
                ),
                {"blind": bytes([number]), "key": key_id, "sealed": sealed, "code": code},
            )
    return found


def now(engine: Engine) -> datetime:
    found: datetime = one(engine, "SELECT hectis_now()")
    return found


@pytest.fixture
def tomorrow(table: Table) -> Callable[[str], datetime]:
    """Goes on to the next day at this time in South Africa."""

    def go(clock: str) -> datetime:
        day = now(table.engine).astimezone(SAST).date() + timedelta(days=1)
        at = datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=SAST)
        return practice.advance(table.house, at)

    return go


def content(engine: Engine, code: str = "cc-1") -> dict[str, Any]:
    """What the last digest of somebody showed."""
    asked = """
        SELECT content FROM digest d JOIN staff s ON s.id = d.staff_id WHERE s.code = :code
        ORDER BY window_on DESC LIMIT 1
    """
    found: dict[str, Any] = one(engine, asked, code=code)
    return found


def served(house: House) -> int:
    return digest.compose(house, digest.plan(house))


def test_the_chair_gets_what_nobody_answered_with_its_choices(
    table: Table, tomorrow: Callable[[str], datetime]
) -> None:
    tomorrow("06:30")
    assert served(table.house) >= 1
    told = content(table.engine)
    assert told["figures"]["standing"] == 1
    assert told["figures"]["to_decide"] == 1
    assert [(one["sort"], one["ref"]) for one in told["decide"]] == [("escalated", table.ref)]
    assert rows(
        table.engine,
        "SELECT s.code, e.kind, e.channel FROM delivery e JOIN staff s ON s.id = e.staff_id "
        "WHERE e.kind = 'digest' AND s.code = 'cc-1'",
    ) == [("cc-1", "digest", "email")]


def test_a_chair_with_nothing_to_decide_gets_a_short_one_that_says_so(
    table: Table, tomorrow: Callable[[str], datetime], engine: Engine
) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE escalation SET cleared_at = hectis_now()"))
    tomorrow("06:30")
    served(table.house)
    said = words.said(content(engine))
    assert (said.decisions, said.decide_none) == ((), "Nothing waits for a decision.")
    assert said.subject.endswith("nothing to decide, nothing changed")
    assert (
        one(engine, "SELECT open_by FROM digest d JOIN staff s ON s.id = d.staff_id WHERE s.code = 'cc-1'")
        is None
    )
    assert sent_of(engine, "ks-9") == 0  # an office at which nothing stands is told nothing


def sent_of(engine: Engine, code: str) -> int:
    asked = """
        SELECT count(*) FROM delivery d JOIN staff s ON s.id = d.staff_id WHERE d.kind = 'digest' AND s.code = :code
    """
    return int(one(engine, asked, code=code))


@pytest.mark.target("R9", "R10")
def test_clocks_and_jobs_that_compete_and_start_anew_make_one_a_window(
    table: Table, tomorrow: Callable[[str], datetime]
) -> None:
    tomorrow("06:30")
    with ThreadPoolExecutor(4) as clocks:
        planned = list(clocks.map(lambda _: digest.plan(table.house), range(12)))
    events = [event for found in planned for event in found]
    assert len(events) == len(set(events)) > 0
    with ThreadPoolExecutor(4) as workers:
        made = sum(workers.map(lambda _: digest.compose(table.house, events), range(4)))
    assert made == len(events)
    assert digest.plan(table.house) == []
    assert (
        rows(table.engine, "SELECT staff_id FROM digest GROUP BY staff_id, window_on HAVING count(*) > 1")
        == []
    )
    assert sent_of(table.engine, "cc-1") == 1


@pytest.mark.target("R8", "R10")
def test_what_was_slept_through_is_caught_up_once_and_says_that_it_is_late(
    table: Table, tomorrow: Callable[[str], datetime]
) -> None:
    tomorrow("06:30")
    served(table.house)
    first = content(table.engine)
    assert (first["late"], first["since"]) == (False, None)
    tomorrow("06:30")
    tomorrow("06:30")
    tomorrow("12:30")  # nothing ran over two windows and half of a third
    assert served(table.house) >= 1
    assert served(table.house) == 0
    caught = content(table.engine)
    assert (caught["late"], caught["since"]) == (True, first["made_at"])
    assert words.said(caught).late.startswith("Sent late")
    assert (
        one(
            table.engine,
            "SELECT count(*) FROM digest d JOIN staff s ON s.id = d.staff_id WHERE s.code = 'cc-1'",
        )
        == 2
    )
    tomorrow("06:31")
    served(table.house)
    assert content(table.engine)["late"] is False


def test_a_worker_that_dies_over_a_digest_leaves_nothing_half_and_the_next_one_makes_it(
    table: Table, tomorrow: Callable[[str], datetime], monkeypatch: pytest.MonkeyPatch
) -> None:
    tomorrow("06:30")
    events = digest.plan(table.house)

    class Killed(BaseException):
        pass

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(digest.notices, "settle", die)
        with pytest.raises(Killed):
            digest.compose(table.house, events)
    assert one(table.engine, "SELECT count(*) FROM digest WHERE composed_at IS NOT NULL") == 0
    assert one(table.engine, "SELECT count(*) FROM digest_line") == 0
    assert sent_of(table.engine, "cc-1") == 0
    assert digest.compose(table.house, events) == len(events)
    assert sent_of(table.engine, "cc-1") == 1


def test_what_changed_is_told_beside_the_last_digest_of_that_reader(
    table: Table, tomorrow: Callable[[str], datetime], engine: Engine
) -> None:
    tomorrow("06:30")
    served(table.house)
    assert content(engine)["figures"]["same"] == 1  # of the first nothing is new: there was none before
    tomorrow("06:30")
    served(table.house)
    figures = content(engine)["figures"]
    assert [figures[name] for name in ("new", "worse", "fixed", "same")] == [0, 0, 0, 1]
    with engine.begin() as connection:
        connection.execute(text("UPDATE escalation SET cleared_at = hectis_now()"))
    tomorrow("06:30")
    served(table.house)
    told = content(engine)
    assert [told["figures"][name] for name in ("standing", "new", "fixed")] == [0, 0, 1]
    assert [one_["ref"] for one_ in told["fixed"]] == [table.ref]
    tomorrow("06:30")
    served(table.house)
    assert content(engine)["figures"]["fixed"] == 0  # told once


def test_the_chair_decides_from_it_and_the_next_one_opens_with_what_came_of_that(
    table: Table, tomorrow: Callable[[str], datetime]
) -> None:
    table.done("cs-1", "meetings", {"held_on": table.day(20)})
    tomorrow("06:30")
    served(table.house)
    (first,) = words.said(content(table.engine)).decisions
    assert [choice.path for choice in first.choices] == [
        f"/committee/decide?case={table.ref}&kind=obtain_report",
        f"/committee/decide?case={table.ref}&kind=assign_people",
        f"/committee/decide?case={table.ref}",
    ]
    done = table.decides(kind="obtain_report")
    late = table.decides(kind="mend_the_process", case=None, due_on=table.day(1))
    table.done("ks-9", f"decisions/{done}/report", {"outcome": "done"})
    table.done("cc-1", f"decisions/{done}/accept")
    tomorrow("06:30")
    tomorrow("06:30")
    served(table.house)
    chairs, office = content(table.engine), content(table.engine, "ks-9")
    assert words.said(chairs).followed == "You decided 2: 1 done, 1 late."
    assert chairs["followed"] == table.agenda()["follow_up"]
    assert [one_["decision"] for one_ in chairs["owed"]] == [late]
    assert words.said(office).followed == "The committee asked 2 of you: 1 done, 1 late."
    assert [(one_["sort"], one_["decision"]) for one_ in office["decide"]] == [("report", late)]


def test_figures_are_those_of_the_api_to_the_digit(
    table: Table, tomorrow: Callable[[str], datetime], app: Flask
) -> None:
    tomorrow("06:30")
    served(table.house)
    lines = [line for line in table.agenda()["lines"] if line["kind"] == "escalated"]
    escalations = table.get("cc-1", "escalations?limit=200").json["items"]
    (listed,) = table.get("cc-1", "digests").json["items"]
    read = table.get("cc-1", f"digests/{listed['id']}").json
    figures = read["figures"]
    assert figures == listed["figures"] == content(table.engine)["figures"]
    assert figures["standing"] == len(lines) == len([one_ for one_ in escalations if one_["level"] > 0])
    assert figures["oldest_days"] == max(line["days"] for line in lines)
    mail = digests.last(table.house, "cc-1")
    assert mail
    said = words.said(read["content"])
    for name, value in said.figures:
        assert f"{name}: {value}\n" in mail.text
        assert re.search(rf">{re.escape(name)}</td><td[^>]*>{value}</td>", mail.html)
    paper = table.get("cc-1", f"digests/{listed['id']}/pack.pdf")
    assert hashlib.sha256(paper.data).hexdigest() == paper.headers["X-Content-SHA256"] == read["pack_sha256"]
    assert f"SHA-256 of the pack: {read['pack_sha256']}" in mail.text
    assert table.get("ks-9", f"digests/{listed['id']}").status_code == 404


def test_it_goes_out_as_a_letter_whole_without_its_pictures(
    table: Table, tomorrow: Callable[[str], datetime], mails: Mails
) -> None:
    tomorrow("06:30")
    letter = letter_to_the_chair(table, mails)
    kinds = [part.get_content_type() for part in letter.walk()]
    assert kinds == ["multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png"]
    html = letter.get_body(("html",))
    assert html
    page = html.get_content()
    asked = set(re.findall(r'src="cid:([^"]+)"', page))
    assert asked == {part["Content-ID"].strip("<>") for part in letter.walk() if part["Content-ID"]}
    assert "http://" not in re.sub(r'href="[^"]+"', "", page)
    assert all(url.startswith(options_for(mails).base_url) for url in re.findall(r'href="([^"]+)"', page))
    assert len(letter.as_bytes()) < 100_000


def letter_to_the_chair(table: Table, mails: Mails) -> EmailMessage:
    """The digest as it arrives."""
    house = replace(table.house, outward=Outward.of(options_for(mails)))
    served(house)
    while ids := notification.lease_deliveries(house, 50):
        notification.deliver(house, ids)
    (letter,) = [
        one_
        for one_, to in zip(mails.letters, mails.recipients, strict=True)
        if to == "cc-1@practice.invalid" and "Digest" in str(one_["Subject"])
    ]
    return letter


@pytest.mark.target("S10")
def test_it_says_how_the_balance_stands_and_its_seal_catches_a_rewritten_ledger(
    table: Table, tomorrow: Callable[[str], datetime], mails: Mails
) -> None:
    balance.draw(table.house)
    sealing.seal(table.house)
    tomorrow("06:30")
    letter = letter_to_the_chair(table, mails)
    assert "BALANCE CERTIFICATE 1" in text_of(letter)
    assert "accounted for" in text_of(letter)
    printed = printed_in(letter.as_bytes())
    seals = [one_ for one_ in printed if one_.number is not None]  # the hash of its paper has none
    assert [one_.words is None for one_ in seals] == [True, False]  # in hex and in words
    assert list(sealing.verify_printed(table.house, printed)) == []
    with table.engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text("UPDATE ledger_seal SET hash = sha256(hash)"))
    assert list(sealing.verify_printed(table.house, printed)) != []


def text_of(letter: EmailMessage) -> str:
    body = letter.get_body(("plain",))
    assert body
    return " ".join(body.get_content().split())


def test_unopened_by_noon_it_climbs_once_and_opening_it_ends_that(
    table: Table, tomorrow: Callable[[str], datetime]
) -> None:
    tomorrow("06:30")
    served(table.house)
    by: datetime = one(table.engine, "SELECT max(open_by) FROM digest")
    assert digest.climb(table.house) == 0
    practice.advance(table.house, by)
    with ThreadPoolExecutor(4) as clocks:
        found = sum(clocks.map(lambda _: digest.climb(table.house), range(8)))
    assert found == len(rows(table.engine, "SELECT id FROM digest WHERE open_by IS NOT NULL"))
    asked = [task for task in table.get("cs-1", "tasks").json["items"] if task["kind"] == "chase_digest"]
    assert len(asked) == 1
    assert (
        one(
            table.engine,
            "SELECT count(*) FROM outbox WHERE event = 'task.opened' AND subject_id = :id",
            id=asked[0]["id"],
        )
        == 1
    )
    number = table.get("cc-1", "digests").json["items"][0]["id"]
    assert table.done("cc-1", f"digests/{number}/acknowledge")["acknowledged_at"]
    assert table.done("cc-1", f"digests/{number}/acknowledge")["opened_at"]
    assert not [one_ for one_ in table.get("cs-1", "tasks").json["items"] if one_["kind"] == "chase_digest"]
    assert digest.climb(table.house) == 0


def test_who_wants_theirs_later_and_once_a_week_gets_it_so(
    table: Table, tomorrow: Callable[[str], datetime]
) -> None:
    chair = one(table.engine, "SELECT id FROM staff WHERE code = 'cc-1'")
    digests.prefer(table.house, chair, "14:15", "week", "xh")
    at = tomorrow("14:15")
    served(table.house)  # the first of all comes at once
    for _ in range(8):
        at = tomorrow("14:14")
        before = sent_of(table.engine, "cc-1")
        served(table.house)
        assert sent_of(table.engine, "cc-1") == before
        practice.advance(table.house, at + timedelta(minutes=1))
        served(table.house)
        assert sent_of(table.engine, "cc-1") == before + (at.astimezone(SAST).weekday() == 0)
    dates = rows(table.engine, "SELECT window_on FROM digest WHERE staff_id = :id ORDER BY 1", id=chair)
    assert all(day.weekday() == 0 for (day,) in dates)
    assert content(table.engine)["language"] == "xh"
    for wrong in (("25:00", "day", "en"), ("06:30", "hour", "en"), ("06:30", "day", "fr"), ("", "day", "en")):
        with pytest.raises(digests.WishWrong):
            digests.prefer(table.house, chair, *wrong)


def test_what_was_shown_is_never_changed(table: Table, tomorrow: Callable[[str], datetime]) -> None:
    tomorrow("06:30")
    served(table.house)
    for change in (
        "UPDATE digest SET content = '{}'",
        "UPDATE digest SET pack_hash = sha256('x'), pack = 'x'",
        "UPDATE digest_line SET level = 4",
        "DELETE FROM digest_line",
    ):
        with pytest.raises(DBAPIError), table.engine.begin() as connection:
            connection.execute(text(change))


def test_of_several_unopened_ones_only_the_newest_is_asked_after(
    table: Table, tomorrow: Callable[[str], datetime]
) -> None:
    for _ in range(3):
        tomorrow("06:30")
        served(table.house)
    practice.advance(table.house, now(table.engine) + timedelta(days=4))
    digest.climb(table.house)
    asked = [task for task in table.get("cs-1", "tasks").json["items"] if task["kind"] == "chase_digest"]
    newest = table.get("cc-1", "digests").json["items"][0]["id"]
    assert [task["subject_id"] for task in asked] == [newest]


def test_one_that_cannot_be_composed_is_put_aside_for_somebody_and_holds_up_no_other(
    table: Table, tomorrow: Callable[[str], datetime], monkeypatch: pytest.MonkeyPatch
) -> None:
    tomorrow("06:30")
    events = digest.plan(table.house)
    gather = digest.digest_content.gather

    def gathered(session: Session, due: Due) -> Gathered:
        if due.event_id == events[0]:
            raise ZeroDivisionError
        return gather(session, due)

    monkeypatch.setattr(digest.digest_content, "gather", gathered)
    assert digest.compose(table.house, events) == len(events) - 1
    assert digest.compose(table.house, events) == 0
    parked = "SELECT reason FROM outbox WHERE id = :id AND parked_at IS NOT NULL"
    assert one(table.engine, parked, id=events[0]) == "composing_failed"
    asked = "SELECT count(*) FROM task WHERE kind = 'event_parked' AND subject_id = :id"
    assert one(table.engine, asked, id=events[0]) == 1


def test_a_reader_whom_no_message_reaches_is_a_task_for_somebody(
    table: Table, tomorrow: Callable[[str], datetime]
) -> None:
    with table.engine.begin() as connection:
        connection.execute(text("UPDATE contact_point SET valid_to = '2020-01-02'"))
    tomorrow("06:30")
    served(table.house)
    assert sent_of(table.engine, "cc-1") == 0
    asked = "SELECT count(*) FROM task WHERE kind = 'nobody_on_duty' AND role = 'committee_chair' AND done_at IS NULL"
    assert one(table.engine, asked) == 1
