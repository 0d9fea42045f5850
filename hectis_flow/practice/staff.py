"""Made-up staff for the practice province: somebody at every post that a case may wait for.

`staff_the_province` is called at the first start of a practice system and by tests. No name is anybody's, every
address ends in `.invalid`, which no mail server can deliver to. It refuses every database but one for practice.
"""

from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import Final, NamedTuple

from hectis_flow.domain.staffing import LANGUAGES, StaffLine
from hectis_flow.practice.people import FAMILIES, GIVENS
from hectis_flow.services import practice, reference, staff_import, ways
from hectis_flow.services.house import House
from hectis_flow.services.staff_import import Taken

SEED: Final = 1
MAIL_DOMAIN: Final = "practice.invalid"
# People of these read three languages, but where a day is played first: whoever comes new reads English there and at
# the offices above, and chooses another language on the account page.
MANY_TONGUED: Final = ("facility", "station", "npa_office")
PLAYED: Final = "khayelitsha-"


class Post(NamedTuple):
    """A post that every office of a kind has: the last part of the staff code, the role, and who stands in."""

    desk: str
    role: str
    deputies: tuple[str, ...] = ()


POSTS: Final[Mapping[str, Sequence[Post]]] = {
    "facility": (
        Post("liaison", "facility_liaison", ("manager",)),
        Post("manager", "facility_manager", ("liaison",)),
    ),
    "health_district": (
        Post("manager", "health_district_manager", ("second",)),
        Post("second", "health_district_manager", ("manager",)),
    ),
    "province_health": (
        Post("liaison", "facility_liaison", ("manager",)),
        Post("manager", "health_province_manager", ("liaison",)),
        # What no facility can be found for waits here, and climbs from here.
        Post("manager", "health_district_manager"),
        Post("manager", "facility_manager"),
        Post("steward", "health_data_steward", ("manager",)),
        Post("information", "information_officer", ("manager",)),
        Post("administrator", "administrator", ("steward",)),
    ),
    "station": (
        Post("liaison", "saps_liaison", ("commander",)),
        Post("commander", "station_commander", ("detectives",)),
        Post("detectives", "detective_commander", ("commander",)),
    ),
    "cluster": (
        Post("commander", "cluster_commander", ("second",)),
        Post("second", "cluster_commander", ("commander",)),
    ),
    "saps_province": (
        Post("office", "provincial_saps", ("second",)),
        Post("second", "provincial_saps", ("office",)),
    ),
    "anti_gang_unit": (
        Post("analyst", "anti_gang_unit", ("second",)),
        Post("second", "anti_gang_unit", ("analyst",)),
    ),
    "npa_office": (
        Post("senior", "senior_public_prosecutor", ("prosecutor",)),
        Post("prosecutor", "prosecutor", ("senior",)),
    ),
    "chief_prosecutor": (Post("chief", "chief_prosecutor"),),
    "dpp": (Post("office", "dpp_office"),),
    "pocs": (Post("briefs", "watching_brief_official"),),
    "committee": (
        Post("chair", "committee_chair", ("secretary",)),
        Post("secretary", "committee_secretary", ("chair",)),
    ),
    "city_safety": (Post("planner", "deployment_planner"),),
    "metro_police": (Post("planner", "deployment_planner"),),
    "leap": (Post("planner", "deployment_planner"),),
}


def staff_the_province(house: House) -> Taken:
    """Put somebody at every post, once; again it changes nothing. Raises `NotPractice`.

    They never sleep: whoever tries the province sees a letter come at whatever hour that is.
    """
    practice.standing(house)
    everybody = list(lines(reference.kinds(house)))
    taken = staff_import.take(house, everybody)
    ways.disturb_always(house, [one.code for one in everybody])
    return taken


def lines(kinds: Mapping[str, str]) -> Iterator[StaffLine]:
    """The made-up staff of these offices (kind by code), always the same for the same office."""
    for office, kind in sorted(kinds.items()):
        for post in POSTS.get(kind, ()):
            yield _line(office, kind, post)


def _line(office: str, kind: str, post: Post) -> StaffLine:
    code = f"{office}.{post.desk}"
    rng = Random(f"{SEED}/{code}")  # noqa: S311  (play, never a secret)
    return StaffLine(
        code=code,
        name=f"{rng.choice(GIVENS)} {rng.choice(FAMILIES)}",
        language=rng.choice(LANGUAGES) if kind in MANY_TONGUED and not office.startswith(PLAYED) else "en",
        office=office,
        role=post.role,
        email=f"{code}@{MAIL_DOMAIN}",
        deputies=tuple(f"{office}.{desk}" for desk in post.deputies),
    )
