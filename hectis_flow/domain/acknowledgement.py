"""What an answer proves: A, somebody signed in; B, a person with the notice before them; C, it looks automated.

`services.acknowledgement` grades every answer here, whichever way it came, and only what is A or B counts. Pure: what
was seen comes in as `Evidence`. Why it is asked so, docs/adr/0023 says.

A programme that guards a mailbox opens links, runs scripts, waits, moves the mouse and presses buttons. It does not
know the code that the notice shows beside its link, and a person has that before their eyes. So nothing is graded B
without the code; every other sign can only take away. What is C is written down, counts for nothing and uses up
nothing.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, Literal

Letter = Literal["A", "B", "C"]
Way = Literal["signed_in", "page", "reply", "chat"]
#: `any` one of those who were told, `all` of them, or so many.
Answers = Literal["any", "all"] | int

# Names under which previewers, mail guards and programmes say who they are. A telephone may be a Cubot.
MACHINES: Final = re.compile(
    r"(?<!cu)bot\b|crawler|spider|preview|linkexpanding|facebookexternalhit|whatsapp|slack-imgproxy|safelinks"
    r"|barracuda|proofpoint|mimecast|mailguard|urldefense|scanner|google-read-aloud|microsoft office"
    r"|\b(curl|wget|java|httpx|axios|okhttp|go-http-client|python-\w+|node-fetch|libwww-perl)/",
    re.IGNORECASE,
)
HEADLESS: Final = re.compile(r"headless|phantomjs|puppeteer|playwright", re.IGNORECASE)
#: How often a wrong code may be pressed at one link, from one place and from anywhere, before only the whole code or
#: signing in is taken. A scanner that guesses must not take the keys from the person who comes after it.
TRIES: Final = 2
ALL_TRIES: Final = 6
#: After so many wrong codes in all nothing that is given at the link is taken any more.
MOST_WRONG: Final = 20
#: More than this many answers at one link within a minute are no person's.
AT_ONCE: Final = 3


@dataclass(frozen=True, slots=True)
class Floors:
    """What nobody is quicker than, in seconds: from opening the page to the answer, from sending to opening it."""

    press: float
    open: float


@dataclass(frozen=True, slots=True)
class Seen:
    """What the request itself shows: its method, who it says it is, and whether it reads and speaks as a person's does."""

    method: str = "POST"
    agent: str = ""
    hints: str = ""
    has_language: bool = False
    reads_pages: bool = False


NOTHING_SEEN: Final = Seen()


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is known of one answer.

    `own` says that the way is the person's: their session, the address or account that they are reached at.
    `code` says whether what was given of the notice's code is right; None where nothing was given. `whole` says
    that all of it was. `page_age` is how long ago the page was opened and `sent_age` how long before that the
    notice had left, in seconds; None where no page was opened, or it is not known. `same_network` and `same_agent`
    compare the page with the press, `others` counts what else was pressed at the link in the last minute, and
    `wrong` the wrong codes before from the same place, `all_wrong` from anywhere.
    """

    way: Way
    own: bool = False
    seen: Seen = NOTHING_SEEN
    code: bool | None = None
    whole: bool = False
    page_age: float | None = None
    sent_age: float | None = None
    same_network: bool = False
    same_agent: bool = False
    others: int = 0
    wrong: int = 0
    all_wrong: int = 0


@dataclass(frozen=True, slots=True)
class Grade:
    """How much an answer proves, and the code of the reason."""

    letter: Letter
    reason: str

    @property
    def counts(self) -> bool:
        """Whether it answers: stops the clock and uses its link."""
        return self.letter != "C"


def grade(evidence: Evidence, floors: Floors) -> Grade:
    """What an answer proves. Whatever is not known speaks against it."""
    if evidence.way == "signed_in":
        return Grade("A", "signed_in") if evidence.own else Grade("B", "system_token")
    if evidence.way in ("reply", "chat"):
        return _by_own_address(evidence)
    doubt = doubted(evidence, floors) or _without_code(evidence)
    return Grade("C", doubt) if doubt else Grade("B", "whole_code" if evidence.whole else "page_and_code")


def doubted(evidence: Evidence, floors: Floors) -> str | None:
    """What makes a press look automated before any code is looked at; None where nothing does."""
    seen, age = evidence.seen, evidence.page_age
    doubts = (
        ("not_a_press", seen.method != "POST"),
        ("known_machine", MACHINES.search(seen.agent)),
        ("headless", HEADLESS.search(f"{seen.agent} {seen.hints}")),
        ("no_page", age is None),
        ("not_a_browser", not (seen.agent and seen.has_language and seen.reads_pages)),
        ("other_agent", not evidence.same_agent),
        ("other_network", not evidence.same_network),
        ("opened_too_soon", evidence.sent_age is not None and evidence.sent_age < floors.open),
        ("pressed_too_soon", age is not None and age < floors.press),
        ("at_once", evidence.others > AT_ONCE),
    )
    return next((name for name, holds in doubts if holds), None)


def is_plainly_automated(seen: Seen) -> bool:
    """Whether what a request shows of itself is no person's browser, before anything is pressed."""
    return bool(
        seen.method != "GET"
        or MACHINES.search(seen.agent)
        or HEADLESS.search(f"{seen.agent} {seen.hints}")
        or not (seen.agent and seen.has_language and seen.reads_pages)
    )


def missing(rule: Answers, told: Collection[int], answered: Collection[int]) -> int:
    """How many must answer yet before a rung that told these people is answered; none without an answer is.

    A quorum is never more than the people there are: of two, one is enough where one alone was told. Whoever answers
    without having been told (a deputy, say) counts towards it.
    """
    gave = set(answered)
    if rule == "all":
        left = len(set(told) - gave)
    else:
        left = min(1 if rule == "any" else rule, len({*told, *gave})) - len(gave)
    return max(left, 0 if gave else 1)


def _by_own_address(evidence: Evidence) -> Grade:
    """A reply or a press in a chat: the way itself must be the person's own, and a reply names its notice."""
    if not evidence.own:
        return Grade("C", "other_address")
    if evidence.way == "chat":
        return Grade("B", "own_account")
    return Grade("B", "own_address") if evidence.code else Grade("C", "other_code")


def _without_code(evidence: Evidence) -> str | None:
    if evidence.code is None:
        return "no_code"
    keys_spent = evidence.wrong >= TRIES or evidence.all_wrong >= ALL_TRIES
    if evidence.all_wrong >= MOST_WRONG or (keys_spent and not evidence.whole):
        return "tries_spent"
    return None if evidence.code else "other_code"
