"""One visit as it really was: who came where, when, and what had happened.

`stories` turns it into what the facility's system says of it. A visit is a fact of the made-up province,
whether or not anybody ever codes it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Final

from hectis_flow.domain.moments import SAST
from hectis_flow.practice import harm, rates
from hectis_flow.practice.chance import Odds, happens, how_many
from hectis_flow.practice.harm import Cause
from hectis_flow.practice.people import Person, person
from hectis_flow.practice.places import Facility, Places, Precinct

_MOST_TRAVEL_HOURS: Final = 5.0


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit. `number` and `key` are unique in the province of one seed; times are in South African time."""

    key: str  # the day and a running number; part of every number the visit has
    facility: Facility
    person: Person
    repeated: bool  # somebody who comes again and again, so who has an older folder
    happened: datetime
    arrived: datetime
    cause: Cause
    violent: bool
    role: str
    scene: Precinct
    sats_colour: str


@dataclass(frozen=True, slots=True)
class World:
    """What all visits of one province share."""

    seed: int
    scale: float
    places: Places


def of_day(world: World, day: date) -> Iterator[Visit]:
    """Every visit whose cause fell on that day, violent ones first. The same arguments, the same visits."""
    rng = Random(f"{world.seed}/{world.scale!r}/{day.isoformat()}")  # noqa: S311  (play, never a secret)
    number = 0
    mean = rates.VIOLENT_A_DAY * rates.VIOLENT_WEEK[day.weekday()] * world.scale / rates.TOGETHER_MEAN
    for _ in range(how_many(rng, mean)):
        for visit in _brawl(world, rng, day, number):
            yield visit
            number += 1
    injured = (rates.INJURED_A_DAY - rates.VIOLENT_A_DAY) * world.scale
    for kind, mean in (("injured", injured), ("ill", rates.ILL_A_DAY * world.scale)):
        for _ in range(how_many(rng, mean)):
            yield _calm(world, rng, day, number, kind)
            number += 1


def _brawl(world: World, rng: Random, day: date, first: int) -> Iterator[Visit]:
    """One act of violence, and everybody it brought to an emergency centre."""
    scene = world.places.precinct(rng)
    happened = _moment(rng, day, rates.VIOLENT_HOURS)
    together = rates.TOGETHER.draw(rng)
    for place in range(together):
        alone = rates.PERPETRATOR_ALONE if together == 1 else 0.0
        among = rates.PERPETRATOR_AMONG if together > 1 and place == together - 1 else alone
        role = "perpetrator" if happens(rng, among) else "victim"
        again = happens(rng, rates.REPEAT_SHARE)
        key = f"{day:%y%m%d}{first + place:05d}"
        who = _repeater(world, rng) if again else _newcomer(world, rng, key, scene, day)
        facility = world.places.facility(rng, scene, _age(who, day))
        cause = harm.assault(rng, woman=who.sex == "F", again=again, level=facility.level)
        yield Visit(
            key, facility, who, again, happened, _arrival(rng, happened), cause, violent=True, role=role,
            scene=scene, sats_colour=harm.colour(rng, cause),
        )  # fmt: skip


def _calm(world: World, rng: Random, day: date, number: int, kind: str) -> Visit:
    """A visit without violence: most of the traffic."""
    key = f"{day:%y%m%d}{number:05d}"
    home = world.places.precinct(rng)
    happened = _moment(rng, day, rates.CALM_HOURS)
    again = happens(rng, rates.RETURNING_SHARE)
    if again:
        who = _known(world, f"C{rng.randrange(max(1, round(rates.RETURNING * world.scale)))}")
    else:
        folder = f"F{world.seed}{key}"
        who = person(rng, folder, home.code, day, rates.OTHER_AGES, rates.MALE_OF_OTHERS[kind])
    cause = harm.other_injury(rng) if kind == "injured" else harm.illness(rng)
    return Visit(
        key, world.places.facility(rng, home, _age(who, day)), who, again, happened, _arrival(rng, happened),
        cause, violent=False, role="", scene=home, sats_colour=harm.colour(rng, cause),
    )  # fmt: skip


def _newcomer(world: World, rng: Random, key: str, scene: Precinct, day: date) -> Person:
    home = scene if happens(rng, 0.8) else world.places.precinct(rng)
    folder = f"F{world.seed}{key}"
    return person(rng, folder, home.code, day, rates.VIOLENT_AGES, rates.MALE_OF_VIOLENT)


def _repeater(world: World, rng: Random) -> Person:
    return _known(world, f"R{rng.randrange(max(1, round(rates.REPEATERS * world.scale)))}")


def _known(world: World, name: str) -> Person:
    """Somebody who exists before any visit, and is the same in all of them."""
    own = Random(f"{world.seed}/{name}")  # noqa: S311
    ages, male = (rates.VIOLENT_AGES, rates.MALE_OF_VIOLENT) if name[0] == "R" else (rates.OTHER_AGES, 0.46)
    return person(own, f"F{world.seed}{name}", world.places.precinct(own).code, _EPOCH, ages, male)


_EPOCH: Final = date(2026, 1, 1)  # the day whose ages the known people have


def _moment(rng: Random, day: date, hours: Odds[int]) -> datetime:
    at = time(hours.draw(rng), rng.randrange(60), rng.randrange(60))
    return datetime.combine(day, at, SAST)


def _arrival(rng: Random, happened: datetime) -> datetime:
    """On foot, by car or by ambulance: mostly within the hour, some much later."""
    hours = min(_MOST_TRAVEL_HOURS, 0.2 + rng.expovariate(1.4))
    return (happened + timedelta(hours=hours)).replace(second=0)


def _age(who: Person, day: date) -> float:
    return (day - who.born).days / 365.25
