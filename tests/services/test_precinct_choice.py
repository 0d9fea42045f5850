"""The liaison chooses a station where the messages leave it open, and later messages keep the choice."""

import json
from dataclasses import replace
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import Engine

from hectis_flow.domain.casework import Actor
from hectis_flow.domain.errors import NotVisible
from hectis_flow.feeds.hl7v2_facts import LocalFields
from hectis_flow.services import casework, precinct_choice, sealing
from hectis_flow.services.house import House, Sender
from hectis_flow.services.precinct_choice import ChoiceRefused
from hectis_flow.storage import cases, offices
from hectis_flow.storage.cases import Locked
from tests.segments import CODED, LEFT, adt, segment
from tests.tables import dump, one, rows, take_in

HERE, ELSEWHERE = "khayelitsha-saps", "delft-saps"
STEWARD = Actor("health_data_steward", None, "steward-1")
CONSENT = {"disclosure_basis": "consent_written"}
STANDING = """
    SELECT i.precinct_basis, o.code, c.station_id IS NOT DISTINCT FROM i.station_id
    FROM incident i JOIN "case" c ON c.incident_id = i.id LEFT JOIN office o ON o.id = i.station_id
"""


@pytest.fixture
def house(house: House, clean: Engine) -> House:
    local = LocalFields(station_field="ZVI-3")
    return replace(house, senders=(Sender("kh", "", frozenset({"PAS"}), {}, local=local),))


def liaison(house: House, facility: str = "khayelitsha-hospital") -> Actor:
    with house.transaction() as session:
        return Actor("facility_liaison", offices.id_of(session, facility), "kh-1")


def told(house: House, control_id: str = "c-1", at: str = CODED, station: str = "", **more: Any) -> None:
    take_in(house, adt("A08", control_id, at, codes=["X99.4"], more=[segment("ZVI", {3: station})], **more))


def chosen(house: House, actor: Actor, station: str = HERE) -> Locked:
    with house.transaction() as session:
        case = cases.lock(session, 1)
        assert case is not None
        return precinct_choice.choose(session, case, station, actor)


def standing(engine: Engine) -> tuple[Any, ...]:
    return tuple(rows(engine, STANDING)[0])


def test_a_choice_gives_case_and_incident_their_station_with_a_line_in_the_ledger(
    house: House, clean: Engine
) -> None:
    told(house)
    assert standing(clean) == ("unresolved", None, True)

    case = chosen(house, liaison(house))

    assert standing(clean) == ("chosen", HERE, True)
    assert case.station_id == one(clean, 'SELECT station_id FROM "case"')
    by = rows(clean, "SELECT o.code, chosen_by FROM precinct_choice p JOIN office o ON o.id = p.station_id")
    assert by == [(HERE, "facility_liaison:kh-1")]
    body = one(clean, "SELECT body FROM ledger_entry WHERE kind = 'precinct'")
    assert json.loads(body) == {"station": HERE}
    sealing.seal(house)
    assert list(sealing.verify(house)) == []


@pytest.mark.parametrize(
    ("station", "after"),
    [
        ("", ("chosen", HERE, True)),
        ("nobody knows", ("chosen", HERE, True)),
        ("delft-saps", ("chosen", HERE, True)),
        ("Khayelitsha", ("station_code", HERE, True)),
    ],
)
def test_a_later_message_keeps_the_choice_unless_it_names_the_same_station(
    station: str, after: tuple[Any, ...], house: House, clean: Engine
) -> None:
    told(house)
    chosen(house, liaison(house))

    told(house, "c-2", LEFT, station)
    assert standing(clean) == after

    told(house, "c-3", "20260302050000", '""')
    assert standing(clean) == ("chosen", HERE, True)


def test_a_choice_may_be_changed_until_the_case_is_sent(house: House, clean: Engine) -> None:
    told(house)
    chosen(house, liaison(house), ELSEWHERE)
    chosen(house, STEWARD, HERE)
    assert standing(clean) == ("chosen", HERE, True)
    ref = one(clean, 'SELECT ref FROM "case"')

    casework.move(house, ref, "basis_recorded", liaison(house), CONSENT)
    assert one(clean, 'SELECT stage FROM "case"') == "referred"
    with pytest.raises(ChoiceRefused) as refused:
        chosen(house, liaison(house), ELSEWHERE)
    assert refused.value.code == "already_referred"

    saps = Actor("saps_liaison", None, "kh-saps-1")
    casework.move(house, ref, "return_for_info", saps, {"reason": "wrong_station"})
    chosen(house, liaison(house), ELSEWHERE)
    casework.move(house, ref, "refer_again", liaison(house), {})
    sent = rows(clean, "SELECT o.code FROM disclosure d JOIN office o ON o.id = d.office_id ORDER BY version")
    assert [row[0] for row in sent] == [HERE, ELSEWHERE]


@pytest.mark.parametrize(
    ("actor", "station", "code"),
    [
        ("liaison", "no-such-saps", "unknown_station"),
        ("liaison", "khayelitsha-hospital", "unknown_station"),
        (Actor("saps_liaison", None, "s-1"), HERE, "role_not_allowed"),
        (Actor("rule", None, "clock"), HERE, "role_not_allowed"),
    ],
)
def test_a_choice_that_cannot_be_changes_nothing(
    actor: Actor | str, station: str, code: str, house: House, clean: Engine
) -> None:
    told(house)
    before = dump(clean)
    with pytest.raises(ChoiceRefused) as refused:
        chosen(house, actor if isinstance(actor, Actor) else liaison(house), station)
    assert refused.value.code == code
    assert dump(clean) == before


def test_a_station_that_the_messages_name_is_not_chosen(house: House, clean: Engine) -> None:
    told(house, station=HERE)
    with pytest.raises(ChoiceRefused) as refused:
        chosen(house, liaison(house), ELSEWHERE)
    assert refused.value.code == "precinct_resolved"
    assert standing(clean) == ("station_code", HERE, True)


def test_a_message_that_is_worked_at_the_same_moment_does_not_undo_a_choice(
    house: House, clean: Engine
) -> None:
    told(house)
    who = liaison(house)
    for n, station in enumerate((HERE, ELSEWHERE) * 4):
        begin = Barrier(2)

        def work(number: int = n, start: Barrier = begin) -> None:
            start.wait()
            told(house, f"r-{number}", f"202603020{number}0000")

        def choose(place: str = station, start: Barrier = begin) -> None:
            start.wait()
            chosen(house, who, place)

        threads = [Thread(target=job) for job in (work, choose)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert standing(clean) == ("chosen", station, True)
    assert one(clean, "SELECT count(*) FROM inbound_message WHERE state <> 'accepted'") == 0


def test_the_case_of_another_facility_is_not_there(house: House, clean: Engine) -> None:
    told(house)
    for actor in (liaison(house, "tygerberg-hospital"), Actor("facility_liaison", None, "x-1")):
        with pytest.raises(NotVisible):
            chosen(house, actor)
    assert standing(clean) == ("unresolved", None, True)
