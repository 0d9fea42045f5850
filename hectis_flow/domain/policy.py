"""The shapes of the policy: how long each clock runs, whom its ladder tells, and from when that holds.

`config.policy` reads them out of `config/policy.toml`, `policy_checks` judges them, `escalation` computes
with them. Plain frozen data. It must name no time, role or office of its own: those are configuration.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from hectis_flow.domain.acknowledgement import Answers
from hectis_flow.domain.calendar import Span, WorkingTime
from hectis_flow.domain.errors import HectisError
from hectis_flow.domain.moments import SAST
from hectis_flow.domain.reach import Reach

When = Literal["warning", "breach", "court"]


class PolicyFault(HectisError):
    """The policy does not hold together, or has no line for what was asked."""

    code = "policy"
    status = 500


@dataclass(frozen=True, slots=True)
class Times:
    """When a clock warns and when it is breached, both counted from its start in one calendar."""

    calendar: str
    warning: Span
    due: Span


@dataclass(frozen=True, slots=True)
class BeforeCourt:
    """What a clock has besides its times where these are counted back from a day in court.

    It starts `asked` before that day. Where that is past already it starts at once, and warns and is breached no
    sooner than `late` after that.
    """

    asked: Span
    late: Times


@dataclass(frozen=True, slots=True)
class RuleMove:
    """The move a rule makes by itself when a clock is due, with the code of its reason."""

    transition: str
    reason: str


@dataclass(frozen=True, slots=True)
class Clock:
    """How long a case may wait for one thing, and what silence leads to.

    `title` names the clock, `wanted` says what its owner must do. `urgent` are the times of an urgent
    case, where they differ. `then` is the move that ends the clock when it is due; without one the ladder
    climbs. With `before_court` its times are counted back from a day in court. What is `grave` is answered for good
    by somebody signed in: an answer through a link is to be confirmed.
    """

    name: str
    title: str
    wanted: str
    ladder: str
    standard: Times
    urgent: Times | None = None
    then: RuleMove | None = None
    before_court: BeforeCourt | None = None
    grave: bool = False

    def times(self, *, urgent: bool) -> Times:
        """The times of an urgent case, or of any other."""
        return self.urgent if urgent and self.urgent is not None else self.standard


@dataclass(frozen=True, slots=True)
class Rung:
    """One level of a ladder: `role` is told, at the owner itself or the nearest `office_kind` above it.

    It is due at the clock's warning, or at its breach, or `after` the breach in the ladder's calendar.
    `court` is so long (`after`) before the day in court instead.
    `words` say to a reader what has come to this. `answers` is how many of those it tells must answer before the
    answer counts.
    """

    level: int
    role: str
    office_kind: str | None
    when: When
    after: Span | None
    words: str
    answers: Answers = "any"


@dataclass(frozen=True, slots=True)
class Ladder:
    """Who is told, level after level, on the side of one kind of owner."""

    name: str
    owner: str
    calendar: str
    rungs: tuple[Rung, ...]


@dataclass(frozen=True, slots=True)
class Edition:
    """The whole policy from one South African day on.

    `version` goes on every clock that it starts. A post without anybody on duty is said `rota_gap_ahead`; a
    task that a notice leaves behind is due after `errand_due`; the link of a notice works for `link_lives`. What
    left the roll may be given up `lapse_after` its removal; a move can be taken back for `undo_for`. Whoever carries
    more than `docket_benchmark` has too much to do; a clock is put off `snooze_times` at most, by `snooze_days`
    working days each. A gang flag
    ends after `gang_flag_lasts` at the latest; the committee's chair confirms and answers within `chair_answers`. A murder in the
    precinct of one of `hotspot_stations` (codes) is watched. `reach` says when and how people are told.
    Nobody answers sooner than `answer_seconds` after opening the page of a link, nor opens it sooner than
    `open_seconds` after its notice was sent.
    """

    version: str
    valid_from: date
    calendars: Mapping[str, WorkingTime]
    clocks: Mapping[str, Clock]
    ladders: Mapping[str, Ladder]
    rota_gap_ahead: Span
    errand_due: Span
    link_lives: Span
    lapse_after: Span
    undo_for: Span
    docket_benchmark: int
    snooze_days: int
    snooze_times: int
    gang_flag_lasts: Span
    chair_answers: Span
    hotspot_stations: frozenset[str] = frozenset()
    reach: Reach = field(default_factory=Reach)
    answer_seconds: int = 1
    open_seconds: int = 1


@dataclass(frozen=True, slots=True)
class Policy:
    """Every edition, the oldest first; at least one."""

    editions: tuple[Edition, ...]

    @property
    def asks_several(self) -> bool:
        """Whether any rung asks for more than one answer."""
        ladders = (one for edition in self.editions for one in edition.ladders.values())
        return any(rung.answers != "any" for one in ladders for rung in one.rungs)

    @property
    def has_grave(self) -> bool:
        """Whether any clock is grave."""
        return any(clock.grave for edition in self.editions for clock in edition.clocks.values())

    def in_force(self, at: datetime) -> Edition:
        """The edition that holds at a moment. The first also holds for all time before it."""
        today = at.astimezone(SAST).date()
        return next((one for one in reversed(self.editions) if one.valid_from <= today), self.editions[0])
