"""The page behind one message for many notices: one's own alone, each case acknowledged by its own move."""

import re
from collections.abc import Callable

import pytest
from sqlalchemy import Engine, text

from hectis_flow.channels.null import NullChannel
from hectis_flow.services import pacing
from hectis_flow.services.house import House
from tests.api.people import STAFF, People, hire
from tests.notices import delivered, planned, reaching
from tests.plain_policy import reaching_by
from tests.road import Road, roads
from tests.sinks import options_for
from tests.tables import one, rows
from tests.web.conftest import Browser
from tests.web.test_bulk import TICK, post

Browsers = Callable[[], Browser]


@pytest.fixture
def crew(house: House, clean: Engine) -> People:
    return hire(house, clean, STAFF)


@pytest.fixture
def bundle(house: House, clean: Engine, crew: People) -> tuple[list[Road], str]:
    """Three referrals that were told to ks-1 in one message, and where its link leads."""
    box = NullChannel()
    few = reaching_by(reaching(house, options_for(), email=box), bundle_over=2)
    with clean.begin() as connection:
        connection.execute(
            text(
                """INSERT INTO contact_point (staff_id, channel, address_blind, key_id, address_enc)
                   SELECT id, 'email', 'b', :key_id, :sealed FROM staff WHERE code = 'ks-1'"""
            ),
            dict(
                zip(
                    ("key_id", "sealed"),
                    house.vault.seal(b"contact_point.address", b"ks-1@station.invalid"),
                    strict=True,
                )
            ),
        )
    found = roads(house, clean, 3)
    for road in found:
        road.go("basis_recorded", disclosure_basis="consent_written")
    planned(few)
    with clean.begin() as connection:
        connection.execute(text("UPDATE bundle SET due_at = due_at - interval '1 day'"))
    pacing.keep(few)
    delivered(few)
    link = re.search(r"/mine/[0-9]+", "".join(each.text for each in box.carried))
    assert link
    return found, link.group()


def test_all_of_it_is_acknowledged_with_one_press_and_a_verdict_each(
    bundle: tuple[list[Road], str], browser: Browsers, clean: Engine
) -> None:
    found, path = bundle
    mine = browser().practise("ks-1")
    page = mine.get(path).text
    assert "Acknowledge all mine (3)" in page
    found[1].go("acknowledge")

    told = post(mine, "/queue/bulk", do="acknowledge", task=TICK.findall(page))

    assert "Acknowledged: 2." in told
    assert "Not done: 1" in told
    assert {road.stage for road in found} == {"acknowledged"}
    after = mine.get(path).text
    assert "Nothing of this waits" in after
    assert TICK.findall(after) == []
    assert one(clean, "SELECT count(*) FROM acknowledgement WHERE staff_id IS NOT NULL") >= 2


def test_nobody_else_sees_it_and_whoever_is_not_signed_in_signs_in_first(
    bundle: tuple[list[Road], str], browser: Browsers, clean: Engine
) -> None:
    _, path = bundle
    other = rows(clean, "SELECT code FROM staff WHERE code <> 'ks-1' ORDER BY id")[0][0]

    assert browser().practise(other).get(path).status_code == 404
    assert browser().practise("ks-1").get("/mine/999999").status_code == 404
    away = browser().get(path)
    assert away.status_code in {302, 303}
    assert "next=" in str(away.location)
