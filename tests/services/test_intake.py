"""From bytes to answers, and from stored bytes to encounters, incidents and cases."""

import random
from dataclasses import replace
from itertools import permutations
from threading import Barrier, Thread

import psycopg
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from hectis_flow.feeds.mllp import Arrival
from hectis_flow.services import answers, inbox, intake, sealing, work
from hectis_flow.services.house import House, Sender
from hectis_flow.storage.vault import IDENTITY, PRIVATE, Vault
from tests.segments import (
    CODED,
    FACILITY,
    LEFT,
    REGISTERED,
    TRIAGED,
    adt,
    answer_of,
    header,
    message,
    oru,
)
from tests.tables import ALL, PEER, dump, one, receive, rows, take_in, work_off

STABBED = "X99.4"
STATES = "SELECT control_id, state, reason FROM inbound_message ORDER BY id"


def stabbing(number: int = 1, *, prefix: str = "") -> list[bytes]:
    """The four messages of one visit after a stabbing, in the order they happened."""
    folder, visit = f"{prefix}F{number}", f"{prefix}V{number}"
    return [
        adt("A04", f"{prefix}{number}-1", REGISTERED, folder=folder, visit=visit),
        oru(f"{prefix}{number}-2", TRIAGED, {"SATS": "Orange", "TEWS": "5"}, folder=folder, visit=visit),
        adt(
            "A08",
            f"{prefix}{number}-3",
            CODED,
            folder=folder,
            visit=visit,
            codes=["S21.1", STABBED],
            accident={1: "20260301193000", 3: "behind the tavern", 10: "N"},
        ),
        adt("A03", f"{prefix}{number}-4", LEFT, folder=folder, visit=visit, pv1={36: "01", 45: LEFT}),
    ]


# --- stored before answered ------------------------------------------------------------------------


def test_a_message_is_committed_when_its_answer_is_given(house: House, clean: Engine) -> None:
    (answer,) = receive(house, adt("A04", "c-1", REGISTERED))

    assert answer_of(answer) == ("AA", "c-1")
    assert rows(clean, STATES) == [("c-1", "received", None)]


def test_nobody_is_answered_and_nothing_kept_when_the_database_refuses(house: House, clean: Engine) -> None:
    first, second = adt("A04", "c-1", REGISTERED), adt("A04", "c-2", REGISTERED)
    with clean.begin() as connection:
        connection.execute(
            text("ALTER TABLE inbound_message ADD CONSTRAINT provoked CHECK (control_id <> 'c-2') NOT VALID")
        )
    try:
        with pytest.raises(psycopg.errors.CheckViolation):
            receive(house, first, second)
    finally:
        with clean.begin() as connection:
            connection.execute(text("ALTER TABLE inbound_message DROP CONSTRAINT provoked"))

    assert rows(clean, STATES) == []
    assert answer_of(answers.storage_failed(Arrival(PEER, first))) == ("AE", "c-1")
    assert [answer_of(answer)[0] for answer in receive(house, first, second)] == ["AA", "AA"]


def test_a_batch_of_many_senders_keeps_its_order_of_answers(house: House, clean: Engine) -> None:
    raws = [
        adt("A04", f"c-{number}", REGISTERED, folder=f"F{number}", msh={3: f"APP{number % 7}"})
        for number in range(60)
    ]
    raws[17] = b"nothing of the kind"

    said = receive(house, *raws)

    assert [answer_of(answer)[1] for answer in said[:17]] == [f"c-{number}" for number in range(17)]
    assert [answer_of(answer)[1] for answer in said[18:]] == [f"c-{number}" for number in range(18, 60)]
    assert answer_of(said[17])[0] == "AR"
    assert one(clean, "SELECT count(*) FROM inbound_message") == 59


# --- resends ---------------------------------------------------------------------------------------


def test_a_resend_gets_the_same_bytes_and_changes_no_row(house: House, clean: Engine) -> None:
    raws = [*stabbing(), adt("A28", "c-5", CODED), b"no header at all"]
    first = receive(house, *raws)
    assert receive(house, *raws)[:-1] == first[:-1]
    work_off(house)
    sealing.seal(house)
    before = dump(clean)

    again = receive(house, *raws)
    work_off(house)
    sealing.seal(house)

    assert again[:-1] == first[:-1]
    assert dump(clean) == before


def test_the_same_message_twice_in_one_batch_is_kept_once(house: House, clean: Engine) -> None:
    raw = adt("A04", "c-1", REGISTERED)

    first, second, third = receive(house, raw, raw, adt("A04", "c-2", REGISTERED))

    assert first == second != third
    assert rows(clean, STATES) == [("c-1", "received", None), ("c-2", "received", None)]


