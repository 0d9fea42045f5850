"""Every story an emergency centre tells: moved, cancelled, discharged and not, renamed, merged."""

from dataclasses import replace
from itertools import pairwise, permutations
from threading import Barrier, Thread

import pytest
from sqlalchemy import Engine

from hectis_flow.domain.casework import Actor
from hectis_flow.services import casework, intake, sealing, work
from hectis_flow.services.house import House, Sender
from hectis_flow.storage.vault import IDENTITY, PRIVATE
from tests.segments import ARRIVED, CODED, LEFT, REGISTERED, TRIAGED, adt, oru, segment
from tests.tables import ALL, dump, one, receive, rows, take_in

STABBED = "X99.4"
LATER = "20260302090000"
LATEST = "20260302100000"
LIAISON = Actor("facility_liaison", None, "kh-1")
CASES = """
    SELECT c.stage, i.voided_at IS NOT NULL FROM "case" c JOIN incident i ON i.id = c.incident_id
    ORDER BY c.id
"""
STANDING = """
    SELECT e.id FROM encounter e LEFT JOIN encounter_story s ON s.encounter_id = e.id
    WHERE s.merged_into_id IS NULL
"""


def coded(control_id: str = "c-3", *, at: str = CODED, folder: str = "F1", visit: str = "V1") -> bytes:
    return adt("A08", control_id, at, folder=folder, visit=visit, codes=[STABBED])


def merge(control_id: str, prior: str, into: str, *, at: str = LATER) -> bytes:
    """A40: the record of `prior` was merged into that of `into`."""
    more = [segment("MRG", {1: f"{prior}^^^KH^MR"})]
    return adt("A40", control_id, at, folder=into, visit="", pv1={44: ""}, more=more)


def live_cases(engine: Engine) -> list[str]:
    return [row[0] for row in rows(engine, CASES) if not row[1]]


def patients(house: House, engine: Engine) -> list[list[str]]:
    """The numbers of everybody who stands for themselves."""
    query = "SELECT key_id, identity_enc FROM patient WHERE merged_into_id IS NULL ORDER BY id"
    found = [house.vault.open_json(IDENTITY, *row) for row in rows(engine, query)]
    return [sorted(number["value"] for number in identity["numbers"]) for identity in found]


# --- moved (A02), discharged and not (A03, A13) -----------------------------------------------------


def test_a_transfer_leaves_where_the_patient_was_and_where_they_are(house: House, clean: Engine) -> None:
    take_in(house, adt("A02", "c-2", LATER, pv1={3: "WARD B^2^1^KH"}), adt("A04", "c-1", REGISTERED))

    (sealed,) = rows(clean, "SELECT key_id, private_enc FROM encounter")
    stays = house.vault.open_json(PRIVATE, *sealed)["stays"]
    assert [(stay["unit"], stay["since"]) for stay in stays] == [
        ("EC", "2026-03-01T18:16:00+00:00"),
        ("WARD B", "2026-03-02T07:00:00+00:00"),
    ]


def test_a_cancelled_discharge_reopens_the_visit_and_forgets_the_leaving(house: House, clean: Engine) -> None:
    left = adt("A03", "c-2", LEFT, pv1={36: "20", 45: LEFT})
    take_in(house, adt("A04", "c-1", REGISTERED), left)
    query = "SELECT closed, left_at IS NULL, disposition, died FROM encounter"
    assert rows(clean, query) == [(True, False, "20", True)]

    take_in(house, adt("A13", "c-3", LATER, pv1={36: "20", 45: LEFT}))
    assert rows(clean, query) == [(False, True, None, None)]

    take_in(house, adt("A03", "c-4", LATEST, pv1={36: "01"}))
    assert rows(clean, query) == [(True, False, "01", None)]


def test_a_death_taken_back_leaves_the_report_and_asks_a_person_to_look(house: House, clean: Engine) -> None:
    conflict = "SELECT reason, resolved_at IS NULL FROM case_conflict"
    died = adt("A03", "c-4", LATER, pv1={36: "20", 45: LEFT})
    take_in(house, coded(), died)
    assert rows(clean, CASES) == [("referral_ready", False)]
    assert rows(clean, conflict) == []

    take_in(house, adt("A08", "c-5", LATEST, pv1={36: "01"}))
    take_in(house, adt("A08", "c-6", LATEST, pv1={36: "01"}))
    assert rows(clean, "SELECT died FROM encounter") == [(None,)]
    assert rows(clean, CASES) == [("referral_ready", False)]
    assert rows(clean, conflict) == [("ground_fell_away", True)]
    assert one(clean, "SELECT count(*) FROM ledger_entry WHERE kind = 'conflict'") == 1

    take_in(house, adt("A08", "c-7", "20260302110000", pv1={36: "20"}))
    assert rows(clean, conflict) == [("ground_fell_away", False)]
    sealing.seal(house)
    assert list(sealing.verify(house)) == []


