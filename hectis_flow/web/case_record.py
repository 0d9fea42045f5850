"""What else is on record of a case, each a page of its own: the referral, what was disclosed, notices, who looked.

`hectis_flow.web.rooms` calls `install_record`. Who may open which, and which lines of it, the policy table says; a referral,
disclosures and the log of reads are logged before they are shown.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from flask import Flask

from hectis_flow.domain.errors import NotVisible
from hectis_flow.render import due, page_words, role_words
from hectis_flow.services import case_log, disclosure, reading, reference
from hectis_flow.web import cursor
from hectis_flow.web import page as frame
from hectis_flow.web.case import number
from hectis_flow.web.case_parts import GROUNDS, SYSTEM, pages_of
from hectis_flow.web.page import Answered, Visit

PAGE: Final = 25
_MOMENT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T.*")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T00:00:00\+00:00)?")
# What somebody looks for first, of a patient.
_FIRST: Final = ("name", "numbers", "visit_number", "born", "age_years", "sex", "residence", "arrived_at")
# What numbers and moments of ours say nothing to anybody.
_OWN_NUMBERS: Final = ("id", "case_ref", "recorded_at", "changed_at", "voided_at")
# Fields whose values are codes of offices.
_OFFICES: Final = ("precinct", "facility")


def install_record(app: Flask) -> None:
    """Put the pages on the app."""
    frame.room(app, "/cases/<ref>/patient", "case_patient", _patient)
    frame.room(app, "/cases/<ref>/referral", "case_referral", _referral)
    frame.room(app, "/cases/<ref>/disclosures", "case_disclosures", _disclosures)
    frame.room(app, "/cases/<ref>/notices", "case_notices", _notices)
    frame.room(app, "/cases/<ref>/reads", "case_reads", _reads)


def _patient(visit: Visit, ref: str) -> Answered:
    """The incident of a case, with what the policy opens of its patients."""
    case = reading.read_record(visit.house, visit.asking, "cases.read", number(ref))
    if not case.get("incident_id"):
        raise NotVisible(reading.NOT_HERE)
    found = reading.read_record(visit.house, visit.asking, "incidents.read", case["incident_id"])
    people = found.pop("patients", None) or []
    codes = {str(found[name]) for name in ("facility", "station") if found.get(name)}
    names = reference.names(visit.house, codes)
    rows = _rows(visit, {name: value for name, value in found.items() if name not in _OWN_NUMBERS}, names)
    return _page(
        visit, ref, "patient", incident=rows, patients=[_rows(visit, _in_order(one), {}) for one in people]
    )


def _in_order(patient: Mapping[str, Any]) -> dict[str, Any]:
    """A patient with what somebody looks for first before the rest."""
    return {name: patient[name] for name in _FIRST if name in patient} | dict(patient)


def _rows(visit: Visit, record: Mapping[str, Any], names: Mapping[str, str]) -> list[tuple[str, str]]:
    """The fields of a record that say something, in words; offices by `names`."""
    language = visit.signed.language
    return [
        (field_of(language, name), names.get(str(value)) or _value(language, name, value))
        for name, value in record.items()
        if value not in disclosure.EMPTY
    ]


def _referral(visit: Visit, ref: str) -> Answered:
    found = disclosure.referral(visit.house, visit.asking, number(ref))
    codes = {str(found["fields"][name]) for name in _OFFICES if found["fields"].get(name)}
    names = reference.names(visit.house, codes)
    return _page(
        visit,
        ref,
        "referral",
        sent_at=_moment(visit, found["sent_at"]),
        ground=GROUNDS[found["basis"]],
        rows=_rows(visit, found["fields"], names),
        withheld=[field_of(visit.signed.language, name) for name in found.get("withheld", ())],
    )


def _disclosures(visit: Visit, ref: str) -> Answered:
    found = disclosure.disclosures(visit.house, visit.asking, number(ref))
    names = reference.names(visit.house, {one["office"] for one in found})
    rows = [
        {
            **one,
            "at": _moment(visit, one["at"]),
            "to": names.get(one["office"], one["office"]),
            "by": _by(visit.signed.language, one["actor"]),
            "grounds": _by_ground(visit.signed.language, one["fields"]),
            "stayed": [field_of(visit.signed.language, name) for name in one["withheld"]],
        }
        for one in found
    ]
    return _page(visit, ref, "disclosures", rows=rows)


def _notices(visit: Visit, ref: str) -> Answered:
    return _listed(visit, ref, "notices", case_log.notices)


def _reads(visit: Visit, ref: str) -> Answered:
    return _listed(visit, ref, "reads", case_log.reads)


def _listed(visit: Visit, ref: str, name: str, read: Callable[..., list[dict[str, Any]]]) -> Answered:
    """A page of a list that is read newest first."""
    before = cursor.read(name, frame.asked("after"))
    found = read(visit.house, visit.asking, number(ref), int(before[0]) if before else None, PAGE)
    further = cursor.sign(name, [str(found[-1]["id"])]) if len(found) == PAGE else None
    return _page(
        visit,
        ref,
        name,
        rows=found,
        further=further,
        began=before is None,
        moment=lambda at: _moment(visit, at),
        count=PAGE,
    )


def _page(visit: Visit, ref: str, name: str, **words: Any) -> Answered:
    pages = pages_of(visit, ref)
    return frame.page(f"case_{name}.html", ref=ref, this=name, pages=pages, **words)


def field_of(language: str, name: str) -> str:
    """A field of a patient or an incident, as a person calls it."""
    key = f"field.{name}"
    return page_words.say(language, key) if key in page_words.ENGLISH else page_words.of_code(name)


def _by_ground(language: str, fields: Mapping[str, str]) -> list[tuple[str, list[str]]]:
    """The fields that were sent, by the ground that they stood on."""
    found: dict[str, list[str]] = {}
    for name, ground in fields.items():
        title = page_words.say(language, "disclosures.unnamed") if ground == "none" else GROUNDS[ground]
        found.setdefault(title, []).append(field_of(language, name))
    return list(found.items())


def _value(language: str, name: str, value: Any) -> str:
    """What a field says, in words."""
    if isinstance(value, bool):
        return page_words.say(language, "yes" if value else "no")
    if isinstance(value, Mapping):
        return ", ".join(_value(language, name, one) for one in value.values() if one)
    if isinstance(value, list):
        return ", ".join(_value(language, name, one) for one in value if one)
    said = str(value)
    if _DAY.fullmatch(said):
        return said[:10]
    if _MOMENT.fullmatch(said):
        return due.moment(language, due.read(said), "moment")
    return page_words.of_code(said) if re.fullmatch("[a-z]+(_[a-z]+)+", said) else said


def _moment(visit: Visit, at: str | None) -> str:
    return due.moment(visit.signed.language, due.read(at)) if at else ""


def _by(language: str, actor: str) -> str:
    """Whoever made the move that sent it: "role:code" as history writes it."""
    role, _, code = actor.partition(":")
    title = role_words.title(language, role)
    return title if role in SYSTEM or not code else f"{title}, {code}"
