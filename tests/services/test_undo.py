"""Moves taken back: every one along the road, by whom and until when, and what of it is as if it had never been."""

from collections.abc import Iterator
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import Engine, text

from hectis_flow.domain import undoing, workflow_rules
from hectis_flow.domain.casework import Actor, CaseState, decide
from hectis_flow.domain.charges import Charge
from hectis_flow.domain.errors import NotVisible, TransitionRefused
from hectis_flow.domain.moments import SAST
from hectis_flow.domain.undoing import CORRECT, UNDO
from hectis_flow.services import escalation, sealing, timeline, tokens, undo
from hectis_flow.services.house import House
from hectis_flow.services.once import Writing
from hectis_flow.storage import briefs, cases, charges, reversals
from hectis_flow.storage.cases import Locked
from tests.notices import FACILITY, delivered, ends, line, planned, reaching, staffed
from tests.road import BY_ROLE, COURT, POLICE, PROSECUTOR, SENIOR, STATION, Road, roads
from tests.sinks import Calls, Mails, options_for
from tests.tables import one, rows

GONE = {"reason": "docket_not_at_court", "attributable_to": "SAPS"}
PAPER = {"dpp_ref": "DPP/WC/7/2026", "dpp_date": "2026-01-15"}
#: What must be the same once a move was taken back. Numbers of rows are left out: what goes on is a row of its own.
PICTURE = {
    "case": 'SELECT stage, phase, owner_office_id, court_id, charged FROM "case"',
    "charges": """
        SELECT accused, count, offence, stage, child, came_from, pleaded_at IS NOT NULL, plea, locked, next_date,
               removal_id IS NOT NULL
        FROM charge WHERE voided_at IS NULL ORDER BY 1, 2""",
    "items": """
        SELECT kind, code, office_id, role, opened_at, removal_id IS NOT NULL FROM item
        WHERE settled_at IS NULL ORDER BY kind, code, opened_at""",
    "clocks": """
        SELECT k.name, k.stage, k.office_id, k.urgent, k.started_at, k.due_at, k.ladder::text, i.kind, i.code,
               (SELECT min(s.step) FROM clock_step s WHERE s.clock_id = k.id
                AND num_nonnulls(s.done_at, s.cancelled_at, s.parked_at) = 0),
               (SELECT e.level FROM escalation e WHERE e.clock_id = k.id AND e.cleared_at IS NULL)
        FROM clock k LEFT JOIN item i ON i.id = k.item_id WHERE k.stopped_at IS NULL ORDER BY 1, 8, 9, 5""",
    "tasks": """
        SELECT t.kind, t.office_id, t.role, t.by_stage, t.opened_at, t.due_at, i.kind, i.code
        FROM task t LEFT JOIN item i ON i.id = t.item_id WHERE t.done_at IS NULL ORDER BY 1, 8, 5""",
    "removals": """
        SELECT way_out, cause, attributable_to, removed_at, stage, awaits, requests FROM removal
        WHERE ended_at IS NULL ORDER BY id""",
    "matter": "SELECT court_id, number FROM court_matter WHERE closed_at IS NULL",
    "numbers": "SELECT serial, month, year FROM cas_number",
    "docket": "SELECT officer, assigned_at, noted_at FROM docket",
    "load": "SELECT office_id, officer, open FROM load WHERE open > 0 ORDER BY 1, 2",
}


@pytest.fixture
def road(house: House, clean: Engine) -> Road:
    return roads(house, clean)[0]


@pytest.fixture
def post(house: House, clean: Engine, mails: Mails, calls: Calls) -> House:
    """A house whose notices arrive."""
    return reaching(house, options_for(mails, calls))


def picture(engine: Engine) -> dict[str, list[Any]]:
    """Everything that stands around the only case."""
    return {name: [tuple(row) for row in rows(engine, query)] for name, query in PICTURE.items()}


def back(road: Road, by: Actor, kind: str = UNDO, **details: str) -> Locked:
    """Take the newest move back."""
    with road.house.transaction() as session:
        case = cases.lock_by_ref(session, road.ref)
        assert case is not None
        return undo.take_back(road.house, session, case, by, kind, details)


def correct(road: Road, by: Actor, second: str = "kh-other-1", reason: str = "wrong_outcome") -> Locked:
    return back(road, by, CORRECT, reason=reason, second=second)