def test_a_resend_among_new_messages_finds_its_own_answer(house: House, clean: Engine) -> None:
    old = adt("A04", "c-1", REGISTERED)
    (first,) = receive(house, old)

    said = receive(house, adt("A04", "c-2", REGISTERED, folder="F2"), old, b"PID|1")

    assert said[1] == first
    assert one(clean, "SELECT count(*) FROM inbound_message") == 2


def test_a_control_id_used_again_for_other_bytes_is_a_new_message_and_flagged(
    house: House, clean: Engine
) -> None:
    first = receive(house, adt("A04", "c-1", REGISTERED, folder="F1"))
    second = receive(house, adt("A04", "c-1", REGISTERED, folder="F2", visit="V2"))
    receive(house, adt("A04", "c-1", REGISTERED, folder="F3", visit="V3", msh={3: "OTHER"}))
    work_off(house)

    assert first != second
    query = "SELECT source_app, state, control_id_reused FROM inbound_message ORDER BY id"
    assert rows(clean, query) == [
        ("PAS", "accepted", False),
        ("PAS", "accepted", True),
        ("OTHER", "accepted", False),
    ]
    assert one(clean, "SELECT count(*) FROM encounter") == 3


# --- refused ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "code", "reason"),
    [
        (b"PID|1||SECRET9^^^KH^MR\rPV1|1|E\r", "AR", "no_msh"),
        (b"", "AR", "no_msh"),
        (adt("A04", "", REGISTERED, folder="SECRET9"), "AE", "no_control_id"),
        (adt("A04", "c-1", REGISTERED, folder="SECRET9", msh={11: "X"}), "AR", "unsupported_processing_id"),
        (adt("A04", "c-1", REGISTERED, folder="SECRET9", msh={12: "3.0"}), "AR", "unsupported_version"),
    ],
)
def test_a_refused_message_leaves_a_digest_and_a_reason_and_nothing_else(
    raw: bytes, code: str, reason: str, house: House, clean: Engine
) -> None:
    (answer,) = receive(house, raw)
    receive(house, raw)

    assert answer_of(answer)[0] == code
    query = "SELECT reason, peer, size, octet_length(digest) FROM message_refusal"
    assert rows(clean, query) == [(reason, PEER, len(raw), 32)]
    assert "SECRET9" not in str(dump(clean))
    assert [row[:3] for row in inbox.summary(house)] == [("refused", reason, 1)]
    assert inbox.meaning(reason)


def test_a_sender_with_a_certificate_speaks_only_for_its_own_facilities(house: House, clean: Engine) -> None:
    engine_of_mph = Sender("mph", "mph-engine", frozenset({"PAS"}), {"MPH": "mitchells-plain-hospital"})
    guarded = replace(house, senders=(engine_of_mph,))
    own = adt("A04", "c-1", REGISTERED, codes=[STABBED], msh={4: "MPH"})
    foreign = adt("A04", "c-2", REGISTERED, msh={4: FACILITY})
    other_app = adt("A04", "c-3", REGISTERED, msh={3: "LAB", 4: "MPH"})

    said = receive(guarded, own, foreign, other_app, client="mph-engine")
    stranger = receive(guarded, adt("A04", "c-4", REGISTERED, msh={4: "MPH"}), client="somebody")
    work_off(guarded)

    assert [answer_of(answer)[0] for answer in (*said, *stranger)] == ["AA", "AR", "AR", "AR"]
    assert rows(clean, "SELECT DISTINCT reason FROM message_refusal") == [("sender_not_allowed",)]
    query = 'SELECT o.code FROM "case" c JOIN office o ON o.id = c.owner_office_id'
    assert one(clean, query) == "mitchells-plain-hospital"
    assert one(clean, "SELECT peer FROM inbound_message") == "mph-engine"


@pytest.mark.target("R12")
def test_a_header_too_long_to_be_kept_is_refused_and_fails_nobody_else(house: House, clean: Engine) -> None:
    chance = random.Random(1)  # noqa: S311  (only letters that do not compress)
    wide = ["".join(chr(chance.randrange(0x20000, 0x2A000)) for _ in range(255)) for _ in range(3)]
    poison = message(header("ADT", "A04", wide[2], REGISTERED, {3: wide[0], 4: wide[1]}))
    longest = adt("A04", "c" * 199, REGISTERED, msh={3: "a" * 227, 4: "f" * 227})

    said = receive(house, longest, poison, adt("A04", "c-2", REGISTERED))

    assert [answer_of(answer)[0] for answer in said] == ["AA", "AE", "AA"]
    assert [row[1] for row in inbox.summary(house)] == ["", "header_too_long"]


