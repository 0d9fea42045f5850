"""Turns the tables of one edition of `config/policy.toml` into the shapes of `domain.policy`.

Called by `config.policy`. Every value is taken through a `Table`, which notes each fault by its key and goes
on, so that one reading shows them all. It must not judge whether the parts fit together.
"""

import re
from collections.abc import Callable, Iterator
from datetime import date
from typing import Final

from config.calendars import days_between, opening, public_holidays, weekdays
from config.policy_reach import reach
from config.policy_table import T, Table
from hectis_flow.domain.acknowledgement import Answers
from hectis_flow.domain.calendar import ALWAYS, Span, WorkingTime, parse_span
from hectis_flow.domain.policy import BeforeCourt, Clock, Edition, Ladder, RuleMove, Rung, Times, When
from hectis_flow.domain.snooze import MOST_DAYS, MOST_TIMES

_NO_SPAN: Final = Span(1, "min")
_CODE: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")
MOST_SECONDS: Final = 60  # that somebody may be asked to take before an answer
MOST_PEOPLE: Final = 20  # that a rung may ask an answer of
_BREACH_PLUS: Final = "breach + "
_BEFORE_COURT: Final = "court - "
_Moment = tuple[When, Span | None]
_WARNING: Final[_Moment] = ("warning", None)
_WHENS: Final[dict[str, When]] = {"warning": "warning", "breach": "breach"}


def edition(table: Table, version: str, valid_from: date) -> Edition:
    """The whole of one edition, out of the tables of its file."""
    read = Edition(
        version=version,
        valid_from=valid_from,
        calendars={"always": ALWAYS, **{n: _calendar(n, one) for n, one in table.tables("calendars")}},
        clocks={name: _clock(name, one) for name, one in table.tables("clocks")},
        ladders={name: _ladder(name, one) for name, one in table.tables("ladders")},
        rota_gap_ahead=_span(table, "rota_gap_ahead"),
        errand_due=_span(table, "errand_due"),
        link_lives=_span(table, "link_lives"),
        lapse_after=_span(table, "lapse_after"),
        undo_for=_span(table, "undo_for"),
        docket_benchmark=table.whole("docket_benchmark", 1, 1000),
        snooze_days=table.whole("snooze_days", 1, MOST_DAYS),
        snooze_times=table.whole("snooze_times", 0, MOST_TIMES),
        gang_flag_lasts=_span(table, "gang_flag_lasts"),
        chair_answers=_span(table, "chair_answers"),
        hotspot_stations=_codes(table, "hotspot_stations"),
        reach=reach(table),
        answer_seconds=table.whole("answer_seconds", 0, MOST_SECONDS),
        open_seconds=table.whole("open_seconds", 0, MOST_SECONDS),
    )
    table.finish()
    return read


def _span(table: Table, name: str) -> Span:
    return table.parsed(name, parse_span, _NO_SPAN)


def _codes(table: Table, name: str) -> frozenset[str]:
    """Codes of offices; none where the key is left out."""
    found = table.take(name, list, "a list of codes", [], needed=False)
    if not all(type(one) is str and _CODE.fullmatch(one) for one in found):
        table.fault("must hold codes of offices, such as delft-saps", name)
        return frozenset()
    return frozenset(found)


def _calendar(name: str, table: Table) -> WorkingTime:
    if name == "always":
        table.fault("is built in and cannot be changed")
    hours = _hours(table)
    closed = (
        set(public_holidays())
        if table.take("public_holidays", bool, "true or false", default=True)
        else set()
    )
    for one in table.list("closed", needed=False):
        closed |= _closure(one)
    table.finish()
    return WorkingTime(name, hours or {0: (0, 1440)}, frozenset(closed))