def refused(code: str, road: Road, by: Actor, kind: str = UNDO, **details: str) -> None:
    with pytest.raises(TransitionRefused) as refusal:
        back(road, by, kind, **details)
    assert refusal.value.code == code


def later(engine: Engine, by: str) -> None:
    """The road's clock goes ahead."""
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM practice_clock"))
        connection.execute(
            text("INSERT INTO practice_clock (shift) VALUES (CAST(:by AS interval))"), {"by": by}
        )


def mover(move: str) -> Actor:
    return next(BY_ROLE[role] for role in workflow_rules.transition(move).roles if role in BY_ROLE)


def whole_road(road: Road) -> Iterator[tuple[str, dict[str, str]]]:
    """From an acknowledged referral to a sentence, by way of a docket returned and a removal."""
    yield "acknowledge", {}
    yield "open_cas", {"cas_number": "77/01/2026"}
    yield "investigate", {"officer": "kh-io-1"}
    yield "note_progress", {"reason": "statements_taken", "officer": "kh-io-2"}
    yield "note_progress", {"reason": "report_awaited"}
    yield "note_progress", {"reason": "suspect_identified", "officer": "kh-io-1"}
    yield "close_undetected", {"reason": "no_suspect"}
    yield "reopen_docket", {"reason": "new_witness"}
    yield "submit_docket", {"court": COURT}
    laid = {"charges": "1=attempted_murder,firearm_possession;2=attempted_murder"}
    yield "enrol", {"court": COURT, "court_case_no": "B1/2026", "next_date": road.day(2), **laid}
    yield "place_on_roll", {"next_date": road.day(14)}
    yield "postpone", {"reason": "witness_absent", "next_date": road.day(30), "of": "2"}
    yield "strike_342a", {**GONE, "of": "1"}
    yield "review_struck_342a", {"reason": "awaits_item", "awaits": "ballistic_report"}
    yield "request_reenrolment", {"reason": "all_cured"}
    yield "reenrol", {"court_case_no": "B9/2026", "next_date": road.day(9), **PAPER}
    yield "place_on_roll", {"next_date": road.day(14)}
    yield "call_again", {}
    yield "plead", {"plea": "not_guilty", "of": "1"}
    yield "withdraw_6a", {**GONE, "attributable_to": "witness", "of": "2"}
    yield "begin_trial", {"next_date": road.day(20)}
    yield "reserve_judgment", {"next_date": road.day(40)}
    yield "convict", {"verdict_on": "trial", "next_date": road.day(50), "of": "1.1"}
    yield "acquit", {"reason": "not_proved"}
    yield "sentence", {"reason": "sentence_passed", "sentence": "imprisonment", "months": "180"}


def test_every_move_of_the_road_is_taken_back_at_once_and_all_of_them_later(
    road: Road, clean: Engine
) -> None:
    road.go("basis_recorded", disclosure_basis="consent_written")
    seen: list[tuple[str, dict[str, list[Any]]]] = []
    for move, details in whole_road(road):
        seen.append((move, picture(clean)))
        road.go(move, **details)
        back(road, mover(move))
        assert picture(clean) == seen[-1][1], move
        assert replayed(road)
        road.go(move, **details)
    later(clean, "40 days")
    for move, before in reversed(seen):
        correct(road, mover(move))
        assert picture(clean) == before, move
        assert replayed(road)

    assert road.stage == "referred"
    assert one(clean, "SELECT count(*) FROM disclosure") == 1
    assert not list(sealing.verify(road.house))


def replayed(road: Road) -> bool:
    """Whether the moves that hold, decided one after another, lead to the charges and stage that are stored."""
    with road.house.transaction() as session:
        case = cases.lock_by_ref(session, road.ref)
        assert case is not None
        holding = undoing.standing_moves(reversals.history(session, case.id))
        stored = charges.of_case(session, case.id) if case.charged else None
    facts = frozenset({"station", "items_cured", "lapse_due"})
    known: tuple[Charge, ...] | None = None
    stage = holding[0].to_stage
    for past in holding[1:]:
        state = CaseState(case.id, case.ref, stage, past.version, facts, known)
        actor, today = Actor(past.role, None, past.actor), past.at.astimezone(SAST).date()
        made = decide(state, past.transition, actor, past.details, today)
        stage = made.to_stage
        if made.carried is not None:
            known = made.carried.standing
    return stage == case.stage and told(known) == told(stored)


