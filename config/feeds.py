"""Reads `config/feeds.toml`: who may send messages, for which facility, and what its own words mean.

Called by the composition root. A file that does not hold together stops the boot with a sentence that
gives the number of the table. It must not know offices or codes: whether an office of that code exists
is seen where the word is looked up.
"""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

LOCAL_FIELD = re.compile(r"Z[A-Z0-9]{2}-[1-9][0-9]?(\.[1-9][0-9]?)?")
ICD10 = re.compile(r"[A-Z][0-9]{2}(\.[0-9]{1,3})?")
OFFICE = re.compile(r"[a-z0-9][a-z0-9-]*")
WHAT_Z_FIELDS_SAY = ("station", "role", "latitude", "longitude", "consent", "dv", "vulnerable")
WHAT_A_CONSENT_SAYS = ("granted", "limited", "refused", "withdrawn")
LIMITS = ("messages_a_minute", "connections")

# Tables of a sender beyond who it is; each may be left out.
MAPPINGS = ("fields", "codes", "stations", "consents", "limits")
CONSENT_TYPES = "consent_types"  # a list, of CON-2 codes


class FeedsFault(Exception):
    """The feeds file is wrong; the sentence says where."""


def load_senders(path: Path) -> list[dict[str, Any]]:
    """The `[[sender]]` tables: name, certificate, applications, facilities, and what mappings each has."""
    try:
        body = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise FeedsFault(f"The feeds file {path} does not exist (HECTIS_FEEDS_FILE names it).") from None
    except OSError:
        raise FeedsFault(f"The feeds file {path} cannot be read.") from None
    except ValueError as fault:  # not UTF-8, or not TOML
        raise FeedsFault(f"The feeds file {path} is not valid TOML: {fault}") from None
    tables = body.pop("sender", [])
    if body or not isinstance(tables, list):
        raise FeedsFault(
            f"The feeds file {path} may hold [[sender]] tables, in double brackets, and nothing else."
        )
    senders = [_sender(path, number, table) for number, table in enumerate(tables, 1)]
    _one_pace_for_this_machine(path, senders)
    return senders


def _sender(path: Path, number: int, table: Any) -> dict[str, Any]:
    where = f"[[sender]] number {number} of {path}"
    if not isinstance(table, dict) or not _sound(table):
        raise FeedsFault(
            f"{where} must have name, certificate, applications (a list) and facilities (a table of "
            f"MSH-4 = office code), all of them texts, may have {', '.join((*MAPPINGS, CONSENT_TYPES))}, and nothing else."
        )
    for sentence in _wrong(table):
        raise FeedsFault(f"{where}: {sentence}")
    return {
        "name": table["name"],
        "certificate": table.get("certificate", ""),
        "applications": frozenset(table.get("applications", [])),
        "facilities": dict(table.get("facilities", {})),
        **{name: dict(table[name]) for name in MAPPINGS if name in table},
        **({CONSENT_TYPES: tuple(table[CONSENT_TYPES])} if CONSENT_TYPES in table else {}),
    }


def _sound(table: dict[str, Any]) -> bool:
    applications, facilities = table.get("applications", []), table.get("facilities", {})
    if set(table) - {"name", "certificate", "applications", "facilities", CONSENT_TYPES, *MAPPINGS}:
        return False
    if not isinstance(applications, list) or not isinstance(facilities, dict):
        return False
    texts = [table.get("name"), table.get("certificate", ""), *applications, *facilities.values()]
    return all(isinstance(text, str) for text in texts)


def _wrong(table: dict[str, Any]) -> Iterator[str]:
    """What is wrong with the mappings, one sentence each."""
    for name in MAPPINGS:
        if not isinstance(table.get(name, {}), dict):
            yield f"{name} must be a table, {name} = {{ ... }}."
            return
    whose = table.get("applications") or table.get("facilities")
    if not whose and any(table.get(name) for name in (*MAPPINGS[:4], CONSENT_TYPES)):
        yield "with fields, codes, stations or consents, applications or facilities must say whose words they are."
    yield from _wrong_words(table)
    yield from _wrong_consents(table)
    yield from _wrong_limits(table.get("limits", {}))


def _wrong_words(table: dict[str, Any]) -> Iterator[str]:
    for what, place in table.get("fields", {}).items():
        if what not in WHAT_Z_FIELDS_SAY:
            yield f"fields may name {', '.join(WHAT_Z_FIELDS_SAY)}, not {what!r}."
        elif not _is(LOCAL_FIELD, place):
            yield f"fields.{what} must be a Z-field such as ZVI-3 or ZVI-3.2."
    for word, code in table.get("codes", {}).items():
        if not _is(ICD10, code):
            yield f"codes must give an ICD-10 code such as X95.4 for {word!r}."
    for word, code in table.get("stations", {}).items():
        if not _is(OFFICE, code):
            yield f"stations must give an office code such as nyanga-saps for {word!r}."


def _wrong_consents(table: dict[str, Any]) -> Iterator[str]:
    """A word that means consent is never guessed: field and words come together."""
    for word, meaning in table.get("consents", {}).items():
        if meaning not in WHAT_A_CONSENT_SAYS:
            yield f"consents must give one of {', '.join(WHAT_A_CONSENT_SAYS)} for {word!r}."
    if ("consent" in table.get("fields", {})) != bool(table.get("consents")):
        yield "fields.consent and consents (its words and what each means) come together."
    types = table.get(CONSENT_TYPES, [])
    if not isinstance(types, list) or not all(isinstance(one, str) and one.strip() for one in types):
        yield 'consent_types must be a list of CON-2 codes, such as ["SAPS"].'


def _wrong_limits(limits: dict[str, Any]) -> Iterator[str]:
    for name, limit in limits.items():
        if name not in LIMITS:
            yield f"limits may name {', '.join(LIMITS)}, not {name!r}."
        elif type(limit) is not int or limit < 1:
            yield f"limits.{name} must be a whole number from 1 up."


def _is(form: re.Pattern[str], value: Any) -> bool:
    return isinstance(value, str) and form.fullmatch(value) is not None


def _one_pace_for_this_machine(path: Path, senders: list[dict[str, Any]]) -> None:
    """Without certificates the listener cannot tell this machine's senders apart."""
    paced = [number for number, one in enumerate(senders, 1) if one.get("limits") and not one["certificate"]]
    if len(paced) > 1:
        raise FeedsFault(
            f"[[sender]] number {paced[1]} of {path}: only one table without a certificate may have limits; "
            "they hold for all senders on this machine together."
        )
