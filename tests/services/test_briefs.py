"""Watching briefs along the road: opened by rules, taken or declined to the end of their road, written of, and closed."""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from hectis_flow.commands import briefs as command
from hectis_flow.domain.briefs import TRIGGERS, Appearance, BriefRefused
from hectis_flow.domain.errors import NotVisible
from hectis_flow.services import (
    acknowledgement,
    brief_desk,
    brief_import,
    brief_letters,
    brief_seats,
    briefs,
    escalation,
    gang_flags,
    links,
    sealing,
    undo,
)
from hectis_flow.services.brief_letters import Reply
from hectis_flow.services.house import House
from hectis_flow.services.once import Writing
from hectis_flow.storage import cases
from hectis_flow.storage import links as stored
from tests.answers import record
from tests.api.people import People, hire
from tests.ladders import make_due
from tests.notices import delivered, line, planned, reaching, staffed
from tests.road import COURT, DETECTIVE, PROSECUTOR, SENIOR, STATION, Road, roads
from tests.sinks import Calls, Mails, options_for
from tests.tables import one, rows
from tests.walking import faults

NPA, OTHER_NPA, CHIEF, DPP, POCS = (
    *("khayelitsha-npa", "bellville-npa", "cape-town-chief-prosecutor", "wc-dpp", "wc-pocs"),
)
GONE = {"reason": "docket_not_at_court", "attributable_to": "SAPS"}
STAFF = (
    ("cwb-1", "watching_brief_official", POCS),
    ("cwb-2", "watching_brief_official", POCS),
    ("cwb-3", "watching_brief_official", POCS),
    ("np-1", "prosecutor", NPA),
    ("nspp-1", "senior_public_prosecutor", NPA),
    ("bp-1", "prosecutor", OTHER_NPA),
    ("bspp-1", "senior_public_prosecutor", OTHER_NPA),
    ("chief-1", "chief_prosecutor", CHIEF),
    ("dpp-1", "dpp_office", DPP),
    ("sec-1", "committee_secretary", "wc-committee"),
    ("chair-1", "committee_chair", "wc-committee"),
    ("com-1", "station_commander", STATION),
    ("det-1", "detective_commander", STATION),
)
SEATS = """
    SELECT s.side, w.code, s.role, s.answer, s.reason, split_part(s.answered_by, ':', 2)
    FROM brief_seat s JOIN office w ON w.id = s.office_id ORDER BY s.id
"""
AWAITED = "SELECT kind FROM item WHERE settled_at IS NULL AND (kind LIKE 'brief%' OR kind = 'watching_brief') ORDER BY 1"
CHARGED = "1=attempted_murder,firearm_possession"


@dataclass
class Unit:
    """A road with everybody on it, and the calls that they make about its brief."""

    road: Road
    people: People
    house: House
    engine: Engine

    def by(self, code: str) -> Writing:
        return Writing(self.people.secrets[code], "r-1")

    @property
    def brief(self) -> int:
        return int(one(self.engine, "SELECT max(id) FROM watching_brief"))

    def flagged_before_court(self) -> None:
        """The docket is flagged while it is investigated, and so watched."""
        self.road.investigated()
        with self.house.transaction() as session:
            case = cases.lock_by_ref(session, self.road.ref)
            assert case is not None
            briefs.open_for(self.house, session, case, "gang_flag", "detective_commander:det-1")

    def take(self, code: str) -> None:
        brief_seats.acknowledge(self.house, self.by(code), self.brief)

    def decline(self, code: str, reason: str = "overload") -> None:
        brief_seats.decline(self.house, self.by(code), self.brief, reason)

    def redirect(self, code: str, office: str, reason: str = "transferred") -> None:
        brief_seats.redirect(self.house, self.by(code), self.brief, office, reason)

    def saw(self, ahead: int = 0, corrects: int | None = None, **other: Any) -> None:
        seen = {
            "court_date": date.fromisoformat(self.road.day(ahead)),
            "outcome": "struck_off",
            "docket_at_court": "no",
            "recommendation": "docket_to_court",
            "causes": ("docket_not_at_court", "investigation_incomplete"),
            "attributable_to": "SAPS",
        }
        brief_desk.observe(
            self.house, self.by("cwb-1"), self.brief, Appearance(**{**seen, **other}), corrects
        )

    def write_to(self, side: str) -> int:
        brief_letters.send(self.house, self.by("cwb-1"), self.brief, side, "complete_investigation")
        return int(one(self.engine, "SELECT max(id) FROM brief_letter"))

    def reply(self, code: str, letter: int, reply: Reply) -> None:
        brief_letters.reply(self.house, self.by(code), self.brief, letter, reply)

    def seats(self) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in rows(self.engine, SEATS)]

    def awaited(self) -> list[str]:
        return [row[0] for row in rows(self.engine, AWAITED)]

    def closed(self) -> str | None:
        reason: str | None = one(
            self.engine, "SELECT closed_reason FROM watching_brief ORDER BY id DESC LIMIT 1"
        )
        return reason

    def triggers(self) -> list[str]:
        return list(one(self.engine, "SELECT triggers FROM watching_brief ORDER BY id DESC LIMIT 1"))