# --- cancelled (A11) --------------------------------------------------------------------------------


def test_a_cancelled_visit_voids_its_incident_and_its_case_and_asks_for_nothing(
    house: House, clean: Engine
) -> None:
    take_in(house, adt("A04", "c-1", REGISTERED), coded())
    take_in(house, adt("A11", "c-9", LATER))

    assert rows(clean, CASES) == [("voided", True)]
    assert one(clean, "SELECT details ->> 'reason' FROM stage_transition WHERE transition = 'void'") == (
        "visit_cancelled"
    )
    assert rows(clean, "SELECT violence, codes FROM encounter") == [("unknown", [])]
    assert rows(clean, "SELECT 1 FROM quality_item WHERE closed_at IS NULL") == []
    assert list(sealing.verify(house)) == []


def test_a_visit_cancelled_before_it_is_known_never_opens_a_case(house: House, clean: Engine) -> None:
    take_in(house, adt("A11", "c-9", LATER))
    take_in(house, coded())
    take_in(house, adt("A04", "c-1", REGISTERED))

    assert rows(clean, CASES) == []
    assert one(clean, "SELECT cancelled FROM encounter_story")


def test_a_case_ready_to_refer_is_voided_too(house: House, clean: Engine) -> None:
    take_in(house, coded())
    ref = one(clean, 'SELECT ref FROM "case"')
    casework.move(house, ref, "basis_recorded", LIAISON, {"disclosure_basis": "consent_written"})

    take_in(house, adt("A11", "c-9", LATER))

    assert rows(clean, CASES) == [("voided", True)]


def test_a_cancelled_visit_that_is_registered_anew_counts_again(house: House, clean: Engine) -> None:
    take_in(house, coded())
    take_in(house, adt("A11", "c-9", LATER))
    take_in(house, adt("A04", "c-10", LATEST))

    assert rows(clean, CASES) == [("awaiting_basis", False)]
    assert list(sealing.verify(house)) == []


def test_what_a_feed_may_not_take_back_is_flagged_until_the_hospital_agrees_again(
    house: House, clean: Engine
) -> None:
    conflict = "SELECT reason, resolved_at IS NULL FROM case_conflict"
    take_in(house, coded())
    ref = one(clean, 'SELECT ref FROM "case"')
    casework.move(house, ref, "basis_recorded", LIAISON, {"disclosure_basis": "s110"})

    take_in(house, adt("A08", "c-4", LATER, codes=["W34.0"]))
    take_in(house, adt("A08", "c-5", LATER, codes=["W34.0"]))
    assert rows(clean, CASES) == [("referral_ready", False)]
    assert rows(clean, conflict) == [("code_taken_back", True)]
    assert one(clean, "SELECT count(*) FROM ledger_entry WHERE kind = 'conflict'") == 1

    take_in(house, coded("c-6", at=LATEST))
    assert rows(clean, conflict) == [("code_taken_back", False)]
    assert rows(clean, CASES) == [("referral_ready", False)]
    sealing.seal(house)
    assert list(sealing.verify(house)) == []


# --- the person (A31) -------------------------------------------------------------------------------


def test_an_update_of_the_person_makes_no_visit_and_mends_every_visits_age(
    house: House, clean: Engine
) -> None:
    take_in(house, adt("A31", "c-2", LATER, visit="V9", pid={7: "20120101", 8: "F"}))
    assert rows(clean, "SELECT 1 FROM encounter") == []
    assert one(clean, "SELECT sex FROM patient") == "F"

    take_in(house, adt("A04", "c-1", REGISTERED, pid={7: "19900101"}))
    assert rows(clean, "SELECT age_years, sex FROM encounter") == [(14, "F")]

    take_in(house, adt("A31", "c-3", LATEST, pid={7: "20150101"}))
    assert rows(clean, "SELECT age_years FROM encounter") == [(11,)]
    assert one(clean, "SELECT count(*) FROM encounter") == 1


# --- merged (A40) -----------------------------------------------------------------------------------


