"""The parts of the page of a case: what is next, what is outstanding, what others may do, and how a move is asked for.

`web.case` puts them together. Each takes what a service gave and says it in words; it must not decide anything.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from hectis_flow.domain import access_rules, undoing, workflow_rules
from hectis_flow.domain.calendar import WorkingTime
from hectis_flow.domain.disclosure import SCOPES
from hectis_flow.domain.endings import ENDINGS, INSTRUCTION
from hectis_flow.domain.workflow import ROLES
from hectis_flow.domain.workflow_shapes import Stage
from hectis_flow.domain.workflow_words import BASES
from hectis_flow.render import due, notice_words, page_words, role_words
from hectis_flow.services import proposed, reading, reference, timeline
from hectis_flow.services.precinct_choice import OPEN, RETURNED
from hectis_flow.services.timeline import Ahead
from hectis_flow.web.page import Visit
from hectis_flow.web.queue import calendar_of, side

SYSTEM: Final = frozenset(role.name for role in ROLES if role.system)
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# Who hears of every agency's next step; the others of their own agency's alone, and of the rest whose it is.
_OVERSEERS: Final = ("committee_chair", "committee_secretary", "watching_brief_official")
# How a detail is typed; everything else is a short text.
_NOT_TYPED: Final = ("message_id",)  # what feeds alone know
_INPUTS: Final = {"next_date": "date", "dpp_date": "date", "months": "number"}
GROUNDS: Final[Mapping[str, str]] = {basis.name: basis.title for basis in BASES}
MOST_OFFICES: Final = 1000
# What else stands on a case, each a page of its own.
_PAGES: Final[Mapping[str, str]] = {
    "patient": "incidents.read",
    "referral": "cases.referral",
    "disclosures": "cases.disclosures",
    "notices": "cases.notices",
    "reads": "cases.reads",
}


def may(visit: Visit, action: str) -> bool:
    """Whether the policy table opens this action to whoever visits; in which cases, the service says."""
    return access_rules.grant(visit.signed.role, action).scope != "none"


def pages_of(visit: Visit, ref: str) -> list[tuple[str, str]]:
    """The pages of a case that somebody may open: the key of its word, and the address."""
    seen = access_rules.grant(visit.signed.role, "cases.read").fields
    found = [("case", f"/cases/{ref}")] if seen else []
    open_ = [name for name, action in _PAGES.items() if may(visit, action)]
    return found + [
        (name, f"/cases/{ref}/{name}") for name in open_ if name != "patient" or "incident_id" in seen
    ]


def ahead_of(visit: Visit, ref: str) -> dict[str, Any]:
    """What is next, by when, and what happens otherwise, in words."""
    found, language = timeline.ahead(visit.house, ref), visit.signed.language
    kind = found.task if found.task and notice_words.knows(f"{found.task}.title") else None
    mine = found.task_role == visit.signed.role and found.owner == visit.signed.office
    told = side(found.task_role) == side(visit.signed.role) or visit.signed.role in _OVERSEERS
    words = {"office": found.owner, "silent": found.owner}
    late = found.due_at is not None and found.due_at <= found.now
    calendar = calendar_of(visit.house, found.task_role or visit.signed.role, found.now)
    return {
        "mine": mine,
        "told": told,
        "owner": found.owner,
        "role": role_words.title(language, found.task_role or ""),
        "wanted": notice_words.say(language, f"{kind}.wanted", **words) if kind else "",
        "held_by": found.held_by,
        "late": late,
        "due": _due(language, found, calendar, late=late),
        "next_role": role_words.title(language, found.next_role or ""),
        "next_office": found.next_office,
        "next_at": due.moment(language, found.next_due) if found.next_due else None,
        "clock": found.clock if may(visit, "cases.snooze") and (mine or _heads(visit, found)) else None,
        "put_off": due.day(language, found.snoozed_until.isoformat()) if found.snoozed_until else None,
    }


def _heads(visit: Visit, found: Ahead) -> bool:
    """Whether whoever visits is told next, and so may put it off as its owner may."""
    return (found.next_role, found.next_office) == (visit.signed.role, visit.signed.office)


def awaited_of(visit: Visit, one: Mapping[str, Any]) -> dict[str, Any]:
    """Something that is outstanding: its code where it has one that says it, or what its task is called."""
    language, key = visit.signed.language, f"{one['kind']}.title"
    task = f"{workflow_rules.awaited(one['kind']).task.kind}.title"
    known = next((name for name in (task, key) if notice_words.knows(name)), None)
    title = notice_words.say(language, known) if known else page_words.of_code(one["kind"])
    # A day in court is no code of a thing.
    item = page_words.of_code(one["code"]) if one["code"] and not _DAY.fullmatch(one["code"]) else ""
    # A day that somebody named for it may lie before the clock's.
    by = due.read(one["wanted_by"] or one["due_at"])
    own = (one["role"], one["office"]) == (visit.signed.role, visit.signed.office_code)
    return {
        **one,
        "title": f"{title}: {item}" if item else title,
        "by": due.moment(language, by),
        "late": by <= visit.signed.now,
        "whose": role_words.title(language, one["role"]),
        "ending": ENDINGS.get(one["kind"]) if own and may(visit, "cases.settle") else None,
        "paper": one["kind"] == INSTRUCTION,
        "own": own and may(visit, "cases.snooze"),
        "put_off": due.day(language, one["snoozed_until"]) if one["snoozed_until"] else None,
    }


def places_of(visit: Visit, record: Mapping[str, Any]) -> dict[str, str]:
    """The names of every office that the page speaks of, by code."""
    said = [one["office"] for one in record.get("awaited") or ()]
    said += [(record.get("court") or {}).get("court"), (record.get("docket") or {}).get("cas_station")]
    return reference.names(visit.house, {code for code in said if code})


def _due(language: str, found: Ahead, calendar: WorkingTime, *, late: bool) -> str:
    if found.due_at is None:
        return ""
    return (
        due.moment(language, found.due_at) if late else due.due(language, found.now, found.due_at, calendar)
    )


def others_of(language: str, stage: Stage, mine: set[str]) -> list[tuple[str, str]]:
    """What others may do with a case at this stage: the move, and who may make it."""
    found = []
    for move in workflow_rules.allowed(stage.name):
        roles = [role_words.title(language, role) for role in move.roles if role not in SYSTEM]
        if move.id not in mine and roles:
            found.append((move.title, ", ".join(roles)))
    return found


def courts_of(visit: Visit, possible: Sequence[Mapping[str, Any]]) -> Mapping[str, str]:
    """The courts to choose from, by code, where a move asks for one."""
    if not any("court" in (*move["needs"], *move["may"]) for move in possible):
        return {}
    return dict(_offices(visit, "court"))


def _offices(visit: Visit, kind: str) -> list[tuple[str, str]]:
    """The offices of a kind, code and name, by name."""
    found = reading.list_records(
        visit.house, visit.asking, "offices.list", {"kind": kind}, None, MOST_OFFICES
    )
    return sorted(((one["code"], one["name"]) for one in json.loads(found.items)), key=lambda one: one[1])


def form_of(move: Mapping[str, Any], courts: Mapping[str, str]) -> dict[str, Any]:
    """A move as its form: a field for each detail that it needs or may have."""
    fields = [
        {
            "name": name,
            "title": workflow_rules.detail(name).title,
            "needed": name in move["needs"],
            "codes": tuple(courts) if name == "court" else move["codes"].get(name),
            "type": _INPUTS.get(name, "text"),
            "says": {"disclosure_basis": GROUNDS, "court": courts}.get(name, {}),
            "many": SCOPES if name == "consent_scope" else (),
        }
        for name in (*move["needs"], *move["may"])
        if name not in _NOT_TYPED
    ]
    return {**move, "fields": fields}


def put_off_of(visit: Visit, record: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What was put off and waits still: until when, why, by whom; `own` where it may be let go on from here."""
    language = visit.signed.language
    found = [one for one in record.get("snoozes") or record.get("put_off") or () if one["holds"]]
    return [
        {
            **one,
            "day": due.day(language, one["until"]),
            "why": page_words.of_code(one["reason"]),
            "by": role_words.title(language, one["role"]),
            "own": one["role"] == visit.signed.role and may(visit, "cases.unsnooze"),
        }
        for one in found
    ]