@pytest.fixture
def unit(house: House, clean: Engine) -> Unit:
    road = roads(house, clean)[0]
    return Unit(road, hire(house, clean, STAFF), house, clean)


def refused(code: str, act: Any, *given: Any, **named: Any) -> None:
    with pytest.raises(BriefRefused) as refusal:
        act(*given, **named)
    assert refusal.value.code == code


def watched(engine: Engine) -> int:
    return int(one(engine, "SELECT count(*) FROM watching_brief"))


# --- what opens one ----------------------------------------------------------------------------------


def test_a_removal_opens_one_brief_and_asks_both_the_unit_and_the_prosecutor(unit: Unit) -> None:
    unit.road.on_roll()
    assert watched(unit.engine) == 0
    unit.road.go("strike_342a", **GONE)

    assert unit.triggers() == ["removal"]
    assert unit.seats() == [
        ("pocs", POCS, "watching_brief_official", None, None, None),
        ("npa", NPA, "prosecutor", None, None, None),
    ]
    assert unit.awaited() == ["brief_prosecutor", "watching_brief"]
    clocks = """
        SELECT k.name, k.due_at > k.started_at FROM clock k JOIN item i ON i.id = k.item_id
        WHERE i.kind IN ('brief_prosecutor', 'watching_brief') AND k.stopped_at IS NULL ORDER BY 1
    """
    assert rows(unit.engine, clocks) == [("brief_prosecutor_ack", True), ("watching_brief_ack", True)]
    assert (
        one(unit.engine, "SELECT body::jsonb ->> 'note' FROM ledger_entry WHERE kind = 'note'")
        == "brief_opened"
    )
    assert not list(sealing.verify(unit.house))
    assert faults(unit.engine) == []


def test_a_second_removal_is_one_more_item_of_the_unit_and_no_second_brief(unit: Unit) -> None:
    unit.road.on_roll("1=attempted_murder;2=attempted_murder")
    unit.road.go("withdraw_6a", of="1", **GONE)
    unit.road.go("withdraw_6a", of="2", **GONE)

    assert watched(unit.engine) == 1
    assert unit.awaited() == ["brief_prosecutor", "watching_brief", "watching_brief"]
    unit.take("cwb-1")
    assert unit.awaited() == ["brief_monitor", "brief_prosecutor"]


@pytest.mark.parametrize(
    ("charges", "triggers"),
    [
        (CHARGED, []),
        ("1=rape", ["gbv"]),
        ("1=protection_order_breach;2=intimidation", ["gbv"]),
        ("1=murder", ["hotspot_murder"]),
        ("1=murder;2=sexual_assault", ["gbv", "hotspot_murder"]),
    ],
)
def test_the_charges_alone_say_whether_a_matter_is_one_to_watch(
    unit: Unit, charges: str, triggers: list[str]
) -> None:
    unit.road.investigated().enrolled(charges)
    found = rows(unit.engine, "SELECT triggers FROM watching_brief")
    assert found == ([(triggers,)] if triggers else [])


def test_a_murder_in_no_hotspot_is_not_watched_for_that(unit: Unit) -> None:
    with unit.engine.begin() as connection:
        connection.execute(
            text("UPDATE \"case\" SET station_id = (SELECT id FROM office WHERE code = 'paarl-saps')")
        )
    unit.road.investigated().enrolled("1=murder")
    assert watched(unit.engine) == 0


def test_the_third_postponement_for_one_cause_opens_a_brief_and_one_taken_back_does_not_count(
    unit: Unit,
) -> None:
    unit.road.on_roll()
    for ahead in (20, 30):
        unit.road.go("postpone", reason="further_investigation", next_date=unit.road.day(ahead))
        unit.road.go("call_again")
    unit.road.go("postpone", reason="witness_absent", next_date=unit.road.day(40))
    unit.road.go("call_again")
    assert watched(unit.engine) == 0
    unit.road.go("postpone", reason="further_investigation", next_date=unit.road.day(50))
    assert unit.triggers() == ["repeat_postponement"]

    back(unit)
    assert unit.closed() == "undone"
    assert unit.awaited() == []


