"""The room of cases: where each stands on the road, how it came there, and the moves that take it on."""

import re
from typing import Any

from flask import Response

from hectis_flow.api.bodies import ArrestBody, CasBody, ItemBody, J88Body, MoveBody, PrecinctBody
from hectis_flow.api.bodies_committee import FlagBody, LiftBody, RenewBody
from hectis_flow.api.bodies_hands import ClockBody, SnoozeBody
from hectis_flow.api.pages import answer_below, answer_page, answer_part, answer_record, answer_written
from hectis_flow.api.queries import CaseQuery, Paging
from hectis_flow.api.rooms import BIGINT, Rooms
from hectis_flow.api.schemas import Case, CasePage
from hectis_flow.api.schemas_committee import Flagged
from hectis_flow.api.schemas_countdown import CountdownBody, CountdownOfCase
from hectis_flow.api.schemas_hands import Snoozed
from hectis_flow.api.schemas_log import NoticePage, ReadPage
from hectis_flow.api.schemas_work import Disclosures, Proposal, Referral, Standing
from hectis_flow.domain.workflow_words import CASE_REF

_REF = re.compile(CASE_REF)

rooms = Rooms("cases", "Our work on each incident, from the hospital to the court.")


@rooms.listing(CaseQuery, CasePage)
def list_cases(query: dict[str, Any]) -> Response:
    """Cases, newest first."""
    return answer_page("cases.list", query)


@rooms.single("/<ref>", Case)
def read_case(ref: str) -> dict[str, Any]:
    """One case by its number, with its history and the head of its ledger. Each read is logged."""
    return answer_record("cases.read", number(ref))


@rooms.part("/<ref>/moves", "moves", Standing)
def list_moves(ref: str) -> dict[str, Any]:
    """What you may do with a case now, and what each move needs."""
    return answer_part("cases.moves", number(ref))


@rooms.writing("/<ref>/moves", "move", Standing, MoveBody)
def make_move(body: dict[str, Any], ref: str) -> Response:
    """Make one move, whole or not at all. A refusal (409) has a stable code and says what to do."""
    return answer_written("cases.move", number(ref), body["move"], body["details"])


@rooms.writing("/<ref>/undo", "undo", Standing)
def undo_move(ref: str) -> Response:
    """Take back the move that you have just made; what was not sent yet never goes."""
    return answer_written("cases.undo", number(ref))


@rooms.writing("/<ref>/proposals", "propose", Proposal, MoveBody, status=201)
def propose_move(body: dict[str, Any], ref: str) -> Response:
    """Propose a move that takes two people, or the correction of the newest one (`correct`)."""
    return answer_written("cases.propose", number(ref), body["move"], body["details"])


@rooms.writing("/<ref>/precinct", "precinct", Standing, PrecinctBody)
def choose_precinct(body: dict[str, Any], ref: str) -> Response:
    """Say in which precinct it happened, where the hospital's messages do not."""
    return answer_written("cases.precinct", number(ref), body["station"])


@rooms.writing("/<ref>/cas-verification", "verify_cas", Standing, CasBody)
def verify_cas(body: dict[str, Any], ref: str) -> Response:
    """Say whether the case's number was found in CAS."""
    return answer_written("cases.verify_cas", number(ref), verified=body["verified"])


@rooms.writing("/<ref>/arrests", "arrest", Standing, ArrestBody)
def note_arrest(body: dict[str, Any], ref: str) -> Response:
    """Note an arrest, a summons or a warrant; never whose. After an arrest the first appearance is awaited."""
    return answer_written("cases.arrest", number(ref), body["at"], body["how"])


@rooms.writing("/<ref>/j88", "j88", Standing, J88Body)
def note_j88(body: dict[str, Any], ref: str) -> Response:
    """Say that the form J88 is completed (its facility) or collected (the station)."""
    return answer_written("cases.j88", number(ref), body["state"])


@rooms.writing(f"/<ref>/items/<{BIGINT}:item_id>", "settle", Standing, ItemBody)
def settle_item(body: dict[str, Any], ref: str, item_id: int) -> Response:
    """Settle what your office was asked for; a removal and the like end with a move (`ends_by_move`)."""
    return answer_written("cases.settle", number(ref), item_id, body["ending"], body["paper"])


@rooms.writing("/<ref>/snooze", "snooze", Snoozed, SnoozeBody)
def snooze_clock(body: dict[str, Any], ref: str) -> Response:
    """Put a clock off that your office owes, or whose head you are, until a day; the policy says how far."""
    return answer_written("cases.snooze", number(ref), **body)


@rooms.writing("/<ref>/unsnooze", "unsnooze", Snoozed, ClockBody)
def unsnooze_clock(body: dict[str, Any], ref: str) -> Response:
    """Let a clock go on as if it had not been put off."""
    return answer_written("cases.unsnooze", number(ref), **body)


@rooms.writing("/<ref>/countdown", "countdown", CountdownOfCase, CountdownBody)
def answer_checks(body: dict[str, Any], ref: str) -> Response:
    """Say of what your office is asked before the next day in court how it stands."""
    return answer_written("cases.countdown", number(ref), body["checks"], body["roll_date"])


@rooms.writing("/<ref>/gang-flag", "flag_gang", Flagged, FlagBody, status=201)
def flag_gang(body: dict[str, Any], ref: str) -> Response:
    """Set a gang flag, from a source of your own. It ends by itself unless somebody else of your office renews it."""
    until = body.get("until")
    return answer_written("cases.flag_gang", number(ref), body["source"], body.get("officer"), until)


@rooms.writing("/<ref>/gang-flag/renew", "renew_flag", Flagged, RenewBody)
def renew_flag(body: dict[str, Any], ref: str) -> Response:
    """Review the flag that a colleague set, and let it stand for another while."""
    return answer_written("cases.renew_flag", number(ref), body.get("until"))


@rooms.writing("/<ref>/gang-flag/lift", "lift_flag", Flagged, LiftBody)
def lift_flag(body: dict[str, Any], ref: str) -> Response:
    """Lift the flag that your office set, with a reason."""
    return answer_written("cases.lift_flag", number(ref), body["reason"])


@rooms.part("/<ref>/referral", "referral", Referral)
def read_referral(ref: str) -> dict[str, Any]:
    """What the station was sent of a case; to its facility, what a station would see. Each read is logged."""
    return answer_part("cases.referral", number(ref))


@rooms.part("/<ref>/disclosures", "disclosures", Disclosures)
def list_disclosures(ref: str) -> dict[str, Any]:
    """What was disclosed of a case: to whom, which fields, on which ground; never what they said."""
    return answer_part("cases.disclosures", number(ref))


@rooms.below("/<ref>/notices", "notices", Paging, NoticePage)
def list_notices(query: dict[str, Any], ref: str) -> Response:
    """Who was told of a case and whether it reached them, newest first; no address, and no word of a letter."""
    return answer_below("cases.notices", query, number(ref))


@rooms.below("/<ref>/reads", "reads", Paging, ReadPage)
def list_reads(query: dict[str, Any], ref: str) -> Response:
    """Who looked at a case, and what for, newest first. To ask is a read of its own, and logged."""
    return answer_below("cases.reads", query, number(ref))


def number(ref: str) -> str:
    """The number of a case as it is looked for. What cannot be a number of ours is looked for all the same: no case has none."""
    return ref if _REF.fullmatch(ref) else ""