def told(known: tuple[Charge, ...] | None) -> list[Any] | None:
    in_order = sorted(known or (), key=lambda one: (one.accused, one.count))
    return known and [
        (one.accused, one.count, one.offence, one.stage, one.came_from, one.pleaded, one.plea, one.locked, one.next_date)
        for one in in_order
    ]  # fmt: skip


# --- one by one ------------------------------------------------------------------------------------


def test_history_keeps_the_move_and_says_what_took_it_back(road: Road, clean: Engine) -> None:
    road.investigated()
    back(road, mover("investigate"))

    kept = rows(
        clean, "SELECT transition, from_stage, to_stage, details FROM stage_transition ORDER BY version DESC"
    )
    assert kept[0] == ("undo", "under_investigation", "case_opened", {"undoes": "investigate"})
    assert kept[1][0] == "investigate"
    assert one(clean, "SELECT count(*) FROM docket") == 0


def test_a_docket_handed_on_in_error_is_its_officers_again(road: Road, clean: Engine) -> None:
    road.investigated().go("note_progress", reason="statements_taken", officer="kh-io-2")
    back(road, mover("note_progress"))

    assert rows(clean, "SELECT officer FROM docket") == [("kh-io-1",)]
    assert rows(clean, "SELECT officer FROM load WHERE open > 0 AND officer <> ''") == [("kh-io-1",)]


def test_a_number_opened_in_error_is_free_for_another_case(house: House, clean: Engine) -> None:
    first, second = roads(house, clean, 2)
    for road in (first, second):
        road.go("basis_recorded", disclosure_basis="consent_written")
        road.go("acknowledge")
    first.go("open_cas", cas_number="77/01/2026")
    back(first, POLICE)
    second.go("open_cas", cas_number="77/01/2026")
    assert (first.stage, second.stage) == ("acknowledged", "case_opened")


def test_a_charge_laid_in_error_counts_no_more_and_keeps_its_history(road: Road, clean: Engine) -> None:
    road.investigated().enrolled("1=murder")
    back(road, PROSECUTOR)

    assert rows(clean, 'SELECT stage, charged FROM "case"') == [("to_prosecutor", False)]
    assert one(clean, "SELECT count(*) FROM charge WHERE voided_at IS NOT NULL") == 1
    assert not timeline.tell(road.house, road.ref).charges
    assert one(clean, "SELECT count(*) FROM court_matter") == 0
    road.go(
        "enrol", court=COURT, court_case_no="B2/2026", next_date=road.day(3), charges="1=attempted_murder"
    )
    assert rows(clean, "SELECT accused, count, offence FROM charge WHERE voided_at IS NULL") == [
        (1, 1, "attempted_murder")
    ]


def test_a_plea_that_was_recorded_in_error_leaves_the_way_out_before_plea_open(
    road: Road, clean: Engine
) -> None:
    road.on_roll().go("plead", plea="guilty")
    back(road, PROSECUTOR)

    assert one(clean, "SELECT count(*) FROM charge WHERE pleaded_at IS NOT NULL OR plea IS NOT NULL") == 0
    road.go("withdraw_6a", **GONE)
    assert road.stage == "withdrawn_6a"


def test_a_removal_taken_back_is_over_with_all_that_it_began(road: Road, clean: Engine) -> None:
    road.on_roll().go("strike_342a", **GONE)
    back(road, PROSECUTOR)

    assert rows(clean, "SELECT ending FROM removal") == [("undone",)]
    assert set(rows(clean, "SELECT DISTINCT ending FROM item WHERE removal_id IS NOT NULL")) == {("undone",)}
    left = "SELECT count(*) FROM task t JOIN item i ON i.id = t.item_id WHERE i.removal_id IS NOT NULL"
    assert one(clean, f"{left} AND t.done_at IS NULL") == 0
    assert one(clean, left) == 3
    road.go("postpone", reason="witness_absent", next_date=road.day(30))


