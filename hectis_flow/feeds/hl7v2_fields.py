"""Says which HL7 v2 field becomes which fact, and how each kind of field is read.

Called by `feeds.hl7v2_facts`. These tables are the allow-list of what may be taken from a message:
a field that stands in none of them (notes, next of kin, insurance, religion, race) is never looked
at. It must not know messages or bytes, and no reader may raise on any text.
"""

import re
from collections.abc import Callable, Mapping

from hectis_flow.domain.facts import (
    Address,
    DiagnosisCode,
    Moment,
    Observation,
    PatientNumber,
    PersonName,
)
from hectis_flow.feeds.hl7v2_parts import NULL, Parts, moment

# An observation longer than this is a note or a report, not a measure: it is left out.
MAX_OBSERVATION = 80

# A reader gives the value, None or "" where the sender is silent, NULL where he deletes.
Reader = Callable[[Parts, str], object]
# (number of the field, name in MessageFacts, how to read it)
Table = tuple[tuple[int, str, Reader], ...]

_CODED_TYPES = frozenset({"", "CE", "CWE", "CNE", "CF"})
_DOCUMENT_TYPES = frozenset({"ED", "RP", "FT"})
_RESULTS_TAKEN_BACK = frozenset({"D", "W"})  # OBX-11: deleted, was wrong (as of another patient)
_DIAGNOSIS_TAKEN_BACK = "D"  # DG1-21
_HOME = "H"  # XAD-7
_DEGREES = re.compile(r"[+-]?[0-9]{1,3}(\.[0-9]{1,15})?", re.ASCII)
_YES = frozenset({"Y", "YES", "TRUE", "1"})
_NO = frozenset({"N", "NO", "FALSE", "0"})


def component(number: int) -> Reader:
    """A reader of one component, counted from 1; a whole field of `""` deletes that component too."""

    def read(parts: Parts, raw: str) -> str:
        return raw if raw == NULL else parts.code(parts.components(raw, number)[number - 1])

    return read


def degrees(number: int, limit: int) -> Reader:
    """A reader of decimal degrees in one component; what is no number within `limit` is silence.

    0 is what systems write for "not known"; neither the equator nor the prime meridian crosses the province.
    """
    text_of = component(number)

    def read(parts: Parts, raw: str) -> float | str | None:
        text = str(text_of(parts, raw))
        if text == NULL:
            return NULL
        found = float(text) if _DEGREES.fullmatch(text) else 0.0
        return found if 0 < abs(found) <= limit else None

    return read


def yes_or_no(number: int) -> Reader:
    """A reader of a yes or no in one component; anything else is silence."""
    text_of = component(number)

    def read(parts: Parts, raw: str) -> object:
        return _yes_no(parts, str(text_of(parts, raw)))

    return read


def word_of(number: int, words: Mapping[str, str]) -> Reader:
    """A reader of one component by a table of the sender's words, folded; an unknown word is silence."""
    text_of = component(number)

    def read(parts: Parts, raw: str) -> str | None:
        text = str(text_of(parts, raw))
        return NULL if text == NULL else words.get(text.casefold())

    return read


def moment_of(parts: Parts, raw: str) -> Moment | None:
    """The time in the first component of a field; None where it names no real time."""
    return moment(raw if raw.isdecimal() else parts.code(raw))


def diagnosis_codes(parts: Parts, fields: list[str]) -> list[DiagnosisCode]:
    """The codes of a DG1, given its fields up to DG1-21."""
    if fields[21] == _DIAGNOSIS_TAKEN_BACK:
        return []
    return _coded(parts, fields[3], parts.code(fields[2]), parts.code(fields[6]))


def accident_codes(parts: Parts, fields: list[str]) -> list[DiagnosisCode]:
    """The codes of an ACC, given its fields: ACC-2."""
    return _coded(parts, fields[2], "", "")


def observations(parts: Parts, fields: list[str]) -> list[Observation]:
    """What an OBX says, given its fields up to OBX-11; nothing for documents, notes and empty ones.

    A coded value with a text besides its code gives one observation of each, the text last: either
    may be the word that is understood. `""`, or a result taken back, gives the value `""`.
    """
    kind, raw = fields[2], fields[5]
    name, label = parts.texts(fields[3], 2)
    if kind in _DOCUMENT_TYPES or not (name or label):
        return []
    if fields[11] in _RESULTS_TAKEN_BACK or raw == NULL:
        values = [NULL]
    elif kind in _CODED_TYPES:
        code, text, *_, original = parts.texts(raw, 9, whole=True)
        values = [code, text] if code != text and (code or text) else [text or original]
    else:
        values = [_prose(parts, raw)]
    return [Observation(name or label, label, value) for value in values if 0 < len(value) <= MAX_OBSERVATION]


