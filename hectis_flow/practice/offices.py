"""The people of the made-up province at their work: they move cases, answer what they are asked, or leave it.

`play` lets them act after each hop. What they do and when is `conduct`'s; here it is kept until it is due and done
through the doors that everybody goes through. Whatever a door refuses is counted, never forced.
"""

import heapq
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import count
from random import Random
from typing import Any, Final, NamedTuple

from hectis_flow.domain.countdown import SIDES, Answered
from hectis_flow.domain.endings import ENDINGS
from hectis_flow.domain.errors import HectisError
from hectis_flow.domain.moments import SAST
from hectis_flow.practice import fates
from hectis_flow.practice.conduct import Intent, intent
from hectis_flow.practice.habits import Seen, at_work, day_in_court, moment
from hectis_flow.practice.signs import said
from hectis_flow.services import docket_notes, practice_road
from hectis_flow.services.house import House
from hectis_flow.storage.practice_road import Asked, Moved

LOCATE: Final = (
    "choose_precinct"  # no move of the workflow: the liaison chooses a station, and a rule goes on
)
ROUNDS: Final = 8  # what one act leads to within the same hop
LATER: Final = timedelta(days=7)
# What is not ready yet is tried again later; what somebody else has done since is left alone.
WAITS: Final = frozenset({"items_outstanding", "dpp_instruction_missing"})
OVERTAKEN: Final = frozenset({"already_done", "date_moved", "nothing_asked", "not_asked"})


class Prepared(NamedTuple):
    """What an office will say of a day in court that it is asked about."""

    asked: Asked
    answers: tuple[Answered, ...]


Deed = Intent | Asked | Prepared
Due = tuple[datetime, int, Deed]


class Neighbours:
    """Which court a station sends its dockets to, and which stations lie around a facility; for play only."""

    def __init__(self, offices: Sequence[Mapping[str, Any]]) -> None:
        self._courts = _by_district(offices, "court")
        self._stations = _by_district(offices, "station")
        self._district = {row["code"]: str(row["sub_district"]) for row in offices}
        self._names = {
            row["name"].split(" Magistrate")[0]: row["code"] for row in offices if row["kind"] == "court"
        }
        self._station_names = {row["code"]: row["name"] for row in offices if row["kind"] == "station"}

    def court(self, station: str | None) -> str:
        """The court of the same name, else one of the same sub-district, else one of any; always the same."""
        named = self._names.get(self._station_names.get(station or "", ""))
        return named or _one_of(self._courts, self._district.get(station or "", ""), station or "")

    def station(self, facility: str | None, ref: str) -> str:
        """A station around a facility, always the same for the same case."""
        return _one_of(self._stations, self._district.get(facility or "", ""), ref)