# --- ignored and parked ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "state", "reason"),
    [
        (adt("A28", "c-1", REGISTERED), "ignored", "event_not_supported"),
        (message(header("SIU", "S12", "c-1", REGISTERED)), "ignored", "type_not_supported"),
        (adt("A04", "c-1", REGISTERED, folder=""), "parked", "no_patient_number"),
    ],
)
def test_what_is_not_used_or_not_understood_is_accepted_and_kept_with_its_reason(
    raw: bytes, state: str, reason: str, house: House, clean: Engine
) -> None:
    (answer,) = receive(house, raw)
    tally = intake.process(house, work.lease_messages(house, ALL))

    assert answer_of(answer) == ("AA", "c-1")
    assert tally == {state: 1}
    assert rows(clean, STATES) == [("c-1", state, reason)]
    assert one(clean, "SELECT done_at IS NOT NULL AND lease_until IS NULL FROM inbound_message")
    # Whoever looks after the feed of this facility has to see it.
    facility = "SELECT o.code FROM inbound_message m JOIN office o ON o.id = m.facility_id"
    assert one(clean, facility) == "khayelitsha-hospital"
    assert inbox.meaning(reason)


def test_replaying_lets_parked_and_ignored_messages_be_worked_again_and_no_others(
    house: House, clean: Engine
) -> None:
    take_in(house, adt("A28", "c-1", REGISTERED), adt("A04", "c-2", REGISTERED, folder=""))
    take_in(house, *stabbing())
    before = dump(clean)
    ids = [row[0] for row in rows(clean, "SELECT id FROM inbound_message")]

    assert inbox.replay(house, [*ids, 999]) == 2
    assert one(clean, "SELECT count(*) FROM inbound_message WHERE done_at IS NULL AND attempts = 0") == 2

    work_off(house)
    after = dump(clean)
    changed = {name for name in before if before[name] != after[name]}
    assert changed <= {"inbound_message", "parked_message"}
    assert [row[1] for row in rows(clean, STATES)].count("ignored") == 1


# --- one visit, one case ---------------------------------------------------------------------------


def told(house: House, engine: Engine, prefix: str) -> dict[str, object]:
    """Everything that is known of the visit whose messages carry this prefix, numbers of rows aside."""
    visits = rows(
        engine,
        """
        SELECT DISTINCT e.*, p.sex AS patient_sex, p.last_recorded_at AS patient_recorded_at,
               p.key_id AS patient_key, p.identity_enc
        FROM encounter e JOIN patient p ON p.id = e.patient_id
        JOIN inbound_message m ON m.encounter_id = e.id WHERE m.control_id LIKE :prefix
        """,
        prefix=f"{prefix}%",
    )
    assert len(visits) == 1
    visit = visits[0]._mapping
    private = house.vault.open_json(PRIVATE, visit["key_id"], visit["private_enc"])
    identity = house.vault.open_json(IDENTITY, visit["patient_key"], visit["identity_enc"])
    assert private.pop("visit_number").startswith(prefix[0])
    assert identity.pop("numbers")[0]["value"].startswith(prefix[0])
    own = {"id", "created_at", "updated_at", "patient_id", "visit_blind", "private_enc", "identity_enc"}
    incidents = rows(
        engine,
        """
        SELECT i.*, c.stage, c.phase, c.version, o.code AS owner, c.ledger_seq, p.patient_role
        FROM incident_patient p JOIN incident i ON i.id = p.incident_id
        LEFT JOIN "case" c ON c.incident_id = i.id LEFT JOIN office o ON o.id = c.owner_office_id
        WHERE p.encounter_id = :id
        """,
        id=visit["id"],
    )
    history = rows(
        engine,
        """
        SELECT t.version, t.transition, t.actor_role, l.seq, o.event FROM incident_patient p
        JOIN "case" c ON c.incident_id = p.incident_id JOIN stage_transition t ON t.case_id = c.id
        JOIN ledger_entry l ON l.case_id = c.id AND l.seq = t.version JOIN outbox o ON o.subject_id = t.id
        WHERE p.encounter_id = :id ORDER BY t.version
        """,
        id=visit["id"],
    )
    open_items = "SELECT code FROM quality_item WHERE encounter_id = :id AND closed_at IS NULL ORDER BY code"
    return {
        "encounter": {name: value for name, value in visit.items() if name not in own},
        "private": private,
        "identity": identity,
        "incidents": [
            {name: value for name, value in row._mapping.items() if name not in own} for row in incidents
        ],
        "history": history,
        "quality": rows(engine, open_items, id=visit["id"]),
        "messages": rows(
            engine,
            "SELECT right(control_id, 1), state FROM inbound_message WHERE encounter_id = :id ORDER BY 1",
            id=visit["id"],
        ),
    }


