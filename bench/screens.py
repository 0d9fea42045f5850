"""Small pictures of the rooms, taken in a practice province that was played: what docs/screens and the README show.

`make screenshots` starts everything as `make run` does, plays the province with its people by the command that a person
would type, signs in as the people below and takes each page as it stands, in headless Chromium. Nobody in a picture is
real. Options: --days, --scale, --seed, --from (what is played), --to FOLDER, --only NAME.
"""

import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from PIL import Image
from playwright.sync_api import Browser, Locator, Page, sync_playwright

from bench.practice_played import parser, play, whole_system
from bench.running import ROOT, Running
from workers.browser import where

PHONE, DESK = 390, 1180
TALLEST = 1500  # pixels of a page that are shown; what is below says nothing new
COLOURS = 64
LIAISON, PROSECUTOR = "khayelitsha-saps.liaison", "khayelitsha-npa.prosecutor"
CHAIR, OFFICIAL = "wc-committee.chair", "wc-pocs.briefs"
HOSPITAL, COMMANDER = "khayelitsha-hospital.liaison", "khayelitsha-saps.commander"
KEEPER = "wc-health-data.administrator"


class Screen(NamedTuple):
    """A picture: its file's name, who is signed in, the page, and which link is followed from there."""

    name: str
    who: str
    path: str
    width: int = PHONE
    follow: str = ""
    scheme: str = "light"


SCREENS: Final = (
    Screen("sign-in", "", "/sign-in"),
    Screen("liaison-queue", LIAISON, "/queue"),
    Screen("liaison-queue-dark", LIAISON, "/queue", scheme="dark"),
    Screen("liaison-case", LIAISON, "/queue", follow=".rows .wants a"),
    Screen("prosecutor-queue", PROSECUTOR, "/queue"),
    Screen("prosecutor-court", PROSECUTOR, "/court"),
    Screen("prosecutor-checklist", PROSECUTOR, "/court/checklist"),
    Screen("prosecutor-decisions", PROSECUTOR, "/court/decisions", DESK),
    Screen("official-briefs", OFFICIAL, "/briefs", DESK),
    Screen("official-brief", OFFICIAL, "/briefs", DESK, follow=".rows .wants a"),
    Screen("official-courts", OFFICIAL, "/briefs/courts", DESK),
    Screen("official-observations", OFFICIAL, "/briefs/observations", DESK),
    Screen("official-off-roll", OFFICIAL, "/briefs/off-roll", scheme="dark"),
    Screen("chair-committee", CHAIR, "/committee", DESK),
    Screen("chair-committee-phone", CHAIR, "/committee", scheme="dark"),
    Screen("chair-agenda", CHAIR, "/committee/agenda", DESK),
    Screen("chair-escalations", CHAIR, "/late", DESK),
    Screen("commander-escalations", COMMANDER, "/late"),
    Screen("hospital-waiting", HOSPITAL, "/facility"),
    Screen("administrator", KEEPER, "/admin", DESK),
    Screen("administrator-offices", KEEPER, "/admin/offices", DESK),
    Screen("administrator-policy", KEEPER, "/admin/policy", DESK),
    Screen("account", LIAISON, "/account"),
)


def main() -> int:
    """Play, look, keep."""
    made = parser("screens", days=150.35, scale=0.08, start="2026-01-05")
    made.add_argument("--to", type=Path, default=ROOT / "docs" / "screens")
    made.add_argument("--only", default="")
    options = made.parse_args()
    wanted = [screen for screen in SCREENS if options.only in screen.name]
    options.to.mkdir(parents=True, exist_ok=True)
    with whole_system(options.folder) as system:
        play(system, options)
        for place, (screen, picture) in enumerate(_taken(system, wanted), 1):
            (options.to / f"{screen.name}.png").write_bytes(picture)
            print(f"{place} of {len(wanted)}  {screen.name}.png, {len(picture) // 1024} KB", flush=True)
    return 0


def _taken(system: Running, wanted: list[Screen]) -> Iterator[tuple[Screen, bytes]]:
    """Each picture, as a small PNG."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=where(), args=["--no-sandbox"])
        for screen in wanted:
            yield screen, _small(_picture(browser, f"http://localhost:{system.http_port}", screen))
        browser.close()


def _picture(browser: Browser, address: str, screen: Screen) -> bytes:
    """A page as somebody sees it."""
    context = browser.new_context(
        base_url=address,
        viewport={"width": screen.width, "height": 800},
        color_scheme="dark" if screen.scheme == "dark" else "light",
    )
    page = context.new_page()
    if screen.who:
        _sign_in(page, screen.who)
    page.goto(screen.path)
    if screen.follow:
        _followed(page, page.locator(screen.follow).first)
    tall = min(int(page.evaluate("document.documentElement.scrollHeight")), TALLEST)
    taken = page.screenshot(
        full_page=True, clip={"x": 0, "y": 0, "width": screen.width, "height": max(tall, 400)}
    )
    context.close()
    return taken


def _sign_in(page: Page, who: str) -> None:
    """The one press of a practice province, once their office is found."""
    page.goto(f"/sign-in?office={who.rpartition('.')[0]}")
    _followed(page, page.locator(f'form:has(input[name="code"][value="{who}"]) button'))


def _followed(page: Page, press: Locator) -> None:
    """Press it, and wait for the page that it leads to: a click alone is over before that one is there."""
    with page.expect_navigation():
        press.click()


def _small(picture: bytes) -> bytes:
    """The same in few colours: pages have few."""
    kept = io.BytesIO()
    Image.open(io.BytesIO(picture)).convert("RGB").quantize(COLOURS).save(kept, "PNG", optimize=True)
    return kept.getvalue()


if __name__ == "__main__":
    sys.exit(main())