def test_a_postponement_that_is_corrected_later_was_none(road: Road) -> None:
    def postponed() -> tuple[int, int]:
        with road.house.transaction() as session:
            case = cases.lock_by_ref(session, road.ref)
            assert case is not None
            return briefs.postponed(session, case.id, "witness_absent")

    road.on_roll().go("postpone", reason="witness_absent", next_date=road.day(30))
    road.go("call_again")
    assert postponed() == (1, 1)
    correct(road, PROSECUTOR, reason="wrong_date")
    assert postponed() == (1, 1)
    correct(road, PROSECUTOR, reason="wrong_case")
    assert postponed() == (0, 0)
    road.go("postpone", reason="interpreter", next_date=road.day(30))
    assert postponed() == (0, 1)


def test_what_was_noted_beside_the_road_stays_when_the_move_before_it_is_taken_back(
    road: Road, clean: Engine
) -> None:
    road.investigated().go("submit_docket", court=COURT)
    road.go("return_docket", reason="report_outstanding", items="ballistic_report")
    with clean.begin() as connection:  # by hand, while the case stands at that version
        connection.execute(
            text(
                """
                INSERT INTO item (case_id, kind, office_id, role, opened_version)
                SELECT id, 'first_appearance', owner_office_id, 'detective_commander', version FROM "case"
                """
            )
        )
    back(road, PROSECUTOR)
    found = "SELECT kind, ending FROM item WHERE kind IN ('outstanding_item', 'first_appearance') ORDER BY id"
    assert rows(clean, found) == [("outstanding_item", "undone"), ("first_appearance", None)]


# --- what is told ----------------------------------------------------------------------------------


def test_what_was_not_sent_yet_is_never_sent(post: House, clean: Engine) -> None:
    staffed(post, line("kl-1", "facility_liaison", FACILITY))
    (road,) = roads(post, clean)
    road.go("basis_recorded", disclosure_basis="consent_written")
    road.go("acknowledge")
    planned(post)
    road.go("return_for_info", reason="place_unclear")  # tells the facility
    back(road, POLICE)
    assert planned(post) == 0
    road.go("return_for_info", reason="place_unclear")
    assert planned(post) == 1
    back(road, POLICE)
    assert delivered(post) == 0
    assert ends(clean)[-1] == "cancelled"


def test_an_acknowledgement_taken_back_asks_the_station_again_and_sends_no_field_twice(
    post: House, clean: Engine
) -> None:
    staffed(post, line("kh-7", office=STATION))
    (road,) = roads(post, clean)
    road.go("basis_recorded", disclosure_basis="consent_written")
    assert (planned(post), delivered(post)) == (1, 1)
    road.go("acknowledge")
    back(road, POLICE)

    assert one(clean, "SELECT count(*) FROM disclosure") == 1
    assert (planned(post), delivered(post)) == (1, 1)
    road.go("acknowledge")
    assert road.stage == "acknowledged"


def test_an_escalation_is_as_high_again_and_no_time_is_won(house: House, clean: Engine) -> None:
    (road,) = roads(house, clean)
    road.go("basis_recorded", disclosure_basis="consent_written")
    later(clean, "3 days")
    escalation.sweep(house)
    before = picture(clean)
    assert one(clean, "SELECT level FROM escalation WHERE cleared_at IS NULL") > 0

    road.go("acknowledge")
    assert one(clean, "SELECT count(*) FROM escalation WHERE cleared_at IS NULL") == 0
    back(road, POLICE)

    assert picture(clean) == before
    again = """
        SELECT count(*) FROM outbox o JOIN clock_step s ON s.id = o.subject_id JOIN clock k ON k.id = s.clock_id
        WHERE o.event = 'case.escalated' AND k.stopped_at IS NULL
    """
    assert one(clean, again) == 1


# --- by whom, and until when -----------------------------------------------------------------------


def test_after_ten_minutes_it_is_too_late(road: Road, clean: Engine) -> None:
    road.on_roll()
    later(clean, "9 minutes 50 seconds")
    back(road, PROSECUTOR)
    road.go("place_on_roll", next_date=road.day(14))
    later(clean, "20 minutes")
    refused("too_late", road, PROSECUTOR)


def test_only_whoever_made_a_move_takes_it_back_and_only_once(road: Road) -> None:
    road.on_roll()
    refused("not_yours", road, Actor("prosecutor", None, "kh-npa-2"))
    refused("not_yours", road, Actor("senior_public_prosecutor", None, PROSECUTOR.name))
    back(road, PROSECUTOR)
    refused("nothing_to_undo", road, PROSECUTOR)


