"""What a station is sent of a case, on which ground, and what it then sees: never more."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from hectis_flow.domain.casework import Actor
from hectis_flow.domain.disclosure import DEIDENTIFIED, EVERY, STATION
from hectis_flow.domain.errors import NotAuthenticated, NotVisible
from hectis_flow.feeds.hl7v2_facts import LocalFields
from hectis_flow.services import casework, disclosure, sealing, tokens
from hectis_flow.services.disclosure import BasisRefused
from hectis_flow.services.house import House, Sender
from hectis_flow.services.reading import Asking
from hectis_flow.storage import cases
from hectis_flow.storage.vault import Vault, VaultFault
from tests.journeys.test_privacy import (
    everything_logged,
    everything_stored,
    planted,
    seen,
    visit,
)
from tests.segments import CODED, LEFT, TRIAGED, adt, oru, segment
from tests.tables import dump, one, rows, take_in

LIAISON = Actor("facility_liaison", None, "kh-1")
SAPS = Actor("saps_liaison", None, "kh-saps-1")
CONSENT = {"disclosure_basis": "consent_written", "document_ref": "CONSENT/2026-14"}
CON = {1: "1", 2: "SAPS", 10: "W", 11: "A"}
HERE, ELSEWHERE = "khayelitsha-saps", "delft-saps"
SCENE = {1: "20260301193000", 3: "behind the shop", 9: "a cousin", 10: "N", 11: "1 Long Street^Harare"}
HOME = {11: "2 Short Street^Site B^Cape Town^^^^H"}


@pytest.fixture
def house(house: House, clean: Engine) -> House:
    """A house that knows the words of one sender: station, domestic violence, vulnerability, consent."""
    local = LocalFields(
        station_field="ZVI-3",
        dv_field="ZVI-7",
        vulnerable_field="ZVI-8",
        consent_types=("SAPS",),
    )
    return replace(house, senders=(Sender("kh", "", frozenset({"PAS"}), {}, local=local),))


def coded(
    control_id: str = "c-1", at: str = CODED, *, born: str = "19900101", station: str = HERE, **more: Any
) -> bytes:
    """An assault with everything a hospital may know of it."""
    marks = {3: station, 7: more.pop("dv", ""), 8: more.pop("vulnerable", "")}
    extra = [segment("ZVI", marks), *more.pop("more", ())]
    told = {"codes": ["X99.4"], "accident": SCENE} | more
    return adt("A08", control_id, at, pid={7: born, **HOME}, more=extra, **told)


def refs(engine: Engine) -> str:
    return str(one(engine, 'SELECT ref FROM "case"'))


def case_id(engine: Engine) -> int:
    return int(one(engine, 'SELECT id FROM "case"'))


def asking(house: House, role: str = "saps_liaison", office: str | None = HERE) -> Asking:
    return Asking(tokens.create(house, role, office, f"{role}-1", 1).secret, "r-1")


def sent(engine: Engine) -> list[Any]:
    return rows(engine, "SELECT basis, fields, grounds, withheld, actor FROM disclosure ORDER BY version")


def test_an_adult_is_told_of_on_consent_alone_and_the_station_sees_what_was_signed_for(
    house: House, clean: Engine
) -> None:
    take_in(house, coded(), oru("c-2", TRIAGED, {"SATS": "Orange"}))
    ref = refs(clean)
    assert sent(clean) == []
    with pytest.raises(NotVisible):
        disclosure.referral(house, asking(house), ref)

    casework.move(house, ref, "basis_recorded", LIAISON, CONSENT)
    shown = disclosure.referral(house, asking(house), ref)

    assert shown["fields"] == {
        "age_band": "35-44",
        "sex": "M",
        "mechanism": "sharp",
        "place_type": "street",
        "precinct": HERE,
        "time_band": "2026-03 Sunday 18-21",
        "name": {"family": "Testcase", "given": "Number", "middle": ""},
        "born": "1990-01-01",
        "age_years": 36,
        "residence": shown["fields"]["residence"],
        "happened_at": "2026-03-01T17:30:00+00:00",
        "time_basis": "assault",
        "place_text": "behind the shop",
        "place_address": shown["fields"]["place_address"],
        "weapon_class": "sharp",
        "facility": "khayelitsha-hospital",
        "arrived_at": "2026-03-01T18:15:00+00:00",
        "admitted": False,
        "sats_colour": "orange",
        "police_notified": False,
    }
    assert shown["fields"]["residence"]["street"] == "2 Short Street"
    assert shown["fields"]["place_address"]["street"] == "1 Long Street"
    ((basis, fields, grounds, withheld, actor),) = sent(clean)
    assert (basis, actor.partition(":")[0]) == ("consent_written", "rule")
    assert fields == list(shown["fields"])
    assert grounds == ["none"] * 6 + ["consent_written"] * (len(fields) - 6)
    assert set(withheld) == {"numbers", "visit_number", "codes", "brought_in_by", "stays", "patient_role"}
    logged = rows(clean, "SELECT role, action, record, record_id, request_id FROM read_log")
    assert logged == [("saps_liaison", "cases.referral", "case", case_id(clean), "r-1")]


def test_a_consent_from_the_hospitals_own_system_sends_the_case_at_once(house: House, clean: Engine) -> None:
    take_in(house, coded(more=[segment("CON", CON)]))

    assert one(clean, 'SELECT stage FROM "case"') == "referred"
    bases = rows(clean, "SELECT basis, recorded_by, scope FROM legal_basis")
    assert bases == [("consent_written", "feed:intake", None)]
    assert len(sent(clean)) == 1


@pytest.mark.parametrize("changed", [{10: "V"}, {9: "only where it was"}, {11: "P"}, {2: "SURGERY"}])
def test_a_consent_that_a_person_must_read_sends_nothing(
    changed: dict[int, str], house: House, clean: Engine
) -> None:
    take_in(house, coded(more=[segment("CON", CON | changed)]))

    assert one(clean, 'SELECT stage FROM "case"') == "awaiting_basis"
    assert sent(clean) == []


def test_a_child_is_told_of_without_consent_and_with_what_the_report_asks_for(
    house: House, clean: Engine
) -> None:
    take_in(house, coded(born="20140101", more=[segment("CON", CON | {11: "R"})]))
    shown = disclosure.referral(house, asking(house), refs(clean))

    ((basis, fields, _, withheld, _),) = sent(clean)
    assert basis == "s110"
    assert set(fields) <= {*DEIDENTIFIED, *STATION["s110"]}
    assert set(fields) >= {"name", "residence", "happened_at", "place_text", "facility"}
    assert set(withheld) >= {"admitted", "police_notified", "weapon_class", "numbers"}
    assert set(shown["fields"]) == set(fields)
    assert shown["fields"]["age_years"] == 12


def test_every_law_that_obliges_is_on_record_and_each_field_names_its_own(
    house: House, clean: Engine
) -> None:
    take_in(house, coded(born="20140101", codes=["Y05.0"], dv="Y"))

    bases = [row[0] for row in rows(clean, "SELECT basis FROM legal_basis ORDER BY id")]
    assert bases == ["s54", "s110", "s2A"]
    with house.transaction() as session:
        assert disclosure.standing(session, case_id(clean)) == ("s54", "s110", "s2A")
        assert disclosure.urgent(session, case_id(clean))
    ((basis, fields, grounds, _, _),) = sent(clean)
    by_field = dict(zip(fields, grounds, strict=True))
    assert (basis, by_field["name"], by_field["residence"]) == ("s54", "s54", "s110")
    assert by_field["sex"] == "none"


def test_a_consent_opens_what_was_signed_for_and_the_case_still_goes(house: House, clean: Engine) -> None:
    take_in(house, coded())
    with house.transaction() as session:
        disclosure.record_basis(
            session, case_id(clean), "consent_written", "C/1", LIAISON, scope=("scene", "care")
        )
    casework.move(house, refs(clean), "basis_recorded", LIAISON, CONSENT)
    shown = disclosure.referral(house, asking(house), refs(clean))

    assert one(clean, 'SELECT stage FROM "case"') == "referred"
    assert {"place_text", "facility", "happened_at"} <= set(shown["fields"])
    assert not {"name", "born", "age_years", "residence"} & set(shown["fields"])
    assert one(clean, "SELECT document_ref FROM legal_basis") == "C/1"


@pytest.mark.parametrize(
    ("basis", "scope", "code"),
    [
        ("none", None, "unknown_basis"),
        ("a reason", None, "unknown_basis"),
        ("consent_written", ("everything",), "unknown_scope"),
        ("s110", ("scene",), "unknown_scope"),
    ],
)
def test_a_basis_that_the_table_does_not_know_is_not_recorded(
    basis: str, scope: tuple[str, ...] | None, code: str, house: House, clean: Engine
) -> None:
    take_in(house, coded())
    with house.transaction() as session, pytest.raises(BasisRefused) as refused:
        disclosure.record_basis(session, case_id(clean), basis, None, LIAISON, scope)
    assert refused.value.code == code
    assert rows(clean, "SELECT 1 FROM legal_basis") == []


def test_a_consent_taken_back_after_sending_stays_on_record_and_opens_nothing_more(
    house: House, clean: Engine
) -> None:
    take_in(house, coded())
    ref = refs(clean)
    casework.move(house, ref, "basis_recorded", LIAISON, CONSENT)
    casework.move(house, ref, "return_for_info", SAPS, {"reason": "place_unclear"})
    with house.transaction() as session:
        assert disclosure.withdraw(session, case_id(clean), "consent_written")
        assert not disclosure.withdraw(session, case_id(clean), "consent_written")
        assert disclosure.standing(session, case_id(clean)) == ()
    assert "name" in disclosure.referral(house, asking(house), ref)["fields"]

    casework.move(house, ref, "refer_again", LIAISON, {})

    assert [row[0] for row in sent(clean)] == ["consent_written", "none"]
    assert tuple(disclosure.referral(house, asking(house), ref)["fields"]) == DEIDENTIFIED
    told = disclosure.disclosures(house, asking(house, "facility_liaison", "khayelitsha-hospital"), ref)
    assert [line["office"] for line in told] == [HERE, HERE]
    assert (told[0]["fields"]["name"], told[1]["fields"]["sex"]) == ("consent_written", "none")
    assert "Testcase" not in json.dumps(told)


def test_a_withdrawal_before_sending_reaches_us_from_the_feed_and_a_repeated_consent_does_not_undo_it(
    house: House, clean: Engine
) -> None:
    nowhere = {"station": "nobody knows", "accident": {1: "20260301193000"}}
    take_in(house, coded(more=[segment("CON", CON)], **nowhere))
    assert one(clean, 'SELECT stage FROM "case"') == "referral_ready"

    take_in(house, coded("c-2", TRIAGED[:-4] + "5900", more=[segment("CON", CON)], **nowhere))
    take_in(house, coded("c-3", LEFT, more=[segment("CON", CON | {11: "X"})], **nowhere))
    assert one(clean, 'SELECT stage FROM "case"') == "anonymous_only"

    again = "20260302050000"
    take_in(house, coded("c-4", again, more=[segment("CON", CON)], **nowhere))
    assert one(clean, 'SELECT stage FROM "case"') == "anonymous_only"
    assert sent(clean) == []


def test_the_facility_sees_what_would_be_sent_before_it_is(house: House, clean: Engine) -> None:
    take_in(house, coded())
    mine = asking(house, "facility_liaison", "khayelitsha-hospital")

    before = disclosure.referral(house, mine, refs(clean))

    assert (before["basis"], before["sent_at"]) == ("none", None)
    assert tuple(before["fields"]) == DEIDENTIFIED
    assert {"name", "residence", "numbers"} <= set(before["withheld"])
    assert set(before["fields"]) | set(before["withheld"]) <= set(EVERY)


def test_nobody_else_sees_a_referral(house: House, clean: Engine) -> None:
    take_in(house, coded(born="20140101"))
    ref = refs(clean)
    for role, office in (
        ("saps_liaison", ELSEWHERE),
        ("facility_liaison", "tygerberg-hospital"),
        ("prosecutor", "khayelitsha-npa"),
        ("health_data_steward", None),
        ("administrator", None),
        ("detective_commander", HERE),
    ):
        with pytest.raises(NotVisible):
            disclosure.referral(house, asking(house, role, office), ref)
    with pytest.raises(NotVisible):
        disclosure.disclosures(house, asking(house), ref)
    with pytest.raises(NotVisible):
        disclosure.referral(house, asking(house), "WC-2026-999999")
    with pytest.raises(NotAuthenticated):
        disclosure.referral(house, Asking("hf_" + "x" * 43, "r"), ref)
    assert rows(clean, "SELECT 1 FROM read_log") == []


def test_a_station_that_the_case_came_to_later_sees_nothing_that_was_sent_to_another(
    house: House, clean: Engine
) -> None:
    take_in(house, coded(born="20140101"))
    with clean.begin() as connection:
        moved = "UPDATE \"case\" SET station_id = (SELECT id FROM office WHERE code = 'delft-saps')"
        connection.execute(text(moved))
    for office in (HERE, ELSEWHERE):
        with pytest.raises(NotVisible):
            disclosure.referral(house, asking(house, office=office), refs(clean))


def test_what_became_known_after_the_sending_is_not_shown(house: House, clean: Engine) -> None:
    take_in(house, coded(born="20140101", accident={1: "20260301193000"}))
    first = disclosure.referral(house, asking(house), refs(clean))["fields"]
    take_in(house, coded("c-2", LEFT, born="20140101"))

    later = disclosure.referral(house, asking(house), refs(clean))["fields"]

    assert "place_text" not in first
    assert set(later) == set(first)


@contextmanager
def refusing(engine: Engine, table: str) -> Iterator[None]:
    """The database refuses to write this table."""
    with engine.begin() as connection:
        connection.execute(text(f"ALTER TABLE {table} ADD CONSTRAINT provoked CHECK (false) NOT VALID"))
    try:
        yield
    finally:
        with engine.begin() as connection:
            connection.execute(text(f"ALTER TABLE {table} DROP CONSTRAINT provoked"))


@pytest.mark.target("S12")
def test_without_its_line_in_the_log_or_the_record_nothing_is_shown_and_nothing_sent(
    house: House, clean: Engine
) -> None:
    take_in(house, coded())
    ref, before = refs(clean), dump(clean)
    with refusing(clean, "disclosure"), pytest.raises(DBAPIError):
        casework.move(house, ref, "basis_recorded", LIAISON, CONSENT)
    assert dump(clean) == before

    def away() -> Any:
        raise VaultFault("the keys are away")

    blind = replace(house, vault=Vault(({"k9": bytes(32)}, "k9", bytes(32)), away))
    with pytest.raises(VaultFault):
        casework.move(blind, ref, "basis_recorded", LIAISON, CONSENT)
    assert dump(clean) == before

    casework.move(house, ref, "basis_recorded", LIAISON, CONSENT)
    with refusing(clean, "read_log"), pytest.raises(DBAPIError):
        disclosure.referral(house, asking(house), ref)


def test_what_was_disclosed_can_be_changed_by_nobody_without_a_trace(house: House, clean: Engine) -> None:
    take_in(house, coded(born="20140101"))
    for deed in ("UPDATE disclosure SET fields = '{}'", "DELETE FROM disclosure", "TRUNCATE disclosure"):
        with pytest.raises(DBAPIError), clean.begin() as connection:
            connection.execute(text(deed))
    body = json.loads(one(clean, "SELECT body FROM ledger_entry WHERE kind = 'disclosure'"))
    assert body["fields"] == sent(clean)[0][1]
    sealing.seal(house)
    assert list(sealing.verify(house)) == []


def test_a_case_without_a_station_is_sent_to_nobody(house: House, clean: Engine) -> None:
    take_in(house, coded(station="nobody knows", accident={1: "20260301193000"}))
    with house.transaction() as session:
        case = cases.lock(session, case_id(clean))
        assert case is not None
        with pytest.raises(ValueError, match="has a station"):
            disclosure.send(house, session, case, LIAISON)


@pytest.mark.target("S9")
def test_planted_words_leave_by_the_referral_alone_and_only_those_that_may(
    house: House, clean: Engine
) -> None:
    birds = planted()[:6]
    open_words = {"family", "given", "street", "suburb", "place", "scene_street"}
    marked = [
        raw.replace(b"\rPV2|", f"\rZVI|||{HERE}\rPV2|".encode())
        for number, bird in enumerate(birds)
        for raw in visit(number, bird)
    ]
    with everything_logged() as heard:
        take_in(house, *marked)
        for ref in [row[0] for row in rows(clean, 'SELECT ref FROM "case"')]:
            casework.move(house, ref, "basis_recorded", LIAISON, CONSENT)
        who, mine = asking(house), asking(house, "facility_liaison", "khayelitsha-hospital")
        found = [row[0] for row in rows(clean, 'SELECT ref FROM "case" ORDER BY id')]
        shown = json.dumps([disclosure.referral(house, who, ref) for ref in found], ensure_ascii=False)
        told = json.dumps([disclosure.disclosures(house, mine, ref) for ref in found])

    assert len(found) == len(birds)
    assert set(seen(birds, shown)) == open_words
    assert seen(birds, told) == []
    assert seen(birds, everything_stored(clean)) == []
    assert seen(birds, heard.getvalue()) == []
