"""Reads CON segments (HL7 v2.5 on): whether the patient agreed in writing that the police be told.

Called by `feeds.hl7v2_facts`, only for senders whose CON-2 types are configured. What it gives is one of
our words: the texts of a consent (CON-5 to CON-8) are never taken. Tables 0497 (mode) and 0498 (status)
are HL7's own. It must not raise on any text.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from hectis_flow.domain.facts import CONSENTS, Consent
from hectis_flow.feeds.hl7v2_parts import NULL, Parts

LAST_CONSENT_FIELD: Final = 16

_TYPE, _LIMITS, _MODE, _STATUS, _ENDS, _COMPETENT = 2, 9, 10, 11, 15, 16
_WRITTEN: Final = "W"
# Pending and bypassed (P, B) say nothing: nobody was asked.
_STATUSES: Final[Mapping[str, Consent]] = {
    "A": "granted",
    "L": "limited",
    "R": "refused",
    "X": "withdrawn",
}


def read_consents(
    parts: Parts, segments: Sequence[list[str]], types: Collection[str], values: dict[str, Any]
) -> None:
    """Put what CON segments of these types say into `values`; of several words the most cautious holds."""
    wanted = {one.strip().casefold() for one in types}
    said = {_consent(parts, fields) for fields in segments if parts.code(fields[_TYPE]).casefold() in wanted}
    said |= {values.get("consent")}
    found = next((word for word in CONSENTS if word in said), None)
    if found is not None:
        values["consent"] = found


def _consent(parts: Parts, fields: list[str]) -> Consent | None:
    """What one segment says. A consent by word of mouth, with limits or an end is one that a person reads."""
    status = _STATUSES.get(parts.code(fields[_STATUS]).upper())
    if status != "granted":
        return status
    plain = not any(_said(fields[place]) for place in (_LIMITS, _ENDS))
    competent = parts.code(fields[_COMPETENT]).upper() != "N"
    written = parts.code(fields[_MODE]).upper() == _WRITTEN
    return "granted" if plain and competent and written else "limited"


def _said(raw: str) -> bool:
    return bool(raw.strip()) and raw != NULL
