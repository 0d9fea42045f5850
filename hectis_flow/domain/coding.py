"""Reads ICD-10 (WHO) codes: was it violence, how, where, and which of several codes speaks.

`domain.visit` calls `classify` with the codes of a visit. Closed by default: a code that is not
plainly WHO ICD-10 is refused with a reason and opens nothing. It must not keep a diagnosis that
says nothing of injury or violence: such a code leaves no trace in what it returns.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from hectis_flow.domain import coding_tables as tables
from hectis_flow.domain.coding_tables import Intent, Means
from hectis_flow.domain.facts import DiagnosisCode

Refusal = Literal["cm_code", "other_system", "not_a_code"]
Violence = Literal["yes", "undetermined", "no", "unknown"]

# Which intent speaks for a visit with several codes. Legal intervention comes second, so that a
# stabbing that ended in an arrest stays a stabbing; `also` still shows the other code.
INTENT_ORDER: Final[tuple[Intent, ...]] = (
    "assault",
    "legal_intervention",
    "undetermined",
    "accident",
    "self_harm",
    "sequela",
    "supporting",
    "injury",
    "other",
)
KIND_ORDER: Final = ("F", "W", "A")  # DG1-6: final, working, admitting; anything else comes after

_PLAIN: Final = re.compile(r"([A-Z][0-9][0-9])(?:\.?([0-9])([0-9])?)?")
_CM_SHAPE: Final = re.compile(r"[A-Z][0-9][0-9A-Z](?:\.?[0-9A-Z]{1,4})?")
_NUMBER: Final = re.compile(r"[0-9]+(?:\.[0-9]+)?")  # SNOMED CT, ICD-9: codes, but not ours
_WHO_SYSTEM: Final = re.compile(r"(?:WHO)?(?:ICD10|I10|ICD)(?:WHO|MIT|ZA|SA)?(?:20[0-9]{2})?|MIT")
_CM_SYSTEM: Final = re.compile(r".*10CM(?:20[0-9]{2})?|I10C")
_SYSTEM_ADDRESSES: Final = {  # FHIR addresses and OIDs, folded as `_system_kind` folds them
    "HTTPHL7ORGFHIRSIDICD10": "who",
    "216840111388363": "who",
    "URNOID216840111388363": "who",
    "2168401113883690": "cm",
    "URNOID2168401113883690": "cm",
}
_MARKS: Final = " \t+*!\u2020-."  # dagger and asterisk of dual coding; "X99.-" means X99


@dataclass(frozen=True, slots=True)
class CodeReading:
    """One WHO code, read. `code` is normalised (`X99.4`, `X99.49`); a part not stated is None."""

    category: str
    code: str
    intent: Intent
    mechanism: str | None = None
    weapon_class: str | None = None
    place_type: str | None = None
    activity: str | None = None
    perpetrator: str | None = None  # Y06, Y07
    legal_means: str | None = None  # Y35
    maltreatment: str | None = None  # T74


@dataclass(frozen=True, slots=True)
class CodeRefused:
    """A code that may open nothing. It does not repeat the code: that would be clinical text."""

    reason: Refusal


@dataclass(frozen=True, slots=True)
class Classification:
    """What the codes of one visit say together.

    `intent` is None where no code could be read. `violence` means violence between persons: a
    legal intervention, an accident, self-harm and a sequela are "no"; "unknown" where no code came,
    a refused one may hide a cause, or an injury is named without its cause. `code` is the code that speaks, and
    `also` the further causes, injuries and supporting codes; other diagnoses are dropped here.
    """

    intent: Intent | None
    violence: Violence
    mechanism: str | None = None
    weapon_class: str | None = None
    place_type: str | None = None
    activity: str | None = None
    perpetrator: str | None = None
    legal_means: str | None = None
    code: str | None = None
    also: tuple[str, ...] = ()
    refused: tuple[Refusal, ...] = ()
    injury_without_cause: bool = False
    signs_without_cause: bool = False  # T74, Z04.4 or Z04.5 with no cause beside it


def read_code(code: str, system: str = "") -> CodeReading | CodeRefused:
    """Read one code; dot or not, any case, blanks around. A blank system is taken as WHO ICD-10."""
    kind = _system_kind(system)
    if kind != "who":
        return CodeRefused("cm_code" if kind == "cm" else "other_system")
    text = code.strip().upper().rstrip(_MARKS)
    plain = _PLAIN.fullmatch(text)
    if plain is None:
        return CodeRefused(_why_not(text))
    category, fourth, fifth = plain.groups(default="")
    if f"{category}.{fourth}" in tables.CM_ONLY:
        return CodeRefused("cm_code")
    return _reading(category, fourth, fifth)


def classify(codes: Sequence[DiagnosisCode]) -> Classification:
    """Choose the code that speaks: by `INTENT_ORDER`, then `KIND_ORDER`, then as the message lists."""
    read = [(read_code(each.code, each.system), each.kind) for each in codes]
    refused = tuple(sorted({one.reason for one, _ in read if isinstance(one, CodeRefused)}))
    kept = [(one, kind) for one, kind in read if isinstance(one, CodeReading)]
    readings = [one for one, _ in sorted(kept, key=lambda pair: _rank(*pair))]
    unexplained = not any(_within(one.category, tables.CAUSES) for one in readings)
    injured = any(_within(one.category, tables.INJURIES) for one in readings)
    signs = any(_listed(one, tables.VIOLENCE_SIGNS) for one in readings)
    if not readings:
        return Classification(intent=None, violence="unknown", refused=refused)
    first = readings[0]
    return Classification(
        intent=first.intent,
        violence=_violence(first.intent, doubtful=unexplained and (injured or signs or _hides_one(refused))),
        mechanism=first.mechanism,
        weapon_class=first.weapon_class,
        place_type=first.place_type,
        activity=first.activity,
        perpetrator=first.perpetrator,
        legal_means=first.legal_means,
        code=first.code if _worth_keeping(first) else None,
        also=_further(readings),
        refused=refused,
        injury_without_cause=unexplained and injured,
        signs_without_cause=unexplained and signs,
    )


def suggested_heading(
    mechanism: str | None, *, died: bool, sats_colour: str | None, admitted: bool
) -> str | None:
    """A *suggested* SAPS heading for an assault, a key of `coding_tables.HEADINGS`; the police decide on intent.

    None where no rule speaks (poisoning, pushing, vehicles, other and unspecified means).
    """
    if died:
        return "suggested_murder_or_inquest"
    if mechanism == "bodily_force" and (admitted or sats_colour in ("red", "orange")):
        return "suggested_assault_gbh"
    return tables.HEADING_OF.get(mechanism or "")


def _system_kind(system: str) -> Literal["who", "cm", "other"]:
    folded = "".join(letter for letter in system.upper() if letter.isalnum())
    if not folded or _WHO_SYSTEM.fullmatch(folded) or _SYSTEM_ADDRESSES.get(folded) == "who":
        return "who"
    if _CM_SYSTEM.fullmatch(folded) or _SYSTEM_ADDRESSES.get(folded) == "cm":
        return "cm"
    return "other"


def _why_not(text: str) -> Refusal:
    if _CM_SHAPE.fullmatch(text):
        return "cm_code"
    return "other_system" if _NUMBER.fullmatch(text) else "not_a_code"


def _reading(category: str, fourth: str, fifth: str) -> CodeReading:
    code = f"{category}.{fourth}{fifth}" if fourth else category
    intent = _intent(category, code)
    means = _means(category, intent)
    return CodeReading(
        category=category,
        code=code,
        intent=intent,
        mechanism=means.mechanism if means else None,
        weapon_class=means.weapon_class if means else None,
        place_type=tables.PLACES.get(fourth) if _has_place(category) else None,
        activity=tables.ACTIVITIES.get(fifth) if _within(category, tables.ACTIVITIES_STAND_IN) else None,
        perpetrator=tables.PERPETRATORS.get(category, {}).get(fourth),
        legal_means=tables.LEGAL_MEANS.get(fourth) if category == "Y35" else None,
        maltreatment=tables.MALTREATMENT.get(fourth) if category == "T74" else None,
    )


def _intent(category: str, code: str) -> Intent:
    if code[:5] in tables.SEQUELAE:
        return "sequela"
    if category in tables.SUPPORTING or code[:5] in tables.SUPPORTING:
        return "supporting"
    for first, last, intent in tables.BLOCKS:
        if first <= category <= last:
            return intent
    return "other"


def _means(category: str, intent: Intent) -> Means | None:
    if intent == "legal_intervention":
        return Means("legal_intervention", None)
    if intent == "sequela":
        return Means("sequela", None)
    return tables.ASSAULT.get(category) or tables.UNDETERMINED.get(category)


def _has_place(category: str) -> bool:
    return _within(category, tables.PLACES_STAND_IN) and category not in tables.NO_PLACE_DIGIT


def _within(category: str, block: tuple[str, str]) -> bool:
    return block[0] <= category <= block[1]


def _listed(one: CodeReading, codes: frozenset[str]) -> bool:
    return one.category in codes or one.code[:5] in codes


def _rank(one: CodeReading, kind: str) -> tuple[int, int]:
    place = KIND_ORDER.index(kind.upper()) if kind.upper() in KIND_ORDER else len(KIND_ORDER)
    return INTENT_ORDER.index(one.intent), place


def _violence(intent: Intent, *, doubtful: bool) -> Violence:
    if intent == "assault":
        return "yes"
    if intent == "undetermined":
        return "undetermined"
    return "unknown" if doubtful else "no"


def _hides_one(refused: Sequence[Refusal]) -> bool:
    """A refused code may have been the cause; one of another system is a second coding beside ours."""
    return "cm_code" in refused or "not_a_code" in refused


def _worth_keeping(one: CodeReading) -> bool:
    return one.intent != "other"


def _further(readings: Sequence[CodeReading]) -> tuple[str, ...]:
    codes = dict.fromkeys(one.code for one in readings[1:] if _worth_keeping(one))
    return tuple(code for code in codes if code != readings[0].code)