def test_more_than_three_postponements_for_any_causes_open_a_brief(unit: Unit) -> None:
    unit.road.on_roll()
    causes = ("further_investigation", "witness_absent", "interpreter", "court_closed")
    for ahead, cause in enumerate(causes, start=2):
        assert watched(unit.engine) == 0
        unit.road.go("postpone", reason=cause, next_date=unit.road.day(10 * ahead))
        unit.road.go("call_again")
    assert unit.triggers() == ["repeat_postponement"]


def test_whoever_flags_a_matter_before_it_comes_to_court_has_it_watched_and_the_prosecutor_is_asked_then(
    unit: Unit,
) -> None:
    unit.flagged_before_court()
    assert unit.seats() == [("pocs", POCS, "watching_brief_official", None, None, None)]

    unit.road.enrolled()
    unit.take("cwb-2")
    assert [seat[:3] for seat in unit.seats()] == [
        ("pocs", POCS, "watching_brief_official"),
        ("npa", NPA, "prosecutor"),
    ]


def test_an_official_who_had_it_before_it_came_to_court_has_the_prosecutor_asked_with_the_next_look(
    unit: Unit,
) -> None:
    unit.flagged_before_court()
    unit.take("cwb-1")
    unit.road.enrolled()
    assert unit.awaited() == ["brief_monitor"]
    unit.saw()
    assert unit.awaited() == ["brief_monitor", "brief_prosecutor"]


def test_by_hand_it_is_opened_for_a_case_of_a_court_by_the_unit_the_chair_and_its_prosecutors(
    unit: Unit,
) -> None:
    unit.road.investigated()
    for code in ("cwb-1", "chair-1", "np-1"):
        with pytest.raises(NotVisible):
            brief_desk.open_brief(unit.house, unit.by(code), unit.road.ref)
    unit.road.go("submit_docket", court=COURT)
    for code in ("bp-1", "sec-1", "com-1", "det-1"):
        with pytest.raises(NotVisible):
            brief_desk.open_brief(unit.house, unit.by(code), unit.road.ref)
    for code in ("cwb-1", "chair-1", "np-1"):
        assert brief_desk.open_brief(unit.house, unit.by(code), unit.road.ref).status == 201

    assert watched(unit.engine) == 1
    why = "SELECT trigger, added_by FROM brief_trigger ORDER BY id"
    assert [row[1] for row in rows(unit.engine, why)] == [
        *("watching_brief_official:cwb-1", "committee_chair:chair-1", "prosecutor:np-1"),
    ]


def sentenced(unit: Unit, charges: str = CHARGED) -> None:
    """The matter goes to its ending."""
    unit.road.on_roll(charges)
    ended(unit)


def ended(unit: Unit) -> None:
    """The same for one that is on the roll."""
    unit.road.go("plead", plea="guilty")
    unit.road.go("convict", verdict_on="s112", next_date=unit.road.day(30))
    unit.road.go("sentence", reason="sentence_passed", sentence="imprisonment", months="120")


def test_a_matter_that_has_its_ending_is_not_watched_anew(unit: Unit) -> None:
    sentenced(unit)
    refused("matter_over", brief_desk.open_brief, unit.house, unit.by("cwb-1"), unit.road.ref)
    row = {
        "case_ref": unit.road.ref,
        "court_date": unit.road.day(0),
        "outcome": "convicted",
        "docket_at_court": "yes",
    }
    for apply in (False, True):
        (verdict,) = brief_import.from_terminal(unit.house, [row], "cwb-1", apply=apply)
        assert (verdict["verdict"], verdict.get("code")) == ("refused", "matter_over")
    flagged = gang_flags.put(unit.house, unit.by("np-1"), unit.road.ref, "prosecutor_assessment", None, None)
    assert flagged.status == 201
    assert watched(unit.engine) == 0
    assert unit.awaited() == []


def test_the_last_day_of_a_matter_is_noted_at_the_brief_that_it_had(unit: Unit) -> None:
    sentenced(unit, "1=rape")
    assert unit.closed() == "finalised"
    row = {
        "case_ref": unit.road.ref,
        "court_date": unit.road.day(0),
        "outcome": "convicted",
        "docket_at_court": "yes",
    }
    (verdict,) = brief_import.from_terminal(unit.house, [row], "cwb-1", apply=True)

    assert (verdict["verdict"], verdict["opens"]) == ("added", False)
    noted = "SELECT outcome FROM brief_observation WHERE brief_id = :brief"
    assert rows(unit.engine, noted, brief=unit.brief) == [("convicted",)]
    unit.saw(-1, outcome="postponed")
    assert len(rows(unit.engine, noted, brief=unit.brief)) == 2
    assert watched(unit.engine) == 1
    assert unit.awaited() == []


