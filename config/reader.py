"""Reads variables of the environment one by one and remembers every fault, so that one start shows them all.

`config.settings` and `config.channels` read with it. It must not quote what may be secret.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

N = TypeVar("N", int, float)


class Reader:
    """Reads variables one by one and remembers every fault instead of stopping at the first."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.faults: list[str] = []

    def text(self, name: str, default: str = "") -> str:
        """What a variable says, without blanks around it."""
        return self.environ.get(name, "").strip() or default

    def required(self, name: str, hint: str) -> str:
        """The same, of one that must be there."""
        value = self.text(name)
        if not value:
            self.faults.append(f"{name} is missing: {hint}")
        return value

    def address(self, name: str, schemes: tuple[str, ...], hint: str) -> str:
        """A server's address of one of these schemes."""
        value = self.required(name, hint)
        if value and value.partition("://")[0] not in schemes:
            # Not quoted: an address holds a password.
            self.faults.append(f"{name} must begin with {schemes[0]}://")
        return value

    def choice(self, name: str, default: str, choices: tuple[str, ...]) -> str:
        """One of a few words."""
        value = self.text(name).lower() or default
        if value not in choices:
            self.faults.append(f"{name} must be one of {', '.join(choices)}, not {value!r}")
        return value

    def number(self, name: str, default: N, low: N, high: N) -> N:
        """A number within bounds, of the default's kind."""
        text = self.text(name)
        if not text:
            return default
        try:
            value = type(default)(text)
        except ValueError:
            self.faults.append(f"{name} must be a number, not {text!r}")
            return default
        if not low <= value <= high:
            self.faults.append(f"{name} must lie between {low} and {high}, not {value}")
        return value

    def path(self, name: str) -> Path | None:
        """A file's place."""
        text = self.text(name)
        return Path(text) if text else None

    def words(self, name: str, default: frozenset[str]) -> frozenset[str]:
        """Words with commas between them, in no order."""
        return frozenset(self.listed(name)) or default

    def listed(self, name: str) -> tuple[str, ...]:
        """The same in their order."""
        return tuple(word.strip() for word in self.environ.get(name, "").split(",") if word.strip())