class Offices:
    """Everybody who answers for a case, with what they mean to do. `acts` and `refused` count what they did."""

    def __init__(self, house: House, seed: int, neighbours: Neighbours) -> None:
        self._house, self._seed, self._near = house, seed, neighbours
        self._ahead: list[Due] = []
        self._order = count()
        self._last_move = self._last_item = 0
        self._stand: dict[str, Seen] = {}
        self.acts = 0
        self.refused: Counter[str] = Counter()

    def act(self, now: datetime) -> int:
        """Do all that is due by now, and what follows from it at once; how many acts it was."""
        before = self.acts
        for _ in range(ROUNDS):
            self._look()
            if not self._ahead or self._ahead[0][0] > now:
                break
            while self._ahead and self._ahead[0][0] <= now:
                self._do(now, heapq.heappop(self._ahead)[2])
        return self.acts - before

    def _look(self) -> None:
        """Make up their minds about whatever changed since they last looked."""
        found = practice_road.news(self._house, self._last_move, self._last_item)
        self._last_move = found.newest
        for moved in found.moved:
            self._intend(moved)
        for asked in found.asked:
            self._last_item = max(self._last_item, asked.id)
            if asked.kind in SIDES:
                self._prepare(asked)
            elif asked.kind in ENDINGS or asked.kind == docket_notes.FORM:
                lot = self._lot(asked.ref, asked.kind, asked.code)
                self._keep(moment(lot, asked.begun, asked.due), asked)

    def _intend(self, moved: Moved) -> None:
        meant: Intent | None
        if moved.stage == "referral_ready" and moved.station is None:
            at = at_work(self._lot(moved.ref, moved.version), moved.begun)
            station = self._near.station(moved.facility, moved.ref)
            meant = Intent(at, moved.ref, moved.version, LOCATE, {"station": station})
        else:
            seen = self._stand[moved.ref] = self._seen(moved)
            meant = intent(self._seed, seen)
        if meant is not None:
            self._keep(meant.at, meant)

    def _prepare(self, asked: Asked) -> None:
        """What the office will say before a day in court, moment by moment."""
        seen = self._stand.get(asked.ref)
        if seen is None or asked.code is None:
            return
        rng = self._lot(asked.ref, asked.kind, asked.code)
        fate, day = fates.of_case(self._seed, asked.ref), date.fromisoformat(asked.code)
        for one in said(rng, fate, seen, asked.causes, asked.begun, asked.due, day):
            self._keep(one.at, Prepared(asked, one.answers))

    def _seen(self, moved: Moved) -> Seen:
        return Seen(
            ref=moved.ref,
            version=moved.version,
            stage=moved.stage,
            begun=moved.begun,
            due=moved.due,
            cas_at=moved.cas_at,
            court=moved.court or self._near.court(moved.station),
            sent_back=moved.sent_back,
            postponed=moved.postponed,
            removed=moved.removed,
            refused=moved.refused,
            removed_at=moved.removed_at,
            cured=moved.cured,
        )

    def _keep(self, at: datetime | None, what: Deed) -> None:
        if at is not None:
            heapq.heappush(self._ahead, (at, next(self._order), what))

    def _lot(self, *about: object) -> Random:
        """What is drawn about something, the same at every play of this seed."""
        return Random("/".join(map(str, (self._seed, *about))))  # noqa: S311  (play, never a secret)

    def _do(self, now: datetime, what: Deed) -> None:
        try:
            self.acts += self._done(now, what)
        except HectisError as fault:
            if fault.code in WAITS:
                self._keep(now + LATER, what)
            elif fault.code not in OVERTAKEN:
                self.refused[fault.code] += 1

    def _done(self, now: datetime, what: Deed) -> bool:
        """Do it; False where the case has moved since it was meant."""
        if isinstance(what, Intent):
            return self._move(now, what)
        if isinstance(what, Asked):
            practice_road.answer(self._house, what, now)
        else:
            practice_road.prepare(self._house, what.asked, what.answers)
        return True

    def _move(self, now: datetime, meant: Intent) -> bool:
        details = dict(meant.details)
        if details.get("next_date", "9") <= f"{now.astimezone(SAST):%Y-%m-%d}":
            details["next_date"] = day_in_court(self._lot(meant.ref, meant.version), now)
        if meant.move == LOCATE:
            return practice_road.locate(self._house, meant.ref, details["station"])
        done = practice_road.go(self._house, meant.ref, meant.version, meant.move, details)
        if done and meant.move == "investigate" and fates.of_case(self._seed, meant.ref).arrested:
            practice_road.arrest(self._house, meant.ref)
        return done


def _by_district(offices: Sequence[Mapping[str, Any]], kind: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in sorted(offices, key=lambda one: str(one["code"])):
        if row["kind"] == kind:
            found.setdefault(str(row["sub_district"]), []).append(row["code"])
    return found


def _one_of(places: Mapping[str, list[str]], district: str, key: str) -> str:
    here = places.get(district) or [code for codes in places.values() for code in codes]
    return Random(key).choice(here)  # noqa: S311  (play, never a secret)
