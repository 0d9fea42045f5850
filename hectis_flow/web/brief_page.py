"""What the page of a brief shows: what is wanted of the reader first, then the matter, and what is on record.

`web.brief` puts it on the app. A part that the reader may not see is not on the page at all.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from flask import request

from hectis_flow.domain import briefs as rules
from hectis_flow.domain import workflow_rules
from hectis_flow.domain.briefs import LAST_SEAT, NPA_ROAD, UNIT, UNIT_SEAT
from hectis_flow.domain.workflow_words import ATTRIBUTABLE, REMOVAL_CAUSES
from hectis_flow.render import brief_words, due, role_words
from hectis_flow.render.page_words import of_code, say
from hectis_flow.render.road_line import line
from hectis_flow.services import brief_letters, reading, reference
from hectis_flow.web import brief_row
from hectis_flow.web import page as frame
from hectis_flow.web.page import Answered, Visit

Record = Mapping[str, Any]
# What a seat may name instead of itself, by its role; the secretary, to whom every road leads, any of the side.
_NAMES: Final = {seat.role: (seat.office_kind,) for seat in (*NPA_ROAD, UNIT_SEAT)}


def show(visit: Visit, brief_id: int, said: str = "", status: int = 200) -> Answered:
    """The page; `said` is what was refused."""
    brief = reading.read_record(visit.house, visit.asking, "briefs.read", brief_id)
    places, mine = _places(visit, brief), _mine(visit, brief)
    is_open = brief["closed_at"] is None
    return frame.page(
        "brief.html",
        status,
        brief=brief,
        matter=brief_row.matter(brief, places),
        why=brief_row.why(brief),
        stage=workflow_rules.stage(brief["stage"]) if brief.get("stage") else None,
        line=line(brief["stage"]) if brief.get("stage") else None,
        places=places,
        wanted=_wanted(visit, brief, mine),
        mine=mine,
        is_last=any(one["role"] == LAST_SEAT.role for one in mine),
        offices=_offices(visit, mine) if mine else [],
        seats=[_seat(visit, one, places) for one in brief.get("seats") or ()],
        observed=_observed(visit, brief),
        has_causes=any(one["causes"] and not one["corrected_by"] for one in brief.get("observations") or ()),
        letters=[_letter(visit, one, places) for one in brief.get("letters") or ()],
        sides=_sides(brief),
        may=lambda action: is_open and brief_row.may(visit, action),
        may_observe=brief_row.may(visit, "briefs.observe"),
        unit=brief_row.is_unit(visit),
        choices=choices(),
        day=lambda on: brief_row.day(visit, on),
        today=brief_row.today(visit).isoformat(),
        moment=lambda at: due.moment(visit.signed.language, due.read(at)),
        done=brief_row.done(visit),
        said=said,
        typed=request.form,
    )


def letter(visit: Visit, brief_id: int, letter_id: int) -> Answered:
    """A letter in words."""
    found = brief_letters.paper(visit.house, visit.asking, brief_id, letter_id)
    return frame.page("brief_letter.html", paper=found, brief_id=brief_id, letter_id=letter_id)


def choices() -> dict[str, list[tuple[str, str]]]:
    """The codes of every list of a form, each with its words."""
    causes = [(code, brief_words.CAUSES[code]) for code in REMOVAL_CAUSES]
    return {
        "outcome": [(code, brief_words.OUTCOMES[code]) for code in rules.OUTCOMES],
        "docket_at_court": [(code, of_code(brief_words.AT_COURT[code])) for code in rules.AT_COURT],
        "cause": causes,
        "further": causes,
        "attributable_to": [(code, of_code(code)) for code in ATTRIBUTABLE],
        "recommendation": [(code, of_code(code)) for code in rules.RECOMMENDATIONS],
        "decline": [(code, of_code(code)) for code in rules.DECLINE_REASONS],
        "close": [(code, of_code(code)) for code in rules.CLOSE_REASONS],
        "reply": [(code, of_code(code)) for code in rules.REPLIES],
    }


def _places(visit: Visit, brief: Record) -> dict[str, str]:
    said = {brief.get("court"), brief.get("unit")}
    said |= {one["office"] for part in ("seats", "letters") for one in brief.get(part) or ()}
    return reference.names(visit.house, {code for code in said if code})


def _mine(visit: Visit, brief: Record) -> list[Record]:
    """The seats that wait for the post that somebody acts for."""
    post = visit.signed.office_code, visit.signed.role
    return [
        one
        for one in brief.get("seats") or ()
        if one["answer"] is None and (one["office"], one["role"]) == post
    ]


def _wanted(visit: Visit, brief: Record, mine: Sequence[Record]) -> dict[str, Any] | None:
    """What is wanted of the reader, and by when: the seat that waits for them, else a letter, else a look."""
    post = visit.signed.office_code, visit.signed.role
    letters = [
        one
        for one in brief.get("letters") or ()
        if one["answer"] is None and (one["office"], one["role"]) == post
    ]
    off = brief.get("off_roll_since") is not None and brief_row.is_unit(visit)
    if mine:
        key = "keep_or_name" if mine[0]["role"] == LAST_SEAT.role else "answer"
        at = mine[0]["due_at"]
    elif letters:
        key, at = "reply_wanted", letters[0]["respond_by"]
    elif off and brief.get("look_due_at"):
        key, at = "look_wanted", brief["look_due_at"]
    else:
        return None
    said, late = brief_row.by_when(visit, due.read(at)) if at else ("", False)
    return {
        "says": say(visit.signed.language, f"brief.{key}"),
        "due": said,
        "late": late,
        "look": not (mine or letters),
    }


def _offices(visit: Visit, mine: Sequence[Record]) -> list[tuple[str, str]]:
    """The offices that a seat may name: those of its own kind, without itself."""
    kinds = set(_NAMES.get(visit.signed.role, ()))
    if visit.signed.role == LAST_SEAT.role:
        sides = {one["side"] for one in mine}
        kinds |= {UNIT_SEAT.office_kind} if UNIT in sides else set()
        kinds |= {seat.office_kind for seat in NPA_ROAD} if sides - {UNIT} else set()
    codes = {code for code, kind in reference.kinds(visit.house).items() if kind in kinds}
    named = reference.names(visit.house, codes - {visit.signed.office_code})
    return sorted(named.items(), key=lambda one: one[1])


def _seat(visit: Visit, seat: Record, places: Mapping[str, str]) -> dict[str, Any]:
    language = visit.signed.language
    shown = {
        "office": places.get(seat["office"], seat["office"]),
        "role": role_words.title(language, seat["role"]),
    }
    said = of_code(seat["answer"]) if seat["answer"] else ""
    if seat["reason"]:
        said = f"{said}: {of_code(seat['reason']).lower()}"
    at, late = seat["answered_at"] or seat["asked_at"], False
    if not seat["answer"] and seat["due_at"]:
        moment, late = brief_row.by_when(visit, due.read(seat["due_at"]), seat["role"])
        said = say(language, "briefs.overdue" if late else "brief.seat_due", moment=moment)
    return {
        **seat,
        **shown,
        "said": said or say(language, "brief.seat_since", moment=due.moment(language, due.read(at))),
        "late": late,
        "moment": due.moment(language, due.read(at)),
        "for_side": say(language, f"brief.side_{seat['side']}"),
    }


def _observed(visit: Visit, brief: Record) -> list[dict[str, Any]]:
    """What was seen, the latest day first."""
    return [
        {
            **one,
            "on": brief_row.day(visit, one["court_date"]),
            "outcome_said": brief_words.OUTCOMES[one["outcome"]],
            "docket_said": brief_words.AT_COURT[one["docket_at_court"]],
            "causes_said": [brief_words.CAUSES[code] for code in one["causes"]],
        }
        for one in reversed(brief.get("observations") or ())
    ]


def _letter(visit: Visit, one: Record, places: Mapping[str, str]) -> dict[str, Any]:
    language = visit.signed.language
    moment, late = brief_row.by_when(visit, due.read(one["respond_by"]), one["role"])
    answered = due.moment(language, due.read(one["answered_at"])) if one["answered_at"] else ""
    reply = say(language, "briefs.reply_overdue" if late else "briefs.reply_due", moment=moment)
    post = visit.signed.office_code, visit.signed.role
    return {
        **one,
        "to_office": places.get(one["office"], one["office"]),
        "to_role": role_words.title(language, one["role"]),
        "sent": due.moment(language, due.read(one["sent_at"])),
        "late": late and not answered,
        "said": say(language, "brief.answered", moment=answered, answer=of_code(one["answer"]).lower())
        if answered
        else reply,
        "mine": not answered and (one["office"], one["role"]) == post,
    }


def _sides(brief: Record) -> list[str]:
    """The sides to which no letter waits for its reply."""
    waits = {one["side"] for one in brief.get("letters") or () if one["answer"] is None}
    return [side for side in rules.REPLY_KINDS if side not in waits]