def proposed_of(visit: Visit, ref: str) -> list[dict[str, Any]]:
    """Moves of this case that wait for a second person, for whom they concern."""
    if not may(visit, "proposals.list"):
        return []
    return [
        {
            **one,
            "title": proposal_title(one),
            "at": due.moment(visit.signed.language, due.read(one["proposed_at"])),
        }
        for one in proposed.listing(visit.house, visit.asking, None, 1, ref)
    ]


def proposal_title(proposal: Mapping[str, Any]) -> str:
    """What is proposed: a move, or that one is taken back."""
    undoes = proposal["details"].get(undoing.UNDOES)
    return workflow_rules.transition(undoes or proposal["move"]).title


def stations_of(visit: Visit, record: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The stations to choose from, by name, where whoever visits may choose one of this case."""
    open_ = record["stage"] in RETURNED or (
        record["phase"] == "hospital" and record.get("incident", {}).get("precinct_basis") in OPEN
    )
    if workflow_rules.stage(record["stage"]).end or not open_ or not may(visit, "cases.precinct"):
        return []
    return _offices(visit, "station")


def can_of(visit: Visit, record: Mapping[str, Any]) -> dict[str, bool]:
    """What can be noted of the docket from here; the services say the rest."""
    j88, at_end = record.get("j88") or {}, workflow_rules.stage(record["stage"]).end
    noted, health = may(visit, "cases.j88") and not at_end, visit.signed.role == "facility_liaison"
    docket = bool(record.get("docket")) and not at_end
    return {
        "verify": docket and may(visit, "cases.verify_cas"),
        "arrest": docket and may(visit, "cases.arrest"),
        "complete": noted and health and bool(j88) and not j88.get("completed_at"),
        "collect": noted and not health and bool(j88.get("completed_at")) and not j88.get("collected_at"),
    }