def test_one_visit_sent_under_two_numbers_ends_as_one_case_whatever_the_order(
    house: House, clean: Engine
) -> None:
    story = [coded("c-1", folder="F1"), coded("c-2", folder="F2"), merge("c-3", "F1", "F2")]
    for number, order in enumerate(permutations(range(3))):
        for place in order:
            take_in(
                house, story[place].replace(b"F1^", b"F1-%d^" % number).replace(b"F2^", b"F2-%d^" % number)
            )
        assert len(live_cases(clean)) == number + 1, order

    assert set(live_cases(clean)) == {"awaiting_basis"}
    assert patients(house, clean) == [[f"F1-{n}", f"F2-{n}"] for n in range(6)]
    assert len(rows(clean, STANDING)) == 6
    linked = "SELECT DISTINCT details ->> 'reason', details ? 'other_case' FROM stage_transition WHERE transition = 'void'"
    assert rows(clean, linked) == [("visits_joined", True)]
    assert list(sealing.verify(house)) == []


def test_the_case_on_which_people_worked_is_the_one_that_goes_on(house: House, clean: Engine) -> None:
    take_in(house, coded("c-1", folder="F1"), coded("c-2", folder="F2"))
    first, second = (row[0] for row in rows(clean, 'SELECT ref FROM "case" ORDER BY id'))
    casework.move(house, second, "basis_recorded", LIAISON, {"disclosure_basis": "s110"})

    take_in(house, merge("c-3", "F2", "F1"))

    assert rows(clean, CASES) == [("voided", True), ("referral_ready", False)]
    assert (
        one(clean, "SELECT details ->> 'other_case' FROM stage_transition WHERE transition = 'void'")
        == second
    )
    assert first != second


def test_two_visits_of_merged_patients_stay_two(house: House, clean: Engine) -> None:
    take_in(house, coded("c-1", folder="F1", visit="V1"), coded("c-2", folder="F2", visit="V2"))
    take_in(house, merge("c-3", "F1", "F2"))

    assert live_cases(clean) == ["awaiting_basis"] * 2
    assert one(clean, "SELECT count(DISTINCT patient_id) FROM encounter") == 1
    assert one(clean, "SELECT count(DISTINCT patient_id) FROM incident_patient") == 1


def test_visits_without_numbers_of_one_day_become_one_when_their_patients_do(
    house: House, clean: Engine
) -> None:
    take_in(house, coded("c-1", folder="F1", visit=""), coded("c-2", folder="F2", visit=""))
    assert len(live_cases(clean)) == 2

    take_in(house, merge("c-3", "F1", "F2"))

    assert live_cases(clean) == ["awaiting_basis"]


def test_a_chain_of_merges_is_one_patient_whatever_the_order(house: House, clean: Engine) -> None:
    links = [("A", "B"), ("B", "C"), ("C", "D")]
    for number, order in enumerate(permutations(range(3))):
        for place in order:
            prior, into = (f"{name}{number}" for name in links[place])
            take_in(
                house, merge(f"m-{number}-{place}", prior, into), coded(f"c-{number}-{place}", folder=prior)
            )

    assert patients(house, clean) == [[f"{name}{number}" for name in "ABCD"] for number in range(6)]
    assert live_cases(clean) == ["awaiting_basis"] * 6


def test_a_doubled_merge_changes_nothing(house: House, clean: Engine) -> None:
    take_in(house, coded("c-1", folder="F1"), merge("c-3", "F1", "F2"))
    before = dump(clean)
    take_in(house, merge("c-3", "F1", "F2"))
    assert dump(clean) == before

    take_in(house, merge("c-4", "F1", "F2"))
    assert live_cases(clean) == ["awaiting_basis"]
    assert patients(house, clean) == [["F1", "F2"]]


def test_messages_under_the_old_number_still_reach_the_visit_after_the_merge(
    house: House, clean: Engine
) -> None:
    take_in(house, adt("A04", "c-1", REGISTERED, folder="F1"), merge("c-2", "F1", "F2"))
    take_in(house, coded("c-3", folder="F1"))
    take_in(house, adt("A03", "c-4", LEFT, folder="F2"))

    assert rows(clean, "SELECT closed, violence FROM encounter") == [(True, "yes")]
    assert live_cases(clean) == ["awaiting_basis"]


def test_a_merge_that_names_no_number_and_a_file_of_several_patients_are_parked(
    house: House, clean: Engine
) -> None:
    several = oru("c-2", TRIAGED, {"SATS": "Red"}) + b"PID|2||F2^^^KH^MR\rOBX|1|ST|SATS||Green||||||F\r"
    take_in(house, adt("A40", "c-1", LATER), several)

    query = "SELECT state, reason FROM inbound_message ORDER BY id"
    assert rows(clean, query) == [("parked", "no_prior_number"), ("parked", "several_patients")]
    assert rows(clean, "SELECT 1 FROM patient") == []


