"""One message for many notices, pressed at a narrow screen; and how somebody is reached, as the administrator keeps it."""

from collections.abc import Callable

from playwright.sync_api import Page, expect
from sqlalchemy import Engine, text

from hectis_flow.channels.null import NullChannel
from hectis_flow.services import pacing
from hectis_flow.services.house import House
from tests.browser.conftest import Look, seen
from tests.notices import delivered, line, planned, reaching, referred, staffed
from tests.plain_policy import reaching_by
from tests.sinks import options_for
from tests.tables import one
from tests.web.conftest import appoint

Sound = Callable[[], None]
NARROW, WIDE = Look(320, "dark", scripts=False), Look(1280, "light", scripts=True)


@seen(NARROW, WIDE)
def test_a_bundle_is_acknowledged_with_one_press(
    page: Page, sound: Sound, house: House, clean: Engine
) -> None:
    few = reaching_by(reaching(house, options_for(), email=NullChannel()), bundle_over=2)
    staffed(few, line("hr-1", webhook="https://127.0.0.1:9/x"))
    refs = referred(few, clean, 3)
    planned(few)
    with clean.begin() as connection:
        connection.execute(text("UPDATE bundle SET due_at = due_at - interval '1 day'"))
    pacing.keep(few)
    delivered(few)
    page.goto("/sign-in?office=Harare")
    page.get_by_role("button", name="SAPS liaison").first.click()
    bundle = one(clean, "SELECT id FROM bundle")
    page.goto(f"/mine/{bundle}")
    sound()
    page.get_by_role("button", name="Acknowledge all mine (3)").click()
    expect(page.get_by_role("status")).to_contain_text("Acknowledged: 3.")
    for ref in refs:
        page.goto(f"/cases/{ref}/notices")
        sound()
        expect(page.get_by_role("main")).to_contain_text("Acknowledged")


@seen(NARROW, WIDE)
def test_an_address_is_used_again_and_the_order_kept(
    page: Page, sound: Sound, house: House, clean: Engine
) -> None:
    staffed(house, line("hr-1", webhook="https://127.0.0.1:9/x"))
    with clean.begin() as connection:
        connection.execute(
            text(
                """UPDATE contact_point SET parked_at = hectis_now(), parked_reason = 'smtp_550'
                   WHERE channel = 'email'"""
            )
        )
    appoint(clean)
    page.goto("/sign-in")
    page.get_by_role("button", name="Administrator").first.click()
    page.goto("/admin/staff/hr-1")
    sound()
    again = page.get_by_role("button", name="Use Email again")
    with page.expect_navigation():
        again.click()
    expect(again).to_have_count(0)
    page.get_by_label("Minutes after the one before").nth(1).fill("45")
    with page.expect_navigation():
        page.get_by_role("button", name="Keep this").click()
    sound()
    expect(page.get_by_label("Minutes after the one before").nth(1)).to_have_value("45")
