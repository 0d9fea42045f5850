"""From a visit to an incident: what happened, when, where, and whether it opens a case.

`services.intake` calls `incident_of` after each fold and compares the draft with what it holds, and
`quality_items` for the facility's list. Only an assault opens a case. An undetermined injury is
shown apart and referred by nobody automatically; a legal intervention goes to the oversight body,
never to SAPS; sequelae, accidents and injuries without a cause are no incident at all.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from hectis_flow.domain.coding import CodeReading, read_code, suggested_heading
from hectis_flow.domain.coding_tables import NO_PLACE_DIGIT
from hectis_flow.domain.facts import Address, Moment
from hectis_flow.domain.moments import ends_before, names_a_day
from hectis_flow.domain.visit import TimeBasis, VisitState

IncidentIntent = Literal["assault", "undetermined", "legal_intervention"]
LocationBasis = Literal["incident", "residence", "facility"]
_INCIDENTS: Final[Mapping[str, IncidentIntent]] = {
    "assault": "assault",
    "undetermined": "undetermined",
    "legal_intervention": "legal_intervention",
}

QUALITY_ITEMS: Final[Mapping[str, str]] = {
    "injury_without_cause": "An injury is coded without its external cause. Add the V01-Y98 code.",
    "signs_without_cause": "A code points to violence without saying how. Add the X85-Y09 code if it was.",
    "refused_code_cm": "A code of the American modification (CM) was sent. Send the WHO code.",
    "refused_code_other_system": "A code of another system was sent. Map it, or send the ICD-10 code.",
    "refused_code_not_a_code": "What stands in a code field is not a code. Correct it.",
    "assault_and_legal_intervention": "Both an assault and a legal intervention are coded. Say which it was "
    "before anything is referred.",
    "no_assault_time": "The time of the assault is missing; the time of arrival stands in for it.",
    "assault_after_arrival": "The assault is dated after the arrival. Correct one of the two.",
    "place_unspecified": "The place is not coded, or coded as unspecified.",
    "no_arrival_time": "No time of arrival was sent.",
    "no_birth_date": "The date of birth is missing.",
    "birth_date_imprecise": "The date of birth lacks its day, or cannot be right: the age stays unknown.",
    "no_sats_colour": "The visit ended without a triage colour.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentDraft:
    """What one visit says of an incident. Places of different bases are never mixed.

    `place_text`, `address`, `station_code` and `coordinates` (latitude and longitude, WGS84) all belong to
    `location_basis`: what was sent of the scene, else the residence's address, else nothing (the
    facility). `heading` is only suggested.
    """

    intent: IncidentIntent
    code: str
    mechanism: str | None
    weapon_class: str | None
    place_type: str | None
    activity: str | None
    perpetrator: str | None
    legal_means: str | None
    happened_at: Moment | None
    time_basis: TimeBasis
    location_basis: LocationBasis
    place_text: str | None
    address: Address | None
    station_code: str | None
    coordinates: tuple[float, float] | None
    opens_case: bool
    suggested_heading: str | None
    sats_colour: str | None
    admitted: bool
    died: bool | None


def incident_of(state: VisitState) -> IncidentDraft | None:
    """The incident a visit tells of, or None. Same state, same draft."""
    read = state.classification
    intent = _INCIDENTS.get(read.intent or "")
    if intent is None or read.code is None:
        return None
    basis, place_text, address, station_code = _location(state)
    return IncidentDraft(
        intent=intent,
        code=read.code,
        mechanism=read.mechanism,
        weapon_class=read.weapon_class,
        place_type=read.place_type,
        activity=read.activity,
        perpetrator=read.perpetrator,
        legal_means=read.legal_means,
        happened_at=state.happened_at,
        time_basis=state.time_basis,
        location_basis=basis,
        place_text=place_text,
        address=address,
        station_code=station_code,
        coordinates=state.coordinates,
        opens_case=intent == "assault",
        suggested_heading=_heading(state) if intent == "assault" else None,
        sats_colour=state.sats_colour,
        admitted=state.admitted,
        died=state.died,
    )


def quality_items(state: VisitState) -> tuple[str, ...]:
    """What the facility should put right, as keys of `QUALITY_ITEMS`, in that table's order.

    A visit without violence is asked only about its codes: nobody should chase the birth date of a
    patient with a cold.
    """
    found = set(_code_items(state))
    if incident_of(state) is not None:
        found |= {*_incident_items(state), *_time_items(state), *_person_items(state)}
    return tuple(item for item in QUALITY_ITEMS if item in found)


def _location(state: VisitState) -> tuple[LocationBasis, str | None, Address | None, str | None]:
    said = state.place_text or _says_where(state.place_address) or state.station_code
    if said or state.coordinates is not None:
        return "incident", state.place_text, state.place_address, state.station_code
    if _says_where(state.residence):
        return "residence", None, state.residence, None
    return "facility", None, None, None


def _says_where(address: Address | None) -> bool:
    """A country or a province alone says nothing of where."""
    return address is not None and any(
        part.strip() for part in (address.street, address.suburb, address.city, address.postal_code)
    )


def _heading(state: VisitState) -> str | None:
    return suggested_heading(
        state.classification.mechanism,
        died=bool(state.died),
        sats_colour=state.sats_colour,
        admitted=state.admitted,
    )


def _code_items(state: VisitState) -> Iterator[str]:
    read = state.classification
    if read.injury_without_cause:
        yield "injury_without_cause"
    if read.signs_without_cause:
        yield "signs_without_cause"
    if "cm_code" in read.refused:
        yield "refused_code_cm"
    if read.violence == "unknown":  # a second coding beside a readable cause troubles nobody
        yield from (f"refused_code_{reason}" for reason in read.refused if reason != "cm_code")


def _incident_items(state: VisitState) -> Iterator[str]:
    read = state.classification
    if read.intent == "assault" and any(_is_legal_intervention(code) for code in read.also):
        yield "assault_and_legal_intervention"
    wants_place = read.intent != "legal_intervention" and (read.code or "")[:3] not in NO_PLACE_DIGIT
    if wants_place and read.place_type in (None, "unspecified"):
        yield "place_unspecified"
    if state.closed and state.sats_colour is None:
        yield "no_sats_colour"


def _is_legal_intervention(code: str) -> bool:
    reading = read_code(code)
    return isinstance(reading, CodeReading) and reading.intent == "legal_intervention"


def _time_items(state: VisitState) -> Iterator[str]:
    if state.assault_at is None:
        yield "no_assault_time"
    if state.arrived_at is None:
        yield "no_arrival_time"
    elif state.assault_at is not None and state.assault_at.at >= ends_before(state.arrived_at):
        yield "assault_after_arrival"


def _person_items(state: VisitState) -> Iterator[str]:
    if state.born is None:
        yield "no_birth_date"
    elif state.age_years is None and names_a_day(state.arrived_at):
        yield "birth_date_imprecise"
