"""Who sends, and what each sender's own words mean: the tables of `config/feeds.toml`, looked up.

`services.intake` and `services.visits` ask it about one message by its MSH-3 and MSH-4. What no table
knows is None: nothing here guesses.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from hectis_flow.feeds.hl7v2_facts import LocalFields


@dataclass(frozen=True, slots=True)
class Sender:
    """Who may speak for which facility over a feed, and what its own words mean.

    `certificate` is the client certificate's common name, or "" for a sender on this machine.
    `facilities` maps the sender's own MSH-4 value to an office code, `codes` its cause codes to ICD-10,
    `stations` its station codes to office codes. A limit of 0 is none.
    """

    name: str
    certificate: str
    applications: frozenset[str]
    facilities: Mapping[str, str]
    local: LocalFields | None = None
    codes: Mapping[str, str] = field(default_factory=dict)
    stations: Mapping[str, str] = field(default_factory=dict)
    messages_a_minute: int = 0
    connections: int = 0

    def speaks(self, app: str, facility: str) -> bool:
        """Whether a message with this MSH-3 and MSH-4 is one of this table's."""
        if not self.applications and not self.facilities:
            return False
        own_app = not self.applications or app in self.applications
        return own_app and (not self.facilities or facility in self.facilities)


def sender_of(table: Mapping[str, Any]) -> Sender:
    """A table of the feeds file, as `config.feeds` checked it."""
    limits: Mapping[str, int] = table.get("limits", {})
    return Sender(
        name=table["name"],
        certificate=table["certificate"],
        applications=table["applications"],
        facilities=table["facilities"],
        local=_local(table),
        codes={_folded(word): code for word, code in table.get("codes", {}).items()},
        stations={_folded(word): code for word, code in table.get("stations", {}).items()},
        messages_a_minute=limits.get("messages_a_minute", 0),
        connections=limits.get("connections", 0),
    )


def _local(table: Mapping[str, Any]) -> LocalFields | None:
    """Where the sender puts what HL7 has no field for, and how it tells of consents; None if it does not."""
    fields: Mapping[str, str] = table.get("fields", {})
    types: tuple[str, ...] = table.get("consent_types", ())
    words = tuple((_folded(word), said) for word, said in table.get("consents", {}).items())
    if not fields and not types:
        return None
    places = {f"{what}_field": place for what, place in fields.items()}
    return LocalFields(**places, consent_words=words, consent_types=types)


@dataclass(frozen=True, slots=True)
class Feeds:
    """Looks up a sender's words by the MSH-3 (`app`) and MSH-4 (`facility`) of its message.

    Where several tables hold for a message, the first that knows the word answers.
    """

    senders: tuple[Sender, ...]

    def local_fields(self, app: str, facility: str) -> LocalFields | None:
        """Where this sender puts what HL7 has no field for."""
        found = (sender.local for sender in self._tables(app, facility))
        return next((local for local in found if local is not None), None)

    def code(self, app: str, facility: str, local: str) -> str | None:
        """The ICD-10 code that the sender's own code stands for."""
        found = (sender.codes.get(_folded(local)) for sender in self._tables(app, facility))
        return next((code for code in found if code), None)

    def station(self, app: str, facility: str, code: str) -> str | None:
        """The office code of the station that the sender's own code stands for."""
        found = (sender.stations.get(_folded(code)) for sender in self._tables(app, facility))
        return next((station for station in found if station), None)

    def facility(self, app: str, facility: str) -> str | None:
        """The office code of the facility that the sender's MSH-4 stands for."""
        found = (sender.facilities.get(facility) for sender in self._tables(app, facility))
        return next((code for code in found if code), None)

    def _tables(self, app: str, facility: str) -> Iterator[Sender]:
        return (sender for sender in self.senders if sender.speaks(app, facility))


def _folded(word: str) -> str:
    """Systems write their own codes in either case."""
    return word.strip().casefold()
