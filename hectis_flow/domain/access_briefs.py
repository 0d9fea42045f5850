"""The policy table's lines about watching briefs: the unit, the prosecution, whoever is written to, the committee.

Part of `access.py`, which alone imports it; frozen data and nothing else. Sources: domain.md 4.4 (the watching brief
sees nothing of a hospital), 6, 7. A brief is codes, numbers of the matter and days, so nothing of health is in it.
"""

from collections.abc import Mapping
from typing import Final

from hectis_flow.domain.access_shapes import Action, Line, Scope
from hectis_flow.domain.access_work import COMMITTEE, NPA, TOLD, WATCHING

# The names of the actions, as their addresses have them; `briefs.open` finds a case, the others a brief.
LISTS: Final = ("briefs.list", "briefs.read")
OPEN: Final = ("briefs.open",)
IMPORT: Final = ("briefs.import",)
ANSWERS: Final = ("briefs.acknowledge", "briefs.decline", "briefs.redirect")
WORK: Final = ("briefs.observe", "briefs.send_letter")
CLOSE: Final = ("briefs.close",)
LETTERS: Final = ("briefs.letter", "briefs.letter_pdf")
REPLY: Final = ("briefs.reply",)
EVERY: Final = (*LISTS, *OPEN, *IMPORT, *ANSWERS, *WORK, *CLOSE, *LETTERS, *REPLY)
_LOGGED: Final = ("briefs.read", *LETTERS)

BRIEF_ACTIONS: Final = tuple(Action(name, "brief", logged=name in _LOGGED) for name in EVERY)

_ROAD: Final = ("road",)
_ADDRESSED: Final = ("road", "matter", "official")
_NUMBERS: Final = (*_ADDRESSED, "why")
_PROSECUTES: Final = (*_NUMBERS, "seats", "letters")
_UNIT: Final = (*_NUMBERS, "following")
_WHOLE: Final = (*_PROSECUTES, "following", "observed")
_REACH: Final[Mapping[str, Scope]] = {
    "prosecutor": "own_court",
    "senior_public_prosecutor": "own_court",
    "chief_prosecutor": "own_courts",
    "dpp_office": "own_courts",
}
_STATION: Final = ("saps_liaison", "detective_commander", "station_commander")

_WATCH: Final = "Watch matters in court, write of them, and follow them"
_KNOW: Final = "Know which matters of the own courts are watched, and answer for them"
_BY_HAND: Final = "Have a matter watched that came to a court"
_WRITTEN: Final = "Read and answer what the watching briefs wrote to the own office"
_PLACED: Final = "Find an office for a brief that everybody declined"
_NOT_UNIT: Final = "The unit's own work."
_NOT_NPA: Final = "The prosecution answers; it neither observes nor writes letters here."
_NOT_ASKED: Final = "Hears by letter, and answers that."
_NO_PART: Final = "Has no part in watching briefs."
_TO_SIDES: Final = "Letters go to SAPS and the NPA."

BRIEF_LINES: Final = (
    Line("watching_brief_official", ("briefs.list",), "watched", _UNIT, _WATCH),
    Line("watching_brief_official", ("briefs.read",), "watched", _WHOLE, _WATCH),
    Line("watching_brief_official", OPEN, "at_court", _ROAD, _BY_HAND),
    Line("watching_brief_official", (*IMPORT, *ANSWERS, *WORK, *CLOSE, *LETTERS), "watched", _ROAD, _WATCH),
    Line("watching_brief_official", REPLY, "none", (), "Whoever was written to replies."),
    *(Line(role, ("briefs.list",), _REACH[role], _NUMBERS, _KNOW) for role in NPA),
    *(Line(role, ("briefs.read",), _REACH[role], _PROSECUTES, _KNOW) for role in NPA),
    *(Line(role, OPEN, _REACH[role], _ROAD, _BY_HAND) for role in NPA),
    *(Line(role, (*ANSWERS, *LETTERS, *REPLY), _REACH[role], _ROAD, _KNOW) for role in NPA),
    *(Line(role, (*IMPORT, *WORK, *CLOSE), "none", (), _NOT_NPA) for role in NPA),
    *(Line(role, ("briefs.list",), "asked", _ADDRESSED, _WRITTEN) for role in _STATION),
    *(Line(role, ("briefs.read",), "asked", (*_ADDRESSED, "letters"), _WRITTEN) for role in _STATION),
    *(Line(role, (*LETTERS, *REPLY), "asked", _ROAD, _WRITTEN) for role in _STATION),
    *(Line(role, (*OPEN, *IMPORT, *ANSWERS, *WORK, *CLOSE), "none", (), _NOT_ASKED) for role in _STATION),
    # The committee hears of what nobody took; its chair may have a matter watched.
    *(Line(role, LISTS, "asked", (*_NUMBERS, "seats"), _PLACED) for role in COMMITTEE),
    Line("committee_secretary", (*ANSWERS, *CLOSE), "asked", _ROAD, _PLACED),
    Line("committee_secretary", OPEN, "none", (), "The chair's to ask for."),
    Line("committee_chair", OPEN, "at_court", _ROAD, _BY_HAND),
    Line("committee_chair", (*ANSWERS, *CLOSE), "none", (), "The secretary's, who is asked."),
    *(Line(role, (*IMPORT, *WORK), "none", (), _NOT_UNIT) for role in COMMITTEE),
    *(Line(role, (*LETTERS, *REPLY), "none", (), _TO_SIDES) for role in COMMITTEE),
    *(
        Line(role, EVERY, "none", (), _NO_PART)
        for role in (
            *(role for role in TOLD if role not in _STATION),
            *WATCHING,
            *("facility_liaison", "health_data_steward", "information_officer", "administrator"),
            *("anti_gang_unit", "feed_sender"),
        )
    ),
)
