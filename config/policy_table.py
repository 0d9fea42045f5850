"""One table of the policy's file: hands out values by their keys and remembers every fault.

`config.policy_tables` and `config.policy_reach` read through it. It must not judge whether values fit together.
"""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

T = TypeVar("T")


class Table:
    """One table of the file under its key: hands out values and remembers what was wrong with them."""

    def __init__(self, key: str, body: Any, faults: list[str]) -> None:
        self.key, self.faults = key, faults
        self.body: dict[str, Any] = dict(body) if isinstance(body, dict) else {}
        if not isinstance(body, dict):
            self.fault("must be a table")

    def fault(self, sentence: str, name: str = "") -> None:
        """Note that the value of this name is wrong."""
        self.faults.append(f"{'.'.join(filter(None, (self.key, name)))}: {sentence}.")

    def take(self, name: str, kind: type[T], what: str, default: T, *, needed: bool = True) -> T:
        """The value of this name, or the default with a fault noted."""
        value = self.body.pop(name, None)
        # A truth is a number and a moment is a day to isinstance, but not to whoever wrote the file.
        if type(value) is kind:
            return value
        if value is not None or needed:
            self.fault(f"must be {what}" if value is not None else f"is missing: {what}", name)
        return default

    def text(self, name: str) -> str:
        """A text that says something."""
        value = self.take(name, str, "a text", "?")
        if not value.strip():
            self.fault("must say something", name)
        return value

    def whole(self, name: str, least: int, most: int) -> int:
        """A number within these bounds."""
        what = f"a number from {least} to {most}"
        value = self.take(name, int, what, least)
        if not least <= value <= most:
            self.fault(f"must be {what}", name)
        return value

    def parsed(self, name: str, parse: Callable[[str], T], default: T) -> T:
        """A text that `parse` understands; its `ValueError` is the fault."""
        value = self.take(name, str, "a text", "")
        try:
            return parse(value) if value else default
        except ValueError as fault:
            self.fault(str(fault), name)
            return default

    def tables(self, name: str) -> Iterator[tuple[str, "Table"]]:
        """The tables under this name, each by its own."""
        for one, body in self.take(name, dict, "a table", {}).items():
            yield one, Table(".".join(filter(None, (self.key, name, one))), body, self.faults)

    def list(self, name: str, *, needed: bool) -> Iterator["Table"]:
        """The tables of a list."""
        bodies = self.take(name, list, "a list of tables", [], needed=needed)
        for number, body in enumerate(bodies, 1):
            yield Table(f"{self.key}.{name}[{number}]", body, self.faults)

    def finish(self) -> None:
        """Whatever nobody took is a fault: a misspelt key must not be silence."""
        for name in self.body:
            self.fault("is not a key of this table", name)
