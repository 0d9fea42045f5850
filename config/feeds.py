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
    except OSError:
        raise FeedsFault(f"The feeds file {path} cannot be read.") from None
    except ValueError as fault:  # not UTF-8, or not TOML
        raise FeedsFault(f"The feeds file {path} is not valid TOML: {fault}") from None
    tables = body.pop("sender", [])
    if body or not isinstance(tables, list):
        raise FeedsFault(
            f"The feeds file {path} may hold [[sender]] tables, in double brackets, and nothing else."
        )
    return [_sender(path, number, table) for number, table in enumerate(tables, 1)]


def _sender(path: Path, number: int, table: Any) -> dict[str, Any]:
    if not isinstance(table, dict) or not _sound(table):
        raise FeedsFault(
            f"[[sender]] number {number} of {path} must have name, certificate, applications (a list) "
            f"and facilities (a table of MSH-4 = office code), all of them texts, and nothing else."
        )
    return {
        "name": table["name"],
        "certificate": table.get("certificate", ""),
        "applications": frozenset(table.get("applications", [])),
        "facilities": dict(table.get("facilities", {})),
    }


def _sound(table: dict[str, Any]) -> bool:
    applications, facilities = table.get("applications", []), table.get("facilities", {})
    if set(table) - {"name", "certificate", "applications", "facilities"}:
        return False
    if not isinstance(applications, list) or not isinstance(facilities, dict):
        return False
    texts = [table.get("name"), table.get("certificate", ""), *applications, *facilities.values()]
    return all(isinstance(text, str) for text in texts)