def test_whatever_order_and_however_often_its_messages_come_a_visit_ends_in_the_same_rows(
    house: House, clean: Engine
) -> None:
    prefixes = []
    for number, order in enumerate(permutations(range(4))):
        alone, together = f"A{number:02}", f"T{number:02}"
        prefixes += [alone, together]
        for place in order:
            take_in(house, stabbing(prefix=alone)[place])
        shuffled = [stabbing(prefix=together)[place] for place in order]
        take_in(house, *shuffled, shuffled[0])

    ends = [told(house, clean, prefix) for prefix in prefixes]
    assert [end for end in ends if end != ends[0]] == []
    assert len(ends[0]["incidents"]) == 1
    assert one(clean, 'SELECT count(*) FROM "case"') == len(prefixes)

    before = dump(clean)
    for prefix in prefixes:
        take_in(house, *reversed(stabbing(prefix=prefix)))
    assert dump(clean) == before


def test_a_stabbing_opens_one_case_that_waits_for_a_legal_basis(house: House, clean: Engine) -> None:
    for raw in stabbing(prefix="A"):
        take_in(house, raw)

    visit = told(house, clean, "A1")
    (incident,) = visit["incidents"]
    assert (incident["intent"], incident["mechanism"], incident["weapon_class"]) == (
        "assault",
        "sharp",
        "sharp",
    )
    assert (incident["place_type"], incident["time_basis"]) == ("street", "assault")
    assert (incident["location_basis"], incident["precinct_basis"]) == ("incident", "unresolved")
    assert (incident["stage"], incident["version"], incident["phase"]) == ("awaiting_basis", 3, "hospital")
    assert incident["owner"] == "khayelitsha-hospital"
    assert incident["patient_role"] == "unknown"
    assert visit["history"] == [
        (1, "open", "feed", 1, "case.opened"),
        (2, "classify", "feed", 2, "case.stage_entered"),
        (3, "await_basis", "rule", 3, "case.stage_entered"),
    ]
    encounter = visit["encounter"]
    assert (encounter["sats_colour"], encounter["tews"], encounter["age_years"]) == ("orange", 5, 36)
    assert encounter["closed"]
    assert encounter["police_notified"] is False
    assert encounter["codes"] == [STABBED, "S21.1"]
    assert one(clean, 'SELECT ref FROM "case"').startswith("WC-")


@pytest.mark.parametrize(
    ("code", "intents", "quality"),
    [
        ("Y35.0", ["legal_intervention"], []),
        ("Y24.9", ["undetermined"], []),
        ("W34.0", [], []),
        ("Y87.1", [], []),
        ("Y89.0", [], []),
        ("X78.4", [], []),
        ("X99.4XXA", [], ["refused_code_cm"]),
        ("S21.1", [], ["injury_without_cause"]),
    ],
)
def test_a_code_that_is_no_assault_opens_no_case(
    code: str, intents: list[str], quality: list[str], house: House, clean: Engine
) -> None:
    take_in(house, adt("A04", "c-1", REGISTERED), adt("A08", "c-2", CODED, codes=[code]))

    assert rows(clean, 'SELECT ref FROM "case"') == []
    assert [row[0] for row in rows(clean, "SELECT intent FROM incident")] == intents
    found = [row[0] for row in rows(clean, "SELECT code FROM quality_item ORDER BY id")]
    assert set(quality) <= set(found)
    assert found == quality or intents
    assert one(clean, "SELECT count(*) FROM inbound_message WHERE state = 'accepted'") == 2


def test_a_code_taken_back_voids_the_incident_and_closes_its_case(house: House, clean: Engine) -> None:
    take_in(house, *stabbing()[:3])
    take_in(house, adt("A08", "1-5", "20260301220000", folder="F1", visit="V1", codes=['""']))

    query = 'SELECT i.voided_at IS NOT NULL, c.stage FROM incident i JOIN "case" c ON c.incident_id = i.id'
    assert rows(clean, query) == [(True, "closed_no_violence")]
    reason = "SELECT details ->> 'reason' FROM stage_transition ORDER BY version DESC LIMIT 1"
    assert one(clean, reason) == "code_taken_back"
    assert one(clean, "SELECT violence FROM encounter") == "unknown"