# --- who takes it ------------------------------------------------------------------------------------


def test_the_unit_and_the_prosecutor_take_it_and_it_is_looked_at_month_by_month(unit: Unit) -> None:
    unit.road.on_roll().go("strike_342a", **GONE)
    unit.take("cwb-1")
    unit.take("np-1")

    known = "SELECT official, taken_up_at IS NOT NULL, acknowledged_by FROM watching_brief"
    assert rows(unit.engine, known) == [("cwb-1", True, "prosecutor:np-1")]
    assert unit.awaited() == ["brief_monitor"]
    month = "SELECT k.due_at - k.started_at FROM clock k JOIN item i ON i.id = k.item_id WHERE i.kind = 'brief_monitor'"
    assert one(unit.engine, month) == timedelta(days=30)
    refused("not_asked", unit.take, "np-1")
    unit.saw()  # which is a look as well: the next one is due a month on
    monitors = "SELECT ending FROM item WHERE kind = 'brief_monitor' ORDER BY id"
    assert rows(unit.engine, monitors) == [("observed",), (None,)]


def test_a_declined_brief_goes_to_the_next_seat_by_itself_to_the_end_of_its_road(unit: Unit) -> None:
    unit.road.on_roll().go("strike_342a", **GONE)
    for code, reason in (
        ("np-1", "conflict_of_interest"),
        ("nspp-1", "overload"),
        ("chief-1", "not_my_matter"),
        ("dpp-1", "absent"),
    ):
        unit.decline(code, reason)
        refused("not_asked", unit.decline, code)  # nobody is asked again

    assert [seat[1:] for seat in unit.seats() if seat[0] == "npa"] == [
        (NPA, "prosecutor", "declined", "conflict_of_interest", "np-1"),
        (NPA, "senior_public_prosecutor", "declined", "overload", "nspp-1"),
        (CHIEF, "chief_prosecutor", "declined", "not_my_matter", "chief-1"),
        (DPP, "dpp_office", "declined", "absent", "dpp-1"),
        ("wc-committee", "committee_secretary", None, None, None),
    ]
    assert "brief_secretary" in unit.awaited()
    refused("end_of_the_road", unit.decline, "sec-1")
    refused("already_asked", unit.redirect, "sec-1", NPA)
    refused("wrong_office", unit.redirect, "sec-1", POCS)
    unit.redirect("sec-1", OTHER_NPA)
    unit.decline("bp-1")
    # Above the other office everybody has declined already, but its own senior has not.
    unit.take("bspp-1")
    assert one(unit.engine, "SELECT acknowledged_by FROM watching_brief") == "senior_public_prosecutor:bspp-1"
    assert unit.awaited() == ["watching_brief"]
    assert (
        one(
            unit.engine,
            "SELECT count(*) FROM task WHERE done_at IS NULL AND role LIKE '%prosecutor%' AND item_id IN (SELECT item_id FROM brief_seat)",
        )
        == 0
    )
    assert not list(sealing.verify(unit.house))
    assert faults(unit.engine) == []


def test_a_seat_of_the_prosecution_is_asked_once_whatever_writes_it(unit: Unit) -> None:
    unit.road.on_roll().go("strike_342a", **GONE)
    unit.decline("np-1")
    again = """
        INSERT INTO brief_seat (brief_id, side, kind, office_id, role, asked_at, answer, answered_at, answered_by)
        SELECT brief_id, side, kind, office_id, role, asked_at, 'over', asked_at, 'x' FROM brief_seat
        WHERE answer = 'declined'
    """
    with unit.engine.connect() as connection, pytest.raises(IntegrityError, match="asked_once"):
        connection.execute(text(again))


def test_an_officials_decline_goes_to_the_others_of_the_unit_and_then_to_the_secretary(unit: Unit) -> None:
    unit.road.on_roll().go("strike_342a", **GONE)
    unit.decline("cwb-1", "conflict_of_interest")
    refused("you_declined", unit.take, "cwb-1")
    unit.decline("cwb-2", "absent")
    assert unit.awaited() == ["brief_prosecutor", "watching_brief"]
    unit.decline("cwb-3", "overload")

    assert [seat[1:4] for seat in unit.seats() if seat[0] == "pocs"] == [
        (POCS, "watching_brief_official", "declined"),
        (POCS, "watching_brief_official", "declined"),
        (POCS, "watching_brief_official", "declined"),
        ("wc-committee", "committee_secretary", None),
    ]
    unit.take("sec-1")
    assert one(unit.engine, "SELECT official FROM watching_brief") == "sec-1"


