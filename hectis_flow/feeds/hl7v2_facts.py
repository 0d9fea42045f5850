"""Turns one HL7 v2 message into `MessageFacts`.

Called by the intake worker after the raw bytes are stored. It takes only what the tables of
`feeds.hl7v2_fields` name. It must not judge (whether a value makes sense is for `domain.intake`),
must not log, and must not raise on any message that has a header.

One message speaks of one patient here: the reading stops at a second PID or MRG, because what follows
(a further merge, another patient's results) must not be laid at the first one's door. That there was
one is told (`several_patients`), so that nothing is left out silently.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import chain
from typing import Any

from hectis_flow.domain.facts import Consent, DiagnosisCode, MessageFacts
from hectis_flow.feeds.hl7v2 import Header, codec_of, read_message
from hectis_flow.feeds.hl7v2_consent import LAST_CONSENT_FIELD, read_consents
from hectis_flow.feeds.hl7v2_fields import (
    FIELDS,
    LAST_FIELD,
    Reader,
    Table,
    accident_codes,
    component,
    degrees,
    diagnosis_codes,
    moment_of,
    observations,
    word_of,
    yes_or_no,
)
from hectis_flow.feeds.hl7v2_parts import NULL, Parts, parts_of

_LOCAL_FIELD = re.compile(r"(Z[A-Z0-9]{2})-([1-9][0-9]?)(?:\.([1-9][0-9]?))?\Z")

_ONE_A_PATIENT = frozenset({"PID", "MRG"})

# The fields of each wanted segment, by segment name, in the order sent.
_Found = dict[str, list[list[str]]]
# What to read from which segment, and the last field to look at in it.
_Plan = tuple[dict[str, Table], dict[str, int]]


@dataclass(frozen=True, slots=True)
class LocalFields:
    """Where this deployment's senders put what HL7 has no field for, such as "ZVI-3" or "ZVI-3.2".

    An empty name means that nobody sends it. Raises ValueError where a name is no Z-field.
    """

    station_field: str = ""
    role_field: str = ""
    latitude_field: str = ""
    longitude_field: str = ""
    consent_field: str = ""
    dv_field: str = ""
    vulnerable_field: str = ""
    # The sender's words in `consent_field` and what each means; the CON-2 types of a consent to tell the
    # police. Without types no CON segment is looked at: which consent is meant is never guessed.
    consent_words: tuple[tuple[str, Consent], ...] = ()
    consent_types: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _local_tables(self)


def facts(raw: bytes, local: LocalFields | None = None) -> MessageFacts:
    """Everything the system takes from one message; raises `Unreadable` only where no MSH stands.

    A field sent as `""` is absent and named in `deleted`; an impossible time or an unknown yes/no
    is absent. Z-segments are read only where `local` names them.
    """
    header, lines = read_message(raw)
    parts = parts_of(header.field_separator, header.encoding_characters, codec_of(header.charset))
    tables, last_fields = _STANDARD_PLAN if local is None else _plan(local)
    found, several = _segments(lines, header.field_separator, last_fields)
    values: dict[str, Any] = {"several_patients": True} if several else {}
    deleted: set[str] = set()
    for name, table in tables.items():
        if name in found:
            _read(parts, found[name][0], table, values, deleted)
    if "DG1" in found or "ACC" in found:
        _read_codes(parts, found, values, deleted)
    if "CON" in found and local is not None:
        read_consents(parts, found["CON"], local.consent_types, values)
    if "OBX" in found:
        values["observations"] = tuple(chain.from_iterable(observations(parts, obx) for obx in found["OBX"]))
    if deleted:
        values["deleted"] = frozenset(deleted)
    return _assembled(parts, header, found, values)


def _segments(lines: list[str], separator: str, last_fields: dict[str, int]) -> tuple[_Found, bool]:
    """The segments of the first patient, and whether another follows."""
    found: _Found = {}
    for line in lines:
        name = line[:3]
        last = last_fields.get(name)
        if last is None or line[3:4] != separator:
            continue
        if name in _ONE_A_PATIENT and name in found:
            return found, True
        fields = line.split(separator, last + 1)
        fields += [""] * (last + 1 - len(fields))
        found.setdefault(name, []).append(fields)
    return found, False


def _read(parts: Parts, fields: list[str], table: Table, values: dict[str, Any], deleted: set[str]) -> None:
    for place, name, reader in table:
        raw = fields[place]
        value = reader(parts, raw) if raw else None
        if isinstance(value, str):
            if value == NULL:
                deleted.add(name)
            elif value:
                values[name] = value
        elif value is not None:
            values[name] = value


def _read_codes(parts: Parts, found: _Found, values: dict[str, Any], deleted: set[str]) -> None:
    """Every DG1 and ACC-2; only where all of them are `""` does the sender delete our codes."""
    codes: list[DiagnosisCode] = []
    raws: list[str] = []
    for fields in found.get("DG1", ()):
        codes += diagnosis_codes(parts, fields)
        raws.append(fields[3])
    for fields in found.get("ACC", ())[:1]:
        codes += accident_codes(parts, fields)
        raws += [fields[2]] if fields[2] else []
    values["codes"] = tuple(codes)
    values["codes_sent"] = bool(raws)
    if raws and not codes and NULL in raws:
        deleted.add("codes")


def _assembled(parts: Parts, header: Header, found: _Found, values: dict[str, Any]) -> MessageFacts:
    event = header.event
    if not event and "EVN" in found:
        event = parts.code(found["EVN"][0][1])  # before v2.3 the event may stand in EVN-1 only
    return MessageFacts(
        source_app=header.source_app,
        source_facility=header.source_facility,
        control_id=header.control_id,
        message_type=header.message_type,
        event=event,
        processing_id=header.processing_id,
        version=header.version,
        sent_at=moment_of(parts, header.sent_at),
        **values,
    )


def _local_tables(local: LocalFields) -> dict[str, Table]:
    wanted: tuple[tuple[str, str, Callable[[int], Reader]], ...] = (
        (local.station_field, "station_code", component),
        (local.role_field, "patient_role", component),
        (local.latitude_field, "latitude", partial(degrees, limit=90)),
        (local.longitude_field, "longitude", partial(degrees, limit=180)),
        (local.consent_field, "consent", partial(word_of, words=dict(local.consent_words))),
        (local.dv_field, "dv", yes_or_no),
        (local.vulnerable_field, "vulnerable", yes_or_no),
    )
    tables: dict[str, Table] = {}
    for place, name, reader in wanted:
        if not place:
            continue
        found = _LOCAL_FIELD.match(place)
        if found is None:
            raise ValueError("a local field is written Zxx-field or Zxx-field.component")
        segment, field, part = found.groups(default="1")
        tables[segment] = (*tables.get(segment, ()), (int(field), name, reader(int(part))))
    return tables


@lru_cache(maxsize=16)
def _plan(local: LocalFields) -> _Plan:
    local_tables = _local_tables(local)
    last = {segment: max(row[0] for row in table) for segment, table in local_tables.items()}
    consents = {"CON": LAST_CONSENT_FIELD} if local.consent_types else {}
    return FIELDS | local_tables, LAST_FIELD | last | consents


_STANDARD_PLAN: _Plan = (FIELDS, LAST_FIELD)
