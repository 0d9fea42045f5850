"""The policy in force as sentences and rows: clocks, ladders, hours, and the other times.

Read by the administrator's room. It decides nothing: what it says stands in `config/policy.toml`.
"""

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Final, NamedTuple

from hectis_flow.domain import workflow_rules
from hectis_flow.domain.policy import Clock, Edition, Ladder, Rung, Times
from hectis_flow.domain.workflow_shapes import HEAD, NAMED
from hectis_flow.render import page_words, role_words
from hectis_flow.render.page_words import say

_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_NAMED: Final = {NAMED: "admin.named_post", HEAD: "admin.head_above"}
_SPANS: Final = (
    *("rota_gap_ahead", "errand_due", "link_lives", "undo_for", "lapse_after", "gang_flag_lasts"),
    "chair_answers",
)


class ClockRow(NamedTuple):
    """One clock as its row says it: its name, what is wanted, its times."""

    title: str
    wanted: str
    times: str


class Step(NamedTuple):
    """One level of a ladder: when somebody is told, and who."""

    level: int
    when: str
    whom: str


class Side(NamedTuple):
    """A ladder: its name, the clocks that climb it, and who is told at each level."""

    title: str
    clocks: list[ClockRow]
    steps: list[Step]


def ladders(language: str, edition: Edition) -> list[Side]:
    """Every ladder with its clocks, in the order of the policy."""
    return [_side(language, edition, ladder) for ladder in edition.ladders.values()]


def _side(language: str, edition: Edition, ladder: Ladder) -> Side:
    name, owner = page_words.of_code(ladder.name), page_words.of_code(ladder.owner)
    inside = owner if owner[:2].isupper() else owner.lower()
    title = say(language, "admin.ladder", name=name, owner=inside) if ladder.owner != NAMED else name
    clocks = [_clock(language, one) for one in edition.clocks.values() if one.ladder == ladder.name]
    return Side(title, clocks, [_step(language, rung) for rung in ladder.rungs])


def _clock(language: str, clock: Clock) -> ClockRow:
    parts = [_times(language, clock.standard, back=clock.before_court is not None)]
    if clock.urgent is not None:
        warns, due = clock.urgent.warning.words, clock.urgent.due.words
        parts.append(say(language, "admin.urgent", warns=warns, due=due))
    if clock.then is not None:
        move = workflow_rules.transition(clock.then.transition).title
        parts.append(say(language, "admin.by_itself", move=move))
    if clock.grave:
        parts.append(say(language, "admin.grave"))
    return ClockRow(clock.title, clock.wanted, "; ".join(parts))


def _times(language: str, times: Times, *, back: bool) -> str:
    key = "admin.before_court" if back else "admin.times"
    calendar = _calendar(times.calendar)
    return say(language, key, warns=times.warning.words, due=times.due.words, calendar=calendar)


def _step(language: str, rung: Rung) -> Step:
    when = _when(language, rung)
    if rung.answers != "any":
        asked = "admin.answers_all" if rung.answers == "all" else "admin.answers_so_many"
        when = f"{when}; {say(language, asked, count=rung.answers)}"
    return Step(rung.level, when, _whom(language, rung))


def _when(language: str, rung: Rung) -> str:
    if rung.after is None:
        return say(language, "admin.at_warning" if rung.when == "warning" else "admin.at_breach")
    key = "admin.court_rung" if rung.when == "court" else "admin.after_breach"
    return say(language, key, span=rung.after.words)


def _whom(language: str, rung: Rung) -> str:
    if rung.role in _NAMED:
        return say(language, _NAMED[rung.role])
    kind = (rung.office_kind or "").replace("_", " ")
    where = say(language, "admin.at_above", kind=kind) if kind else say(language, "admin.at_owner")
    return say(language, "admin.told", role=role_words.title(language, rung.role), where=where)


def hours(language: str, edition: Edition) -> list[tuple[str, str, int]]:
    """When the offices of each calendar work, and how many closed days are on record."""
    return [
        (
            _calendar(name),
            ", ".join(_weeks(calendar.hours)) or say(language, "admin.always"),
            len(calendar.closed),
        )
        for name, calendar in edition.calendars.items()
    ]


def _weeks(hours: Mapping[int, tuple[int, int]]) -> Iterator[str]:
    """Days with the same hours together: Mon–Fri 07:30–16:00."""
    for (opens, shuts), found in groupby(sorted(hours), key=hours.__getitem__):
        days = list(found)
        named = _DAYS[days[0]] if len(days) == 1 else f"{_DAYS[days[0]]}–{_DAYS[days[-1]]}"
        yield f"{named} {_clock_time(opens)}–{_clock_time(shuts)}"


def _clock_time(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _calendar(name: str) -> str:
    return {"npa": "NPA", "saps": "SAPS", "pocs": "POCS"}.get(name, name)


def rest(language: str, edition: Edition) -> list[tuple[str, str]]:
    """The times that belong to no clock."""
    spans = [(say(language, f"admin.rest.{name}"), getattr(edition, name).words) for name in _SPANS]
    snoozes = say(language, "admin.snoozes", times=edition.snooze_times, days=edition.snooze_days)
    return [
        *spans,
        (say(language, "admin.rest.docket_benchmark"), str(edition.docket_benchmark)),
        (say(language, "admin.rest.snooze"), snoozes),
    ]