def test_the_secretary_to_whom_both_roads_led_places_either_side_first(unit: Unit) -> None:
    unit.road.on_roll().go("strike_342a", **GONE)
    for code in ("cwb-1", "cwb-2", "cwb-3", "np-1", "nspp-1", "chief-1", "dpp-1"):
        unit.decline(code)
    unit.redirect("sec-1", OTHER_NPA)

    waiting = [seat[:3] for seat in unit.seats() if seat[3] is None]
    assert waiting == [
        ("pocs", "wc-committee", "committee_secretary"),
        ("npa", OTHER_NPA, "prosecutor"),
    ]


def test_the_secretary_closes_what_waits_for_them_and_nothing_else(unit: Unit) -> None:
    unit.road.on_roll()
    brief_desk.open_brief(unit.house, unit.by("chair-1"), unit.road.ref)
    closing = (unit.house, unit.by("sec-1"), unit.brief, "nothing_more_to_watch")
    refused("not_asked", brief_desk.close, *closing)
    for code in ("np-1", "nspp-1", "chief-1", "dpp-1"):
        unit.decline(code)
    brief_desk.close(*closing)
    assert unit.closed() == "nothing_more_to_watch"


def test_a_brief_is_sent_on_to_the_office_whose_matter_it_is(unit: Unit) -> None:
    unit.road.on_roll().go("strike_342a", **GONE)
    refused("wrong_office", unit.redirect, "np-1", CHIEF)
    refused("wrong_office", unit.redirect, "np-1", "no-such-office")
    refused("already_asked", unit.redirect, "np-1", NPA)
    unit.redirect("np-1", OTHER_NPA, "not_my_matter")
    unit.take("bp-1")

    assert [seat[1:4] for seat in unit.seats() if seat[0] == "npa"] == [
        (NPA, "prosecutor", "redirected"),
        (OTHER_NPA, "prosecutor", "acknowledged"),
    ]


def test_silence_of_the_prosecutor_climbs_and_an_answer_clears_it(unit: Unit) -> None:
    unit.road.on_roll().go("strike_342a", **GONE)
    climbed(unit, "brief_prosecutor_ack", 5)
    level = "SELECT e.level, e.role FROM escalation e JOIN clock k ON k.id = e.clock_id WHERE k.name = 'brief_prosecutor_ack' AND e.cleared_at IS NULL"
    assert rows(unit.engine, level) == [(4, "committee_chair")]
    unit.take("np-1")
    assert rows(unit.engine, level) == []


def test_the_link_of_a_notice_acknowledges_for_whom_it_was_made_and_once(
    house: House, clean: Engine, mails: Mails, calls: Calls
) -> None:
    post = reaching(house, options_for(mails, calls))
    staffed(post, line("np-1", "prosecutor", NPA), line("nspp-1", "senior_public_prosecutor", NPA))
    roads(post, clean)[0].on_roll().go("strike_342a", **GONE)
    planned(post)
    delivered(post)
    tokens_ = linked(post, clean)
    assert list(tokens_) == ["np-1"]
    shown = acknowledgement.look(post, tokens_["np-1"])
    assert shown.code is None
    assert record(post, tokens_["np-1"]).done
    assert acknowledgement.look(post, tokens_["np-1"]).code == "used"
    assert one(clean, "SELECT acknowledged_by FROM watching_brief") == "prosecutor:np-1"
    assert not list(sealing.verify(post))


# --- what is seen, and letters -----------------------------------------------------------------------


def test_an_appearance_is_noted_once_and_a_correction_names_what_it_corrects(unit: Unit) -> None:
    unit.road.on_roll().go("strike_342a", **GONE)
    unit.saw()
    refused("already_observed", unit.saw)
    refused("date_ahead", unit.saw, 1)
    refused("attribution_missing", unit.saw, -1, attributable_to=None)
    refused("nothing_to_correct", unit.saw, -1, 1)
    unit.saw(corrects=1, causes=("forensic_report_outstanding",), attributable_to="FSL")
    refused("nothing_to_correct", unit.saw, 0, 1)

    assert rows(unit.engine, "SELECT causes[1], corrects_id FROM brief_observation ORDER BY id") == [
        ("docket_not_at_court", None),
        ("forensic_report_outstanding", 1),
    ]
    with pytest.raises(Exception, match="never change"), unit.engine.begin() as connection:
        connection.execute(text("UPDATE brief_observation SET outcome = 'proceeded'"))