def test_what_a_rule_made_and_what_left_health_is_not_taken_back(road: Road) -> None:
    road.go("basis_recorded", disclosure_basis="consent_written")
    for actor in (BY_ROLE["facility_liaison"], Actor("rule", None, "casework")):
        refused("nothing_to_undo", road, actor)
    refused("nothing_to_correct", road, POLICE, CORRECT, reason="wrong_case", second="kh-x-1")


def test_what_two_people_made_is_taken_back_by_two_only(road: Road) -> None:
    road.on_roll().go("abate", PROSECUTOR, second="kh-npa-2", reason="accused_deceased")
    refused("second_person_needed", road, PROSECUTOR)
    correct(road, PROSECUTOR, reason="wrong_case")
    assert road.stage == "on_roll"


def test_an_acquittal_is_corrected_by_two_people_with_a_reason(road: Road, clean: Engine) -> None:
    road.on_roll().go("plead", plea="not_guilty")
    road.go("begin_trial", next_date=road.day(20))
    road.go("reserve_judgment", next_date=road.day(40))
    road.go("acquit", reason="not_proved")
    later(clean, "2 days")
    refused("too_late", road, PROSECUTOR)
    refused("second_person_needed", road, PROSECUTOR, CORRECT, reason="wrong_outcome")
    refused("missing_detail", road, PROSECUTOR, CORRECT, second="kh-npa-2")
    refused("unknown_reason", road, PROSECUTOR, CORRECT, reason="changed_mind", second="kh-npa-2")
    refused("unknown_detail", road, PROSECUTOR, CORRECT, reason="wrong_outcome", of="1", second="kh-npa-2")
    refused("role_not_allowed", road, POLICE, CORRECT, reason="wrong_outcome", second="kh-npa-2")
    correct(road, SENIOR)

    assert road.stage == "judgment"
    newest = one(clean, "SELECT details FROM stage_transition ORDER BY version DESC LIMIT 1")
    assert newest == {"reason": "wrong_outcome", "second": "kh-other-1", "undoes": "acquit"}
    assert not list(sealing.verify(road.house))


# --- through the API's own service -----------------------------------------------------------------


def test_a_liaison_undoes_by_token_and_nobody_learns_of_what_is_not_theirs(
    house: House, clean: Engine
) -> None:
    staffed(
        house, line("kh-7", office=STATION), line("kh-8", office=STATION), line("hr-1", office="harare-saps")
    )
    (road,) = roads(house, clean)
    road.go("basis_recorded", disclosure_basis="consent_written")
    road.go("acknowledge", Actor("saps_liaison", None, "kh-7"))
    mine, other, stranger = (
        Writing(tokens.create_for_staff(house, code, 1).secret, "r-1") for code in ("kh-7", "kh-8", "hr-1")
    )
    with pytest.raises(NotVisible):
        undo.undo(house, stranger, road.ref)
    with pytest.raises(TransitionRefused) as refusal:
        undo.undo(house, other, road.ref)
    assert refusal.value.code == "not_yours"
    answer = undo.undo(house, mine, road.ref)
    assert '"stage": "referred"' in answer.body
    assert '"acknowledge"' in answer.body


def test_of_an_undo_and_a_next_move_at_once_one_wins(house: House, clean: Engine) -> None:
    cases_ = roads(house, clean, 8)
    for road in cases_:
        road.go("basis_recorded", disclosure_basis="consent_written")
        road.go("acknowledge")
    for road in cases_:
        start, outcomes = Barrier(2), list[str]()

        def race(way: str, road: Road = road, start: Barrier = start, outcomes: list[str] = outcomes) -> None:
            start.wait()
            try:
                if way == "undo":
                    back(road, POLICE)
                else:
                    road.go("return_for_info", Actor("saps_liaison", None, "kh-2"), reason="place_unclear")
                outcomes.append(way)
            except TransitionRefused as refusal:
                outcomes.append(refusal.code)

        racers = [Thread(target=race, args=(way,)) for way in ("undo", "move")]
        for racer in racers:
            racer.start()
        for racer in racers:
            racer.join()
        # From `referred` the referral may be returned as well: then both were made, one after the other.
        assert sorted(outcomes) in (["move", "not_yours"], ["move", "undo"])
        assert road.stage == "returned_for_info"
    assert not list(sealing.verify(house))
