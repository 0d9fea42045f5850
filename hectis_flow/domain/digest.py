"""Digests: who gets one, in which window, what changed since that reader's last one, and what is to be decided first.

`services.digest` asks it and writes; times and rows come in as arguments. A window is a day in South Africa and the
moment on it at which somebody wants theirs. Pure: it knows no word of a digest and no table.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final, Literal, NamedTuple

from hectis_flow.domain.duty import HEADS, Post
from hectis_flow.domain.moments import SAST

Every = Literal["day", "week"]

#: Who gets one, the highest first: of several posts of one person the first names the digest.
READERS: Final = (
    "committee_chair",
    *("provincial_saps", "dpp_office", "health_province_manager"),
    *("chief_prosecutor", "cluster_commander", "health_district_manager", "watching_brief_official"),
    *("senior_public_prosecutor", "station_commander", "facility_manager"),
)
USUAL_TIME: Final = time(6, 30)
EVERY: Final[tuple[Every, ...]] = ("day", "week")
LANGUAGES: Final = ("en", "af", "xh")
#: What comes later after its moment than this was caught up.
LATE_AFTER: Final = timedelta(minutes=15)
#: Between which hours somebody may get their first one.
DAY: Final = (time(6), time(20))
#: By when it is opened, and how long somebody has at least who was told late.
NOON: Final = time(12)
TO_OPEN: Final = timedelta(hours=2)
#: Decisions that stand first.
MOST: Final = 5
MONDAY: Final = 0


@dataclass(frozen=True, slots=True)
class Preference:
    """When somebody wants theirs, in South African time: each day, or each Monday."""

    at: time = USUAL_TIME
    every: Every = "day"


class Window(NamedTuple):
    """One window: its day, and the moment on it."""

    on: date
    at: datetime


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who gets a digest: the post that it is for, and every office that they read for."""

    staff_id: int
    office_id: int
    role: str
    offices: tuple[int, ...]


class Line(NamedTuple):
    """What a digest shows of one thing that stands: of which kind, which, and how high it has climbed."""

    kind: str
    id: int
    level: int


class Gone(NamedTuple):
    """What a digest showed and the next one does not: over, or climbed on to somebody else."""

    line: Line
    over: bool


class Changes(NamedTuple):
    """What changed since the last digest, each thing once; `same` stands as it did."""

    new: tuple[Line, ...]
    worse: tuple[Line, ...]
    fixed: tuple[Line, ...]
    same: tuple[Line, ...]


def window(wish: Preference, now: datetime) -> Window:
    """The window that began last."""
    here = now.astimezone(SAST)
    day = here.date() if here.time() >= wish.at else here.date() - timedelta(days=1)
    if wish.every == "week":
        day -= timedelta(days=(day.weekday() - MONDAY) % 7)
    return Window(day, datetime.combine(day, wish.at, SAST))


def is_due(found: Window, now: datetime, last: date | None) -> bool:
    """Whether this window still wants its digest, after a last one for `last`.

    The very first of a reader comes as soon as it is day: nobody is woken because a post or a system is new.
    """
    if last is None:
        return found.at + LATE_AFTER > now or DAY[0] <= now.astimezone(SAST).time() < DAY[1]
    return found.on > last


def is_late(found: Window, now: datetime, last: date | None) -> bool:
    """Whether it is caught up. The very first of a reader is late for nothing."""
    return last is not None and now - found.at > LATE_AFTER


def open_by(found: Window, made_at: datetime) -> datetime:
    """By when it is to be opened: noon of its day, or of the next working day; later where it came late."""
    day = made_at.astimezone(SAST).date()
    while day.weekday() > 4:  # nobody is called on a weekend because a mail lies unread
        day += timedelta(days=1)
    return max(datetime.combine(max(day, found.on), NOON, SAST), made_at + TO_OPEN)


def readers(on_duty: Mapping[Post, Collection[int]]) -> list[Reader]:
    """One reader for each person who answers for such a post, with all that they answer for."""
    held: dict[int, list[Post]] = {}
    for post, people in on_duty.items():
        for staff_id in people:
            held.setdefault(staff_id, []).append(post)
    return [_reader(staff_id, held[staff_id]) for staff_id in sorted(held)]


def changes(before: Mapping[tuple[str, int], int], now: Sequence[Line], gone: Sequence[Gone]) -> Changes:
    """What is new, worse, fixed or the same; `before` are the levels that this reader was last shown."""
    new = tuple(one for one in now if (one.kind, one.id) not in before)
    kept = [one for one in now if (one.kind, one.id) in before]
    worse = [one for one in kept if one.level > before[one.kind, one.id]]
    same = tuple(one for one in kept if one.level <= before[one.kind, one.id])
    climbed = [one.line for one in gone if not one.over]
    return Changes(new, (*worse, *climbed), tuple(one.line for one in gone if one.over), same)


def chaser(post: Post, path: Sequence[tuple[int, str]]) -> Post:
    """Who sees that somebody opens it: whoever leads the office, where that is another post; else the office above."""
    heads = [(office_id, HEADS[kind]) for office_id, kind in path if kind in HEADS]
    return next((one for one in heads if one != post), post)


def _reader(staff_id: int, posts: Sequence[Post]) -> Reader:
    first = min(posts, key=lambda post: (READERS.index(post[1]), post[0]))
    return Reader(staff_id, *first, tuple(sorted({office_id for office_id, _ in posts})))
