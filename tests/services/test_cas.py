"""Opening a CAS: the number in one form, of the case's own station, and no two cases with the same."""

from collections.abc import Callable
from dataclasses import replace
from threading import Barrier, Thread

import pytest
from sqlalchemy import Engine, text

from hectis_flow.domain.cas import CasRefused
from hectis_flow.domain.casework import Actor
from hectis_flow.domain.errors import TransitionRefused
from hectis_flow.feeds.hl7v2_facts import LocalFields
from hectis_flow.services import casework
from hectis_flow.services.cas import CasTaken
from hectis_flow.services.house import House, Sender
from hectis_flow.storage import offices
from tests.segments import CODED, adt, segment
from tests.tables import dump, one, rows, take_in

HERE, ELSEWHERE = "khayelitsha-saps", "delft-saps"
KEPT = "SELECT o.code, serial, month, year, verified_by_saps FROM cas_number n JOIN office o ON o.id = n.station_id"


@pytest.fixture
def house(house: House, clean: Engine) -> House:
    local = LocalFields(station_field="ZVI-3")
    return replace(house, senders=(Sender("kh", "", frozenset({"PAS"}), {}, local=local),))


def saps(house: House, station: str = HERE) -> Actor:
    with house.transaction() as session:
        return Actor("saps_liaison", offices.id_of(session, station), "s-1")


def acknowledged(house: House, engine: Engine, *stations: str) -> list[str]:
    """Children's cases, each acknowledged by its station; their numbers."""
    for place, station in enumerate(stations or (HERE,)):
        more = [segment("ZVI", {3: station})]
        own = {"folder": f"F{place}", "visit": f"V{place}", "pid": {7: "20140101"}}
        take_in(house, adt("A08", f"c-{place}", CODED, codes=["X99.4"], more=more, **own))
    refs = [row[0] for row in rows(engine, 'SELECT ref FROM "case" ORDER BY id')]
    for ref in refs:
        casework.move(house, ref, "acknowledge", saps(house))
    return refs


def open_cas(house: House, ref: str, number: str, actor: Actor | None = None) -> None:
    casework.move(house, ref, "open_cas", actor or saps(house), {"cas_number": number})


@pytest.mark.parametrize(
    "written", ["CAS 636/6/2020", "636/06/20", "Khayelitsha CAS 636/6/2020", "khayelitsha-saps|636|06|2020"]
)
def test_every_way_of_writing_is_kept_in_one_form(written: str, house: House, clean: Engine) -> None:
    (ref,) = acknowledged(house, clean)

    open_cas(house, ref, written)

    assert rows(clean, KEPT) == [(HERE, 636, 6, 2020, None)]
    newest = "SELECT details ->> 'cas_number' FROM stage_transition ORDER BY id DESC LIMIT 1"
    assert one(clean, newest) == "khayelitsha-saps|636|06|2020"


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("6/13/2020", "cas_not_a_number"),
        ("0/6/2020", "cas_serial_zero"),
        ("6/6/2999", "cas_in_the_future"),
        ("Delft CAS 6/6/2020", "cas_other_station"),
        ("Atlantic City CAS 6/6/2020", "cas_unknown_station"),
        ("delft-saps|6|06|2020", "cas_not_a_number"),
    ],
)
def test_a_number_that_cannot_be_opens_nothing(written: str, code: str, house: House, clean: Engine) -> None:
    (ref,) = acknowledged(house, clean)
    before = dump(clean)

    with pytest.raises(CasRefused) as refused:
        open_cas(house, ref, written)

    assert refused.value.code == code
    assert dump(clean) == before


def test_a_number_that_is_taken_names_the_other_case_to_its_own_station_alone(
    house: House, clean: Engine
) -> None:
    first, second = acknowledged(house, clean, HERE, HERE)
    open_cas(house, first, "12/3/2020")

    with pytest.raises(CasTaken, match=first):
        open_cas(house, second, "12/03/20")
    with pytest.raises(CasTaken) as hidden:
        open_cas(house, second, "12/03/20", Actor("saps_liaison", None, "s-2"))
    assert first not in hidden.value.message

    moved = 'UPDATE "case" SET station_id = (SELECT id FROM office WHERE code = :code) WHERE ref = :ref'
    with clean.begin() as connection:
        connection.execute(text(moved), {"code": ELSEWHERE, "ref": first})
    with pytest.raises(CasTaken) as gone:
        open_cas(house, second, "12/03/20")
    assert first not in gone.value.message
    assert one(clean, "SELECT count(*) FROM cas_number") == 1


def test_two_stations_may_have_the_same_number(house: House, clean: Engine) -> None:
    first, second = acknowledged(house, clean, HERE, ELSEWHERE)
    open_cas(house, first, "12/3/2020")
    open_cas(house, second, "12/3/2020", saps(house, ELSEWHERE))
    assert sorted(row[0] for row in rows(clean, KEPT)) == [ELSEWHERE, HERE]


def test_of_two_who_take_one_number_at_once_one_gets_it(house: House, clean: Engine) -> None:
    refs = acknowledged(house, clean, HERE, HERE)
    begin, outcomes = Barrier(2), list[str]()

    def attempt(ref: str) -> Callable[[], None]:
        def run() -> None:
            begin.wait()
            try:
                open_cas(house, ref, "12/3/2020")
            except CasTaken as refused:
                outcomes.append(refused.code)
            else:
                outcomes.append("opened")

        return run

    threads = [Thread(target=attempt(ref)) for ref in refs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["cas_taken", "opened"]
    stages = [row[0] for row in rows(clean, 'SELECT stage FROM "case" ORDER BY stage')]
    assert stages == ["acknowledged", "case_opened"]


def test_whoever_may_not_open_a_cas_learns_nothing_of_numbers(house: House, clean: Engine) -> None:
    (ref,) = acknowledged(house, clean)
    liaison = Actor("facility_liaison", None, "kh-1")
    for written in ("6/6/2020", "nonsense"):
        with pytest.raises(TransitionRefused) as refused:
            open_cas(house, ref, written, liaison)
        assert refused.value.code == "role_not_allowed"
