"""Watching briefs: what opens one, who is asked after whom, what may be said of an appearance, and how it ends.

`services.briefs` and the services beside it ask here, with the case held. Only what a court and its prosecutors
know goes in: charges, postponements, removals; never what a hospital knows. Pure. Sources: domain.md 6 and 7.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple, NoReturn

from hectis_flow.domain import workflow_rules
from hectis_flow.domain.errors import HectisError

REMOVAL: Final = "removal"
REPEATED: Final = "repeat_postponement"
GBV: Final = "gbv"
HOTSPOT: Final = "hotspot_murder"
BY_HAND: Final = "by_hand"
TRIGGERS: Final = ("gang_flag", REMOVAL, REPEATED, GBV, HOTSPOT, BY_HAND)
#: What is about the matter and not about its place on the roll: such a brief outlasts a return to it. [D]
LASTING: Final = ("gang_flag", GBV, HOTSPOT, BY_HAND)
#: Charges that make a matter one of gender-based violence, as the charge sheet has them. [D]
GBV_OFFENCES: Final = frozenset({"rape", "sexual_assault", "protection_order_breach"})
MURDER: Final = "murder"
#: The third postponement for one cause, or more than three in all.
SAME_CAUSE, ANY_CAUSE = 3, 3

UNIT, NPA = "pocs", "npa"
DECLINE_REASONS: Final = (
    *("conflict_of_interest", "not_my_matter", "transferred", "overload", "absent", "other_reason"),
)
CLOSE_REASONS: Final = ("finalised", "lapsed", "nothing_more_to_watch", "opened_in_error")
BACK_ON_ROLL, FINALISED, LAPSED = "back_on_roll", "finalised", "lapsed"

# What the unit codes of an appearance and asks for.  [D]
OUTCOMES: Final = (
    *("proceeded", "postponed", "struck_off", "withdrawn", "pleaded", "convicted", "acquitted"),
    *("warrant_issued", "transferred", "not_called", "other_outcome"),
)
AT_COURT: Final = ("yes", "no", "not_seen")
RECOMMENDATIONS: Final = (
    *("none", "docket_to_court", "complete_investigation", "subpoena_witnesses", "obtain_report"),
    *("reenrol", "disciplinary_steps", "training", "other_step"),
)
REPLIES: Final = ("done", "disciplinary", "disputed")


class BriefRefused(HectisError):
    """It cannot be done with a brief as asked; `code` says why."""

    code = "brief_refused"
    status = 409


class Seat(NamedTuple):
    """One place on the road of those who are asked: what is awaited, of what kind of office, of whom there."""

    kind: str
    office_kind: str
    role: str


class Asked(NamedTuple):
    """A seat of one office that was asked."""

    office_id: int
    role: str


#: Who is asked for the unit, and for the prosecution one after the other; past either end the secretary.
UNIT_SEAT: Final = Seat("watching_brief", "pocs", "watching_brief_official")
NPA_ROAD: Final = (
    Seat("brief_prosecutor", "npa_office", "prosecutor"),
    Seat("brief_senior", "npa_office", "senior_public_prosecutor"),
    Seat("brief_chief", "chief_prosecutor", "chief_prosecutor"),
    Seat("brief_dpp", "dpp", "dpp_office"),
)
LAST_SEAT: Final = Seat("brief_secretary", "committee", "committee_secretary")
MONITOR: Final = "brief_monitor"
REPLY_KINDS: Final[Mapping[str, str]] = {"saps": "brief_reply_saps", "npa": "brief_reply_npa"}
SEAT_KINDS: Final = (UNIT_SEAT.kind, *(one.kind for one in NPA_ROAD), LAST_SEAT.kind)
#: What ends with a brief. Letters are answered whatever became of it, and of a removal the unit reads in any case.
ENDS_WITH_BRIEF: Final = (*SEAT_KINDS[1:], MONITOR)
#: How the items of a brief end when whoever was asked settles them.
ENDINGS: Final[Mapping[str, str]] = {
    **{one.kind: "acknowledged" for one in (*NPA_ROAD, LAST_SEAT)},
    UNIT_SEAT.kind: "noted",
    MONITOR: "noted",
}
ENDED_BY: Final[Mapping[str, str]] = dict.fromkeys(REPLY_KINDS.values(), "the reply to the letter")


def of_charges(offences: Iterable[str], station: str | None, hotspots: Collection[str]) -> tuple[str, ...]:
    """The triggers that newly laid charges are, at a case of this station."""
    laid = set(offences)
    found = [GBV] if laid & GBV_OFFENCES else []
    if MURDER in laid and station in hotspots:
        found.append(HOTSPOT)
    return tuple(found)


def left_to_watch(stage: str) -> bool:
    """Whether a matter that stands there goes on; one that has its ending is not watched anew."""
    return not workflow_rules.stage(stage).end


def check_matter(stage: str) -> None:
    """Raise `BriefRefused` (`matter_over`) where nothing is left to watch."""
    if not left_to_watch(stage):
        refuse("matter_over", "This matter has its ending. Watch it once somebody takes it up again.")


def repeats(same: int, every: int) -> bool:
    """Whether so many postponements, of one cause and in all, are too many."""
    return same >= SAME_CAUSE or every > ANY_CAUSE


def next_of_npa(
    kind: str, asked: Collection[Asked], office: Callable[[str], int | None]
) -> tuple[Seat, int] | None:
    """Who is asked for the prosecution after this seat, and where; None past the end of the road.

    `office` finds the matter's own office of a kind. A seat that was asked is never asked again.
    """
    kinds = [one.kind for one in NPA_ROAD]
    after = NPA_ROAD[kinds.index(kind) + 1 :] if kind in kinds else ()
    for seat in after:
        where = office(seat.office_kind)
        if where is not None and Asked(where, seat.role) not in asked:
            return seat, where
    return None


def redirected(side: str, office_kind: str, seat: str) -> Seat:
    """The seat that an office of this kind takes when another names it. Raises `BriefRefused` (`wrong_office`).

    Each seat names an office of its own kind; the secretary, to whom a road has led, any of that side.
    """
    road = (UNIT_SEAT,) if side == UNIT else NPA_ROAD
    own = [one for one in road if one.kind == seat] or list(road)
    found = [one for one in own if one.office_kind == office_kind]
    if found:
        return found[0]
    kinds = ", ".join(dict.fromkeys(one.office_kind for one in own))
    raise BriefRefused(f"Name the code of an office of the right kind: {kinds}.", code="wrong_office")


@dataclass(frozen=True, slots=True)
class Appearance:
    """One appearance as the unit saw it: codes and a day, no word of anybody.

    The first of `causes` is the primary one, and `attributable_to` says whose action it needed.
    """

    court_date: date
    outcome: str
    docket_at_court: str
    recommendation: str
    causes: tuple[str, ...] = ()
    attributable_to: str | None = None


def check_appearance(seen: Appearance, today: date) -> None:
    """Raise `BriefRefused` where it cannot have been: `date_ahead`, `cause_twice`, `attribution_missing`."""
    if seen.court_date > today:
        refuse("date_ahead", "This day in court lies ahead. Check the date.")
    if len(set(seen.causes)) != len(seen.causes):
        refuse("cause_twice", "A cause stands there twice. Name each once, the primary one first.")
    if bool(seen.causes) != (seen.attributable_to is not None):
        refuse(
            "attribution_missing",
            "Causes and whose action was needed come together: give both 'causes' and 'attributable_to', "
            "or neither.",
        )


def union(groups: Iterable[Sequence[str]]) -> tuple[str, ...]:
    """The codes of all groups, each once, in their order."""
    return tuple(dict.fromkeys(code for group in groups for code in group))


def refuse(code: str, sentence: str) -> NoReturn:
    """Raise `BriefRefused`."""
    raise BriefRefused(sentence, code=code)