def test_a_code_that_comes_back_reopens_the_same_case(house: House, clean: Engine) -> None:
    take_in(house, *stabbing()[:3])
    take_in(house, adt("A08", "1-5", "20260301220000", codes=["W34.0"]))
    take_in(house, adt("A08", "1-6", "20260301223000", codes=["X95.4"]))

    query = 'SELECT i.voided_at, i.mechanism, c.stage, c.version FROM incident i, "case" c'
    assert rows(clean, query) == [(None, "firearm", "awaiting_basis", 6)]
    assert list(sealing.verify(house)) == []


def test_an_assault_that_turns_out_undetermined_keeps_its_incident_and_closes_its_case(
    house: House, clean: Engine
) -> None:
    take_in(house, *stabbing()[:3])
    take_in(house, adt("A08", "1-5", "20260301220000", codes=["Y28.4"]))

    query = 'SELECT i.voided_at, i.intent, c.stage FROM incident i, "case" c'
    assert rows(clean, query) == [(None, "undetermined", "closed_no_violence")]


def test_a_late_old_message_does_not_take_a_newer_code_back(house: House, clean: Engine) -> None:
    take_in(house, *stabbing()[:3])
    take_in(house, adt("A08", "1-0", "20260301203000", codes=["W34.0"]))

    assert one(clean, 'SELECT stage FROM "case"') == "awaiting_basis"
    assert one(clean, "SELECT codes[1] FROM encounter") == STABBED


def test_a_missing_cause_is_an_item_for_the_facility_until_it_is_sent(house: House, clean: Engine) -> None:
    items = "SELECT closed_at IS NOT NULL FROM quality_item WHERE code = 'injury_without_cause'"
    take_in(house, adt("A08", "c-1", CODED, codes=["S21.1"]))
    assert rows(clean, items) == [(False,)]
    assert one(clean, "SELECT violence FROM encounter") == "unknown"

    take_in(house, adt("A08", "c-2", "20260301220000", codes=["S21.1", STABBED]))
    assert rows(clean, items) == [(True,)]

    take_in(house, adt("A08", "c-3", "20260301223000", codes=["S21.1"]))
    assert rows(clean, items) == [(False,)]
    assert one(clean, 'SELECT stage FROM "case"') == "closed_no_violence"


@pytest.mark.parametrize(
    ("said", "owner", "facility"),
    [
        ("Khayelitsha Hospital", "khayelitsha-hospital", True),
        ("khayelitsha-hospital", "khayelitsha-hospital", True),
        ("KHAYELITSHA  HOSPITAL", "khayelitsha-hospital", True),
        ("A house nobody knows", "wc-health-data", False),
        ("", "wc-health-data", False),
    ],
)
def test_a_case_belongs_to_the_facility_that_is_named_else_to_the_provincial_office(
    said: str, owner: str, facility: bool, house: House, clean: Engine
) -> None:
    take_in(house, adt("A08", "c-1", CODED, codes=[STABBED], msh={4: said}))

    query = """
        SELECT o.code, c.facility_id IS NOT NULL, i.facility_id IS NOT NULL, m.facility_id IS NOT NULL
        FROM "case" c JOIN office o ON o.id = c.owner_office_id, incident i, inbound_message m
    """
    assert rows(clean, query) == [(owner, facility, facility, facility)]


def test_two_systems_that_name_no_facility_do_not_share_their_patients(house: House, clean: Engine) -> None:
    for app in ("ONE", "TWO"):
        take_in(house, adt("A04", f"c-{app}", REGISTERED, folder="F1", msh={3: app, 4: ""}))

    assert one(clean, "SELECT count(*) FROM patient") == 2


def test_two_visits_of_one_patient_are_two_encounters_and_two_cases(house: House, clean: Engine) -> None:
    take_in(
        house,
        adt("A08", "c-1", CODED, visit="V1", codes=[STABBED]),
        adt("A08", "c-2", CODED, visit="V2", codes=[STABBED]),
    )

    assert one(clean, "SELECT count(*) FROM patient") == 1
    assert one(clean, "SELECT count(*) FROM encounter") == 2
    assert one(clean, 'SELECT count(DISTINCT incident_id) FROM "case"') == 2