def _coded(parts: Parts, raw: str, system: str, kind: str) -> list[DiagnosisCode]:
    """The code of a CE and its alternate; `system` stands in where it names none."""
    if not raw:
        return []
    code, _, own, other, _, other_system = parts.texts(raw, 6)
    pairs = ((code, own), (other, other_system))
    given = "" if kind == NULL else kind
    return [DiagnosisCode(value, name or system, given) for value, name in pairs if value]


def _time(parts: Parts, raw: str) -> object:
    if raw.isdecimal():
        return moment(raw)
    value = parts.code(raw)
    return NULL if value == NULL else moment(value)


def _yes_no(parts: Parts, raw: str) -> object:
    value = parts.code(raw).upper()
    if value == NULL:
        return NULL
    return True if value in _YES else False if value in _NO else None


def _wording(parts: Parts, raw: str) -> str:
    """What a coded value says: its text, else its code, else the words it was coded from."""
    code, text, *_, original = parts.texts(raw, 9, whole=True)
    return text or code or original or _silent(raw) or ""


def _prose(parts: Parts, raw: str) -> str:
    """A value that has no components: a stray separator in it becomes a space."""
    return parts.text(parts.repetitions(raw)[0].replace(parts.component, " "))


def _numbers(parts: Parts, raw: str) -> object:
    found = []
    for repetition in parts.repetitions(raw):
        value, _, _, assigner, kind = parts.texts(repetition, 5)
        if value:
            found.append(PatientNumber(value, kind, assigner or _universal_id(parts, repetition)))
    return tuple(found) if found else _silent(raw)


def _universal_id(parts: Parts, raw: str) -> str:
    """The second part of a CX's assigner, for those who leave the first empty."""
    if parts.subcomponent not in raw:
        return ""
    _, _, name = parts.components(raw, 4)[3].partition(parts.subcomponent)
    return parts.code(name)


def _name(parts: Parts, raw: str) -> object:
    for repetition in parts.repetitions(raw):
        family, given, middle = parts.texts(repetition, 3)
        if family or given or middle:
            return PersonName(family, given, middle)
    return _silent(raw)


def _address(parts: Parts, raw: str) -> object:
    """The address marked as home where there is one, else the first that says anything."""
    first: Address | None = None
    for repetition in parts.repetitions(raw):
        street, *others, kind = parts.texts(repetition, 7, whole=True)
        said = (_street(street, parts.subcomponent), *others)
        if kind == _HOME and any(said):
            return Address(*said)
        if first is None and any(said):
            first = Address(*said)
    return first or _silent(raw)


def _street(text: str, mark: str) -> str:
    """A street whose name and number may follow it as sub-components, often repeating it.

    A mark between spaces is an ampersand somebody typed ("Main & Long") and stays.
    """
    if mark not in text or f" {mark} " in text:
        return text
    street = ""
    for piece in text.split(mark, 3)[:3]:
        if piece.strip() not in street:
            street = f"{street} {piece.strip()}".strip()
    return street


def _silent(raw: str) -> str | None:
    """A field without any value: a deletion if `""` stands somewhere in it, else silence."""
    return NULL if NULL in raw else None


FIELDS: dict[str, Table] = {
    "EVN": ((2, "recorded_at", _time), (6, "event_at", _time)),
    "PID": (
        (3, "patient_numbers", _numbers),
        (5, "name", _name),
        (7, "born", _time),
        (8, "sex", Parts.code),
        (11, "residence", _address),
        (29, "died_at", _time),
        (30, "died", _yes_no),
    ),
    "MRG": ((1, "prior_numbers", _numbers),),
    "PV1": (
        (2, "patient_class", Parts.code),
        (3, "unit", Parts.code),
        (3, "unit_facility", component(4)),
        (4, "admission_type", Parts.code),
        (19, "visit_number", Parts.code),
        (36, "disposition", Parts.code),
        (44, "arrived_at", _time),
        (45, "left_at", _time),
    ),
    "PV2": ((3, "complaint", _wording), (38, "arrival_mode", Parts.code)),
    "ACC": (
        (1, "assault_at", _time),
        (3, "place_text", Parts.text),
        (6, "died_of_it", _yes_no),
        (9, "brought_in_by", Parts.text),
        (10, "police_notified", _yes_no),
        (11, "place_address", _address),
    ),
}
# The last field looked at in each segment; what follows stays one unread piece.
LAST_FIELD = {name: table[-1][0] for name, table in FIELDS.items()} | {"DG1": 21, "OBX": 11}