def test_a_letter_says_facts_and_codes_in_words_and_names_nobody(unit: Unit) -> None:
    unit.road.on_roll().go("strike_342a", **GONE)
    refused("no_causes", unit.write_to, "saps")
    unit.saw()
    letter = unit.write_to("saps")
    refused("already_sent", unit.write_to, "saps")

    said = brief_letters.text(unit.house, unit.by("com-1"), unit.brief, letter)["text"]
    flat = " ".join(said.split())
    for part in (
        unit.road.ref,
        "Station commander, Khayelitsha",
        f"B{unit.road.ref[-6:]}/2026",
        "Khayelitsha Magistrate's Court",
        "The docket was not at court",
        "Please complete what the investigation lacks.",
        "A reply is wanted by",
    ):
        assert part in flat, part
    for stranger in ("np-1", "chief-1", "bp-1", "sec-1"):
        with pytest.raises(NotVisible):
            brief_letters.text(unit.house, unit.by(stranger), unit.brief, letter)
        with pytest.raises(NotVisible):  # nor may they learn by an answer that there is one
            unit.reply(stranger, letter, Reply("done"))
    first, second = (brief_letters.pdf(unit.house, unit.by("cwb-1"), unit.brief, letter) for _ in range(2))
    assert first == second
    assert first.body.startswith(b"%PDF-")


def test_no_letter_goes_to_prosecutors_before_the_matter_has_any(unit: Unit) -> None:
    unit.flagged_before_court()
    unit.saw()
    refused("no_court", unit.write_to, "npa")
    assert "brief_reply_npa" not in unit.awaited()
    assert unit.write_to("saps")


def test_a_letter_without_a_reply_climbs_the_side_of_saps(unit: Unit) -> None:
    unit.road.on_roll().go("strike_342a", **GONE)
    unit.saw()
    letter = unit.write_to("saps")
    climbed(unit, "brief_reply_saps", 2)
    level = """
        SELECT e.level, e.role FROM escalation e JOIN clock k ON k.id = e.clock_id
        WHERE k.name = 'brief_reply_saps' AND e.cleared_at IS NULL
    """
    assert rows(unit.engine, level) == [(1, "cluster_commander")]
    climbed(unit, "brief_reply_saps", 4)
    assert rows(unit.engine, level) == [(3, "committee_chair")]

    refused("not_addressed", unit.reply, "det-1", letter, Reply("done"))
    unit.reply("com-1", letter, Reply("disciplinary", "DISC/7/2026", date(2026, 1, 15)))
    assert rows(unit.engine, level) == []
    kept = "SELECT answer, answer_ref, answer_date, answered_by FROM brief_letter"
    assert rows(unit.engine, kept) == [
        ("disciplinary", "DISC/7/2026", date(2026, 1, 15), "station_commander:com-1")
    ]
    refused("already_answered", unit.reply, "com-1", letter, Reply("done"))
    assert not list(sealing.verify(unit.house))


def test_a_letter_to_the_npa_is_answered_by_the_senior_prosecutor_also_after_the_brief_is_closed(
    unit: Unit,
) -> None:
    unit.road.on_roll().go("withdraw_6a", **GONE)
    unit.saw()
    letter = unit.write_to("npa")
    brief_desk.close(unit.house, unit.by("cwb-1"), unit.brief, "nothing_more_to_watch")
    refused("brief_closed", unit.saw, -1)
    refused("brief_closed", unit.take, "np-1")
    assert unit.awaited() == ["brief_reply_npa", "watching_brief"]
    unit.reply("nspp-1", letter, Reply("disputed"))
    assert unit.awaited() == ["watching_brief"]


# --- how it ends -------------------------------------------------------------------------------------


def test_back_on_the_roll_closes_the_brief_of_a_removal_with_the_last_of_them(unit: Unit) -> None:
    unit.road.on_roll("1=attempted_murder;2=attempted_murder")
    unit.road.go("withdraw_6a", of="1", **GONE)
    unit.road.go("withdraw_6a", of="2", **GONE)
    unit.take("cwb-1")
    unit.road.go("request_reenrolment", DETECTIVE, reason="all_cured")
    again = {"court_case_no": "B9/2026", "next_date": unit.road.day(9)}
    unit.road.go("reenrol", of="1", **again)
    assert unit.closed() is None
    unit.road.go("reenrol", of="2", **again)

    assert unit.closed() == "back_on_roll"
    assert unit.awaited() == []
    assert (
        one(unit.engine, "SELECT count(*) FROM item WHERE kind = 'back_on_roll' AND settled_at IS NULL") == 2
    )
    assert {seat[3] for seat in unit.seats()} == {"acknowledged", "over"}
    assert faults(unit.engine) == []