def test_four_workers_that_merge_and_tell_at_once_end_with_one_patient_and_one_case(
    house: House, clean: Engine
) -> None:
    names = [f"F{number}" for number in range(6)]
    raws = [coded(f"c-{name}", folder=name) for name in names]
    raws += [merge(f"m-{place}", prior, into) for place, (prior, into) in enumerate(pairwise(names))]
    receive(house, *raws)
    ids = work.lease_messages(house, ALL)
    begin, failed = Barrier(4), []

    def worker(share: list[int]) -> None:
        begin.wait()
        try:
            for one_id in share:
                intake.process(house, [one_id])
        except BaseException as fault:  # noqa: BLE001 - shown by the assertion below
            failed.append(fault)

    threads = [Thread(target=worker, args=(ids[place::4],)) for place in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    intake.process(house, ids)  # what was overtaken too often, as the next lease would

    assert failed == []
    assert rows(clean, "SELECT DISTINCT state FROM inbound_message") == [("accepted",)]
    assert patients(house, clean) == [names]
    assert live_cases(clean) == ["awaiting_basis"]
    sealing.seal(house)
    assert list(sealing.verify(house)) == []


# --- visits with and without their number ------------------------------------------------------------


@pytest.mark.parametrize("numbers", [("V1", "", "V1"), ("", "V1", ""), ("", "", "V1"), ("V1", "", "")])
def test_a_visit_whose_number_comes_and_goes_is_one(
    numbers: tuple[str, str, str], house: House, clean: Engine
) -> None:
    first, second, third = numbers
    story = [
        adt("A04", "c-1", REGISTERED, visit=first),
        coded("c-2", visit=second),
        adt("A03", "c-3", LEFT, visit=third),
        oru("c-4", TRIAGED, {"SATS": "Red"}, visit=""),
    ]
    orders = list(permutations(range(4)))[::4]  # each message comes first, and each last
    for number, order in enumerate(orders):
        for place in order:
            take_in(house, story[place].replace(b"F1^", b"F1-%d^" % number))

    assert live_cases(clean) == ["awaiting_basis"] * len(orders)
    query = STANDING.replace("SELECT e.id", "SELECT DISTINCT e.closed, e.sats_colour, e.violence, count(*)")
    assert rows(clean, query + " GROUP BY 1, 2, 3") == [(True, "red", "yes", len(orders))]


def test_a_message_without_a_number_joins_neither_of_two_visits_of_its_day(
    house: House, clean: Engine
) -> None:
    take_in(house, coded("c-1", visit="V1"), coded("c-2", visit=""))
    assert len(rows(clean, STANDING)) == 1

    take_in(house, adt("A04", "c-3", REGISTERED, visit="V2"))
    assert len(rows(clean, STANDING)) == 3
    assert len(live_cases(clean)) == 2


def test_an_observation_goes_to_the_visit_that_had_last_begun(house: House, clean: Engine) -> None:
    take_in(
        house,
        oru("c-4", TRIAGED, {"SATS": "Red"}, visit=""),
        oru("c-5", "20260310120000", {"SATS": "Green"}, visit=""),
        adt("A04", "c-1", REGISTERED, visit="V1"),
        adt("A04", "c-2", "20260310080000", visit="V2", pv1={44: "20260310080000"}),
        adt("A04", "c-3", "20260401080000", visit="V3", pv1={44: "20260401080000"}),
    )

    query = STANDING.replace("SELECT e.id", "SELECT e.sats_colour") + " ORDER BY e.arrived_at"
    assert [row[0] for row in rows(clean, query)] == ["red", "green", None]


# --- the senders' own words --------------------------------------------------------------------------


def test_a_local_code_of_the_accident_opens_a_case_where_a_line_maps_it(house: House, clean: Engine) -> None:
    sender = Sender("kh", "", frozenset({"PAS"}), {}, codes={"stab": "X99.4"})
    raw = adt("A08", "c-1", CODED, accident={1: ARRIVED, 2: "STAB^Stab^L", 8: "X95.4 shot"})

    take_in(house, raw)
    assert live_cases(clean) == []
    take_in(replace(house, senders=(sender,)), raw.replace(b"c-1", b"c-2"))
    assert rows(clean, "SELECT mechanism FROM incident WHERE voided_at IS NULL") == [("sharp",)]
