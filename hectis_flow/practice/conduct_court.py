"""What is done in a case at court and after it left the roll: the second part of `conduct`.

Pure, and the same each time for the same case and version.
"""

from collections.abc import Mapping
from random import Random
from typing import Final

from hectis_flow.practice import road_rates as rates
from hectis_flow.practice.chance import happens
from hectis_flow.practice.fates import Fate
from hectis_flow.practice.habits import DAY, Choice, Seen, Step, at_work, day_in_court, number, plain


def _first(_fate: Fate, seen: Seen, rng: Random) -> Step:
    return "place_on_roll", {"next_date": day_in_court(rng, seen.begun)}, None


def _on_roll(fate: Fate, seen: Seen, rng: Random) -> Step:
    """A matter is postponed so often as it is its lot, and then leaves the roll or is pleaded to."""
    if happens(rng, rates.WARRANT):
        return "issue_warrant", {}, None
    if seen.postponed < fate.postponements:
        cause = rates.POSTPONED_FOR.draw(rng)
        return "postpone", {"reason": cause, "next_date": day_in_court(rng, seen.begun)}, None
    if fate.removed and not seen.removed:
        whose = rates.WHOSE[fate.cause]
        return fate.way_out, {"reason": fate.cause, "attributable_to": whose}, None
    plea = "guilty" if fate.guilty else "not_guilty"
    return "plead", {"plea": plea, "next_date": day_in_court(rng, seen.begun)}, None


def _pleaded(fate: Fate, seen: Seen, rng: Random) -> Step:
    if fate.guilty:
        return "convict", {"verdict_on": "s112", "next_date": day_in_court(rng, seen.begun)}, None
    return "begin_trial", {"next_date": day_in_court(rng, seen.begun)}, None


def _trial(fate: Fate, seen: Seen, rng: Random) -> Step:
    if not fate.convicted and happens(rng, rates.DISCHARGED):
        return "discharge_174", {"reason": "no_evidence"}, None
    return "reserve_judgment", {"next_date": day_in_court(rng, seen.begun)}, None


def _judgment(fate: Fate, seen: Seen, rng: Random) -> Step:
    if fate.convicted:
        return "convict", {"verdict_on": "trial", "next_date": day_in_court(rng, seen.begun)}, None
    return "acquit", {"reason": "not_proved"}, None


def _convicted(fate: Fate, _seen: Seen, rng: Random) -> Step:
    months = {"months": str(rng.randint(*rates.MONTHS))} if fate.sentence == "imprisonment" else {}
    return "sentence", {"reason": "sentence_passed", "sentence": fate.sentence, **months}, None


def _off_the_roll(review: str) -> Choice:
    def look(fate: Fate, seen: Seen, rng: Random) -> Step:
        ready = at_work(rng, (seen.removed_at or seen.begun) + fate.days_to_cure * DAY)
        if fate.comes_back and (seen.due is None or ready <= seen.due):
            return "request_reenrolment", {"reason": "all_cured"}, max(ready, seen.begun)
        return review, {"reason": "under_way" if fate.comes_back else "awaits_witness"}, None

    return look


def _requested(fate: Fate, seen: Seen, rng: Random) -> Step:
    if fate.refused_once and not seen.refused:
        return "refuse_reenrolment", {"reason": "not_trial_ready"}, None
    matter = f"B{number(seen)}/{seen.begun:%Y}-R"
    return "reenrol", {"court_case_no": matter, "next_date": day_in_court(rng, seen.begun)}, None


def _dated(move: str) -> Choice:
    def choose(_fate: Fate, seen: Seen, rng: Random) -> Step:
        return move, {"next_date": day_in_court(rng, seen.begun)}, None

    return choose


#: What is done at each stage of the court.
AT_COURT: Final[Mapping[str, Choice]] = {
    "enrolled": _first,
    "transferred": _first,
    "reenrolled": _first,
    "on_roll": _on_roll,
    "postponed": plain("call_again"),
    "pleaded": _pleaded,
    "trial": _trial,
    "judgment": _judgment,
    "convicted": _convicted,
    "warrant_j50": _dated("warrant_executed"),
    "withdrawn_6a": _off_the_roll("review_withdrawn"),
    "struck_informal": _off_the_roll("review_struck"),
    "struck_342a": _off_the_roll("review_struck_342a"),
    "reenrolment_requested": _requested,
    "refused": plain("request_reenrolment", reason="new_grounds"),
}