@pytest.mark.parametrize("first", ["1", "2"])
def test_the_brief_closes_whichever_of_two_removals_has_its_ending_first(unit: Unit, first: str) -> None:
    unit.road.on_roll("1=attempted_murder;2=attempted_murder")
    unit.road.go("withdraw_6a", of="1", **GONE)
    unit.road.go("withdraw_6a", of="2", **GONE)
    unit.road.go("request_reenrolment", DETECTIVE, of="1", reason="all_cured")
    ways = {
        "1": ("reenrol", {"next_date": unit.road.day(9)}),
        "2": ("finalise_elsewhere", {"reason": "joined_with_other_matter"}),
    }
    for accused in (first, {"1": "2", "2": "1"}[first]):
        assert unit.closed() is None
        move, details = ways[accused]
        second = "kh-spp-2" if accused == "2" else None
        unit.road.go(move, SENIOR, second, of=accused, court_case_no="B9/2026", **details)
    assert unit.closed() == "back_on_roll"
    assert unit.awaited() == ["watching_brief", "watching_brief"]


def test_a_removal_that_ends_another_way_closes_no_brief_while_the_matter_goes_on(unit: Unit) -> None:
    unit.road.on_roll("1=attempted_murder;2=attempted_murder")
    unit.road.go("withdraw_6a", of="1", **GONE)
    details = {"reason": "joined_with_other_matter", "court_case_no": "B9/2026"}
    unit.road.go("finalise_elsewhere", SENIOR, "kh-spp-2", of="1", **details)
    assert unit.closed() is None
    ended(unit)
    assert unit.closed() == "finalised"


def test_a_matter_that_is_watched_for_what_it_is_goes_on_being_watched_to_its_ending(unit: Unit) -> None:
    unit.road.on_roll("1=rape")
    unit.road.go("withdraw_6a", **GONE)
    assert unit.triggers() == ["gbv", "removal"]
    unit.take("cwb-1")
    unit.road.go("request_reenrolment", reason="all_cured")
    unit.road.go("reenrol", court_case_no="B9/2026", next_date=unit.road.day(9))
    unit.road.go("place_on_roll", next_date=unit.road.day(20))
    assert unit.closed() is None
    ended(unit)
    assert unit.closed() == "finalised"
    assert unit.awaited() == []


def test_a_move_that_is_taken_back_leaves_no_brief_that_should_not_be(unit: Unit) -> None:
    unit.road.on_roll().go("strike_342a", **GONE)
    unit.take("cwb-1")
    back(unit)
    assert unit.closed() == "undone"
    assert unit.awaited() == []

    unit.road.go("withdraw_6a", **GONE)
    unit.take("cwb-1")
    unit.take("np-1")
    unit.road.go("request_reenrolment", DETECTIVE, reason="all_cured")
    unit.road.go("reenrol", court_case_no="B9/2026", next_date=unit.road.day(9))
    assert unit.closed() == "back_on_roll"
    with unit.house.transaction() as session:
        case = cases.lock_by_ref(session, unit.road.ref)
        assert case is not None
        undo.take_back(unit.house, session, case, SENIOR, "undo", {})
    assert unit.closed() is None
    assert unit.awaited() == ["brief_monitor"]
    assert faults(unit.engine) == []


def test_a_brief_that_has_another_reason_outlives_the_removal_that_was_taken_back(unit: Unit) -> None:
    unit.road.on_roll().go("strike_342a", **GONE)
    brief_desk.open_brief(unit.house, unit.by("np-1"), unit.road.ref)
    back(unit)

    assert (unit.closed(), unit.triggers()) == (None, ["by_hand"])
    assert unit.awaited() == ["brief_prosecutor", "watching_brief"]
    unit.take("cwb-1")
    assert unit.awaited() == ["brief_monitor", "brief_prosecutor"]


# --- the unit's form ---------------------------------------------------------------------------------


