"""The tables of a digest in words: its figures, what is late by age, what came back, what is owed; and its days.

`digest` calls it. Figures are said as they were counted, digit for digit.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any, Final

from hectis_flow.domain.moments import SAST
from hectis_flow.render import missing
from hectis_flow.render.digest_parts import Grid, Part, Row
from hectis_flow.render.notice_times import moment as said_at
from hectis_flow.render.page_words import of_code, say

Told = Mapping[str, Any]
AGES: Final = 4
#: The figures in the order in which they are said.
FIGURES: Final = ("to_decide", "standing", "new", "worse", "fixed", "same", "tabled", "oldest_days")


def figures(lang: str, figures: Mapping[str, int], side: str) -> tuple[tuple[str, str], ...]:
    """Each figure with its name."""
    names = [name for name in FIGURES if name != "tabled" or side == "committee"]
    keys = {name: f"digest.figure.{name}" for name in names}
    keys["to_decide"] = of("digest.figure.to_decide", side)
    return tuple((say(lang, keys[name]), str(figures[name])) for name in names)


def ages(lang: str, ages: Sequence[Told]) -> Grid:
    """What is late, by reason and age in days."""
    head = (
        say(lang, "digest.reason"),
        say(lang, "digest.all"),
        *(say(lang, f"digest.age.{place}") for place in range(AGES)),
        say(lang, "digest.oldest"),
    )
    rows = [
        (missing.title(lang, one["reason"]), str(one["total"]), *map(str, one["ages"]), str(one["oldest"]))
        for one in ages
    ]
    return Grid(say(lang, "digest.ages"), head, tuple(rows), say(lang, "digest.ages_none"))


def removals(lang: str, causes: Sequence[Told]) -> Grid:
    """What left the roll, by cause, and what came of it."""
    head = tuple(say(lang, f"digest.{name}") for name in ("cause", "left", "came_back", "ended", "open"))
    rows = [
        (of_code(one["cause"]), *(str(one[name]) for name in ("removed", "back", "ended", "open")))
        for one in causes
    ]
    return Grid(say(lang, "digest.removals"), head, tuple(rows), say(lang, "digest.no_removals"))


def back(lang: str, every: Told) -> str:
    """The same in one sentence; "" where nothing left the roll."""
    if not every["removed"]:
        return ""
    if not every["back"]:
        return say(lang, "digest.back_none", removed=every["removed"], open=every["open"])
    return say(
        lang,
        "digest.back",
        back=every["back"],
        removed=every["removed"],
        days=every["median_days"],
        open=every["open"],
    )


def owed(lang: str, owed: Sequence[Told]) -> Part:
    """What the committee decided and is still owed."""
    rows = tuple(
        Row(
            say(
                lang,
                "digest.owed_row",
                what=say(lang, f"decided.{one['what']}"),
                office=one["office"],
                day=day(lang, one["due_on"]),
            ),
            ", ".join(part for part in (one["ref"], say(lang, f"state.{one['state']}")) if part),
        )
        for one in owed
    )
    return Part(say(lang, "digest.owed"), len(rows), rows, "")


def day(lang: str, day: str) -> str:
    """A day as a digest says it."""
    return said_at(lang, datetime.combine(date.fromisoformat(day), time(), SAST), "short_day", say)


def moment(lang: str, at: str) -> str:
    """A moment as a digest says it."""
    return said_at(lang, datetime.fromisoformat(at), "short_moment", say)


def of(key: str, side: str) -> str:
    """The key of the words for this side, the committee's or an office's."""
    return key if side == "committee" else f"{key}_office"