def test_the_millionth_case_has_a_number_of_its_own(house: House, clean: Engine) -> None:
    with clean.begin() as connection:
        connection.execute(text("SELECT setval('case_number', 100000, false)"))
    try:
        take_in(house, adt("A08", "c-1", CODED, folder="F1", codes=[STABBED]))
        with clean.begin() as connection:
            connection.execute(text("SELECT setval('case_number', 1000000, false)"))
        take_in(house, adt("A08", "c-2", CODED, folder="F2", codes=[STABBED]))
    finally:
        with clean.begin() as connection:
            connection.execute(text("SELECT setval('case_number', 1, false)"))

    numbers = [row[0].rpartition("-")[2] for row in rows(clean, 'SELECT ref FROM "case" ORDER BY id')]
    assert numbers == ["100000", "1000000"]


# --- many workers, broken visits, missing keys -----------------------------------------------------


def test_two_workers_with_overlapping_messages_open_one_case_a_visit(house: House, clean: Engine) -> None:
    visits = [stabbing(number) for number in range(8)]
    receive(house, *(raw for visit in visits for raw in visit))
    ids = work.lease_messages(house, ALL)
    begin = Barrier(4)
    failed: list[BaseException] = []

    def worker(order: list[int]) -> None:
        begin.wait()
        try:
            for start in range(0, len(order), 5):
                intake.process(house, order[start : start + 5])
        except BaseException as fault:  # noqa: BLE001 - shown by the assertion below
            failed.append(fault)

    orders = [ids, ids[::-1], ids[1::2] + ids[::2], ids[16:] + ids[:16]]
    threads = [Thread(target=worker, args=(order,)) for order in orders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failed == []
    assert rows(clean, "SELECT DISTINCT state FROM inbound_message") == [("accepted",)]
    query = 'SELECT count(*), count(DISTINCT incident_id), min(version), max(version) FROM "case"'
    assert rows(clean, query) == [(8, 8, 3, 3)]
    assert one(clean, "SELECT count(*) FROM patient") == 8
    assert list(sealing.verify(house)) == []


def age_leases(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE inbound_message SET lease_until = NULL WHERE done_at IS NULL"))


def damage(engine: Engine, control_id: str) -> None:
    with engine.begin() as connection:
        connection.execute(
            text(
                """
                UPDATE inbound_message SET raw_enc = set_byte(raw_enc, 20, 255 - get_byte(raw_enc, 20))
                WHERE control_id = :control_id
                """
            ),
            {"control_id": control_id},
        )


@pytest.mark.target("R12")
def test_a_message_that_does_not_open_leaves_the_others_done_and_is_parked_in_the_end(
    house: House, clean: Engine
) -> None:
    house = replace(house, lease_seconds=600.0)
    receive(house, *(adt("A08", f"c-{n}", CODED, folder=f"F{n}", codes=[STABBED]) for n in range(100)))
    damage(clean, "c-50")

    work_off(house)
    assert one(clean, 'SELECT count(*) FROM "case"') == 99
    assert rows(clean, "SELECT control_id FROM inbound_message WHERE done_at IS NULL") == [("c-50",)]

    for _ in range(house.max_attempts - 1):
        assert work.lease_messages(house, ALL) == []
        age_leases(clean)
        work_off(house)
    query = "SELECT control_id, reason, attempts FROM inbound_message WHERE state = 'parked'"
    assert rows(clean, query) == [("c-50", "cannot_be_opened", house.max_attempts)]


@pytest.mark.target("R12")
def test_a_visit_whose_earlier_message_was_damaged_holds_up_nobody(house: House, clean: Engine) -> None:
    take_in(house, *(raw for number in range(5) for raw in stabbing(number)[:2]))
    damage(clean, "3-2")
    receive(house, *(stabbing(number)[2] for number in range(5)))

    for _ in range(house.max_attempts):
        work_off(house)
        age_leases(clean)

    parked = "SELECT control_id, reason FROM inbound_message WHERE state = 'parked'"
    assert rows(clean, parked) == [("3-3", "cannot_be_opened")]
    assert one(clean, 'SELECT count(*) FROM "case"') == 4


REFUSING_TRIGGER = """
    CREATE FUNCTION refuse_one() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.sats_colour = 'blue' THEN {does} END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER refuse_one BEFORE INSERT OR UPDATE ON encounter FOR EACH ROW EXECUTE FUNCTION refuse_one();
"""


@pytest.mark.target("R12")
def test_a_visit_that_the_database_refuses_leaves_no_half_and_the_others_whole(
    house: House, clean: Engine, capfd: pytest.CaptureFixture[str]
) -> None:
    raws = [raw for number in range(6) for raw in stabbing(number)]
    raws[9] = oru("2-2", TRIAGED, {"SATS": "Blue"}, folder="F2", visit="V2")
    receive(house, *raws)
    with clean.begin() as connection:
        does = "RAISE EXCEPTION 'provoked' USING ERRCODE = 'unique_violation';"
        connection.execute(text(REFUSING_TRIGGER.format(does=does)))
    try:
        for _ in range(house.max_attempts):
            work_off(house)
            assert one(clean, 'SELECT count(*) FROM "case"') == 5
            assert one(clean, "SELECT count(*) FROM patient") == 5
            age_leases(clean)
    finally:
        with clean.begin() as connection:
            connection.execute(text("DROP TRIGGER refuse_one ON encounter; DROP FUNCTION refuse_one()"))

    parked = "SELECT control_id, reason FROM inbound_message WHERE state = 'parked' ORDER BY id"
    assert rows(clean, parked) == [(f"2-{part}", "processing_failed") for part in (1, 2, 3, 4)]

    ids = [row[0] for row in rows(clean, "SELECT id FROM inbound_message WHERE state = 'parked'")]
    inbox.replay(house, ids)
    work_off(house)
    assert one(clean, 'SELECT count(*) FROM "case"') == 6


def test_a_connection_lost_in_the_middle_loses_nothing_and_doubles_nothing(
    house: House, clean: Engine
) -> None:
    raws = [raw for number in range(4) for raw in stabbing(number)]
    raws[9] = oru("2-2", TRIAGED, {"SATS": "Blue"}, folder="F2", visit="V2")
    receive(house, *raws)
    with clean.begin() as connection:
        does = "PERFORM pg_terminate_backend(pg_backend_pid());"
        connection.execute(text(REFUSING_TRIGGER.format(does=does)))
    try:
        with pytest.raises(OperationalError):
            work_off(house)
    finally:
        with clean.begin() as connection:
            connection.execute(text("DROP TRIGGER refuse_one ON encounter; DROP FUNCTION refuse_one()"))

    assert rows(clean, "SELECT DISTINCT state FROM inbound_message") == [("received",)]
    assert one(clean, "SELECT count(*) FROM patient") == 0

    age_leases(clean)
    work_off(house)
    assert one(clean, 'SELECT count(*) FROM "case"') == 4


@pytest.mark.target("R12")
@pytest.mark.parametrize("far", ["99991231235959+0000", "99991231", "9999", "00010101", "99991231235959"])
def test_a_time_at_the_edge_of_the_calendar_holds_up_nobody(far: str, house: House, clean: Engine) -> None:
    take_in(
        house,
        adt("A08", "c-1", far, folder="F1", visit="", codes=[STABBED], pv1={44: far, 45: far}, pid={7: far}),
        adt("A08", "c-2", CODED, folder="F2", visit="", codes=[STABBED], accident={1: far}),
        adt("A08", "c-3", CODED, folder="F3", visit="", codes=[STABBED]),
    )

    assert [row[1] for row in rows(clean, STATES)] == ["accepted"] * 3
    assert one(clean, 'SELECT count(*) FROM "case"') == 3


def test_a_missing_data_key_loses_nothing(house: House, clean: Engine) -> None:
    away = replace(house, vault=Vault(({"k9": bytes(32)}, "k9", bytes(range(32, 64)))))
    receive(away, *stabbing())

    for _ in range(house.max_attempts):
        work_off(house)
        age_leases(clean)
    assert rows(clean, "SELECT DISTINCT state, reason FROM inbound_message") == [
        ("parked", "cannot_be_opened")
    ]

    both = Vault(({"k1": bytes(range(32)), "k9": bytes(32)}, "k1", bytes(range(32, 64))))
    ids = [row[0] for row in rows(clean, "SELECT id FROM inbound_message")]
    inbox.replay(house, ids)
    work_off(replace(house, vault=both))
    assert one(clean, 'SELECT stage FROM "case"') == "awaiting_basis"


def test_processing_the_same_messages_twice_changes_nothing(house: House, clean: Engine) -> None:
    receive(house, *stabbing(), adt("A28", "c-9", CODED))
    ids = work.lease_messages(house, ALL)
    assert intake.process(house, ids) == {"accepted": 4, "ignored": 1}
    before = dump(clean)

    assert intake.process(house, ids) == {}
    assert intake.process(house, []) == {}
    assert dump(clean) == before


def test_an_observation_that_names_no_visit_joins_the_latest_of_its_patient(
    house: House, clean: Engine
) -> None:
    take_in(
        house,
        oru("c-3", TRIAGED, {"SATS": "Red"}, visit=""),
        adt("A04", "c-1", REGISTERED, visit="V1"),
        adt("A04", "c-2", REGISTERED, visit="V0", pv1={44: "20250101"}),
    )

    assert rows(clean, "SELECT sats_colour FROM encounter ORDER BY arrived_at") == [(None,), ("red",)]


@pytest.mark.target("S9")
def test_a_sender_that_shifts_its_fields_puts_no_person_into_a_clear_column(
    house: House, clean: Engine
) -> None:
    shifted = {3: "KH^^^MR^7001018888~F1^^^KH^MR", 8: "Hiddenname^Firstname", 30: "Hiddenname"}
    stay = {2: "Hiddenname", 4: "Hiddenname", 36: "sent home to Hiddenname", 19: "7001018888"}
    take_in(house, adt("A08", "c-1", CODED, codes=[STABBED], pid=shifted, pv1=stay))

    query = "SELECT sex, patient_class, disposition FROM encounter"
    assert rows(clean, query) == [(None, None, None)]
    assert rows(clean, "SELECT DISTINCT kind FROM patient_number ORDER BY 1") == [
        ("MR",),
        ("folder",),
        ("unknown",),
    ]
    stored = str(dump(clean)).lower()
    assert "hidden" not in stored
    assert "7001018888" not in stored


# --- everybody in one statement --------------------------------------------------------------------


def calm(count: int, run: str) -> list[bytes]:
    """Visits without violence, each of a new patient."""
    return [
        raw
        for number in range(count)
        for folder, visit in [(f"{run}F{number}", f"{run}V{number}")]
        for raw in (
            adt("A04", f"{run}{number}-1", REGISTERED, folder=folder, visit=visit),
            adt("A08", f"{run}{number}-2", CODED, folder=folder, visit=visit, codes=["W34.0"]),
        )
    ]


def asked(house: House, monkeypatch: pytest.MonkeyPatch, *raws: bytes) -> int:
    """How many statements it takes to work these off in one job."""
    receive(house, *raws)
    ids, count = work.lease_messages(house, ALL), 0
    sent = psycopg.Connection.execute

    def counting(self: "psycopg.Connection", *args: object, **more: object) -> object:
        nonlocal count
        count += 1
        return sent(self, *args, **more)

    with monkeypatch.context() as patch:
        patch.setattr(psycopg.Connection, "execute", counting)
        intake.process(house, ids)
    return count


def test_a_job_asks_as_often_for_forty_calm_visits_as_for_one(
    house: House, clean: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = asked(house, monkeypatch, *calm(1, "A"))
    together = asked(house, monkeypatch, *calm(40, "B"))
    again = asked(
        house,
        monkeypatch,
        *(adt("A03", f"B{n}-3", LEFT, folder=f"BF{n}", visit=f"BV{n}") for n in range(40)),
    )

    assert 0 < together == alone
    assert again <= together
    assert one(clean, "SELECT count(*) FROM encounter") == 41
    assert one(clean, "SELECT count(*) FROM encounter WHERE closed") == 40


def test_visit_numbers_that_differ_in_case_alone_are_one_visit(house: House, clean: Engine) -> None:
    take_in(
        house,
        adt("A04", "c-1", REGISTERED, visit="v1"),
        adt("A08", "c-2", CODED, visit="V1", codes=[STABBED]),
        adt("A08", "c-3", CODED, visit="v1", codes=[STABBED]),
    )

    assert one(clean, "SELECT count(*) FROM encounter") == 1
    assert one(clean, "SELECT count(*) FROM incident") == 1
    assert one(clean, 'SELECT count(*) FROM "case"') == 1
    assert one(clean, "SELECT count(*) FROM inbound_message WHERE encounter_id IS NOT NULL") == 3


def test_what_is_said_of_a_visit_under_either_spelling_of_its_number_counts(
    house: House, clean: Engine
) -> None:
    take_in(
        house,
        adt("A04", "c-1", REGISTERED, visit="v 1"),
        adt("A08", "c-2", CODED, visit="V1", codes=[STABBED]),
    )
    take_in(house, adt("A03", "c-3", LEFT, visit="v1", pv1={36: "01", 45: LEFT}))

    assert rows(clean, "SELECT codes, closed FROM encounter") == [([STABBED], True)]
    assert one(clean, 'SELECT stage FROM "case"') == "awaiting_basis"