def test_rows_of_the_form_are_judged_written_and_written_once(unit: Unit) -> None:
    unit.road.investigated().enrolled()
    number = f"B{unit.road.ref[-6:]}/2026"
    cas = f"{int(unit.road.ref[-6:])}/01/2026"
    day = unit.road.day(0)
    seen = {"court_date": day, "outcome": "postponed", "docket_at_court": "no"}
    why = {"causes": "docket_not_at_court; investigation_incomplete", "attributable_to": "SAPS"}
    lines = [
        {"case_ref": unit.road.ref, **seen, **why},
        {"court": COURT, "court_case_no": number, **seen, **why},
        {"cas_number": f"Khayelitsha CAS {cas}", **seen, "outcome": "proceeded"},
        {"case_ref": "WC-2026-999999", **seen},
        {"case_ref": unit.road.ref, **seen, "outcome": "danced"},
        {"case_ref": unit.road.ref, **seen, "court_date": unit.road.day(3)},
        {**seen},
        {"cas_number": cas, **seen, "court_date": unit.road.day(-3)},
    ]

    def verdicts(*, apply: bool) -> list[tuple[str, str | None]]:
        found = brief_import.from_terminal(unit.house, lines, "cwb-1", apply=apply)
        return [(one["verdict"], one.get("code")) for one in found]

    wrong = [
        ("refused", "observed_otherwise"),
        ("refused", "no_such_matter"),
        ("refused", "unknown_code"),
        ("refused", "date_ahead"),
        ("refused", "row_incomplete"),
    ]
    assert verdicts(apply=False) == [
        ("would_add", None),
        ("already_there", None),
        *wrong,
        ("would_add", None),
    ]
    assert watched(unit.engine) == 0
    assert verdicts(apply=True) == [("added", None), ("already_there", None), *wrong, ("added", None)]
    assert unit.triggers() == ["by_hand"]
    assert verdicts(apply=True) == [
        ("already_there", None),
        ("already_there", None),
        *wrong,
        ("already_there", None),
    ]
    assert rows(unit.engine, "SELECT count(*), bool_and(imported) FROM brief_observation") == [(2, True)]
    refused("no_official", brief_import.from_terminal, unit.house, lines, "np-1", apply=True)
    assert not list(sealing.verify(unit.house))


def test_the_terminal_lists_shows_opens_and_takes_the_form_over(
    unit: Unit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "house", lambda: unit.house)

    def said(*words: str, code: int = 0) -> str:
        ran = CliRunner().invoke(command.briefs, list(words))
        assert ran.exit_code == code, ran.output
        return ran.output

    assert "No brief is open here." in said("list")
    unit.road.investigated()
    opening = CliRunner().invoke(command.briefs, ["open", unit.road.ref, "--by", "cwb-1"])
    assert isinstance(opening.exception, BriefRefused)
    unit.road.enrolled()
    assert "opened" in said("open", unit.road.ref.lower(), "--by", "cwb-1")
    assert "one reason more" in said("open", unit.road.ref, "--by", "cwb-2")
    listed = said("list", "--court", COURT)
    assert f"{unit.road.ref}  Khayelitsha Magistrate's Court: opened by hand; not taken up" in listed

    form = tmp_path / "form.csv"
    form.write_text(
        "case_ref,court_date,outcome,docket_at_court,causes,attributable_to\n"
        f"{unit.road.ref},{unit.road.day(0)},postponed,no,docket_not_at_court;other,SAPS\n"
        f"{unit.road.ref},{unit.road.day(-1)},danced,no,,\n"
    )
    dry = said("import", str(form), "--by", "cwb-1", code=1)
    assert f"line 2: would add: {unit.road.ref}\n" in dry
    assert "line 3: refused (unknown_code)" in dry
    assert "line 2: added" in said("import", str(form), "--by", "cwb-1", "--apply", code=1)
    assert "1 already there, 1 refused" in said("import", str(form), "--by", "cwb-1", "--apply", code=1)
    unit.take("cwb-1")
    unit.decline("np-1", "absent")
    unit.write_to("npa")
    told = said("show", str(unit.brief))
    for part in (
        *("why        opened by hand", "has it     cwb-1", "NPA        has not acknowledged"),
        *(
            "prosecutor at khayelitsha-npa: declined (absent)",
            "senior_public_prosecutor at khayelitsha-npa: asked",
        ),
        *("postponed, docket no; docket_not_at_court, other (SAPS)", "no reply yet"),
    ):
        assert part in told, part


def test_every_trigger_is_one_that_the_database_knows(unit: Unit) -> None:
    known = one(
        unit.engine,
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'ck_brief_trigger_trigger'",
    )
    assert all(f"'{trigger}'" in known for trigger in TRIGGERS)


def back(unit: Unit) -> None:
    """The prosecutor takes the newest move back."""
    with unit.house.transaction() as session:
        case = cases.lock_by_ref(session, unit.road.ref)
        assert case is not None
        undo.take_back(unit.house, session, case, PROSECUTOR, "undo", {})


def climbed(unit: Unit, clock: str, steps: int) -> None:
    """Let so many steps of a clock fall due, and fire."""
    make_due(unit.engine, steps, where="name = :clock", clock=clock)
    while escalation.sweep(unit.house):
        pass


def linked(house: House, engine: Engine) -> dict[str, str]:
    """The token of every link that may acknowledge a brief, by whom it was made for."""
    with house.transaction() as session:
        ids = [
            row[0] for row in rows(engine, "SELECT id FROM action_link WHERE purpose = 'acknowledge_brief'")
        ]
        found = [stored.find(session, one_) for one_ in ids]
    return {link.staff_code: links.token_of(house, link) for link in found if link}
