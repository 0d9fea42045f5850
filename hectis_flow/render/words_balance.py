"""The words of the balance: what is counted, what came out even, and what nothing explains.

Part of `page_words`, which alone imports it. Parts and faults are said by their own names, which are words already.
"""

from collections.abc import Mapping
from typing import Final

WORDS: Final[Mapping[str, str]] = {
    "nav.balance": "Balance",
    "balance.title": "Balance",
    "balance.of": "Certificate {number}, of {moment}. Every figure is of that moment.",
    "balance.even": "Everything that came in is accounted for.",
    "balance.uneven": "Something is not accounted for.",
    "balance.never": "No balance was drawn yet: it is drawn each morning at 06:00 while a clock runs.",
    "balance.no_day": "No balance was drawn on that day.",
    "balance.lead": "Every row is counted by what really stands beside it. What came in is what was counted before and what is new since; what is gone or fits nowhere is a difference with a name and an owner.",
    "balance.differences": "Differences",
    "balance.row": "{line}: {fault}, {rows}",
    "balance.since": "since certificate {number}",
    "balance.first": "the first is row {first}",
    "balance.owner": "{office} has it",
    "balance.claimed": "and has opened it",
    "balance.ownerless": "its task is done; the next certificate shows whether it is mended",
    "balance.day": "Another day",
    "balance.show": "Show",
    "balance.newest": "The newest",
    "balance.line": "What",
    "balance.in": "Came in",
    "balance.where": "Where it is",
    "balance.difference": "Difference",
    "balance.none": "none",
    "balance.hash": "Its place in the chain of certificates, which the next seal of the ledger holds:",
    "balance.line.messages": "Messages",
    "balance.line.refusals": "Turned away at the door",
    "balance.line.patients": "Patients",
    "balance.line.visits": "Visits",
    "balance.line.incidents": "Incidents",
    "balance.line.cases": "Cases",
    "balance.line.moves": "Moves",
    "balance.line.entries": "Entries of the ledger",
    "balance.line.seals": "Seals",
    "balance.line.disclosures": "Disclosures",
    "balance.line.acknowledgements": "Acknowledgements",
    "balance.line.clocks": "Clocks",
    "balance.line.steps": "Steps of ladders",
    "balance.line.escalations": "Escalations",
    "balance.line.items": "What is awaited",
    "balance.line.tasks": "Tasks",
    "balance.line.events": "Events",
    "balance.line.deliveries": "Notices",
    "balance.line.links": "Links in notices",
}
