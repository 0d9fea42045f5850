"""A station's telephone on a bad line: 400 kbit/s and 400 ms; what must come over it, and how soon it is there."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, CDPSession, Page, expect

from tests.road import Road

SLOW = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
FIRST_PAGE, LATER_PAGE = 50 * 1024, 10 * 1024
READABLE, ACKNOWLEDGED = 3.0, 10.0  # seconds


class Line:
    """What came over the line since it was asked last, in bytes as they were sent, headers with them."""

    def __init__(self, devtools: CDPSession) -> None:
        self.came = 0.0
        devtools.on("Network.loadingFinished", self._count)

    def _count(self, told: dict[str, float]) -> None:
        self.came += told["encodedDataLength"]

    def taken(self) -> float:
        came, self.came = self.came, 0.0
        return came


@pytest.fixture
def phone(chromium: Browser, served: str) -> Iterator[Page]:
    context = chromium.new_context(base_url=served, viewport={"width": 320, "height": 640})
    yield context.new_page()
    context.close()


def seconds(page: Page) -> float:
    """How long ago the page began to be asked for, by its own clock."""
    return float(page.evaluate("performance.now()")) / 1000


@pytest.mark.target("S7")
def test_a_liaison_reads_the_first_task_and_acknowledges_it_over_a_bad_line(
    phone: Page, cases: list[Road]
) -> None:
    devtools = phone.context.new_cdp_session(phone)
    devtools.send("Network.enable")
    line = Line(devtools)
    devtools.send("Network.emulateNetworkConditions", SLOW)
    phone.goto("/sign-in", wait_until="networkidle")
    assert 1024 < line.taken() <= FIRST_PAGE
    phone.get_by_role("button", name="SAPS liaison (station) Khayelitsha").click()
    expect(phone.get_by_role("heading", name="Your queue")).to_be_visible(timeout=20_000)
    line.taken()

    # Whoever comes from a letter has the page alone to wait for: its parts are kept from before.
    phone.goto("/queue", wait_until="commit")
    task = phone.get_by_role("link", name=f"Open: Acknowledge a referral, {cases[0].ref}")
    expect(task).to_be_visible(timeout=20_000)
    assert seconds(phone) <= READABLE
    phone.wait_for_load_state("networkidle")
    assert line.taken() <= LATER_PAGE

    begun = seconds(phone)
    task.click()
    phone.get_by_role("button", name="Acknowledge the referral").click(timeout=20_000)
    opened = seconds(phone)
    expect(phone.get_by_role("status")).to_contain_text("Done: Acknowledge the referral.", timeout=20_000)
    assert begun >= 0
    assert opened + seconds(phone) <= ACKNOWLEDGED
    assert cases[0].stage == "acknowledged"
    phone.wait_for_load_state("networkidle")
    assert line.taken() <= 2 * LATER_PAGE