def _hours(table: Table) -> dict[int, tuple[int, int]]:
    hours: dict[int, tuple[int, int]] = {}
    written = Table(f"{table.key}.hours", table.take("hours", dict, "a table", {}), table.faults)
    for days in list(written.body):
        span = written.parsed(days, opening, (0, 1440))
        try:
            hours.update(dict.fromkeys(weekdays(days), span))
        except ValueError as fault:
            table.fault(str(fault), "hours")
    if not hours:
        table.fault("opens on no day", "hours")
    return hours


def _closure(table: Table) -> frozenset[date]:
    first, last = (table.take(name, date, "a day such as 2026-12-24", date.min) for name in ("from", "to"))
    table.text("why")
    table.finish()
    try:
        return days_between(first, last)
    except ValueError as fault:
        table.fault(str(fault))
        return frozenset()


def _clock(name: str, table: Table) -> Clock:
    read = Clock(
        name=name,
        title=table.text("title"),
        wanted=table.text("wanted"),
        ladder=table.text("ladder"),
        standard=_times(table),
        urgent=next((_finished(one, _times) for one in _one(table, "urgent")), None),
        then=next((_finished(one, _rule_move) for one in _one(table, "then")), None),
        before_court=_before_court(table),
        grave=table.take("grave", bool, "true or false", default=False, needed=False),
    )
    table.finish()
    return read


def _one(table: Table, name: str) -> Iterator[Table]:
    """The one table of this name, if it is there."""
    if name in table.body:
        yield Table(f"{table.key}.{name}", table.body.pop(name), table.faults)


def _finished(table: Table, read: Callable[[Table], T]) -> T:
    value = read(table)
    table.finish()
    return value


def _times(table: Table) -> Times:
    return Times(table.text("calendar"), _span(table, "warning"), _span(table, "due"))


def _before_court(table: Table) -> BeforeCourt | None:
    """Whether the times count back from a day in court; then when it is asked, and what holds where that is past."""
    if not table.take("before_court", bool, "true or false", default=False, needed=False):
        return None
    late = next((_finished(one, _times) for one in _one(table, "late")), None)
    if late is None:
        table.fault("is missing: a table of calendar, warning and due", "late")
    return BeforeCourt(_span(table, "asked"), late or Times("always", _NO_SPAN, _NO_SPAN))


def _rule_move(table: Table) -> RuleMove:
    return RuleMove(table.text("transition"), table.text("reason"))


def _ladder(name: str, table: Table) -> Ladder:
    rungs = tuple(_finished(one, _rung) for one in table.list("rungs", needed=True))
    if not rungs:
        table.fault("has no rung", "rungs")
    read = Ladder(name, table.text("owner"), table.text("calendar"), rungs)
    table.finish()
    return read


def _rung(table: Table) -> Rung:
    when, after = table.parsed("at", _moment, _WARNING)
    return Rung(
        level=table.take("level", int, "a number from 0 to 4", -1),
        role=table.text("tells"),
        office_kind=table.text("office") if "office" in table.body else None,
        when=when,
        after=after,
        words=table.text("words"),
        answers=_answers(table),
    )


def _answers(table: Table) -> Answers:
    """How many of a rung must answer: any of them where it is left out, `all`, or a number."""
    said = table.body.pop("answers", "any")
    if said in ("any", "all") or (type(said) is int and 1 <= said <= MOST_PEOPLE):
        return said  # type: ignore[no-any-return]
    table.fault(f'must be "any", "all" or a number from 1 to {MOST_PEOPLE}', "answers")
    return "any"


def _moment(text: str) -> _Moment:
    """`warning`, `breach`, `breach + 5wd` or `court - 1wd`."""
    if text.startswith(_BEFORE_COURT):
        return "court", parse_span(text.removeprefix(_BEFORE_COURT))
    if text.startswith(_BREACH_PLUS):
        return "breach", parse_span(text.removeprefix(_BREACH_PLUS))
    if text not in _WHENS:
        raise ValueError(
            f"{text!r} is not warning, breach, or breach + a span such as breach + 5wd, nor court - 1wd"
        )
    return _WHENS[text], None
