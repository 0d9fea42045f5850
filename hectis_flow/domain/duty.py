"""Who answers for a post now: those who hold it and are there, else their deputies; and when nobody will.

`storage.staff` and `services.rota` hand in what the tables say, as a `Roster`. Pure: the moment comes in as
an argument. It must not know names or addresses: people are ids here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Final, NamedTuple

from hectis_flow.domain.moments import SAST
from hectis_flow.domain.offices import Days

# A post: an office and a role that somebody holds there.
Post = tuple[int, str]

# In which kinds of office a role can be held. The provincial health office owns what no facility can be
# found for, so a facility's work is done there too. Ours, not a fact: domain.md 7 gives roles and scopes.
ROLE_KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "facility_liaison": ("facility", "province_health"),
    "facility_manager": ("facility", "province_health"),
    "health_district_manager": ("health_district", "province_health"),
    "health_province_manager": ("province_health",),
    "health_data_steward": ("province_health",),
    "information_officer": ("province_health",),
    "saps_liaison": ("station",),
    "station_commander": ("station",),
    "detective_commander": ("station", "cluster"),
    "cluster_commander": ("cluster", "saps_province"),
    "provincial_saps": ("saps_province",),
    "anti_gang_unit": ("anti_gang_unit",),
    "prosecutor": ("npa_office",),
    "senior_public_prosecutor": ("npa_office",),
    "chief_prosecutor": ("chief_prosecutor",),
    "dpp_office": ("dpp",),
    "watching_brief_official": ("pocs",),
    "committee_chair": ("committee",),
    "committee_secretary": ("committee",),
    "deployment_planner": ("city_safety", "metro_police", "leap", "saps_province"),
    "auditor": ("province_health", "pocs", "committee"),
    "administrator": ("province_health", "pocs", "committee"),
}

# Who leads an office of each kind: they answer for its empty posts, and find somebody for an empty post of an
# office below. A court has no staff of ours. domain.md 7 names them as the ladder's own people; the rest [D].
HEADS: Final[Mapping[str, str]] = {
    "facility": "facility_manager",
    "health_district": "health_district_manager",
    "province_health": "health_province_manager",
    "station": "station_commander",
    "cluster": "cluster_commander",
    "saps_province": "provincial_saps",
    "anti_gang_unit": "anti_gang_unit",
    "npa_office": "senior_public_prosecutor",
    "chief_prosecutor": "chief_prosecutor",
    "dpp": "dpp_office",
    "pocs": "watching_brief_official",
    "city_safety": "deployment_planner",
    "metro_police": "deployment_planner",
    "leap": "deployment_planner",
    "committee": "committee_secretary",
}


ALWAYS: Final = Days()


class Away(NamedTuple):
    """Leave: from `start` on, and back at `end`."""

    start: datetime
    end: datetime


class Deputy(NamedTuple):
    """Who stands in; of several the lowest rank first."""

    rank: int
    staff: int


class Holder(NamedTuple):
    """Who holds a post, on which days."""

    staff: int
    days: Days = ALWAYS


@dataclass(frozen=True, slots=True)
class Person:
    """One member of staff: the days they work here, their leave, their deputies."""

    days: Days = ALWAYS
    leave: tuple[Away, ...] = ()
    deputies: tuple[Deputy, ...] = ()

    def works(self, at: datetime) -> bool:
        """Whether they work here on that day, on leave or not."""
        return self.days.holds(at.astimezone(SAST).date())

    def there(self, at: datetime) -> bool:
        """Whether they can answer at that moment."""
        return self.works(at) and not any(one.start <= at < one.end for one in self.leave)


@dataclass(frozen=True, slots=True)
class Roster:
    """Posts with their holders, and everybody who can be reached from those by way of deputies."""

    holders: Mapping[Post, tuple[Holder, ...]] = field(default_factory=dict)
    people: Mapping[int, Person] = field(default_factory=dict)

    def answering(self, post: Post, at: datetime) -> tuple[int, ...]:
        """Whoever answers for a post at a moment; empty when nobody does.

        The holders who are there; if none is, for each holder the nearest deputy who is, by rank, then the
        deputies' deputies. People of one rank answer together. A circle of deputies ends the walk.
        """
        day = at.astimezone(SAST).date()
        held = [one.staff for one in self.holders.get(post, ()) if one.days.holds(day)]
        held = [staff for staff in held if self._person(staff).works(at)]
        there = [staff for staff in held if self._person(staff).there(at)]
        if there:
            return tuple(dict.fromkeys(there))
        return tuple(dict.fromkeys(found for staff in held for found in self._stand_ins(staff, at)))

    def first_gap(self, post: Post, start: datetime, until: datetime) -> datetime | None:
        """The first moment from `start` to `until` at which nobody answers for a post."""
        return next((at for at in self._turns(post, start, until) if not self.answering(post, at)), None)

    def _person(self, staff: int) -> Person:
        return self.people.get(staff, Person())

    def _stand_ins(self, staff: int, at: datetime) -> list[int]:
        """The nearest deputies who are there: each step away is tried whole before the next one."""
        seen, level = {staff}, [staff]
        while level:
            deputies = sorted(one for staff in level for one in self._person(staff).deputies)
            fresh = [one for one in deputies if one.staff not in seen and self._person(one.staff).works(at)]
            there = [one for one in fresh if self._person(one.staff).there(at)]
            if there:
                return [one.staff for one in there if one.rank == there[0].rank]
            level = [one.staff for one in fresh]
            seen.update(level)
        return []

    def _turns(self, post: Post, start: datetime, until: datetime) -> Iterable[datetime]:
        """Every moment at which who answers may change: the first, then whenever somebody comes or goes."""
        near = {holder.staff for holder in self.holders.get(post, ())}
        level = list(near)
        while level:
            level = [one.staff for staff in level for one in self._person(staff).deputies]
            level = [staff for staff in dict.fromkeys(level) if staff not in near]
            near.update(level)
        turns = {start}
        for holder in self.holders.get(post, ()):
            turns.update(_midnights(holder.days))
        for staff in near:
            person = self._person(staff)
            turns.update(_midnights(person.days))
            turns.update(moment for away in person.leave for moment in away)
        return sorted(turn for turn in turns if start <= turn <= until)


def _midnights(days: Days) -> list[datetime]:
    return [datetime.combine(day, time(), SAST) for day in days if day is not None]
