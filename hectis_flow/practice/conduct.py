"""What the people of the made-up province do next in a case, and when: in time, late, when pressed, or never.

`offices` asks it for each case whose stage has changed. Given the same seed, case and version it answers the same.
Pure: it reads no clock and no database, and makes no move.
"""

from collections.abc import Mapping
from datetime import datetime
from random import Random
from typing import Final, NamedTuple

from hectis_flow.domain.moments import SAST
from hectis_flow.practice import fates
from hectis_flow.practice import road_rates as rates
from hectis_flow.practice.chance import happens
from hectis_flow.practice.conduct_court import AT_COURT
from hectis_flow.practice.fates import Fate
from hectis_flow.practice.habits import (
    DAY,
    NOTHING,
    Choice,
    Seen,
    Step,
    at_work,
    day_in_court,
    moment,
    number,
    plain,
)


class Intent(NamedTuple):
    """A move that somebody means to make at a moment, if the case stands then as it stood."""

    at: datetime
    ref: str
    version: int
    move: str
    details: Mapping[str, str]


def intent(seed: int, seen: Seen) -> Intent | None:
    """What will be done in a case as it stands; None where nobody ever does anything."""
    choose = BY_STAGE.get(seen.stage)
    if choose is None:
        return None
    rng = Random(f"{seed}/{seen.ref}/{seen.version}")  # noqa: S311  (play, never a secret)
    move, details, at = choose(fates.of_case(seed, seen.ref), seen, rng)
    at = at or moment(rng, seen.begun, seen.due)
    return Intent(at, seen.ref, seen.version, move, details) if move and at else None


def _awaiting_basis(fate: Fate, _seen: Seen, _rng: Random) -> Step:
    if fate.consents:
        return "basis_recorded", {"disclosure_basis": "consent_written"}, None
    reason = "consent_refused" if fate.refused_outright else "consent_not_obtained"
    return "keep_anonymous", {"reason": reason}, None


def _referred(fate: Fate, seen: Seen, rng: Random) -> Step:
    if fate.asked_back and seen.version < 8:
        return "return_for_info", {"reason": rng.choice(("place_unclear", "time_unclear"))}, None
    return "acknowledge", {}, None


def _acknowledged(fate: Fate, seen: Seen, rng: Random) -> Step:
    if fate.no_case:
        return "refuse_case", {"reason": rng.choice(("complainant_declined", "not_traced"))}, None
    day = seen.begun.astimezone(SAST)
    serial = number(seen) % 99_999 + 1
    return "open_cas", {"cas_number": f"{serial}/{day:%m/%Y}"}, None


def _no_case(fate: Fate, _seen: Seen, _rng: Random) -> Step:
    return ("appeal", {"reason": "complainant_willing"}, None) if fate.appeals else NOTHING


def _investigated(fate: Fate, seen: Seen, rng: Random) -> Step:
    """Until the docket is ready somebody notes each month how it stands."""
    ready = at_work(rng, (seen.cas_at or seen.begun) + fate.days * DAY)
    if seen.due is not None and ready > seen.due:
        return "note_progress", {"reason": rng.choice(("statements_taken", "still_tracing"))}, None
    if fate.closes:
        why = {"close_undetected": "no_suspect", "close_unfounded": "no_offence"}
        return fate.closes, {"reason": why.get(fate.closes, "withdrawal_statement")}, ready
    return "submit_docket", {"court": seen.court}, ready


def _closed(keep: str) -> Choice:
    def look(_fate: Fate, _seen: Seen, rng: Random) -> Step:
        if happens(rng, rates.REOPENED):
            return "reopen_docket", {"reason": rng.choice(("new_witness", "suspect_identified"))}, None
        return keep, {"reason": "nothing_new"}, None

    return look


def _with_prosecutor(fate: Fate, seen: Seen, rng: Random) -> Step:
    if fate.sent_back and not seen.sent_back:
        by = day_in_court(rng, seen.begun)
        return "return_docket", {"reason": "investigation_incomplete", "items": f"{fate.items}:{by}"}, None
    if fate.decision == "decline_to_prosecute":
        return fate.decision, {"reason": "insufficient_evidence"}, None
    if fate.decision == "divert":
        return fate.decision, {"reason": "adult_dispute_resolution"}, None
    matter = f"B{number(seen)}/{seen.begun:%Y}"
    day = day_in_court(rng, seen.begun)
    details = {"court": seen.court, "court_case_no": matter, "next_date": day, "charges": fate.charges}
    return "enrol", details, None


def _returned(_fate: Fate, seen: Seen, rng: Random) -> Step:
    """The docket goes back once its items are cured; whoever cures them is asked beside the stage."""
    at = None if seen.cured else at_work(rng, (seen.due or seen.begun) + 2 * DAY)
    return "resubmit_docket", {}, at


def _nolle(_fate: Fate, _seen: Seen, rng: Random) -> Step:
    if happens(rng, rates.NOLLE_REVIEWED):
        return "review_nolle", {"reason": "representations"}, None
    return "lapse_nolle", {"reason": "decision_stands"}, None


def _given_out(_fate: Fate, seen: Seen, _rng: Random) -> Step:
    """To one of the six detectives of a station who investigate."""
    return "investigate", {"officer": f"io-{number(seen) % 6 + 1}"}, None


#: What is done at each stage; at the others nobody owes anything, or a rule acts.
BY_STAGE: Final[Mapping[str, Choice]] = {
    "classified": plain("await_basis"),
    "awaiting_basis": _awaiting_basis,
    "referred": _referred,
    "returned_for_info": plain("refer_again"),
    "acknowledged": _acknowledged,
    "no_case": _no_case,
    "case_opened": _given_out,
    "under_investigation": _investigated,
    "closed_undetected": _closed("keep_closed"),
    "closed_unfounded": _closed("keep_unfounded"),
    "closed_complainant_withdrew": _closed("keep_withdrawn"),
    "to_prosecutor": _with_prosecutor,
    "returned_to_saps": _returned,
    "nolle_prosequi": _nolle,
    "diverted": plain("complete_diversion", reason="order_complied_with"),
    **AT_COURT,
}
