"""Reads `config/feeds.toml`: who may send messages, and for which facility they may speak.

Called by the composition root. A file that does not hold together stops the boot with a sentence.
"""

import tomllib
from pathlib import Path
from typing import Any


class FeedsFault(Exception):
    """The feeds file is wrong; the sentence says where."""


def load_senders(path: Path) -> list[dict[str, Any]]:
    """The `[[sender]]` tables: name, certificate, applications, facilities (MSH-4 -> office code)."""
    try:
        body = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise FeedsFault(f"The feeds file {path} does not exist (HECTIS_FEEDS_FILE names it).") from None
    except tomllib.TOMLDecodeError as fault:
        raise FeedsFault(f"The feeds file {path} is not valid TOML: {fault}") from None
    return [_sender(path, number, table) for number, table in enumerate(body.get("sender", []), 1)]


def _sender(path: Path, number: int, table: dict[str, Any]) -> dict[str, Any]:
    unknown = set(table) - {"name", "certificate", "applications", "facilities"}
    wrong = (
        unknown
        or not isinstance(table.get("name"), str)
        or not isinstance(table.get("facilities", {}), dict)
        or not isinstance(table.get("applications", []), list)
    )
    if wrong:
        raise FeedsFault(
            f"[[sender]] number {number} of {path} must have name, certificate, applications (a list) "
            f"and facilities (a table of MSH-4 = office code), and nothing else."
        )
    return {
        "name": table["name"],
        "certificate": str(table.get("certificate", "")),
        "applications": frozenset(map(str, table.get("applications", []))),
        "facilities": {str(key): str(value) for key, value in table.get("facilities", {}).items()},
    }
