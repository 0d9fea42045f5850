"""Lists of briefs by what is due: each has what belongs on it, soonest first, and goes on where it ended."""

import pytest
from sqlalchemy import Engine

from hectis_flow.domain.errors import NotAllowed
from hectis_flow.services import brief_lists
from hectis_flow.services.house import House
from hectis_flow.services.reading import Asking
from hectis_flow.storage import brief_lists as stored
from hectis_flow.storage.brief_lists import Place
from hectis_flow.storage.reading import Wanted
from hectis_flow.storage.reading_sources import SOURCES
from tests.api.people import hire
from tests.road import roads
from tests.services.test_briefs import GONE, STAFF, Unit


@pytest.fixture
def units(house: House, clean: Engine) -> list[Unit]:
    """Three matters off the roll, each with its brief."""
    people = hire(house, clean, STAFF)
    found = [Unit(road, people, house, clean) for road in roads(house, clean, how_many=3)]
    for unit in found:
        unit.road.on_roll().go("strike_informal", **GONE)
    return found


def listed(unit: Unit, name: str, code: str, after: Place | None = None, limit: int = 50) -> list[str]:
    return [one["case_ref"] for one in asked(unit, name, code, after, limit).rows]


def asked(unit: Unit, name: str, code: str, after: Place | None = None, limit: int = 50) -> brief_lists.Due:
    return brief_lists.listing(unit.house, Asking(unit.people.secrets[code], "r-1"), name, after, limit)


def test_every_list_and_scope_makes_a_statement(clean: Engine, house: House) -> None:
    with house.transaction() as session:
        for name in stored.LISTS:
            for scope in SOURCES["brief"].scopes:
                found = stored.page(session, name, Wanted("brief", ("id",), scope, 1), "prosecutor", None, 5)
                assert found == ("[]", None)


def test_what_is_asked_of_a_post_waits_for_that_post_alone(units: list[Unit]) -> None:
    refs = [unit.road.ref for unit in units]
    assert listed(units[0], "asked", "np-1") == listed(units[0], "asked", "cwb-1") == refs
    for nobody in ("nspp-1", "bp-1", "com-1", "sec-1"):
        assert listed(units[0], "asked", nobody) == []
    units[0].decline("np-1")  # the newest of them
    assert listed(units[0], "asked", "np-1") == refs[:2]
    assert listed(units[0], "asked", "nspp-1") == refs[2:]


def test_a_list_goes_on_where_its_page_ended(units: list[Unit]) -> None:
    first = asked(units[0], "asked", "np-1", limit=2)
    assert len(first.rows) == 2
    assert first.following is not None
    rest = asked(units[0], "asked", "np-1", first.following, limit=2)
    assert (len(rest.rows), rest.following) == (1, None)


def test_what_was_seen_is_written_of_answered_and_looked_at_again(units: list[Unit]) -> None:
    unit = units[2]  # the newest brief
    ref = unit.road.ref
    for name in ("look", "to_write", "reply"):
        assert listed(unit, name, "cwb-1") == []
    unit.take("cwb-1")
    assert listed(unit, "look", "cwb-1") == [ref]
    (row,) = asked(unit, "look", "cwb-1").rows
    assert row["off_roll_since"] < row["look_due_at"]

    unit.saw()
    assert listed(unit, "to_write", "cwb-1") == [ref]
    unit.write_to("saps")
    assert listed(unit, "to_write", "cwb-1") == []
    assert listed(unit, "reply", "cwb-1") == listed(unit, "reply", "com-1") == [ref]
    assert listed(unit, "reply", "np-1") == []


def test_matters_stand_by_their_next_day_in_court(house: House, clean: Engine) -> None:
    people = hire(house, clean, STAFF)
    found = [Unit(road, people, house, clean) for road in roads(house, clean, how_many=2)]
    for unit, ahead in zip(found, (9, 4), strict=True):
        unit.road.investigated().enrolled("1=rape").go("place_on_roll", next_date=unit.road.day(ahead))
    rows = asked(found[0], "court", "cwb-1").rows
    assert [one["case_ref"] for one in rows] == [found[1].road.ref, found[0].road.ref]
    days = [found[0].road.day(4), found[0].road.day(9)]
    assert [one["at"] for one in rows] == [f"{day} khayelitsha-court" for day in days]


def test_whoever_has_no_briefs_has_no_list_of_them(house: House, clean: Engine) -> None:
    people = hire(house, clean, (("gsh-1", "facility_liaison", "groote-schuur-hospital"),))
    with pytest.raises(NotAllowed):
        brief_lists.listing(house, Asking(people.secrets["gsh-1"], "r-1"), "asked", None, 5)
